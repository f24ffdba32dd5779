"""Take a target away."""

from __future__ import annotations

from typing import Any

from . import docker


def act(values: dict[str, Any]) -> dict[str, Any]:
    """Remove the container; that there is none is a failure, as what was asked for did not happen."""
    docker.demand(values["seconds"])
    docker.demand_container(values["container"], values["seconds"])
    docker.remove(values["container"])
    return {}
