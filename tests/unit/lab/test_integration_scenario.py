"""The scenario that runs the integration targets on the lab."""

from pathlib import Path

import yaml

from tools.check import scenarios

ROOT = Path(scenarios.__file__).resolve().parent.parent.parent


def test_it_runs_every_target_once_and_is_a_slow_one() -> None:
    play = yaml.safe_load((ROOT / "extensions/molecule/integration/converge.yml").read_text(encoding="utf-8"))[0]
    targets = [path.name for path in (ROOT / "tests/integration/targets").iterdir() if path.name != "setup_zbs"]
    assert sorted(play["vars"]["targets"]) == sorted(targets)
    assert "integration" in scenarios.SLOW
