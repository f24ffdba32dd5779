"""Facts that are said once, or are the same wherever they are said."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases

PLUGINS = Path(_module.__file__).parent.parent
ROOT = PLUGINS.parent
# What is the artifact's, and what only the checkout has.
FOLDERS = ("docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests/integration", "lab", "tools")
SPEAK_OF_VERSIONS = ("CHANGELOG.md",)


def test_every_module_is_in_the_action_group_and_nothing_else():
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    names = ["zstack.zbs." + path.stem for path in sorted((PLUGINS / "modules").glob("*.py"))]
    assert groups["zbs"] == names


def test_the_version_is_said_once():
    """In galaxy.yml. What says since when something is there, and the changelog, speak of versions and not of this one."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    said = re.compile(r"(?<![\d.])v?%s(?![\d.]*\d)" % re.escape(version))
    found = []
    for path in sorted(ROOT.glob("*")) + [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*"))]:
        if (
            path.suffix not in (".py", ".md", ".yml", ".yaml", ".j2", ".toml", ".cfg", ".txt")
            or path.name in SPEAK_OF_VERSIONS
        ):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if said.search(line) and not re.match(r"^\s*version_added:", line):
                found.append("%s:%d" % (path.relative_to(ROOT), number))
    assert found == ["galaxy.yml:%d" % line_of("version: %s" % version)]


def line_of(text):
    lines = (ROOT / "galaxy.yml").read_text(encoding="utf-8").splitlines()
    return 1 + lines.index(text)


def test_nothing_is_newer_than_the_version():
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    texts = [path.read_text(encoding="utf-8") for path in PLUGINS.rglob("*.py")]
    added = {word for text in texts for word in re.findall(r"version_added: ['\"]?([0-9.]+)", text)}
    assert added and all(numbers(word) <= numbers(version) for word in added)
    released = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    assert max(map(numbers, released)) <= numbers(version)


def numbers(version):
    return [int(part) for part in version.split(".")]


def test_every_module_says_since_when_it_is_there():
    for path in sorted((PLUGINS / "modules").glob("*.py")):
        assert "\nversion_added: " in path.read_text(encoding="utf-8"), path.name


def test_what_an_attempt_may_take_is_said_as_it_is():
    seconds = "%d s to prepare, to keep evidence and to reach the hosts" % (phases.PREPARE_TIME + phases.ADMIN_TIME)
    for name in ("docs/heal.md", "roles/zbs_vhost_heal/meta/argument_specs.yml"):
        assert seconds in " ".join((ROOT / name).read_text(encoding="utf-8").split()), name


def test_the_tests_of_what_runs_on_hosts_import_nothing_that_only_a_controller_has():
    """ansible-test shows them ansible.module_utils and no more of Ansible, as a module on a host sees it."""
    tests = Path(__file__).parent
    support = {path.stem: imports(path) for path in (tests / "support").glob("*.py")}
    for path in sorted(tests / name for name in ("modules", "module_utils")):
        for file in sorted(path.rglob("*.py")):
            seen = reached(imports(file), support)
            assert [name for name in sorted(seen) if re.match(r"ansible\.(?!module_utils\b)", name)] == [], file.name


def imports(path):
    """What the file imports, as dotted names, a relative one with its dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module + "." if node.module else "")
            found |= {module + alias.name for alias in node.names}
    return found


def reached(names, support):
    """These names and, where they are in the tests' support, what that imports, however deep."""
    found, left = set(), set(names)
    while left:
        name = left.pop()
        found.add(name)
        for part in re.split(r"\.", name.partition("support.")[2] or name.lstrip(".")):
            left |= support.get(part, set()) - found
    return found


def before_it_runs(node):
    """The parts of a tree that are worked out when the file is read: all but the bodies of functions."""
    yield node
    inside = node.body if isinstance(node, ast.FunctionDef) else [node.body] if isinstance(node, ast.Lambda) else []
    for child in ast.iter_child_nodes(node):
        if child not in inside:
            yield from before_it_runs(child)


def test_no_test_knows_its_process_before_it_runs():
    """ansible-test gives each one a process of its own."""
    found = []
    for path in sorted((ROOT / "tests/unit").rglob("*.py")):
        for node in before_it_runs(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("getpid", "getppid"):
                found.append("%s:%d" % (path.relative_to(ROOT), node.lineno))
    assert found == []


@pytest.mark.parametrize(
    "text, finds",
    [
        ("PID = os.getpid()", True),
        ("TABLE = {'own': [{'pid': os.getppid()}]}", True),
        ("@mark('a', [os.getpid()])\ndef test(a):\n    pass", True),
        ("def test(a=os.getpid()):\n    pass", True),
        ("def test():\n    return os.getpid()", False),
        ("def table(pid):\n    return {1: pid}\nA = lambda: os.getpid()", False),
    ],
)
def test_what_is_worked_out_when_a_file_is_read(text, finds):
    names = [getattr(node, "attr", None) for node in before_it_runs(ast.parse(text))]
    assert bool({"getpid", "getppid"} & set(names)) is finds


# What has members in brackets since Python 3.9 alone.
PLAIN = ("dict", "frozenset", "list", "set", "tuple", "type")


def members(text):
    """Lines of the annotations that an older Python can't work out; those of a function's own variables it never does."""
    nodes = [node for node in before_it_runs(ast.parse(text)) if isinstance(node, ast.Subscript)]
    return [node.lineno for node in nodes if isinstance(node.value, ast.Name) and node.value.id in PLAIN]


def test_a_host_s_python_works_out_what_the_code_says_of_its_types():
    """Where the old Pythons are here `make lint` imports it all; this finds it everywhere."""
    paths = sorted((PLUGINS / "module_utils").rglob("*.py")) + sorted((PLUGINS / "modules").glob("*.py"))
    assert {str(path): members(path.read_text(encoding="utf-8")) for path in paths} == {str(path): [] for path in paths}


@pytest.mark.parametrize(
    "text, lines",
    [
        ("KNOWN: dict[str, tuple] = {}", [1]),
        ("KNOWN = {}  # type: dict[str, tuple]", []),
        ("\nclass A:\n    b: list[int]", [3]),
        ("def a(b: list[int]) -> set[str]:\n    c: tuple[int] = ()", [1, 1]),
        ("def a(b):\n    c: list[int] = []\n    return c[0]", []),
        ("a = rows[0]", []),
    ],
)
def test_annotations_that_only_a_newer_python_works_out(text, lines):
    assert members(text) == lines
