"""`python3 -m lab`: the lab's command line."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Callable, Sequence

if sys.version_info < (3, 9):
    sys.exit(f"Error: the lab needs Python 3.9 or newer, and this is {sys.version.split()[0]}; use a newer python3.")

from . import __doc__ as _about  # noqa: E402  an older Python is told before it meets their syntax
from . import down, inventory, keys, monitoring, power, status, up  # noqa: E402  an older Python is told before it meets their syntax
from .errors import Interrupted, LabError  # noqa: E402  an older Python is told before it meets their syntax
from .settings import Host, Settings, from_environment  # noqa: E402  an older Python is told before it meets their syntax
from .zstack import cli as zstack  # noqa: E402  an older Python is told before it meets their syntax


def _up(_arguments: argparse.Namespace, settings: Settings) -> int:
    monitored = monitoring.wanted(dict(os.environ))
    up.bring(settings)
    if monitored:
        monitoring.install(settings)
    print(f"\nInventory: {settings.inventory}\n")
    print(f"  .venv/bin/ansible-playbook -i {_short(settings)} zstack.zbs.site")
    if monitored:
        given = monitoring.variables(settings)
        print(f"  http://{settings.admin.ip}:9090 is Prometheus, http://{settings.admin.ip}:9093 Alertmanager")
        print("  .venv/bin/python -m tools.check.events    # once: ansible-rulebook, in .cache/events")
        print(
            f"  ansible-rulebook --rulebook zstack.zbs.heal -i {_short(settings)} --vars {given} --max-concurrent-actions 1 --verbose"
        )
    print("  python3 -m lab status")
    print("  python3 -m lab ssh compute1")
    print("  python3 -m lab down")
    return 0


def _down(arguments: argparse.Namespace, settings: Settings) -> int:
    down.take(settings, force=arguments.force, with_images=arguments.images)
    return 0


def _status(_arguments: argparse.Namespace, settings: Settings) -> int:
    text, well = status.text(settings)
    print(text)
    return 0 if well else 1


def _inventory(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(inventory.text(status.record_of(settings)), end="")
    return 0


def _ssh(arguments: argparse.Namespace, settings: Settings) -> int:
    settings = status.record_of(settings)
    argv = ["ssh", *keys.options(settings), f"root@{_named(settings, arguments.name).ip}", *arguments.command]
    sys.stdout.flush()
    os.execvp("ssh", argv)


def _power(arguments: argparse.Namespace, settings: Settings) -> int:
    settings = status.record_of(settings)
    power.change(settings, _named(settings, arguments.name), arguments.command)
    return 0


def _named(settings: Settings, name: str) -> Host:
    names = {host.name: host for host in settings.everyone}
    if name not in names:
        raise LabError(f"The lab has no host {name!r}; it has {', '.join(names)}.")
    return names[name]


def _zstack(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.measure:
        return 0 if zstack.measure() else 1
    zstack.serve(None if arguments.hosts is not None else status.record_of(settings), arguments.hosts, arguments.port)
    return 0


def _short(settings: Settings) -> str:
    try:
        return str(settings.inventory.relative_to(os.getcwd()))
    except ValueError:
        return str(settings.inventory)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m lab", description=_about)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    actions: Sequence[tuple[str, Callable[..., int], str]] = (
        ("up", _up, "bring the lab up; builds its images the first time"),
        ("down", _down, "take it down and leave nothing behind; also what is left of a lab that died"),
        ("status", _status, "show hosts and hugepages; exit status 0 when all is up"),
        ("inventory", _inventory, "print the lab as an Ansible inventory"),
        ("ssh", _ssh, "log in to a host, or run a command there"),
        *((verb, _power, text) for verb, text in power.VERBS.items()),
        ("zstack", _zstack, "answer as the ZStack manager of the lab's hosts, until Ctrl-C"),
    )
    for name, action, text in actions:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(action=action)
        if name == "down":
            command.add_argument("--images", action="store_true", help="remove the cached images too")
            command.add_argument("--force", action="store_true", help="take it down although another clone owns it")
        if name == "zstack":
            command.add_argument("--hosts", type=int, metavar="N", help="of a generated cloud of N hosts instead")
            command.add_argument(
                "--port", type=int, default=0, metavar="P", help="on this port; the default is a free one"
            )
            command.add_argument("--measure", action="store_true", help="print what asking for 3 and 5,000 hosts takes")
        if name == "ssh" or name in power.VERBS:
            command.add_argument("name", metavar="NAME", help="admin, compute1, compute2 …")
        if name == "ssh":
            command.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD", help="what to run there")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0, 1 after an error told in a sentence, 130 when interrupted."""
    chosen = _parser().parse_args(arguments)
    try:
        status = chosen.action(chosen, from_environment())
        sys.stdout.flush()  # here, where a reader that has gone is caught, and not at the interpreter's end
        return status
    except LabError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a full or read-only disk, mostly
        print(f"Error: {error.filename or 'The system'}: {error.strerror}; mend that and try again.", file=sys.stderr)
        return 1
    except (Interrupted, KeyboardInterrupt) as error:
        print(f"Error: interrupted ({getattr(error, 'signal_name', 'SIGINT')}).", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
