#!/usr/bin/env bash
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# A play of its own: as a role, a target of this name would be the collection's role zbs_vhost_node, on this machine.
set -eu
ANSIBLE_ROLES_PATH=.. ansible-playbook -i ../../inventory test.yml "$@"

