# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the targets of a simulated fleet: `python -m bench.peer RECORDING SOCKET...`, one process for all of them.

Answers what a recorded SPDK answered to the calls of a healthy tick; everything else is an unknown method. Says "ready" when all
sockets listen, ends with its standard input.
"""

import asyncio
import json
import sys
from pathlib import Path

# The calls of a tick at a target that serves no volume.
EMPTY_LISTS = ("vhost_get_controllers", "bdev_get_bdevs")


def answers(recording: Path) -> dict[str, object]:
    """Results by method: the version as it was recorded, and no volume."""
    version = next(
        item["response"]["result"]
        for item in json.loads(recording.read_text())
        if item["request"]["method"] == "spdk_get_version" and "result" in item["response"]
    )
    return {"spdk_get_version": version, **{name: [] for name in EMPTY_LISTS}}


async def serve(results: dict[str, object], sockets: list[str]) -> None:
    """Listen on every socket until standard input ends."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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

    for path in sockets:
        await asyncio.start_unix_server(talk, path)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(answers(Path(sys.argv[1])), sys.argv[2:]))
