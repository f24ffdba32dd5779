"""What a probe tells of a target's volumes, and that not knowing is never none."""

import json
import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, probe, probe_inside


def test_an_engine_that_hangs_leaves_a_target_that_answers_its_volumes(folder, docker):
    docker(body="exec sleep 100")
    answers = dict(GOOD, vhost_get_controllers=[target.controller("c")], bdev_get_bdevs=[])
    started = time.monotonic()
    with Peer(folder + "/admin.sock", target.behave(answers)):
        health = probe_inside(folder, timeout=1.0)
    assert time.monotonic() - started < 1.5
    assert (health["status"], health["container"]["answer"]) == ("Connected", "silent")
    assert [item["controller"] for item in health["volumes"]] == ["c"]


def test_who_does_not_answer_tells_no_volumes(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", lambda conn, _request: conn.recv(1)):
        health = probe(folder, timeout=1.0)
    assert (health["protocols"]["vhost"]["verdict"], health["volumes"]) == ("hung", None)


def test_volume_sockets_that_are_served_forbid_a_heal(folder, docker):
    docker(**target.NO_CONTAINER)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/zbs-bdev-1")
        sock.listen(1)
        assert probe(folder)["status"] == "Unknown"


def test_volumes_and_what_is_broken_of_them(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    paths = {name: os.path.join(folder, name) for name in ("good", "nobdev", "dead", "gone")}
    with socket.socket(socket.AF_UNIX) as good, socket.socket(socket.AF_UNIX) as nobdev:
        for sock, name in ((good, "good"), (nobdev, "nobdev")):
            sock.bind(paths[name])
            sock.listen(1)
            sock.setblocking(False)
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(paths["dead"])
            dead.listen(1)
        controllers = [
            target.controller("good", socket=paths["good"], sessions=2),
            target.controller("nobdev", None, paths["nobdev"]),
            target.controller("dead", socket=paths["dead"]),
            target.controller("gone", socket=paths["gone"]),
        ]
        bdevs = [{"name": "good", "block_size": 4096}, {"name": "dead", "block_size": "x"}, {"name": 5}]
        answers = dict(GOOD, vhost_get_controllers=controllers, bdev_get_bdevs=bdevs)
        with Peer(folder + "/admin.sock", target.behave(answers)) as peer:
            health = probe_inside(folder)
            assert [json.loads(request)["method"] for request in peer.requests] == [
                "spdk_get_version",
                "vhost_get_controllers",
                "bdev_get_bdevs",
            ]
        volumes = health["volumes"]
        for sock in (good, nobdev):  # a volume's socket is never connected to
            with pytest.raises(BlockingIOError):
                sock.accept()
    assert [(item["controller"], item["broken"], item["sessions"]) for item in volumes] == [
        ("good", False, 2),
        ("nobdev", True, 0),
        ("dead", True, 0),
        ("gone", True, 0),
    ]
    assert volumes[0]["bdev"] == "good" and volumes[0]["socket"] == paths["good"]
    assert [item["block_size"] for item in volumes] == [4096, None, None, None]
    assert len(health["warnings"]) == 1 and "3 of the target's 4 volumes are broken" in health["warnings"][0]


NO_LIST: list = [None, {}, "x", [1, None, "x"]]
WRONG = [[{}], [{"ctrlr": "c", "socket": 5, "backend_specific": []}], [{"sessions": 3}]]


@pytest.mark.parametrize("controllers", NO_LIST)
def test_no_list_of_controllers_is_not_knowing_instead_of_none(folder, docker, controllers):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", target.behave(dict(GOOD, vhost_get_controllers=controllers))):
        health = probe_inside(folder)
    assert (health["status"], health["volumes"], health["warnings"]) == ("Unknown", None, [])
    assert "in a shape that is not SPDK's), so it is not known what it serves" in health["reason"]


@pytest.mark.parametrize("controllers", WRONG)
def test_controllers_of_another_shape_are_broken_and_their_sessions_unknown(folder, docker, controllers):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", target.behave(dict(GOOD, vhost_get_controllers=controllers))):
        health = probe_inside(folder)
    assert health["status"] == "Connected"
    assert all(volume["broken"] and volume["sessions"] is None for volume in health["volumes"])


@pytest.mark.parametrize("name", [["c"], {"c": 1}, None, 7, ""])
def test_a_controller_whose_name_is_none_has_none(folder, docker, name):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    controllers = [dict(target.controller("c", socket="/s/\0"), ctrlr=name)]
    with Peer(folder + "/admin.sock", target.behave(dict(GOOD, vhost_get_controllers=controllers))):
        health = probe_inside(folder)
    assert [(volume["controller"], volume["broken"]) for volume in health["volumes"]] == [(None, True)]


def test_bdevs_that_cannot_be_listed_are_a_warning(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    answers = dict(GOOD, vhost_get_controllers=[target.controller("c")])
    with Peer(folder + "/admin.sock", target.behave(answers)):
        health = probe_inside(folder)
    assert health["status"] == "Connected" and "bdevs could not be listed" in health["warnings"][0]
    assert health["volumes"][0]["block_size"] is None


def test_more_broken_volumes_than_a_sentence_holds_are_counted(folder, docker):
    docker(**target.NO_CONTAINER)
    names = ["v1", "v2", "v3", "v4", "v5"]
    answers = dict(
        GOOD,
        vhost_get_controllers=[target.controller(name, bdev=None) for name in names],
        bdev_get_bdevs=[{"name": 7, "block_size": 512}, {"name": "v1", "block_size": "512"}, {"name": "v2"}],
    )
    with Peer(folder + "/admin.sock", target.behave(answers)):
        health = probe_inside(folder)
    assert "5 of the target's 5 volumes are broken (v1, v2, v3 and 2 more)" in health["warnings"][0]
