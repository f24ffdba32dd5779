# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linters: one check each."""

from .process import ROOT, Tally, check

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "yamllint": ["yamllint", "--strict", "."],
    "mypy": ["mypy"],
    "ansible-lint": ["ansible-lint", "--offline", "--profile", "production", "--strict"],
    "changelog": ["antsibull-changelog", "lint"],
    "collection build": [
        "ansible-galaxy",
        "collection",
        "build",
        "--force",
        "--output-path",
        str(ROOT / ".cache/build"),
    ],
}


def run() -> Tally:
    """Run every linter."""
    results = [check(name, argv, limit=300) for name, argv in CHECKS.items()]
    return Tally(passed=sum(results), failed=len(results) - sum(results))
