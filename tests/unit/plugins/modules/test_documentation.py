"""What a module documents is what it accepts."""

import runpy

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.doc_fragments import probe
from ansible_collections.zstack.zbs.plugins.module_utils import _module

NAMES = [
    "zbs_vhost_deploy",
    "zbs_vhost_docker_config",
    "zbs_vhost_firewall",
    "zbs_vhost_health",
    "zbs_vhost_image",
    "zbs_vhost_prepare",
    "zbs_vhost_recovery",
    "zbs_vhost_registry",
]
PLUGINS = "ansible_collections.zstack.zbs.plugins."


def spec_of(name, monkeypatch):
    """The argument spec with which the module's main makes its AnsibleModule."""
    found = []
    monkeypatch.setattr(_module, "run", lambda spec, main, **options: found.append(spec))
    runpy.run_module(PLUGINS + "modules." + name, run_name="__main__")
    return found[0]


def documented(name):
    """The documented options, those of the probe's fragment among them."""
    doc = yaml.safe_load(runpy.run_module(PLUGINS + "modules." + name, run_name="x")["DOCUMENTATION"])
    options = dict(doc["options"])
    if "zstack.zbs.probe" in doc["extends_documentation_fragment"]:
        options.update(yaml.safe_load(probe.ModuleDocFragment.DOCUMENTATION)["options"])
    return options


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
