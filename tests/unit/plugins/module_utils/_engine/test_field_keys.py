"""What an engine takes over without a restart, what it does not start with, and what stays together."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import (
    config,
    daemon_json,
    daemon_keys,
    dockerd,
    live_state,
    registry_names,
    together,
)
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

PATH = "/etc/docker/daemon.json"
FIT = {"iptables": False, "live-restore": True}
SMALL = {"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "3"}}
# "Configuration reload behavior" of https://docs.docker.com/reference/cli/dockerd/, by the names of the file; the last of them
# left it with 28.0.
RELOADED = """
debug labels live-restore max-concurrent-downloads max-concurrent-uploads max-download-attempts default-runtime runtimes
authorization-plugins insecure-registries registry-mirrors shutdown-timeout features allow-nondistributable-artifacts
"""
# "a full example of the allowed configuration options on Linux", ibid.
DOCUMENTED = """
allow-nondistributable-artifacts api-cors-header authorization-plugins bip bridge builder cgroup-parent containerd
containerd-namespace containerd-plugin-namespace data-root debug default-address-pools default-cgroupns-mode default-gateway
default-gateway-v6 default-network-opts default-runtime default-shm-size default-ulimits dns dns-opts dns-search exec-opts
exec-root experimental features fixed-cidr fixed-cidr-v6 group host-gateway-ip hosts proxies icc init init-path
insecure-registries ip ip-forward ip-masq iptables ip6tables ipv6 labels live-restore log-driver log-format log-level log-opts
max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu no-new-privileges node-generic-resources
oom-score-adjust pidfile raw-logs registry-mirrors runtimes seccomp-profile selinux-enabled shutdown-timeout storage-driver
storage-opts swarm-default-advertise-addr tls tlscacert tlscert tlskey tlsverify userland-proxy userland-proxy-path userns-remap
"""


def test_the_list_of_what_is_reloaded_is_docker_s_own():
    assert set(RELOADED.split()) == daemon_keys.RELOADED


def test_every_documented_key_has_a_row():
    assert daemon_keys.unknown_to("99.0", DOCUMENTED.split()) == []


@pytest.mark.parametrize(
    "key, before, after, needs",
    [
        ("features", None, {"cdi": True}, "reload"),
        ("features", {"cdi": True}, {"cdi": True, "containerd-snapshotter": True}, "restart"),
        ("iptables", True, False, "restart"),
        ("proxies", None, {}, "restart"),
        ("log-opts", None, {}, "restart"),
        ("unheard-of", None, 1, "restart"),
    ],
)
def test_what_a_change_needs(key, before, after, needs):
    assert daemon_json.Change(key, before, after).needs == needs


def merge(current, options, flags=None, **more):
    return daemon_json.merge(current, options, {}, flags or {}, PATH, **more)


# The operator's file, flags, what is wanted, and what is in the file afterwards besides FIT.
JOURNALD = {"log-driver": "journald"}
TOGETHER = [
    ("case 01: journald in the file", JOURNALD, {}, SMALL, JOURNALD),
    ("as a flag", {}, {"log-driver": ["journald"]}, SMALL, {}),
    ("the last flag wins", {}, {"log-driver": ["journald", "json-file"]}, SMALL, {"log-opts": SMALL["log-opts"]}),
    ("a plugin's driver", {"log-driver": "loki"}, {}, SMALL, {"log-driver": "loki"}),
    ("no logs at all", {"log-driver": "none"}, {}, SMALL, {"log-driver": "none"}),
    ("local takes them too", {"log-driver": "local"}, {}, SMALL, {"log-driver": "local", "log-opts": SMALL["log-opts"]}),
    ("options as flags", {}, {"log-opts": ["max-size=1m"]}, SMALL, {"log-driver": "json-file"}),
    ("the driver's own", {"log-driver": "json-file"}, {}, SMALL, SMALL),
    (
        "options of the default driver",
        {"log-opts": {"labels": "a"}},
        {},
        {"log-driver": "journald", "log-opts": {"tag": "x"}},
        {"log-opts": {"labels": "a", "tag": "x"}},
    ),
    (
        "an option that only the wanted driver has",
        {"log-opts": {"labels": "a"}},
        {},
        {"log-driver": "syslog", "log-opts": {"syslog-facility": "daemon"}},
        {"log-opts": {"labels": "a"}},
    ),
    ("another driver that is wanted", {}, {}, JOURNALD, JOURNALD),
    (
        "storage options of another driver",
        {"storage-driver": "zfs"},
        {},
        {"storage-driver": "overlay2", "storage-opts": ["overlay2.size=1G"]},
        {"storage-driver": "zfs"},
    ),
    ("as a flag", {}, {"storage-driver": ["btrfs"]}, {"storage-opts": ["overlay2.size=1G", "btrfs.min_space=1G"]}, {"storage-opts": ["btrfs.min_space=1G"]}),
    ("labels by name", {"labels": ["rack=7"]}, {}, {"labels": ["rack=8", "row=1"]}, {"labels": ["rack=7", "row=1"]}),
    ("exec-opts by name", {"exec-opts": ["native.cgroupdriver=cgroupfs"]}, {}, {"exec-opts": ["native.cgroupdriver=systemd"]},
     {"exec-opts": ["native.cgroupdriver=cgroupfs"]}),
    ("pools are the operator's", {"default-address-pools": [{"base": "10.0.0.0/8", "size": 24}]}, {},
     {"default-address-pools": [{"base": "10.1.0.0/16", "size": 24}]}, {"default-address-pools": [{"base": "10.0.0.0/8", "size": 24}]}),
    ("a proxy that is a flag", {}, {"http-proxy": ["http://p"]}, {"proxies": {"http-proxy": "http://q", "no-proxy": "x"}}, {"proxies": {"no-proxy": "x"}}),
    ("and nothing else", {}, {"http-proxy": ["http://p"]}, {"proxies": {"http-proxy": "http://q"}}, {}),
]  # fmt: skip


@pytest.mark.parametrize("case, current, flags, options, then", TOGETHER, ids=[row[0] for row in TOGETHER])
def test_what_belongs_together_stays_together(case, current, flags, options, then):
    merged = merge(current, options, flags)
    assert merged == dict(then, **FIT)
    together.refuse_pairs(merged, flags, "28.0.0", PATH)
    assert merge(merged, options, flags) == merged


@pytest.mark.parametrize(
    "storage, written", [(None, True), ("overlay2", True), ("devicemapper", False), ("overlayfs", False)]
)
def test_the_storage_driver_in_use_is_not_changed(storage, written):
    options = {"storage-driver": "overlay2", "storage-opts": ["overlay2.size=1G"]}
    assert merge({}, options, storage=storage) == (dict(options, **FIT) if written else FIT)


@pytest.mark.parametrize(
    "current, flags, then",
    [
        ({}, {}, {"iptables": False}),
        ({"live-restore": True, "iptables": False}, {}, {"iptables": False}),
        ({"live-restore": False}, {}, {"iptables": False, "live-restore": False}),
        ({}, {"live-restore": ["false"]}, {"iptables": False}),
    ],
)
def test_case_02_no_live_restore_in_a_swarm(current, flags, then):
    assert merge(current, {"live-restore": True}, flags, swarm=True) == then


# Contents and flags with which no dockerd starts, and no validation says so; None where it does start.
PAIRS = [
    ({"icc": False}, {}, "28.0", "icc: false"),
    ({}, {"icc": ["0"]}, "28.0", "icc: false"),
    ({"icc": True}, {}, "28.0", None),
    ({"bridge": "br0", "bip": "10.0.0.1/24"}, {}, "28.0", "bridge and bip"),
    ({"bip": "10.0.0.1/24"}, {"bridge": ["br0"]}, "28.0", "bridge and bip"),
    ({"ip6tables": True}, {}, "20.10.7", "experiment"),
    ({"ip6tables": True, "experimental": True}, {}, "20.10.7", None),
    ({"ip6tables": True}, {}, "27.0.1", None),
    ({"ip6tables": True}, {}, None, None),
    ({"ip6tables": False}, {}, "20.10.7", None),
    ({"default-runtime": "nvidia"}, {}, "28.0", "no runtime of that name"),
    ({"default-runtime": "nvidia", "runtimes": {"nvidia": {"path": "x"}}}, {}, "28.0", None),
    ({"default-runtime": "nvidia"}, {"runtimes": ["nvidia=/usr/bin/x"]}, "28.0", None),
    ({"default-runtime": "io.containerd.kata.v2"}, {}, "28.0", None),
    ({"default-runtime": "runc"}, {}, "28.0", None),
    ({"labels": ["a=1", "a=2"]}, {}, "28.0", "two labels of the name a"),
    ({"labels": ["a=1", "a=1", "b"]}, {}, "28.0", None),
    ({"cgroup-parent": "/x", "exec-opts": ["native.cgroupdriver=systemd"]}, {}, "28.0", "name a slice"),
    ({"cgroup-parent": "x.slice", "exec-opts": ["native.cgroupdriver=systemd"]}, {}, "28.0", None),
    ({"log-driver": "journald", "log-opts": {"max-size": "1m"}}, {}, "28.0", "log options max-size"),
    ({"log-opts": {"max-size": "1m"}}, {"log-driver": ["journald"]}, "28.0", "log options max-size"),
    ({"log-driver": "journald"}, {"log-opts": ["max-size=1m"]}, "28.0", "log options max-size"),
    ({"log-driver": "journald", "log-opts": {"tag": "x", "mode": "non-blocking", "max-buffer-size": "4m"}}, {}, "28.0", None),
    ({"log-opts": {"max-buffer-size": "4m"}}, {}, "28.0", "non-blocking"),
    ({"log-driver": "loki", "log-opts": {"loki-url": "x"}}, {}, "28.0", None),
    ({"log-driver": "none", "log-opts": {"max-size": "1m"}}, {}, "28.0", None),
    ({"containerd-namespace": "x", "containerd-plugin-namespace": "x"}, {}, "28.0", "namespaces"),
    ({"labels": 5, "exec-opts": 5, "runtimes": 5, "log-opts": 5, "default-runtime": 5, "log-driver": []}, {}, "x", None),
]  # fmt: skip


@pytest.mark.parametrize("content, flags, version, words", PAIRS)
def test_pairs_with_which_no_engine_starts(content, flags, version, words):
    merged = dict(content, **{key: value for key, value in FIT.items() if key not in flags})
    if words is None:
        together.refuse_pairs(merged, flags, version, PATH)
        return
    with pytest.raises(ZbsError, match="dockerd does not start with") as caught:
        together.refuse_pairs(merged, flags, version, PATH)
    assert caught.value.code == "daemon_json" and words in caught.value.message and "\n" not in caught.value.message


@pytest.mark.parametrize(
    "options, words",
    [
        ({"log-opts": {"max-file": 3}}, "an object of texts"),
        ({"log-driver": "journald", "log-opts": {"max-size": "1m"}}, "journald does not take"),
        ({"log-opts": {"tags": "x"}}, "json-file does not take"),
        ({"max-concurrent-downloads": "3"}, "a whole number"),
        ({"max-concurrent-downloads": True}, "a whole number"),
        ({"debug": "yes"}, "true or false"),
        ({"dns": "10.0.0.1"}, "a list of texts"),
        ({"data-root": 5}, "a text"),
        ({"default-address-pools": ["10.0.0.0/8"]}, "a list of objects"),
        ({"runtimes": []}, "an object"),
    ],
)
def test_values_that_dockerd_can_t_read(options, words):
    with pytest.raises(ZbsError) as caught:
        daemon_json.refuse_options(options)
    assert caught.value.code == "bad_option" and words in caught.value.message


@pytest.mark.parametrize(
    "options", [SMALL, {"log-driver": "none", "log-opts": {"x": "y"}}, {"unheard-of": 1}, {"builder": {}}]
)
def test_values_that_it_can(options):
    daemon_json.refuse_options(options)


@pytest.mark.parametrize(
    "version, keys, unknown",
    [
        ("20.10.24", ["ip6tables", "debug"], []),
        ("19.03.15", ["ip6tables", "debug"], ["ip6tables"]),
        ("1.13.1", ["data-root", "live-restore", "log-opts"], ["data-root"]),
        (None, ["proxies", "default-network-opts", "features"], ["default-network-opts", "proxies"]),
        ("20.10.24", ["colour"], ["colour"]),
    ],
)
def test_keys_that_a_release_does_not_know(version, keys, unknown):
    assert daemon_keys.unknown_to(version, keys) == unknown


@pytest.mark.parametrize("said, version", [("Docker version 19.03.15, build 99e3ed8919", "19.03.15"), ("hello", None)])
def test_an_engine_that_can_t_validate_gets_no_key_that_it_may_not_know(tmp_path, said, version):
    body = 'if [ "$1" = --version ]; then echo "%s"; else echo "unknown flag: --validate" >&2; exit 125; fi' % said
    state = live_state.State(programs.write_program(tmp_path, "dockerd", body), None, {}, None, {}, None, "")
    made = config.plan("{}", PATH, {"proxies": {"no-proxy": "x"}}, {}, state)
    with pytest.raises(ZbsError, match="does not start with proxies") as caught:
        config.write(str(tmp_path / "daemon.json"), made, state, True)
    assert (version or "of this release") in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["dockerd"]


# What is restarted: the service that the engine runs as, what would be lost, containers (all of them), the reason.
RESTARTS = [
    ("docker.service", [], {"ContainersRunning": 0, "Containers": 3}, None),
    ("docker-latest.service", [], {"ContainersRunning": 0, "Containers": 0}, "runs as docker-latest.service"),
    ("", [], {"ContainersRunning": 0, "Containers": 0}, "a process that systemd did not start"),
    (None, ["data-root"], {"ContainersRunning": 0, "Containers": 1}, "another data-root"),
    (None, ["data-root"], {"ContainersRunning": 0}, "another data-root"),
    (None, ["data-root"], {"ContainersRunning": 0, "Containers": 0}, None),
]


@pytest.mark.parametrize("service, losing, info, words", RESTARTS)
def test_what_is_not_restarted(service, losing, info, words):
    state = live_state.State("p", dockerd.Running(1, {}, 1.0, service=service), {}, {}, info, None, "")
    reason = config.why_not_restart(state, True, losing)
    assert reason is None if words is None else words in reason


@pytest.mark.parametrize(
    "entry, fits",
    [
        ("r.example.com", True),
        ("r:5000", True),
        ("10.0.0.0/8", True),
        ("10.1.2.3/8", True),
        ("fd00::/8", True),
        ("[fd00::1]:5000", True),
        ("::1", True),
        ("r_x:5000", False),
        ("r:99999", False),
        ("r:x", False),
        ("a:b:c", False),
        ("10.0.0.0/99", False),
        ("10.0.0.0/255.0.0.0", False),
        ("r/x", False),
        ("-r", False),
        ("r-", False),
        ("http://r", False),
        ("r\n", False),
        ("", False),
        ("r" * 400, False),
    ],
)
def test_forms_of_insecure_registries(entry, fits):
    assert registry_names.is_insecure_entry(entry) is fits


@pytest.mark.parametrize(
    "entry, fits",
    [
        ("https://m.example.com", True),
        ("http://m:5000/", True),
        ("https://[fd00::1]:5000", True),
        ("https://m/?x=1", False),
        ("https://m#x", False),
        ("https://m/path", False),
        ("https://u:p@m", False),
        ("ftp://m", False),
        ("m:5000", False),
        ("https://m:x", False),
        ("https://", False),
        ("https://m\n", False),
        ("https://" + "m" * 400, False),
    ],
)
def test_forms_of_mirrors(entry, fits):
    assert registry_names.is_mirror(entry) is fits
