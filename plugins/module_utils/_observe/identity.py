# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which container the target's process is, as the ledger remembers it: a process that is still the same needs no Docker to say so.

    {"pid": 4242, "started": 1355.93, "container": {the container as zbs_vhost_health returns it}}

A container's identity, its image and its arguments can't change while its process lives. Whether Docker itself is well is nothing
that a tick at a target which answers has to know.
"""

REMEMBERED = "remembered"


def recall(target, process, name):
    """The container of `process` (a ProcessInfo) by the ledger's `target`; None when it does not tell.

    name  the container's name that is asked for: of another one nothing is remembered
    """
    known = target or {}
    same = process is not None and (known.get("pid"), known.get("started")) == (process.pid, round(process.started, 2))
    container = (known.get("container") or {}) if same else {}
    # The target of another deployer bears another name than the one that is asked for.
    if container.get("expected", container.get("name")) != name:
        return None
    return dict(container, answer=REMEMBERED)


def seen(target, health):
    """The ledger's target after a look: what Docker said of the process that answers, and nothing of one that is gone."""
    process, container = health.get("process"), health.get("container") or {}
    answers = (health["protocols"].get("vhost") or {}).get("verdict") == "healthy"
    if not answers or process is None or container.get("answer") == REMEMBERED:
        return target if answers else None
    if container.get("answer") != "found" or not container.get("runs_target"):
        return None  # the container of another process says nothing of this one
    return {"pid": process["pid"], "started": process["started_s_after_boot"], "container": container}


def check(target):
    """ValueError says what is wrong with a target that was read from a file."""
    proper = (
        isinstance(target, dict) and isinstance(target.get("pid"), int) and isinstance(target.get("container"), dict)
    )
    if not proper or not isinstance(target.get("started"), (int, float)):
        raise ValueError("its record of the target's process is not valid")
