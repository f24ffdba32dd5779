"""The ``zbs`` command: of it, the listings of the cluster's pools, of a pool's volumes and of the management nodes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from . import mds, settings, store, values
from .call import execute
from .codes import POOL_UNKNOWN
from .commands import Command, Given
from .errors import Failure
from .flags import Flag
from .settings import Settings


def _list_logical_pool(given: Given, chosen: Settings) -> dict[str, Any]:
    _as_json(given)
    folder = Path(chosen.pools)
    names = sorted(pool.name for pool in folder.iterdir() if pool.is_dir()) if folder.is_dir() else []
    pools = [
        {
            "logicalPoolID": number,
            "logicalPoolName": name,
            "physicalPoolID": 1,
            "physicalPoolName": chosen.physical_pool,
            "type": 0,
            "capacity": 1 << 40,
            "usedSize": sum(file.stat().st_size for file in (folder / name).iterdir()),
        }
        for number, name in enumerate(names, 1)
    ]
    return {"result": [{"logicalPoolInfos": pools}]}


def _as_json(given: Given) -> None:
    if given["format"] != "json":
        raise Failure(POOL_UNKNOWN, "The stand-in of zbs lists as JSON only: use --format json")


def _list_file(given: Given, chosen: Settings) -> dict[str, Any]:
    _as_json(given)
    pool = Path(chosen.pools) / given["pool"]
    if not pool.is_dir():
        raise Failure(POOL_UNKNOWN, f"list file of pool {given['pool']} failed, status code: kPoolNotExists")
    found = [
        {"fileName": file.name, "length": file.stat().st_size, "usedSize": file.stat().st_blocks * 512}
        for file in sorted(pool.iterdir())
        if file.is_file()
    ]
    return {"result": found if chosen.list_file_result == "list" else {"fileInfo": found}}


def _status_mds(given: Given, chosen: Settings) -> dict[str, Any]:
    _as_json(given)
    alone = mds.status(["127.0.0.1"], lambda _address: True)  # who is asked lives
    return {"result": mds.status(chosen.nodes) if chosen.nodes else alone}


COMMANDS = {
    "list logical-pool": Command(
        (Flag("format", values.output_format, required=True, help="json"),),
        _list_logical_pool,
        login=False,
        tells_success=False,
    ),
    "list file": Command(
        (
            Flag("pool", values.pool, required=True, help="the logical pool"),
            Flag("format", values.output_format, required=True, help="json"),
        ),
        _list_file,
        login=False,
        tells_success=False,
    ),
    "status mds": Command(
        (Flag("format", values.output_format, required=True, help="json"),),
        _status_mds,
        login=False,
        tells_success=False,
    ),
}


def main(words: list[str] | None = None) -> int:
    """Returns the exit status."""
    words = sys.argv[1:] if words is None else words
    if words == ["--version"]:
        try:
            print(f"zbs {settings.read(store.load()).version} (zstack.zbs stand-in)")
        except Failure as error:
            print(f"Error: {error.message}", file=sys.stderr)
            return 1
        return 0
    if words in (["--help"], ["-h"], []):
        print("zbs: a STAND-IN, for the lab of the Ansible collection zstack.zbs.\n")
        print("  zbs list logical-pool --format json\n  zbs list file --pool POOL --format json")
        print("  zbs status mds --format json")
        return 0
    return execute("zbs", COMMANDS, words)
