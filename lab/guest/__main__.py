"""`python3 -m lab.guest`: VMs on the lab's compute hosts, with the target's sockets as their disks."""

from __future__ import annotations

import argparse
import sys
from typing import Sequence

from .. import status
from ..errors import LabError
from ..settings import Host, Settings, from_environment
from . import __doc__ as _about
from . import domain, vm

_DISK = "path of a volume's socket on the host, or POOL/VOLUME, which is served there first as the manager does it"


def _host(settings: Settings, name: str) -> Host:
    for host in settings.computes:
        if host.name == name:
            return host
    raise LabError(
        f"The lab has no compute host {name!r}; it has {', '.join(host.name for host in settings.computes)}."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m lab.guest", description=_about)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("start", "start a guest whose disks are these sockets or volumes"),
        ("stop", "end a guest, as a power cut does"),
        ("show", "print domain, process id, boots, last rounds and faults as JSON"),
        ("wait", "wait for further rounds of a disk; exit status 1 when it stands still"),
        ("plug", "plug a disk into a running guest"),
        ("unplug", "have a running guest let go of a disk that was plugged in"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("host", metavar="HOST", help="compute1, compute2 …")
        command.add_argument("guest", metavar="GUEST", help="the guest's name")
        if name in ("start", "plug"):
            text = f"seconds between QEMU's looks for a lost target, 0: it never looks (default {domain.RECONNECT})"
            command.add_argument("--reconnect", type=int, default=domain.RECONNECT, metavar="SECONDS", help=text)
        if name == "start":
            command.add_argument("disks", metavar="DISK", nargs="+", help=_DISK)
        if name == "wait":
            command.add_argument("--rounds", type=int, default=1, help="how many more (default 1)")
            command.add_argument("--patience", type=float, default=90, help="seconds (default 90)")
            command.add_argument("--disk", default="vda", help="vda, vdb … (default vda)")
        if name in ("plug", "unplug"):
            command.add_argument("number", type=int, help="a number that names the disk: 1 for vdb, 2 for vdc …")
        if name == "plug":
            command.add_argument("disk", metavar="DISK", help=_DISK)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0, or 1 after an error told in a sentence."""
    chosen = _parser().parse_args(words)
    try:
        settings = status.record_of(from_environment())
        host, guest = _host(settings, chosen.host), chosen.guest
        if chosen.command == "start":
            vm.start(settings, host, guest, chosen.disks, reconnect=chosen.reconnect)
        elif chosen.command == "stop":
            vm.stop(host, guest)
        elif chosen.command == "plug":
            vm.plug(settings, host, guest, chosen.number, chosen.disk, chosen.reconnect)
        elif chosen.command == "unplug":
            vm.unplug(host, guest, chosen.number)
        elif chosen.command == "wait":
            vm.wait_for_rounds(host, guest, chosen.rounds, chosen.patience, chosen.disk)
        if chosen.command in ("wait", "show"):
            print(vm.as_json(vm.shown(host, guest)))
        return 0
    except LabError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
