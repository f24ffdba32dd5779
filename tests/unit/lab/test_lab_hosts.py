"""What a lab host is given: its runc wrapper, its files, its place in the inventory."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from lab import hosts, inventory, keys
from lab.run import Result
from lab.settings import TARGET_IMAGE, from_environment

WRAPPER = Path(__file__).resolve().parents[3] / "lab" / "host" / "runc"
BOTH = ["CAP_CHOWN", "CAP_SYS_RESOURCE"]


@pytest.fixture(name="wrapper")
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The wrapper as a module, its real runc a script that writes down its arguments."""
    loader = importlib.machinery.SourceFileLoader("lab_runc", str(WRAPPER))
    spec = importlib.util.spec_from_loader("lab_runc", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    real = tmp_path / "runc.real"
    real.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    real.chmod(0o755)
    monkeypatch.setattr(module, "REAL", (str(tmp_path / "missing"), str(real)))
    called: list[list[str]] = []
    monkeypatch.setattr(module.os, "execv", lambda path, words: called.append([path, *words[1:]]))
    monkeypatch.setattr(module, "called", called, raising=False)
    return module


def _document(kind: str) -> dict[str, Any]:
    capabilities = {"bounding": list(BOTH), "effective": list(BOTH), "ambient": None}
    process = {"args": ["x"], "capabilities": capabilities}
    return {"ociVersion": "1", "process": process, "linux": {"x": 1}} if kind == "config" else process


@pytest.mark.parametrize(
    ("arguments", "file", "kind"),
    [
        (["--root", "/r", "create", "--bundle", "{}", "id"], "config.json", "config"),
        (["run", "--bundle={}", "id"], "config.json", "config"),
        (["create", "-b", "{}", "id"], "config.json", "config"),
        (["--log", "l", "exec", "--process", "{}/p.json", "id"], "p.json", "process"),
        (["exec", "-p", "{}/p.json", "id"], "p.json", "process"),
    ],
)
@pytest.mark.parametrize("has_it", [True, False])
def test_the_capability_is_left_out_only_where_the_machine_lacks_it(
    wrapper: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    file: str,
    kind: str,
    has_it: bool,
) -> None:
    target = tmp_path / file
    target.write_text(json.dumps(_document(kind)), encoding="utf-8")
    words = [word.format(tmp_path) for word in arguments]
    monkeypatch.setattr(sys, "argv", ["runc", *words])
    monkeypatch.setattr(wrapper, "bounding_set_has_it", lambda: has_it)
    with pytest.raises(SystemExit):  # execv is a fake here, so the loop runs past the last real runc
        wrapper.main()
    assert wrapper.called == [[str(tmp_path / "runc.real"), *words]]
    after = json.loads(target.read_text(encoding="utf-8"))
    capabilities = (after["process"] if kind == "config" else after)["capabilities"]
    expected = BOTH if has_it else ["CAP_CHOWN"]
    assert capabilities == {"bounding": expected, "effective": expected, "ambient": None}
    if kind == "config":
        assert {**after, "process": None} == {**_document(kind), "process": None}


@pytest.mark.parametrize(
    "arguments", [["state", "id"], ["delete", "--force", "id"], ["--version"], ["exec", "id", "ls"], []]
)
def test_other_calls_pass_through(wrapper: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["runc", *arguments])
    monkeypatch.setattr(wrapper, "bounding_set_has_it", lambda: False)
    with pytest.raises(SystemExit):
        wrapper.main()
    assert wrapper.called[0][1:] == arguments


def test_the_wrapper_reads_the_real_bounding_set(wrapper: Any) -> None:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    bounding = int(text.partition("CapBnd:")[2].split()[0], 16)
    assert wrapper.bounding_set_has_it() is bool(bounding & 1 << 24)


def test_without_a_real_runc_it_says_so() -> None:
    if any(os.path.exists(path) for path in ("/usr/sbin/runc.real", "/usr/bin/runc.real")):
        pytest.skip("this machine has a runc.real of its own")
    done = subprocess.run(
        ["/usr/bin/env", "python3", str(WRAPPER), "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "install the package runc" in done.stderr


def _identity() -> keys.Keys:
    pairs = {name: (f"private {name}\n", f"public {name}\n") for name in ("admin", "compute1", "compute2", "compute3")}
    return keys.Keys("lab-public\n", "admin-private\n", "admin-public\n", pairs, "172.30.0.11 key\n")


def test_the_admin_node_gets_zbsadm_its_host_list_and_its_key() -> None:
    settings = from_environment({})
    files = hosts.admin_files(settings, _identity())
    assert json.loads(files["etc/zbsadm/hosts.json"][0]) == [
        {"ip": f"172.30.0.{n}", "port": 22, "user": "root"} for n in (11, 12, 13)
    ]
    assert json.loads(files["etc/zbsadm/standin.json"][0]) == {"image": TARGET_IMAGE, "mds": "172.30.0.10"}
    assert files["usr/local/bin/zbsadm"][1] == 0o755 and files["usr/bin/zbs"][1] == 0o755
    assert files["root/.ssh/id_ed25519"] == (b"admin-private\n", 0o600)


def test_who_may_log_in_where() -> None:
    settings = from_environment({})
    on_admin, on_compute = (
        hosts._identity(settings, host, _identity())["root/.ssh/authorized_keys"][0] for host in settings.everyone[:2]
    )
    assert on_admin == b"lab-public\n"
    assert on_compute == b"lab-public\nadmin-public\n"


def test_several_admin_nodes_are_alike() -> None:
    settings = from_environment({"ZBS_LAB_ADMINS": "3"})
    files = hosts.admin_files(settings, _identity())
    assert json.loads(files["etc/zbsadm/standin.json"][0])["mds"] == "172.30.0.10,172.30.0.9,172.30.0.8"
    identity = _identity()
    identity.hosts.update(admin2=("private", "public"), admin3=("private", "public"))
    for host in settings.admins:
        assert hosts._identity(settings, host, identity)["root/.ssh/authorized_keys"][0] == b"lab-public\n"
    groups = yaml.safe_load(inventory.text(settings))["all"]["children"]
    assert list(groups["zbs_admin"]["hosts"]) == ["admin", "admin2", "admin3"]
    assert list(groups["zbs_vhost"]["hosts"]) == ["compute1", "compute2", "compute3"]


def test_secrets_are_packed_closed() -> None:
    packed = hosts._tar(hosts.admin_files(from_environment({}), _identity()))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        modes = {entry.name: stat.S_IMODE(entry.mode) for entry in tar}
        assert all(entry.uid == entry.gid == 0 for entry in tar)
    assert modes["root/.ssh"] == 0o700 and modes["root/.ssh/id_ed25519"] == 0o600 and modes["etc/zbsadm"] == 0o700


def test_the_inventory_has_the_groups_and_variables_that_the_playbooks_take() -> None:
    settings = from_environment({"ZBS_LAB_HOSTS": "2", "ZBS_LAB_CACHE": "/tmp/it's a place"})
    document = yaml.safe_load(inventory.text(settings))["all"]
    admin, vhost = document["children"]["zbs_admin"], document["children"]["zbs_vhost"]
    assert admin["hosts"] == {"admin": {"ansible_host": "172.30.0.10"}}
    assert vhost["hosts"] == {f"compute{n}": {"ansible_host": f"172.30.0.{10 + n}"} for n in (1, 2)}
    assert vhost["vars"] == {
        "zbs_hugepages_count": 64,
        "zbs_vhost_target_hugepage_size_mib": 128,
        "zbs_vhost_target_concurrency": 1,
        "zbs_docker_image": TARGET_IMAGE,
        "zbs_docker_image_archive": "/tmp/it's a place/zbs-vhost-standin.tar.gz",
    }
    assert document["vars"]["ansible_user"] == "root"
    assert document["vars"]["ansible_ssh_private_key_file"] == "/tmp/it's a place/ssh/id_ed25519"
    assert "StrictHostKeyChecking=yes" in document["vars"]["ansible_ssh_common_args"]
    assert "-i" not in document["vars"]["ansible_ssh_common_args"].split()


def test_the_inventory_tells_which_host_is_not_debian() -> None:
    settings = from_environment({"ZBS_LAB_HOSTS": "2", "ZBS_LAB_FLAVOURS": "debian el"})
    vhost = yaml.safe_load(inventory.text(settings))["all"]["children"]["zbs_vhost"]
    assert [entry.get("zbs_lab_flavour") for entry in vhost["hosts"].values()] == [None, "el"]


def test_keys_are_made_for_all_and_only_the_labs_own_stays_on_disk(tmp_path: Path) -> None:
    settings = from_environment({"ZBS_LAB_CACHE": str(tmp_path / "cache"), "ZBS_LAB_HOSTS": "1"})
    made = keys.make(settings)
    assert sorted(path.name for path in settings.ssh.iterdir()) == ["id_ed25519", "id_ed25519.pub", "known_hosts"]
    assert stat.S_IMODE((settings.ssh / "id_ed25519").stat().st_mode) == 0o600
    lines = (settings.ssh / "known_hosts").read_text(encoding="ascii").splitlines()
    assert [line.split()[0] for line in lines] == ["172.30.0.10,admin", "172.30.0.11,compute1"]
    assert [line.split()[2] for line in lines] == [made.hosts[name][1].split()[1] for name in ("admin", "compute1")]
    assert keys.make(settings).lab_public != made.lab_public


@pytest.mark.parametrize(
    ("refusal", "drops"),
    [
        ("", [True]),
        ("Error response from daemon: invalid CapDrop: capability not supported by your kernel", [True, False]),
        ("Error response from daemon: no space left on device", [True, True]),
    ],
)
def test_a_capability_is_taken_away_where_the_engine_knows_it(
    monkeypatch: pytest.MonkeyPatch, refusal: str, drops: list[bool]
) -> None:
    made: list[bool] = []

    def call(*words: str, **_options: object) -> Result:
        if words[0] != "create":
            return Result(words, 0, "", "")
        made.append("--cap-drop" in words)
        return Result(words, int(bool(refusal) and made == [True]), "", refusal)

    monkeypatch.setattr(hosts.docker, "docker", call)
    monkeypatch.setattr(hosts, "_identity", lambda *_: {})
    settings = from_environment({})
    hosts.start(settings, settings.computes[0], "image", keys.Keys("", "", ""))
    assert made == drops
