"""One lab host: a container that runs systemd and sshd as a real host does.

Unprivileged in Docker's sense: `docker run --privileged` fails on machines whose bounding set lacks CAP_SYS_RESOURCE.
What a host needs of it is granted one by one here, and its entry script undoes the rest of Docker's hiding.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from typing import Mapping

from . import docker, keys
from .errors import LabError
from .run import run
from .settings import LABEL, POOLS, TARGET_IMAGE, Host, Settings
from .zbsadm import install

_BOOT_PATIENCE = 90.0
_DROP = ("--cap-drop", "SYS_RESOURCE")
_RIGHTS = [
    *("--cap-add", "ALL"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--device-cgroup-rule", "a *:* rwm", "--cgroupns=private"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock"),
    *("--stop-signal", "SIGRTMIN+3"),
]
# Path below the root -> content and mode.
Files = Mapping[str, "tuple[bytes, int]"]


def start(settings: Settings, host: Host, image: str, identity: keys.Keys) -> None:
    """Make the container, give the host its identity, and start it. Raises LabError."""
    words = ["create", "--name", host.container, "--hostname", host.name, "--label", f"{LABEL}={settings.prefix}"]
    words += ["--network", settings.prefix, "--ip", host.ip, "--network-alias", host.name]
    # `reboot` inside ends the container, and it is to come back as a host does.
    words += ["--restart", "always"]
    # A nested engine's overlay2 cannot lie on this one's: the folder is a volume. The pools are the cluster's, one for all.
    for volume, point in ((f"{host.container}-docker", "/var/lib/docker"), (pools_volume(settings), POOLS)):
        words += ["--volume", f"{volume}:{point}"]
    made = docker.docker(*words, *_RIGHTS, *_DROP, image)
    if not made.ok:
        # An engine as new as Debian 13's knows only the capabilities that the machine has, and takes away no other one.
        drop = () if "invalid CapDrop" in made.err else _DROP
        docker.docker(*words, *_RIGHTS, *drop, image, check=f"make the lab host {host.name}")
    files = admin_files(settings, identity) if host in settings.admins else {}
    files = {**_identity(settings, host, identity), **files}
    docker.docker("cp", "-", f"{host.container}:/", stdin=_tar(files), check=f"put keys and files into {host.name}")
    docker.docker("start", host.container, check=f"start the lab host {host.name}")


def make_volumes(settings: Settings) -> None:
    """Make the volumes of all hosts, labelled: an unlabelled one could not be found again. Raises LabError."""
    for volume in [pools_volume(settings), *(f"{host.container}-docker" for host in settings.everyone)]:
        label = f"{LABEL}={settings.prefix}"
        docker.docker("volume", "create", "--label", label, volume, check=f"make the volume {volume}")


def pools_volume(settings: Settings) -> str:
    """The Docker volume that stands for the ZBS cluster's pools."""
    return f"{settings.prefix}-pools"


def wait(settings: Settings, host: Host) -> float:
    """Wait until the host is up as systemd sees it and answers over SSH; seconds it took. Raises LabError."""
    began = time.monotonic()
    deadline = began + _BOOT_PATIENCE
    state = system_state(host)
    while state not in ("running", "degraded"):
        if time.monotonic() > deadline:
            raise LabError(
                f"The lab host {host.name} is not up after {_BOOT_PATIENCE:.0f} s ({state}); see {_hint(host)}."
            )
        time.sleep(0.2)
        state = system_state(host)
    if state == "degraded":
        argv = ["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"]
        failed = [line.split()[0] for line in docker.exec_in(host.container, argv, 15).out.splitlines() if line.strip()]
        raise LabError(f"The lab host {host.name} came up without {', '.join(failed)}; see {_hint(host)}.")
    argv = ["ssh", *keys.options(settings), "-o", "BatchMode=yes", f"root@{host.ip}", "true"]
    answer = run(argv, timeout=15)
    while not answer.ok:
        if time.monotonic() > deadline:
            raise LabError(f"The lab host {host.name} ({host.ip}) does not answer over SSH: {answer.last_words}.")
        time.sleep(0.2)
        answer = run(argv, timeout=15)
    return time.monotonic() - began


def system_state(host: Host) -> str:
    """What systemd says of the host: running, degraded, starting …; empty where it does not answer.

    `--wait` makes it answer when the boot is over, so that nobody asks over and over meanwhile.
    """
    answer = docker.exec_in(host.container, ["timeout", "30", "systemctl", "is-system-running", "--wait"], timeout=40)
    return answer.out.strip() if answer.out.strip() else answer.last_words


def admin_files(settings: Settings, identity: keys.Keys) -> Files:
    """What makes a host an admin node: the zbsadm stand-in, its settings, its host list and its way to the hosts.

    Every one of several gets the same: the truth about targets and volumes is on the compute hosts and in the pools, which all
    see, and nothing keeps two nodes from working on one host at once.
    """
    chosen = {"image": TARGET_IMAGE, "mds": ",".join(host.ip for host in settings.admins)}
    listing = [{"ip": host.ip, "port": 22, "user": "root"} for host in settings.computes]
    return {
        **install.files(),
        "root/.ssh/id_ed25519": (identity.admin_private.encode(), 0o600),
        "root/.ssh/id_ed25519.pub": (identity.admin_public.encode(), 0o644),
        "root/.ssh/known_hosts": (identity.known_hosts.encode(), 0o600),
        "etc/zbsadm/hosts.json": (json.dumps(listing, indent=1).encode(), 0o600),
        "etc/zbsadm/standin.json": (json.dumps(chosen, indent=1).encode(), 0o600),
    }


def _identity(settings: Settings, host: Host, identity: keys.Keys) -> Files:
    private, public = identity.hosts[host.name]
    allowed = identity.lab_public + ("" if host in settings.admins else identity.admin_public)
    return {
        "etc/ssh/ssh_host_ed25519_key": (private.encode(), 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": (public.encode(), 0o644),
        "root/.ssh/authorized_keys": (allowed.encode(), 0o600),
    }


def _tar(files: Files) -> bytes:
    """The files as a tar, all root's, the folders of secrets closed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("root/.ssh", "etc/zbsadm"):
            if any(path.startswith(name) for path in files):
                folder = tarfile.TarInfo(name)
                folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o700, int(time.time())
                tar.addfile(folder)
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, int(time.time())
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _hint(host: Host) -> str:
    return f"`docker logs {host.container}` and `docker exec {host.container} journalctl -b`"
