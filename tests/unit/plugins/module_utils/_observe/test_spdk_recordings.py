"""The client understands what real SPDK was recorded to answer."""

import json
import os
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import spdk
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, short_folder

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "spdk-rpc"


def recordings(name):
    """The recorded calls of a version that are one request and one answer."""
    with open(FOLDER / name, encoding="utf-8") as handle:
        return [
            item
            for item in json.load(handle)
            if isinstance(item.get("request"), dict)
            and isinstance(item.get("response"), dict)
            and "id" in item["request"]
        ]


@pytest.mark.parametrize("name", ["v24.01.json", "v26.05.json"])
def test_every_recorded_answer_is_understood(name):
    items = recordings(name)
    assert len(items) > 20, "the recordings of %s are missing" % name
    turn = iter(items)

    def behave(conn, request):
        item = next(turn)
        sent = json.loads(request)
        assert {key: value for key, value in sent.items() if key != "id"} == {
            key: value for key, value in item["request"].items() if key != "id"
        }
        conn.sendall(json.dumps(dict(item["response"], id=sent["id"])).encode() + b"\n")

    with short_folder() as folder, Peer(os.path.join(folder, "s"), behave) as peer:
        for item in items:
            request, response = item["request"], item["response"]
            if "error" in response:
                with pytest.raises(spdk.SpdkError) as caught:
                    spdk.call(peer.path, request["method"], Deadline(20), request.get("params"))
                assert caught.value.rpc_code == response["error"]["code"]
                assert response["error"]["message"] in caught.value.message
            else:
                answer = spdk.call(peer.path, request["method"], Deadline(20), request.get("params"))
                assert answer.result == response["result"]
