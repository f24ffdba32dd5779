"""Numbers and booleans may come as strings: AWX hands survey answers over so, and so does `-e name=value`.

Validating a role's arguments converts nothing: the role sees the string. An option of a module converts it, by its own spec; an
expression does not, and `when: name` is true for "false". So each use in an expression goes through a filter that converts.
"""

import re
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import load
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[3]
CONVERTING = {"bool": {"bool"}, "int": {"int", "float"}, "float": {"int", "float"}}
#: Of playbooks, which no role documents.
OF_PLAYBOOKS = {
    "zbs_vhost_health_compare_zstack": "bool",
    "zbs_vhost_remove_hugepages": "bool",
    "zbs_vhost_remove_image": "bool",
}
#: Bare expressions: Ansible puts the braces around them itself.
BARE = {"when", "that", "failed_when", "changed_when", "until"}
ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.do"])


class _Any(dict):
    """Filters and tests of Ansible, of which only the names count here."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return lambda *_arguments, **_more: None


ENVIRONMENT.filters = _Any(ENVIRONMENT.filters)
ENVIRONMENT.tests = _Any(ENVIRONMENT.tests)


def typed_variables():
    """{variable: type} of all that is a number or a boolean."""
    found = dict(OF_PLAYBOOKS)
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            for name, option in entry.get("options", {}).items():
                if option["type"] in CONVERTING:
                    found[name] = option["type"]
    return found


VARIABLES = typed_variables()


def expressions(value, key=""):
    """(text, whether it is a template as a whole) of every expression below a piece of YAML."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from expressions(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from expressions(one, key)
    elif isinstance(value, str) and key in BARE:
        yield "{{ %s }}" % value, False
    elif isinstance(value, str) and "{" in value:
        yield value, True


def careless(text, whole):
    """Variables that a template uses as they are, where a string would be taken for something else."""
    tree = ENVIRONMENT.parse(text)
    handed_over = set()
    if whole and re.fullmatch(r"\s*\{\{.*\}\}\s*", text, re.S) and len(tree.body) == len(tree.body[0].nodes) == 1:
        # The value of an option or of another variable, or a table of them, as it is or with a default: whoever gets it converts it.
        open_ = [tree.body[0].nodes[0]]
        while open_:
            node = open_.pop()
            if isinstance(node, nodes.Filter) and node.name == "default":
                open_.append(node.node)
            elif isinstance(node, nodes.CondExpr):
                open_ += [node.expr1, node.expr2]
            elif isinstance(node, nodes.Dict):
                open_ += [pair.value for pair in node.items]
            elif isinstance(node, nodes.Name):
                handed_over.add(id(node))
    parents = {}
    for parent in tree.find_all(nodes.Node):
        for child in parent.iter_child_nodes():
            parents[id(child)] = parent
    for node in tree.find_all(nodes.Name):
        if node.name not in VARIABLES or id(node) in handed_over:
            continue
        parent = parents[id(node)]
        while isinstance(parent, nodes.Filter) and parent.name == "default":
            parent = parents[id(parent)]
        if isinstance(parent, nodes.TemplateData) or _only_shown(parent):
            continue
        if not (isinstance(parent, nodes.Filter) and parent.name in CONVERTING[VARIABLES[node.name]]):
            yield node.name


def _only_shown(parent):
    """A variable in the middle of a text is shown, not used."""
    return isinstance(parent, nodes.Output) and len(parent.nodes) > 1


FILES = sorted(
    [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/vars/**/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_use_of_a_number_or_a_boolean_takes_a_string(path):
    found = {(name, text) for text, whole in expressions(load(path)) for name in careless(text, whole)}
    assert not found


@pytest.mark.parametrize(
    "text, whole, found",
    [
        ("{{ zbs_hugepages_boot }}", True, []),
        ("{{ zbs_hugepages_boot }}", False, ["zbs_hugepages_boot"]),
        ("{{ zbs_hugepages_boot | bool }}", False, []),
        ("{{ 'a' if zbs_hugepages_boot else 'b' }}", True, ["zbs_hugepages_boot"]),
        ("{{ zbs_vhost_target_ssh_port if somebody else omit }}", True, []),
        ("{{ zbs_docker_pull_timeout > 1 }}", False, ["zbs_docker_pull_timeout"]),
        ("{{ zbs_docker_pull_timeout | default(5) | int > 1 }}", False, []),
        ("{{ {'timeout': zbs_docker_pull_timeout} }}", True, []),
        ("{{ {'timeout': zbs_docker_pull_timeout + 1} }}", True, ["zbs_docker_pull_timeout"]),
        ("{{ [zbs_docker_pull_timeout] == [1] }} {{ {} }}", True, ["zbs_docker_pull_timeout"]),
        ("it is {{ zbs_docker_pull_timeout }}; give less", True, []),
    ],
)
def test_that_this_test_can_fail(text, whole, found):
    assert list(careless(text, whole)) == found
