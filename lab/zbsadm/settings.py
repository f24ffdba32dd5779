"""The stand-in's settings: their names, defaults and what each may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Settings:
    """How this zbsadm behaves. Times are seconds, sizes MiB."""

    #: the release it acts as; 1.5.1 to 1.6.0 bring the quirk of ``cluster ls``
    version: str = "1.6.1"
    #: hosts-list (newer: the login stands in hosts.json) or login (older: on the command line)
    dialect: str = "hosts-list"
    #: the target's image on the compute hosts
    image: str = "zbs-vhost-standin:1.6.0"
    #: exit status of a failure told in JSON: 0 as the real one, or 1
    failure_exit_status: int = 0
    #: ``cluster ls`` exits 1 on success: auto (by version), on, off
    cluster_ls_quirk: str = "auto"
    #: ``zbs list file`` gives ``result`` as a list, or as {"fileInfo": [...]}
    list_file_result: str = "list"
    #: whether ``zbs list client`` knows ``--path``: an older release does not
    list_client_path: str = "on"
    #: private key for the hosts of hosts.json that name none
    private_key_file: str = "/root/.ssh/id_ed25519"
    #: MiB for a target whose deploy says nothing
    hugepage_size: int = 1024
    #: ssh's own limit for reaching a host
    connect_timeout: int = 10
    #: everything on the host together
    remote_timeout: int = 120
    #: one question to Docker or to the target
    answer_timeout: int = 10
    #: the cluster's volumes: <pools>/<logical pool>/<volume>, on every host alike
    pools: str = "/var/lib/zbs-standin/pools"
    #: the one physical pool on which the logical ones lie
    physical_pool: str = "pool"
    #: addresses of the management nodes, with commas between them; empty: this one alone
    mds: str = ""
    cluster_uuid: str = "6f1f8c0e-5d3a-4a1b-9d5e-2f6f6c7a8b90"
    cluster_name: str = "zbs-standin"

    @property
    def cluster_ls_exits_1(self) -> bool:
        """Whether a successful ``cluster ls`` exits 1."""
        if self.cluster_ls_quirk == "auto":
            return (1, 5, 1) <= self.release <= (1, 6, 0)
        return self.cluster_ls_quirk == "on"

    @property
    def nodes(self) -> list[str]:
        """The management nodes' addresses, in order; empty where the settings name none."""
        return self.mds.split(",") if self.mds else []

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers that compare."""
        return tuple(int(part) for part in self.version.split("."))


_CHOICES = {
    "dialect": ("hosts-list", "login"),
    "cluster_ls_quirk": ("auto", "on", "off"),
    "list_file_result": ("list", "fileInfo"),
    "list_client_path": ("on", "off"),
}
_PATTERNS = {
    "version": r"\d+\.\d+\.\d+",
    "image": r"[A-Za-z0-9][A-Za-z0-9._/:@-]*",
    "private_key_file": r"/[^\0\n]+",
    "pools": r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+",
    "mds": r"(\d{1,3}(\.\d{1,3}){3}(,\d{1,3}(\.\d{1,3}){3})*)?",
    "physical_pool": r"[A-Za-z0-9._-]+",
    "cluster_uuid": r"[0-9a-f-]{36}",
    "cluster_name": r"[A-Za-z0-9._-]+",
}
_RANGES = {
    "failure_exit_status": (0, 1),
    "hugepage_size": (2, 1 << 20),
    "connect_timeout": (1, 600),
    "remote_timeout": (1, 3600),
    "answer_timeout": (1, 600),
}
NAMES = tuple(field.name for field in fields(Settings))


def check(name: str, value: Any) -> Any:
    """The value of a setting, or ValueError with a whole sentence. Digits in a string count as a number."""
    if name not in NAMES:
        raise ValueError(f"There is no setting {name!r}; the settings are {', '.join(NAMES)}.")
    if name in _RANGES:
        low, high = _RANGES[name]
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"Setting {name} must be a number from {low} to {high}, not {value!r}.")
        return value
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"Setting {name} must be one of {', '.join(_CHOICES[name])}, not {value!r}.")
        return value
    if not isinstance(value, str) or not re.fullmatch(_PATTERNS[name], value):
        raise ValueError(f"Setting {name} can't be {value!r}; it must match {_PATTERNS[name]}.")
    return value


def read(document: dict[str, Any]) -> Settings:
    """Settings from the settings file's own object, ``faults`` left aside. Raises ValueError."""
    return Settings(**{name: check(name, value) for name, value in document.items() if name != "faults"})
