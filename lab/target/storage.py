"""What the methods want from a data plane. ``qsd.py`` has the real one; the unit tests bring a small one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Nodes are block devices, exports are vhost-user-blk sockets in front of a node. All calls raise StorageError."""

    def add_file(self, path: Path, readonly: bool) -> str:
        """Open the file ``path`` as a node; return its handle."""

    def add_null(self, size: int) -> str:
        """Make a node of ``size`` bytes that keeps nothing (reads zeroes)."""

    def resize(self, node: str, size: int) -> None:
        """Grow ``node`` to ``size`` bytes; attached guests are told."""

    def remove(self, node: str) -> None:
        """Drop ``node``. Its exports stay and answer, but every I/O on them fails from now on."""

    def export(self, node: str, path: str, *, readonly: bool, block_size: int) -> str:
        """Listen on the socket ``path``, replacing a left-over file; return the export's handle."""

    def unexport(self, export: str) -> None:
        """Stop listening, let the guests go, remove the socket."""
