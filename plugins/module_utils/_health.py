# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From evidence to a verdict, from verdicts to a status. Pure: it looks at nothing itself.

First law: not knowing is never a reason to heal. Only evidence that nobody serves the disks (nobody listens), or that
whoever listens never answers, gives a verdict that heals; every other gap in the evidence is `unknown`.
"""

CONNECTED = "Connected"
CONNECTING = "Connecting"
DISCONNECTED = "Disconnected"
UNKNOWN = "Unknown"

# The one table of verdicts: status, and whether the heal may act on it.
STATUS_OF = {
    "healthy": CONNECTED,
    "starting": CONNECTING,
    "absent": DISCONNECTED,
    "stopped": DISCONNECTED,
    "refused": DISCONNECTED,
    "hung": DISCONNECTED,
    "unknown": UNKNOWN,
}
# Connections that SPDK serves at a time on its admin socket; a further one connects and is never answered.
MAX_CONNECTIONS = 64
HEALED = ("absent", "stopped", "refused", "hung")

# Display names of the protocols, as the manager writes them.
TITLES = {"vhost": "Vhost", "cbd": "CBD"}


class Verdict:
    """`verdict` (key of STATUS_OF), `reason` (one sentence; None when healthy), `warnings` (list of sentences)."""

    def __init__(self, verdict, reason=None, warnings=()):
        self.verdict = verdict
        self.reason = reason
        self.warnings = list(warnings)

    @property
    def status(self):
        """The status word of the verdict."""
        return STATUS_OF[self.verdict]


def decide_vhost(evidence):
    """The verdict on the target; total: every combination of evidence has one."""
    if evidence.socket == "answered":
        return Verdict("healthy", None, _docker_warnings(evidence))
    if evidence.socket == "nobody":
        return _decide_nobody(evidence)
    if evidence.socket == "silent":
        return _decide_silent(evidence)
    return Verdict("unknown", "%s, so the target can't be judged" % (evidence.socket_detail or evidence.socket))


def _decide_nobody(evidence):
    """Nobody took the connection: is there a target elsewhere, one on its way, or none?"""
    if evidence.listening is None:
        return Verdict(
            "unknown",
            "nobody answered on %s, and /proc/net/unix can't be read to be sure; run as root" % evidence.socket_path,
        )
    if evidence.listening:
        return Verdict(
            "unknown",
            "a process still listens on %s but the socket's file is gone or replaced, so its VMs may be served; "
            "look at it before you restart it" % evidence.socket_path,
        )
    if evidence.volumes_listening:
        return Verdict(
            "unknown",
            "nobody listens on %s, but %d volume sockets beside it are listened on, so VMs are served; "
            "look at the target before you restart it" % (evidence.socket_path, evidence.volumes_listening),
        )
    if evidence.elsewhere:
        return Verdict(
            "unknown",
            "nobody listens on %s, but %s is listened on, so VMs may be served by a target there; "
            "set admin_socket right, or look at that target" % (evidence.socket_path, evidence.elsewhere[0]),
        )
    container = evidence.container
    if container is not None and container.answer == "denied":
        return Verdict(
            "unknown",
            "nobody listens on %s, and Docker may not be asked about the container (%s); run as root"
            % (evidence.socket_path, container.detail),
        )
    other = container.admin_socket() if container is not None and container.running else None
    if other is not None and other != evidence.socket_path:
        return Verdict(
            "unknown",
            "the container runs with the admin socket %s and %s was asked; set admin_socket right"
            % (other, evidence.socket_path),
        )
    if container is None or not container.found():
        detail = "there is no container" if container is not None and container.answer == "missing" else None
        detail = detail or "Docker can't be asked (%s)" % (container.detail if container is not None else "not asked")
        return Verdict("absent", "nobody listens on %s and %s" % (evidence.socket_path, detail))
    if evidence.container_starts():
        return Verdict("starting", evidence.starting_sentence())
    if container.running or container.restarting:
        return Verdict(
            "refused",
            "Docker says the container is %s (restarted %s times) but nobody listens on %s"
            % (container.state, container.restart_count, evidence.socket_path),
        )
    return Verdict(
        "stopped",
        "the container is %s (exit status %s) and nobody listens on %s"
        % (container.state, container.exit_code, evidence.socket_path),
    )


def _decide_silent(evidence):
    """Somebody listens and does not answer."""
    if evidence.process_starts():
        return Verdict("starting", evidence.starting_sentence())
    process = evidence.process
    if evidence.connections >= MAX_CONNECTIONS and (process is None or process.state not in "TtDZX"):
        return Verdict(
            "unknown",
            "%d connections to %s are held open, so the target takes no other, while its VMs may be served; "
            "end who holds them (ss -xp shows them)" % (evidence.connections, evidence.socket_path),
        )
    state = "" if process is None else "; process %d is %s (%s)" % (process.pid, process.state_word(), process.state)
    said = evidence.socket_detail or "%s is listened on and does not answer" % evidence.socket_path
    return Verdict("hung", said + state)


def _docker_warnings(evidence):
    """An answering target outranks Docker: what Docker says is only worth a warning."""
    container = evidence.container
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
    return ["the target answers but Docker can't be asked (%s); nothing is redeployed for that" % container.detail]


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


def observations(health):
    """What the ledger keeps of a health, by protocol."""
    return {
        name: {"status": item["status"], "verdict": item["verdict"], "reason": item["reason"]}
        for name, item in health["protocols"].items()
    }
