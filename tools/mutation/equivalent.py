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
        "_backoff",
        "`due` comes before every other key of an entry in the alphabet.",
        (
            (
                '{key: value for key, value in entry.items() if key != "due"},',
                '{key: value for key, value in entry.items() if key > "due"},',
            ),
        ),
    ),
    Reason(
        "_backoff",
        "The count begins below the bound and goes up by one, so it meets the bound before it could pass it.",
        (
            (
                "while window(failures, max_skip) < max_skip and failures < _MAX_EXPONENT:",
                "while window(failures, max_skip) < max_skip and failures != _MAX_EXPONENT:",
            ),
        ),
    ),
)
