"""The task after a deploy: verify, write down, keep what a failure left, say how it ended."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import read_ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB, need

PARTS = {"image": "a:1", "cpus": [2, 3], "memory_mib": 1024, "hugepage_dir": "/dev/hugepages2m"}
DEPLOYED = {"changed": True, "deployed": PARTS}
FAILED = {"failed": True, "msg": "zbsadm said no", "failure": {"code": "zbsadm_failed", "details": {"rc": 1}}}


@pytest.fixture
def begun(host):
    """What begin returned of an attempt that counts."""
    host.tick()
    return host.begin(counts=True)


def test_a_target_that_answers_is_written_down_and_its_disks_follow(host, begun):
    host.verdicts = ["healthy"]
    found = host.finish(counts=True, lease_id=begun["lease_id"], answer=DEPLOYED, evidence=begun["evidence"])
    assert (found["outcome"], found["error"], found["lease_id"]) == ("healed", None, begun["lease_id"])
    assert found["decisions"] == {"vhost": "finished"} and found["health"]["status"] == "Connected"
    assert (found["volumes"]["begun"], found["volumes"]["restore"], found["evidence"]) == ([], [], None)
    ledger = read_ledger(str(host.folder))
    assert ledger.deployed["parts"] == PARTS and ledger.deployed["container_id"] == "c1"
    diff = found["diff"]
    assert (
        diff["before"]["deployed"] is None and diff["after"]["deployed"] == ledger.deployed and diff["after"]["entries"]
    )
    assert host.entry()["last_attempt"]["outcome"] == "healed" and host.evidence() == ["before_redeploy"]


def test_the_attempts_of_its_disks_are_taken_with_its_end(host, begun):
    """The target came back empty."""
    host.verdicts, host.needs = ["healthy"], [need("a", WEB, "arguments", "connection")]
    found = host.finish(counts=True, lease_id=begun["lease_id"], answer=DEPLOYED)
    volumes = found["volumes"]
    assert (volumes["begun"], [row["bdev"] for row in volumes["restore"]]) == (["volume:a"], ["a"])
    assert volumes["lease_id"] not in (None, begun["lease_id"]) and volumes["health"]["addresses"] is not None
    assert set(found["entries"]) == {"vhost", "volume:a"} == set(found["diff"]["after"]["entries"]["zbs"])


def test_without_restoring_no_disk_is_begun(host, begun):
    host.verdicts = ["healthy"]
    found = host.finish(counts=True, lease_id=begun["lease_id"], answer=DEPLOYED, restore_volumes=False)
    assert (found["outcome"], found["volumes"]) == ("healed", None)


@pytest.mark.parametrize(
    "more, occasion, says",
    [
        ({"answer": FAILED}, "deploy_failed", "zbsadm said no"),
        ({"answer": {"failed": True}}, "deploy_failed", "the deploy failed without a message"),
        ({"error": "the client is missing"}, "deploy_failed", "the client is missing"),
        ({"answer": DEPLOYED}, "verify_failed", "the host is Disconnected: "),
    ],
)
@pytest.mark.parametrize("counts", [True, False])
def test_a_failure_is_told_with_the_evidence_of_it(host, begun, more, occasion, says, counts):
    more = dict(more, evidence=begun["evidence"], observed=begun["observed"], secrets=["no"])
    if counts:
        found = host.finish(counts=True, lease_id=begun["lease_id"], **more)
        assert found["outcome"] == "failed" and found["changed"]
        error, path = found["error"], found["evidence"]
        assert host.entry()["last_attempt"]["error"] == error and host.entry()["lease"] is None
    else:
        with pytest.raises(ZbsError) as caught:
            host.finish(**more)
        error = caught.value.message
        path = error.partition("evidence on the host: ")[2].rstrip(")")
        assert caught.value.code == {"deploy_failed": "failed", "verify_failed": "not_connected"}[occasion] or more[
            "answer"
        ].get("failure")
    assert error.startswith(says) and "(evidence on the host: %s)" % path in error
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    assert begun["evidence"] in text and "zbsadm said no" not in text  # a word that is secret
    assert host.evidence() == sorted(["before_redeploy", occasion])
    assert read_ledger(str(host.folder)).deployed is None


def test_an_option_that_was_refused_left_nothing_to_be_looked_at(host):
    answer = {"failed": True, "msg": "cpuset is x", "failure": {"code": "bad_option"}}
    with pytest.raises(ZbsError) as caught:
        host.finish(answer=answer)
    assert (caught.value.code, caught.value.message, host.evidence()) == ("bad_option", "cpuset is x", [])


def test_what_was_left_alone_is_not_written_down(host):
    host.verdicts = ["healthy"]
    found = host.finish(answer={"changed": False, "deployed": None})
    assert not found["changed"] and read_ledger(str(host.folder)).deployed is None


def test_a_ledger_that_is_lost_costs_a_comparison_and_no_deploy(host):
    host.verdicts = ["healthy"]
    (host.folder / "zbs_vhost.fact").write_text("{")
    found = host.finish(answer=DEPLOYED)
    assert not found["changed"] and any("run a heal" in warning for warning in found["warn"])


def test_an_attempt_of_another_is_not_ended(host, begun):
    host.verdicts = ["healthy"]
    found = host.finish(counts=True, lease_id="another", answer=DEPLOYED)
    assert found["decisions"] == {"vhost": "refused"} and host.entry()["lease"]["id"] == begun["lease_id"]


def test_an_attempt_needs_its_lease(host):
    with pytest.raises(ZbsError, match="lease_id is missing"):
        host.finish(counts=True)


def test_check_mode_fails_as_well_and_keeps_nothing(host):
    with pytest.raises(ZbsError, match="zbsadm said no"):
        host.finish(check_mode=True, answer=FAILED)
    assert host.evidence() == []
