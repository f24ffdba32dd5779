"""What a module documents is what it accepts."""

import importlib
import runpy
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module

PLUGINS = "ansible_collections.zstack.zbs.plugins."
FOLDER = Path(_module.__file__).parent.parent
# Those with an action plugin are documentation alone; the plugin's own tests know what it accepts.
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


@pytest.mark.parametrize("name", NAMES)
def test_options_types_defaults_and_choices_are_the_documented_ones(name, monkeypatch):
    spec, options = spec_of(name, monkeypatch), documented(name)
    assert sorted(spec) == sorted(options)
    for option, item in options.items():
        for key in ("type", "default", "choices", "required", "elements"):
            wanted, given = item.get(key), spec[option].get(key)
            if key == "choices" and given:
                wanted, given = sorted(wanted), sorted(given)
            assert (wanted or None) == (given or None), (option, key)
