"""What happens to a whole host: it freezes, it goes on, its power is cut, it comes back."""

from __future__ import annotations

from . import docker, hosts
from .errors import LabError
from .settings import Host, Settings

# Verb -> what Docker does for it, and the states of a container in which there is nothing left to do.
_WORDS = {"freeze": ("pause", "paused"), "thaw": ("unpause", "running"), "stop": ("kill", "exited")}
VERBS = {
    "freeze": "stand every process of a host still: it accepts connections and never answers",
    "thaw": "let a frozen host go on",
    "stop": "cut a host's power",
    "start": "give a host its power back, and wait until it is up",
}


def change(settings: Settings, host: Host, verb: str) -> None:
    """Do it; a host that is so already is left alone. Raises LabError."""
    state = docker.inspect(host.container).get("State", {}).get("Status", "missing")
    if verb == "start":
        if state == "paused":
            raise LabError(
                f"The lab host {host.name} is frozen, not stopped; thaw it: `python3 -m lab thaw {host.name}`."
            )
        if state != "running":
            docker.docker("start", host.container, check=f"start the lab host {host.name}")
        hosts.wait(settings, host)
        return
    word, there = _WORDS[verb]
    if state != there:
        docker.docker(word, host.container, check=f"{verb} the lab host {host.name}")
