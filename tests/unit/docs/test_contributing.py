"""The map of the house is of this house."""

import ast
import re
import subprocess
import sys

import pytest

from tools.check.process import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = TEXT[TEXT.index("| folder | what |") :].split("\n\n")[0].splitlines()[2:]
FOLDERS = [folder for line in TABLE for folder in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_every_folder_of_the_map_is_there():
    assert len(FOLDERS) >= 15
    assert [folder for folder in FOLDERS if not (ROOT / folder).is_dir()] == []


def test_every_folder_of_the_house_is_on_the_map():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no checkout")
    top = {line.split("/")[0] + "/" for line in listed.stdout.splitlines() if "/" in line}
    mapped = {folder.split("/")[0] + "/" for folder in FOLDERS}
    assert sorted(folder for folder in top - mapped if not folder.startswith(".")) == []
    plugins = {
        "/".join(line.split("/")[:2]) + "/" for line in listed.stdout.splitlines() if line.startswith("plugins/")
    }
    assert sorted(plugins - set(FOLDERS) - {"plugins/doc_fragments/", "plugins/__init__.py/"}) == []


def test_every_file_that_the_map_names_is_there():
    names = set(re.findall(r"`((?:[a-z_]+/)*_?[a-z_]+\.(?:py|yml|md))`", TEXT))
    places = (ROOT, ROOT / "plugins/module_utils", ROOT / "tools", ROOT / "tools/check")
    assert len(names) >= 10
    assert [name for name in names if not any((place / name).exists() for place in places)] == []


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def test_the_logic_needs_the_standard_library_alone_and_knows_no_ansible():
    for path in sorted((ROOT / "plugins/module_utils").rglob("*.py")):
        for name in imports(path):
            first = name.split(".")[0]
            assert first in sys.stdlib_module_names or (first == "ansible" and path.name == "_module.py"), (
                path.name,
                name,
            )


def test_product_code_knows_nothing_of_the_lab():
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        assert not [name for name in imports(path) if name.split(".")[0] in ("lab", "tools", "tests")], path.name
