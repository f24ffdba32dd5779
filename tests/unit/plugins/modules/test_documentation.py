"""What a module documents is what it accepts."""

import importlib
import runpy
from pathlib import Path

import pytest
import yaml
from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action

PREFIX = "zstack.zbs."
PLUGINS = "ansible_collections.zstack.zbs.plugins."
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


def documented(name):
    """The documented options, those of the fragments among them."""
    doc = yaml.safe_load(runpy.run_module(PLUGINS + "modules." + name, run_name="x")["DOCUMENTATION"])
    options = dict(doc["options"])
    for fragment in doc["extends_documentation_fragment"]:
        _namespace, _collection, module, *variant = fragment.split(".")
        found = importlib.import_module(PLUGINS + "doc_fragments." + module).ModuleDocFragment
        text = getattr(found, variant[0].upper() if variant else "DOCUMENTATION")
        options.update(yaml.safe_load(text).get("options") or {})
    return options


def test_there_are_modules_to_look_at():
    assert "zbs_vhost_health" in NAMES and "zbs_vhost_report" not in NAMES


def assert_same(spec, options):
    """An argument spec is what is documented."""
    assert sorted(spec) == sorted(options)
    for option, item in options.items():
        for key in ("type", "default", "choices", "required", "elements"):
            wanted, given = item.get(key), spec[option].get(key)
            if key == "choices" and given:
                wanted, given = sorted(wanted), sorted(given)
            assert (wanted or None) == (given or None), (option, key)


@pytest.mark.parametrize("name", NAMES)
def test_options_types_defaults_and_choices_are_the_documented_ones(name, monkeypatch):
    assert_same(spec_of(name, monkeypatch), documented(name))


class Asked(Exception):
    """Carries the spec that an action plugin checks its arguments by."""


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_plugin_takes_what_its_module_documents(name, monkeypatch):
    def caught(_action, spec):
        raise Asked(spec)

    monkeypatch.setattr(ActionBase, "validate_argument_spec", caught)
    plugin = importlib.import_module(PLUGINS + "action." + name)
    with pytest.raises(Asked) as asked:
        run_action(plugin, {}, play({}))
    assert_same(asked.value.args[0], documented(name))


@pytest.mark.parametrize("name", NAMES + ACTIONS)
def test_examples_and_returns_are_yaml_of_their_shape(name):
    found = runpy.run_module(PLUGINS + "modules." + name, run_name="x")
    used = [item for task in yaml.safe_load(found["EXAMPLES"]) for item in task.items() if item[0].startswith(PREFIX)]
    assert PREFIX + name in dict(used)
    for module, options in used:
        assert set(options or {}) <= set(documented(module[len(PREFIX) :])), module
    for value in yaml.safe_load(found["RETURN"]).values():
        assert value["description"] and value["type"] and value["returned"]
