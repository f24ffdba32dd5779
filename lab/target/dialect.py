"""What differs between the SPDK releases the stand-in can act as; taken from recordings of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import STANDIN

_DEPENDS: dict[str, tuple[str, ...]] = {
    "scheduler": (),
    "vmd": (),
    "sock": (),
    "iobuf": (),
    "keyring": (),
    "accel": ("iobuf",),
    "bdev": ("accel", "keyring", "vmd", "sock", "iobuf"),
    "vhost_blk": ("bdev",),
    "scsi": ("bdev",),
    "nbd": ("bdev",),
    "vhost_scsi": ("scsi",),
}


@dataclass(frozen=True)
class Dialect:
    """One SPDK release."""

    name: str  # as in "SPDK v26.05"
    major: int
    minor: int
    has_keyring: bool
    sorted_controllers: bool  # a tree by name since 24.05; a list in order of creation before
    delete_waits: bool  # vhost_delete_controller with a session: no answer, armed; before 24.09 "busy" at once
    long_bdev_json: bool  # alignment hints, numa_id and more I/O types
    reactor_ids: bool  # pid, tid, numa_id in framework_get_reactors

    @property
    def version(self) -> dict[str, Any]:
        """The result of ``spdk_get_version``."""
        suffix = f" ({STANDIN})"
        fields = {"major": self.major, "minor": self.minor, "patch": 0, "suffix": suffix}
        return {"version": f"SPDK {self.name}{suffix}", "fields": fields}

    def subsystems(self) -> list[dict[str, Any]]:
        """The result of ``framework_get_subsystems``."""
        present = [name for name in _DEPENDS if self.has_keyring or name != "keyring"]
        return [
            {"subsystem": name, "depends_on": [other for other in _DEPENDS[name] if other in present]}
            for name in present
        ]


DIALECTS = {
    "v24.01": Dialect(
        name="v24.01",
        major=24,
        minor=1,
        has_keyring=False,
        sorted_controllers=False,
        delete_waits=False,
        long_bdev_json=False,
        reactor_ids=False,
    ),
    "v26.05": Dialect(
        name="v26.05",
        major=26,
        minor=5,
        has_keyring=True,
        sorted_controllers=True,
        delete_waits=True,
        long_bdev_json=True,
        reactor_ids=True,
    ),
}
DEFAULT = "v26.05"
