"""The real data plane: one qemu-storage-daemon, driven over QMP.

Every export has a ``raw`` node of its own in front of the bdev's node. When the bdev is deleted under a controller,
that node is pointed at one that fails every I/O: the socket lives on, as SPDK's does. The daemon dies with us.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable

from .errors import StartError, StorageError
from .process import die_unless_child_of
from .qmp import Qmp

BINARY = "qemu-storage-daemon"
QUEUES = 8  # virtqueues an export offers; a guest may use fewer
_EIO = 5  # what a guest's I/O gets when its bdev is gone
_GRACE = 5.0  # seconds for the daemon to quit by itself


@dataclass
class _Export:
    node: str  # the bdev's node
    front: str  # the export's own raw node
    readonly: bool
    dead: tuple[str, ...] = ()  # nodes behind it once the bdev is gone


class QemuStorage:
    """Implements ``storage.Storage``. ``on_end`` is called when the daemon has gone by itself."""

    def __init__(self, on_end: Callable[[], None], binary: str = BINARY) -> None:
        ours, theirs = socket.socketpair()
        chardev = f"socket,id=qmp,fd={theirs.fileno()}"
        try:
            self._process = subprocess.Popen(
                [binary, "--chardev", chardev, "--monitor", "chardev=qmp"],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                preexec_fn=partial(die_unless_child_of, os.getpid()),
            )
        except OSError as error:
            ours.close()
            raise StartError(
                f"cannot run {binary} ({error.strerror}): install the package that has it (Debian: qemu-system-common)"
            ) from error
        finally:
            theirs.close()
        self._numbers = itertools.count()
        self._sizes: dict[str, int] = {}
        self._exports: dict[str, _Export] = {}
        try:
            self._qmp = Qmp(ours, on_end)
        except StorageError as error:
            self._process.kill()
            self._process.wait()
            ours.close()
            raise StartError(f"the data plane did not start: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when ``attend`` should be called."""
        return self._qmp.fileno()

    def attend(self) -> None:
        self._qmp.drain()

    def _name(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    def add_file(self, path: Path, readonly: bool) -> str:
        node = self._name("file")
        # Several hosts' targets may have the same volume open, as ZBS allows: no image locks.
        self._qmp.command(
            "blockdev-add", driver="file", node_name=node, filename=str(path), locking="off", read_only=readonly
        )
        self._sizes[node] = path.stat().st_size
        return node

    def add_null(self, size: int) -> str:
        node = self._name("null")
        self._qmp.command("blockdev-add", driver="null-co", node_name=node, size=size, read_zeroes=True)
        self._sizes[node] = size
        return node

    def resize(self, node: str, size: int) -> None:
        self._qmp.command("block_resize", node_name=node, size=size)
        self._sizes[node] = size
        for export in self._exports.values():
            if export.node == node:
                self._qmp.command("block_resize", node_name=export.front, size=size)  # this is what tells the guest

    def remove(self, node: str) -> None:
        for export in self._exports.values():
            if export.node == node and not export.dead:
                self._bereave(export)
        self._qmp.command("blockdev-del", node_name=node)
        del self._sizes[node]

    def _bereave(self, export: _Export) -> None:
        null, error = self._name("null"), self._name("error")
        self._qmp.command("blockdev-add", driver="null-co", node_name=null, size=self._sizes[export.node])
        self._qmp.command(
            "blockdev-add",
            driver="blkdebug",
            node_name=error,
            image=null,
            inject_error=[{"event": "none", "errno": _EIO}],
        )
        front = {"driver": "raw", "node-name": export.front, "file": error, "read-only": export.readonly}
        self._qmp.command("blockdev-reopen", options=[front])
        export.dead = (error, null)

    def export(self, node: str, path: str, *, readonly: bool, block_size: int) -> str:
        front, ident = self._name("front"), self._name("export")
        self._qmp.command("blockdev-add", driver="raw", node_name=front, file=node, read_only=readonly)
        try:
            self._qmp.command(
                "block-export-add",
                type="vhost-user-blk",
                id=ident,
                node_name=front,
                writable=not readonly,
                addr={"type": "unix", "path": path},
                logical_block_size=block_size,
                num_queues=QUEUES,
            )
        except StorageError:
            self._qmp.command("blockdev-del", node_name=front)
            raise
        self._exports[ident] = _Export(node, front, readonly)
        return ident

    def unexport(self, export: str) -> None:
        self._qmp.command("block-export-del", id=export, mode="hard")
        self._qmp.wait_event("BLOCK_EXPORT_DELETED", id=export)
        gone = self._exports.pop(export)
        for node in (gone.front, *gone.dead):
            self._qmp.command("blockdev-del", node_name=node)

    def close(self) -> None:
        """End the daemon."""
        with contextlib.suppress(StorageError):  # gone already, or to be killed below
            self._qmp.command("quit")
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._qmp.close()
