# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's names, as ansible-inventory tells them; kept, since a manager that is down must not make all hosts unknown."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from . import names

_LOG = logging.getLogger("zstack.zbs.heal")
# Seconds that ansible-inventory may take, and from one look to the next.
_LIMIT, _PAUSE = 120.0, 300.0
# A run gets a copy of a single file, so what lies beside that would be lost, a hold for example.
_BESIDE = ("group_vars", "host_vars")


class Inventory:
    """The names of a group of an inventory, read again from time to time: no event waits for that."""

    def __init__(self, path: str, group: str) -> None:
        self.path, self.group = path, group
        self._names: names.Names | None = None

    def find(self, written: Iterable[str]) -> str | None:
        """The host that is meant by the first of its names that is known, or None."""
        found = (self._names.find(word) for word in written) if self._names else ()
        return next((name for name in found if name), None)

    async def keep(self, pause: float = _PAUSE) -> None:
        """Read the names again and again; never ends."""
        while True:
            await asyncio.sleep(pause)
            await self.read()

    async def read(self) -> None:
        """Read the names. ValueError where they can't be had and there are none of before."""
        try:
            found, unfit = names.read(await self._listed(), self.group)
        except (OSError, ValueError) as error:
            if self._names is None:
                raise ValueError(f"the inventory {self.path} can't be read: {error}") from error
            _LOG.warning("the inventory %s can't be read, so its hosts of before are taken: %s", self.path, error)
            return
        if unfit and self._names is None:
            _LOG.warning(
                "no event can name %s: as a limit that is no plain name, or a group", ", ".join(map(repr, unfit))
            )
        self._names = found

    async def _listed(self) -> object:
        argv = ["ansible-inventory", "--inventory", self.path, "--list"]
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), _LIMIT)
        except asyncio.TimeoutError:
            raise ValueError(f"ansible-inventory took longer than {_LIMIT:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise ValueError(
                f"ansible-inventory ended with {process.returncode}: {err.decode(errors='replace').strip()}"
            )
        return json.loads(out)


def check(path: str) -> None:
    """ValueError says why a run can't have this inventory."""
    place = Path(path)
    if not place.exists():
        raise ValueError(f"the inventory {path} is not there; give the path of a file or a folder")
    if place.is_file():
        beside = [name for name in _BESIDE if os.path.lexists(place.parent / name)]
        if beside:
            raise ValueError(
                f"the inventory {path} has {' and '.join(beside)} beside it, which a run would not get; give the folder, {place.parent}"
            )
