# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the targets of a simulated fleet: `python -m bench.peer RECORDING VOLUMES SOCKET...`, one process for all of them.

Answers what a recorded SPDK answered to the calls of a healthy tick, VOLUMES controllers and bdevs in the recorded shape among it, whose
sockets it listens on too; everything else is an unknown method. Says "ready" when all sockets listen, ends with its standard input.
"""

import asyncio
import copy
import functools
import json
import resource
import sys
from pathlib import Path
from typing import Any


def volume_sockets(admin_socket: Path, volumes: int) -> list[Path]:
    """The sockets of a target's volumes, beside its admin socket; named as no real one, which would be a target elsewhere to the modules."""
    return [admin_socket.with_name(f"disk-{number:032x}") for number in range(volumes)]


def recorded(recording: Path) -> dict[str, Any]:
    """The recorded results of the calls of a healthy tick: the version, one controller, one bdev."""
    found: dict[str, Any] = {}
    for item in json.loads(recording.read_text()):
        method, result = item["request"]["method"], item["response"].get("result")
        if result and method in ("spdk_get_version", "vhost_get_controllers", "bdev_get_bdevs"):
            found.setdefault(method, result if isinstance(result, dict) else result[0])
    return found


def answers(shapes: dict[str, Any], sockets: list[Path]) -> dict[str, Any]:
    """Results by method of a target that serves `sockets`, each with a bdev of its own, in the recorded shapes."""
    controllers, bdevs = [], []
    for path in sockets:
        controller, bdev = copy.deepcopy(shapes["vhost_get_controllers"]), copy.deepcopy(shapes["bdev_get_bdevs"])
        controller.update(ctrlr=path.name, socket=str(path))
        controller["backend_specific"]["block"]["bdev"] = bdev["name"] = path.name
        controllers.append(controller)
        bdevs.append(bdev)
    version = shapes["spdk_get_version"]
    return {"spdk_get_version": version, "vhost_get_controllers": controllers, "bdev_get_bdevs": bdevs}


async def serve(recording: Path, volumes: int, sockets: list[Path]) -> None:
    """Listen on every socket, and on those of its volumes, until standard input ends."""

    async def talk(results: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = b""
        while chunk := await reader.read(65536):
            text += chunk
            try:
                call = json.loads(text)
            except ValueError:
                continue
            text = b""
            answer = {"jsonrpc": "2.0", "id": call["id"]}
            if call["method"] in results:
                answer["result"] = results[call["method"]]
            else:
                answer["error"] = {"code": -32601, "message": "Method not found"}
            writer.write(json.dumps(answer).encode())
            await writer.drain()
        writer.close()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass
        writer.close()

    shapes = recorded(recording)
    for path in sockets:
        disks = volume_sockets(path, volumes)
        await asyncio.start_unix_server(functools.partial(talk, answers(shapes, disks)), path)
        for disk in disks:
            await asyncio.start_unix_server(hold, disk)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), [Path(word) for word in sys.argv[3:]]))
