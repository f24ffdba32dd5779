"""The command line: SPDK's own options, as far as zbsadm uses them, and the stand-in's few, which the environment can
set too (a container's command line belongs to zbsadm)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from . import STANDIN
from .cpus import CpuError, parse_mask
from .dialect import DEFAULT, DIALECTS, Dialect
from .errors import StartError

DEFAULT_MIB = 370  # 185 pages of 2 MiB, what a target with the small default used on a real host
POOLS = "/var/lib/zbs-standin/pools"


@dataclass(frozen=True)
class Options:
    """What the target is told. Sizes in MiB, times in seconds."""

    cpus: list[int]
    mib: int
    huge_dir: Path
    sockets: Path
    admin_socket: str
    core_locks: bool
    wait_for_rpc: bool
    dialect: Dialect
    pools: Path
    start_delay: float


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StartError(f"{self.prog}: {message}; see {self.prog} --help")


def _mask(text: str) -> list[int]:
    try:
        cpus = parse_mask(text)
    except CpuError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not cpus:
        raise argparse.ArgumentTypeError(f"the CPU mask {text} names no CPU")
    return cpus


def _mib(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1 << 20:
        raise argparse.ArgumentTypeError(f"{text!r} is no size in MiB from 1 to {1 << 20}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to 3600")
    return seconds


def _dialect(text: str) -> Dialect:
    if text not in DIALECTS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(DIALECTS)}")
    return DIALECTS[text]


def parse(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """Read the command line; StartError when it is wrong. Exits by itself for --help and --version."""
    parser = _Parser(
        prog="zbsvhost",
        allow_abbrev=False,
        description=f"SPDK vhost target ({STANDIN}): JSON-RPC on an admin socket, volumes by qemu-storage-daemon.",
    )
    add = parser.add_argument
    add("--version", action="version", version=f"zbsvhost {STANDIN}, acts as SPDK {DEFAULT}")
    add("-m", "--cpumask", type=_mask, default=[0], help="cores: [0,2-3] or a hex mask (default: [0])")
    add("-s", "--mem-size", type=_mib, default=DEFAULT_MIB, help="MiB of hugepages (default: %(default)s)")
    add("--huge-dir", type=Path, default=Path("/dev/hugepages"), help="a hugetlbfs mount (default: %(default)s)")
    add("-S", dest="sockets", type=Path, default=Path("."), help="folder of the volumes' sockets (default: .)")
    add("-r", "--rpc-socket", default="/var/tmp/spdk.sock", help="the admin socket (default: %(default)s)")
    add("--disable-cpumask-locks", action="store_true", help="don't claim the cores in /var/tmp")
    add("--wait-for-rpc", action="store_true", help="wait for framework_start_init before anything else is served")
    own = parser.add_argument_group("of the stand-in")
    own.add_argument(
        "--act-as",
        type=_dialect,
        default=environment.get("STANDIN_ACT_AS", DEFAULT),
        help=f"SPDK release: {', '.join(DIALECTS)} (STANDIN_ACT_AS; default: {DEFAULT})",
    )
    own.add_argument(
        "--pools",
        type=Path,
        default=Path(environment.get("STANDIN_POOLS", POOLS)),
        help=f"folder of the ZBS volumes: <pool>/<volume> (STANDIN_POOLS; default: {POOLS})",
    )
    own.add_argument(
        "--start-delay",
        type=_seconds,
        default=environment.get("STANDIN_START_DELAY", "0"),
        help="seconds between taking the memory and listening (STANDIN_START_DELAY; default: 0)",
    )
    values = parser.parse_args(arguments)
    return Options(
        cpus=values.cpumask,
        mib=values.mem_size,
        huge_dir=values.huge_dir,
        sockets=Path(os.path.abspath(values.sockets)),
        admin_socket=os.path.abspath(values.rpc_socket),
        core_locks=not values.disable_cpumask_locks,
        wait_for_rpc=values.wait_for_rpc,
        dialect=values.act_as,
        pools=values.pools,
        start_delay=values.start_delay,
    )
