# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a target that does not answer: from evidence alone, as in _observe/health."""

import os

from . import oldest
from .evidence import RESTART_LOOP
from .others import on_host
from .verdict import HEALED, Verdict

# Connections that SPDK serves at a time on its admin socket; a further one connects and is never answered.
MAX_CONNECTIONS = 64


def decide(evidence):
    """The verdict where nobody took the connection, or whoever took it said nothing."""
    return unless_anothers(evidence, {"nobody": _nobody, "silent": _silent}[evidence.socket](evidence))


def unless_anothers(evidence, verdict):
    """`verdict`, or where that would heal and the target is another's, or whose it is can't be told, the verdict that leaves it."""
    if verdict.verdict not in HEALED:
        return verdict
    others = evidence.others
    if oldest.is_folder(os.path.dirname(evidence.socket_path)):
        return Verdict(
            "legacy",
            "%s; its admin socket is that of the oldest releases, whose target zbsadm can't deploy: start its container %s "
            "again, or move its VMs and correct admin_socket" % (verdict.reason, oldest.CONTAINER),
        )
    if others is None:
        return verdict
    if others.problem:
        return Verdict(
            "unknown",
            "%s, and it can't be told whether a container of another name runs the target (%s); see why Docker does not "
            "list its containers" % (verdict.reason, others.problem),
        )
    if others.other is not None:
        return _anothers(evidence, verdict, others.other)
    if others.stranger is not None and evidence.process is not None and evidence.process.pid == others.stranger:
        return Verdict(
            "foreign",
            "%s; no container of Docker runs process %d (%s), so no second target is deployed beside it: restart it with "
            "what started it, or end it" % (verdict.reason, evidence.process.pid, evidence.process.name),
        )
    return verdict


def _anothers(evidence, verdict, other):
    """The verdict where a container of another name is the target's."""
    container = other.container
    count = container.restart_count if isinstance(container.restart_count, int) else 0
    young = other.age is not None and other.age < evidence.start_grace and count < RESTART_LOOP
    if young and container.up() and evidence.socket == "nobody":
        return Verdict(
            "starting",
            "nothing listens on %s, and %s was started %.0f s ago (a start may take %.0f s)"
            % (evidence.socket_path, other.named(), other.age, evidence.start_grace),
        )
    if other.is_oldest():
        word, whose = "legacy", "is a target of the oldest releases, which may serve VMs"
    else:
        word, whose = "foreign", "is the target of another deployer"
    return Verdict(
        word,
        "%s; %s %s, so no second one is deployed beside it: start it again with what made it, or remove it when no VM needs it"
        % (verdict.reason, other.named(), whose),
    )


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
    ancient = [path for path in evidence.elsewhere if oldest.has_socket(path)]
    if ancient:
        return Verdict(
            "legacy",
            "nothing listens on %s, but a target of the oldest releases listens on %s and may serve VMs, so no second one is "
            "deployed beside it; move its VMs and remove its container %s first"
            % (evidence.socket_path, ancient[0], oldest.CONTAINER),
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
    # A container may have the socket folder under another name.
    other = on_host(container.mounts, os.path.normpath(other))[0] if other else None
    if other is not None and other != os.path.normpath(evidence.socket_path):
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
