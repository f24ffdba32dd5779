"""The bdev methods of the admin socket."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import time
from pathlib import Path
from typing import Any, Callable

from .bdevs import MIB, ZBS_BLOCK, Bdev, BdevTable
from .dialect import Dialect
from .errors import INTERNAL_ERROR, RpcError, StorageError
from .jsonrpc import PENDING, Request
from .params import DecodeError, Field, decode
from .reactor import Reactor
from .storage import Storage

ZBS_MARKER = "_zbs_"
_OPTIONAL_STRING = Field("string", required=False)
_NAME = {"name": Field("string")}


def _decode(request: Request, fields: dict[str, Field]) -> dict[str, Any]:
    try:
        return decode(request.params, fields)
    except DecodeError as error:
        raise RpcError(INTERNAL_ERROR, "spdk_json_decode_object failed") from error


class BdevMethods:
    """Handlers over one table; ``memory`` bytes are there for malloc disks, volumes lie in ``pools``."""

    def __init__(
        self, reactor: Reactor, dialect: Dialect, storage: Storage, table: BdevTable, memory: int, pools: Path
    ) -> None:
        self._reactor = reactor
        self._dialect = dialect
        self._storage = storage
        self._table = table
        self._memory = memory
        self._pools = pools
        self._malloc_numbers = itertools.count()

    def methods(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "bdev_get_bdevs": self.get_bdevs,
            "bdev_malloc_create": self.malloc_create,
            "bdev_malloc_delete": lambda request: self._delete(request, "malloc"),
            "bdev_aio_create": self.aio_create,
            "bdev_aio_delete": lambda request: self._delete(request, "aio"),
            "bdev_zbs_create": self.zbs_create,
            "bdev_zbs_delete": lambda request: self._delete(request, "zbs"),
            "bdev_zbs_resize": self.zbs_resize,
        }

    def get_bdevs(self, request: Request) -> Any:
        """All, or one by name; with ``timeout`` (ms) it waits for that one to appear."""
        values: dict[str, Any] = {}
        if request.params is not None:
            values = _decode(request, {"name": _OPTIONAL_STRING, "timeout": Field("uint64", required=False)})
        name = values.get("name")
        if name is None:
            return [bdev.describe(self._dialect) for bdev in self._table]
        if self._table.find(name) or not values.get("timeout"):
            return [self._table.get(name).describe(self._dialect)]
        deadline = time.monotonic() + values["timeout"] / 1000

        def poll() -> bool:
            bdev = self._table.find(name)
            if bdev:
                request.reply([bdev.describe(self._dialect)])
            elif time.monotonic() >= deadline:
                request.fail(RpcError.of_errno(errno.ETIMEDOUT))
            else:
                return True
            return False

        self._reactor.add_poller(poll)
        return PENDING

    def malloc_create(self, request: Request) -> str:
        fields = {
            "name": _OPTIONAL_STRING,
            "uuid": _OPTIONAL_STRING,
            "num_blocks": Field("uint64"),
            "block_size": Field("uint32"),
            "physical_block_size": Field("uint32", required=False),
            "optimal_io_boundary": Field("uint32", required=False),
            "md_size": Field("uint32", required=False),
            "md_interleave": Field("bool", required=False),
            "dif_type": Field("int32", required=False),
            "dif_is_head_of_md": Field("bool", required=False),
        }
        values = _decode(request, fields)
        num_blocks, block_size = values["num_blocks"], values["block_size"]
        # Metadata and protection information are understood, since the official client sends them, but not kept.
        if not num_blocks or not block_size or block_size % 512 or values.get("md_size") or values.get("dif_type"):
            raise RpcError.of_errno(errno.EINVAL)
        if self._table.malloc_bytes() + num_blocks * block_size > self._memory:
            raise RpcError.of_errno(errno.ENOMEM)
        name = values.get("name") or f"Malloc{next(self._malloc_numbers)}"
        self._table.must_be_new(name)
        node = self._storing(self._storage.add_null, num_blocks * block_size)
        bdev = Bdev(name, "malloc", block_size, num_blocks, node)
        bdev.uuid = values.get("uuid", bdev.uuid)
        self._table.add(bdev)
        return name

    def aio_create(self, request: Request) -> str:
        fields = {
            "name": Field("string"),
            "filename": Field("string"),
            "block_size": Field("uint32", required=False),
            "readonly": Field("bool", required=False),
            "fallocate": Field("bool", required=False),
            "nowait": Field("bool", required=False),
            "uuid": _OPTIONAL_STRING,
        }
        values = _decode(request, fields)
        block_size, readonly = values.get("block_size", 512), values.get("readonly", False)
        if block_size < 512 or block_size & (block_size - 1):
            raise RpcError.of_errno(errno.EINVAL)
        return self._add_file(
            values["name"], "aio", Path(values["filename"]), values["filename"], block_size, readonly=readonly
        )

    def zbs_create(self, request: Request) -> str:
        """``file`` is ``<pool>/<volume>_zbs_``: the marker is no part of the volume's name."""
        values = _decode(request, {"file": Field("string"), "name": Field("string")})
        return self._add_file(values["name"], "zbs", self._volume(values["file"]), values["file"], ZBS_BLOCK)

    def _volume(self, name: str) -> Path:
        parts = name.split("/")
        bad = len(parts) != 2 or not name.endswith(ZBS_MARKER) or "\0" in name
        volume = parts[-1][: -len(ZBS_MARKER)]
        if bad or parts[0] in ("", ".", "..") or volume in ("", ".", ".."):
            raise RpcError.of_errno(errno.EINVAL)
        return self._pools / parts[0] / volume

    def _add_file(self, name: str, kind: str, path: Path, source: str, block_size: int, readonly: bool = False) -> str:
        # SPDK opens the file first and registers the name afterwards: a missing file wins over a duplicate name.
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            raise RpcError.of_errno(getattr(error, "errno", None) or errno.EINVAL) from error
        if not stat.S_ISREG(status.st_mode) or status.st_size < block_size:
            raise RpcError.of_errno(errno.EINVAL)
        self._table.must_be_new(name)
        node = self._storing(self._storage.add_file, path, readonly)
        self._table.add(Bdev(name, kind, block_size, status.st_size // block_size, node, source, readonly))
        return name

    def zbs_resize(self, request: Request) -> bool:
        """``new_size`` in MiB; grows only."""
        values = _decode(request, {"name": Field("string"), "new_size": Field("uint64")})
        bdev = self._table.get(values["name"], "zbs")
        size = values["new_size"] * MIB
        if size < bdev.size:
            raise RpcError.of_errno(errno.EINVAL)
        if size > bdev.size:
            self._storing(self._storage.resize, bdev.node, size)
            bdev.num_blocks = size // bdev.block_size
        return True

    def _delete(self, request: Request, kind: str) -> bool:
        bdev = self._table.get(_decode(request, _NAME)["name"], kind)
        self._storing(self._storage.remove, bdev.node)
        self._table.remove(bdev)
        return True

    @staticmethod
    def _storing(action: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return action(*arguments)
        except StorageError as error:
            raise RpcError.of_errno(error.errno) from error
