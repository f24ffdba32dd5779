#!/usr/bin/env bash
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# There is no AWX here: in the place of the collection awx.awx, whose login the module uses, comes one that answers from a file.
set -eu
place=$OUTPUT_DIR/collections/ansible_collections/awx/awx/plugins/module_utils
mkdir -p "$place"
cp controller_api.py "$place"
export ANSIBLE_COLLECTIONS_PATH=$OUTPUT_DIR/collections:${ANSIBLE_COLLECTIONS_PATH:-}
ANSIBLE_ROLES_PATH=.. ansible-playbook -i hosts.yml test.yml "$@"
