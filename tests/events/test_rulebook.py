"""The shipped rulebook on a real ansible-rulebook: what each kind of event starts."""

import glob
import json
import subprocess
import time
from pathlib import Path

import pytest
from conftest import HOSTS, ROOT, TOKEN, alert, down, group, listens, site, started, stop


def test_thirty_hosts_at_once_are_one_run(rulebook):
    """Some of Alertmanager's, in one post and in many, by name and by address; some of their guards'."""
    posts = [("alertmanager", group(*(alert(f"{name}:9100") for name in HOSTS[:10])))]
    posts += [("alertmanager", group(alert(f"10.0.0.{11 + at}:9100"))) for at in range(10, 20)]
    posts += [("guard", down(name)) for name in HOSTS[20:]]
    assert set(rulebook.all_at_once(posts)) == {200}
    (run,) = rulebook.wait_for_runs(1)
    assert run["hosts"] == HOSTS and run["by_event"] is True
    # The same alerts once more: no outage was over in between. A guard's post would be a new one.
    alerts = [post for post in posts if post[0] == "alertmanager"]
    alerts.append(("alertmanager", group(*(alert(name) for name in HOSTS[20:]))))
    assert set(rulebook.all_at_once(alerts)) == {200} and rulebook.quiet()


def test_a_guards_post_is_a_new_outage(rulebook):
    for number in (1, 2):
        assert rulebook.post("guard", down("kvm09")) == 200
        assert [run["hosts"] for run in rulebook.wait_for_runs(number)] == [["kvm09"]] * number


def test_a_run_knows_names_of_the_inventory_and_nothing_else_of_an_event(rulebook):
    rulebook.post("alertmanager", dict(group(alert("kvm07:9100")), evil="{{ lookup('pipe', 'touch EVIL') }}"))
    (run,) = rulebook.wait_for_runs(1)
    told = json.dumps(run["eda"])
    assert run["hosts"] == ["kvm07"] and run["eda"]["event"]["zbs_vhost_heal"] == {"hosts": ["kvm07"]}
    assert "EVIL" not in told and "9100" not in told and TOKEN not in told and "headers" not in told
    assert not glob.glob(str(rulebook.folder / "**/EVIL"), recursive=True)


@pytest.mark.parametrize("token", [None, " ", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"x {TOKEN}"])
def test_without_the_token_it_is_401_and_nothing_starts(rulebook, token):
    assert rulebook.post("alertmanager", group(alert("kvm01")), token) == 401
    assert rulebook.post("guard", down("kvm01"), token) == 401
    assert rulebook.quiet(3)


def test_forged_names_start_nothing(rulebook):
    names = [
        "all",
        "*",
        "zbs_vhost",
        "zbs_admin",
        "mds1",
        "10.0.0.10",
        "kvm*",
        "~kvm.*",
        "!kvm01",
        "kvm01,kvm02",
        "kvm01:kvm02",
    ]
    names += [
        "kvm[01:30]",
        "zbs_vhost[0]",
        "@/etc/passwd",
        "-ekvm01",
        "{{ 'kvm01' }}",
        "$(touch EVIL)",
        "`touch EVIL`",
        "kvm99",
        "",
    ]
    names += ["kvm01\n", ["kvm01"], {"kvm01": 1}, None, 1, True]
    posts = [("alertmanager", group(alert(name))) for name in names]
    posts += [("guard", down(name)) for name in names]
    posts += [("alertmanager", {"meta": {"hosts": ["kvm01"]}, "zbs_vhost_heal": {"hosts": ["kvm01"]}, "alerts": []})]
    posts += [("", {"meta": {"hosts": ["kvm01"]}, "zbs_vhost_heal": {"hosts": ["kvm01"]}})]
    assert set(rulebook.all_at_once(posts)) == {200} and rulebook.quiet()
    assert "nothing is started for 'kvm99', which is no host of zbs_vhost" in rulebook.log()
    assert not glob.glob(str(rulebook.folder / "**/EVIL"), recursive=True)


def test_one_host_of_a_post_that_is_not_known_takes_no_other_with_it(rulebook):
    rulebook.post("alertmanager", group(alert("kvm99"), alert("kvm05"), alert("all")))
    (run,) = rulebook.wait_for_runs(1)
    assert run["hosts"] == ["kvm05"]


@pytest.mark.parametrize(
    "raw, status", [(b"", 400), (b"{", 400), (b"\xff\xfe", 500), (b"[" * 100000, 500), (b"7", 200), (b"[]", 200)]
)
def test_what_is_no_json_object_starts_nothing(rulebook, raw, status):
    assert rulebook.post("alertmanager", None, raw=raw) in (status, 400)
    assert rulebook.process.poll() is None


def test_after_all_that_it_still_listens(rulebook):
    rulebook.post("alertmanager", group(alert("kvm03")))
    assert rulebook.wait_for_runs(1)[0]["hosts"] == ["kvm03"]


def test_what_is_resolved_starts_nothing_and_the_next_alert_is_a_new_one(rulebook):
    rulebook.post("alertmanager", dict(group(alert("kvm04", "resolved")), status="resolved"))
    assert rulebook.quiet()
    rulebook.post("alertmanager", group(alert("kvm04")))
    assert len(rulebook.wait_for_runs(1)) == 1
    rulebook.post("alertmanager", group(alert("kvm04")))
    assert rulebook.quiet()
    rulebook.post("alertmanager", group(alert("kvm04", "resolved")))
    rulebook.post("alertmanager", group(alert("kvm04")))
    assert len(rulebook.wait_for_runs(2)) == 2


def test_an_alert_that_is_none_of_the_heal_starts_nothing(rulebook):
    rulebook.post("alertmanager", group(alert("kvm06", zbs_vhost_heal="no")))
    assert rulebook.quiet()


def test_the_token_is_on_no_command_line(rulebook):
    rulebook.post("alertmanager", group(alert("kvm08")))
    seen = False
    while not rulebook.runs():
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = Path(path).read_bytes()
            except OSError:
                continue
            seen = seen or b"ansible-rulebook" in words
            assert TOKEN.encode() not in words
    assert seen and TOKEN not in rulebook.log()


def test_what_comes_while_a_run_is_at_work_is_few_runs_however_much_it_is(rulebook):
    """A host every half second, over fifteen seconds; each run takes as long. ansible-rulebook has read three bursts by then, and all that comes later is one."""
    beside = rulebook.folder / "inventory/group_vars/all.yml"
    before = beside.read_text()
    beside.write_text(before + "busy: 15\n")
    try:
        for name in HOSTS:
            assert rulebook.post("alertmanager", group(alert(name))) == 200
            time.sleep(0.5)
        end = time.monotonic() + 240
        while {host for run in rulebook.runs() for host in run["hosts"]} != set(HOSTS):
            assert time.monotonic() < end, rulebook.log()
            time.sleep(1)
        assert rulebook.quiet(20)
        runs = [run["hosts"] for run in rulebook.runs()]
        assert len(runs) <= 5 and sorted(sum(runs, [])) == HOSTS, runs
    finally:
        beside.write_text(before)


@pytest.mark.parametrize(
    "variables, says",
    [
        ({"zbs_events_token_file": ""}, "give token_file or token"),
        ({"zbs_events_inventory": "/not/there"}, "the inventory /not/there is not there"),
        ({"zbs_events_group": "nobody"}, "the inventory has no group nobody"),
        ({"zbs_events_port": "x"}, "port is 'x'"),
    ],
)
def test_what_it_can_not_run_with_ends_it_with_a_sentence(tmp_path, variables, says):
    running = started(tmp_path, site(tmp_path), "zstack.zbs.heal", **variables)
    try:
        running.process.wait(120)
        assert says in running.log()
    except subprocess.TimeoutExpired:
        pytest.fail(running.log())
    finally:
        stop(running)


def test_once_after_alone_hands_on_one_host_of_thirty(tmp_path):
    """Why there is a source of our own: a throttle keeps the first event of a group. When this fails, look whether one is still needed."""
    rulebook = ROOT / "tests/events/once_after.yml"
    running = started(tmp_path, site(tmp_path), str(rulebook))
    try:
        listens(running)
        assert set(running.all_at_once([("x", {"host": name}) for name in HOSTS])) == {200}
        (run,) = running.wait_for_runs(1)
        assert len(run["hosts"]) == 1
    finally:
        stop(running)
