# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of a site with one ansible-core: deployed, nothing to do, a target killed, healed by ticks, taken away.

Each step is a playbook as a user runs it, from the installed artifact; the last step leaves the lab without targets, so that
the next core really deploys.
"""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.settings import from_environment

from .cores import Core
from .process import ROOT, check, environment, log_of

PLAYBOOKS = ROOT / "tools/check/story"
_LIMIT = 600


@dataclass
class Told:
    """How the story went: checks that passed, and where it ended early; seconds by step."""

    passed: int = 0
    failed: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def words(self) -> str:
        """For the closing table."""
        if self.failed:
            return f"FAILED at {self.failed}"
        return (
            f"deployed in {self.seconds['site']:.0f} s, again changed=0, killed, healed in {self.seconds['heal']:.0f} s"
        )


def tell(core: Core) -> Told:
    """Run the story on the lab that is up; a step that fails ends it, as everything after it would tell nothing."""
    told = Told()
    steps = (
        ("bare", PLAYBOOKS / "bare.yml", False),
        ("site", "zstack.zbs.site", False),
        ("site again", "zstack.zbs.site", True),
        ("kill", PLAYBOOKS / "kill.yml", False),
        ("heal", "zstack.zbs.heal", False),
        ("well", PLAYBOOKS / "well.yml", False),
        ("heal again", "zstack.zbs.heal", False),
        ("forgotten", PLAYBOOKS / "forgotten.yml", False),
        ("health", "zstack.zbs.health", True),
        ("remove", "zstack.zbs.remove", False),
    )
    for name, playbook, unchanged in steps:
        began = time.monotonic()
        passed = _play(core, name, playbook, unchanged)
        told.seconds[name] = time.monotonic() - began
        if not passed:
            told.failed = name
            return told
        told.passed += 1
    return told


def _play(core: Core, name: str, playbook: "str | Path", unchanged: bool) -> bool:
    """One step; with `unchanged` no host may have changed."""
    title = f"{core.version} story {name}"
    inventory = from_environment().inventory
    argv = ["ansible-playbook", "--inventory", str(inventory), str(playbook)]
    argv += ["--extra-vars", "zbs_vhost_target_confirm_removal=true zbs_vhost_health_fail_on=down"]
    env = environment(
        core.programs,
        ANSIBLE_COLLECTIONS_PATH=str(core.collections),
        # Nothing of this checkout's settings, and nothing of another core's.
        ANSIBLE_CONFIG=str(_settings(core)),
        ANSIBLE_HOME=str(core.home / "home"),
    )
    if not check(title, argv, cwd=core.home, env=env, limit=_LIMIT):
        return False
    hosts = recap(log_of(title).read_text(errors="replace"))
    changed = [host for host, number in hosts.items() if number]
    if not hosts or (unchanged and changed):
        print(f"   {title}: " + (f"changed on {', '.join(changed)}" if hosts else "no host was there"), flush=True)
        return False
    return True


def _settings(core: Core) -> Path:
    """An ansible.cfg as a careful user has it."""
    path = core.home / "ansible.cfg"
    path.write_text("[ssh_connection]\npipelining = true\n")
    return path


def recap(text: str) -> dict[str, int]:
    """{host: changed} of the recap that a run ends with."""
    end = text.rpartition("PLAY RECAP")[2]
    return {host: int(number) for host, number in re.findall(r"^(\S+)\s*: ok=\d+\s+changed=(\d+)", end, re.M)}
