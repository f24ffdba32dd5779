"""An image on top of another one: what a script of the lab's makes of a container of it."""

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

_TIMEOUT = 600.0
_NAME = "zbs-lab-build"
PLACE = "/var/tmp/zbs-lab-build"


def build(image: str, base: str, files: Path, log: Path) -> None:
    """Build `image` from `base` by the script `build` of the folder `files`, which lies at PLACE meanwhile; it removes itself.

    The image's label is its tag. Raises LabError with the script's own words.
    """
    began = time.monotonic()
    say(f"building the host image {image} (once; less than half a minute)")
    log.unlink(missing_ok=True)
    docker.docker("rm", "--force", "--volumes", _NAME)
    words = ["create", "--name", _NAME, "--label", f"{LABEL}=scratch", "--network", "host"]
    docker.docker(*words, base, f"{PLACE}/build", check=f"make the container that {image} is built in")
    try:
        docker.docker("cp", "-", f"{_NAME}:/", stdin=tar(files), check="put the builder's files into their container")
        argv = ["docker", "start", "--attach", _NAME]
        status = stream(argv, _TIMEOUT, log, lambda _line: None, {"DOCKER_HOST": docker.address()})
        if status != 0:
            raise LabError(f"The image {image} cannot be built: {_words(log)} (all that was said is in {log}).")
        # A container of it is a host again, whatever the one that built it ran.
        changes = [
            'CMD ["/usr/local/sbin/lab-entry"]',
            "ENV container=docker",
            f"LABEL {LABEL}={image.partition(':')[2]}",
        ]
        options = [word for change in changes for word in ("--change", change)]
        docker.docker("commit", *options, _NAME, image, timeout=300, check=f"keep the image {image}")
    finally:
        docker.docker("rm", "--force", "--volumes", _NAME)
    say(f"built {image} in {time.monotonic() - began:.0f} s")


def tar(files: Path) -> bytes:
    """The folder's files, below their place in the container."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for file in sorted(files.iterdir()):
            entry = tarfile.TarInfo(f"{PLACE.lstrip('/')}/{file.name}")
            content = file.read_bytes()
            entry.size, entry.mtime = len(content), int(time.time())
            entry.mode = 0o755 if file.name == "build" else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("e:", "error"))]
    return (telling or lines or ["it said nothing"])[-1][:200]
