"""Who may take a lab down."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_lab_state import record

from lab import docker, down, engine, ownership, procs, state
from lab.errors import LabError
from lab.settings import CLONE, Settings, from_environment


@pytest.fixture
def nothing_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any process of a lab and without an engine."""
    monkeypatch.setattr(procs, "marked", lambda _mark: [])
    monkeypatch.setattr(docker, "answers", lambda timeout: False)
    monkeypatch.setattr(engine, "pid", lambda: 0)


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Another clone that is still there."""
    (tmp_path / "clone/lab").mkdir(parents=True)
    return str(tmp_path / "clone")


@pytest.mark.usefixtures("nothing_lives")
def test_a_lab_of_which_nothing_lives_is_anybodys(other: str) -> None:
    assert ownership.anybodys(record(owner=other))
    assert ownership.remedy(record(owner=other)) == "`make lab-down`"


@pytest.mark.usefixtures("nothing_lives")
@pytest.mark.parametrize("mark", [procs.MARK_JOB, procs.MARK_ENGINE])
def test_a_process_of_the_lab_keeps_it_its_clones(other: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procs, "marked", lambda given: [4711] if given == mark else [])
    assert not ownership.anybodys(record(owner=other))
    assert ownership.remedy(record(owner=other)) == f"`make lab-down` in {other}"
    assert ownership.anybodys(record(owner=f"{other}/gone"))
    assert ownership.anybodys(record(owner=str(CLONE)))


@pytest.mark.usefixtures("nothing_lives")
@pytest.mark.parametrize(("running", "free"), [(["zbslab-admin"], False), ([], True)])
def test_on_an_engine_that_is_not_the_labs_its_containers_tell(
    other: str, running: list[str], free: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker, "answers", lambda timeout: True)
    monkeypatch.setattr(docker, "containers", lambda **_only_running: running)
    assert ownership.anybodys(record(owner=other)) is free


@pytest.mark.usefixtures("nothing_lives")
def test_an_engine_that_only_does_not_answer_may_have_the_labs_containers(
    other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "pid", lambda: 4711)
    assert not ownership.anybodys(record(owner=other))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a machine where root's rights and the taking down itself are not asked for."""
    monkeypatch.setattr(down.checks, "root", lambda: None)
    return from_environment({"ZBS_LAB_RUN_DIR": str(tmp_path / "run"), "ZBS_LAB_CACHE": str(tmp_path / "cache")})


@pytest.mark.usefixtures("nothing_lives")
def test_down_leaves_a_living_lab_of_another_clone(
    other: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def take_down(*given: object) -> bool:
        taken.append(given)
        return True

    monkeypatch.setattr(down, "take_down", take_down)
    settings.run_dir.mkdir()
    state.write(settings.run_dir, record(owner=other))
    monkeypatch.setattr(ownership, "lives", lambda: True)
    with pytest.raises(LabError, match=f"belongs to {other}; run `make lab-down` there"):
        down.take(settings)
    assert not taken
    down.take(settings, force=True)
    monkeypatch.setattr(ownership, "lives", lambda: False)
    down.take(settings)
    assert len(taken) == 2
