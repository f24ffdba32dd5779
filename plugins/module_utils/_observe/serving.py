# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a target that says its version and does not list its controllers: from evidence alone, as in _observe/health.

What proves that a target serves is the list of its controllers, be it empty. The version alone is answered before SPDK's
framework is there (--wait-for-rpc, a start that waits for something), and by every other application of SPDK.
"""

from . import down
from .spdk import SpdkError
from .verdict import Verdict


def kind_of(problem):
    """(kind for Evidence.socket, a sentence) of why the controllers were not listed, a SpdkProblem or SpdkError.

    `refuses` for an error object, `tells_nothing` for anything else that was no list; `answered` where there was no time left
    to ask, which says nothing against the target.
    """
    if isinstance(problem, SpdkError):
        return "refuses", "the target answers spdk_get_version but refuses what it is there for (%s)" % problem.message
    if getattr(problem, "code", None) == "not_asked":
        return "answered", ""
    return (
        "tells_nothing",
        "the target answers spdk_get_version but does not list its controllers (%s)" % problem.message,
    )


def decide(evidence):
    """The verdict. Where anybody may be served, or it can't be told who is, nothing is done about it."""
    said = evidence.socket_detail or "the target does not list its controllers"
    if evidence.socket == "refuses" and evidence.process_starts():
        return Verdict(
            "starting",
            "%s; its process %d is %.0f s old (a start may take %.0f s)"
            % (said, evidence.process.pid, evidence.process.age, evidence.start_grace),
        )
    if evidence.socket != "refuses" or evidence.listening is None or evidence.process is None:
        return Verdict("unknown", said + ", so it is not known what it serves; look at its log")
    if evidence.volumes_listening:
        return Verdict(
            "unknown",
            "%s, while %d volume sockets beside its own have a listener, so VMs may be served; look at its log"
            % (said, evidence.volumes_listening),
        )
    if evidence.elsewhere:  # a container may have bound them under the names that its folders have inside
        return Verdict(
            "unknown",
            "%s, while a process listens on %s, so VMs may be served; look at its log" % (said, evidence.elsewhere[0]),
        )
    # Without a controller, which would listen on a socket of its own, it serves nobody.
    return down.unless_anothers(evidence, Verdict("unready", said))
