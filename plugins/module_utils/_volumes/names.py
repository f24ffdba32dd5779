# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of a volume: its path, its bdev, its socket, and the way back from a bdev to the volume."""

import hashlib
import os
import platform
import re
import uuid

from .._tools.errors import ZbsError

# ZBS marks the file that a vhost bdev opens; the volume itself bears no mark.
MARKER = "_zbs_"
PREFIX = "zbs-bdev-"
SOCKET_DIR = "/var/zbsvhost/sockets"
# sun_path has 108 bytes with its end; SPDK cuts a longer path off silently.
MAX_SOCKET_PATH = 107
_SCHEME = "zbs://"
# What a pool or volume name may be: nothing that a shell, a path or an option parser takes for more than a name.
_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,254}\Z")
# The UUID that the manager's volumes bear: `volume_` and 32 hex digits. Longer runs of them are no UUID.
_UUID_TAIL = re.compile(r"(?:^|[^0-9a-f])([0-9a-f]{32})\Z")
# Known to Python 3.9 and newer, and to the older ones of the distributions that have a FIPS mode.
_NOT_FOR_SECURITY: dict = {"usedforsecurity": False}


class Volume:
    """A volume: `pool` (the logical pool) and `name`."""

    def __init__(self, pool, name):
        self.pool = pool
        self.name = name

    @property
    def path(self):
        """POOL/VOLUME."""
        return "%s/%s" % (self.pool, self.name)

    @property
    def hashed_name(self):
        """The name that older managers give the volume's bdev, controller and socket: `zbs-bdev-` and Java's nameUUIDFromBytes.

        That is UUID version 3 over the bytes of the path alone, without a namespace.
        """
        digest = bytearray(_md5(self.path.encode("utf-8")))
        # The version and the variant, as uuid.UUID(version=3) has them, which takes its time: a pool may have a hundred thousand volumes.
        digest[6] = digest[6] & 0x0F | 0x30
        digest[8] = digest[8] & 0x3F | 0x80
        return PREFIX + digest.hex()

    @property
    def uuid_name(self):
        """The name that newer managers give it (`Zbs.vhost.bdevNameUseVolumeUuid`): `zbs-bdev-` and the UUID that its own name ends in.

        None for a volume whose name ends in none.
        """
        tail = _UUID_TAIL.search(self.name)
        return PREFIX + tail.group(1) if tail else None

    def bdev_name(self, naming):
        """Its name by `naming`, uuid or hash. What a manager does with a volume without a UUID was not seen: it gets the hash."""
        return (self.uuid_name if naming == "uuid" else None) or self.hashed_name


def _md5(data):
    """The MD5 of `data`, for a name; a host in FIPS mode has to be told that it protects nothing."""
    try:
        return hashlib.md5(data).digest()
    except ValueError:
        pass
    try:
        return hashlib.md5(data, **_NOT_FOR_SECURITY).digest()
    except TypeError:
        raise ZbsError(
            "this host is in FIPS mode, and its Python %s can't use MD5 for a volume's name; let Ansible use "
            "Python 3.9 or newer" % platform.python_version(),
            "no_md5",
        )


def parse_path(text):
    """The Volume of `zbs://POOL/VOLUME` or `POOL/VOLUME`; ZbsError `bad_option` says what is wrong with another text."""
    rest = text[len(_SCHEME) :] if text.startswith(_SCHEME) else text
    if "://" in rest or rest.startswith("cbd:"):
        raise _bad(text, "is not a vhost path")
    if "@" in rest:
        raise _bad(text, "names a snapshot, which can't be served to a VM")
    parts = rest.split("/")
    if len(parts) != 2 or not all(parts):
        raise _bad(text, "does not consist of one pool and one volume")
    for part in parts:
        if not _NAME.match(part) or part in (".", ".."):
            raise _bad(text, "has the part %r, which is not the name of a pool or a volume" % part)
    if parts[1].endswith(MARKER):
        raise _bad(text, "ends in the marker %s, which zbsadm adds by itself" % MARKER)
    return Volume(parts[0], parts[1])


def _bad(text, why):
    return ZbsError("path %r %s; give zbs://POOL/VOLUME or POOL/VOLUME" % (text, why), "bad_option")


def check_bdev_name(name):
    """ZbsError `bad_option` unless `name` can name a bdev and the file of its socket."""
    if not _NAME.match(name) or name in (".", ".."):
        raise ZbsError("bdev_name %r is not a bdev name; leave it out to have it derived" % name, "bad_option")


def socket_path(socket_dir, name):
    """The path of the socket of that bdev; ZbsError `bad_option` when SPDK would cut it off."""
    path = os.path.join(socket_dir, name)
    size = len(os.fsencode(path))
    if size > MAX_SOCKET_PATH:
        raise ZbsError(
            "the socket %s has a path of %d bytes, but SPDK takes at most %d; choose a shorter socket_dir or bdev_name"
            % (path, size, MAX_SOCKET_PATH),
            "bad_option",
        )
    return path


def kind_of(name):
    """Which naming made the bdev's name: `uuid` or `hash`; None for a name of another form.

    Java's nameUUIDFromBytes sets version 3, and the manager's own UUIDs are random ones.
    """
    digits = name[len(PREFIX) :] if name.startswith(PREFIX) else ""
    if not _UUID_TAIL.match(digits):
        return None
    return "hash" if uuid.UUID(digits).version == 3 else "uuid"
