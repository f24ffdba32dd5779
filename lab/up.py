"""Bringing the site up, or leaving nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Callable, Iterator, Optional

from . import checks, docker, down, engine, forwarding, hosts, hugepages, images, inventory, keys, run, state, volumes
from .errors import Interrupted, LabError
from .packages import need
from .say import say, warn
from .settings import CLONE, LABEL, Host, Settings

# The cluster's volumes that are there from the start: the manager's, some that people made, and CBD's heartbeat volume.
_VOLUMES = (
    *(f"pool1/{volumes.name_of(uuid)}" for uuid in volumes.UUIDS),
    *("pool1/vol1", "pool1/vol2", "pool1/vol3", "pool1/zbs_zstack_heartbeat"),
)
_VOLUME_MIB = 16


def bring(settings: Settings) -> None:
    """Bring a lab up, or leave nothing of it behind. Raises LabError and Interrupted."""
    checks.root()
    with state.lock(settings.run_dir, "up"):
        checks.no_other_lab(state.read(settings.run_dir))
        checks.resources(settings)
        checks.network_free(settings)
        checks.engine_possible()
        record = _record(settings)
        with _signals():
            try:
                state.write(settings.run_dir, record)
                _bring_up(settings, record)
            except BaseException as error:
                _undo(settings, error)
                raise


def _bring_up(settings: Settings, record: state.State) -> None:
    # A small root of Debian 13 has no umount, and without it nothing that an engine mounted can be taken away.
    need({"ssh": "openssh-client", "ssh-keygen": "openssh-client", "umount": "mount"}, "The lab")
    engine.prepare()
    if not engine.running():
        engine.start(settings.run_dir)
    image_of = images.ensure(settings)
    _no_namesakes(settings)
    say(f"starting {len(settings.everyone)} hosts")
    identity = keys.make(settings)
    _make_network(settings)
    hosts.make_volumes(settings)
    _on_every_host(settings, lambda host: hosts.start(settings, host, image_of[host.flavour, host.engine], identity))
    _on_every_host(settings, lambda host: hosts.wait(settings, host))
    _seed(settings)
    settings.inventory.write_text(inventory.text(settings), encoding="utf-8")
    record.phase = state.UP
    state.write(settings.run_dir, record)
    say("the lab is up")


def _record(settings: Settings) -> state.State:
    return state.State(
        owner=str(CLONE),
        phase=state.STARTING,
        pid=os.getpid(),
        since=time.time(),
        boot_id=state.boot_id(),
        prefix=settings.prefix,
        subnet=settings.subnet,
        hosts=settings.hosts,
        pages=settings.pages,
        target_mib=settings.target_mib,
        cache=str(settings.cache),
        hugepages=hugepages.snapshot(),
        forwarding=forwarding.snapshot(),
        flavours=list(settings.flavours),
        engines=list(settings.engines),
        admin_nodes=settings.admin_nodes,
        names=settings.names,
    )


def _no_namesakes(settings: Settings) -> None:
    """Raises LabError where a container, volume or network that is not the lab's has one of its names."""
    taken = set(docker.containers(ours=False)) & {host.container for host in settings.everyone}
    taken |= {settings.prefix} & set(docker.docker("network", "ls", "--format", "{{.Name}}").out.split())
    if taken:
        raise LabError(f"Docker has a container or network {sorted(taken)[0]} already; choose another ZBS_LAB_PREFIX.")


def _make_network(settings: Settings) -> None:
    words = ["network", "create", "--subnet", settings.subnet, "--label", f"{LABEL}={settings.prefix}"]
    words += ["--opt", f"com.docker.network.bridge.name={settings.bridge}", settings.prefix]
    docker.docker(*words, check=f"make the network {settings.subnet}")


def _on_every_host(settings: Settings, act: Callable[[Host], object]) -> None:
    """Do something with all hosts at once; the first error, when all have ended."""
    with ThreadPoolExecutor(len(settings.everyone)) as pool:
        jobs = [pool.submit(act, host) for host in settings.everyone]
        try:
            for job in jobs:
                job.result()
        except Interrupted:
            run.cancel()  # or the pool would wait for what the interruption is to end
            raise


def _seed(settings: Settings) -> None:
    """Make the cluster's first volumes, sparse files, in the folder that all hosts share."""
    script = 'cd "$1" && shift && size=$1 && shift && for f; do mkdir -p "${f%/*}" && truncate -s "$size" "$f"; done'
    argv = ["sh", "-c", script, "seed", hosts.POOLS, f"{_VOLUME_MIB}M", *_VOLUMES]
    docker.exec_in(settings.admin.container, argv, timeout=20, check="make the cluster's volumes")


def _undo(settings: Settings, error: BaseException) -> None:
    """Take down what a failed or interrupted `up` made; a second interruption does not stop this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say("interrupted: cleaning up, a moment" if isinstance(error, Interrupted) else "failed: cleaning up")
    run.cancel()
    run.resume()
    try:
        down.take_down(settings, state.read(settings.run_dir))
    except (LabError, OSError) as trouble:
        warn(f"the clean-up did not come to its end: {trouble}")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that ask to end into Interrupted, in the main thread."""

    def interrupt(number: int, _frame: Optional[FrameType]) -> None:
        raise Interrupted(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
