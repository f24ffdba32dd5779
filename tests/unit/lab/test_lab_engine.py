"""What an engine leaves behind, and telling it from what is somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import forwarding, leftovers, procs

_RULES = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:MINE - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i virbr0 -j ACCEPT
-A DOCKER-USER -j RETURN
-A MINE -j ACCEPT
COMMIT
"""


def test_only_dockers_chains_and_the_ways_into_them_are_taken_away() -> None:
    assert forwarding.removals(_RULES) == [
        ["-D", "FORWARD", "-j", "DOCKER-USER"],
        ["-D", "FORWARD", "-o", "docker0", "-j", "DOCKER"],
        ["-D", "FORWARD", "-i", "docker0", "!", "-o", "docker0", "-j", "ACCEPT"],
        ["-F", "DOCKER"],
        ["-F", "DOCKER-USER"],
        ["-X", "DOCKER"],
        ["-X", "DOCKER-USER"],
    ]
    assert forwarding.removals("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i virbr0 -j ACCEPT\nCOMMIT\n") == []


@pytest.mark.parametrize(("text", "stays"), [("", False), ("junk", False), ("999999999", False), ("1", False)])
def test_a_pid_file_that_names_no_dockerd_is_removed(tmp_path: Path, text: str, stays: bool) -> None:
    file = tmp_path / "docker.pid"
    file.write_text(text, encoding="ascii")
    leftovers.remove_stale_pids(tmp_path)
    assert file.exists() is stays
    leftovers.remove_stale_pids(tmp_path)


def test_a_pid_file_that_names_its_program_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    monkeypatch.setattr(leftovers, "_PIDS", {"docker.pid": own})
    (tmp_path / "docker.pid").write_text(str(os.getpid()), encoding="ascii")
    leftovers.remove_stale_pids(tmp_path)
    assert (tmp_path / "docker.pid").exists()


def test_a_pid_file_that_names_a_zombie_is_stale_and_no_engine_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        program = procs.name(child.pid)
        assert program
        monkeypatch.setattr(leftovers, "_PIDS", {"docker.pid": program})
        file = tmp_path / "docker.pid"
        file.write_text(str(child.pid), encoding="ascii")
        leftovers.remove_stale_pids(tmp_path)
        assert file.exists()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has reaped it
        assert procs.name(child.pid) == ""
        leftovers.remove_stale_pids(tmp_path)
        assert not file.exists()
    finally:
        child.kill()
        child.communicate()


def test_a_damaged_container_file_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ROOT", tmp_path)
    for name, text in (
        ("a", "{"),
        ("b", "[]"),
        ("c", '{"Config": null}'),
        ("d", '{"Config": {"Labels": {"zbs.lab": ""}}}'),
    ):
        (tmp_path / "containers" / name).mkdir(parents=True)
        (tmp_path / "containers" / name / "config.v2.json").write_text(text, encoding="utf-8")
    assert leftovers.labelled_on_disk() == ["d"]


def test_ending_nobody_is_done_at_once() -> None:
    assert procs.end([]) == []
