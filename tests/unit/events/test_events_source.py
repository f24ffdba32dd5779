"""The event source around its parts: its options, its inventory, and what comes out for what went in."""

import asyncio
import json
import os
import stat
import sys

import heal
import pytest
from zstack_zbs_events import inventory as listing
from zstack_zbs_events import reports
from zstack_zbs_events.burst import Burst
from zstack_zbs_events.names import Names

TOKEN = "0123456789abcdef"


@pytest.fixture
def given(tmp_path):
    """Options that are good."""
    (tmp_path / "inventory").mkdir()
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o640)
    return {"inventory": str(tmp_path / "inventory"), "token_file": str(token)}


def test_the_defaults(given):
    found = heal.checked(dict(given, token="", certfile=None, eda_feedback_queue=object()))
    assert found["webhook"] == {"host": "127.0.0.1", "port": 5000, "token": TOKEN}
    assert {name: found[name] for name in ("group", "label", "collect", "again", "most")} == {
        "group": "zbs_vhost",
        "label": "instance",
        "collect": 5,
        "again": 300,
        "most": 500,
    }


def test_what_is_the_webhooks_reaches_it(given):
    files = {name: f"/etc/{name}" for name in ("certfile", "keyfile", "cafile", "capath")}
    found = heal.checked(dict(given, port="6000", host="::", collect="2.5", **files))
    assert found["webhook"] == dict(files, host="::", port=6000, token=TOKEN) and found["collect"] == 2.5


@pytest.mark.parametrize(
    "options, says",
    [
        ({"inventory": ""}, "inventory is not given"),
        ({"inventory": "/not/there"}, "/not/there is not there"),
        ({"tokn": "x"}, "tokn is no option; there are inventory,"),
        ({"token_file": ""}, "give token_file or token, one of the two"),
        ({"token": TOKEN}, "give token_file or token, one of the two"),
        ({"token_file": "/not/there"}, "/not/there can't be read"),
        ({"token_file": "", "token": "short"}, "no word of 16 characters"),
        ({"token_file": "", "token": TOKEN + " " + TOKEN}, "no word of 16 characters"),
        ({"port": "http"}, "port is 'http'; give a number from 1 to 65535"),
        ({"port": 0}, "port is 0"),
        ({"collect": -1}, "collect is -1"),
        ({"again": "nan"}, "again is 'nan'"),
        ({"most": 1e9}, "most is 1000000000.0; give a number from 1 to 2000"),
    ],
)
def test_an_option_that_can_not_be_is_a_sentence_without_the_token(given, options, says):
    with pytest.raises(ValueError, match=says) as caught:
        heal.checked(dict(given, **options))
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666])
def test_a_token_that_others_can_read_or_write_is_refused(given, mode):
    os.chmod(given["token_file"], mode)
    with pytest.raises(ValueError, match="others may read"):
        heal.checked(given)
    assert stat.S_IMODE(os.stat(given["token_file"]).st_mode) == mode


@pytest.mark.parametrize("text", ["", "\n", "geh\u00e4im" * 5, "a b c d e f g h i j"])
def test_a_token_that_is_none_is_refused(given, text):
    with open(given["token_file"], "w", encoding="utf-8") as handle:
        handle.write(text)
    with pytest.raises(ValueError, match="token"):
        heal.checked(given)


@pytest.mark.parametrize("beside", ["group_vars", "host_vars"])
def test_a_file_with_variables_beside_it_is_refused_since_a_run_gets_the_file_alone(tmp_path, beside):
    (tmp_path / "inventory.yml").write_text("")
    listing.check(str(tmp_path / "inventory.yml"))
    (tmp_path / beside).mkdir()
    with pytest.raises(
        ValueError, match=f"has {beside} beside it, which a run would not get; give the folder, {tmp_path}"
    ):
        listing.check(str(tmp_path / "inventory.yml"))
    listing.check(str(tmp_path))


@pytest.fixture
def program(tmp_path, monkeypatch):
    """`program(text, status)`: what ansible-inventory prints from now on, and how it ends."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def make(text, status=0):
        script = folder / "ansible-inventory"
        script.write_text(
            f"#!{sys.executable}\nimport sys\nsys.stdout.write({text!r})\nsys.stderr.write('why')\nsys.exit({status})\n"
        )
        script.chmod(0o755)

    return make


def listed(*hosts):
    return json.dumps({"zbs_vhost": {"hosts": list(hosts)}})


def test_the_inventory_is_kept_while_it_can_not_be_read(program, caplog):
    kept = listing.Inventory("/i", "zbs_vhost")
    assert kept.find(["kvm1"]) is None
    program(listed("kvm1", "kvm*"))
    asyncio.run(kept.read())
    assert kept.find(["kvm1"]) == "kvm1" and "no event can name 'kvm*'" in caplog.text
    for text, status in (("", 1), ("{", 0), ("{}", 0), (listed(), 0)):
        program(text, status)
        asyncio.run(kept.read())
        assert kept.find(["kvm1"]) == "kvm1"
    assert "its hosts of before are taken: ansible-inventory ended with 1: why" in caplog.text
    program(listed("kvm2"))
    asyncio.run(kept.read())
    assert (kept.find(["kvm1"]), kept.find(["kvm2"])) == (None, "kvm2")


def test_it_is_read_again_and_again(program):
    async def wait():
        task = asyncio.ensure_future(kept.keep(0.01))
        while not kept.find(["kvm1"]):
            await asyncio.sleep(0.01)
        task.cancel()

    kept = listing.Inventory("/i", "zbs_vhost")
    program(listed("kvm1"))
    asyncio.run(asyncio.wait_for(wait(), 30))


@pytest.mark.parametrize("text, status", [("", 1), ("{", 0), ("{}", 0)])
def test_without_an_inventory_it_does_not_start(program, text, status):
    program(text, status)
    with pytest.raises(ValueError, match="the inventory /i can't be read"):
        asyncio.run(listing.Inventory("/i", "zbs_vhost").read())


def test_an_inventory_that_hangs_is_given_up(program, monkeypatch, tmp_path):
    program("")
    (tmp_path / "bin/ansible-inventory").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(listing, "_LIMIT", 0.2)
    with pytest.raises(ValueError, match="took longer than"):
        asyncio.run(listing.Inventory("/i", "zbs_vhost").read())


def known(*hosts):
    kept = listing.Inventory("/i", "zbs_vhost")
    kept._names = Names(dict.fromkeys(hosts))
    return kept


def post(endpoint, payload):
    return {"payload": payload, "meta": {"endpoint": endpoint, "headers": {"Host": "x"}}}


def firing(name, status="firing"):
    return {"status": status, "labels": {"zbs_vhost_heal": "now", "instance": name}}


def events(posts, inventory, **options):
    """What comes out within half a second."""

    async def run():
        incoming, outgoing = asyncio.Queue(), asyncio.Queue()
        for one in posts:
            incoming.put_nowait(one)
        task = asyncio.ensure_future(heal.collect(incoming, outgoing, inventory, settings))
        await asyncio.sleep(0.5)
        assert not task.done()
        task.cancel()
        return [outgoing.get_nowait() for _number in range(outgoing.qsize())]

    settings = dict({"collect": 0.1, "again": 300.0, "most": 500, "label": "instance"}, **options)
    return asyncio.run(run())


def test_thirty_posts_of_two_kinds_are_one_event_with_nothing_else_of_them():
    hosts = [f"kvm{number:02}" for number in range(30)]
    posts = [post("alertmanager", {"alerts": [firing(f"{name}:9100")], "evil": "{{ x }}"}) for name in hosts[:20]]
    posts += [post("guard", {"event": reports.GUARD_EVENT, "host": name, "reason": "{{ x }}"}) for name in hosts[20:]]
    assert events(posts, known(*hosts)) == [{"zbs_vhost_heal": {"hosts": hosts}, "meta": {"hosts": hosts}}]


def test_hosts_that_are_not_known_start_nothing(caplog):
    assert events([post("alertmanager", {"alerts": [firing("all"), firing("kvm9\n")]})], known("kvm1")) == []
    assert "nothing is started for 'all', which is no host of zbs_vhost" in caplog.text and "'kvm9\\n'" in caplog.text


def test_what_is_well_again_starts_nothing():
    assert events([post("alertmanager", {"alerts": [firing("kvm1", "resolved")]})], known("kvm1")) == []


def test_a_host_with_an_alert_that_is_over_and_one_that_is_not_is_down():
    posts = [
        post("alertmanager", {"alerts": [firing("kvm1")]}),
        post("alertmanager", {"alerts": [firing("kvm1"), firing("kvm1", "resolved")]}),
    ]
    assert len(events(posts[1:], known("kvm1"))) == 1 and len(events(posts, known("kvm1"))) == 1


def test_no_post_ends_the_source(monkeypatch, caplog):
    real = heal.enter
    calls = []

    def enter(*args):
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("a post that nobody thought of")
        real(*args)

    monkeypatch.setattr(heal, "enter", enter)
    assert len(events([post("guard", {}), post("alertmanager", {"alerts": [firing("kvm1")]})], known("kvm1"))) == 1
    assert "a post was left out" in caplog.text


def test_an_alert_that_comes_again_is_no_second_event():
    posts = [post("alertmanager", {"alerts": [firing("kvm1")]})] * 50
    assert len(events(posts, known("kvm1"), collect=0.0)) == 1


def test_at_the_first_moment_of_a_clock_nothing_was_handed_on():
    assert Burst(1, 300, 5).down("a", 0.0)


def test_what_a_guard_tells_is_always_a_new_outage():
    posts = [
        post("alertmanager", {"alerts": [firing("kvm1")]}),
        post("guard", {"event": reports.GUARD_EVENT, "host": "kvm1"}),
    ]
    assert len(events(posts, known("kvm1"), collect=0.0)) == 2
    assert len(events(posts[::-1], known("kvm1"), collect=0.0)) == 1
    assert len(events(posts, known("kvm1"))) == 1


@pytest.mark.parametrize(
    "written, name", [(("10.0.0.9", "kvm1"), "kvm1"), (("kvm2", "kvm1"), "kvm2"), (("x", "y"), None), ((), None)]
)
def test_the_surest_name_that_is_known_is_the_host(written, name):
    assert known("kvm1", "kvm2").find(written) == name
