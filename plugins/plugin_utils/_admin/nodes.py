# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which admin node does a step, and what is said where none can.

A step is one task that loops over the nodes in order; each round of it registers {node, answer, away}:

    answer  what the module returned, null where it did not run here
    away    why this node can't be asked, null where it can
"""

import time

from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible

# Seconds. What failed faster than this may be asked again when there is no other node left: it costs nobody anything, while a node
# that hangs costs a time-out.
QUICK = 2.0

# What may be begun again on another node when its connection is lost in the middle: nothing is changed by it.
READ_ONLY = ("zbs_vhost_cluster", "zbs_vhost_preflight")


# The roles' list of a host's nodes, and the variables that a site makes it of: the first, where it is set, stands before the second.
NODES = "__zbs_vhost_target_nodes"
HOST, HOSTS = "zbs_vhost_target_admin_host", "zbs_vhost_target_admin_hosts"


def refusal(named, alone, hosts):
    """Why the nodes `named` can't be asked at all, in a sentence; None where they can.

    alone  the value of HOST
    hosts  the names of the inventory
    """
    # What Ansible knows as this machine needs no entry.
    strange = [name for name in named if name not in hosts and name != "localhost"]
    if named and not strange:
        return None
    return (
        "%s is '%s', %s is not a host of the inventory; put the ZBS admin nodes into the group zbs_admin or set the variable"
    ) % (
        HOST if alone else HOSTS,
        ", ".join(named),
        "of which %s" % ", ".join(strange) if len(named) > 1 else "which",
    )


class Step:
    """What the rounds of a step share: when the first one `began` (monotonic seconds), and whether it is `over`, for no node is asked
    any more.
    """

    def __init__(self, began):
        self.began = began
        self.over = False


def left_out(note, others):
    """Why a node is not asked, None where it is.

    note    what the run knows of it: {answered, away, again}
    others  such notes of all nodes of the step
    """
    if not note.get("away"):
        return None
    hopeless = all(other.get("away") for other in others)
    return None if hopeless and note.get("again") else note["away"]


def quick(start):
    """Whether what began at `start` (monotonic) and fails now failed fast."""
    return time.monotonic() - start < QUICK


def reason(text):
    """What a connection plugin said, in one line that can stand in brackets."""
    words = visible(" ".join(str(text).split())).rstrip(".") or "no message"
    return words if len(words) <= 300 else words[:297] + "..."


def outcome(asked):
    """(answer or None, node or None, {node: why it is away}) of a step, from what its loop registered."""
    away: dict = {}
    if asked.get("failed") and not asked.get(
        "results"
    ):  # so ansible-core before 2.19 where a node's own variables can't be worked out
        return None, None, {"of this run": reason(asked.get("msg") or "")}
    for item in asked.get("results") or []:
        node = node_of(item)
        if item.get("answer") is not None:
            return item["answer"], node, away
        if item.get("away"):
            away[node] = item["away"]
        elif item.get("failed") or item.get("unreachable"):  # Ansible itself could not go there
            away[node] = reason(item.get("msg") or "")
    return None, None, away


def node_of(item):
    """The node of a round, also of one that Ansible itself ended."""
    return item.get("node") or str(item.get(item.get("ansible_loop_var") or "item"))


def nobody(away, otherwise):
    """The sentence for a step that no node could do. otherwise: what did not happen, as in `nothing was deployed on compute1`."""
    if not away:
        return "There is no admin node, so %s; put the ZBS admin nodes into the group zbs_admin" % otherwise
    each = ["%s (%s)" % item for item in away.items()]
    if len(each) == 1:
        return "The admin node %s can't be reached, so %s; check that it runs and answers SSH" % (each[0], otherwise)
    return "None of the admin nodes %s and %s can be reached, so %s; check that they run and answer SSH" % (
        ", ".join(each[:-1]),
        each[-1],
        otherwise,
    )


def lost(node, module, why):
    """The sentence for a node that went away while it may have been at work."""
    return (
        "The admin node %s was lost during %s (%s), which may still go on there and so is not begun on another node; "
        "check the node, the next run continues"
    ) % (node, module, why)
