# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutants that no test can tell from the original, by reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why the changes (line before, line after) of a file change nothing that anybody could see."""

    subject: str
    because: str
    changes: tuple[tuple[str, str], ...]


REASONS: tuple[Reason, ...] = (
    Reason(
        "_window/backoff",
        "`due` comes before every other key of an entry in the alphabet.",
        (
            (
                '{key: value for key, value in entry.items() if key != "due"},',
                '{key: value for key, value in entry.items() if key > "due"},',
            ),
        ),
    ),
    Reason(
        "_window/backoff",
        "The count begins below the bound and goes up by one, so it meets the bound before it could pass it.",
        (
            (
                "while window(failures, max_skip) < max_skip and failures < _MAX_EXPONENT:",
                "while window(failures, max_skip) < max_skip and failures != _MAX_EXPONENT:",
            ),
            (
                "while window(failures, max_skip) < max_skip and failures < _MAX_EXPONENT:",
                "while window(failures, max_skip) < max_skip and failures is not _MAX_EXPONENT:",
            ),
        ),
    ),
    Reason(
        "_window/backoff",
        "`Connected` comes before the other status words in the alphabet.",
        (('if observation["status"] == UP:', 'if observation["status"] <= UP:'),),
    ),
    Reason(
        "_target/plan",
        "`when_idle` is the last of its options in the alphabet.",
        (
            (
                'if restart == "always" or (restart == "when_idle" and sessions == 0 and not waiting):',
                'if restart == "always" or (restart >= "when_idle" and sessions == 0 and not waiting):',
            ),
            ('if restart == "when_idle":', 'if restart >= "when_idle":'),
        ),
    ),
    Reason(
        "_target/plan",
        "`always` is the first of its options in the alphabet.",
        (
            (
                'if restart == "always" or (restart == "when_idle" and sessions == 0 and not waiting):',
                'if restart <= "always" or (restart == "when_idle" and sessions == 0 and not waiting):',
            ),
        ),
    ),
    Reason(
        "_target/plan",
        "Only sessions that are there are put into words.",
        (
            (
                'return "VMs have %d session%s" % (sessions, "" if sessions == 1 else "s")',
                'return "VMs have %d session%s" % (sessions, "" if sessions <= 1 else "s")',
            ),
        ),
    ),
    Reason(
        "_window/backoff",
        "A window is never longer than `max_skip`.",
        (
            (
                "while window(failures, max_skip) < max_skip and failures < _MAX_EXPONENT:",
                "while window(failures, max_skip) != max_skip and failures < _MAX_EXPONENT:",
            ),
        ),
    ),
    Reason(
        "_window/backoff",
        "86400 is even, so each of these makes 86401 of it.",
        (("_MAX_LEASE = 86400 + 1", "_MAX_LEASE = 86400 ^ 1"), ("_MAX_LEASE = 86400 + 1", "_MAX_LEASE = 86400 | 1")),
    ),
    Reason(
        "_window/ledger",
        "A count that is not there is a proper one, be it taken for 0 or for 1.",
        (
            (
                'if not all(_is_count(number) for number in (entry["failures"], entry["skip"], entry.get("healthy", 0))):',
                'if not all(_is_count(number) for number in (entry["failures"], entry["skip"], entry.get("healthy", 1))):',
            ),
        ),
    ),
)
