"""Whether the target of this host has a volume open: what the cluster would see of it as a client."""

from __future__ import annotations

from typing import Any

from ..codes import GENERIC, TARGET_ABSENT
from . import spdk
from .report import Refused


def act(values: dict[str, Any]) -> dict[str, Any]:
    """``open``: how many bdevs have the file. A target that is gone has none; one that does not answer may have any, which is told."""
    try:
        bdevs = spdk.call(values["admin_socket"], "bdev_get_bdevs", {}, values["seconds"])
    except spdk.RpcError as error:
        raise Refused(GENERIC, str(error)) from None
    except Refused as error:
        if error.code != TARGET_ABSENT:
            raise
        bdevs = []
    return {"open": sum(1 for bdev in bdevs if _file(bdev) == values["file"])}


def _file(bdev: dict[str, Any]) -> Any:
    return ((bdev.get("driver_specific") or {}).get("zbs") or {}).get("file")
