"""From a command line to a running target, and back to nothing."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack

from .admin_socket import AdminSocket
from .cpus import CoreLocks, pin
from .errors import StartError, StorageError
from .hugepages import HugeMemory
from .jsonrpc import Server
from .options import Options
from .process import set_name
from .qsd import QemuStorage
from .reactor import Reactor
from .shadow import Shadow
from .target import Target


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _DataPlane:
    """What becomes of the target when its data plane goes: it ends too, with status 1."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self.closing = False
        self.lost = False

    def ended(self) -> None:
        if not self.closing:
            self.lost = True
            self._reactor.stop()


def run(options: Options) -> int:
    """Serve until a signal or the end of the data plane; return the exit status. Raises StartError."""
    with ExitStack() as stack:
        shadow = Shadow()
        stack.callback(shadow.close)
        reactor = Reactor()
        stack.callback(reactor.close)
        _stop_on_signals(reactor)
        pin(options.cpus)
        set_name(f"reactor_{options.cpus[0]}")
        memory = HugeMemory(options.huge_dir, options.mib)
        stack.callback(memory.close)
        if options.core_locks:
            stack.callback(CoreLocks(options.cpus).release)
        return _serve(options, reactor, shadow, memory.size, stack)


def _serve(options: Options, reactor: Reactor, shadow: Shadow, memory: int, stack: ExitStack) -> int:
    plane = _DataPlane(reactor)
    storage = QemuStorage(plane.ended)
    stack.callback(storage.close)
    shadow.follow(storage.pid)
    reactor.watch(storage.fileno(), storage.attend)
    target = Target(
        reactor,
        options.dialect,
        storage,
        cpus=options.cpus,
        memory=memory,
        sockets=options.sockets,
        pools=options.pools,
        wait_for_rpc=options.wait_for_rpc,
    )
    reactor.run(options.start_delay)
    if not reactor.stopped:
        _make_folders(options)
        admin = AdminSocket(options.admin_socket)
        stack.callback(admin.close)
        server = Server(reactor, admin.listener, target.dispatch)
        stack.callback(server.close)
        say(f"{options.dialect.version['version']}: listening on {options.admin_socket}, cores {options.cpus}")
        reactor.run()
    if plane.lost:
        say("qemu-storage-daemon has gone: a target without a data plane must not look well, so it ends")
        return 1
    plane.closing = True
    try:
        target.close()
    except StorageError as error:
        say(f"left some sockets behind: {error}")
    return 0


def _make_folders(options: Options) -> None:
    for folder in (str(options.sockets), os.path.dirname(options.admin_socket)):
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise StartError(f"cannot make the folder {folder} for sockets: {error.strerror}") from error


def _stop_on_signals(reactor: Reactor) -> None:
    signal.set_wakeup_fd(reactor.wake_fd, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: reactor.stop())
