"""`zbs status mds`: the management nodes, and which of them leads."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from zbsadm_site import CLIENT, Site, site_fixture  # noqa: F401

from lab.zbsadm import mds

NODES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


@pytest.mark.parametrize(
    ("living", "statuses"),
    [
        (NODES, ["leader", "follower", "follower"]),
        (NODES[1:], ["offline", "leader", "follower"]),
        (NODES[2:], ["offline", "offline", "leader"]),
        ([], ["offline", "offline", "offline"]),
    ],
)
def test_the_first_that_lives_leads(living: list[str], statuses: list[str]) -> None:
    rows = mds.status(NODES, lambda address: address in living)
    assert [row["status"] for row in rows] == statuses
    assert rows[1] == {
        "addr": "10.0.0.2:6700",
        "dummyAddr": "10.0.0.2:7700",
        "externalAddr": "10.0.0.2:6700",
        "status": statuses[1],
    }


def test_a_node_that_is_frozen_accepts_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not mds.answers("127.0.0.1", port, seconds=0.2)
        server.accept()[0].close()  # the one that got no word
        thread = threading.Thread(target=lambda: server.accept()[0].sendall(b"SSH-2.0-x"))
        thread.start()
        assert mds.answers("127.0.0.1", port, seconds=5)
        thread.join()
    assert not mds.answers("127.0.0.1", port, seconds=0.2)


def test_a_cluster_that_names_no_nodes_is_the_one_that_is_asked(site: Site) -> None:
    done = site.run("status", "mds", "--format", "json", program="usr/bin/zbs")
    document = json.loads(done.stdout)
    assert document["error"]["code"] == 0
    assert [row["status"] for row in document["result"]] == ["leader"]


def test_a_client_is_told_every_node(site: Site) -> None:
    site.settings(mds=",".join(NODES))
    site.host.log_in(user="admin", port=2222, key=False)
    assert site.answer(*CLIENT)["error"]["code"] == 0
    text = (site.host.root / "etc/zbs/client.conf").read_text(encoding="utf-8")
    assert "mds.listen.addr=10.0.0.1:6666,10.0.0.2:6666,10.0.0.3:6666\n" in text


@pytest.mark.parametrize("value", ["10.0.0.1,", "node1", "10.0.0.1 10.0.0.2", "10.0.0.1:6700"])
def test_nodes_are_addresses(site: Site, value: str) -> None:
    assert site.run("standin", "set", "mds", value).returncode == 1
