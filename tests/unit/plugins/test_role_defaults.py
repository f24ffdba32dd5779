"""A role's documented defaults are its real ones: the same keys, types and values in both files."""

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
TYPES = {"str": str, "path": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "raw": object}


def load(role, name):
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("role", NAMES)
def test_documented_defaults_equal_the_real_ones(role):
    documented = {}
    for entry in load(role, "meta/argument_specs.yml")["argument_specs"].values():
        documented.update(entry.get("options", {}))
    defaults = load(role, "defaults/main.yml")
    assert {name: option.get("default") for name, option in documented.items()} == defaults
    for name, option in documented.items():
        templated = isinstance(defaults[name], str) and "{{" in defaults[name]
        assert templated or isinstance(defaults[name], TYPES[option["type"]]), name


@pytest.mark.parametrize("role", NAMES)
def test_every_variable_bears_the_role_s_name(role):
    assert all(name.startswith(role + "_") for name in load(role, "defaults/main.yml"))
