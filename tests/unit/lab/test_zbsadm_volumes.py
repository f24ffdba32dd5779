"""create-bdev and delete-bdev on a listening target; client deploy, cluster ls and zbs."""

from __future__ import annotations

import json
import os

import pytest
from zbsadm_site import (  # noqa: F401
    BDEV,
    CLIENT,
    CLUSTER,
    CREATE,
    DELETE,
    HOST,
    PASSWORD,
    Site,
    Target,
    site_fixture,
    target_fixture,
)

OK = {"success": True, "error": {"code": 0, "message": ""}}
MISSING = {"code": -19, "message": "No such device"}
MISSING_CONTROLLER = {"code": -32602, "message": "No such device"}


def test_create_makes_bdev_then_controller(site: Site, target: Target) -> None:
    assert site.answer(*CREATE) == OK
    assert target.asked == [
        {"method": "bdev_zbs_create", "params": {"file": "pool1/vol1_zbs_", "name": BDEV}},
        {"method": "vhost_create_blk_controller", "params": {"ctrlr": BDEV, "dev_name": BDEV}},
    ]


def test_create_of_what_is_there_fails_with_spdks_words(site: Site, target: Target) -> None:
    target.answers["bdev_zbs_create"] = {"code": -17, "message": "File exists"}
    code, message = site.failure(*CREATE)
    assert code == 410032
    assert message == f"{BDEV}: bdev_zbs_create failed: File exists (SPDK's code -17)"
    assert [call["method"] for call in target.asked] == ["bdev_zbs_create"]


def test_create_rolls_nothing_back(site: Site, target: Target) -> None:
    target.answers["vhost_create_blk_controller"] = {"code": -32602, "message": "File exists"}
    assert site.failure(*CREATE)[0] == 410032
    assert [call["method"] for call in target.asked] == ["bdev_zbs_create", "vhost_create_blk_controller"]


@pytest.mark.parametrize("volume", ["pool1/vol1", "pool1/vol1_zbs_x", "pool1/_zbs_"])
def test_create_without_the_marker(site: Site, target: Target, volume: str) -> None:
    code, message = site.failure("vhost", "create-bdev", "--host", HOST, "--volume", volume, "--name", BDEV, "--silent")
    assert (code, "_zbs_" in message) == (410041, True)
    assert target.asked == []


def test_volume_names_need_not_be_ascii(site: Site, target: Target) -> None:
    site.answer("vhost", "create-bdev", "--host", HOST, "--volume", "池1/卷_zbs_", "--name", BDEV, "--silent")
    assert target.asked[0]["params"]["file"] == "池1/卷_zbs_"


def test_delete_takes_controller_then_bdev(site: Site, target: Target) -> None:
    assert site.answer(*DELETE) == OK
    assert target.asked == [
        {"method": "vhost_delete_controller", "params": {"ctrlr": BDEV}},
        {"method": "bdev_zbs_delete", "params": {"name": BDEV}},
    ]


def test_delete_of_a_bdev_without_a_controller(site: Site, target: Target) -> None:
    target.answers["vhost_delete_controller"] = MISSING_CONTROLLER
    assert site.answer(*DELETE) == OK


def test_delete_of_what_is_not_there(site: Site, target: Target) -> None:
    target.answers.update(vhost_delete_controller=MISSING_CONTROLLER, bdev_zbs_delete=MISSING)
    code, message = site.failure(*DELETE)
    assert (code, "bdev_zbs_delete failed: No such device (SPDK's code -19)" in message) == (410032, True)


def test_delete_under_a_vm_keeps_the_bdev(site: Site, target: Target) -> None:
    target.answers["vhost_delete_controller"] = {"code": -32602, "message": "Device or resource busy"}
    assert site.failure(*DELETE)[0] == 410032
    assert [call["method"] for call in target.asked] == ["vhost_delete_controller"]


def test_delete_that_spdk_never_answers(site: Site, target: Target) -> None:
    site.settings(answer_timeout=1)
    target.answers["vhost_delete_controller"] = None
    code, message = site.failure(*DELETE)
    assert (code, "vhost_delete_controller" in message) == (410033, True)
    assert [call["method"] for call in target.asked] == ["vhost_delete_controller"]


def test_nobody_listens(site: Site) -> None:
    code, message = site.failure(*CREATE)
    assert (code, message) == (410031, "Nobody listens on /var/zbsvhost/sockets/admin.sock: No such file or directory")


def test_a_left_over_socket(site: Site, target: Target) -> None:
    target.close()
    code, message = site.failure(*CREATE)
    assert (code, "Connection refused" in message) == (410031, True)


def test_client_deploy_always_takes_the_login(site: Site) -> None:
    site.host.log_in(user="admin", port=2222, key=False)
    assert site.answer(*CLIENT) == {"error": {"code": 0, "message": ""}}
    config = (site.host.root / "etc/zbs/client.conf").read_text()
    assert "mds.listen.addr=192.0.2.10:6666\n" in config
    done = site.run("client", "deploy", "--host", HOST, "--silent")
    assert (done.returncode, "--password" in done.stderr) == (2, True)


def test_client_deploy_that_fails_carries_no_success(site: Site) -> None:
    document = site.answer(*CLIENT)
    assert set(document) == {"error"}
    assert document["error"]["code"] == 410001


def test_client_deploy_on_a_host_that_can_not_be_written(site: Site) -> None:
    site.host.log_in(user="admin", port=2222)
    (site.host.root / "etc").write_text("no folder\n")
    assert site.answer(*CLIENT)["error"]["code"] == 410051


def test_cluster_ls(site: Site) -> None:
    document = site.answer(*CLUSTER)
    assert document["error"] == {"code": 0, "message": ""}
    assert "success" not in document
    assert [cluster["UUId"] for cluster in document["clusters"]] == ["6f1f8c0e-5d3a-4a1b-9d5e-2f6f6c7a8b90"]
    assert not site.run("cluster", "ls").stdout.startswith("{")


@pytest.mark.parametrize(
    ("version", "quirk", "status"),
    [
        ("1.5.0", "auto", 0),
        ("1.5.1", "auto", 1),
        ("1.5.10", "auto", 1),
        ("1.6.0", "auto", 1),
        ("1.6.1", "auto", 0),
        ("1.10.0", "auto", 0),
        ("1.6.0", "off", 0),
        ("1.6.1", "on", 1),
    ],
)
def test_cluster_ls_quirk(site: Site, version: str, quirk: str, status: int) -> None:
    site.settings(version=version, cluster_ls_quirk=quirk)
    document = site.answer(*CLUSTER, status=status)
    assert document["error"]["code"] == 0
    assert ("UUId" in document["clusters"][0]) == (version != "1.5.0")


class TestZbs:
    """The other program."""

    def _list(self, site: Site, pool: str) -> dict:
        done = site.run("list", "file", "--pool", pool, "--format", "json", program="usr/bin/zbs")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def test_it_lists_a_pool(self, site: Site) -> None:
        pools = site.root / "pools"
        (pools / "pool1" / "folder").mkdir(parents=True)
        for name in ("vol2", "vol1"):
            (pools / "pool1" / name).write_bytes(b"x" * 10)
        os.truncate(pools / "pool1" / "vol2", 1 << 24)
        site.settings(pools=str(pools))
        document = self._list(site, "pool1")
        assert document["error"] == {"code": 0, "message": ""}
        assert [(file["fileName"], file["length"]) for file in document["result"]] == [("vol1", 10), ("vol2", 1 << 24)]
        site.settings(list_file_result="fileInfo")
        assert self._list(site, "pool1")["result"] == {"fileInfo": document["result"]}

    def test_it_lists_the_pools(self, site: Site) -> None:
        (site.root / "pools" / "lpool10").mkdir(parents=True)
        (site.root / "pools" / "lpool1").mkdir()
        (site.root / "pools" / "lpool1" / "vol1").write_bytes(b"x" * 10)
        site.settings(pools=str(site.root / "pools"), physical_pool="pool7")
        done = site.run("list", "logical-pool", "--format", "json", program="usr/bin/zbs")
        document = json.loads(done.stdout)
        assert (done.returncode, document["error"], "success" in document) == (0, {"code": 0, "message": ""}, False)
        (group,) = document["result"]
        shown = [
            (row["logicalPoolName"], row["physicalPoolName"], row["usedSize"]) for row in group["logicalPoolInfos"]
        ]
        assert shown == [("lpool1", "pool7", 10), ("lpool10", "pool7", 0)]

    def test_a_cluster_without_pools(self, site: Site) -> None:
        site.settings(pools=str(site.root / "none"))
        done = site.run("list", "logical-pool", "--format", "json", program="usr/bin/zbs")
        assert json.loads(done.stdout)["result"] == [{"logicalPoolInfos": []}]

    def test_an_unknown_pool(self, site: Site) -> None:
        document = self._list(site, "nope")
        assert document["error"]["code"] == 410061
        assert "kPoolNotExists" in document["error"]["message"]
        assert "success" not in document

    @pytest.mark.parametrize("pool", ["../etc", "a/b", "", "-x", "a;b"])
    def test_a_pool_that_is_no_name(self, site: Site, pool: str) -> None:
        done = site.run("list", "file", "--pool", pool, "--format", "json", program="usr/bin/zbs")
        assert (done.returncode, done.stdout) == (2, "")

    def test_a_fault_hits_it_only_by_name(self, site: Site) -> None:
        site.standin("fail", "--always")
        assert self._list(site, "nope")["error"]["code"] == 410061
        site.standin("fail", "--command", "zbs list file", "--code", "7")
        assert self._list(site, "nope")["error"]["code"] == 7


def test_no_password_in_the_hosts_process_list(site: Site) -> None:
    site.host.log_in(user="admin", port=2222)
    site.answer(*CLIENT)
    assert PASSWORD not in json.dumps([connection["argv"] for connection in site.connections()])


class TestClients:
    """Who has a volume open, from what the targets of the hosts really have."""

    PATH = ("list", "client", "--path", "pool1/vol1", "--format", "json")

    @pytest.fixture
    def pools(self, site: Site) -> None:
        """One volume, and a second host in the list."""
        (site.root / "pools" / "pool1").mkdir(parents=True)
        (site.root / "pools" / "pool1" / "vol1").write_bytes(b"x" * 10)
        site.settings(pools=str(site.root / "pools"))
        site.hosts([{"ip": HOST}, {"ip": "192.0.2.12"}])

    def _zbs(self, site: Site, *words: str, status: int = 0) -> dict:
        done = site.run(*words, program="usr/bin/zbs")
        assert (done.returncode, done.stderr) == (status, "")
        return json.loads(done.stdout)

    @pytest.mark.parametrize(
        ("files", "clients"),
        [
            ([], []),
            (["pool1/vol2_zbs_", "pool1/vol1", "pool10/vol1_zbs_"], []),
            (["pool1/vol1_zbs_"], [{"ip": HOST, "port": 9001}]),
            (["pool1/vol1_zbs_"] * 2, [{"ip": HOST, "port": 9001}, {"ip": HOST, "port": 9002}]),
        ],
    )
    @pytest.mark.usefixtures("pools")
    def test_the_hosts_whose_target_has_it(
        self, site: Site, target: Target, files: list[str], clients: list[dict]
    ) -> None:
        bdevs = [
            {"name": f"b{number}", "driver_specific": {"zbs": {"file": file}}} for number, file in enumerate(files)
        ]
        target.results["bdev_get_bdevs"] = [*bdevs, {"name": "m", "driver_specific": {}}]
        assert self._zbs(site, *self.PATH) == {"error": {"code": 0, "message": ""}, "result": clients}
        # The other host is not there: it has nothing open.
        assert sorted(connection["ip"] for connection in site.connections()) == [HOST, "192.0.2.12"]

    @pytest.mark.usefixtures("pools")
    def test_no_target_no_client(self, site: Site) -> None:
        assert self._zbs(site, *self.PATH)["result"] == []

    @pytest.mark.usefixtures("pools")
    def test_a_target_that_does_not_answer_is_not_taken_for_none(self, site: Site, target: Target) -> None:
        site.settings(answer_timeout=1)
        target.answers["bdev_get_bdevs"] = None
        document = self._zbs(site, *self.PATH)
        assert (document["error"]["code"], "result" in document) == (410033, False)

    @pytest.mark.usefixtures("pools")
    def test_a_volume_that_is_not_there(self, site: Site) -> None:
        document = self._zbs(site, "list", "client", "--path", "pool1/none", "--format", "json")
        assert "status code: kFileNotExists" in document["error"]["message"]

    @pytest.mark.parametrize("path", ["pool1", "../etc/x", "pool1/vol1/x", "", "-x"])
    def test_a_path_that_is_none(self, site: Site, path: str) -> None:
        done = site.run("list", "client", "--path", path, "--format", "json", program="usr/bin/zbs")
        assert (done.returncode, done.stdout) == (2, "")

    def test_an_older_release_has_no_path(self, site: Site) -> None:
        asked = ("list", "client", "--help")
        assert "--path" in site.run(*asked, program="usr/bin/zbs").stdout
        site.standin("set", "list_client_path", "off")
        done = site.run(*asked, program="usr/bin/zbs")
        assert (done.returncode, "--path" in done.stdout) == (0, False)
        done = site.run(*self.PATH, program="usr/bin/zbs")
        assert (done.returncode, "unknown flag: --path" in done.stderr) == (2, True)

    @pytest.mark.usefixtures("pools")
    def test_its_faults(self, site: Site) -> None:
        site.standin("garbage", "--command", "zbs list client")
        assert site.run(*self.PATH, program="usr/bin/zbs").stdout.startswith("panic")
        site.standin("slow", "0.1", "--command", "zbs list client")
        assert self._zbs(site, *self.PATH)["result"] == []
        assert site.standin("calls", "--command", "zbs list client", "--count") == "2\n"
