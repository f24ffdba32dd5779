"""What an argument may look like. Each check returns the value or raises ValueError with half a sentence.

They are narrow on purpose: these values end up in names, paths and argument lists on another host.
"""

from __future__ import annotations

import ipaddress
import re

MARKER = "_zbs_"

_CPUSET = re.compile(r"\[\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*\]")
_DIRECTORY = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_VOLUME = re.compile(r"\w[\w.-]{0,254}/\w[\w.-]{0,254}")


def host(text: str) -> str:
    """An IPv4 address: it becomes part of the container's name, where an IPv6 address could not stand."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(f"must be an IPv4 address, not {text!r}") from None


def port(text: str) -> int:
    """A TCP port."""
    if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= int(text) <= 65535:
        return int(text)
    raise ValueError(f"must be a port from 1 to 65535, not {text!r}")


def user(text: str) -> str:
    """A login name; never one that ssh could take for an option."""
    if _USER.fullmatch(text):
        return text
    raise ValueError(f"must be a login name, not {text!r}")


def password(text: str) -> str:
    """Any password but an empty one; a NUL can be in no environment. The value is never shown."""
    if text and "\0" not in text:
        return text
    raise ValueError("must not be empty")


def cpuset(text: str) -> str:
    """CPUs as SPDK writes them: ``[4,5,6,7]`` or ``[4-7]``."""
    if _CPUSET.fullmatch(text):
        for part in text[1:-1].split(","):
            first, _, last = part.partition("-")
            if last and int(last) < int(first):
                raise ValueError(f"has the empty range {part!r}")
        return text
    raise ValueError(f"must be a list like [4,5,6,7], not {text!r}")


def mebibytes(text: str) -> int:
    """A size in MiB."""
    if re.fullmatch(r"[0-9]{1,7}", text) and int(text) > 0:
        return int(text)
    raise ValueError(f"must be a number of MiB above 0, not {text!r}")


def directory(text: str) -> str:
    """An absolute folder without dots at a component's start."""
    if _DIRECTORY.fullmatch(text):
        return text
    raise ValueError(f"must be an absolute folder, not {text!r}")


def volume(text: str) -> str:
    """``<pool>/<volume>``; whether it bears the marker is zbsadm's own judgement, not the command line's."""
    if _VOLUME.fullmatch(text):
        return text
    raise ValueError(f"must be POOL/VOLUME{MARKER}, not {text!r}")


def pool(text: str) -> str:
    """A logical pool's name."""
    if re.fullmatch(r"\w[\w.-]{0,254}", text):
        return text
    raise ValueError(f"must be a pool's name, not {text!r}")


def name(text: str) -> str:
    """A bdev's name; SPDK's controller and socket get the same one."""
    if _NAME.fullmatch(text):
        return text
    raise ValueError(f"must be a bdev's name of letters, digits, '.', '_' and '-', not {text!r}")


def output_format(text: str) -> str:
    """How a list is printed."""
    if text in ("json", "table"):
        return text
    raise ValueError(f"must be json or table, not {text!r}")
