"""zbsadm's sub-commands: the flags of each and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from . import hosts, ssh, values
from .codes import VOLUME_MARKER
from .errors import Failure
from .flags import Flag
from .settings import Settings

SOCKETS = "/var/zbsvhost/sockets"
ADMIN_SOCKET = f"{SOCKETS}/admin.sock"

Given = dict[str, Any]

_HOST = Flag("host", values.host, required=True, help="the compute host's IPv4 address")
_SILENT = Flag("silent", required=True, help="ask nothing (the stand-in never asks, so it demands this)")
_NAME = Flag("name", values.name, required=True, help="the bdev's name, also of the controller and the socket")
_FORMAT = Flag("format", values.output_format, help="json or table")
_LOGIN = (
    Flag("port", values.port, required=True, help="SSH port"),
    Flag("user", values.user, "u", required=True, help="SSH login name"),
    Flag("password", values.password, "p", required=True, help="SSH password"),
)


@dataclass(frozen=True)
class Command:
    """A sub-command. ``login``: always, or never, or (None) only in the older dialect."""

    flags: tuple[Flag, ...]
    act: Callable[[Given, Settings], dict[str, Any]]
    login: Any = None
    tells_success: bool = True

    def flags_of(self, settings: Settings) -> list[Flag]:
        """The flags it takes under these settings; the newer dialect refuses a login, and nothing else."""
        wanted = self.login if self.login is not None else settings.dialect == "login"
        return [*self.flags[:1], *_LOGIN, *self.flags[1:]] if wanted else list(self.flags)


def _login(given: Given, settings: Settings) -> hosts.Login:
    return hosts.from_words(given) if "password" in given else hosts.from_list(given["host"], settings)


def _target(given: Given, settings: Settings) -> dict[str, Any]:
    return {
        "container": f"zbsvhost-{given['host']}",
        "sockets": SOCKETS,
        "admin_socket": ADMIN_SOCKET,
        "seconds": settings.answer_timeout,
    }


def _deploy(given: Given, settings: Settings) -> dict[str, Any]:
    details = {
        "cpuset": given["cpuset"],
        "hugepage_size": given.get("hugepage-size", settings.hugepage_size),
        "hugepage_dir": given.get("hugepage-dir", ""),
        "image": settings.image,
        "pools": settings.pools,
    }
    ssh.step(_login(given, settings), settings, "deploy", {**_target(given, settings), **details})
    return {}


def _destroy(given: Given, settings: Settings) -> dict[str, Any]:
    ssh.step(_login(given, settings), settings, "destroy", _target(given, settings))
    return {}


def _create_bdev(given: Given, settings: Settings) -> dict[str, Any]:
    name, marker, rest = given["volume"].rpartition(values.MARKER)
    if not marker or rest or name.endswith("/"):
        raise Failure(
            VOLUME_MARKER, f"Volume {given['volume']} can't be opened: its name must end in the marker {values.MARKER}"
        )
    details = {"do": "create", "file": given["volume"], "name": given["name"]}
    ssh.step(_login(given, settings), settings, "bdev", {**_target(given, settings), **details})
    return {}


def _delete_bdev(given: Given, settings: Settings) -> dict[str, Any]:
    details = {"do": "delete", "name": given["name"]}
    ssh.step(_login(given, settings), settings, "bdev", {**_target(given, settings), **details})
    return {}


def _deploy_client(given: Given, settings: Settings) -> dict[str, Any]:
    ssh.step(
        _login(given, settings), settings, "client", {"cluster_uuid": settings.cluster_uuid, "nodes": settings.nodes}
    )
    return {}


def _list_clusters(_given: Given, settings: Settings) -> dict[str, Any]:
    cluster: dict[str, Any] = {"name": settings.cluster_name, "version": settings.version}
    # Releases before 1.5.1 do not tell the UUID.
    if settings.release >= (1, 5, 1):
        cluster["UUId"] = settings.cluster_uuid
    return {"clusters": [cluster]}


COMMANDS: dict[str, Command] = {
    "vhost deploy": Command(
        (
            _HOST,
            Flag("cpuset", values.cpuset, required=True, help="the target's CPUs, like [4,5,6,7]"),
            Flag("hugepage-size", values.mebibytes, help="MiB of hugepages for the target"),
            Flag("hugepage-dir", values.directory, help="a 2M hugetlbfs mount; else the first one found"),
            _SILENT,
        ),
        _deploy,
    ),
    "vhost destroy": Command((_HOST, _SILENT), _destroy),
    "vhost create-bdev": Command(
        (_HOST, Flag("volume", values.volume, required=True, help="POOL/VOLUME_zbs_"), _NAME, _SILENT), _create_bdev
    ),
    "vhost delete-bdev": Command((_HOST, _NAME, _SILENT), _delete_bdev),
    "client deploy": Command((_HOST, _SILENT), _deploy_client, login=True, tells_success=False),
    "cluster ls": Command((_FORMAT,), _list_clusters, login=False, tells_success=False),
}
