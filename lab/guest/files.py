"""The guest's kernel and first file system, made once from Debian's own packages."""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

from .. import packages
from ..errors import LabError
from ..run import run
from . import cpio

INIT = Path(__file__).with_name("init")
_META = "linux-image-cloud-amd64"
# In the order in which the kernel takes them.
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk")
_SCRATCH = "guest-build-"


def ensure(cache: Path) -> tuple[Path, Path]:
    """(kernel, initramfs) in the folder `cache`, made where they are missing or of another init. Raises LabError."""
    folder = cache / "guest"
    kernel, initramfs, note = folder / "vmlinuz", folder / "initramfs", folder / "hash"
    wanted = fingerprint()
    if note.exists() and note.read_text(encoding="utf-8") == wanted and kernel.exists() and initramfs.exists():
        return kernel, initramfs
    folder.mkdir(parents=True, exist_ok=True)
    for left in cache.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=cache))
    try:
        root = _unpack([_kernel_package(), "busybox-static"], scratch)
        (scratch / "initramfs").write_bytes(build(root))
        next((root / "boot").glob("vmlinuz-*")).replace(kernel)
        (scratch / "initramfs").replace(initramfs)
        note.write_text(wanted, encoding="utf-8")  # last: without it the next one starts anew
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return kernel, initramfs


def fingerprint() -> str:
    """What the files are made from, as far as this clone decides it."""
    digest = hashlib.sha256()
    for source in (INIT, Path(cpio.__file__), Path(__file__)):
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def build(root: Path) -> bytes:
    """The initramfs out of a folder with the kernel's modules and busybox in it. Raises LabError."""
    contents = {"init": (INIT.read_bytes(), 0o755)}
    busybox = next((path for path in (root / "bin/busybox", root / "usr/bin/busybox") if path.exists()), None)
    if busybox is None:
        raise LabError(f"The package busybox-static brought no busybox into {root}.")
    contents["bin/busybox"] = (busybox.read_bytes(), 0o755)
    names = []
    for module in MODULES:
        # A kernel may have it built in; then there is no file and nothing to load. Debian 13 has them below /usr, packed.
        for path in sorted(root.glob(f"**/lib/modules/**/{module}.ko*")):
            data = path.read_bytes()
            contents[f"modules/{module}.ko"] = (lzma.decompress(data) if path.suffix == ".xz" else data, 0o644)
            names.append(f"{module}.ko")
    contents["modules/order"] = ("".join(f"{name}\n" for name in names).encode(), 0o644)
    return cpio.archive(contents)


def _kernel_package() -> str:
    """The package that the newest cloud kernel is in."""
    answer = run(["apt-cache", "depends", _META], timeout=30)
    found = re.findall(r"Depends: (linux-image-\S+)", answer.out)
    if not found:
        raise LabError(f"The package lists know no {_META}, whose kernel the lab's VMs boot; run `apt-get update`.")
    return found[0]


def _unpack(names: list[str], scratch: Path) -> Path:
    """Download packages and unpack them into a folder; nothing is installed."""
    if not packages.debian_like():
        raise LabError("The lab's VMs boot a kernel of Debian's, and this is no Debian or Ubuntu to fetch one from.")
    root = scratch / "root"
    root.mkdir()
    run(["chmod", "755", str(scratch)], timeout=10)
    argv = ["apt-get", "-o", "APT::Sandbox::User=root", "download", *names]
    run(["env", "-C", str(scratch), *argv], timeout=300, check=f"download {' '.join(names)}")
    for archive in sorted(scratch.glob("*.deb")):
        run(["dpkg-deb", "-x", str(archive), str(root)], timeout=120, check=f"unpack {archive.name}")
    return root


def bundle(kernel: Path, initramfs: Path) -> bytes:
    """Both as a tar for a host's /usr/share/zbs-guest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, path in (("vmlinuz", kernel), ("initramfs", initramfs)):
            info = tarfile.TarInfo(f"usr/share/zbs-guest/{name}")
            info.size, info.mode = path.stat().st_size, 0o644
            with path.open("rb") as handle:
                tar.addfile(info, handle)
    return buffer.getvalue()
