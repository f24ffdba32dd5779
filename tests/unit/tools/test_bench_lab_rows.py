# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of a host, counted in what ansible-playbook prints."""

from bench import lab_rows

OUTPUT = """
ok: [h00000]

PLAY RECAP *********************************************************************
compute1                   : ok=26   changed=6    unreachable=0    failed=0    skipped=8    rescued=0    ignored=0
h00000                     : ok=4    changed=0    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
h00001                     : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""


def test_the_tasks_of_a_host_are_those_of_the_recap() -> None:
    assert lab_rows._tasks(OUTPUT) == {"compute1": 34, "h00000": 5, "h00001": 1}
