"""The cluster's volumes as the ZStack manager names and serves them: a volume's own UUID, its bdev, its socket on a host."""

from __future__ import annotations

import hashlib
import re

from . import docker
from .errors import LabError
from .settings import POOLS, UUID, Host, Settings

SOCKETS = "/var/zbsvhost/sockets"
# Of the volumes that a lab has from the start.
UUIDS = (
    "a1d0c7e24b5f4f6e9a3b8c1d2e3f4051",
    "b2e1d8f35c604a7fab4c9d2e3f405162",
    "c3f2e9a46d714b80bc5dae3f40516273",
)
_MARKED = re.compile(r"volume_([0-9a-f]{32})")
_SIZE = "16M"


def name_of(uuid: str) -> str:
    """A volume's name in its pool."""
    return f"volume_{uuid}"


def bdev_of(path: str, names: str) -> str:
    """The bdev of POOL/VOLUME: after the UUID in the volume's name, where `names` is uuid and it has one; else by the hash."""
    marked = _MARKED.fullmatch(path.rpartition("/")[2])
    if names == UUID and marked:
        return f"zbs-bdev-{marked[1]}"
    digest = bytearray(hashlib.md5(path.encode(), usedforsecurity=False).digest())
    # As Java's UUID.nameUUIDFromBytes: a UUID of version 3, without a namespace.
    digest[6] = digest[6] & 0x0F | 0x30
    digest[8] = digest[8] & 0x3F | 0x80
    return f"zbs-bdev-{digest.hex()}"


def served(settings: Settings, host: Host, disk: str) -> str:
    """The socket of a disk on a host: `disk` itself where it is a path, else that of POOL/VOLUME, made and served by zbsadm.

    Raises LabError.
    """
    if disk.startswith("/"):
        return disk
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", disk):
        raise LabError(f"{disk!r} is no disk; give the path of a socket on the host, or POOL/VOLUME.")
    bdev, admin = bdev_of(disk, settings.names), settings.admin.container
    script = 'mkdir -p "${1%/*}" && { test -e "$1" || truncate -s "$2" "$1"; }'
    argv = ["sh", "-c", script, "make", f"{POOLS}/{disk}", _SIZE]
    docker.exec_in(admin, argv, 20, check=f"make the volume {disk}")
    words = ["vhost", "create-bdev", "--host", host.ip, "--volume", f"{disk}_zbs_", "--name", bdev, "--silent"]
    done = docker.exec_in(admin, ["zbsadm", *words], 60, check=f"serve {disk} on {host.name}")
    if '"success": true' not in done.out:
        raise LabError(f"Cannot serve {disk} on {host.name}: zbsadm says {done.out.strip()[:300]}.")
    return f"{SOCKETS}/{bdev}"
