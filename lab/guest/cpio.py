"""A kernel's first file system: files as a cpio archive in the "newc" format, compressed."""

from __future__ import annotations

import gzip
from pathlib import PurePosixPath
from typing import Mapping

_FOLDER, _FILE = 0o040755, 0o100000


def archive(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """The archive of `files` ({path: (content, mode)}); their folders come by themselves."""
    folders = sorted({str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."})
    parts = [_entry(folder, b"", _FOLDER, number) for number, folder in enumerate(folders, 1)]
    for number, (path, (content, mode)) in enumerate(sorted(files.items()), len(folders) + 1):
        parts.append(_entry(path, content, _FILE | mode, number))
    parts.append(_entry("TRAILER!!!", b"", 0, 0))
    return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)


def _entry(name: str, content: bytes, mode: int, inode: int) -> bytes:
    encoded = name.encode() + b"\0"
    # inode mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check
    numbers = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + encoded
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
