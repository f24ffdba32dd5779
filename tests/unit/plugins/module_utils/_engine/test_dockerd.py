"""dockerd as a program: its flags by their names in the file, in a unit and in a process."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import dockerd
from ansible_collections.zstack.zbs.plugins.module_utils._engine import unit as engine_unit
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs


@pytest.mark.parametrize(
    "words, flags",
    [
        ([], {}),
        (["-H", "fd://", "--containerd=/run/c.sock"], {"hosts": ["fd://"], "containerd": ["/run/c.sock"]}),
        (["-Hfd://"], {"hosts": ["fd://"]}),
        (["--iptables=false"], {"iptables": ["false"]}),
        (["--iptables", "--debug"], {"iptables": ["true"], "debug": ["true"]}),
        (["--live-restore", "extra"], {"live-restore": ["true"]}),
        (["-iptables=false"], {"iptables": ["false"]}),
        (["-H=fd://"], {"hosts": ["fd://"]}),
        (["-Dl", "debug"], {"debug": ["true"], "log-level": ["debug"]}),
        (["-D", "-g", "/data"], {"debug": ["true"], "data-root": ["/data"]}),
        (["--insecure-registry", "a:1", "--insecure-registry=b:1"], {"insecure-registries": ["a:1", "b:1"]}),
        (["--log-opt", "max-size=1m", "--label", "x=1"], {"log-opts": ["max-size=1m"], "labels": ["x=1"]}),
        (["--registry-mirror=http://m/?a=b"], {"registry-mirrors": ["http://m/?a=b"]}),
        (["--", "word", "-"], {}),
    ],
)
def test_flags_by_their_names_in_the_file(words, flags):
    assert dockerd.flags_of(words) == flags


def test_the_program_is_found_outside_path_too(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert dockerd.program(str(tmp_path)) is None
    programs.write_program(tmp_path / "usr/sbin", "dockerd", "exit 0")
    assert dockerd.program(str(tmp_path)) == str(tmp_path / "usr/sbin/dockerd")


def test_a_docker_command_alone_is_no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    programs.write_program(tmp_path / "usr/bin", "docker", "echo podman version 4.9.4")
    assert dockerd.program(str(tmp_path)) is None


def write_dockerd(root, pid, words, started=100.0, uptime=1000.0):
    fake_host.write_process(root, pid, "dockerd", "S", started, uptime)
    fake_host.write(root, "proc/%d/cmdline" % pid, "\0".join(words) + "\0")


def test_the_running_one_with_its_flags_and_its_start(tmp_path):
    write_dockerd(tmp_path, 77, ["/usr/bin/dockerd", "--iptables=false"], 400.0)
    found = dockerd.running(str(tmp_path), lambda: 5000.0)
    assert (found.pid, found.flags, round(found.since)) == (77, {"iptables": ["false"]}, 4400)


@pytest.mark.parametrize("words", [["sleep", "dockerd"], ["sh", "-c", "dockerd"], ["/usr/bin/containerd"], [""]])
def test_other_processes_are_none(tmp_path, words):
    write_dockerd(tmp_path, 77, words)
    assert dockerd.running(str(tmp_path)) is None


def test_of_two_the_older_one(tmp_path):
    write_dockerd(tmp_path, 200, ["dockerd"], 300.0)
    write_dockerd(tmp_path, 100, ["dockerd"], 500.0)
    assert dockerd.running(str(tmp_path)).pid == 200


def test_an_engine_in_a_container_is_somebody_else_s(tmp_path):
    write_dockerd(tmp_path, 200, ["dockerd"])
    for pid, namespace in (("self", "mnt:[1]"), ("200", "mnt:[2]")):
        folder = tmp_path / "proc" / pid / "ns"
        folder.mkdir(parents=True)
        os.symlink(namespace, str(folder / "mnt"))
    assert dockerd.running(str(tmp_path)) is None


def unit(tmp_path, monkeypatch, lines, rc=0):
    """docker.service as systemctl shows it."""
    programs.write_program(tmp_path / "bin", "systemctl", programs.answering("\n".join(lines), rc=rc))
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    return engine_unit.look(Deadline(20), str(tmp_path)).flags


def started_by(argv):
    return "ExecStart={ path=/usr/bin/dockerd ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }" % argv


def test_flags_of_the_unit(tmp_path, monkeypatch):
    lines = [started_by("/usr/bin/dockerd -H fd:// --iptables=false"), "Environment=", "EnvironmentFiles="]
    assert unit(tmp_path, monkeypatch, lines) == {"hosts": ["fd://"], "iptables": ["false"]}


def test_variables_of_the_unit_are_put_in(tmp_path, monkeypatch):
    fake_host.write(
        tmp_path,
        "etc/sysconfig/docker",
        "# by the package\nOPTIONS='--live-restore --log-level warn'\nROOT=/data\nEMPTY=\n",
    )
    lines = [
        started_by("/usr/bin/dockerd $OPTIONS --data-root=${ROOT} $EMPTY $MISSING $MORE"),
        'Environment="MORE=--label a=1" OTHER=x',
        "EnvironmentFiles=/etc/sysconfig/docker (ignore_errors=yes)",
        "EnvironmentFiles=/etc/none (ignore_errors=yes)",
    ]
    assert unit(tmp_path, monkeypatch, lines) == {
        "live-restore": ["true"],
        "log-level": ["warn"],
        "data-root": ["/data"],
        "labels": ["a=1"],
    }


@pytest.mark.parametrize("lines", [[], ["ExecStart="], [started_by("/usr/bin/podman system service")]])
def test_no_unit_of_dockerd(tmp_path, monkeypatch, lines):
    assert unit(tmp_path, monkeypatch, lines) == {}


@pytest.mark.parametrize(
    "lines, enabled",
    [
        (["UnitFileState=enabled"], True),
        (["UnitFileState=enabled", started_by("/usr/bin/dockerd")], True),
        (["UnitFileState=disabled", started_by("/usr/bin/dockerd")], False),
        (["UnitFileState=enabled-runtime"], False),
        (["UnitFileState=masked"], False),
        (["UnitFileState="], False),
        (["UnitFileState=enabled", "UnitFileState=disabled"], False),
        ([], False),
    ],
)
def test_whether_a_boot_starts_it(lines, enabled):
    assert engine_unit.parse("\n".join(lines), lambda _path: {}).enabled is enabled


def test_no_systemd(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    assert engine_unit.look(Deadline(20), str(tmp_path)).flags == {}


def test_a_systemd_that_hangs_is_said(tmp_path, monkeypatch):
    programs.write_program(tmp_path / "bin", "systemctl", "exec sleep 100")
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    with pytest.raises(ZbsError) as caught:
        engine_unit.look(Deadline(0.3), str(tmp_path))
    assert caught.value.code == "systemd"


def test_one_that_ends_while_it_is_looked_at_is_none(tmp_path):
    fake_host.write(tmp_path, "proc/77/cmdline", "dockerd\0")  # its stat is gone already
    (tmp_path / "proc/78/cmdline").mkdir(parents=True)  # stands for a file that can't be read any more
    assert dockerd.running(str(tmp_path)) is None


def test_words_of_a_unit_with_a_quote_that_does_not_close(tmp_path, monkeypatch):
    lines = [started_by("/usr/bin/dockerd --label 'a=1"), "Environment=X='y"]
    assert unit(tmp_path, monkeypatch, lines) == {"labels": ["'a=1"]}


def test_a_variable_that_is_empty_leaves_no_empty_word(tmp_path, monkeypatch):
    lines = [started_by("/usr/bin/dockerd ${NOTHING} --debug x${NOTHING}y"), "Environment="]
    assert unit(tmp_path, monkeypatch, lines) == {"debug": ["true"]}
