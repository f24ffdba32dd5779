"""The host's Docker Engine."""

from __future__ import annotations

from ..codes import (
    CONTAINER_MISSING,
    DOCKER_INACTIVE,
    DOCKER_MISSING,
    IMAGE_UNKNOWN,
    REMOVE_FAILED,
    RUN_FAILED,
)
from .programs import Silent, run
from .report import Refused

# A pull or a start may well take longer than a question.
LONG = 90


def demand(seconds: float) -> None:
    """Refuse unless there is a Docker that answers."""
    try:
        status, _version, said = run(["docker", "version", "--format", "{{.Server.Version}}"], seconds)
    except FileNotFoundError:
        raise Refused(DOCKER_MISSING, "There is no docker command on this host") from None
    except Silent:
        raise Refused(DOCKER_INACTIVE, f"Docker on this host did not answer within {seconds} s") from None
    if status:
        raise Refused(DOCKER_INACTIVE, f"Docker is not active on this host: {said}")


def demand_image(image: str, seconds: float) -> None:
    """Refuse when the image is not there and can't be pulled."""
    status, _identity, _said = _ask(["docker", "image", "inspect", "--format", "{{.Id}}", image], seconds)
    if status:
        status, _output, said = _ask(["docker", "pull", "--quiet", image], LONG)
        if status:
            raise Refused(IMAGE_UNKNOWN, f"Image {image} is not on this host and can't be pulled: {said}")


def running_pid(name: str, seconds: float) -> int | None:
    """The process of a container that runs, 0 for one that does not, None where there is none."""
    status, output, said = _ask(["docker", "container", "inspect", "--format", "{{.State.Pid}}", name], seconds)
    if not status:
        return int(output)
    if "no such container" in said.lower():
        return None
    raise Refused(DOCKER_INACTIVE, f"Docker can't tell of container {name}: {said}")


def remove(name: str) -> None:
    """Stop and remove a container at once, as a redeploy does."""
    status, _output, said = _ask(["docker", "rm", "-f", name], LONG)
    if status:
        raise Refused(REMOVE_FAILED, f"Container {name} can't be removed: {said}")


def start(argv: list[str]) -> str:
    """Start the target's container; returns its id. What a failed start leaves behind, it leaves: so does Docker."""
    status, output, said = _ask(argv, LONG)
    if status:
        raise Refused(RUN_FAILED, f"docker run failed with status {status}: {said}")
    return output.strip()


def demand_container(name: str, seconds: float) -> None:
    """Refuse when there is no such container."""
    if running_pid(name, seconds) is None:
        raise Refused(CONTAINER_MISSING, f"There is no container {name} on this host")


def _ask(argv: list[str], seconds: float) -> tuple[int, str, str]:
    try:
        return run(argv, seconds)
    except Silent:
        question = " ".join(argv[:3])
        raise Refused(DOCKER_INACTIVE, f"'{question}' did not end within {seconds} s") from None
