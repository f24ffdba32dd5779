"""A role says each fact of its own once: what is documented is real, and what Galaxy shows is what is documented."""

import re

import pytest
import yaml
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import ROLES
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import defaults as defaults_of

NAMES = sorted(path.name for path in ROLES.iterdir())
TYPES = {"str": str, "path": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "raw": object}
# A template is text until Ansible has worked it out: a default of these types can't be documented as one.
TEXTS = ("str", "path", "raw")


def load(role, name):
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


def documented(role):
    """{variable: what is said of it} over all entry points; one that several have is said the same by all of them."""
    found = {}
    for entry in load(role, "meta/argument_specs.yml")["argument_specs"].values():
        for name, option in entry.get("options", {}).items():
            assert found.setdefault(name, option) == option, name
    return found


def of_type(value, option):
    """Whether a value is of the documented type, its elements too; YAML's 5 is a proper float, its true no number."""
    kind = TYPES[option["type"]]
    if isinstance(value, bool) and kind not in (bool, object):
        return False
    if kind is float and isinstance(value, int):
        return True
    if not isinstance(value, kind):
        return False
    return kind is not list or all(of_type(item, {"type": option.get("elements", "raw")}) for item in value)


def templated(value):
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("role", NAMES)
def test_documented_defaults_equal_the_real_ones(role):
    options, defaults = documented(role), defaults_of(role)
    assert sorted(options) == sorted(defaults)
    for name, option in options.items():
        real = defaults[name]
        if templated(real) and option["type"] not in TEXTS:
            # The description says where it comes from instead: every variable that the template takes is named.
            assert "default" not in option and not option.get("required"), name
            said = str(option["description"])
            assert all(word in said for word in re.findall(r"\bz[a-z]+_[a-z_]+\b", real)), name
        else:
            assert option.get("default") == real and type(option.get("default")) is type(real), name


@pytest.mark.parametrize(
    "link, own",
    [
        ("zbs_vhost_heal/defaults/main/target.yml", "zbs_vhost_target/defaults/main/main.yml"),
        ("zbs_vhost_heal/defaults/main/hugepages.yml", "zbs_hugepages/defaults/main.yml"),
        ("zbs_vhost_target/defaults/main/hugepages.yml", "zbs_hugepages/defaults/main.yml"),
    ],
)
def test_what_roles_share_is_said_once(link, own):
    assert (ROLES / link).is_symlink() and (ROLES / link).resolve() == (ROLES / own).resolve()


@pytest.mark.parametrize("role", NAMES)
def test_defaults_are_of_the_documented_type_and_among_the_choices(role):
    defaults = defaults_of(role)
    for name, option in documented(role).items():
        assert option["type"] in TYPES and option["description"], name
        assert templated(defaults[name]) or of_type(defaults[name], option), name
        if "choices" in option and not templated(defaults[name]):
            given = defaults[name] if isinstance(defaults[name], list) else [defaults[name]]
            assert set(given) <= set(option["choices"]), name


@pytest.mark.parametrize("role", NAMES)
def test_every_variable_bears_the_role_s_name(role):
    assert all(name.startswith(role + "_") for name in defaults_of(role))


@pytest.mark.parametrize("role", NAMES)
def test_galaxy_shows_what_is_documented(role):
    short = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["short_description"]
    assert load(role, "meta/main.yml")["galaxy_info"]["description"] == short
    page = (ROLES / role / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# %s\n\n%s.\n" % (role, short))
    guide = re.search(r"\]\(\.\./\.\./(docs/\w+\.md)\)", page).group(1)
    assert (ROLES.parent / guide).exists()
    known = set().union(*(defaults_of(name) for name in NAMES))
    play = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])[0]
    for item in play["roles"]:
        assert item["role"].startswith("zstack.zbs.") and set(item.get("vars", {})) <= known
