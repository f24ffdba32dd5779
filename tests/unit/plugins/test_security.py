"""What the house forbids itself: shells, code from text, writes that go astray, files without a mode."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module

PLUGINS = Path(_module.__file__).parent.parent
ROOT = PLUGINS.parent
SOURCES = sorted(PLUGINS.rglob("*.py"))
TASKS = sorted(
    list(ROOT.glob("roles/*/tasks/*.yml"))
    + list(ROOT.glob("roles/*/handlers/*.yml"))
    + list(ROOT.glob("playbooks/**/*.yml"))
)

# Functions that run text, or anything that a shell would take apart.
FORBIDDEN_CALLS = {
    "os.system", "os.popen", "os.spawnl", "os.spawnv", "os.execl", "os.execv", "os.execvp", "eval", "exec", "compile",
    "subprocess.getoutput", "subprocess.getstatusoutput", "pickle.load", "pickle.loads", "marshal.loads", "yaml.load",
    "yaml.unsafe_load", "shelve.open", "tempfile.mktemp",
}  # fmt: skip
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "pty", "commands"}
# One place starts programs, with a list and a deadline.
PROGRAMS = {"subprocess.Popen": {"_tools/command.py"}}
# One place walks to a folder, one replaces files; the others work below a handle, in a kernel's file system, or in a folder of their own.
WRITES = {
    "os.mkdir": {"_tools/folder.py"}, "os.makedirs": set(), "os.chmod": set(), "os.chown": set(), "os.fchmod": {"_tools/folder.py"},
    "os.rename": {"_tools/replacing.py", "_window/ledger_writing.py", "_node/install.py"}, "os.replace": {"_admin/notes.py"},
    "os.symlink": {"_tools/replacing.py"},
    "os.link": {"_window/ledger_writing.py"}, "os.remove": set(),
    "os.unlink": {
        "_tools/replacing.py", "_tools/folder.py", "_target/keeping.py", "_hugepages/boot.py", "_engine/daemon_file.py",
        "_node/install.py",
        "_window/metrics_file.py",
    },
    "os.rmdir": {"_node/install.py"}, "os.truncate": set(), "shutil.rmtree": {"_node/install.py"}, "shutil.copy": set(), "shutil.copy2": set(),
    "shutil.copyfile": set(), "shutil.move": set(), "tempfile.mkstemp": set(), "tempfile.mkdtemp": set(),
    "tempfile.NamedTemporaryFile": set(),
}  # fmt: skip
# A pool's counter in sysfs and the kernel's own switches; on the controller, the notes of a run in Ansible's own folder for it.
OPENS_TO_WRITE = {"_hugepages/asking.py", "_admin/notes.py"}
CREATES = {"_tools/folder.py", "_tools/lock.py"}


def calls(path):
    """(dotted name, the call) of each call in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def faults(path):
    """Sentences about what a file does that it must not."""
    place = "/".join(path.parts[-2:])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            if node.module in ("os", "subprocess", "shutil", "tempfile"):
                yield "imports names of %s, which hides what they are" % node.module
        if FORBIDDEN_IMPORTS & {name.split(".")[0] for name in names}:
            yield "imports %s" % names
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node) in ("os.O_CREAT", "os.O_TRUNC")
            and place not in CREATES
        ):
            yield "creates files by itself"
    for name, call in calls(path):
        keywords = {word.arg: word.value for word in call.keywords}
        if name in FORBIDDEN_CALLS:
            yield "calls %s" % name
        if "shell" in keywords or "use_unsafe_shell" in keywords or name.endswith("run_command"):
            yield "may use a shell in %s" % name
        if name.startswith("subprocess.") and place not in PROGRAMS.get(name, ()):
            yield "starts a program by %s" % name
        if name in WRITES and place not in WRITES[name]:
            yield "writes by %s" % name
        if name in ("open", "io.open", "codecs.open"):
            mode = call.args[1] if len(call.args) > 1 else keywords.get("mode")
            text = ast.unparse(mode) if mode is not None else "'r'"
            if re.search(r"[wax+]", text) and place not in OPENS_TO_WRITE:
                yield "opens a file to write"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_no_shell_no_code_from_text_and_one_place_that_writes(path):
    assert list(faults(path)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os\nos.system('x')", "os.system"),
        ("import subprocess\nsubprocess.Popen('x', shell=True)", "shell"),
        ("module.run_command('x', use_unsafe_shell=True)", "shell"),
        ("eval('1')", "eval"),
        ("import pickle", "pickle"),
        ("open('/etc/x', 'w')", "opens a file"),
        ("import os\nos.open('/etc/x', os.O_WRONLY | os.O_CREAT)", "creates"),
        ("import os\nos.makedirs('/etc/x')", "os.makedirs"),
        ("from os import system", "hides"),
    ],
)
def test_the_rules_find_what_they_forbid(tmp_path, text, words):
    (tmp_path / "x.py").write_text(text)
    assert any(words in fault for fault in faults(tmp_path / "x.py"))


def tasks_in(document):
    """Each task of a file, those in blocks and plays too."""
    if isinstance(document, list):
        for item in document:
            yield from tasks_in(item)
    elif isinstance(document, dict):
        yield document
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            yield from tasks_in(document.get(key) or [])


def every_task():
    for path in TASKS:
        for task in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT), task


def test_there_are_tasks_to_look_at():
    assert len(list(every_task())) > 80


def test_no_task_uses_a_shell_or_a_command_line_in_one_piece():
    for path, task in every_task():
        for name in ("shell", "raw", "script", "expect"):
            assert name not in task and "ansible.builtin." + name not in task, (path, task)
        for name in ("command", "ansible.builtin.command"):
            if name in task:
                assert isinstance(task[name], dict) and isinstance(task[name].get("argv"), (list, str)), (path, task)
                assert "cmd" not in task[name] and "_raw_params" not in task[name], (path, task)


WRITERS = ("copy", "template", "blockinfile", "lineinfile", "get_url", "assemble", "unarchive", "replace", "file")


def faults_of_a_task(task):
    """Sentences about a task that writes a file without saying whose it is or who may read it."""
    for name in WRITERS:
        arguments = task.get("ansible.builtin." + name) or task.get(name)
        if not arguments or arguments.get("state") in ("absent", "link", "hard"):
            continue
        if not re.match(r"0[0-7]{3}\Z", str(arguments.get("mode"))):
            yield "%s has no mode of four digits" % name
        place = str(arguments.get("dest") or arguments.get("path"))
        # What is not below one of these lies in a folder of ours alone (tempfile, 0700).
        if re.match(r"/(etc|var|run|usr|opt)/", place) and (arguments.get("owner"), arguments.get("group")) != (
            "root",
            "root",
        ):
            yield "%s of %s is not said to be root's" % (name, place)


def test_every_file_that_a_task_writes_has_a_mode_and_an_owner():
    found = 0
    for path, task in every_task():
        found += any("ansible.builtin." + name in task for name in WRITERS)
        assert list(faults_of_a_task(task)) == [], (path, task.get("name"))
    assert found >= 8


@pytest.mark.parametrize(
    "task",
    [
        {"ansible.builtin.copy": {"dest": "/etc/x", "owner": "root", "group": "root"}},
        {"ansible.builtin.copy": {"dest": "/etc/x", "mode": "0644"}},
        {"ansible.builtin.file": {"path": "x", "state": "directory", "mode": 644}},
    ],
)
def test_a_file_without_them_is_found(task):
    assert list(faults_of_a_task(task))
