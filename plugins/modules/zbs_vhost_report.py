#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_report
short_description: Show what a health check or a heal found over all hosts
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Prints one table of all hosts of the play, whatever callback is used, and returns the same as data.
  - Sets the totals as stats, for AWX workflows. Runs on the controller, once for all hosts.
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
options:
  kind:
    description: V(health) shows every host. V(heal) shows what a tick did, and the hosts that are well share one line.
    type: str
    choices: [health, heal]
    required: true
  path:
    description: File on the controller to write the rows and totals to, as JSON.
    type: path
  page:
    description:
      - File on the controller to write the fleet to as one HTML page, with the evidence of each host. Only for O(kind=health).
      - The page is self-contained and readable without colour. An open page reloads itself every minute.
    type: path
  compare_zstack:
    description:
      - Show beside each host what the ZStack manager says about it, and where the two disagree. Only for O(kind=health).
      - The manager's word comes from the variable C(zstack_protocols) of the inventory P(zstack.zbs.zstack#inventory), and is
        as old as that inventory.
    type: bool
    default: false
  fail_on:
    description:
      - When the task fails, after it printed the table and wrote its files. V(unreachable) if a host could not be reached,
        V(failed) if an attempt failed or a host could not be reached or checked, V(down) if any host is not Connected, V(never)
        never.
      - Ansible takes no stats from a task that fails. If a workflow needs both, leave it at V(never) and fail in a separate
        task with RV(failing), as the playbook C(zstack.zbs.health) does.
    type: str
    choices: [never, unreachable, failed, down]
    default: never
attributes:
  check_mode:
    description: Can run in check mode and report truthfully what a real run would change.
    support: full
    details: In check mode the table is shown, but no file is written.
"""

EXAMPLES = r"""
- name: Show the fleet and keep it for a dashboard
  zstack.zbs.zbs_vhost_report:
    kind: health
    path: /var/tmp/fleet.json
    page: /var/www/html/fleet.html
    compare_zstack: true
  run_once: true

- name: Sum up a tick, and fail the job if an attempt failed
  zstack.zbs.zbs_vhost_report:
    kind: heal
    fail_on: failed
  run_once: true
"""

RETURN = r"""
rows:
  description:
    - One row for each host, with C(host), C(status), C(verdict), C(since), C(volumes), C(broken), C(held_elsewhere) (disks whose
      volume another host has open), C(next_attempt), C(result), C(reason), C(hold), C(no_reconnect) (the disks that a VM does not
      get back by itself after an outage; the last line of the table names them too).
    - With O(compare_zstack) also C(manager) (a comparison for each storage and protocol that the manager reports, null if it
      reports none), C(manager_read_at) and C(disagrees) (a sentence, null if the two agree).
  type: list
  elements: dict
  returned: success
  sample:
    - host: compute1
      status: Disconnected
      verdict: stopped
      since: "2026-01-02T03:04:05Z"
      volumes: 0
      broken: 0
      held_elsewhere: 0
      next_attempt: 3
      hold: null
      no_reconnect: []
      result: waiting
      reason: the container is exited (exit status 137) and nothing listens on /var/zbsvhost/sockets/admin.sock
totals:
  description:
    - Hosts by status and by result, the names of those that are not Connected (C(down)), the number of volumes, how many of them
      are broken, and how many disks are held elsewhere.
  type: dict
  returned: always
  sample:
    hosts: 3
    status: {Connected: 2, Disconnected: 1}
    result: {well: 2, waiting: 1}
    down: [compute1]
    volumes: 7
    broken: 0
    held_elsewhere: 0
failing:
  description: A sentence for each O(fail_on) except V(never), about the hosts it would fail for; null if it would not fail.
  type: dict
  returned: always
  sample: {unreachable: null, failed: null, down: "1 of 3 hosts: compute1 (Disconnected)"}
"""
