# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that Ansible sends to a host for a module, built by Ansible itself."""

import base64
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar

ROOT = Path(__file__).resolve().parent.parent
MODULES = Path(__file__).with_name("modules")


@dataclass
class Payload:
    """`program` as it goes to the host, `archive` the zip file in it, with all the code."""

    program: bytes
    archive: bytes


def start() -> None:
    """Let Ansible find the collection and the empty module; once."""
    init_plugin_loader([str(ROOT / ".cache/collections")])
    module_loader.add_directory(str(MODULES))


def build(name: str, arguments: dict[str, Any]) -> Payload:
    """The payload of a module with its arguments, for this Python."""
    found = module_loader.find_plugin_with_context(name)
    built = modify_module(
        module_name=name,
        module_path=found.plugin_resolved_path,
        module_args={**arguments, "_ansible_check_mode": False},
        templar=Templar(loader=DataLoader(), variables={}),
        task_vars={"ansible_python_interpreter": sys.executable, "inventory_hostname": "bench"},
        module_compression="ZIP_DEFLATED",
    )
    # ansible-core 2.19 has a class for it, older ones a tuple.
    program = built.b_module_data if hasattr(built, "b_module_data") else built[0]
    longest = max(re.findall(rb"[A-Za-z0-9+/=]{2000,}", program), key=len)
    return Payload(program, base64.b64decode(longest))
