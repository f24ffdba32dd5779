"""The Docker client, as the lab uses it: always the local engine, always with a deadline."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Sequence

from .errors import LabError
from .run import Result, run
from .settings import LABEL

SOCKET = "/var/run/docker.sock"
_OURS = ["--filter", f"label={LABEL}"]


def docker(
    *words: str, timeout: float = 60, check: str = "", stdin: bytes | None = None, finish: bool = True
) -> Result:
    """One call of the client; see `run`. By default an interruption lets it come to its end."""
    return run(["docker", *words], timeout, stdin=stdin, check=check, finish=finish, env={"DOCKER_HOST": address()})


def address() -> str:
    """The engine's address: the local socket; one on another machine can hold no lab. Raises LabError."""
    given = os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"
    if not given.startswith("unix://"):
        raise LabError(f"DOCKER_HOST is {given}; the lab needs a Docker Engine on this machine: unset DOCKER_HOST.")
    return given


def answers(timeout: float = 10) -> bool:
    """Whether an engine answers on the local socket."""
    return docker("version", "--format", "{{.Server.Version}}", timeout=timeout, finish=False).ok


def containers(running: bool = False, ours: bool = True) -> list[str]:
    """Names of the lab's containers (or of all)."""
    every = [] if running else ["--all"]
    return _lines("ps", *every, *(_OURS if ours else []), "--format", "{{.Names}}")


def volumes() -> list[str]:
    """Names of the lab's volumes."""
    return _lines("volume", "ls", *_OURS, "--format", "{{.Name}}")


def networks() -> list[str]:
    """Names of the lab's networks."""
    return _lines("network", "ls", *_OURS, "--format", "{{.Name}}")


def images() -> list[str]:
    """The lab's images, by name and tag, or by id where they have lost their name."""
    form = '{{if eq .Tag "<none>"}}{{.ID}}{{else}}{{.Repository}}:{{.Tag}}{{end}}'
    return sorted(set(_lines("image", "ls", *_OURS, "--format", form)))


def label_of_image(image: str) -> str:
    """The value of the lab's label on an image; empty where there is no such image or label."""
    answer = docker("image", "inspect", "--format", "{{json .Config.Labels}}", image, timeout=20)
    return (json.loads(answer.out) or {}).get(LABEL, "") if answer.ok else ""


def inspect(container: str) -> dict[str, Any]:
    """What the engine knows of a container; empty where there is none."""
    answer = docker("container", "inspect", container, timeout=20)
    return json.loads(answer.out)[0] if answer.ok else {}


def remove_all(patience: float = 60) -> None:
    """Remove every container, volume and network of the lab, again until none is left. Raises LabError."""
    from concurrent.futures import ThreadPoolExecutor

    deadline = time.monotonic() + patience
    while True:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: docker("rm", "--force", "--volumes", name), containers()))
            list(pool.map(lambda name: docker("volume", "rm", "--force", name), volumes()))
        trouble = [docker("network", "rm", name) for name in networks()]
        left = containers() + volumes() + networks()
        if not left:
            return
        if time.monotonic() > deadline:
            words = next((result.last_words for result in trouble if not result.ok), "no reason given")
            raise LabError(f"Docker does not let go of {', '.join(left)} ({words}); run `python3 -m lab down` again.")
        time.sleep(0.3)


def _lines(*words: str) -> list[str]:
    return docker(*words, check=f"ask Docker for its {words[0]} list", timeout=30).out.split("\n")[:-1]


def exec_in(container: str, argv: Sequence[str], timeout: float, check: str = "", stdin: bytes | None = None) -> Result:
    """Run a program in a container."""
    interactive = ["-i"] if stdin is not None else []
    return docker("exec", *interactive, container, *argv, timeout=timeout, check=check, stdin=stdin, finish=False)
