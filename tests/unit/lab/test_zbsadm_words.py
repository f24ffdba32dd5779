"""The command line: what is refused before anything is done, and that no value becomes code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from zbsadm_site import (  # noqa: F401
    BDEV,
    CREATE,
    DEPLOY,
    HOST,
    LOGIN,
    PASSWORD,
    REPOSITORY,
    Site,
    Target,
    site_fixture,
    target_fixture,
)

from lab.zbsadm import hosts, install, ssh
from lab.zbsadm.settings import Settings


def _with(words: tuple[str, ...], flag: str, value: str) -> list[str]:
    """The same words with another value for a flag."""
    changed = [*words]
    changed[changed.index(flag) + 1] = value
    return changed


JUNK = ["", " ", "1.2.3.4; rm -rf /", "$(id)", "`id`", "a'b", 'a"b', "a\nb", "-oProxyCommand=id", "--privileged", "a b"]


@pytest.mark.parametrize(
    ("words", "flag", "junk"),
    [
        (DEPLOY, "--host", ["localhost", "1.2.3", "1.2.3.4.5", "::1", "1.2.3.4/24", "01.2.3.4"]),
        (DEPLOY, "--cpuset", ["4,5", "[4,5", "[]", "[4,]", "[5-4]", "[a]", "[0] -v /:/host", "0x3"]),
        (DEPLOY, "--hugepage-size", ["0", "-1", "1.5", "128M", "99999999", "²"]),
        (CREATE, "--volume", ["vol1_zbs_", "/vol1_zbs_", "pool1/", "pool1/../x_zbs_", "../etc/x_zbs_", "a/b/c_zbs_"]),
        (CREATE, "--name", ["../x", "a/b", ".x", "a" * 256]),
    ],
)
def test_values_that_are_refused(site: Site, words: tuple[str, ...], flag: str, junk: list[str]) -> None:
    for value in JUNK + junk:
        done = site.run(*_with(words, flag, value))
        assert (done.returncode, done.stdout) == (2, ""), value
        assert done.stderr.startswith("Error: "), value
        assert flag in done.stderr, value
    assert site.connections() == []


@pytest.mark.parametrize("value", ["hugepages", "/dev/../etc", "/dev/huge pages", "/a:/b", "/", "/dev/hugepages,ro"])
def test_folders_that_are_refused(site: Site, value: str) -> None:
    assert site.run(*DEPLOY, "--hugepage-dir", value).returncode == 2
    assert site.connections() == []


@pytest.mark.parametrize(
    ("flag", "value"), [("--port", "0"), ("--port", "65536"), ("--port", "22x"), ("-u", "-x"), ("-u", "a b")]
)
def test_logins_that_are_refused(site: Site, flag: str, value: str) -> None:
    site.login_dialect()
    done = site.run(*DEPLOY, *_with(LOGIN, flag, value))
    assert done.returncode == 2
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("vhost",),
        ("vhost", "status", "--host", HOST),
        ("deploy",),
        DEPLOY[:-1],
        (*DEPLOY, "extra"),
        (*DEPLOY, "--force"),
        (*DEPLOY, "-f"),
        (*DEPLOY, "--silent"),
        (*DEPLOY, "--silent=yes"),
        (*DEPLOY, "--hugepage-dir"),
        ("vhost", "deploy", "--hos", HOST, "--cpuset", "[0]", "--silent"),
        ("vhost", "deploy", "--host", HOST, "--silent"),
        ("cluster", "ls", "--format", "yaml"),
        ("cluster", "ls", "--host", HOST),
    ],
)
def test_command_lines_that_are_refused(site: Site, words: tuple[str, ...]) -> None:
    done = site.run(*words)
    if not words:
        assert (done.returncode, "STAND-IN" in done.stdout) == (0, True)
        return
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert site.connections() == []


def test_glued_values(site: Site) -> None:
    site.login_dialect()
    login = ("--port=2222", "-uadmin", f"-p{PASSWORD}")
    assert site.answer("vhost", "deploy", f"--host={HOST}", "--cpuset=[0]", "--hugepage-size=128", "--silent", *login)[
        "success"
    ]


def test_a_password_never_becomes_code(site: Site) -> None:
    owned = Path("/tmp/zbsadm-test-owned")
    owned.unlink(missing_ok=True)
    site.login_dialect()
    assert site.answer(*DEPLOY, *LOGIN)["success"] is True
    assert not owned.exists()


def test_what_is_said_about_itself(site: Site) -> None:
    site.settings(version="1.5.1", dialect="login")
    version = site.run("--version")
    assert (version.returncode, version.stdout) == (0, "zbsadm 1.5.1 (zstack.zbs stand-in, login dialect)\n")
    assert site.run("--version", program="usr/bin/zbs").stdout.split()[1] == "1.5.1"
    text = site.run("--help").stdout
    assert "STAND-IN" in text
    for command in (
        "vhost deploy",
        "vhost destroy",
        "vhost create-bdev",
        "vhost delete-bdev",
        "client deploy",
        "cluster ls",
    ):
        assert command in text
        assert site.run(*command.split(), "--help").returncode == 0
    for verb in ("fail", "garbage", "empty", "hang", "slow", "echo-password", "clear", "show", "set", "calls"):
        assert verb in site.run("standin", "--help").stdout


def test_a_bug_is_one_sentence(site: Site) -> None:
    (site.root / "admin" / install.LIBRARY / "zbsadm/remote/deploy.py").unlink()
    done = site.run(*DEPLOY)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (70, "", 1)
    assert site.calls()[0]["outcome"] == "broken"


def test_ssh_gets_no_value_but_address_port_user_and_key() -> None:
    login = hosts.Login(HOST, 2222, "ops", "/key")
    words = ssh.argv(login, Settings())
    assert words[0] == "ssh"
    assert words[-9:] == ["-T", "-p", "2222", "-l", "ops", HOST, "--", "python3", "-"]
    secret = ssh.argv(hosts.Login(HOST, password="top-secret"), Settings())
    assert secret[:3] == ["sshpass", "-e", "ssh"]
    assert "top-secret" not in " ".join(secret)


def test_the_program_sent_holds_values_as_data() -> None:
    values = {"name": "'''\"\\\n); import os; os._exit(9) #", "do": "create"}
    done = subprocess.run(
        [sys.executable, "-"], input=ssh.program("bdev", values), capture_output=True, text=True, timeout=30
    )
    # It fails, for the values lack the socket; what counts is that the name was not run.
    assert "KeyError" in done.stderr
    assert done.returncode == 1


def test_the_archive_is_the_installation(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(install.archive())) as tar:
        for member in tar.getmembers():
            assert member.isfile()
            assert not member.name.startswith("/")
            assert (member.uid, member.gid) == (0, 0)
            target = tmp_path / "untarred" / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
            target.chmod(member.mode)
    install.install(tmp_path / "installed")
    found = [
        {path.relative_to(root): (path.read_bytes(), path.stat().st_mode) for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "untarred", tmp_path / "installed")
    ]
    assert found[0] == found[1]
    assert Path("usr/local/bin/zbsadm") in found[0]
    assert Path("usr/bin/zbs") in found[0]


def test_install_as_a_command(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "lab.zbsadm.install"]
    done = subprocess.run([*words, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    environment = {**os.environ, "ZBSADM_STANDIN_ETC": str(tmp_path)}
    version = subprocess.run(
        [tmp_path / "usr/local/bin/zbsadm", "--version"], env=environment, capture_output=True, text=True, timeout=30
    )
    assert "stand-in" in version.stdout
    wrong = subprocess.run([*words, "/no/such"], cwd=REPOSITORY, capture_output=True, text=True, timeout=30)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_noise_on_stdout_of_the_login_is_no_answer(site: Site, target: Target) -> None:
    """The fake sshd prints a banner; an rc file could print a result's look-alike before the step does."""
    site.host.log_in(path=str(site.host.root / "bin"))
    python = site.host.root / "bin" / "python3"
    real = os.readlink(python)
    python.unlink()
    python.write_text(f"#!/bin/sh\necho '{ssh.RESULT}{json.dumps({'found': {}})} '\nexec {real} \"$@\"\n")
    python.chmod(0o755)
    target.answers["bdev_zbs_create"] = {"code": -17, "message": "File exists"}
    assert site.failure(*CREATE)[0] == 410032
    assert BDEV in CREATE
