"""Imports go one way: down from room to room in the plugins, and never in a circle anywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.check.process import ROOT

COLLECTION = "ansible_collections.zstack.zbs."
# From the bottom up. Rooms of one floor know nothing of one another.
MODULE_UTILS = (
    ("_tools",),
    ("_observe",),
    ("_window",),
    ("_admin", "_engine", "_hugepages", "_node"),
    ("_prepare", "_preflight", "_target", "_volumes"),
    ("_guard",),
    ("_tick",),
    ("_attempt",),
    ("_look",),
    ("",),  # the door: _module.py and _arguments.py
)
PLUGIN_UTILS = (("_admin", "_awx", "_docker", "_fleet", "_inventory", "_node", "_tick", "_zstack"), ("_report",))
# What stands on these: plugins that Ansible itself calls, which nobody imports.
ENTRANCES = ("modules", "action", "inventory", "doc_fragments")


@dataclass(frozen=True)
class Arrow:
    """One import: which file takes which other file, and where that is written. Paths are from the root."""

    taker: str
    taken: str
    line: int

    def __str__(self) -> str:
        return f"{self.taker}:{self.line} imports {self.taken}"


def arrows(root: Path, folders: Iterable[str]) -> list[Arrow]:
    """Every import of a file below `folders` by another one, those inside functions too."""
    paths = [
        path for folder in folders for path in sorted((root / folder).rglob("*.py")) if "__pycache__" not in path.parts
    ]
    files = {str(path.relative_to(root)) for path in paths}
    found = set()
    for path in paths:
        taker = str(path.relative_to(root))
        for name, line in imports(path, taker):
            for taken in (f"{name}.py", f"{name}/__init__.py"):
                if taken in files and taken != taker:
                    found.add(Arrow(taker, taken, line))
    return sorted(found, key=lambda arrow: (arrow.taker, arrow.line, arrow.taken))


def imports(path: Path, taker: str) -> Iterator[tuple[str, int]]:
    """(what is imported, as a path without its ending, line) of each import; of `from a import b` both a and a/b."""
    package = taker.split("/")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            yield name.removeprefix(COLLECTION).replace(".", "/"), node.lineno


def uphill(found: list[Arrow], folder: str, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """The arrows between rooms of `folder` that do not lead to a lower floor."""
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}
    wrong = []
    for arrow in found:
        if arrow.taker.startswith(folder) and arrow.taken.startswith(folder):
            taker, taken = (room_of(path, folder) for path in (arrow.taker, arrow.taken))
            if taker != taken and floor[taken] >= floor[taker]:
                wrong.append(str(arrow))
    return wrong


def room_of(path: str, folder: str) -> str:
    """`_tools` of plugins/module_utils/_tools/errors.py; empty for a file of no room."""
    return "/".join(path.removeprefix(folder).split("/")[:-1])


def circles(found: list[Arrow]) -> list[str]:
    """Each arrow that belongs to a circle of imports."""
    takes: dict[str, set[str]] = {}
    for arrow in found:
        takes.setdefault(arrow.taker, set()).add(arrow.taken)
    return [str(arrow) for arrow in found if arrow.taker in reached(arrow.taken, takes)]


def reached(start: str, takes: dict[str, set[str]]) -> set[str]:
    """All that `start` imports, however deep, and itself."""
    seen, left = {start}, [start]
    while left:
        for name in takes.get(left.pop(), set()) - seen:
            seen.add(name)
            left.append(name)
    return seen


OURS = arrows(ROOT, ("plugins", "lab", "tools", "bench"))


def test_there_is_something_to_look_at() -> None:
    assert len(OURS) > 500


@pytest.mark.parametrize(
    ("folder", "floors"), [("plugins/module_utils/", MODULE_UTILS), ("plugins/plugin_utils/", PLUGIN_UTILS)]
)
def test_a_room_imports_from_lower_rooms_alone(folder: str, floors: tuple[tuple[str, ...], ...]) -> None:
    assert uphill(OURS, folder, floors) == []


def test_no_import_goes_in_a_circle() -> None:
    assert circles(OURS) == []


def test_nothing_imports_what_ansible_calls() -> None:
    entrances = tuple(f"plugins/{name}/" for name in ENTRANCES)
    assert [str(arrow) for arrow in OURS if arrow.taken.startswith(entrances)] == []


def test_what_runs_on_hosts_imports_nothing_of_the_controller() -> None:
    hosts, controller = ("plugins/modules/", "plugins/module_utils/"), "plugins/plugin_utils/"
    assert [str(arrow) for arrow in OURS if arrow.taker.startswith(hosts) and arrow.taken.startswith(controller)] == []


def test_only_modules_come_in_through_the_door() -> None:
    doors = {
        f"plugins/module_utils/{name}.py"
        for name in ("_module", "_arguments", "_recovery_arguments", "_attempt_arguments")
    }
    # The controller checks a question to the host's own code by the options of the module that would answer it, and gives a module
    # those of its settings that it knows.
    let_in = {*doors, "plugins/plugin_utils/_tick/shortly.py", "plugins/plugin_utils/_tick/options.py"}
    others = [
        arrow
        for arrow in OURS
        if arrow.taken in doors and arrow.taker not in let_in and not arrow.taker.startswith("plugins/modules/")
    ]
    assert [str(arrow) for arrow in others] == []


@pytest.mark.parametrize(("folder", "floors"), [("module_utils", MODULE_UTILS), ("plugin_utils", PLUGIN_UTILS)])
def test_every_room_has_a_floor_and_a_sentence(folder: str, floors: tuple[tuple[str, ...], ...]) -> None:
    rooms = {
        path.name for path in (ROOT / "plugins" / folder).iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert rooms == {room for floor in floors for room in floor} - {""}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = text[text.index(f"`plugins/{folder}/`", text.index("The rooms of")) :].split("\n\n")[1]
    told = re.findall(r"^- `(_[a-z]+)/`", part, re.M)
    assert sorted(told) == sorted(rooms)
    floor_of = {room: number for number, floor in enumerate(floors) for room in floor}
    assert [floor_of[room] for room in told] == sorted((floor_of[room] for room in rooms), reverse=True)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"_tools/errors.py": "from .._observe import probe", "_observe/probe.py": ""},
            "plugins/module_utils/_tools/errors.py:1 imports plugins/module_utils/_observe/probe.py",
        ),
        (
            {"_engine/image.py": "def f():\n    from .._hugepages.numa import held", "_hugepages/numa.py": "held = 1"},
            "plugins/module_utils/_engine/image.py:2 imports plugins/module_utils/_hugepages/numa.py",
        ),
        (
            {"_tick/phases.py": f"from {COLLECTION}plugins.module_utils import _arguments", "_arguments.py": ""},
            "plugins/module_utils/_tick/phases.py:1 imports plugins/module_utils/_arguments.py",
        ),
    ],
)
def test_an_import_that_goes_up_or_beside_is_named(tmp_path: Path, files: dict[str, str], words: str) -> None:
    folder = "plugins/module_utils/"
    for name, text in files.items():
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert uphill(arrows(tmp_path, ["plugins"]), folder, MODULE_UTILS) == [words]


def test_a_circle_is_named_import_by_import(tmp_path: Path) -> None:
    for name, text in {
        "a": "from . import b",
        "b": "def late():\n    from .c import x",
        "c": "import lab.a",
        "d": "from . import a",
    }.items():
        (tmp_path / "lab").mkdir(exist_ok=True)
        (tmp_path / "lab" / f"{name}.py").write_text(text)
    assert circles(arrows(tmp_path, ["lab"])) == [
        "lab/a.py:1 imports lab/b.py",
        "lab/b.py:2 imports lab/c.py",
        "lab/c.py:1 imports lab/a.py",
    ]
