"""The management nodes of the cluster, any of which can run zbsadm: who answers, and who leads."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

_PORT, _DUMMY_PORT = 6700, 7700
_SSH_PORT = 22
#: a node that is frozen accepts a connection and then says nothing
_SECONDS = 1.0
LEADER, FOLLOWER, OFFLINE = "leader", "follower", "offline"


def answers(address: str, port: int = _SSH_PORT, seconds: float = _SECONDS) -> bool:
    """Whether the node lives: its SSH server says its first word. The stand-in has no MDS process of its own to ask."""
    try:
        with socket.create_connection((address, port), timeout=seconds) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def status(addresses: Sequence[str], living: Callable[[str], bool] = answers) -> list[dict[str, Any]]:
    """A row for each node, in order; the first one that lives leads."""
    with ThreadPoolExecutor(max(1, len(addresses))) as pool:
        lives = list(pool.map(living, addresses))
    leader = lives.index(True) if True in lives else -1
    return [
        {
            "addr": f"{address}:{_PORT}",
            "dummyAddr": f"{address}:{_DUMMY_PORT}",
            "externalAddr": f"{address}:{_PORT}",
            "status": LEADER if number == leader else FOLLOWER if lives[number] else OFFLINE,
        }
        for number, address in enumerate(addresses)
    ]
