# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names under which the roles register what their tasks returned, said once for the controller's plugins."""

from ansible_collections.zstack.zbs.plugins.module_utils._ledger import VOLUME

HEALTH = "__zbs_vhost_target_observed"
TICK = "__zbs_vhost_heal_tick"
GATE = "__zbs_vhost_heal_gate"
BEGIN = "__zbs_vhost_heal_begin"
BEGIN_CBD = "__zbs_vhost_heal_begin_cbd"
FINISH = "__zbs_vhost_heal_finish"
FINISH_CBD = "__zbs_vhost_heal_finish_cbd"
BEGIN_VOLUMES = "__zbs_vhost_heal_begin_volumes"
FINISH_VOLUMES = "__zbs_vhost_heal_finish_volumes"


def by_host(task_vars, host):
    """The variables of a host as they are: what tasks returned is data, and Ansible would look for a template in every value of it.

    That look takes a millisecond a result and host. Whoever wants a variable of the inventory takes hostvars itself.
    """
    return task_vars["hostvars"].raw_get(host)


def attempt(known):
    """(tick, begins by protocol, finishes by protocol) of a host from its variables (`by_host`), as _attempts takes them."""
    begins = {"vhost": known.get(BEGIN) or {}, "cbd": known.get(BEGIN_CBD) or {}}
    finishes = {"vhost": known.get(FINISH) or {}, "cbd": known.get(FINISH_CBD) or {}}
    tick = known.get(TICK) or {}
    begun: dict = {}
    finished: dict = {}
    if tick.get("due") and (known.get(GATE) or {}).get(
        "go"
    ):  # else what is registered is of an earlier tick of the same play
        begun, finished = known.get(BEGIN_VOLUMES) or {}, known.get(FINISH_VOLUMES) or {}
    for name in _volumes(tick, begun):
        begins[name] = begun
        # Each volume has an outcome of its own in the one task that ended all of them.
        finishes[name] = dict(finished, **(finished.get("outcomes") or {}).get(name, {}))
    return tick, begins, finishes


def _volumes(tick, begun):
    """Names of the volumes that were due, and of those whose attempt followed on a heal of their target."""
    due = {name for name in tick.get("due") or [] if name.startswith(VOLUME)}
    return sorted(due | set(begun.get("begun") or []))
