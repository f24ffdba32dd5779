# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that looks at a target."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options:
  host_ip:
    description:
      - Address of the compute host as zbsadm knows it; the container's name is derived from it.
      - One of O(host_ip) and O(container_name) is needed.
    type: str
  container_name:
    description: Name of the target's container. Without it, C(zbsvhost-) and O(host_ip).
    type: str
  admin_socket:
    description: The target's SPDK JSON-RPC socket.
    type: path
    default: /var/zbsvhost/sockets/admin.sock
  timeout:
    description: Seconds for one whole probe, even if something hangs in it.
    type: float
    default: 5.0
  start_grace:
    description: Seconds that a target may take from its process's start to its first answer; until then it is V(starting).
    type: float
    default: 30.0
  wait:
    description: Seconds to keep probing until the host is Connected. V(0) probes once.
    type: float
    default: 0.0
  interval:
    description: Seconds between two probes of one O(wait).
    type: float
    default: 0.5
"""

    PROTOCOLS = r"""
options:
  protocols:
    description: The protocols to judge.
    type: list
    elements: str
    choices: [vhost, cbd]
    default: [vhost]
  cbd_heartbeat:
    description:
      - CBD path of the heartbeat volume, C(cbd:PHYSICAL_POOL/LOGICAL_POOL/VOLUME). Needed for the protocol V(cbd).
    type: str
"""
