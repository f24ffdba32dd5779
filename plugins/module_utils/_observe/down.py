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


def _silent(evidence):
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
