"""Where the stand-in keeps its files on the admin node; a test points it elsewhere by environment."""

from __future__ import annotations

import os
from pathlib import Path


def etc() -> Path:
    """The folder of settings and host list."""
    return Path(os.environ.get("ZBSADM_STANDIN_ETC") or "/etc/zbsadm")


def settings() -> Path:
    """Settings and faults."""
    return etc() / "standin.json"


def hosts() -> Path:
    """The newer dialect's host list."""
    return etc() / "hosts.json"


def journal() -> Path:
    """One JSON line per call."""
    return Path(os.environ.get("ZBSADM_STANDIN_LOG") or "/var/log/zbsadm-standin.log")
