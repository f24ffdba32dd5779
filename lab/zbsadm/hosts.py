"""How to log in to a compute host: from zbsadm's own host list, or from the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import paths, values
from .codes import ADMIN_BROKEN, HOST_UNKNOWN
from .errors import Failure
from .settings import Settings


@dataclass(frozen=True)
class Login:
    """A way in: by private key, or by password when there is one."""

    ip: str
    port: int = 22
    user: str = "root"
    private_key_file: str = ""
    password: str = ""


def from_words(given: dict[str, Any]) -> Login:
    """The login that stood on the command line."""
    return Login(given["host"], given["port"], given["user"], password=given["password"])


def _entry(item: Any, default_key: str) -> Login:
    if not isinstance(item, dict) or not isinstance(item.get("ip"), str):
        raise ValueError(f"{item!r} is no host with an ip")
    unknown = set(item) - {"ip", "port", "user", "private_key_file"}
    if unknown:
        raise ValueError(f"host {item['ip']} has the unknown key {sorted(unknown)[0]!r}")
    key = item.get("private_key_file", default_key)
    if not isinstance(key, str) or not key.startswith("/"):
        raise ValueError(f"host {item['ip']} has no absolute private_key_file: {key!r}")
    return Login(
        values.host(item["ip"]), values.port(str(item.get("port", 22))), values.user(str(item.get("user", "root"))), key
    )


def everyone(settings: Settings) -> list[Login]:
    """The logins of the whole host list; a Failure when it can't be used."""
    path = paths.hosts()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, list):
            raise ValueError("it is no JSON list")
        return [_entry(item, settings.private_key_file) for item in document]
    except (OSError, ValueError) as error:
        raise Failure(ADMIN_BROKEN, f"zbsadm's host list {path} can't be read: {error}") from None


def from_list(ip: str, settings: Settings) -> Login:
    """The login that the host list has for this address; a Failure when it has none or can't be used."""
    for login in everyone(settings):
        if login.ip == ip:
            if not Path(login.private_key_file).is_file():
                raise Failure(
                    ADMIN_BROKEN, f"private_key_file required: {login.private_key_file} of host {ip} is not there"
                )
            return login
    raise Failure(HOST_UNKNOWN, f"host not found: {ip} is not in zbsadm's host list {paths.hosts()}")
