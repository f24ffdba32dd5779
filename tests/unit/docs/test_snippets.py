"""The YAML and JSON of the documents: each can be read, and names options and variables that there are."""

import importlib
import json
import re
import runpy

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._window import hold as window_hold
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger

from tools.check.documents import blocks, documents
from tools.check.process import ROOT

SNIPPETS = [block for path in documents() for block in blocks(path) if block.language in ("yaml", "yml", "json")]
PLUGINS = "ansible_collections.zstack.zbs.plugins."
# Ansible's own words of an inventory or a play, and what a host's variables may be beside ours.
_OURS = re.compile(r"^_*zbs_[a-z0-9_]+$")


def read(block):
    return json.loads(block.text) if block.language == "json" else yaml.safe_load(block.text)


def each(data):
    """(key, value) of every mapping in plain data."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key, value
            yield from each(value)
    elif isinstance(data, list):
        for item in data:
            yield from each(item)


def options_of_inventory():
    text = (ROOT / "plugins/inventory/zstack.py").read_text(encoding="utf-8")
    document = yaml.safe_load(re.search(r'DOCUMENTATION = r?"""(.*?)"""', text, re.S)[1])
    found = set(document["options"])
    for fragment in document["extends_documentation_fragment"]:
        fragment = {"constructed": "constructed", "inventory_cache": "inventory_cache"}.get(
            fragment.split(".")[-1], fragment
        )
        module = importlib.import_module("ansible.plugins.doc_fragments." + fragment)
        found |= set(yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)["options"])
    return found


def options_of_module(name):
    """The options that a module takes, None where the documents of its action plugin are all there is."""
    found = []
    real, _module.run = _module.run, lambda spec, _main, **_options: found.append(set(spec))
    try:
        runpy.run_module(PLUGINS + "modules." + name, run_name="__main__")
    finally:
        _module.run = real
    return found[0] if found else None


def faults(data, variables):
    """Sentences about what a snippet names and there is not."""
    if isinstance(data, dict) and data.get("plugin") == "zstack.zbs.zstack":
        yield from ("the inventory has no option %s" % key for key in data if key not in options_of_inventory())
        return
    for key, value in each(data):
        key = str(key)
        short = key.rsplit(".", maxsplit=1)[-1]
        is_module = (ROOT / "plugins/modules" / (short + ".py")).exists()
        if _OURS.match(key) and not is_module and key not in variables | {"zbs_admin", "zbs_vhost"}:
            yield "there is no variable or group %s" % key
        if is_module and isinstance(value, dict):
            known = options_of_module(short)
            if known is not None:
                yield from ("%s has no option %s" % (short, name) for name in value if name not in known)
        is_role = key in ("role", "name") and str(value).startswith("zstack.zbs.")
        if is_role and not (ROOT / "roles" / value.split(".")[-1]).is_dir():
            yield "there is no role %s" % value


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.where())
def test_a_snippet_is_sound_and_names_what_there_is(block, variables):
    data = read(block)
    assert data is not None
    assert list(faults(data, variables)) == []


def test_there_are_snippets_to_look_at():
    assert len(SNIPPETS) >= 12


@pytest.mark.parametrize(
    "data",
    [
        {"zbs_docker_imagee": "x"},
        {"plugin": "zstack.zbs.zstack", "pasword": "x"},
        {"roles": [{"role": "zstack.zbs.zbs_hugepage"}]},
        [{"zstack.zbs.zbs_vhost_health": {"host": "x"}}],
    ],
)
def test_a_name_that_there_is_not_is_found(data, variables):
    assert list(faults(data, variables))


def test_the_hold_of_the_guide_is_one(tmp_path):
    block = next(block for block in SNIPPETS if block.language == "json")
    (tmp_path / ledger.HOLD_NAME).write_text(block.text)
    hold, warnings = window_hold.read_hold(str(tmp_path), "2026-01-01T00:00:00Z")
    assert hold.reason == read(block)["reason"] and hold.until == read(block)["until"] and warnings == []
