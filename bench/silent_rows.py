# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that hang or can't be reached among healthy ones: what they cost the others."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .fleet import DISKS, Fleet
from .rounds import alternate
from .row import Row
from .run import HEAL, Cost, play

# The default of zbs_vhost_target_probe_timeout, which is what a tick may take beyond a ping.
PROBE_TIMEOUT = 5.0
# That of Ansible's connections: a ping waits for it as well.
CONNECT_TIMEOUT = 10


@contextlib.contextmanager
def taker(paths: list[Path] | None = None) -> Iterator[int]:
    """Takes connections and never says a word, on `paths` or on a port of loopback (whose number it gives) until the block ends."""
    sockets, held, ended = [], [], threading.Event()
    if paths is None:
        sockets.append(socket.create_server(("127.0.0.1", 0), backlog=512))
    for path in paths or []:
        path.unlink(missing_ok=True)
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(path))
        one.listen(64)
        sockets.append(one)

    def take(listener: socket.socket) -> None:
        listener.settimeout(0.5)
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                held.append(listener.accept()[0])

    threads = [threading.Thread(target=take, args=(one,)) for one in sockets]
    for thread in threads:
        thread.start()
    try:
        yield sockets[0].getsockname()[1] if paths is None else 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        for one in sockets + held:
            one.close()


def _play(fleet: Fleet, name: str, extra: tuple[str, ...] = ()) -> Cost:
    return play(name, fleet.inventory, env=fleet.environment(), extra=extra, may_fail=True)


def silent(hosts: int, share: int, rounds: int) -> list[Row]:
    """`share` percent of the hosts hang, as many more can't be reached, beside a ping of the very same hosts.

    A hold keeps the tick from healing the hung ones, as their windows do at all ticks but the first.
    """
    few = max(1, hosts * share // 100)
    with Fleet(hosts + few, DISKS) as fleet:
        hung, lost = fleet.names[:few], fleet.names[hosts:]
        extra = ("-e", "zbs_vhost_heal_hold=true")
        with taker([fleet.socket(name) for name in hung]), taker() as port:
            fleet.cut_off(lost, port, CONNECT_TIMEOUT)
            jobs = {"heal": partial(_play, fleet, HEAL, extra), "ping": partial(_play, fleet, "ping.yml")}
            found = alternate(jobs, rounds)
    heal, ping = found["heal"], found["ping"]
    return [
        Row(
            f"heal / ping, {few} hung and {few} unreachable beside {hosts - few} hosts, wall",
            f"{heal.middle('wall'):.1f} s",
            f"{ping.middle('wall'):.1f} s",
            heal.over(ping, "wall"),
            f"+ {PROBE_TIMEOUT:.0f} s at most; + {heal.beyond(ping, 'wall'):.1f} s",
        )
    ]
