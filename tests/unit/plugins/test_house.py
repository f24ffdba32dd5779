"""Facts that are said once, or are the same wherever they are said."""

import re
from pathlib import Path

import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module

PLUGINS = Path(_module.__file__).parent.parent
ROOT = PLUGINS.parent


def test_every_module_is_in_the_action_group_and_nothing_else():
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    names = ["zstack.zbs." + path.stem for path in sorted((PLUGINS / "modules").glob("*.py"))]
    assert groups["zbs"] == names


def test_the_map_names_every_file_of_the_logic_and_no_other():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("| subject | files |") :].split("\n\n")[0].splitlines()[2:]
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", " ".join(line.split("|")[2] for line in table)))
    files = {path.stem[1:] for path in (PLUGINS / "module_utils").glob("_*.py") if path.stem != "__init__"}
    assert files - named == set()
    words = {
        "collect",
        "decide",
        "decides",
        "tells",
        "keeps",
        "observes",
        "remembers",
        "rest",
        "write",
        "is",
        "one",
        "step",
        "a",
        "phase",
        "and",
        "in",
        "on",
        "the",
        "admin",
        "node",
    }
    assert named - files - words == set()
