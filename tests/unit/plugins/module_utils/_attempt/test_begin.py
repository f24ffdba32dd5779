"""The task before a deploy: take the attempt, prepare, look, keep evidence."""

from types import SimpleNamespace

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._attempt import beginning
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def test_an_attempt_is_taken_then_the_host_is_prepared(host):
    host.tick()
    host.order.clear()
    found = host.begin(counts=True)
    assert host.order == ["look", "prepare"] and found["observed"]["hold"] is None
    assert (found["begun"], found["lease_id"]) == (["vhost"], host.entry()["lease"]["id"])
    assert found["observed"]["status"] == "Disconnected" and found["prepared"]["cpuset"] == {"cpus": [1]}
    assert host.evidence() == ["before_redeploy"] and found["evidence"].startswith(str(host.folder))
    assert found["client"]["state"] and found["changed"] and "outcome" not in found
    assert found["diff"]["after"]["evidence"] and "entries" in found["diff"]["before"]


def test_what_is_not_due_is_not_touched(host):
    found = host.begin(counts=True)  # no tick saw it
    assert (found["begun"], found["prepared"], found["observed"], found["evidence"]) == ([], None, None, None)
    assert host.order == ["look"] and host.evidence() == [] and found["warn"]


def test_a_deploy_of_a_site_counts_nowhere(host):
    found = host.begin()
    assert host.order == ["prepare", "look"] and host.entry() is None
    assert found["observed"]["status"] == "Disconnected" and not {"begun", "lease_id", "decisions"} & set(found)


@pytest.mark.parametrize("changed, seconds, looks", [(True, 0.0, 2), (False, beginning.FRESH, 2), (False, 0.0, 1)])
def test_it_is_looked_at_again_where_something_was_done_or_time_has_passed(host, monkeypatch, changed, seconds, looks):
    host.tick()
    host.order.clear()
    host.prepared.update(changed=changed)
    moments = iter([0.0, seconds])
    monkeypatch.setattr(beginning, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    host.begin(counts=True, hung_recheck=10.0)
    assert host.order == ["look", "prepare", "look"][: looks + 1]


def test_a_hung_target_was_asked_twice_before(host):
    """Nobody waits another ten seconds for it: its VMs hang."""
    host.verdicts = ["hung"]
    host.tick()
    host.prepared.update(changed=True)
    host.order.clear()
    host.begin(counts=True, hung_recheck=10.0)
    assert host.order == ["look", "prepare", "look"]


def test_a_target_that_came_back_while_its_host_was_prepared_keeps_its_log(host):
    host.tick()
    host.prepared.update(changed=True)
    host.verdicts = ["stopped", "healthy"]
    found = host.begin(counts=True)
    assert (found["begun"], found["observed"]["status"], found["evidence"]) == (["vhost"], "Connected", None)
    assert host.evidence() == []


def test_what_was_short_and_what_was_seen_is_told(host):
    host.prepared.update(warn=["docker: no engine"], changed=True)
    assert "docker: no engine" in host.begin()["warn"] and host.begin()["changed"]


@pytest.mark.parametrize("bad", [{"hugepage_count": -1}, {"evidence_keep": 0}, {"numa": "x"}])
def test_what_cannot_be_costs_no_window(host, bad):
    host.tick()
    with pytest.raises(ZbsError) as caught:
        host.begin(counts=True, **bad)
    assert caught.value.code == "bad_option" and next(iter(bad)) in caught.value.message
    assert host.entry()["lease"] is None and "prepare" not in host.order


@pytest.mark.parametrize("counts", [True, False])
def test_an_attempt_that_cannot_go_on_ends_at_once(host, counts):
    host.tick()
    host.broken = ZbsError("the kernel has no pages of 2048 KiB", "no_pages")
    if not counts:
        with pytest.raises(ZbsError, match="no pages"):
            host.begin()
        return
    found = host.begin(counts=True)
    assert (found["begun"], found["outcome"], found["error"]) == (
        ["vhost"],
        "failed",
        "the kernel has no pages of 2048 KiB",
    )
    assert (found["prepared"], found["observed"], found["volumes"]["begun"]) == (None, None, [])
    entry = host.entry()
    assert entry["lease"] is None and entry["last_attempt"]["outcome"] == "failed" and entry["failures"] == 1


def test_a_bug_of_ours_holds_no_host_for_a_lease(host):
    host.tick()
    host.broken = KeyError("oops")
    with pytest.raises(KeyError):
        host.begin(counts=True)
    assert host.entry()["lease"] is None and "oops" in host.entry()["last_attempt"]["error"]


def test_a_bug_of_ours_in_a_site_counts_nowhere(host):
    host.broken = KeyError("oops")
    with pytest.raises(KeyError):
        host.begin()
    assert host.entry() is None


def test_check_mode_keeps_nothing(host):
    found = host.begin(check_mode=True)
    assert found["changed"] and found["evidence"] is None and host.evidence() == []


@pytest.mark.parametrize(
    "verdict, more, action",
    [
        ("healthy", {}, "none"),
        ("healthy", {"image": "other:1"}, "restart_required"),
        ("healthy", {"image": "other:1", "restart": "always"}, "deploy"),
        ("stopped", {}, "deploy"),
        ("starting", {}, "none"),
        ("unknown", {}, "none"),
    ],
)
def test_what_a_deploy_would_do_is_told(host, verdict, more, action):
    host.verdicts = [verdict]
    found = host.begin(**more)
    assert found["plan"]["action"] == action
    assert ["h: " in warning for warning in found["warn"]] == ([True] if verdict == "unknown" else [])


@pytest.mark.parametrize("more", [{"cpuset": "x"}, {}])
def test_what_a_deploy_would_refuse_is_its_own_to_say(host, more):
    host.prepared.update(cpuset={"cpus": []})
    assert host.begin(**more)["plan"] is None
