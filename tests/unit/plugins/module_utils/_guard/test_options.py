"""The guard's options: what can't be is refused in a sentence that names it."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import options
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

WRONG = [
    ({"hots_ip": "h"}, "it has the unknown option hots_ip; remove it"),
    ({}, "it has neither host_ip nor container_name"),
    ({"host_ip": 7}, "host_ip is 7; give a text"),
    ({"host_ip": "h", "window": "20"}, "window is '20'; give a number"),
    ({"host_ip": "h", "window": True}, "window is True; give a number"),
    ({"host_ip": "h", "window": 600}, "window is 600; give 2.0 to 60.0"),
    ({"host_ip": "h", "window": float("nan")}, "window is nan; give 2.0 to 60.0"),
    ({"host_ip": "h", "flap_limit": 0}, "flap_limit is 0; give 1 to 1000"),
    ({"host_ip": "h", "flap_limit": 2.5}, "flap_limit is 2.5; give a number"),
    ({"host_ip": "h", "facts_dir": "facts"}, "facts_dir is 'facts'; give an absolute path"),
    ({"host_ip": "h", "tell_url": "ftp://x"}, "tell_url is 'ftp://x'; give http://HOST:PORT/PATH or https://"),
    ({"host_ip": "h", "tell_url": "http://"}, "give http://HOST:PORT/PATH"),
    ({"host_ip": "h", "tell_url": "http://h:port/"}, "give http://HOST:PORT/PATH"),
    ({"host_ip": "h", "tell_url": "http://[h/"}, "give http://HOST:PORT/PATH"),
    ({"host_ip": "h", "tell_url": "http://u:p@h/"}, "has a login in it; put the token into tell_token_file"),
]


@pytest.mark.parametrize("values, said", WRONG)
def test_what_cannot_be(values, said):
    with pytest.raises(ZbsError) as caught:
        options.check(values, "/etc/guard.json")
    assert said in caught.value.message and caught.value.message.startswith("/etc/guard.json can't be used: ")
    assert ":p@" not in caught.value.message


def test_the_defaults():
    found = options.check({"host_ip": "192.0.2.1", "tell_url": "https://h:8443/x?y=1"}, "f")
    assert (found.window, found.flap_limit, found.tell_after) == (20.0, 3, 5.0)
    assert found.settings().container_name == "zbsvhost-192.0.2.1"
    assert all(hasattr(found, name) for name in options.KNOWN)


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "not JSON that can be understood"),
        ("[]", "it is not an object"),
        ('"' + "x" * 70000 + '"', "larger than"),
        ("[" * 60000, "not JSON that can be understood"),
        (b"\xff", "not JSON that can be understood"),
    ],
)
def test_a_file_that_is_no_options(tmp_path, text, said):
    path = tmp_path / "guard.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ZbsError, match=said):
        options.read(str(path))


def test_a_file_that_is_fine(tmp_path):
    path = tmp_path / "guard.json"
    path.write_text(json.dumps({"host_ip": "h"}))
    assert options.read(str(path)).host_ip == "h"


def test_a_file_that_others_can_write_is_not_believed(tmp_path):
    path = tmp_path / "guard.json"
    path.write_text(json.dumps({"host_ip": "h"}))
    path.chmod(0o666)
    with pytest.raises(ZbsError, match="users other than root can write to it"):
        options.read(str(path))


def test_no_file_and_a_link(tmp_path):
    with pytest.raises(ZbsError, match="run the playbook zstack.zbs.node"):
        options.read(str(tmp_path / "none"))
    os.symlink("/etc/passwd", tmp_path / "link")
    with pytest.raises(ZbsError, match="can't be read"):
        options.read(str(tmp_path / "link"))
