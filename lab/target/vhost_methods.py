"""The vhost methods of the admin socket. Most errors hide their errno behind -32602; only the message tells."""

from __future__ import annotations

import errno
import itertools
from pathlib import Path
from typing import Any, Callable

from .bdevs import BdevTable
from .controllers import Controller, ControllerTable, FindSessions, cut
from .cpus import CpuError, parse_mask
from .dialect import Dialect
from .errors import INTERNAL_ERROR, INVALID_PARAMS, RpcError, StorageError
from .jsonrpc import PENDING, Request
from .params import DecodeError, Field, decode
from .reactor import Reactor
from .storage import Storage

TRANSPORT = "vhost_user_blk"
_FIRST_THREAD = 2  # thread 1 is app_thread


class VhostMethods:
    """Handlers over one table of controllers; sockets are made in ``sockets``, threads run on ``mask``."""

    def __init__(
        self,
        reactor: Reactor,
        dialect: Dialect,
        storage: Storage,
        bdevs: BdevTable,
        controllers: ControllerTable,
        sockets: Path,
        mask: int,
        find_sessions: FindSessions,
    ) -> None:
        self._reactor = reactor
        self._dialect = dialect
        self._storage = storage
        self._bdevs = bdevs
        self._controllers = controllers
        self._sockets = sockets
        self._mask = mask
        self._find_sessions = find_sessions
        self._thread_ids = itertools.count(_FIRST_THREAD)

    def methods(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "vhost_create_blk_controller": self.create,
            "vhost_delete_controller": self.delete,
            "vhost_get_controllers": self.get,
            "virtio_blk_get_transports": self.transports,
        }

    def create(self, request: Request) -> bool:
        fields = {
            "ctrlr": Field("string"),
            "dev_name": Field("string"),
            "cpumask": Field("string", required=False),
            "readonly": Field("bool", required=False),
            "packed_ring": Field("bool", required=False),
            "transport": Field("string", required=False),
        }
        values = self._decode(request, fields, INVALID_PARAMS, relaxed=True)
        if values.get("transport", TRANSPORT) != TRANSPORT:
            raise RpcError.of_errno(errno.ENODEV, INVALID_PARAMS)
        bdev = self._bdevs.find(values["dev_name"])
        if bdev is None:
            raise RpcError.of_errno(errno.ENODEV, INVALID_PARAMS)
        mask = self._thread_mask(values.get("cpumask"))
        name = values["ctrlr"]
        if self._controllers.find(name):
            raise RpcError.of_errno(errno.EEXIST, INVALID_PARAMS)
        thread_id = next(self._thread_ids)  # SPDK's thread comes before the socket: a failure uses a number up
        socket = f"{self._sockets}/{name}"
        readonly = values.get("readonly", False)
        try:
            export = self._storage.export(
                bdev.node, cut(socket), readonly=readonly or bdev.readonly, block_size=bdev.block_size
            )
        except StorageError as error:
            raise RpcError.of_errno(errno.EIO, INVALID_PARAMS) from error
        self._controllers.add(Controller(name, bdev, mask, socket, export, readonly, thread_id))
        return True

    def _thread_mask(self, text: str | None) -> int:
        if text is None:
            return self._mask
        try:
            mask = sum(1 << cpu for cpu in parse_mask(text))
        except CpuError as error:
            raise RpcError.of_errno(errno.EINVAL, INVALID_PARAMS) from error
        if not mask or mask & ~self._mask:
            raise RpcError.of_errno(errno.EINVAL, INVALID_PARAMS)
        return mask

    def delete(self, request: Request) -> Any:
        """With a guest attached: "busy" at once, or (newer) no answer until the guest has let go."""
        values = self._decode(request, {"ctrlr": Field("string")}, INVALID_PARAMS)
        controller = self._controllers.find(values["ctrlr"])
        if controller is None:
            raise RpcError.of_errno(errno.ENODEV, INVALID_PARAMS)
        if not controller.sessions(self._find_sessions):
            self._remove(controller)
            return True
        if not self._dialect.delete_waits:
            raise RpcError.of_errno(errno.EBUSY, INVALID_PARAMS)
        if not controller.waiting:
            self._reactor.add_poller(lambda: self._poll_delete(controller))
        controller.waiting.append(lambda: request.reply(True))
        return PENDING

    def _poll_delete(self, controller: Controller) -> bool:
        if self._controllers.find(controller.name) is not controller:
            return False
        if controller.sessions(self._find_sessions):
            return True
        self._remove(controller)
        return False

    def _remove(self, controller: Controller) -> None:
        try:
            self._storage.unexport(controller.export)
        except StorageError as error:
            raise RpcError.of_errno(error.errno, INVALID_PARAMS) from error
        self._controllers.remove(controller)
        waiting, controller.waiting = controller.waiting, []
        for answer in waiting:
            answer()

    def get(self, request: Request) -> list[dict[str, Any]]:
        values: dict[str, Any] = {}
        if request.params is not None:
            values = self._decode(request, {"name": Field("string", required=False)}, INTERNAL_ERROR)
        if "name" not in values:
            return [self._describe(controller) for controller in self._controllers]
        controller = self._controllers.find(values["name"])
        if controller is None:
            raise RpcError.of_errno(errno.ENODEV, INTERNAL_ERROR)
        return [self._describe(controller)]

    def _describe(self, controller: Controller) -> dict[str, Any]:
        return controller.describe(self._find_sessions, self.bdev_alive(controller))

    def bdev_alive(self, controller: Controller) -> bool:
        """Whether the controller's bdev is still the one it was made for (a new one of that name is another)."""
        return self._bdevs.find(controller.bdev.name) is controller.bdev

    def transports(self, request: Request) -> list[dict[str, str]]:
        values: dict[str, Any] = {}
        if request.params is not None:
            values = self._decode(request, {"name": Field("string", required=False)}, INVALID_PARAMS)
        if values.get("name", TRANSPORT) != TRANSPORT:
            raise RpcError.of_errno(errno.ENODEV, INVALID_PARAMS)
        return [{"name": TRANSPORT}]

    def remove_all(self) -> None:
        """At a clean shutdown: every socket goes, guests or not."""
        for controller in self._controllers:
            self._storage.unexport(controller.export)
            self._controllers.remove(controller)

    @staticmethod
    def _decode(request: Request, fields: dict[str, Field], code: int, relaxed: bool = False) -> dict[str, Any]:
        try:
            return decode(request.params, fields, relaxed)
        except DecodeError as error:
            raise RpcError.of_errno(errno.EINVAL, code) from error
