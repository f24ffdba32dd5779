# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired against observed: what a deploy would do, and why. Pure, so that check mode, diff and the run agree."""

from . import _health

# What may be done to a target that is well but not as declared.
RESTART = ("never", "when_idle", "always")


class Desired:
    """What a target should be; None means that it doesn't matter.

    image (str), cpus (sorted list of ints), memory_mib (int)
    """

    def __init__(self, image=None, cpus=None, memory_mib=None):
        self.image = image
        self.cpus = cpus
        self.memory_mib = memory_mib

    def as_dict(self):
        """Plain data for a diff."""
        return {"image": self.image, "cpus": self.cpus, "memory_mib": self.memory_mib}


class Plan:
    """`action`: `none`, `deploy` or `restart_required`; `reasons`: sentences; `differences`: [{what, observed, desired}];
    `unsure`: whether nothing is done for not knowing.
    """

    def __init__(self, action, reasons, differences=(), unsure=False):
        self.unsure = unsure
        self.action = action
        self.reasons = list(reasons)
        self.differences = list(differences)

    def as_dict(self):
        """Plain data for a module's return."""
        return {"action": self.action, "reasons": self.reasons, "differences": self.differences}


def plan_deploy(desired, observed, restart="never"):
    """The Plan for a host.

    observed  the return of zbs_vhost_health, or None when nobody looked: then a deploy is what was asked for
    restart   one of RESTART
    """
    if observed is None:
        return Plan("deploy", ["nothing was observed, so the target is deployed whatever it is doing"])
    vhost = (observed.get("protocols") or {}).get("vhost") or {}
    verdict = vhost.get("verdict", "unknown")
    if verdict in _health.HEALED:
        return Plan("deploy", ["the target is %s: %s" % (verdict, vhost.get("reason"))])
    if verdict == "starting":
        return Plan("none", ["the target is starting: %s" % vhost.get("reason")])
    if verdict != "healthy":
        return Plan(
            "none", ["the target's health is unknown, so it is left alone: %s" % vhost.get("reason")], unsure=True
        )
    differences = _differences(desired, observed.get("container") or {})
    if not differences:
        return Plan("none", ["the target is well and as declared"])
    sentences = ["%(what)s %(observed)s -> %(desired)s" % item for item in differences]
    sessions = _sessions(observed)
    if restart == "always" or (restart == "when_idle" and sessions == 0):
        return Plan("deploy", ["restarted as asked: " + item for item in sentences], differences)
    if restart == "when_idle":
        known = (
            "it can't be told whether VMs have sessions" if sessions is None else "%d sessions of VMs are" % sessions
        )
        sentences.append("%s on it, so it is not restarted now" % known)
    return Plan("restart_required", ["restart required: " + item for item in sentences], differences)


def _sessions(observed):
    """Sessions of VMs on the target; None when any of its volumes did not tell."""
    volumes = observed.get("volumes")
    if volumes is None or any(volume.get("sessions") is None for volume in volumes):
        return None
    return sum(volume["sessions"] for volume in volumes)


def _differences(desired, container):
    """What of the container is known and not as declared; what can't be read back is no difference."""
    pairs = (
        ("image", container.get("image"), desired.image),
        ("cpuset", container.get("cpus"), desired.cpus),
        ("memory_mib", container.get("memory_mib"), desired.memory_mib),
    )
    return [
        {"what": what, "observed": observed, "desired": wanted}
        for what, observed, wanted in pairs
        if wanted is not None and observed is not None and wanted != observed
    ]
