"""SSH identities of one lab, made anew at every `up`: the lab's own key, the admin node's, and every host's.

The hosts' own keys are made here and put into them, so that known_hosts is exact from the first connection on.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .run import run
from .settings import Settings

_HOST_KEY = "ssh_host_ed25519_key"


@dataclass
class Keys:
    """Private and public keys as text, and the known_hosts lines of every host."""

    lab_public: str
    admin_private: str
    admin_public: str
    hosts: dict[str, tuple[str, str]] = field(default_factory=dict)
    known_hosts: str = ""


def make(settings: Settings) -> Keys:
    """Make all keys, and write the lab's own and known_hosts into the lab's ssh folder. Raises LabError."""
    folder = settings.ssh
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    _, lab_public = _pair(folder, "id_ed25519", "zbs-lab", keep=True)
    admin_private, admin_public = _pair(folder, "admin", "root@admin")
    keys = Keys(lab_public, admin_private, admin_public)
    lines = []
    for host in settings.everyone:
        keys.hosts[host.name] = _pair(folder, _HOST_KEY, f"root@{host.name}")
        lines.append(f"{host.ip},{host.name} {' '.join(keys.hosts[host.name][1].split()[:2])}\n")
    keys.known_hosts = "".join(lines)
    (folder / "known_hosts").write_text(keys.known_hosts, encoding="utf-8")
    return keys


def options(settings: Settings) -> list[str]:
    """ssh's options for reaching a lab host, as arguments; no configuration of the user's is read."""
    return [
        *("-F", "/dev/null"),
        *("-i", str(settings.ssh / "id_ed25519")),
        *("-o", "IdentitiesOnly=yes"),
        *("-o", f"UserKnownHostsFile={settings.ssh / 'known_hosts'}"),
        *("-o", "StrictHostKeyChecking=yes"),
        *("-o", "ConnectTimeout=5"),
    ]


def _pair(folder: Path, name: str, comment: str, keep: bool = False) -> tuple[str, str]:
    """Make one key pair, give both halves as text, and leave the files only where they are to be kept."""
    file = folder / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file)]
    run(argv, timeout=30, check="make an SSH key")
    public = file.with_suffix(".pub")
    texts = (file.read_text(encoding="ascii"), public.read_text(encoding="ascii"))
    if not keep:
        os.unlink(file)
        os.unlink(public)
    return texts
