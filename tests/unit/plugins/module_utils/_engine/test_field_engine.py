"""The engine that really runs, as the field has it: names, spellings, namespaces, backends, dates, environments."""

import json
import os
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import (
    daemon_file,
    docker_engine,
    dockerd,
    firewall,
    flags,
    live_state,
    names,
)
from ansible_collections.zstack.zbs.plugins.module_utils._observe import container
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, hosts_engine, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.hosts_engine import HEX, process

SNAP = "dockerd --group docker --config-file=/var/snap/docker/100/config/daemon.json"
HOST = "/usr/bin/dockerd -H fd://"
OTHER = "dockerd --iptables=false"
SYSTEMD = {"cgroup": "/system.slice/docker.service"}
NESTED_PID = {"ns": (2, 2)}


# Words of a command line, whether they are an engine's, and what it does to the firewall by its flags (None: they don't say).
COMMAND_LINES = [
    ("dockerd", True, None),
    (HOST, True, None),
    ("/usr/bin/dockerd-current --add-runtime x=/y", True, None),
    ("/usr/bin/dockerd-latest", True, None),
    ("/usr/libexec/docker/dockerd --iptables=false", True, False),
    ("/nix/store/x/bin/.dockerd-wrapped", True, None),
    ("/usr/bin/mobyd", True, None),
    ("/usr/bin/docker daemon --iptables=false", True, False),
    ("/usr/bin/docker-current daemon", True, None),
    ("docker -d -iptables=false", True, False),
    (SNAP, True, None),
    ("dockerd --validate --config-file /x", False, None),
    ("dockerd --version", False, None),
    ("/bin/sh /usr/bin/dockerd-rootless.sh", False, None),
    ("dockerd-rootless.sh", False, None),
    ("docker run -d x", False, None),
    ("docker ps", False, None),
    ("vim /usr/bin/dockerd", False, None),
    ("/usr/bin/docker-proxy -proto tcp", False, None),
    ("containerd --config /run/docker/containerd.toml", False, None),
    ("dockerd --iptables=0", True, False),
    ("dockerd --iptables=f", True, False),
    ("dockerd --iptables=F", True, False),
    ("dockerd --iptables=FALSE", True, False),
    ("dockerd --iptables=False", True, False),
    ("dockerd --iptables=1", True, True),
    ("dockerd --iptables=T", True, True),
    ("dockerd --iptables", True, True),
    ("dockerd --iptables=false --iptables", True, True),
    ("dockerd --iptables --iptables=0", True, False),
    ("dockerd --iptables=no", True, None),
    ("dockerd --iptables=fALSE", True, None),
    ("dockerd -- --iptables=false", True, None),
    ("dockerd -Dl debug --iptables=false", True, False),
    ("dockerd --ip6tables=false", True, None),
]


@pytest.mark.parametrize("line, engine, changes", COMMAND_LINES)
def test_command_lines(tmp_path, line, engine, changes):
    process(tmp_path, 100, line)
    found = dockerd.running(str(tmp_path))
    assert (found is not None) is engine
    if found:
        said = found.flags.get("iptables")
        assert (flags.flag_bool(said) if said else None) is changes


def firewall_of(flags_, in_force=None, chains=False, backend=None):
    return live_state.iptables_of(flags_, in_force, lambda: chains, backend)[0]


@pytest.mark.parametrize(
    "flags_, in_force, chains, backend, answer",
    [
        ({"iptables": ["no"]}, {"iptables": False}, False, None, "unknown"),  # no spelling that dockerd starts with
        ({"iptables": ["true", "F"]}, None, True, None, "off"),
        ({}, {"iptables": None}, False, None, "on"),
        ({}, {"iptables": 0}, False, None, "on"),
        ({}, {"any": {"iptables": False}}, False, None, "off"),  # dockerd takes members of an object for keys
        ({}, {"features": {"iptables": False}}, False, None, "on"),
        ({}, None, True, None, "on"),
        ({}, None, False, None, "off"),
        ({}, None, None, None, "unknown"),
        ({}, None, False, "nftables", "unknown"),
        ({}, {"iptables": False}, None, "nftables", "off"),
    ],
)
def test_what_it_does_to_the_firewall(flags_, in_force, chains, backend, answer):
    assert firewall_of(flags_, in_force, chains, backend) == answer


# Processes as {pid: (command line, what else is known of it)}, which of them is the host's, and how many others are told of.
HOSTS = [
    ("case 04: a container's own", {100: (HOST, SYSTEMD), 200: (OTHER, NESTED_PID)}, 100, 0),
    ("the nested one is older", {100: (HOST, {"started": 500.0}), 90: (OTHER, dict(NESTED_PID, started=1.0))}, 100, 0),
    ("kind, docker-in-docker", {200: (OTHER, {"ns": (2, 2), "cgroup": "/docker/%s/init" % HEX})}, None, 0),
    ("with the host's processes", {200: (OTHER, {"ns": (1, 2), "cgroup": "/docker/" + HEX})}, None, 0),
    ("and its mounts too", {200: (OTHER, {"ns": (1, 1), "cgroup": "/system.slice/docker-%s.scope" % HEX})}, None, 0),
    ("of a pod", {200: (OTHER, {"ns": (1, 2), "cgroup": "/kubepods.slice/kubepods-burstable.slice/x"})}, None, 0),
    ("of podman", {200: (OTHER, {"ns": (1, 2), "cgroup": "/machine.slice/libpod-%s.scope" % HEX})}, None, 0),
    ("of LXC", {200: (OTHER, {"cgroup": "/lxc.payload.web/system.slice/docker.service"})}, None, 0),
    ("of systemd-nspawn", {200: (OTHER, {"cgroup": "/machine.slice/systemd-nspawn@web.service/x"})}, None, 0),
    ("one that the kernel tells", {200: (OTHER, {"nspid": "200 7"})}, None, 0),
    ("mounts of its own (MountFlags)", {100: (HOST, {"ns": (1, 2), **SYSTEMD})}, 100, 0),
    ("case 06: snap's", {100: (SNAP, {"ns": (1, 2)})}, 100, 0),
    (
        "snap's by its cgroup",
        {100: ("dockerd", {"ns": (1, 2), "cgroup": "/system.slice/snap.docker.dockerd.service"})},
        100,
        0,
    ),
    ("rootless", {100: ("dockerd --rootless", {"uid": 1000})}, None, 1),
    ("rootless beside the host's", {100: (HOST, {"uid": 0}), 200: ("dockerd", {"uid": 1000})}, 100, 1),
    ("rootless=false is none", {100: ("dockerd --rootless=false", {"uid": 0})}, 100, 0),
    ("a bootstrap engine", {90: ("dockerd -H unix:///run/boot.sock", {"started": 1.0}), 100: (HOST, {})}, 100, 0),
    ("another name in argv", {100: (["engine"], {"exe": "/usr/bin/dockerd (deleted)"})}, 100, 0),
    ("one that only validates", {100: ("dockerd --validate --config-file /x", {"exe": "/usr/bin/dockerd"})}, None, 0),
    (
        "what it starts of itself",
        {100: (HOST, {"exe": "/usr/bin/dockerd"}), 101: ("docker-untar /", {"exe": "/usr/bin/dockerd", "parent": 100})},
        100,
        0,
    ),
]


@pytest.mark.parametrize("host, processes, pid, others", HOSTS, ids=[row[0] for row in HOSTS])
def test_which_one_is_the_host_s(tmp_path, host, processes, pid, others):
    hosts_engine.first_process(tmp_path)
    for number, (words, more) in processes.items():
        process(tmp_path, number, words, **more)
    found, left_out = dockerd.find(str(tmp_path))
    assert (found and found.pid) == pid, host
    assert len(left_out) == others and all("user 1000" in words for words in left_out)


def test_a_host_that_is_a_container_itself(tmp_path):
    """As a lab's is, where the kernel shows the outer cgroup."""
    hosts_engine.first_process(tmp_path, "/docker/%s/init.scope" % HEX)
    process(tmp_path, 100, HOST, cgroup="/docker/%s/system.slice/docker.service" % HEX, ns=(1, 1))
    process(tmp_path, 200, OTHER, cgroup="/docker/%s/docker/%s" % (HEX, HEX[::-1]), ns=(1, 1), started=1.0)
    assert dockerd.running(str(tmp_path)).pid == 100


def test_the_one_in_the_pid_file(tmp_path):
    process(tmp_path, 90, HOST, started=1.0)
    process(tmp_path, 100, HOST)
    fake_host.write(tmp_path, "run/docker.pid", "100")
    assert dockerd.running(str(tmp_path)).pid == 100


@pytest.mark.parametrize(
    "cgroup, service",
    [
        (None, None),
        ("/system.slice/docker.service", "docker.service"),
        ("/system.slice/docker-latest.service", "docker-latest.service"),
        ("/user.slice/user-0.slice/session-1.scope", ""),
    ],
)
def test_the_service_that_it_runs_as(tmp_path, cgroup, service):
    process(tmp_path, 100, HOST, cgroup=cgroup)
    assert dockerd.running(str(tmp_path)).service == service


@pytest.mark.parametrize("path", ["snap/docker/current", "var/lib/snapd/snap/docker/current", None])
def test_snap_s_engine_is_refused_by_name(tmp_path, path):
    if path:
        (tmp_path / path).mkdir(parents=True)
    else:
        process(tmp_path, 100, SNAP)
    with pytest.raises(ZbsError) as caught:
        live_state.refuse_unfit(dockerd.find(str(tmp_path))[0], str(tmp_path))
    assert caught.value.code == "engine_unfit" and "snap remove docker" in caught.value.message


@pytest.mark.parametrize(
    "text, podmans",
    [
        ('#!/bin/sh\n[ -e /etc/containers/nodocker ] || \\\necho x >&2\nexec /usr/bin/podman "$@"\n', True),
        ('#!/bin/sh\nexec docker.real "$@"\n', False),
        ("\x7fELF podman", False),
    ],
)
def test_podman_s_docker(tmp_path, text, podmans):
    path = fake_host.write(tmp_path, "usr/bin/docker", text)
    path.chmod(0o755)
    assert dockerd.is_podmans(str(tmp_path)) is podmans
    if podmans:
        with pytest.raises(ZbsError, match="podman-docker"):
            live_state.refuse_unfit(None, str(tmp_path))


def test_podman_s_docker_by_a_link(tmp_path):
    target = fake_host.write(tmp_path, "usr/bin/podman", "\x7fELF")
    target.chmod(0o755)
    os.symlink(str(target), str(tmp_path / "usr/bin/docker"))
    assert dockerd.is_podmans(str(tmp_path)) is True


# What the firewall's programs say, and whether Docker's chains are there. `legacy`: the kernel's tables of the older iptables.
NFT = "table ip docker-bridges {\n\tchain filter-FORWARD {\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}"
NFT6 = "table ip6 docker-bridges {\n\tchain filter-FORWARD {\n\t}\n}"
EMPTY = "-P FORWARD ACCEPT"
FIREWALLS = [
    ("case 07: nftables", {"iptables": EMPTY, "nft": NFT}, "", None, True),
    ("iptables-nft by nft alone", {"nft": "table ip filter {\n\tchain DOCKER-USER {\n\t}\n}"}, "", None, True),
    ("for IPv6 alone", {"iptables": EMPTY, "nft": NFT6}, "", None, False),
    (
        "an engine outside",
        {"iptables": EMPTY, "nft": "table ip nat {\n\tchain DOCKER_OUTPUT {\n\t}\n}"},
        "",
        None,
        False,
    ),
    ("neither", {"iptables": EMPTY, "nft": "table inet firewalld {\n}"}, "", None, False),
    ("nft alone", {"nft": ""}, "", None, False),
    ("no nft, an old engine", {"iptables": EMPTY}, "", False, False),
    ("no nft, not told", {"iptables": EMPTY}, "", None, False),
    ("no nft, a new engine", {"iptables": EMPTY}, "", True, None),
    ("an nft that fails, an old engine", {"iptables": EMPTY, "nft": None}, "", False, False),
    ("an nft that fails, not told", {"iptables": EMPTY, "nft": None}, "", None, None),
    ("an iptables that fails", {"iptables": None, "nft": ""}, "", False, None),
    ("nothing", {}, "", False, None),
    (
        "legacy tables by their program",
        {"iptables": "v1.8 (nf_tables)", "iptables-legacy": "-N DOCKER"},
        "nat",
        False,
        True,
    ),
    ("legacy tables and none of them", {"iptables": "v1.8 (nf_tables)", "iptables-legacy": EMPTY}, "nat", False, False),
    ("legacy tables without it", {"iptables": "v1.8 (nf_tables)"}, "nat", False, None),
    ("the older one by itself", {"iptables": "v1.4.21"}, "nat", False, False),
    ("nft's chains beside the older one", {"iptables": "(legacy)", "iptables-nft": "-N DOCKER"}, "", False, True),
]


@pytest.mark.parametrize("host, tools, legacy, native, there", FIREWALLS, ids=[row[0] for row in FIREWALLS])
def test_signs_of_docker_in_the_firewall(tmp_path, monkeypatch, host, tools, legacy, native, there):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    for name, text in tools.items():
        body = "exit 4" if text is None else programs.answering(text)
        programs.write_program(tmp_path / "bin", name, body)
    fake_host.write(tmp_path, "proc/net/ip_tables_names", legacy)
    assert firewall.docker_chains(Deadline(20), native, str(tmp_path)) is there


# daemon.json as bytes, and what prepare takes the engine for that starts with it.
FILES = [
    (b'\xef\xbb\xbf{"iptables": false}', False),  # case 03
    ('{"iptables": false}'.encode("utf-16"), False),
    (b"\xfe\xff" + '{"iptables": false}'.encode("utf-16-be"), False),
    (b'{"iptables": true, "iptables": false}', False),  # dockerd takes the last one
    (b'{"iptables": false, "iptables": true}', True),
    (b'{"proxies": {"iptables": false}}', False),
    (b'{"iptables": "false"}', True),
    (b'{"iptables": false} // mine', True),
    (b'{"iptables": false, "mtu": NaN}', True),
    (b'{"iptables": false, "mtu": 1e999}', True),
    (b'{"iptables": false, "labels": ["\xe9"]}', True),
    (b"\xff\xfe{}", True),
    (b"\xef\xbb\xbf", True),
    (b"null", True),
]


@pytest.mark.parametrize("data, changes", FILES)
def test_one_reader_of_the_file(tmp_path, monkeypatch, data, changes):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    (tmp_path / "proc").mkdir()
    path = fake_host.write(tmp_path, "etc/docker/daemon.json", "")
    path.write_bytes(data)
    assert docker_engine.look(Deadline(20), "/none", str(tmp_path)).iptables is changes
    assert (live_state.content(str(path)).get("iptables") is not False) is changes


@pytest.mark.parametrize("unit, changes", [("--config-file /data/d.json", True), ("--iptables=0", False), ("", False)])
def test_case_05_an_engine_that_is_down_starts_with_what_its_unit_says(tmp_path, monkeypatch, unit, changes):
    shown = (
        "ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd -H fd:// %s ; ignore_errors=no ; pid=0 }" % unit
    )
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    programs.write_program(tmp_path / "bin", "systemctl", programs.answering(shown))
    (tmp_path / "proc").mkdir()
    fake_host.write(tmp_path, "etc/docker/daemon.json", '{"iptables": false}')
    found = docker_engine.look(Deadline(20), "/none", str(tmp_path))
    assert found.iptables is changes
    assert found.config_file == ("/data/d.json" if "data" in unit else "/etc/docker/daemon.json")


def test_the_file_that_is_named_on_the_command_line_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    process(tmp_path, 100, "dockerd --config-file=/data/x.json --config-file /data/d.json")
    fake_host.write(tmp_path, "etc/docker/daemon.json", "{}")
    path = fake_host.write(tmp_path, "data/d.json", '{"iptables": false}')
    os.utime(str(path), (1000, 1000))
    programs.write_program(tmp_path / "bin", "iptables", programs.answering(EMPTY))
    state = live_state.look(None, Deadline(20), "/none", str(tmp_path))
    assert (state.path, state.iptables) == (str(path), "off")
    with pytest.raises(ZbsError) as caught:
        live_state.look(str(tmp_path / "etc/docker/daemon.json"), Deadline(20), "/none", str(tmp_path))
    assert caught.value.code == "config_file" and "/data/d.json" in caught.value.message
    assert live_state.look(str(path), Deadline(20), "/none", str(tmp_path)).path == str(path)


# Dates relative to the start of the engine (the file's, a backup's, when the backup was made; the clock then in the pid file),
# and what the engine was started with.
DATES = [
    ("an older file", -10, None, None, 0, "file"),
    ("a younger file", 10, None, None, 0, None),
    ("its backup", 10, -20, 5, 0, "backup"),
    ("a backup that was replaced before the start", 10, -20, -15, 0, None),
    ("a clock that ran behind at the start", -10, None, None, -3600, None),
    ("a clock that ran ahead at the start", -10, None, None, 3600, "file"),
]


@pytest.mark.parametrize("case, file, backup, made, ahead, answer", DATES, ids=[row[0] for row in DATES])
def test_what_it_was_started_with(tmp_path, monkeypatch, case, file, backup, made, ahead, answer):
    now = time.time()
    start = now - 900
    process(tmp_path, 100, HOST)
    pidfile = fake_host.write(tmp_path, "run/docker.pid", "100")
    os.utime(str(pidfile), (start + ahead, start + ahead))
    path = fake_host.write(tmp_path, "etc/docker/daemon.json", '{"from": "file"}')
    os.utime(str(path), (start + file, start + file))
    if backup is not None:
        name = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime(start + made))
        kept = fake_host.write(tmp_path, "etc/docker/daemon.json.%s~" % name, '{"from": "backup"}')
        os.utime(str(kept), (start + backup, start + backup))
    found = daemon_file.in_force(str(path), dockerd.running(str(tmp_path), lambda: now).started)
    assert (found and found["from"]) == answer


@pytest.mark.parametrize("chains, answer", [(EMPTY, "off"), ("-N DOCKER", "on"), (None, "unknown")])
def test_a_date_alone_proves_nothing(tmp_path, monkeypatch, chains, answer):
    """`cp -p` and packages bring a file of an old date after the start: the firewall must not say otherwise."""
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    body = "exit 4" if chains is None else programs.answering(chains)
    programs.write_program(tmp_path / "bin", "iptables", body)
    process(tmp_path, 100, HOST)
    path = fake_host.write(tmp_path, "etc/docker/daemon.json", '{"iptables": false}')
    os.utime(str(path), (1000, 1000))
    assert live_state.look(None, Deadline(20), "/none", str(tmp_path)).iptables == answer


def test_an_uptime_that_is_not_the_kernel_s_tells_no_start(tmp_path):
    process(tmp_path, 100, HOST, started=5000.0)  # lxcfs shows the container's uptime
    assert dockerd.running(str(tmp_path)).started == 0.0


# Case 12: root's environment, which may name any engine.
ENVIRONMENTS = [
    {"DOCKER_HOST": "unix:///run/podman/podman.sock"},
    {"DOCKER_HOST": "ssh://root@other"},
    {"DOCKER_CONTEXT": "desktop-linux"},
    {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/none"},
    {"DOCKER_API_VERSION": "1.10"},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_host_s_engine_is_asked(tmp_path, monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "log"
    names = "DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION DOCKER_CONFIG"
    body = 'for name in %s; do eval "echo $name=\\$$name"; done >>%s; exit 1' % (names, log)
    docker = programs.write_program(tmp_path, "docker", body)
    monkeypatch.setenv("DOCKER_CONFIG", "/root/.docker")  # the logins of registries
    (tmp_path / "h/proc").mkdir(parents=True)
    live_state.info(Deadline(20), docker)
    docker_engine.look(Deadline(20), docker, str(tmp_path / "h"))
    container.inspect_container("x", Deadline(20), docker)
    lines = log.read_text().splitlines()
    asked = "DOCKER_HOST=unix:///var/run/docker.sock DOCKER_CONTEXT= DOCKER_TLS_VERIFY= DOCKER_CERT_PATH= DOCKER_API_VERSION="
    assert lines == (asked + " DOCKER_CONFIG=/root/.docker").split() * 3


def test_podman_s_words_are_its_answer_too():
    assert live_state.is_podman(
        live_state.read_info("", "Emulate Docker CLI using podman. Create /etc/containers/nodocker")
    )
    assert live_state.is_podman(live_state.read_info("podman version 4.9.4\n"))
    assert live_state.read_info("hello podman") == live_state.read_info("[1]") == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"ServerVersion": "4.9.3", "BuildahVersion": "1.33", "ContainersRunning": 0, "LiveRestoreEnabled": False},
        {"host": {"os": "linux"}, "store": {}, "version": {"Version": "4.9.3"}},
    ],
)
def test_podman_s_answer_is_no_engine_s(tmp_path, answer):
    docker = programs.write_program(tmp_path, "docker", programs.answering(json.dumps(answer)))
    assert live_state.info(Deadline(20), docker) == {}
    (tmp_path / "h/proc").mkdir(parents=True)
    found = docker_engine.look(Deadline(20), docker, str(tmp_path / "h"))
    assert not found.active and "podman" in found.unfit


def test_prepare_says_what_can_t_be_worked_with(tmp_path):
    process(tmp_path, 100, SNAP)
    found = docker_engine.look(Deadline(20), "/none", str(tmp_path))
    assert found.installed and "snap" in found.unfit


@pytest.mark.parametrize(
    "since, file, chains, changes",
    [
        (-10, False, EMPTY, False),
        (10, False, "-N DOCKER", True),
        (10, False, None, False),
        (10, True, None, True),
        (10, True, EMPTY, True),
    ],
)
def test_what_prepare_takes_a_running_engine_for(tmp_path, monkeypatch, since, file, chains, changes):
    """It is started before or after the file was changed; where nothing tells, its file does, since nothing is restarted."""
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    programs.write_program(tmp_path / "bin", "iptables", "exit 4" if chains is None else programs.answering(chains))
    process(tmp_path, 100, HOST)
    path = fake_host.write(tmp_path, "etc/docker/daemon.json", json.dumps({"iptables": file}))
    changed = time.time() - 900 + since
    os.utime(str(path), (changed, changed))
    assert docker_engine.look(Deadline(20), "/none", str(tmp_path)).iptables is changes


def test_a_systemd_that_hangs_is_detail_for_prepare(tmp_path, monkeypatch):
    monkeypatch.setattr(docker_engine, "UNIT_SECONDS", 0.2)
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    programs.write_program(tmp_path / "bin", "systemctl", "exec sleep 100")
    (tmp_path / "proc").mkdir()
    found = docker_engine.look(Deadline(20), str(programs.write_program(tmp_path, "docker", "exit 1")), str(tmp_path))
    assert found.iptables is True and found.detail


def test_what_is_no_file_or_too_large_is_said(tmp_path, monkeypatch):
    os.mkfifo(str(tmp_path / "fifo"))
    large = fake_host.write(tmp_path, "large", "x" * 100)
    monkeypatch.setattr(daemon_file.daemon_text, "MOST", 50)
    for path, words in ((tmp_path / "fifo", "it is no file"), (large, "it is larger than")):
        with pytest.raises(ZbsError, match=words):
            daemon_file.read(str(path))
    assert daemon_file.doubtful(str(tmp_path / "none"), 1.0) is False


@pytest.mark.parametrize("words", ["docker", "docker -D", "docker --debug -H fd:// daemon"])
def test_a_client_that_is_no_daemon(words):
    assert names.arguments(words.split()) is None
