# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that call zbsadm on the admin node."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options:
  host_ip:
    description: The compute host as zbsadm knows it.
    type: str
    required: true
  zbsadm:
    description: The zbsadm program.
    type: path
    default: /usr/local/bin/zbsadm
  timeout:
    description: Seconds that zbsadm may take.
    type: float
    default: 300.0
  ssh_port:
    description: SSH port of the compute host. Set all three login options for a zbsadm that needs the host's login.
    type: int
  ssh_username:
    description: SSH user of the compute host.
    type: str
  ssh_password:
    description: SSH password of the compute host. zbsadm takes it on its command line, so only use it with releases that need it.
    type: str
"""
