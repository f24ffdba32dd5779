"""Every command of the documents is one that is tried: by the stage `docs` on a lab, by a scenario, or right here."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.check import docs
from tools.check.documents import blocks, commands, documents, stray
from tools.check.process import ROOT

KNOWN = docs.known()
HOWS = {"lab", "own", "unit", "help", "make", "scenario", "test", "outside", "given"}
KEYS = {"run", "how", "status", "says", "again", "before", "scenario", "checked_by", "in", "holds"}


def environment():
    """Of a command that reads the collection: this checkout, the programs of this Python."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "PATH": "%s:%s" % (Path(sys.executable).parent, os.environ["PATH"]),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "PAGER": "cat",
    }


def run(command, status=0):
    """The output of a command that has to end so."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def of(how):
    return [pytest.param(item, id=item["run"][:60]) for item in KNOWN if item["how"] == how]


def test_every_command_is_known_and_no_other():
    found = {command for path in documents() for command in commands(path)}
    listed = [" ".join(item["run"].split()) for item in KNOWN]
    assert len(listed) == len(set(listed))
    assert sorted(found - set(listed)) == [], "say in tools/check/commands.yml how these are tried"
    assert sorted(set(listed) - found) == [], "no document has these any more"


def test_a_command_is_in_a_block_of_its_own():
    assert [where for path in documents() for where in stray(path)] == []


def test_the_list_says_what_can_be_understood():
    for item in KNOWN:
        assert set(item) <= KEYS and item["how"] in HOWS, item
        assert (item["how"] == "make") == ("checked_by" in item) and (item["how"] == "scenario") == (
            "scenario" in item
        ), item
        # What is not run has to be seen to be little.
        assert item["how"] != "given" or item["run"].startswith("export "), item
        # A trial that only looks at the exit status would let a playbook pass that met no host.
        assert (
            item["how"] not in ("lab", "unit")
            or item.get("says")
            or item.get("again")
            or item["run"].startswith("make ")
        ), item


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```shell\nansible x  # why\n```\n", ["ansible x"]),
        ("```shell\nansible x \\\n  -e y\n\n```\n", ["ansible x -e y"]),
        ("```console\n$ make demo\n```\n", ["make demo"]),
        ("run `make demo` and `zbs_x`, `makes no`\n", ["make demo"]),
    ],
)
def test_a_command_is_found(tmp_path, text, found):
    (tmp_path / "x.md").write_text(text)
    assert commands(tmp_path / "x.md") == found


@pytest.mark.parametrize(
    "text",
    [
        "```\nansible-playbook x\n```\n",
        "    make demo\n",
        "```text\n$ docker ps\n```\n",
        "```\n/opt/bin/python3 -m x\n```\n",
    ],
)
def test_a_command_in_another_block_is_found(tmp_path, monkeypatch, text):
    monkeypatch.setattr("tools.check.documents.ROOT", tmp_path)
    (tmp_path / "x.md").write_text("one\n\n" + text)
    assert stray(tmp_path / "x.md") == ["x.md:3"]


@pytest.mark.parametrize("item", of("unit"))
def test_a_command_that_needs_no_lab(item):
    command = item["run"]
    if command.startswith("pip "):  # nothing is fetched: what it would install is there
        command = "python -m %s --dry-run --no-index --disable-pip-version-check" % command
    output = run(command, item.get("status", 0))
    assert [words for words in item["says"] if words not in output] == []


@pytest.mark.parametrize("item", of("help"))
def test_a_command_that_does_not_end_knows_its_words(item):
    words = shlex.split(item["run"])
    assert "usage:" in run(shlex.join([sys.executable, *words[1:], "--help"]))


@pytest.mark.parametrize("item", [*of("make"), *of("own")])
def test_a_target_of_the_makefile_is_one(item):
    assert run(item["run"].replace("make ", "make -n ", 1))


@pytest.mark.parametrize("item", [*of("test"), *of("outside")])
def test_another_test_runs_it(item):
    text = (ROOT / item["in"]).read_text(encoding="utf-8")
    assert item["holds"] and [words for words in item["holds"] if words not in text or words not in item["run"]] == []


def words_of(command):
    """(playbook or None, variables that are given) of a command."""
    words = shlex.split(command)
    given = [
        value.split("=")[0]
        for flag, value in zip(words, words[1:], strict=False)
        if flag in ("-e", "--extra-vars") and value[0] != "@"
    ]
    return next((word for word in words if word.startswith("zstack.zbs.") and word.count(".") == 2), None), given


@pytest.mark.parametrize("item", of("scenario"))
def test_a_scenario_runs_the_same_playbook_with_the_same_variables(item):
    folder = ROOT / "extensions/molecule" / item["scenario"]
    assert (folder / "molecule.yml").is_file()
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yml")))
    playbook, given = words_of(item["run"])
    assert playbook and [word for word in [playbook, *given] if word not in text] == []


@pytest.mark.parametrize(
    "item", [item for how in ("lab", "scenario") for item in of(how) if "ansible-playbook" in item.values[0]["run"]]
)
def test_a_playbook_of_a_command_is_there_and_its_variables_are_known(item, variables):
    playbook, given = words_of(item["run"])
    assert (ROOT / "playbooks" / (playbook.split(".")[-1] + ".yml")).is_file()
    assert [name for name in given if name not in variables] == []


def test_the_playbooks_of_the_guides_have_a_sound_syntax(tmp_path):
    site = next(block.text for block in blocks(docs.GUIDE) if block.language == "yaml")
    (tmp_path / "inventory.yml").write_text(site)
    graph = run("ansible-inventory -i %s/inventory.yml --graph" % tmp_path)
    assert "kvm1" in graph and "@zbs_admin" in graph
    playbooks = sorted({words_of(item["run"])[0] for item in KNOWN if "ansible-playbook" in item["run"]} - {None})
    assert len(playbooks) >= 6
    run("ansible-playbook -i %s/inventory.yml --syntax-check %s" % (tmp_path, " ".join(playbooks)))


def test_the_lab_s_commands_are_run_by_make_test_all_and_each_scenario_named_is_run():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    stages = re.search(r"^test-all:.*\n\t@exec \.venv/bin/python -m tools\.check (.*)$", makefile, re.M)[1]
    assert {"docs", "molecule", "slow"} <= set(re.split(r"[ +,]", stages))


def test_the_list_is_yaml_that_says_each_thing_once():
    text = docs.COMMANDS.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == KNOWN and text.count("- run:") == len(KNOWN)
