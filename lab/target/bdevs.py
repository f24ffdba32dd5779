"""The block devices of the target: a table by name, and how SPDK describes them in JSON."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .dialect import Dialect
from .errors import RpcError

MIB = 1024 * 1024
ZBS_BLOCK = 4096  # bytes: a bdev_zbs disk is 4096-byte native

_PRODUCTS = {"malloc": "Malloc disk", "aio": "AIO disk", "zbs": "ZBS disk"}

# In the order of the recorded answers.
_IO_TYPES_SHORT = (
    "read", "write", "unmap", "write_zeroes", "flush", "reset", "compare", "compare_and_write", "abort", "nvme_admin",
    "nvme_io",
)  # fmt: skip
_IO_TYPES_LONG = (
    "read", "write", "unmap", "flush", "reset", "nvme_admin", "nvme_io", "nvme_io_md", "write_zeroes", "zcopy",
    "get_zone_info", "zone_management", "zone_append", "compare", "compare_and_write", "abort", "seek_hole",
    "seek_data", "copy", "nvme_iov_md", "nvme_nssr", "write_uncorrectable",
)  # fmt: skip
_MALLOC_SHORT = {"read", "write", "unmap", "write_zeroes", "flush", "reset", "abort"}
_MALLOC_LONG = {"read", "write", "unmap", "flush", "reset", "write_zeroes", "zcopy", "compare", "abort", "copy"}
_FILE = {"read", "write", "flush", "reset", "write_zeroes"}  # of aio and zbs: not recorded


@dataclass
class Bdev:
    """One block device. ``node`` is the storage backend's handle; ``source`` the file behind it, as it was named."""

    name: str
    kind: str  # malloc, aio, zbs
    block_size: int  # bytes
    num_blocks: int
    node: str
    source: str = ""
    readonly: bool = False
    uuid: str = field(default_factory=lambda: str(uuid4()))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.block_size * self.num_blocks

    def describe(self, dialect: Dialect) -> dict[str, Any]:
        """One element of ``bdev_get_bdevs``. Malloc disks are as recorded; no recording tells how bdev_zbs looks."""
        described: dict[str, Any] = {
            "name": self.name,
            "aliases": [self.uuid],
            "product_name": _PRODUCTS[self.kind],
            "block_size": self.block_size,
            "num_blocks": self.num_blocks,
        }
        if dialect.long_bdev_json:
            described.update(
                preferred_write_alignment=0,
                preferred_write_granularity=0,
                optimal_write_size=0,
                preferred_unmap_alignment=0,
                preferred_unmap_granularity=0,
            )
        described["uuid"] = self.uuid
        if dialect.long_bdev_json:
            described["numa_id"] = -1
        limits = ("rw_ios_per_sec", "rw_mbytes_per_sec", "r_mbytes_per_sec", "w_mbytes_per_sec")
        described["assigned_rate_limits"] = dict.fromkeys(limits, 0)
        described["claimed"] = False  # vhost opens a bdev and claims none
        described["zoned"] = False
        described["supported_io_types"] = self._io_types(dialect)
        if self.kind == "malloc" and not dialect.long_bdev_json:
            described["memory_domains"] = [{"dma_device_id": "SPDK_ACCEL_DMA_DEVICE", "dma_device_type": 2}]
        described["driver_specific"] = self._driver_specific()
        return described

    def _io_types(self, dialect: Dialect) -> dict[str, bool]:
        names = _IO_TYPES_LONG if dialect.long_bdev_json else _IO_TYPES_SHORT
        malloc = _MALLOC_LONG if dialect.long_bdev_json else _MALLOC_SHORT
        supported = malloc if self.kind == "malloc" else _FILE
        return {name: name in supported for name in names}

    def _driver_specific(self) -> dict[str, Any]:
        if self.kind == "aio":
            return {"aio": {"filename": self.source, "block_size_override": True, "readonly": self.readonly}}
        if self.kind == "zbs":
            return {"zbs": {"file": self.source}}
        return {}

    def config(self) -> dict[str, Any]:
        """The request that would make this bdev again, for ``framework_get_config``."""
        if self.kind == "zbs":
            return {"method": "bdev_zbs_create", "params": {"file": self.source, "name": self.name}}
        params: dict[str, Any] = {"name": self.name}
        if self.kind == "aio":
            params.update(block_size=self.block_size, filename=self.source, readonly=self.readonly)
            return {"method": "bdev_aio_create", "params": params}
        params.update(
            num_blocks=self.num_blocks,
            block_size=self.block_size,
            physical_block_size=self.block_size,
            uuid=self.uuid,
            optimal_io_boundary=0,
        )
        return {"method": "bdev_malloc_create", "params": params}


class BdevTable:
    """All bdevs, in order of creation."""

    def __init__(self) -> None:
        self._bdevs: dict[str, Bdev] = {}

    def __iter__(self) -> Any:
        return iter(list(self._bdevs.values()))

    def find(self, name: str) -> Bdev | None:
        """By name or alias, as SPDK does."""
        if name in self._bdevs:
            return self._bdevs[name]
        return next((bdev for bdev in self if bdev.uuid == name), None)

    def get(self, name: str, kind: str | None = None) -> Bdev:
        """By name; -19 when it is missing or of another kind."""
        bdev = self.find(name)
        if bdev is None or (kind and bdev.kind != kind):
            raise RpcError.of_errno(errno.ENODEV)
        return bdev

    def must_be_new(self, name: str) -> None:
        """-17 when the name is taken."""
        if name in self._bdevs:
            raise RpcError.of_errno(errno.EEXIST)

    def add(self, bdev: Bdev) -> None:
        self._bdevs[bdev.name] = bdev

    def remove(self, bdev: Bdev) -> None:
        del self._bdevs[bdev.name]

    def malloc_bytes(self) -> int:
        """Memory that the malloc disks take."""
        return sum(bdev.size for bdev in self if bdev.kind == "malloc")
