"""Which libraries does a program need? Read from its ELF headers, so that nothing of a foreign root has to be run."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 1, 5, 15, 29


class Needs(NamedTuple):
    """The loader's path ("" for libraries and static programs), sonames, and library search folders."""

    interpreter: str
    libraries: list[str]
    search: list[str]


def needs(path: Path) -> Needs:
    """Read a 64-bit little-endian ELF file; ValueError when it is none."""
    data = path.read_bytes()
    if data[:4] != b"\x7fELF" or data[4:6] != b"\x02\x01":
        raise ValueError(f"{path} is no 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQQQ", data, table + size * number) for number in range(count)]
    interpreter = ""
    dynamic: list[tuple[int, int]] = []
    for kind, _, offset, _, _, length, _, _ in headers:
        if kind == _PT_INTERP:
            interpreter = data[offset : offset + length].rstrip(b"\0").decode()
        elif kind == _PT_DYNAMIC:
            dynamic = list(struct.iter_unpack("<qQ", data[offset : offset + length // 16 * 16]))
    strings = next((_offset(headers, value) for tag, value in dynamic if tag == _DT_STRTAB), 0)

    def text(position: int) -> str:
        start = strings + position
        return data[start : data.index(b"\0", start)].decode()

    libraries = [text(value) for tag, value in dynamic if tag == _DT_NEEDED]
    folders = [text(value) for tag, value in dynamic if tag in (_DT_RPATH, _DT_RUNPATH)]
    return Needs(interpreter, libraries, [part for folder in folders for part in folder.split(":")])


def _offset(headers: list[tuple[int, ...]], address: int) -> int:
    """Where in the file the loaded ``address`` lies."""
    for kind, _, offset, start, _, length, _, _ in headers:
        if kind == _PT_LOAD and start <= address < start + length:
            return address - start + offset
    raise ValueError(f"address {address:#x} lies in no segment")
