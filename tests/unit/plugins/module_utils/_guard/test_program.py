"""The program: what systemd starts, and what people type."""

import json
import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import looking, notify, program, status
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import peer, target

CODE = "c0de" * 8


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A run folder of the test's own, and options of a guard there: (config file, status file)."""
    run = tmp_path / "run"
    monkeypatch.setattr(status, "FILE", str(run / "guard.json"))
    monkeypatch.setattr(status.read, "__defaults__", (str(run / "guard.json"),))
    monkeypatch.setattr(status.write, "__defaults__", (str(run / "guard.json"),))
    monkeypatch.setattr(looking, "CALL_SECONDS", 5.0)
    values = {"host_ip": "h", "admin_socket": str(tmp_path / "admin.sock"), "facts_dir": str(tmp_path / "facts")}
    values["textfile_dir"] = str(tmp_path)
    config = tmp_path / "guard.json"
    config.write_text(json.dumps(values))
    return config, run / "guard.json"


def running(config, monkeypatch, signals):
    """A service in this thread whose signals come from the test: `signals` are sent one a turn, None for none."""
    monkeypatch.setattr(program.signal, "signal", lambda *_words: None)
    service = program._Service(str(config), CODE)
    left = list(signals)

    def sleep(_self, _seconds):
        number = left.pop(0)
        if number is not None:
            service._on_signal(number, None)

    monkeypatch.setattr(looking.Sleeper, "sleep", sleep)
    return service


def test_it_works_until_it_is_told_to_end(place, monkeypatch, capsys):
    config, state = place
    assert running(config, monkeypatch, [None, program.signal.SIGHUP, program.signal.SIGTERM]).run() == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("watching ") and "options read again" in said and said[-1] == "ended"
    data = json.loads(state.read_text())
    assert data["code"] == CODE and data["target"]["state"] == "nobody"


def test_it_tells_systemd(place, monkeypatch, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        receiver.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        running(place[0], monkeypatch, [None, program.signal.SIGHUP, program.signal.SIGTERM]).run()
        got = [receiver.recv(4096).decode() for _number in range(6)]
    assert got[0].startswith("READY=1\nSTATUS=watching ")
    assert got[1] == "WATCHDOG=1"
    assert any(word.startswith("RELOADING=1\nMONOTONIC_USEC=") for word in got)
    assert got[-1] == "STOPPING=1"


@pytest.mark.parametrize("address", ["", "relative", "/nobody/there"])
def test_without_systemd_nothing_is_told(address):
    notify.notify("READY=1", {"NOTIFY_SOCKET": address})


def test_an_abstract_socket():
    name = "zbs-test-%d" % os.getpid()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name)
        receiver.settimeout(30)
        notify.notify("READY=1", {"NOTIFY_SOCKET": "@" + name})
        assert receiver.recv(100) == b"READY=1"


def test_options_that_broke_stay_as_they_were(place, monkeypatch, capsys):
    config, _state = place
    service = running(config, monkeypatch, [None, program.signal.SIGHUP, program.signal.SIGTERM])
    reads = [program.options.read(str(config))]

    def read(path):
        if reads:
            return reads.pop()
        raise ZbsError("%s can't be used: broken" % path, "bad_option")

    monkeypatch.setattr(program.options, "read", read)
    assert service.run() == 0
    assert "the options stay as they are: %s can't be used: broken" % config in capsys.readouterr().out


def test_only_one_is_at_work(place, monkeypatch):
    config, state = place
    service = running(config, monkeypatch, [program.signal.SIGTERM])

    def second(_self, _seconds):
        with pytest.raises(ZbsError, match="another guard of this host is under way"):
            program._Service(str(config), CODE).run()
        service._on_signal(program.signal.SIGTERM, None)

    monkeypatch.setattr(looking.Sleeper, "sleep", second)
    assert service.run() == 0 and state.exists()


def test_it_goes_on_where_one_of_this_boot_ended(place, monkeypatch):
    config, state = place
    running(config, monkeypatch, [program.signal.SIGTERM]).run()
    data = json.loads(state.read_text())
    data.update(disks={"a": {"pid": 1, "started_ticks": 2, "seen": 3.0}}, restores={"a": [1.0, "x"], "b": 7})
    state.write_text(json.dumps(data))
    service = program._Service(str(config), CODE)
    found = service._guard(program.options.read(str(config)))
    assert found.record == data["disks"] and found.restores == {"a": [1.0]}
    state.write_text(json.dumps(dict(data, boot_id="another")))
    found = service._guard(program.options.read(str(config)))
    assert (found.record, found.restores) == ({}, {})


def test_a_controller_is_told_once_an_outage(place, monkeypatch):
    config, _state = place
    service = program._Service(str(config), CODE)
    guard = service._guard(program.options.read(str(config)))
    told = []

    class Teller:
        last = None

        def tell(self, event):
            told.append(event)

        def stop(self):
            told.append("stop")

    guard.state, guard.since = looking.NOBODY, 100.0
    clock = program.Clock(monotonic=104.0)
    since = service._tell(guard, Teller(), None, clock)
    assert (since, told) == (None, [])
    clock.monotonic = 105.0
    since = service._tell(guard, Teller(), since, clock)
    since = service._tell(guard, Teller(), since, clock)
    assert len(told) == 1 and told[0]["event"] == "zbs_vhost_target_down" and told[0]["down_seconds"] == 5.0
    guard.state = looking.ANSWERS
    assert service._tell(guard, Teller(), since, clock) is None and told[-1] == "stop"
    assert service._tell(guard, Teller(), None, clock) is None and told.count("stop") == 1


def test_a_problem_is_said_once_while_it_lasts(place, monkeypatch, capsys):
    config, _state = place
    service = running(config, monkeypatch, [None, None, program.signal.SIGTERM])

    def full(*_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(program.status, "write", full)
    service.run()
    assert capsys.readouterr().out.count("the status can't be written") == 1


def test_metrics_beside_a_target_that_answers(place, monkeypatch, tmp_path):
    config, _state = place
    answers = {"spdk_get_version": target.VERSION, "vhost_get_controllers": [], "bdev_get_bdevs": []}
    with peer.Peer(str(tmp_path / "admin.sock"), target.behave(answers)):
        running(config, monkeypatch, [program.signal.SIGTERM]).run()
    text = (tmp_path / "zbs_vhost.prom").read_text()
    assert 'zbs_vhost_up{protocol="vhost"} 1' in text and "zbs_vhost_guard_disks 0" in text


def test_metrics_that_cannot_be_written(place, monkeypatch, capsys, tmp_path):
    config, _state = place
    config.write_text(json.dumps(dict(json.loads(config.read_text()), textfile_dir=str(tmp_path / "none"))))
    answers = {"spdk_get_version": target.VERSION, "vhost_get_controllers": []}
    with peer.Peer(str(tmp_path / "admin.sock"), target.behave(answers)):
        running(config, monkeypatch, [program.signal.SIGTERM]).run()
    assert "the metrics can't be written" in capsys.readouterr().out


@pytest.mark.parametrize("words, exit_status", [(["status"], 0), ([], 0), (["status", "--json"], 0)])
def test_what_people_see(place, monkeypatch, capsys, words, exit_status):
    running(place[0], monkeypatch, [program.signal.SIGTERM]).run()
    capsys.readouterr()
    assert program.main(words, CODE) == exit_status
    shown = capsys.readouterr().out
    assert json.loads(shown)["code"] == CODE if "--json" in words else "at work" in shown


def test_the_status_of_one_that_is_dead(place, monkeypatch, capsys):
    config, state = place
    running(config, monkeypatch, [program.signal.SIGTERM]).run()
    state.write_text(json.dumps(dict(json.loads(state.read_text()), boot_id="another")))
    assert program.main(["status"], CODE) == 3 and "not at work" in capsys.readouterr().out


def test_no_guard(place, capsys):
    assert program.main(["status"], CODE) == 2
    assert capsys.readouterr().err.startswith("Error: no guard is at work: ")


def test_run_by_its_name(place, monkeypatch):
    monkeypatch.setattr(program._Service, "run", lambda self: 0)
    assert program.main(["run", "--config", str(place[0])], CODE) == 0


def test_a_sleeper_wakes_up_for_a_signal():
    wake, poke = os.pipe()
    sleeper = looking.Sleeper(wake)
    os.write(poke, b"!")
    before = time.monotonic()
    sleeper.sleep(60)
    assert time.monotonic() - before < 50
    os.close(wake)
    os.close(poke)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Python before 3.9 can't wait for a process that is no child")
def test_a_sleeper_wakes_up_for_a_process_that_ends():
    wake, poke = os.pipe()
    sleeper = looking.Sleeper(wake)
    before = time.monotonic()
    pid = os.fork()
    if pid == 0:
        time.sleep(0.2)
        os._exit(0)
    sleeper.watch(pid)
    sleeper.watch(pid)
    sleeper.sleep(60)
    assert time.monotonic() - before < 50
    os.waitpid(pid, 0)
    sleeper.watch(None)
    sleeper.watch(2**22 + 1)  # there is no such process
    sleeper.sleep(0)
    sleeper.forget()
    os.close(wake)
    os.close(poke)
