"""The vhost-blk controllers: one socket each, in front of one bdev."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Callable

from .bdevs import Bdev
from .dialect import Dialect

SOCKET_PATH_MAX = 107  # bytes: SPDK cuts a longer path off without a word

FindSessions = Callable[[str], "list[int]"]


def cut(path: str) -> str:
    """The socket path as it lands in ``sun_path``."""
    return path.encode()[:SOCKET_PATH_MAX].decode(errors="surrogateescape")


@dataclass
class Controller:
    """One controller. ``bdev`` may have been deleted meanwhile, which the table of bdevs tells, not this."""

    name: str
    bdev: Bdev
    mask: int  # CPUs, as a bit mask
    socket: str  # as SPDK reports it, uncut
    export: str  # the storage backend's handle
    readonly: bool
    thread_id: int
    waiting: list[Callable[[], None]] = field(default_factory=list)  # armed deletes, called when it has gone
    _ids: dict[int, int] = field(default_factory=dict)  # inode of the guest's connection -> session id
    _next_id: int = 0

    def sessions(self, find: FindSessions) -> list[dict[str, Any]]:
        """The guests that are connected now."""
        inodes = find(cut(self.socket))
        self._ids = {inode: ident for inode, ident in self._ids.items() if inode in inodes}
        for inode in inodes:
            if inode not in self._ids:
                self._ids[inode] = self._next_id
                self._next_id += 1
        return [
            {
                "vid": ident,
                "id": ident,
                "name": f"{self.name}s{ident}",
                "started": True,
                "max_queues": 1,
                "inflight_task_cnt": 0,
            }
            for ident in sorted(self._ids.values())
        ]

    def describe(self, find: FindSessions, alive: bool) -> dict[str, Any]:
        """One element of ``vhost_get_controllers``; ``alive`` says whether the bdev still exists."""
        block = {"readonly": self.readonly, "bdev": self.bdev.name if alive else None, "transport": "vhost_user_blk"}
        return {
            "ctrlr": self.name,
            "cpumask": f"0x{self.mask:x}",
            "delay_base_us": 0,
            "iops_threshold": 60000,
            "socket": self.socket,
            "sessions": self.sessions(find),
            "backend_specific": {"block": block},
        }

    def config(self) -> dict[str, Any]:
        """The request that would make this controller again."""
        params = {
            "ctrlr": self.name,
            "dev_name": self.bdev.name,
            "cpumask": f"{self.mask:x}",
            "readonly": self.readonly,
            "transport": "vhost_user_blk",
        }
        return {"method": "vhost_create_blk_controller", "params": params}


class ControllerTable:
    """All controllers by name, in the order that the SPDK release lists them in."""

    def __init__(self, dialect: Dialect) -> None:
        self._sorted = dialect.sorted_controllers
        self._controllers: dict[str, Controller] = {}

    def __iter__(self) -> Iterator[Controller]:
        names = sorted(self._controllers) if self._sorted else list(self._controllers)
        return iter([self._controllers[name] for name in names])

    def find(self, name: str) -> Controller | None:
        return self._controllers.get(name)

    def add(self, controller: Controller) -> None:
        self._controllers[controller.name] = controller

    def remove(self, controller: Controller) -> None:
        del self._controllers[controller.name]
