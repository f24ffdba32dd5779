# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a target that does not answer: from evidence alone, as in _observe/health."""

from .verdict import Verdict

# Connections that SPDK serves at a time on its admin socket; a further one connects and is never answered.
MAX_CONNECTIONS = 64


def decide(evidence):
    """The verdict where nobody took the connection, or whoever took it said nothing."""
    return {"nobody": _nobody, "silent": _silent}[evidence.socket](evidence)


def _nobody(evidence):
    """Nobody took the connection: is there a target elsewhere, one on its way, or none?"""
    if evidence.listening is None:
        return Verdict(
            "unknown",
            "nothing answered on %s, and /proc/net/unix can't be read to make sure; run as root" % evidence.socket_path,
        )
    if evidence.listening:
        return Verdict(
            "unknown",
            "a process still listens on %s but the socket file is gone or replaced, so VMs may still be served; "
            "check the target before you restart it" % evidence.socket_path,
        )
    if evidence.volumes_listening:
        return Verdict(
            "unknown",
            "nothing listens on %s, but %d volume sockets beside it have a listener, so VMs are served; check the "
            "target before you restart it" % (evidence.socket_path, evidence.volumes_listening),
        )
    if evidence.elsewhere:
        return Verdict(
            "unknown",
            "nothing listens on %s, but a process listens on %s, so a target there may serve VMs; correct "
            "admin_socket, or check that target" % (evidence.socket_path, evidence.elsewhere[0]),
        )
    container = evidence.container
    if container is not None and container.answer == "denied":
        return Verdict(
            "unknown",
            "nothing listens on %s, and there is no permission to ask Docker about the container (%s); run as root"
            % (evidence.socket_path, container.detail),
        )
    other = container.admin_socket() if container is not None and container.running else None
    if other is not None and other != evidence.socket_path:
        return Verdict(
            "unknown",
            "the container runs with the admin socket %s, but %s was asked; correct admin_socket"
            % (other, evidence.socket_path),
        )
    if container is None or not container.found():
        detail = "there is no container" if container is not None and container.answer == "missing" else None
        detail = detail or "Docker can't be asked (%s)" % (container.detail if container is not None else "not asked")
        return Verdict("absent", "nothing listens on %s and %s" % (evidence.socket_path, detail))
    if evidence.container_starts():
        return Verdict("starting", evidence.starting_sentence())
    if container.running or container.restarting:
        return Verdict(
            "refused",
            "Docker says the container is %s (restarted %s times) but nothing listens on %s"
            % (container.state, container.restart_count, evidence.socket_path),
        )
    return Verdict(
        "stopped",
        "the container is %s (exit status %s) and nothing listens on %s"
        % (container.state, container.exit_code, evidence.socket_path),
    )


def _silent(evidence):
    """Somebody listens and does not answer."""
    if evidence.process_starts():
        return Verdict("starting", evidence.starting_sentence())
    process = evidence.process
    if evidence.connections >= MAX_CONNECTIONS and (process is None or process.state not in "TtDZX"):
        return Verdict(
            "unknown",
            "%d connections to %s are held open, so the target accepts no more, but it may still serve VMs; end "
            "the processes that hold them (ss -xp shows them)" % (evidence.connections, evidence.socket_path),
        )
    state = "" if process is None else "; process %d is %s (%s)" % (process.pid, process.state_word(), process.state)
    said = evidence.socket_detail or "a process listens on %s and does not answer" % evidence.socket_path
    return Verdict("hung", said + state)
