# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linters: one check each."""

from . import pythons
from .process import ROOT, Tally, check

# What runs on hosts, and its tests, which ansible-test runs with the hosts' Python as well.
_ON_HOSTS = [
    "plugins/doc_fragments",
    "plugins/module_utils",
    "plugins/modules",
    "tests/unit/plugins/module_utils",
    "tests/unit/plugins/modules",
    "tests/unit/plugins/support",
]
# What runs on controllers alone: the Python of ansible-core 2.16.
_ON_CONTROLLERS = ["extensions/eda", "plugins/action", "plugins/filter", "plugins/inventory", "plugins/plugin_utils"]
_VERMIN = ["vermin", "--no-tips", "--violations", "--no-parse-comments"]

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "yamllint": ["yamllint", "--strict", "."],
    "mypy": ["mypy"],
    # Folders that are no packages.
    "mypy tests": ["mypy", "tests/unit/lab", "tests/unit/tools", "tests/unit/conftest.py"],
    "vermin hosts": [*_VERMIN, "--target=3.6-", *_ON_HOSTS],
    "vermin controllers": [*_VERMIN, "--target=3.10-", *_ON_CONTROLLERS],
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
    results = [check(name, argv, limit=300) for name, argv in {**CHECKS, **_trying()}.items()]
    return Tally(passed=sum(results), failed=len(results) - sum(results))


def _trying() -> dict[str, list[str]]:
    """A check for each old Python that is here; vermin alone answers for one that is not."""
    missing = [version for version in pythons.HOSTS if not pythons.find(version)]
    if missing:
        print(f"   no Python {' and '.join(missing)} on this machine: vermin alone answers for it", flush=True)
    return {
        f"import with Python {version}": pythons.program(version) for version in pythons.HOSTS if version not in missing
    }
