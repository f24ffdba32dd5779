"""The tree that ansible-test looks at is the artifact's."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools.check import pythons, story, tree, units
from tools.check.process import LOGS, ROOT, log_of
from tools.venv import reached


def test_it_has_the_files_of_the_artifact(tmp_path):
    argv = [Path(sys.executable).parent / "ansible-galaxy", "collection", "build", "--output-path", tmp_path, ROOT]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as artifact:
        built = {item.name for item in artifact.getmembers() if not item.isdir()}
    ours = set(tree.names())
    # galaxy.yml becomes MANIFEST.json; what git does not take is not looked at.
    assert ours - built == {"galaxy.yml"}
    assert not [name for name in built - ours if name.endswith(".py") or name.startswith(("plugins", "roles"))]


@pytest.mark.parametrize(
    "name, out",
    [
        ("lab/up.py", True),
        ("tests/unit/lab/test_guest.py", True),
        ("tests/unit/tools/test_tree.py", True),
        ("tools/venv.py", True),
        ("roles/zbs_docker/tools", False),
        ("docs/lab.md", False),
        ("requirements.txt", False),
        ("requirements/run.txt", True),
        ("plugins/x.pyc", True),
    ],
)
def test_patterns_are_taken_from_the_root(name, out):
    import yaml

    patterns = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert tree.left_out(name, patterns) is out


RECAP = """
PLAY RECAP *********************************************************************
compute1                   : ok=31   changed=4    unreachable=0    failed=0    skipped=40   rescued=0    ignored=0
compute2                   : ok=28   changed=0    unreachable=0    failed=0    skipped=40   rescued=0    ignored=0
"""


def test_the_recap_is_read():
    assert story.recap("PLAY RECAP\nold : ok=1 changed=9\n" + RECAP) == {"compute1": 4, "compute2": 0}
    assert story.recap("nothing ran") == {}


@pytest.mark.parametrize(
    "log, passed, words",
    [
        ("== 3 passed in 1.0s ==\n== 2 passed, 1 skipped in 2.00s (0:00:02) ==", True, "5 passed, 0 failed, 1 skipped"),
        ("== 1 failed, 2 passed, 1 error in 1.0s ==", False, "2 passed, 2 failed"),
        ("== 3 passed in 1.0s ==\nFATAL: no", False, "3 passed, 1 failed"),
        ("nothing ran", True, "0 passed, 1 failed"),
    ],
)
def test_the_tests_are_counted(monkeypatch, tmp_path, log, passed, words):
    monkeypatch.setattr("tools.check.process.LOGS", tmp_path)
    log_of("x").write_text("=" * 10 + "\n" + log)
    assert units._counted("x", passed).words() == words
    assert tmp_path != LOGS


def test_a_python_that_is_not_there():
    assert pythons.find("3.99") is None


@pytest.mark.parametrize(
    ("name", "text", "ok"),
    [
        ("modules/a.py", "a = 1", True),
        ("modules/a.py", "if (x := 1", False),
        ("modules/a.py", "import nothing_of_the_kind", True),  # Ansible's are not there
        ("module_utils/_room/a.py", "from . import b", True),
        ("module_utils/_room/a.py", "from .._other import c", False),
        ("module_utils/_room/a.py", "nothing_of_the_kind[str]", False),
        ("module_utils/_room/a.py", "if (x := 1", False),
    ],
)
def test_a_python_tries_what_runs_on_hosts(tmp_path: Path, name: str, text: str, ok: bool) -> None:
    (tmp_path / "module_utils/_room").mkdir(parents=True)
    (tmp_path / "modules").mkdir()
    (tmp_path / "module_utils/_room/b.py").write_text("")
    (tmp_path / name).write_text(text)
    argv = [sys.executable, *pythons.TRY, str(tmp_path / name)]
    assert (subprocess.run(argv, check=False, capture_output=True).returncode == 0) is ok


def test_requirements_are_followed_to_the_pins():
    names = {path.name for path in reached(ROOT / "requirements/test.txt")}
    assert names == {"test.txt", "run.txt", "constraints.txt", "core.txt"}
