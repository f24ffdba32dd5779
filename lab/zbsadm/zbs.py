"""The ``zbs`` command: of it, the listings of pools, of a pool's volumes, of a volume's clients and of the management nodes."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hosts, mds, settings, ssh, store, values
from .call import execute
from .codes import POOL_UNKNOWN, UNREACHABLE, VOLUME_UNKNOWN
from .commands import ADMIN_SOCKET, Command, Given
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


def _list_client(given: Given, chosen: Settings) -> dict[str, Any]:
    _as_json(given)
    if "path" not in given:
        raise Failure(
            VOLUME_UNKNOWN, "The stand-in of zbs lists the clients of one volume only, and this release can't"
        )
    if not (Path(chosen.pools) / given["path"]).is_file():
        raise Failure(VOLUME_UNKNOWN, f"list client of {given['path']} failed, status code: kFileNotExists")
    listed = hosts.everyone(chosen)
    if not listed:
        return {"result": []}
    with ThreadPoolExecutor(len(listed)) as pool:
        found = list(pool.map(lambda login: _opened(login, given["path"], chosen), listed))
    return {"result": [{"ip": ip, "port": 9001 + number} for ip, count in found for number in range(count)]}


def _opened(login: hosts.Login, path: str, chosen: Settings) -> tuple[str, int]:
    """The host, and how often its target has the volume open. One that is off, or cut off, has not: its sessions have ended."""
    details = {"admin_socket": ADMIN_SOCKET, "seconds": chosen.answer_timeout, "file": path + values.MARKER}
    try:
        return login.ip, ssh.step(login, chosen, "clients", details)["open"]
    except Failure as error:
        if error.code == UNREACHABLE:
            return login.ip, 0
        raise


@dataclass(frozen=True)
class _ListClient(Command):
    """An older release has no ``--path``."""

    def flags_of(self, settings: Settings) -> list[Flag]:
        return [flag for flag in self.flags if flag.name != "path" or settings.list_client_path == "on"]


def _status_mds(given: Given, chosen: Settings) -> dict[str, Any]:
    _as_json(given)
    alone = mds.status(["127.0.0.1"], lambda _address: True)  # who is asked lives
    return {"result": mds.status(chosen.nodes) if chosen.nodes else alone}


COMMANDS = {
    "list client": _ListClient(
        (
            Flag("path", values.volume, required=True, help="the clients of the volume POOL/VOLUME only"),
            Flag("format", values.output_format, required=True, help="json"),
        ),
        _list_client,
        login=False,
        tells_success=False,
    ),
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
        print("  zbs list client --path POOL/VOLUME --format json")
        print("  zbs status mds --format json")
        return 0
    return execute("zbs", COMMANDS, words)
