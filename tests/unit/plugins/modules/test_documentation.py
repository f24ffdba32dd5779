"""What a module documents is what it accepts.

ansible-test's validate-modules says so too, of what it can import; the modules with an action plugin are in
action/test_documented_actions.py, since their documentation alone is a module and nothing else compares it.
"""

import runpy
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.documents import PLUGINS, differences, documented

PREFIX = "zstack.zbs."
FOLDER = Path(_module.__file__).parent.parent
# Those with an action plugin are documentation alone.
ACTIONS = sorted(path.stem for path in (FOLDER / "action").glob("*.py"))
NAMES = sorted(path.stem for path in (FOLDER / "modules").glob("*.py") if not (FOLDER / "action" / path.name).exists())


def spec_of(name, monkeypatch):
    """The argument spec with which the module's main makes its AnsibleModule."""
    found = []
    monkeypatch.setattr(_module, "run", lambda spec, main, **options: found.append(spec))
    runpy.run_module(PLUGINS + "modules." + name, run_name="__main__")
    return found[0]


def test_there_are_modules_to_look_at():
    assert "zbs_vhost_health" in NAMES and "zbs_vhost_report" not in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_options_types_defaults_and_choices_are_the_documented_ones(name, monkeypatch):
    assert differences(spec_of(name, monkeypatch), documented(name)) == []


def test_a_difference_is_told():
    assert differences({"a": {"type": "int", "default": 1}}, {"a": {"type": "int", "default": 2}, "b": {}}) == [
        "b is in one of them only",
        "default of a is documented as 2 and is 1",
    ]


@pytest.mark.parametrize("name", NAMES + ACTIONS)
def test_examples_and_returns_are_yaml_of_their_shape(name):
    found = runpy.run_module(PLUGINS + "modules." + name, run_name="x")
    used = [item for task in yaml.safe_load(found["EXAMPLES"]) for item in task.items() if item[0].startswith(PREFIX)]
    assert PREFIX + name in dict(used)
    for module, options in used:
        assert set(options or {}) <= set(documented(module[len(PREFIX) :])), module
    for value in yaml.safe_load(found["RETURN"]).values():
        assert value["description"] and value["type"] and value["returned"]
