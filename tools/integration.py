# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test integration over the collection as it is in git.

Usage: python -m tools.integration [--config FILE] [--site INVENTORY] [ARGUMENT...]

The arguments go to ansible-test, such as names of targets; its exit status is this one's. --config is an integration_config.yml
(see tests/integration/integration_config.yml.template); --site makes one of an inventory with the groups zbs_admin and zbs_vhost,
as the lab's, whose first hosts it takes. With either, targets that need a site of their own are allowed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .check import tree
from .check.process import ROOT, environment

CONFIG = "tests/integration/integration_config.yml"
ALLOWED = ("--allow-root", "--allow-destructive", "--allow-unsupported")
# What a delegated task needs to come at a host.
_CONNECTION = ("ansible_host", "ansible_port", "ansible_user", "ansible_python_interpreter", "ansible_connection")
_SSH = ("ansible_ssh_private_key_file", "ansible_ssh_common_args")


def site(inventory: Path) -> dict[str, Any]:
    """The content of integration_config.yml for the first hosts of an inventory."""
    listed = json.loads(
        subprocess.run(
            ["ansible-inventory", f"--inventory={inventory}", "--list"],
            env=environment(),
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
    )

    def first(group: str) -> dict[str, Any]:
        hosts = listed.get(group, {}).get("hosts") or []
        if not hosts:
            raise SystemExit(f"{inventory} has no host in the group {group}; name a host there")
        return listed["_meta"]["hostvars"][hosts[0]]

    def connection(variables: dict[str, Any]) -> dict[str, Any]:
        return {name: variables[name] for name in _CONNECTION + _SSH if name in variables}

    host = first("zbs_vhost")
    return {
        "zbs_integration_host": connection(host),
        "zbs_integration_admin": connection(first("zbs_admin")),
        "zbs_integration_memory_mib": host.get("zbs_vhost_target_hugepage_size_mib", 1024),
        "zbs_integration_volume": "pool1/vol1",
    }


def run(arguments: list[str], config: str | None) -> int:
    """The exit status of ansible-test; `config` is the text of integration_config.yml."""
    env = environment(HOME=str(tree.home("main")))
    with tree.copied() as folder:
        if config is not None:
            (folder / CONFIG).write_text(config, encoding="utf-8")
            arguments = [*ALLOWED, *arguments]
        return subprocess.run(
            ["ansible-test", "integration", "--color=no", *arguments], cwd=folder, env=env, check=False
        ).returncode


def main(words: list[str]) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(prog="python -m tools.integration", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path, help="integration_config.yml")
    parser.add_argument("--site", type=Path, help="inventory to make one of")
    given, arguments = parser.parse_known_args(words)
    if given.config and given.site:
        parser.error("give --config or --site, not both")
    own = ROOT / CONFIG
    path = given.config or (own if own.exists() and not given.site else None)
    text = json.dumps(site(given.site)) if given.site else path.read_text(encoding="utf-8") if path else None
    return run(arguments, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
