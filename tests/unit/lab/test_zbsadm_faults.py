"""Faults, settings and the log of calls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from zbsadm_site import (  # noqa: F401
    CLIENT,
    CLUSTER,
    CONTAINER,
    DEPLOY,
    DESTROY,
    HOST,
    LOGIN,
    PASSWORD,
    Site,
    site_fixture,
)


def _wait(condition: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_fail_counts_down(site: Site) -> None:
    site.standin("fail", "--next", "2", "--code", "410099", "--message", "told to")
    assert site.failure(*DEPLOY) == (410099, "told to")
    assert site.failure(*DEPLOY) == (410099, "told to")
    assert site.answer(*DEPLOY)["success"] is True
    assert json.loads(site.standin("show"))["faults"] == []


def test_a_failed_call_does_nothing(site: Site) -> None:
    site.standin("fail")
    assert site.failure(*DEPLOY)[0] == 410032
    assert (site.connections(), site.host.asked()) == ([], [])


def test_fail_carries_success_only_where_the_command_does(site: Site) -> None:
    site.standin("fail", "--next", "2", "--code", "5")
    assert site.answer(*CLUSTER) == {
        "error": {"code": 5, "message": "A fault of the stand-in: zbsadm was told to fail"},
    }
    assert set(site.answer(*CLIENT)) == {"error"}


def test_a_fault_for_a_host_and_a_command(site: Site) -> None:
    site.standin("fail", "--always", "--host", "192.0.2.12", "--command", "vhost deploy")
    assert site.answer(*DEPLOY)["success"] is True
    site.standin("fail", "--always", "--host", HOST, "--command", "vhost destroy", "--code", "9")
    assert site.answer(*DEPLOY)["success"] is True
    assert site.failure(*DESTROY)[0] == 9
    assert site.failure(*DESTROY)[0] == 9
    assert site.answer(*CLUSTER)["error"]["code"] == 0


def test_faults_queue_up(site: Site) -> None:
    site.standin("fail", "--code", "1")
    site.standin("garbage")
    site.standin("empty")
    assert site.failure(*DEPLOY)[0] == 1
    garbage = site.run(*DEPLOY)
    with pytest.raises(json.JSONDecodeError):
        json.loads(garbage.stdout)
    assert garbage.stdout.startswith("panic: ")
    empty = site.run(*DEPLOY)
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "")
    assert site.answer(*DEPLOY)["success"] is True


def test_garbage_of_ones_own(site: Site) -> None:
    site.standin("garbage", "--text", '{"success": tr')
    assert site.run(*DEPLOY).stdout == '{"success": tr\n'


def test_clear_ends_all(site: Site) -> None:
    site.standin("fail", "--always")
    site.standin("slow", "30")
    site.standin("clear")
    assert site.answer(*DEPLOY)["success"] is True


def test_slow_then_as_asked(site: Site) -> None:
    site.standin("slow", "0.5")
    began = time.monotonic()
    assert site.answer(*CLUSTER)["error"]["code"] == 0
    assert time.monotonic() - began >= 0.5
    assert site.calls()[0]["seconds"] >= 0.5
    assert json.loads(site.standin("show"))["faults"] == []


def test_slow_comes_with_the_next_fault(site: Site) -> None:
    site.standin("fail", "--code", "3")
    site.standin("slow", "0.3", "--always")
    site.failure(*DEPLOY)
    assert site.calls()[0]["seconds"] >= 0.3


def test_hang_prints_nothing_until_it_is_killed(site: Site) -> None:
    site.standin("hang")
    hung = subprocess.Popen(site.argv(*DEPLOY), env=site.environment, stdout=subprocess.PIPE)
    try:
        _wait(lambda: site.calls())  # it is logged before it hangs
        assert hung.poll() is None
        assert site.calls()[0]["outcome"] == "fault hang"
        hung.send_signal(signal.SIGTERM)
        output, _ = hung.communicate(timeout=10)
    finally:
        hung.kill()
        hung.wait()
    assert (output, hung.returncode) == (b"", 143)
    assert len(site.calls()) == 1
    assert site.answer(*DEPLOY)["success"] is True


def test_hang_ends_when_its_caller_has_gone(site: Site) -> None:
    site.standin("hang")
    caller = subprocess.Popen(
        ["/bin/sh", "-c", 'python3 "$@" & echo $!; wait', "sh", *site.argv(*DEPLOY)],
        env=site.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert caller.stdout is not None
    pid = int(caller.stdout.readline())
    try:
        _wait(lambda: site.calls())
        caller.kill()
        caller.wait()
        _wait(lambda: _gone(pid))
    finally:
        caller.stdout.close()
        if not _gone(pid):
            os.kill(pid, signal.SIGKILL)


def test_hang_for_a_time(site: Site) -> None:
    site.standin("hang", "--seconds", "0.3")
    done = site.run(*DEPLOY)
    assert (done.returncode, done.stdout) == (124, "")


def test_echo_password(site: Site) -> None:
    site.login_dialect()
    site.standin("echo-password")
    site.answer(*CLUSTER)  # has no password, so it is not hit
    code, message = site.failure(*DEPLOY, *LOGIN)
    assert code == 410032
    assert PASSWORD in message
    logged = site.calls()[1]
    assert (logged["outcome"], "password ***" in logged["message"]) == ("fault echo-password", True)
    assert not [value for value in logged.values() if PASSWORD in str(value)]
    assert PASSWORD not in logged["argv"]


def test_a_call_that_is_ended_ends_its_ssh_and_is_logged(site: Site) -> None:
    site.host.docker(silent=True)
    running = subprocess.Popen(site.argv(*DEPLOY), env=site.environment, stdout=subprocess.PIPE)
    try:
        _wait(lambda: (site.root / HOST / "docker.log").exists())
        children = subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, text=True).stdout.split()
        assert len(children) == 1
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=10)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 143
    assert not os.path.exists(f"/proc/{children[0]}")
    assert [(call["outcome"], call["exit_status"]) for call in site.calls()] == [("interrupted", 143)]


def test_calls_at_the_same_time_share_the_faults_exactly(site: Site) -> None:
    site.standin("fail", "--next", "3", "--code", "4")
    running = [subprocess.Popen(site.argv(*CLUSTER), env=site.environment, stdout=subprocess.PIPE) for _ in range(8)]
    codes = sorted(json.loads(process.communicate(timeout=60)[0])["error"]["code"] for process in running)
    assert codes == [0] * 5 + [4] * 3
    assert site.standin("calls", "--count") == "8\n"


def test_settings_can_be_changed_while_calls_run(site: Site) -> None:
    running = [subprocess.Popen(site.argv(*CLUSTER), env=site.environment, stdout=subprocess.PIPE) for _ in range(4)]
    site.standin("set", "version", "1.6.0")
    site.standin("fail", "--next", "1", "--command", "vhost destroy")
    for process in running:
        assert json.loads(process.communicate(timeout=60)[0])["error"]["code"] == 0
    shown = json.loads(site.standin("show"))
    assert (shown["version"], len(shown["faults"])) == ("1.6.0", 1)


def test_two_deploys_of_one_host_at_the_same_time(site: Site) -> None:
    """Nothing serialises them; whatever Docker says to the second, each ends with one JSON answer."""
    running = [subprocess.Popen(site.argv(*DEPLOY), env=site.environment, stdout=subprocess.PIPE) for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert any(answer["success"] for answer in answers)
    assert {answer["error"]["code"] for answer in answers} <= {0, 410012, 410014, 410006}


def test_the_log_of_calls(site: Site) -> None:
    site.answer(*DEPLOY)
    site.host.pages(free=0)
    site.failure(*DEPLOY)
    site.run("vhost", "deploy", "--host", "not an address", "-ptop-secret", "--password=top-secret", "-p", "top-secret")
    site.answer(*CLIENT)
    first, second, third, fourth = site.calls()
    assert (first["command"], first["host"], first["outcome"], first["exit_status"]) == ("vhost deploy", HOST, "ok", 0)
    assert (second["outcome"], second["code"]) == ("failed", 410021)
    assert (third["outcome"], third["exit_status"]) == ("usage", 2)
    assert third["argv"][5:] == ["-p***", "--password=***", "-p", "***"]
    assert (fourth["command"], fourth["code"]) == ("client deploy", 410001)
    assert "top-secret" not in (site.root / "calls.log").read_text()
    assert fourth["argv"][-3:] == ["-p", "***", "--silent"]
    assert site.standin("calls", "--command", "vhost deploy", "--host", HOST, "--count") == "2\n"
    site.standin("calls", "--clear")
    assert site.calls() == []


def test_deploy_works_without_a_log(site: Site) -> None:
    site.environment["ZBSADM_STANDIN_LOG"] = str(site.root / "no/such/folder/log")
    site.answer(*DEPLOY)
    assert CONTAINER in site.host.docker()["containers"]


@pytest.mark.parametrize(
    "words",
    [
        ("set", "dialect", "both"),
        ("set", "no_such", "1"),
        ("set", "version", "1.6"),
        ("set", "failure_exit_status", "2"),
        ("set", "image", "-v /:/host"),
    ],
)
def test_settings_that_can_not_be(site: Site, words: tuple[str, ...]) -> None:
    before = site.standin("show")
    done = site.run("standin", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert words[1] in done.stderr
    assert done.stderr.count("\n") == 1
    assert site.standin("show") == before


@pytest.mark.parametrize(
    "words",
    [
        ("fail", "--next", "0"),
        ("fail", "--next", "2", "--always"),
        ("slow",),
        ("slow", "-1"),
        ("fail", "--command", "vhost"),
        ("fail", "--host", "x"),
        ("nonsense",),
        (),
    ],
)
def test_faults_that_can_not_be(site: Site, words: tuple[str, ...]) -> None:
    assert site.run("standin", *words).returncode == 2
    assert json.loads(site.standin("show"))["faults"] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"dialect": "x"}',
        '{"unknown": 1}',
        '{"faults": {}}',
        '{"faults": [{"kind": "fail", "left": 0}]}',
    ],
)
def test_a_broken_settings_file_is_never_taken_for_the_defaults(site: Site, text: str) -> None:
    (site.etc / "standin.json").write_text(text)
    code, message = site.failure(*DEPLOY, status=1)
    assert (code, "standin.json" in message) == (410007, True)
    done = site.run("standin", "clear")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert (site.etc / "standin.json").read_text() == text


def test_no_settings_file_means_the_defaults(site: Site) -> None:
    (site.etc / "standin.json").unlink()
    shown = json.loads(site.standin("show"))
    assert (shown["dialect"], shown["version"], shown["image"]) == ("hosts-list", "1.6.1", "zbs-vhost-standin:1.6.0")
    site.standin("set", "hugepage_size", "256")
    assert json.loads((site.etc / "standin.json").read_text()) == {"faults": [], "hugepage_size": 256}
