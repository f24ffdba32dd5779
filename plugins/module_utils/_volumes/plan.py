# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one volume of a host: a pure function of what is wanted and what was observed."""

# The target's process is gone in these, and every bdev and controller with it.
GONE = ("absent", "stopped", "refused")


class Plan:
    """`actions`: of `delete` and `create`, in order; `reason`: a sentence; `refusal`: (code, sentence) or None."""

    def __init__(self, actions, reason, refusal=None):
        self.actions = list(actions)
        self.reason = reason
        self.refusal = refusal

    def as_dict(self):
        """Plain data for a module's return."""
        return {"actions": self.actions, "reason": self.reason}


def _refuse(code, sentence):
    return Plan([], sentence, (code, sentence))


def plan_volume(state, bdev_name, observed, force=False):
    """The Plan for the controller `bdev_name`.

    state     present or absent
    observed  the return of zbs_vhost_health of that host, None when nobody looked
    force     delete although a VM has a session, or nobody knows
    """
    if observed is None:
        return _blind(state, bdev_name, force)
    vhost = (observed.get("protocols") or {}).get("vhost") or {}
    verdict = vhost.get("verdict", "unknown")
    if verdict != "healthy":
        return _without_target(state, bdev_name, verdict, vhost.get("reason"))
    volumes = observed.get("volumes")
    if volumes is None:
        return _refuse("unknown", "the target's controllers could not be listed, so %s is left alone" % bdev_name)
    rows = [row for row in volumes if row.get("controller") == bdev_name]
    if not rows:
        if state == "absent":
            return Plan([], "the target has no controller %s" % bdev_name)
        return Plan(["create"], "the target has no controller %s" % bdev_name)
    row = rows[0]
    if state == "absent":
        return _delete(["delete"], row, bdev_name, force)
    if not row.get("broken"):
        return Plan([], "%s is there, with its bdev and its socket" % bdev_name)
    # Creating over a controller that is listed fails; it has to go first, and going under a VM is what must not be.
    return _delete(["delete", "create"], row, bdev_name, False)


def _blind(state, bdev_name, force):
    if state == "present":
        return Plan(["create"], "nothing was observed, so %s is created whatever is there" % bdev_name)
    if force:
        return Plan(["delete"], "nothing was observed and force is given, so %s is deleted" % bdev_name)
    return _refuse(
        "unknown", "nothing was observed, so it is not known whether a VM uses %s; pass observed, or force" % bdev_name
    )


def _without_target(state, bdev_name, verdict, reason):
    if state == "absent" and verdict in GONE:
        return Plan([], "the target is %s, so %s is gone with it" % (verdict, bdev_name))
    sentence = "the target is %s (%s), so nothing can be done about %s; heal the target first"
    return _refuse("target_down", sentence % (verdict, reason, bdev_name))


def _delete(actions, row, bdev_name, force):
    """A Plan that deletes, unless a VM has a session: newer SPDK never answers then, and the delete stays armed."""
    sessions = row.get("sessions")
    if sessions == 0 or force:
        return Plan(actions, "no VM has a session on %s" % bdev_name if sessions == 0 else "force is given")
    known = "it is not known whether a VM has a session" if sessions is None else "%d VMs have a session" % sessions
    if "create" in actions:
        code, remedy = "broken_in_use", "detach the disk or stop the VM, then create it again"
    else:
        code, remedy = "in_use", "detach the disk or stop the VM first"
    return _refuse(code, "%s on %s, and deleting it would hang; %s" % (known, bdev_name, remedy))
