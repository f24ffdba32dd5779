#!/usr/bin/env bash
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# It looks at all hosts of a play, so the play is of its own, with hosts that are names for this machine.
set -eu
ANSIBLE_ROLES_PATH=.. ansible-playbook -i hosts.yml test.yml "$@"
