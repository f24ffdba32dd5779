# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager of the lab's own hosts, and the folder that is an inventory of both: who they are from it, how to log in from us."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import Iterator

from .. import inventory
from ..settings import Settings
from . import logins
from .cloud import Cloud, of_hosts
from .server import Standin

STORAGE = "zbs-lab"
#: what a run that uses the inventory needs in its environment; a source that fails shall not look like an empty site
ENVIRONMENT = {"ZSTACK_PASSWORD": logins.PASSWORD, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
_FILE = """\
# Asks the stand-in of the ZStack manager for the lab's compute hosts; the password is in ZSTACK_PASSWORD.
plugin: zstack.zbs.zstack
url: {url}
account: {account}
timezone: UTC
"""


@contextlib.contextmanager
def serve(settings: Settings, port: int = 0) -> Iterator[Standin]:
    """A manager over the lab's hosts while the `with` lasts, and `settings.zstack` as the inventory that asks it."""
    with Standin(cloud(settings), port=port) as standin:
        settings.zstack.mkdir(parents=True, exist_ok=True)
        # The files are read in the order of their names.
        Path(settings.zstack, "lab.yml").write_text(inventory.text(settings, computes=False), encoding="utf-8")
        Path(settings.zstack, "zbs.zstack.yml").write_text(file(standin), encoding="utf-8")
        try:
            yield standin
        finally:
            # It names an address where nobody answers any more.
            shutil.rmtree(settings.zstack, ignore_errors=True)


def file(standin: Standin) -> str:
    """An inventory file for the plugin that asks this manager."""
    return _FILE.format(url=standin.url, account=logins.ACCOUNT)


def cloud(settings: Settings) -> Cloud:
    """The lab's compute hosts as a cloud whose manager has just seen all of them connected."""
    made = of_hosts([(host.name, host.ip) for host in settings.computes], storage_name=STORAGE)
    now = time.strftime("%b %d, %Y %I:%M:%S %p", time.gmtime())
    for row in made.tables["host-protocol-refs"]:
        row["lastOpDate"] = now
    return made
