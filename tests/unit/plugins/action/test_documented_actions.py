"""What an action plugin accepts is what its module documents."""

import importlib
from pathlib import Path

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action
from ansible_collections.zstack.zbs.tests.unit.plugins.support.documents import PLUGINS, differences, documented

FOLDER = Path(_module.__file__).parent.parent
NAMES = sorted(path.stem for path in (FOLDER / "action").glob("*.py"))


class _Seen(Exception):
    """Ends the action where its arguments are looked at."""


def test_there_are_actions_to_look_at():
    assert "zbs_vhost_report" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_options_types_defaults_and_choices_are_the_documented_ones(name, monkeypatch):
    seen = []

    def look(_action, argument_spec=None, **_more):
        seen.append(argument_spec)
        raise _Seen

    monkeypatch.setattr(ActionBase, "validate_argument_spec", look)
    with pytest.raises(_Seen):
        run_action(importlib.import_module(PLUGINS + "action." + name), {}, play({"a": {}}))
    assert differences(seen[0], documented(name)) == []
