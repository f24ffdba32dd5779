# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The molecule scenarios on the lab: each gets bare hosts, so none depends on another."""

import sys

from . import running
from .process import ROOT, Tally, check, environment

FOLDER = ROOT / "extensions/molecule"
# Long beside what a scenario takes (a minute or two, and a slow one six to ten on two cores that others use too), short beside
# what CI allows.
LIMIT = 900


# Many hosts or many runs: several minutes each. `make test-all` runs them, `make test` leaves them out.
SLOW = (
    "integration",
    "zbs_vhost_fence",
    "zbs_vhost_heal_admins",
    "zbs_vhost_heal_site",
    "zbs_vhost_health",
    "zbs_vhost_node",
    "zbs_vhost_target_drift",
)
# Needs servers that no other one does: the stage `events` has them.
EVENTS = ("zbs_vhost_events",)
# Run by `make test-all` once more, in another way: the VMs of a newer QEMU; a tick that ships no code.
AGAIN = {
    "zbs_vhost_restore": ("on trixie", {"ZBS_LAB_FLAVOURS": "trixie"}),
    "zbs_vhost_heal": ("by the node part", {"ZBS_TEST_NODE": "true"}),
}


def run() -> Tally:
    """Run every scenario but the slow ones, and say which those are."""
    left = SLOW + EVENTS
    print(f"   left to `make test-all`: {', '.join(left)}", flush=True)
    return _run([name for name in _names() if name not in left])


def run_events() -> Tally:
    """Run the scenario whose heal an alert starts."""
    return _run(list(EVENTS))


def run_slow() -> Tally:
    """Run the slow scenarios, and those that another flavour has anew."""
    total = _run([name for name in _names() if name in SLOW])
    for name, (how, variables) in AGAIN.items():
        total.add(_run([name], how, variables))
    return total


def _names() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/molecule.yml") if path.parent.name != "default")


def _run(names: list[str], how: str = "", variables: dict[str, str] | None = None) -> Tally:
    """Run scenarios; `how` says in words what these variables of the environment make of them."""
    env = environment(**(variables or {}))
    words = [f"molecule {name} {how}".rstrip() for name in names]
    argvs = [["molecule", "test", "-s", name] for name in names]
    results = [check(word, argv, env=env, limit=LIMIT) for word, argv in zip(words, argvs, strict=True)]
    if running.ended():
        # One that was cut off has left its hosts. What it began may still be at work, and the lab waits for it.
        check("lab down", [sys.executable, "-m", "lab", "down"], limit=300, cleaning=True)
    return Tally(passed=sum(results), failed=len(results) - sum(results))
