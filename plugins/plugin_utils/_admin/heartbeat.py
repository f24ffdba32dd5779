# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of zbs_vhost_recovery for a heartbeat that the site did not name, from what an admin node was asked. Pure."""

from . import nodes

# What the role's question is registered as, see zbs_vhost_cluster; and what it asked about.
ASKED = "__zbs_vhost_heal_cluster"
POOLS = "zbs_vhost_heal_pools"


def options(asked, own_nodes, own_pools):
    """{cbd_heartbeat} or {cbd_unknown}: not knowing is no reason to heal. ValueError where the site has to say it.

    asked                 what the loop registered, which was asked once, for the first host
    own_nodes, own_pools  those of this host. It may belong to another cluster, whose heartbeat says nothing about this one's.
    """
    answer, _node, away = nodes.outcome(asked)
    rounds = asked.get("results") or []
    if rounds and [nodes.node_of(item) for item in rounds] != list(own_nodes):
        raise ValueError(
            "the hosts of this play have different admin nodes, so the CBD heartbeat of each can't be derived; "
            "set zbs_vhost_heal_cbd_heartbeat for each"
        )
    if answer is None:
        return {"cbd_unknown": nodes.nobody(away, "the CBD heartbeat is not known")}
    if not answer.get("failed"):
        if answer["pools"] != _named(own_pools):
            raise ValueError(
                "the hosts of this play have different zbs_vhost_heal_pools, so the CBD heartbeat of each can't be derived; "
                "set zbs_vhost_heal_cbd_heartbeat for each"
            )
        return {"cbd_heartbeat": answer["heartbeat"]}
    said = nodes.reason(answer.get("msg") or "")
    if (answer.get("failure") or {}).get("code") == "heartbeat_unknown":
        raise ValueError(said)
    return {"cbd_unknown": "the CBD heartbeat is not known: %s" % said}


def _named(pools):
    """As the module was given them: a survey may hand over a text."""
    return [name.strip() for name in pools.split(",")] if isinstance(pools, str) else list(pools)
