"""The code on a host: whole or not there, the old one kept while it is in use."""

import base64
import fcntl
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._node import install
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

CODE, OTHER = "1" * 32, "0" * 32
ROOMS = Path(install.__file__).resolve().parent.parent
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "universal_newlines": True}


def bundle(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return base64.b64encode(packed.getvalue()).decode()


def archive():
    """The real code."""
    return bundle({str(path.relative_to(ROOMS)): path.read_text() for path in ROOMS.glob("_*/*.py")})


def run(argv, question=""):
    """(exit status, output, errors) of a program."""
    process = subprocess.Popen(argv, **PIPES)
    out, err = process.communicate(question, timeout=60)
    return process.returncode, out, err


@pytest.fixture
def folder(tmp_path):
    """A folder with the real code in it."""
    path = str(tmp_path / "code")
    install.install(path, CODE, archive())
    return path


def look(folder, question):
    status, out, err = run([os.path.join(folder, "current", "look")], json.dumps(question))
    assert status == 0, err
    return json.loads(out)


def test_it_lies_there_and_answers(folder):
    assert install.installed(folder, CODE) and install.versions(folder) == [CODE]
    told = look(folder, {"hash": OTHER, "params": {}, "check_mode": False})
    assert told["declined"] == "the code on the host is %s, the controller's is %s" % (CODE, OTHER)


def test_it_is_compiled_and_nobody_else_may_write_to_it(folder):
    home = os.path.join(folder, CODE)
    compiled = [name for _root, _folders, names in os.walk(home) for name in names if name.endswith(".pyc")]
    assert len(compiled) > 50
    for root, _folders, names in os.walk(home):
        for name in [root, *(os.path.join(root, name) for name in names)]:
            assert os.stat(name).st_mode & 0o022 == 0, name


def test_the_guard_checks_its_options(folder, tmp_path):
    config = tmp_path / "guard.json"
    config.write_text('{"host_ip": "h", "window": 1}')
    argv = [os.path.join(folder, "current", "guard"), "--check-config", "--config", str(config)]
    status, _out, err = run(argv)
    assert status == 2 and err.startswith("Error: %s can't be used: window is 1; give 2.0" % config)
    config.write_text('{"host_ip": "h"}')
    status, out, _err = run(argv)
    assert (status, out) == (0, "%s is fine\n" % config)


def test_a_new_version_takes_the_link_and_the_old_one_goes_when_nobody_runs_it(folder):
    install.install(folder, OTHER, bundle({"_tools/x.py": "", "_look/look.py": "", "_guard/program.py": ""}))
    assert os.readlink(os.path.join(folder, "current")) == OTHER
    handle = os.open(os.path.join(folder, CODE), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    install.sweep(folder, OTHER)
    assert CODE in install.versions(folder)
    os.close(handle)
    install.sweep(folder, OTHER)
    assert install.versions(folder) == [OTHER]


def test_a_program_that_runs_keeps_its_version(folder):
    argv = [os.path.join(folder, "current", "look")]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        while not install._in_use(os.path.join(folder, CODE)):
            assert process.poll() is None
        assert install.unused(folder, OTHER) == []
    finally:
        process.communicate(b"{}", timeout=60)


def test_half_a_version_is_replaced(folder):
    os.unlink(os.path.join(folder, CODE, "look"))
    assert not install.installed(folder, CODE)
    install.install(folder, CODE, archive())
    assert install.installed(folder, CODE)


def test_a_version_without_a_file_says_so_by_its_status(folder):
    os.unlink(os.path.join(folder, CODE, "zbs_vhost", "_tick", "phases.py"))
    status, out, _err = run([os.path.join(folder, "current", "look")], "{}")
    assert status != 0 and out == ""


def test_a_write_that_fails_leaves_nothing_half(tmp_path, monkeypatch):
    path = str(tmp_path / "code")

    def full(_path, _text, _mode):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(install, "_file", full)
    with pytest.raises(ZbsError, match="No space left on device"):
        install.install(path, CODE, archive())
    assert os.listdir(path) == []


@pytest.mark.parametrize(
    "archive, said",
    [
        ("%%%", "no archive of this collection"),
        (base64.b64encode(b"junk").decode(), "no archive of this collection"),
        (bundle({"_tools/x.py": b"\xff"}), "no archive of this collection"),
        (bundle({"../evil.py": ""}), "it holds ../evil.py"),
        (bundle({"/etc/evil.py": ""}), "it holds /etc/evil.py"),
        (bundle({"_tools/deep/er.py": ""}), "it holds _tools/deep/er.py"),
        (bundle({"_tools/x.so": ""}), "it holds _tools/x.so"),
        (bundle({"_tools/x.py": "x" * (17 * 1024 * 1024)}), "it is larger than"),
    ],
)
def test_an_archive_that_is_none_of_ours(tmp_path, archive, said):
    with pytest.raises(ZbsError) as caught:
        install.install(str(tmp_path / "code"), OTHER, archive)
    assert said in caught.value.message and not (tmp_path / "code").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(ZbsError, match="everyone can write to its folder"):
        install.install(str(place), OTHER, bundle({"_tools/x.py": ""}))


@pytest.mark.parametrize("name", ["", "x", "../../etc", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"])
def test_a_name_that_is_no_version(name):
    with pytest.raises(ZbsError):
        install.check_hash(name)


def test_removing_takes_what_is_ours_and_nothing_else(folder):
    theirs = os.path.join(folder, "theirs")
    open(theirs, "w").close()
    os.mkdir(os.path.join(folder, ".zbs-1.tmp"))
    assert install.remove(folder) is True
    assert os.listdir(folder) == ["theirs"]
    os.unlink(theirs)
    assert install.remove(folder) is True and not os.path.exists(folder)
    assert install.remove(folder) is False


def test_removing_what_cannot_be_removed(folder, monkeypatch):
    def refuse(_path):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(install.shutil, "rmtree", refuse)
    with pytest.raises(ZbsError, match="remove it by hand"):
        install.remove(folder)


def test_it_runs_on_the_python_that_put_it_there(folder):
    with open(os.path.join(folder, "current", "look"), encoding="utf-8") as handle:
        assert handle.readline() == "#!%s -IS\n" % sys.executable
