# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that create a volume's bdev: what is asked before, so that no second host writes it."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options:
  fence:
    description:
      - How to make sure that no other host has a volume open, right before its bdev is created. C(zbs list client --path) names the
        clients of the volume. If the address of one of them is none of the host's (RV(zstack.zbs.zbs_vhost_health#module:addresses)
        and O(host_ip)), the volume is held elsewhere, and it is left alone.
      - V(when_possible) also accepts the word of the ledger where the cluster does not tell (an older release of zbs, no answer in
        time, an answer that is not understood). The bdev is then created only if a tick saw the disk served to this very process of
        its VM within the last ten minutes (C(served_s_ago) in RV(zstack.zbs.zbs_vhost_health#module:demand)), and if the last
        answer of the cluster did not name another host (C(held_by) there).
      - V(required) creates nothing where the cluster does not tell. V(off) does not ask.
    type: str
    choices: [when_possible, required, "off"]
    default: when_possible
  zbs:
    description: The zbs program.
    type: path
    default: /usr/bin/zbs
"""
