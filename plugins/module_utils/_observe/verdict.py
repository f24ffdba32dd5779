# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a judgement: verdicts, the status of each, and which of them the heal may act on. What both judges and those who
read their judgement know."""

CONNECTED = "Connected"
CONNECTING = "Connecting"
DISCONNECTED = "Disconnected"
UNKNOWN = "Unknown"

# The one table of verdicts: status, and whether the heal may act on it.
STATUS_OF = {
    "healthy": CONNECTED,
    "starting": CONNECTING,
    "absent": DISCONNECTED,
    "stopped": DISCONNECTED,
    "refused": DISCONNECTED,
    "hung": DISCONNECTED,
    "unready": DISCONNECTED,
    "foreign": DISCONNECTED,
    "legacy": UNKNOWN,
    "unknown": UNKNOWN,
}
HEALED = ("absent", "stopped", "refused", "hung", "unready")
# Another's target is on this host, under another name or of the oldest releases: no second one is ever put beside it.
ANOTHERS = ("foreign", "legacy")
# Of these one look is not enough: a reactor that is merely busy, or a target that is about to end, looks the same.
ASKED_TWICE = ("hung", "unready")

# Display names of the protocols, as the manager writes them.
TITLES = {"vhost": "Vhost", "cbd": "CBD"}


class Verdict:
    """`verdict` (key of STATUS_OF), `reason` (one sentence; None when healthy), `warnings` (list of sentences)."""

    def __init__(self, verdict, reason=None, warnings=()):
        self.verdict = verdict
        self.reason = reason
        self.warnings = list(warnings)

    @property
    def status(self):
        """The status word of the verdict."""
        return STATUS_OF[self.verdict]
