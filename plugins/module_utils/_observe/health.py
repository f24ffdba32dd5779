# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From evidence to a verdict, from verdicts to a status. Pure: it looks at nothing itself.

First law: not knowing is never a reason to heal. Only evidence that nobody serves the disks (nobody listens), or that
whoever listens never answers, gives a verdict that heals; every other gap in the evidence is `unknown`.
"""

from .verdict import CONNECTED, CONNECTING, DISCONNECTED, TITLES, UNKNOWN, Verdict


def decide_vhost(evidence):
    """The verdict on the target; total: every combination of evidence has one."""
    if evidence.socket == "answered":
        return answered(evidence.container)
    if evidence.socket in ("nobody", "silent"):
        from . import down  # a tick at a target that answers has no use for it

        return down.decide(evidence)
    if evidence.socket in ("refuses", "tells_nothing"):
        from . import serving

        return serving.decide(evidence)
    return Verdict("unknown", "%s, so the target can't be judged" % (evidence.socket_detail or evidence.socket))


def answered(container):
    """The verdict on a target that answers: it outranks Docker, so what Docker says of `container` (None where it was not asked) is
    only worth a warning."""
    return Verdict("healthy", None, _docker_warnings(container))


def _docker_warnings(container):
    if container is not None and container.found() and container.podman:
        return ["the target runs in a container of podman, which zbsadm does not manage; install Docker Engine"]
    if container is None or (container.found() and container.running):
        return []
    if container.found():
        return ["the target answers although Docker says its container is %s; don't restart it" % container.state]
    if container.answer == "missing":
        return ["the target answers but Docker knows no container of that name; it was started by other means"]
    if container.answer == "no_docker":
        return ["the target answers although there is no docker command on this host, so its container can't be shown"]
    return ["the target answers but Docker can't be asked (%s); it is not redeployed for that" % container.detail]


def host_status(protocols):
    """(status, reason) of the host from {protocol: Verdict}.

    Connected when any protocol is (and then no reason), else Connecting when any is, else Unknown when any is,
    else Disconnected. No protocol at all is Unknown.
    """
    statuses = [verdict.status for verdict in protocols.values()]
    if CONNECTED in statuses:
        return CONNECTED, None
    status = next((word for word in (CONNECTING, UNKNOWN, DISCONNECTED) if word in statuses), UNKNOWN)
    reasons = ["%s: %s" % (TITLES.get(name, name), protocols[name].reason) for name in sorted(protocols)]
    return status, "; ".join(reasons) or "no protocol was asked"


def protocols_seen(health):
    """What the ledger keeps of a health, by protocol."""
    return {
        name: {"status": item["status"], "verdict": item["verdict"], "reason": item["reason"]}
        for name, item in health["protocols"].items()
    }
