# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that keep the windows of a heal."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options:
  primary_storage:
    description: The primary storage that the entries belong to.
    type: str
    default: zbs
  max_skip:
    description: The longest window in ticks.
    type: int
    default: 64
  reset_after:
    description: Healthy ticks in a row that end an outage. Until then the window stays.
    type: int
    default: 1
  flap_limit:
    description:
      - A target that recovers more often than this within O(flap_window) ticks is flapping. Its next outage continues with the
        window of the last one, so it is not attempted at once.
    type: int
    default: 2
  flap_window:
    description:
      - Ticks for which a recovery counts towards O(flap_limit). For that many ticks after a recovery each tick writes the
        ledger. V(0) gives every outage a fresh window.
    type: int
    default: 30
  hold:
    description:
      - Only observe. Windows are counted as usual, what is due becomes C(held), and no attempt begins.
      - The file C(zbs_vhost.hold) in O(facts_dir) does the same. It is JSON with C(reason) and, for a hold that ends by itself,
        C(until) in UTC such as C(2026-01-02T03:04:05Z). A file that can't be understood holds too, with a warning.
    type: bool
    default: false
  by_event:
    description:
      - Whether an event started this run, an alert for example, and not the clock. It attempts what a tick would, and what it attempts
        counts. But it counts no tick - no window is counted down, no healthy tick is added, and no recovery grows older - so that a
        burst of alerts can't use up in seconds what is to take minutes.
    type: bool
    default: false
  deploy:
    description:
      - Whether targets are deployed by this collection. With V(false) another deployer owns them (on newer sites ZStone does);
        a target that is down is counted and becomes C(left), and no attempt of C(vhost) begins.
      - Volumes are restored and C(cbd) is healed as usual.
    type: bool
    default: true
  attempt_timeout:
    description: Seconds after which the lease of an attempt expires, for a controller that was killed during the attempt.
    type: float
    default: 900.0
  deploy_timeout:
    description:
      - Seconds that the deploy of an attempt may take. If O(attempt_timeout) is too short for this deploy and the O(wait) after
        it, the step is refused, since a second attempt could begin beside the first.
    type: float
  hung_recheck:
    description:
      - Seconds after which a target that did not answer is asked again, in the same tick, before it counts as hung. A reactor
        that was merely slow keeps its VMs. V(0) switches this off.
    type: float
    default: 10.0
  who:
    description: Who runs the attempt, for the lease (a job's name and number, or user and machine).
    type: str
    default: ansible
  restore_volumes:
    description:
      - Whether windows are kept for the volumes that VMs need, and they are due when a target that answers does not serve them. They are
        C(volume:) and the bdev's name among the decisions and entries.
    type: bool
    default: true
  facts_dir:
    description: Folder of the local facts; the ledger is C(zbs_vhost.fact) in it.
    type: path
    default: /etc/ansible/facts.d
"""
