"""The EL-like flavour of a compute host: an image on top of the host image, built in a container of it."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path

from . import docker
from .errors import LabError
from .run import stream
from .say import say
from .settings import LABEL

FILES = Path(__file__).resolve().parent / "el"
IMAGE = "zbs-lab-el"
_TIMEOUT = 600.0
_NAME = "zbs-lab-build-el"
_PLACE = "var/tmp/zbs-lab-el"


def build(image: str, host: str, label: str, log: Path) -> None:
    """Build `image` from the host image `host` and give it the lab's label. Raises LabError with the builder's own words."""
    began = time.monotonic()
    say(f"building the EL-like host image {image} (once; about half a minute)")
    log.unlink(missing_ok=True)
    docker.docker("rm", "--force", "--volumes", _NAME)
    # Docker's packages come from the folder where the image has them: apt empties it when it installs others.
    script = "export DEBIAN_FRONTEND=noninteractive LC_ALL=C\n"
    script += f"mkdir -p /{_PLACE}/debs && cp /var/cache/apt/archives/*.deb /{_PLACE}/debs/ && exec /{_PLACE}/build"
    words = ["create", "--name", _NAME, "--label", f"{LABEL}=scratch", "--network", "host"]
    words += [host, "/bin/sh", "-ec", script]
    docker.docker(*words, check="make the container that the EL-like image is built in")
    try:
        docker.docker("cp", "-", f"{_NAME}:/", stdin=_tar(), check="put the builder's files into their container")
        argv = ["docker", "start", "--attach", _NAME]
        status = stream(argv, _TIMEOUT, log, lambda _line: None, {"DOCKER_HOST": docker.address()})
        if status != 0:
            raise LabError(f"The EL-like image cannot be built: {_words(log)} (all that was said is in {log}).")
        # A container of it is a host again, whatever the one that built it ran.
        changes = ['CMD ["/usr/local/sbin/lab-entry"]', "ENV container=docker", f"LABEL {LABEL}={label}"]
        options = [word for change in changes for word in ("--change", change)]
        docker.docker("commit", *options, _NAME, image, timeout=300, check=f"keep the image {image}")
    finally:
        docker.docker("rm", "--force", "--volumes", _NAME)
    say(f"built {image} in {time.monotonic() - began:.0f} s")


def _tar() -> bytes:
    """The builder's files, below their place in the container."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in sorted(FILES.iterdir()):
            entry = tarfile.TarInfo(f"{_PLACE}/{file.name}")
            content = file.read_bytes()
            entry.size, entry.mtime = len(content), int(time.time())
            entry.mode = 0o755 if file.name == "build" else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("e:", "error"))]
    return (telling or lines or ["it said nothing"])[-1][:200]
