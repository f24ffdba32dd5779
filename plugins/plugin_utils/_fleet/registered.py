# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names under which the roles register what their tasks returned, said once for the controller's plugins."""

from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import VOLUME

HEALTH = "__zbs_vhost_target_observed"
TICK = "__zbs_vhost_heal_tick"
GATE = "__zbs_vhost_heal_gate"
BEGIN = "__zbs_vhost_heal_begin"
BEGIN_CBD = "__zbs_vhost_heal_begin_cbd"
FINISH = "__zbs_vhost_heal_finish"
FINISH_CBD = "__zbs_vhost_heal_finish_cbd"
BEGIN_VOLUMES = "__zbs_vhost_heal_begin_volumes"
FINISH_VOLUMES = "__zbs_vhost_heal_finish_volumes"


# Where ansible-core 2.19 keeps objects of its own in a result, which become text where hostvars is asked for them.
_OBJECTS = {"warnings", "deprecations", "exception"}


class Results:
    """What the tasks of a host returned. Whoever wants a variable of the inventory takes hostvars itself.

    A result is data, and Ansible looks for a template in every value of it, each time that hostvars is asked: a millisecond a
    result and host, on the one process that nothing can share out. So it is taken as it is, but for those few with objects in them.
    """

    def __init__(self, task_vars, host):
        self._hostvars = task_vars["hostvars"]
        self._host = host
        self._raw = self._hostvars.raw_get(host)

    def get(self, name):
        """What was registered under that name; None where nothing was."""
        result = self._raw.get(name)
        return self._hostvars[self._host].get(name) if _OBJECTS.intersection(result or ()) else result


def attempt(known):
    """(tick, begins by protocol, finishes by protocol) of a host from its Results, as _fleet/attempts takes them."""
    vhost, ended = known.get(BEGIN) or {}, known.get(FINISH) or {}
    if "outcome" in vhost:  # it broke off at once
        ended = vhost
    begins = {"vhost": vhost, "cbd": known.get(BEGIN_CBD) or {}}
    finishes = {"vhost": ended, "cbd": known.get(FINISH_CBD) or {}}
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
