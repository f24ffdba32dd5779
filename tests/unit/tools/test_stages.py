"""The stages of make test: what runs beside what, and how it ends."""

import re
import threading

import pytest

from lab.settings import FLAVOURS
from tools.check import __main__ as stages
from tools.check import scenarios
from tools.check.process import ROOT, Tally


@pytest.fixture
def ran(monkeypatch):
    """Stages a, b, c pass one check each, `bad` fails one, `none` runs none: the names in the order in which they began."""
    began = []

    def stage(name, tally):
        def run():
            began.append(name)
            return Tally(**tally)

        return run

    found = {name: stage(name, {"passed": 1}) for name in "abc"}
    found.update(bad=stage("bad", {"failed": 1}), none=stage("none", {}))
    monkeypatch.setattr(stages, "STAGES", found)
    return began


def test_one_after_the_other(ran, capsys):
    assert stages.main(["a,b", "c"]) == 0
    assert ran == ["a", "b", "c"]
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 0 failed"


def test_lanes_run_side_by_side(ran, monkeypatch):
    """Each waits for the other one: one after the other they would not end."""
    both = threading.Barrier(2, timeout=30)
    for name in "ac":
        monkeypatch.setitem(stages.STAGES, name, lambda: both.wait() and Tally(passed=1) or Tally(passed=1))
    assert stages.main(["a+b,c"]) == 0


@pytest.mark.parametrize("words, counts", [(["bad"], "0 passed, 1 failed"), (["none", "a"], "1 passed, 1 failed")])
def test_what_fails_or_runs_nothing_fails_the_whole(ran, capsys, words, counts):
    assert stages.main(words) == 1
    assert capsys.readouterr().out.splitlines()[-1] == counts


@pytest.mark.parametrize("words", [[], ["x"], ["a+x"], ["a,x"], [""]])
def test_an_unknown_stage_runs_nothing(ran, words):
    assert stages.main(words) == 2 and ran == []


def test_a_scenario_runs_again_in_another_way(monkeypatch):
    ran = []

    def check(name, argv, env, limit):
        ran.append((name, argv[-1], env.get("ZBS_LAB_FLAVOURS"), env.get("ZBS_TEST_NODE")))
        return True

    monkeypatch.delenv("ZBS_LAB_FLAVOURS", raising=False)
    monkeypatch.delenv("ZBS_TEST_NODE", raising=False)
    monkeypatch.setattr(scenarios, "check", check)
    assert scenarios.run_slow().passed == len(ran) == len(scenarios.SLOW) + len(scenarios.AGAIN)
    assert ran[-2:] == [
        ("molecule zbs_vhost_restore on trixie", "zbs_vhost_restore", "trixie", None),
        ("molecule zbs_vhost_heal by the node part", "zbs_vhost_heal", None, "true"),
    ]
    assert {tuple(more) for _name, _scenario, *more in ran[: len(scenarios.SLOW)]} == {(None, None)}
    for name, (_how, variables) in scenarios.AGAIN.items():
        text = (scenarios.FOLDER / name / "molecule.yml").read_text()
        # What the scenario sets itself would win; what it does not take would change nothing.
        assert variables.get("ZBS_LAB_FLAVOURS", "trixie") in FLAVOURS
        assert "ZBS_LAB_FLAVOURS" not in text or "ZBS_LAB_FLAVOURS" not in variables
        assert "ZBS_TEST_NODE" not in variables or "${ZBS_TEST_NODE:-false}" in text


def test_no_stage_changes_the_environment_of_the_next() -> None:
    """All run in one process; what a program is to find there `environment` gives it."""
    changing = re.compile(r"\benviron\b(\[[^]]*\] *=[^=]|\.(setdefault|update|pop|clear)\()|\bputenv\(")
    assert changing.search('os.environ.setdefault("A", "1")') and changing.search('os.environ["A"] = "1"')
    assert not changing.search('os.environ["A"] == "1"') and not changing.search('os.environ.get("A")')
    paths = sorted((ROOT / "tools/check").glob("*.py"))
    assert [path.name for path in paths if changing.search(path.read_text())] == []
