# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names under which the roles register what their tasks returned, said once for the controller's plugins."""

HEALTH = "__zbs_vhost_target_observed"
TICK = "__zbs_vhost_heal_tick"
GATE = "__zbs_vhost_heal_gate"
BEGIN = "__zbs_vhost_heal_begin"
BEGIN_CBD = "__zbs_vhost_heal_begin_cbd"
FINISH = "__zbs_vhost_heal_finish"
FINISH_CBD = "__zbs_vhost_heal_finish_cbd"


def attempt(known):
    """(tick, begins by protocol, finishes by protocol) of a host from its variables, as _attempts takes them."""
    begins = {"vhost": known.get(BEGIN) or {}, "cbd": known.get(BEGIN_CBD) or {}}
    finishes = {"vhost": known.get(FINISH) or {}, "cbd": known.get(FINISH_CBD) or {}}
    return known.get(TICK) or {}, begins, finishes
