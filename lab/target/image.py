"""The target's image: cut out of an unpacked Debian root, as small as it gets.

    python3 -m lab.target.image ROOT OUT.tar
    docker import --change 'CMD ["zbsvhost", "--help"]' OUT.tar zbs-vhost-standin:1.6.0    # all: IMPORT_CHANGES

ROOT must hold python3 with its standard library (python3-minimal, libpython3-stdlib), qemu-storage-daemon
(qemu-system-common) and busybox-static. Nothing of ROOT is run, so this needs neither root nor the right architecture.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from . import STANDIN
from .elf import needs

IMPORT_CHANGES = (
    "ENV PATH=/usr/local/bin:/usr/bin:/bin",
    'CMD ["zbsvhost", "--help"]',
    f'LABEL org.zstack.zbs.standin="{STANDIN}"',
)
PACKAGE = "zbsvhost_standin"  # the name this package has in the image
LAUNCHER = f"""#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/usr/lib/zbsvhost")
from {PACKAGE}.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
_APPLETS = ("sh", "ls", "cat", "ps", "kill", "grep", "sleep", "stat", "mount", "df", "nc")
_FOLDERS = (
    "dev",
    "etc",
    "proc",
    "run",
    "sys",
    "root",
    "usr/sbin",
    "usr/local/bin",
    "usr/lib/zbsvhost",
    "var/zbsvhost",
    "var/lib",
)
_SHARED_FOLDERS = ("tmp", "var/tmp")
_BUILD_ONLY = {"image.py", "elf.py"}
# Of the standard library: all plain modules but these, and only these packages and extension modules.
_NO_MODULES = {
    "_aix_support", "_osx_support", "_pydecimal", "_pyio", "_strptime", "aifc", "asynchat", "asyncore", "bdb",
    "cProfile", "calendar", "cgi", "cgitb", "chunk", "cmd", "code", "codeop", "configparser", "crypt", "difflib",
    "doctest", "filecmp", "fileinput", "fractions", "ftplib", "getpass", "graphlib", "gzip", "imaplib", "imghdr",
    "mailbox", "mailcap", "modulefinder", "netrc", "nntplib", "nturl2path", "optparse", "pdb", "pickletools",
    "pipes", "plistlib", "poplib", "pprint", "profile", "pstats", "pyclbr", "pydoc", "rlcompleter", "smtpd",
    "smtplib", "sndhdr", "socketserver", "ssl", "statistics", "sunau", "symtable", "tabnanny", "telnetlib", "timeit",
    "trace", "tracemalloc", "turtle", "uu", "wave", "webbrowser", "xdrlib", "zipapp", "zipfile",
}  # fmt: skip
_PACKAGES = {"collections", "ctypes", "encodings", "importlib", "json", "pathlib", "re", "urllib"}
_ENCODINGS = {"__init__", "aliases", "ascii", "idna", "latin_1", "utf_8"}
_EXTENSIONS = {
    "_bisect",
    "_contextvars",
    "_ctypes",
    "_datetime",
    "_heapq",
    "_json",
    "_opcode",
    "_posixsubprocess",
    "_random",
    "_sha2",
    "_sha512",
    "_socket",
    "_struct",
    "_typing",
    "_uuid",
    "array",
    "binascii",
    "fcntl",
    "grp",
    "math",
    "mmap",
    "select",
    "zlib",
}


class ImageError(Exception):
    """The root lacks something; the text says what and which package brings it."""


def build(rootfs: Path, out: Path) -> None:
    """Write the image's root tree to the plain tar ``out`` (its folder must exist). Raises ImageError."""
    rootfs = rootfs.resolve()
    files = _Files(rootfs)
    python = files.resolve("usr/bin/python3", "python3-minimal")
    files.add_program(python)
    files.add("usr/bin/python3")
    for path in _standard_library(rootfs, python.name):
        files.add_program(path) if path.suffix == ".so" else files.add(path)
    files.add_program(files.resolve("usr/bin/qemu-storage-daemon", "qemu-system-common"))
    busybox = files.resolve("usr/bin/busybox", "busybox-static", "bin/busybox")
    if needs(rootfs / busybox).libraries:
        raise ImageError(f"{rootfs / busybox} is linked dynamically: install busybox-static there")
    temporary = out.with_name(f"{out.name}.part")
    try:
        with tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar:
            _write(tar, rootfs, files, busybox)
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)


class _Files:
    """Paths below the root (relative) that the image gets, with the libraries that programs among them need."""

    def __init__(self, rootfs: Path) -> None:
        self._rootfs = rootfs
        self.paths: set[Path] = set()
        self._programs: set[Path] = set()

    def resolve(self, path: str, package: str, *others: str) -> Path:
        """The real file behind ``path`` (or one of ``others``), links followed within the root."""
        for candidate in (path, *others):
            real = _real(self._rootfs, Path(candidate))
            if (self._rootfs / real).is_file():
                return real
        raise ImageError(f"{self._rootfs / path} is missing: install {package} in that root")

    def add(self, path: Path | str) -> None:
        """Add one path as it is: a file, or a link whose target is added too."""
        path = _real_parent(self._rootfs, Path(path))
        if path in self.paths:
            return
        self.paths.add(path)
        if (self._rootfs / path).is_symlink():
            self.add(_link_target(self._rootfs, path))

    def add_program(self, path: Path) -> None:
        """Add an ELF file and, recursively, its loader and libraries."""
        if path in self._programs:
            return
        self._programs.add(path)
        self.add(path)
        wanted = needs(self._rootfs / path)
        if wanted.interpreter:
            self._add_library(Path(wanted.interpreter.lstrip("/")))
        for name in wanted.libraries:
            self._add_library(self._find(name, wanted.search, path))

    def _add_library(self, path: Path) -> None:
        self.add(path)
        self.add_program(_real(self._rootfs, path))

    def _find(self, name: str, search: list[str], user: Path) -> Path:
        own = [folder.replace("$ORIGIN", f"/{user.parent}").lstrip("/") for folder in search]
        multiarch = sorted(path.name for path in (self._rootfs / "usr/lib").glob("*-linux-gnu*") if path.is_dir())
        for folder in [*own, *(f"usr/lib/{arch}" for arch in multiarch), "usr/lib64", "usr/lib"]:
            if (self._rootfs / _real(self._rootfs, Path(folder) / name)).is_file():
                return Path(folder) / name
        raise ImageError(f"the library {name}, which /{user} needs, is not in {self._rootfs}")


def _link_target(rootfs: Path, path: Path) -> Path:
    target = os.readlink(rootfs / path)
    joined = target.lstrip("/") if target.startswith("/") else os.path.join(path.parent, target)
    return Path(os.path.normpath(joined))


def _real_parent(rootfs: Path, path: Path) -> Path:
    """``path`` with links in its folders followed (bin -> usr/bin), its last part as it is."""
    done = Path()
    for part in path.parts[:-1]:
        done = done / part
        while (rootfs / done).is_symlink():
            done = _real_parent(rootfs, _link_target(rootfs, done))
    return done / path.name


def _real(rootfs: Path, path: Path) -> Path:
    """``path`` with all links followed, inside the root."""
    path = _real_parent(rootfs, path)
    while (rootfs / path).is_symlink():
        path = _real_parent(rootfs, _link_target(rootfs, path))
    return path


def _standard_library(rootfs: Path, version: str) -> Iterator[Path]:
    """The files of the standard library that the image takes, byte code among them. ``version``: python3.N."""
    library = Path("usr/lib") / version
    for path in sorted((rootfs / library).rglob("*")):
        inner = path.relative_to(rootfs / library)
        if path.is_file() and is_wanted(inner):
            yield library / inner


def is_wanted(inner: Path) -> bool:
    """Whether the image takes the file ``inner`` of the standard library (relative to its folder)."""
    module = inner.name.partition(".")[0]
    folder = [part for part in inner.parts[:-1] if part != "__pycache__"]
    if inner.suffix not in (".py", ".pyc", ".so"):
        return False
    if not folder:
        return module not in _NO_MODULES
    if folder == ["encodings"]:
        return module in _ENCODINGS
    if folder == ["lib-dynload"]:
        return module in _EXTENSIONS
    return folder[0] in _PACKAGES and "test" not in folder


def _write(tar: tarfile.TarFile, rootfs: Path, files: _Files, busybox: Path) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):  # the links of a merged /usr
        if (rootfs / name).is_symlink():
            tar.add(rootfs / name, name, recursive=False, filter=_owned_by_root)
    for path in sorted(files.paths):
        tar.add(rootfs / path, str(path), recursive=False, filter=_owned_by_root)
        vars(tar)["inodes"].clear()  # forget hard links: two names of one file are stored twice
    tar.add(rootfs / busybox, "usr/bin/busybox", recursive=False, filter=_owned_by_root)
    for applet in _APPLETS:
        _add_link(tar, f"usr/bin/{applet}", "busybox")
    for name in _FOLDERS:
        _add_folder(tar, name, 0o755)
    for name in _SHARED_FOLDERS:
        _add_folder(tar, name, 0o1777)
    _add_text(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", 0o644)
    _add_text(tar, "usr/local/bin/zbsvhost", LAUNCHER, 0o755)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        if source.name not in _BUILD_ONLY:
            _add_text(tar, f"usr/lib/zbsvhost/{PACKAGE}/{source.name}", source.read_text("utf-8"), 0o644)


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def _add_text(tar: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def _add_folder(tar: tarfile.TarFile, name: str, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    tar.addfile(info)


def _add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(info)


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python3 -m lab.target.image ROOT OUT.tar", file=sys.stderr)
        return 2
    out = Path(arguments[1])
    try:
        build(Path(arguments[0]), out)
    except (ImageError, OSError, ValueError) as error:
        print(f"cannot build the target's image: {error}", file=sys.stderr)
        return 1
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
