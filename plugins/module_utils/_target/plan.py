# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired against observed: what a deploy would do, and why. Pure, so that check mode, diff and the run agree."""

from .._observe.demand import vm_name
from .._observe.verdict import ANOTHERS, HEALED

# What is declared of a target, with the word for it in sentences.
PARTS = {"image": "image", "cpus": "cpuset", "memory_mib": "memory_mib", "hugepage_dir": "hugepage_dir"}
# What may be done to a target that is well but not as declared.
RESTART = ("never", "when_idle", "always")


class Desired:
    """What a target should be; None means that it doesn't matter.

    image (str), cpus (sorted list of ints), memory_mib (int), hugepage_dir (str)
    """

    def __init__(self, image=None, cpus=None, memory_mib=None, hugepage_dir=None):
        self.image = image
        self.cpus = cpus
        self.memory_mib = memory_mib
        self.hugepage_dir = hugepage_dir

    def as_dict(self):
        """Plain data for a diff."""
        return {name: getattr(self, name) for name in PARTS}


class Plan:
    """`action`: `none`, `deploy`, `restart_required`, `destroy` or `refused`; `reasons`: sentences; `differences`:
    [{what, observed, desired}]; `unsure`: whether nothing is done for not knowing; `anothers`: whether it is refused because the
    target is another deployer's.
    """

    def __init__(self, action, reasons, differences=(), unsure=False, anothers=False):
        self.unsure = unsure
        self.anothers = anothers
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
        return Plan("deploy", ["nothing was observed, so the target is deployed whatever its state"])
    vhost = (observed.get("protocols") or {}).get("vhost") or {}
    verdict = vhost.get("verdict", "unknown")
    if verdict in ANOTHERS:
        return Plan("refused", [vhost.get("reason") or "the target is %s" % verdict], anothers=True)
    if verdict in HEALED:
        return Plan("deploy", ["the target is %s: %s" % (verdict, vhost.get("reason"))])
    if verdict == "starting":
        return Plan("none", ["the target is starting: %s" % vhost.get("reason")])
    if verdict != "healthy":
        return Plan(
            "none", ["the target's health is unknown, so it is left alone: %s" % vhost.get("reason")], unsure=True
        )
    whose = _anothers(observed.get("container") or {})
    if whose:
        return Plan("none", ["the target is well, and %s, so it is left to what started it" % whose])
    differences = _differences(desired, running(observed))
    if not differences:
        return Plan("none", ["the target is well and as declared"])
    sentences = [
        "%s %s -> %s" % (item["what"], _text(item["observed"]), _text(item["desired"])) for item in differences
    ]
    sessions = _sessions(observed)
    waiting = _waiting(observed)
    if restart == "always" or (restart == "when_idle" and sessions == 0 and not waiting):
        return Plan("deploy", ["restarted as asked: " + item for item in sentences], differences)
    if restart == "when_idle":
        known = "it is not known whether VMs have sessions on it" if sessions is None else _have(sessions) + " on it"
        if sessions == 0:
            known = "running VMs need its disks (%s)" % waiting
        sentences.append("%s, so it is not restarted now" % known)
    return Plan("restart_required", ["restart required: " + item for item in sentences], differences)


def plan_removal(observed, force=False):
    """The Plan for taking the target of a host away; `refused` where VMs may have their disks on it.

    observed  as for plan_deploy; None is not knowing, and refused
    force     take it away whatever it serves
    """
    vhost = ((observed or {}).get("protocols") or {}).get("vhost") or {}
    verdict = vhost.get("verdict", "unknown")
    if verdict == "absent" and ((observed or {}).get("container") or {}).get("answer") in ("missing", "no_docker"):
        return Plan("none", ["there is no target on this host"])
    sessions = _sessions(observed) if verdict == "healthy" else None
    whose = _anothers((observed or {}).get("container") or {}) if verdict == "healthy" else None
    if verdict in ANOTHERS:
        whose = vhost.get("reason") or "the target is %s" % verdict
    waiting = _waiting(observed)
    if whose:
        seen = whose
    elif sessions:
        seen = "%s on the target" % _have(sessions)
    elif waiting:
        # One without a session has lost it, and looks for it again every few seconds.
        seen = "running VMs need the target's disks: %s" % waiting
    elif verdict in ("absent", "stopped", "refused"):
        return Plan("destroy", ["the target is %s, so no VM has a session on it" % verdict])
    elif sessions == 0:
        return Plan("destroy", ["the target is well and no VM has a session on it"])
    elif observed is None:
        seen = "nothing was observed, so it is not known whether VMs have sessions on the target"
    else:
        seen = "the target is %s, so it is not known whether VMs have sessions on it" % verdict
    if force:
        return Plan("destroy", ["%s, and it is removed by force" % seen])
    return Plan("refused", [seen], unsure=not (sessions or waiting), anothers=bool(whose))


def _anothers(container):
    """Whose a target that answers is, in words, where its process is not of the expected container; None where it is, or where that
    is not known: what is read back from the expected container says nothing of it, and a deploy would put a second one beside it.

    container  as zbs_vhost_health returns it
    """
    if container.get("foreign"):
        return "it runs in the container %s instead of %s" % (container.get("name"), container.get("expected"))
    if container.get("answer") == "found" and container.get("runs_target") is False:
        return "its process is not of the container %s" % container.get("name")
    return None


def running(observed):
    """What is known of the running target, by the names of PARTS: read back from the container, and of what no container
    tells, what the ledger says was deployed as this very container.
    """
    container = observed.get("container") or {}
    found = {name: container.get(name) for name in PARTS}
    record = observed.get("deployed") or {}
    if record.get("container_id") is not None and record["container_id"] == container.get("id"):
        for name, value in (record.get("parts") or {}).items():
            if name in found and found[name] is None:
                found[name] = value
    return found


def _waiting(observed):
    """The disks that running VMs need of the target, in words; "" for none, and where that is not known."""
    needs = (observed or {}).get("demand") or []
    some = ["%s of VM %s" % (need["bdev"], vm_name(need["vm"])) for need in needs[:3]]
    return ", ".join(some) + (" and %d more" % (len(needs) - 3) if len(needs) > 3 else "")


def _have(sessions):
    return "VMs have %d session%s" % (sessions, "" if sessions == 1 else "s")


def _sessions(observed):
    """Sessions of VMs on the target; None when any of its volumes did not tell."""
    volumes = observed.get("volumes")
    if volumes is None or any(volume.get("sessions") is None for volume in volumes):
        return None
    return sum(volume["sessions"] for volume in volumes)


def _differences(desired, found):
    """What of the running target is known and not as declared; what can't be told is no difference."""
    wanted = desired.as_dict()
    return [
        {"what": word, "observed": found[name], "desired": wanted[name]}
        for name, word in PARTS.items()
        if wanted[name] is not None and found[name] is not None and wanted[name] != found[name]
    ]


def _text(value):
    return "[%s]" % ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
