"""The site and the heal as AWX runs them: survey answers that are strings, a limit, two jobs at once, and a job that is cancelled."""

import os
import re

import pytest
import yaml
from runner_job import ROOT, until


def test_the_site_from_survey_answers_and_again(site, deployed, job):
    assert site.target("compute1") and site.target("compute2")
    before = [site.target(host) for host in ("compute1", "compute2")]
    again = job("site").run()
    assert again.ok and again.runner.stats["changed"] == {}, again.said[-4000:]
    assert [site.target(host) for host in ("compute1", "compute2")] == before


def test_no_answer_that_says_false_removes_a_target(well, job):
    for answers in ({}, {"zbs_vhost_target_confirm_removal": "no"}, {"zbs_vhost_target_confirm_removal": "False"}):
        refused = job("remove", answers).run()
        assert not refused.ok and "would be removed; set zbs_vhost_target_confirm_removal" in _plain(refused.said)
    assert well.target("compute1") and well.target("compute2")


def test_a_limit_is_a_limit_and_the_rest_waits_for_its_turn(well, job):
    for host in ("compute1", "compute2"):
        well.kill(host)
    one = job("heal", limit="compute1").run()
    assert one.ok, one.said[-4000:]
    assert well.target("compute1") and not well.target("compute2")
    assert set(one.runner.stats["ok"]) == {"compute1"}
    assert (well.deploys("compute1"), well.deploys("compute2")) == (1, 0)
    assert well.ledger("compute1")["last_attempt"]["who"] == "AWX job %d" % one.number
    # The totals of a workflow, and the ledger among the host's facts.
    assert one.artifact_data["zbs_vhost_heal"]["hosts"] == 1
    assert "zbs_vhost" in one.facts("compute1") and one.facts("compute2") is None
    down = job("health", {"zbs_vhost_health_fail_on": "down"}).run()
    assert down.runner.status == "failed" and "compute2" in down.said
    every = job("heal").run()
    assert every.ok and well.target("compute2") and (well.deploys("compute1"), well.deploys("compute2")) == (1, 1)
    assert job("health", {"zbs_vhost_health_fail_on": "down"}).run().ok


def test_two_jobs_at_once_make_one_attempt(well, job):
    well.standin("slow", "6", "--always")
    well.kill("compute1")
    both = [job("heal").start() for _ in range(2)]
    for one in both:
        one.wait()
        assert one.ok, one.said[-4000:]
    assert well.deploys("compute1") == 1 and well.target("compute1")
    assert sorted(_results(one)["compute1"] for one in both) in (["healed", "in progress"], ["healed", "refused"])


def test_a_job_that_is_cancelled_in_the_middle_of_its_attempt(well, job):
    other = well.target("compute2")
    well.standin("hang", "--next", "1")
    well.kill("compute1")
    first = job("heal", {"zbs_vhost_target_deploy_timeout": "8"}).start()
    lease = until(lambda: (well.ledger("compute1") or {}).get("lease"), "the attempt did not begin")
    until(lambda: well.deploys("compute1"), "zbsadm was not called")
    assert lease["who"] == "AWX job %d" % first.number
    first.cancel()
    first.wait()
    assert first.runner.status == "canceled"
    # The agent with the key looks every ten seconds whether its job is still there.
    until(lambda: not _processes(first), "something of the cancelled job goes on: %s" % _processes(first), 30)
    assert well.ledger("compute1")["lease"]["id"] == lease["id"]  # whole, and its lease is what it left

    second = job("heal").run()
    assert second.ok and _results(second)["compute1"] == "in progress" and well.deploys("compute1") == 1
    until(lambda: not well.on("admin", "pgrep", "--full", "zbsadm vhost deploy", check=False).strip(), "zbsadm goes on")

    well.on("compute1", "sed", "-i", 's/"expires": [0-9.]*/"expires": 0.0/', "/etc/ansible/facts.d/zbs_vhost.fact")
    third = job("heal").run()
    entry = well.ledger("compute1")
    assert third.ok and (entry["failures"], entry["last_attempt"]["outcome"]) == (
        1,
        "lost",
    )  # it counts, and nothing is tried yet
    for _tick in range(2):
        last = job("heal").run()
    assert last.ok and _results(last)["compute1"] == "healed", last.said[-4000:]
    assert well.target("compute1") and well.deploys("compute1") == 2
    assert well.target("compute2") == other and well.deploys("compute2") == 0
    assert job("heal").run().ok and well.ledger("compute1") is None


def test_a_login_comes_from_the_credential_and_is_written_nowhere(well, job):
    """As the role makes the credential's type, with a password that Ansible would take for a template."""

    class Loader(yaml.SafeLoader):
        """Knows Ansible's tag for texts that are no templates."""

    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    injectors = yaml.load((ROOT / "roles/zbs_awx/vars/main.yml").read_text(), Loader)["__zbs_awx_zbsadm_injectors"]
    password = "run{{ner}}-Pa55'word"
    well.on("compute1", "sh", "-c", "printf '%s\\n' \"$0\" | chpasswd", "root:" + password)
    well.standin("set", "dialect", "login")
    try:
        well.kill("compute1")
        done = job("heal", credential=(injectors, {"username": "root", "password": password})).run()
        assert done.ok and _results(done)["compute1"] == "healed", done.said[-4000:]
    finally:
        well.standin("set", "dialect", "hosts-list")
    assert well.target("compute1")
    seen = [
        path
        for path in done.artifacts.rglob("*")
        if path.is_file() and "ner}}-Pa55" in path.read_text(errors="replace")
    ]
    assert seen == []
    assert "ner}}-Pa55" not in well.on("compute1", "cat", "/etc/ansible/facts.d/zbs_vhost.fact")


def _plain(text):
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


def _results(one):
    """{host: result} of a tick, from its table's event."""
    for event in one.runner.events:
        rows = event.get("event_data", {}).get("res", {}).get("rows")
        if rows:
            return {row["host"]: row["result"] for row in rows}
    pytest.fail("the job reported nothing: %s" % one.said[-4000:])


def _processes(one):
    """Programs that were started for a job, by its folder in their environment or command line."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open("/proc/%s/cmdline" % name, "rb") as handle:
                    words = handle.read()
            except OSError:
                continue
            # What SSH keeps open for the next task ends by itself.
            if str(one.private).encode() in words and not words.startswith(b"ssh:"):
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found
