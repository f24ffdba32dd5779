"""The images, built once and kept in the engine under the hash of what they were made from."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Iterable

from . import docker, layer, packages, rootfs
from .errors import LabError
from .run import pipe
from .say import say
from .settings import BARE, CLONE, DEBIAN, EL, HOST_IMAGE, INSTALLED, LABEL, TARGET_IMAGE, TRIXIE, Settings
from .target import image as target

_SCRATCH = "build-"
# The images on top of another one, bases first: flavour and engine of each, of what is below it, name, builder's folder.
_LAYERS = (
    ((EL, BARE), (DEBIAN, BARE), "zbs-lab-el", "el"),
    ((DEBIAN, INSTALLED), (DEBIAN, BARE), f"{HOST_IMAGE}-engine", "installed"),
    ((EL, INSTALLED), (EL, BARE), "zbs-lab-el-engine", "installed"),
    ((TRIXIE, INSTALLED), (TRIXIE, BARE), "zbs-lab-trixie-engine", "installed"),
)


def ensure(settings: Settings) -> dict[tuple[str, str], str]:
    """Have the images and the target's archive, building what is missing; host images by flavour and engine.

    Raises LabError.
    """
    settings.cache.mkdir(parents=True, exist_ok=True)
    remove_scratch(settings.cache)
    sources = packages.archive_sources() if packages.debian_like() else []
    host = f"{HOST_IMAGE}:{_host_hash(packages.codename(), sources)}"
    label = _hash([host, TARGET_IMAGE], _sources("target"))
    have_host, have_target = bool(docker.label_of_image(host)), docker.label_of_image(TARGET_IMAGE) == label
    if not (have_host and have_target):
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=settings.cache))
        try:
            folder = scratch / "rootfs"
            if have_host:
                _unpack(host, folder)
            else:
                _build_host(host, folder, packages.codename(), sources, settings.cache)
            if not have_target:
                _build_target(label, folder, scratch)
        finally:
            remove_scratch(settings.cache)
    found = {(DEBIAN, BARE): host, (TRIXIE, BARE): f"zbs-lab-trixie:{_host_hash(TRIXIE, sources)}"}
    for kind, below, name, part in _LAYERS:
        found[kind] = f"{name}:{_hash([found[below]], [Path(layer.__file__), *_sources(part)])}"
    built = _build_trixie(settings, found)
    built = _build_layers(settings, found) or built
    if built or not (have_host and have_target):
        _forget_older([*found.values(), TARGET_IMAGE])
    _save_target(settings, label)
    return found


def _build_trixie(settings: Settings, names: dict[tuple[str, str], str]) -> bool:
    """Build the image of Debian 13 where a compute host is made from it, or from one on top that is missing; whether it was."""
    kinds = [(host.flavour, host.engine) for host in settings.computes if host.flavour == TRIXIE]
    bare = names[TRIXIE, BARE]
    if not [kind for kind in kinds if not docker.label_of_image(names[kind])] or docker.label_of_image(bare):
        return False
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=settings.cache))
    try:
        _build_host(bare, scratch / "rootfs", TRIXIE, packages.release_sources(TRIXIE), settings.cache)
    finally:
        remove_scratch(settings.cache)
    return True


def _build_layers(settings: Settings, names: dict[tuple[str, str], str]) -> bool:
    """Build what the compute hosts need and is missing; whether that was anything."""
    wanted = {(host.flavour, host.engine) for host in settings.computes}
    for kind, below, _, _ in reversed(_LAYERS):
        if kind in wanted and not docker.label_of_image(names[kind]):
            wanted.add(below)
    missing = [entry for entry in _LAYERS if entry[0] in wanted and not docker.label_of_image(names[entry[0]])]
    for kind, below, name, part in missing:
        layer.build(names[kind], names[below], CLONE / "lab" / part, settings.cache / f"{name}.log")
    return bool(missing)


def remove_scratch(cache: Path) -> None:
    """Remove what a build that was killed has left."""
    for folder in cache.glob(f"{_SCRATCH}*"):
        rootfs.remove(folder)
    for pattern in (".tmp-zbs-vhost-standin*", "*.plain"):  # `docker save` leaves the first when the disk is full
        for file in cache.glob(pattern):
            file.unlink(missing_ok=True)


def _build_host(image: str, folder: Path, release: str, sources: list[str], cache: Path) -> None:
    if not sources:
        raise LabError("The lab builds its host image on Debian or Ubuntu only; this machine is neither.")
    try:
        packages.need(rootfs.BUILDER, "Building the lab's host image")
    except LabError:  # an archive without it; the older way is twice as slow
        packages.need({"debootstrap": "debootstrap"}, "Building the lab's host image")
    _need_space(folder.parent, 3)
    began = time.monotonic()
    say(f"building the host image {image} (once; about half a minute)")
    log = cache / f"rootfs-{release}.log"
    log.unlink(missing_ok=True)
    rootfs.build(folder, release, sources, log)
    _load(folder, image, image.partition(":")[2], ['CMD ["/usr/local/sbin/lab-entry"]', "ENV container=docker"])
    say(f"built {image} in {time.monotonic() - began:.0f} s")


def _load(folder: Path, image: str, label: str, changes: Iterable[str]) -> None:
    words = ["docker", "import"]
    for change in [*changes, f"LABEL {LABEL}={label}"]:
        words += ["--change", change]
    source = ["tar", "-C", str(folder), "--numeric-owner", "--one-file-system", "-c", "."]
    pipe(source, [*words, "-", image], timeout=300, check=f"load the image {image}")


def _unpack(image: str, folder: Path) -> None:
    """The files of an image, back from the engine."""
    say(f"unpacking {image}")
    folder.mkdir()
    name = docker.docker("create", "--label", f"{LABEL}=scratch", image, "true", check=f"unpack {image}").out.strip()
    try:
        pipe(["docker", "export", name], ["tar", "-C", folder, "-x", "--numeric-owner"], 300, f"unpack {image}")
    finally:
        docker.docker("rm", "--force", "--volumes", name)


def _build_target(label: str, folder: Path, scratch: Path) -> None:
    """Cut the target's image out of the host's rootfs; how, the target itself says."""
    began = time.monotonic()
    archive = scratch / "target.tar"
    try:
        target.build(folder, archive)
    except target.ImageError as error:
        raise LabError(
            f"The target's image cannot be built: {error}; `python3 -m lab down --images` starts anew."
        ) from None
    words = ["import"]
    for change in [*target.IMPORT_CHANGES, f"LABEL {LABEL}={label}"]:
        words += ["--change", change]
    docker.docker(*words, str(archive), TARGET_IMAGE, timeout=120, check=f"load the image {TARGET_IMAGE}")
    say(f"built {TARGET_IMAGE} in {time.monotonic() - began:.1f} s")


def _save_target(settings: Settings, label: str) -> None:
    """Write the target image's archive where it is missing or of another build; the name beside it tells.

    Compressed, for it is copied to every host of every lab.
    """
    note = settings.archive.with_suffix(".hash")
    if settings.archive.exists() and note.exists() and note.read_text(encoding="utf-8") == label:
        return
    temporary = settings.archive.with_suffix(".new")
    plain = settings.archive.with_suffix(".plain")
    try:
        docker.docker("save", "--output", str(plain), TARGET_IMAGE, timeout=120, check=f"save {TARGET_IMAGE}")
        with plain.open("rb") as source, gzip.open(temporary, "wb", compresslevel=1) as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    finally:
        plain.unlink(missing_ok=True)
    temporary.replace(settings.archive)
    settings.archive.chmod(0o644)
    note.write_text(label, encoding="utf-8")


def _forget_older(keep: list[str]) -> None:
    """Remove host images of earlier inputs, and target images that lost their name; one in use stays."""
    for image in docker.images():
        if image not in keep:
            docker.docker("image", "rm", image)


def _host_hash(release: str, sources: list[str]) -> str:
    """What a host image depends on: release, this machine's sources, packages, the lab's files for it, the way it is built."""
    return _hash([release, *sources, *rootfs.PACKAGES], [Path(rootfs.__file__), *_sources("host")])


def _sources(part: str) -> list[Path]:
    """The files of one part of the lab that an image is made from."""
    folder = CLONE / "lab" / part
    return sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def _hash(words: Iterable[str], files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _need_space(folder: Path, gib: float) -> None:
    free = shutil.disk_usage(folder).free / 2**30
    if free < gib:
        raise LabError(
            f"Building the lab's images needs {gib:.0f} GiB in {folder}, where {free:.1f} GiB are free; make room."
        )
