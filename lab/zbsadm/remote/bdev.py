"""A volume's bdev and controller on the running target.

Not idempotent, and nothing is rolled back: SPDK is not, so whoever asks has to look first.
"""

from __future__ import annotations

from typing import Any

from ..codes import GENERIC
from . import spdk
from .report import Refused


def act(values: dict[str, Any]) -> dict[str, Any]:
    """``do`` is create or delete."""
    try:
        return _create(values) if values["do"] == "create" else _delete(values)
    except spdk.RpcError as error:
        raise Refused(GENERIC, f"{values['name']}: {error}") from None


def _call(values: dict[str, Any], method: str, **params: str) -> Any:
    return spdk.call(values["admin_socket"], method, params, values["seconds"])


def _create(values: dict[str, Any]) -> dict[str, Any]:
    name = values["name"]
    _call(values, "bdev_zbs_create", file=values["file"], name=name)
    _call(values, "vhost_create_blk_controller", ctrlr=name, dev_name=name)
    return {}


def _delete(values: dict[str, Any]) -> dict[str, Any]:
    name = values["name"]
    try:
        _call(values, "vhost_delete_controller", ctrlr=name)
    except spdk.RpcError as error:
        # A bdev whose controller has gone already could otherwise never be deleted.
        if error.reason != "No such device":
            raise
    _call(values, "bdev_zbs_delete", name=name)
    return {}
