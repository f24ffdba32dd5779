"""Who is connected to a volume's socket: the kernel's list of unix sockets tells."""

from __future__ import annotations

from pathlib import Path

PROC_NET_UNIX = Path("/proc/net/unix")
_CONNECTED = "03"  # accepted; a connection still in the backlog is 02, a listener 01


def connected(path: str, table: Path = PROC_NET_UNIX) -> list[int]:
    """Inodes of the accepted connections on the socket ``path``, ascending."""
    inodes = []
    for line in table.read_text(errors="surrogateescape").splitlines()[1:]:
        columns = line.split(None, 7)  # Num RefCount Protocol Flags Type St Inode Path
        if len(columns) == 8 and columns[7] == path and columns[5] == _CONNECTED:
            inodes.append(int(columns[6]))
    return sorted(inodes)
