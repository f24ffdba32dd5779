"""Taking the site down to the last trace, whatever is left of it, and looking whether it is gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from . import checks, docker, engine, forwarding, hugepages, images, leftovers, monitoring, ownership, procs, state
from .errors import LabError
from .say import say, warn
from .settings import Settings, make


def take(settings: Settings, force: bool = False, with_images: bool = False) -> None:
    """Take the machine's lab down, whatever is left of it. Raises LabError where something stays."""
    checks.root()
    with state.lock(settings.run_dir, "down"):
        record, complaint = _read_or_set_aside(settings)
        if record and not force and not ownership.anybodys(record):
            raise LabError(
                f"The lab on this machine belongs to {record.owner}; run `make lab-down` there, or "
                "`python3 -m lab down --force` here."
            )
        found = take_down(settings, record, with_images)
        if complaint:
            raise complaint
        if not found:
            say("no lab was up, and nothing of one is left")
            return
        say("the lab is down: no container, volume, network, mount or process of it is left, hugepages as they were")


def take_down(settings: Settings, record: Optional[state.State], with_images: bool = False) -> bool:
    """Remove all there is, and say whether there was anything. Raises LabError.

    The record goes last, so that a `down` that failed can be run again.
    """
    if record:
        settings = of_record(record, settings)
    jobs = procs.marked(procs.MARK_JOB)
    left = procs.end(jobs)
    if left:
        raise LabError(f"Processes of a killed lab command do not end (pids {', '.join(map(str, left))}); see ps.")
    found = bool(record or jobs or leftovers.labelled_on_disk() or engine.ours())
    if found or with_images:
        _empty_engine(settings, record, with_images)
    _stop_engine(record)
    _restore_hugepages(record)
    images.remove_scratch(settings.cache)
    _verify(settings, record)
    settings.inventory.unlink(missing_ok=True)
    monitoring.forget(settings)
    shutil.rmtree(settings.zstack, ignore_errors=True)
    shutil.rmtree(settings.ssh, ignore_errors=True)
    state.forget(settings.run_dir)
    (settings.run_dir / engine.LOG).unlink(missing_ok=True)
    return found


def _empty_engine(settings: Settings, record: Optional[state.State], with_images: bool) -> None:
    """Remove containers, volumes and networks; an engine that died is started for that, for it alone can."""
    if not engine.running():
        if not (leftovers.ROOT / "containers").is_dir():
            return  # `up` did not come as far as to have an engine
        if record and record.boot_id == state.boot_id() or engine.ours():
            leftovers.clear()
        engine.start(settings.run_dir)
    say("removing the lab's containers, volumes and networks")
    docker.remove_all()
    if with_images:
        for image in docker.images():
            docker.docker("image", "rm", "--force", image, check=f"remove the image {image}")
        for file in (settings.archive, settings.archive.with_suffix(".hash")):
            file.unlink(missing_ok=True)


def _stop_engine(record: Optional[state.State]) -> None:
    """Stop the engine when the lab started it and nobody else uses it."""
    if not engine.ours():
        return
    others = engine.others_run() if docker.answers() else []
    if others:
        warn(f"the Docker Engine that the lab started goes on, for others use it: {', '.join(others)}")
        return
    say("stopping the Docker Engine that the lab started")
    engine.stop()
    if record and record.boot_id == state.boot_id():
        forwarding.restore(record.forwarding)


def _restore_hugepages(record: Optional[state.State]) -> None:
    # After a restart of the machine the pools are the kernel's own again, and the record speaks of another life.
    if record and record.boot_id == state.boot_id():
        wrong = hugepages.restore(record.hugepages)
        if wrong:
            words = "; ".join(f"{file} was {before} and is {now}" for file, (before, now) in wrong.items())
            raise LabError(
                f"The hugepages cannot be put back, somebody holds them: {words}. Then run `lab down` again."
            )


def _verify(settings: Settings, record: Optional[state.State]) -> None:
    """Look whether anything is left. Raises LabError that names it."""
    left = [f"process {pid}" for pid in procs.marked(procs.MARK_JOB)]
    if docker.answers(timeout=5):
        left += [f"container {name}" for name in docker.containers()]
        left += [f"volume {name}" for name in docker.volumes()] + [f"network {name}" for name in docker.networks()]
    else:
        left += [f"process {pid}" for pid in procs.marked(procs.MARK_ENGINE)]
        if record:
            left += [f"mount {point}" for point in leftovers.mounts()]
    if Path("/sys/class/net", settings.bridge).exists():
        left.append(f"interface {settings.bridge}")
    if left:
        raise LabError(f"The lab is not wholly down; left are {', '.join(left)}: run `python3 -m lab down` again.")


def _read_or_set_aside(settings: Settings) -> tuple[Optional[state.State], Optional[LabError]]:
    """The record; where it cannot be read, it is set aside, and what cannot be known then comes as a complaint."""
    try:
        return state.read(settings.run_dir), None
    except state.Corrupt:
        aside = state.set_aside(settings.run_dir)
        total, free = hugepages.pool_2m()
        return None, LabError(
            f"The lab is down, but its record could not be read (it is in {aside} now), so the hugepages stay as they "
            f"are: {total} of 2 MiB, {free} free; set /sys/kernel/mm/hugepages/*/nr_hugepages as you want them."
        )


def of_record(record: state.State, settings: Settings) -> Settings:
    """The settings that the lab on this machine was brought up with, whatever the environment says now."""
    environ = {"ZBS_LAB_RUN_DIR": str(settings.run_dir), "ZBS_LAB_CACHE": record.cache}
    numbers = (record.hosts, record.pages, record.target_mib)
    return make(
        record.prefix,
        record.subnet,
        *numbers,
        environ,
        record.flavours,
        record.engines,
        admin_nodes=record.admin_nodes,
        names=record.names,
    )
