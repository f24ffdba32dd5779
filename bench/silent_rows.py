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

from .fleet import Fleet
from .rounds import alternate
from .row import Row
from .run import play

# The defaults of the collection: zbs_vhost_target_probe_timeout, and the connection timeout of the playbook's run.
PROBE_TIMEOUT = 5.0
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


def silent(hosts: int, share: int, rounds: int) -> list[Row]:
    """`share` percent of the hosts hang, as many more can't be reached; both sides are held, so that nothing is attempted."""
    few = max(1, hosts * share // 100)
    with Fleet(hosts) as fleet, Fleet(hosts + few) as sick:
        names = sick.names
        hung, lost = names[:few], names[hosts:]
        extra = ("-e", "zbs_vhost_heal_hold=true")
        job = partial(play, "zstack.zbs.heal", extra=extra)
        with taker([sick.socket(name) for name in hung]), taker() as port:
            sick.cut_off(lost, port, CONNECT_TIMEOUT)
            found = alternate(
                {
                    "healthy": partial(job, fleet.inventory, env=fleet.environment()),
                    "silent": partial(job, sick.inventory, env=sick.environment(), may_fail=True),
                },
                rounds,
            )
    waited, floor = found["silent"], found["healthy"]
    return [
        Row(
            f"{few} hung and {few} unreachable beside {hosts - few} hosts, wall",
            f"{waited.middle('wall'):.1f} s",
            f"all {hosts} healthy {floor.middle('wall'):.1f} s",
            None,
            f"+ {CONNECT_TIMEOUT} s at most; + {waited.beyond(floor, 'wall'):.1f} s",
        )
    ]
