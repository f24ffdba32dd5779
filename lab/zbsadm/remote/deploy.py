"""Check the host, then put a target on it. It installs, mounts and grows nothing."""

from __future__ import annotations

import os
from typing import Any

from . import docker, hugepages
from .report import path


def argv(values: dict[str, Any], mount: str) -> list[str]:
    """The command that runs a target."""
    words = ["docker", "run", "-d", "--name", values["container"], "--privileged", "--network", "host"]
    words += ["--restart", "always"]
    for folder in ("/var/zbsvhost", mount, "/var/tmp", values["pools"]):
        words += ["-v", f"{folder}:{folder}"]
    words += [values["image"], "zbsvhost", "-m", values["cpuset"], "-s", str(values["hugepage_size"])]
    return words + ["--huge-dir", mount, "-S", values["sockets"], "-r", values["admin_socket"]]


def act(values: dict[str, Any]) -> dict[str, Any]:
    """Everything that can be refused is, before the present container is touched: it may serve VMs."""
    seconds = values["seconds"]
    docker.demand(seconds)
    pid = docker.running_pid(values["container"], seconds)
    mount = hugepages.choose_mount(values["hugepage_dir"])
    hugepages.demand(values["hugepage_size"], pid)
    docker.demand_image(values["image"], seconds)
    os.makedirs(path(values["sockets"]), exist_ok=True)
    if pid is not None:
        docker.remove(values["container"])
    return {"container": docker.start(argv(values, mount)), "replaced": pid is not None}
