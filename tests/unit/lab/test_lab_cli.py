"""The command line, where no engine is needed to answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_lab_state import record

from lab import state

ROOT = Path(__file__).resolve().parents[3]


def _lab(run_dir: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "lab", *words],
        cwd=ROOT,
        env={**os.environ, "ZBS_LAB_RUN_DIR": str(run_dir), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", [["inventory"], ["ssh", "compute1", "true"], ["freeze", "admin"]])
def test_without_a_lab_it_says_how_to_get_one(tmp_path: Path, words: list[str]) -> None:
    done = _lab(tmp_path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: No lab is up on this machine; bring one up with `make lab-up`.\n"


def test_status_without_a_lab(tmp_path: Path) -> None:
    done = _lab(tmp_path, "status")
    assert done.returncode == 1 and done.stdout.startswith("no lab is up; hugepages of 2 MiB on this machine: ")


def test_inventory_and_ssh_speak_of_the_lab_that_is_up_not_of_the_environment(tmp_path: Path) -> None:
    state.write(tmp_path, record(hosts=1, subnet="10.9.0.0/24", cache=str(tmp_path)))
    done = _lab(tmp_path, "inventory", ZBS_LAB_HOSTS="7")
    assert done.returncode == 0 and "10.9.0.11" in done.stdout and "10.9.0.12" not in done.stdout
    done = _lab(tmp_path, "ssh", "compute2", "true")
    assert done.stderr == "Error: The lab has no host 'compute2'; it has admin, compute1.\n" and done.returncode == 1


def test_the_power_of_a_host_that_is_not_there(tmp_path: Path) -> None:
    state.write(tmp_path, record(admin_nodes=3, hosts=1, cache=str(tmp_path)))
    done = _lab(tmp_path, "stop", "admin4")
    assert done.stderr == "Error: The lab has no host 'admin4'; it has admin, admin2, admin3, compute1.\n"


def test_a_bad_setting_is_one_sentence(tmp_path: Path) -> None:
    done = _lab(tmp_path, "status", ZBS_LAB_HOSTS="-1")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_an_unreadable_record_is_one_sentence(tmp_path: Path) -> None:
    state.path(tmp_path).write_text("{", encoding="utf-8")
    done = _lab(tmp_path, "status")
    assert done.returncode == 1 and "cannot be read" in done.stderr and done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    state.write(tmp_path, record(hosts=50, cache=str(tmp_path)))
    gone, end = os.pipe()
    os.close(gone)  # before it writes, however slow this machine is
    child = subprocess.Popen(
        [sys.executable, "-m", "lab", "inventory"],
        cwd=ROOT,
        env={**os.environ, "ZBS_LAB_RUN_DIR": str(tmp_path)},
        stdout=end,
        stderr=subprocess.PIPE,
    )
    os.close(end)
    assert child.stderr is not None
    words = child.stderr.read()
    child.stderr.close()
    assert child.wait(timeout=30) == 1 and b"Traceback" not in words


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming nobody needs root")
@pytest.mark.parametrize("command", ["up", "down"])
def test_nobody_may_not_touch_the_machine(tmp_path: Path, command: str) -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from lab import __main__ as cli; os.setuid(65534); "
        "sys.exit(cli.main([sys.argv[2]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), command],
        env={**os.environ, "ZBS_LAB_RUN_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and "needs root" in done.stderr and done.stderr.count("\n") == 1
