"""Observations, clocks and windows for the tests of the ledger."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, quiet, recovery
from ansible_collections.zstack.zbs.plugins.module_utils._window import limits as window_limits
from ansible_collections.zstack.zbs.plugins.module_utils._window.window import Clock, Window

DOWN = {"status": "Disconnected", "verdict": "stopped", "reason": "the container is exited"}
WELL = {"status": "Connected", "verdict": "healthy", "reason": None}
STARTING = {"status": "Connecting", "verdict": "starting", "reason": "the target's process is 2 s old"}
UNSURE = {"status": "Unknown", "verdict": "unknown", "reason": "no permission"}
NOW = "2026-01-02T03:04:05Z"
BOOT = "boot-1"


def clock(monotonic=1000.0, boot=BOOT, now=NOW):
    """The times of a step."""
    return Clock(now, boot, monotonic)


def window(folder, **more):
    """The window of the storage `zbs` with its ledger in `folder`; limits by their names."""
    limits = {name: more.pop(name) for name in window_limits.Limits._fields if name in more}
    more.setdefault("limits", window_limits.DEFAULTS._replace(**limits))
    return Window(more.pop("storage", "zbs"), str(folder), **more)


def soon():
    """A deadline that is long beside a step even on a busy machine."""
    return Deadline(60)


def observe(folder, observation, at=None, check_mode=False, **more):
    """One tick that sees vhost as `observation`."""
    return quiet.observe(window(folder, **more), {"vhost": observation}, at or clock(), soon(), check_mode)


def begin(folder, at=None, check_mode=False, protocols=("vhost",), **more):
    """Take the attempt of vhost."""
    return recovery.begin(window(folder, **more), list(protocols), "job 1", at or clock(), soon(), check_mode)


def lease_id(folder):
    """The lease of vhost as it stands in the ledger, "" where there is none."""
    entry = ledger.read_ledger(str(folder)).get("zbs", "vhost") or {}
    return (entry.get("lease") or {}).get("id", "")


def finish(folder, outcome="failed", error="zbsadm failed", at=None, check_mode=False, lease=None, **more):
    """End the attempt of vhost that is under way, or the one of `lease`."""
    lease = lease_id(folder) if lease is None else lease
    return recovery.finish(
        window(folder, **more), ["vhost"], lease, outcome, error, {}, at or clock(), soon(), check_mode
    )


def path(folder):
    """The ledger's file."""
    return folder / ledger.NAME
