"""The methods of the admin socket joined to one target, over any storage backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from . import sessions
from .bdev_methods import BdevMethods
from .bdevs import BdevTable
from .controllers import ControllerTable, FindSessions
from .dialect import Dialect
from .errors import METHOD_NOT_FOUND, RpcError
from .framework_methods import FrameworkMethods
from .jsonrpc import Request
from .reactor import Reactor
from .storage import Storage
from .vhost_methods import VhostMethods


class Target:
    """One target's state. ``memory`` in bytes; ``dispatch`` answers a request."""

    def __init__(
        self,
        reactor: Reactor,
        dialect: Dialect,
        storage: Storage,
        *,
        cpus: list[int],
        memory: int,
        sockets: Path,
        pools: Path,
        wait_for_rpc: bool = False,
        find_sessions: FindSessions = sessions.connected,
    ) -> None:
        bdevs, controllers = BdevTable(), ControllerTable(dialect)
        self._framework = framework = FrameworkMethods(dialect, bdevs, controllers, cpus, wait_for_rpc)
        mask = sum(1 << cpu for cpu in cpus)
        self._vhost = VhostMethods(reactor, dialect, storage, bdevs, controllers, sockets, mask, find_sessions)
        self._methods: dict[str, Callable[[Request], Any]] = {
            **framework.methods(),
            **BdevMethods(reactor, dialect, storage, bdevs, memory, pools).methods(),
            **self._vhost.methods(),
        }
        framework.all_methods = sorted(self._methods)

    @property
    def methods(self) -> list[str]:
        """Names of all methods there are."""
        return sorted(self._methods)

    def dispatch(self, request: Request) -> Any:
        method = self._methods.get(request.method)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found")
        self._framework.demand_state(request.method)
        return method(request)

    def close(self) -> None:
        """A clean end: the volumes' sockets go."""
        self._vhost.remove_all()
