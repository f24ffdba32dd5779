"""Desired against observed: the table of what a deploy would do."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._target import plan as target_plan

WELL = {"status": "Connected", "verdict": "healthy", "reason": None}


def observed(verdict="healthy", image="a:1", cpus=(0, 1), memory=1024, sessions=(), reason="because"):
    """A health as zbs_vhost_health returns it."""
    return {
        "protocols": {"vhost": {"verdict": verdict, "reason": None if verdict == "healthy" else reason}},
        "container": {"image": image, "cpus": None if cpus is None else list(cpus), "memory_mib": memory},
        "volumes": [{"sessions": number} for number in sessions],
    }


def ran_by(**whose):
    """One that is well, with what the health says of whose it is."""
    seen = observed()
    seen["container"].update(answer="found", **whose)
    return seen


SAME = target_plan.Desired("a:1", [0, 1], 1024)
OTHER = target_plan.Desired("a:2", [0, 1], 1024)


@pytest.mark.parametrize(
    "desired, seen, restart, action",
    [
        (SAME, None, "never", "deploy"),
        (SAME, observed("absent"), "never", "deploy"),
        (SAME, observed("stopped"), "never", "deploy"),
        (SAME, observed("refused"), "never", "deploy"),
        (SAME, observed("hung"), "never", "deploy"),
        (SAME, observed("starting"), "always", "none"),
        (OTHER, observed("starting"), "always", "none"),
        (OTHER, observed("unknown"), "always", "none"),
        (SAME, observed("unready"), "never", "deploy"),
        (OTHER, observed("foreign"), "always", "refused"),
        (OTHER, observed("legacy"), "always", "refused"),
        (OTHER, ran_by(foreign=True, name="b", expected="a"), "always", "none"),
        (OTHER, ran_by(runs_target=False), "always", "none"),  # what Docker shows is not what answers
        (OTHER, ran_by(runs_target=None), "always", "deploy"),
        (OTHER, ran_by(runs_target=True, foreign=False), "always", "deploy"),
        (OTHER, observed("a verdict of tomorrow"), "always", "none"),
        (OTHER, {}, "always", "none"),
        (OTHER, {"protocols": None}, "always", "none"),
        (OTHER, {"protocols": {"cbd": WELL}}, "always", "none"),
        (OTHER, {"failed": True, "msg": "unreachable"}, "always", "none"),
        (SAME, observed(), "never", "none"),
        (SAME, observed(), "when_idle", "none"),
        (SAME, observed(), "always", "none"),
        (target_plan.Desired(), observed(), "always", "none"),
        (OTHER, observed(image=None), "always", "none"),  # what can't be read back is no difference
        (OTHER, {"protocols": {"vhost": WELL}, "container": None}, "always", "none"),
        (OTHER, observed(), "never", "restart_required"),
        (OTHER, observed(), "when_idle", "deploy"),
        (OTHER, observed(sessions=[0, 0]), "when_idle", "deploy"),
        (OTHER, observed(sessions=[0, 1]), "when_idle", "restart_required"),
        (OTHER, observed(sessions=[0, 1]), "always", "deploy"),
        (OTHER, observed(sessions=[0, None]), "when_idle", "restart_required"),  # not knowing is not "none"
        (OTHER, dict(observed(), volumes=None), "when_idle", "restart_required"),
        (OTHER, dict(observed(), volumes=None), "always", "deploy"),
        (OTHER, dict(observed(), volumes=None), "when_idle", "restart_required"),
        (target_plan.Desired(cpus=[0, 2]), observed(), "never", "restart_required"),
        (target_plan.Desired(cpus=[0, 2]), observed(cpus=None), "never", "none"),
        (target_plan.Desired(memory_mib=2048), observed(), "never", "restart_required"),
        (target_plan.Desired("a:0", [0], 512), observed(), "never", "restart_required"),
        (target_plan.Desired(memory_mib=512), observed(), "never", "restart_required"),
    ],
)
def test_the_table(desired, seen, restart, action):
    plan = target_plan.plan_deploy(desired, seen, restart)
    assert plan.action == action
    assert plan.reasons and all(isinstance(reason, str) for reason in plan.reasons)
    assert sorted(plan.as_dict()) == ["action", "differences", "reasons"]


def test_every_difference_is_named_with_both_sides():
    plan = target_plan.plan_deploy(target_plan.Desired("a:2", [2, 3], 2048), observed(), "never")
    assert plan.differences == [
        {"what": "image", "observed": "a:1", "desired": "a:2"},
        {"what": "cpuset", "observed": [0, 1], "desired": [2, 3]},
        {"what": "memory_mib", "observed": 1024, "desired": 2048},
    ]
    assert plan.reasons[0] == "restart required: image a:1 -> a:2"


def test_sessions_that_hold_a_restart_back_are_counted():
    plan = target_plan.plan_deploy(OTHER, observed(sessions=[2, 1]), "when_idle")
    assert any("3 sessions" in reason for reason in plan.reasons)


def test_lists_are_written_as_an_operator_writes_them():
    plan = target_plan.plan_deploy(target_plan.Desired(cpus=[4, 5]), observed(cpus=[2, 3]), "never")
    assert plan.reasons == ["restart required: cpuset [2,3] -> [4,5]"]


RECORD = {"container_id": "c1", "parts": {"hugepage_dir": "/dev/hugepages2m", "memory_mib": 1, "odd": 2}}


@pytest.mark.parametrize(
    "container_id, record, differs",
    [
        ("c1", RECORD, True),
        ("c2", RECORD, False),  # somebody else's container: the record says nothing of it
        ("c0", RECORD, False),
        (None, dict(RECORD, container_id=None), False),
        ("c1", None, False),
        ("c1", {}, False),
    ],
)
def test_what_the_container_does_not_tell_comes_from_the_ledger(container_id, record, differs):
    seen = observed()
    seen["container"]["id"], seen["deployed"] = container_id, record
    plan = target_plan.plan_deploy(target_plan.Desired(hugepage_dir="/mnt/huge", memory_mib=1024), seen, "never")
    wanted = [{"what": "hugepage_dir", "observed": "/dev/hugepages2m", "desired": "/mnt/huge"}]
    assert plan.differences == (wanted if differs else [])


def gone(answer):
    return dict(observed("absent"), container={"answer": answer})


@pytest.mark.parametrize(
    "seen, action, forced",
    [
        (gone("missing"), "none", "none"),
        (gone("no_docker"), "none", "none"),
        (gone("no_engine"), "destroy", "destroy"),
        (observed("stopped"), "destroy", "destroy"),
        (observed("refused"), "destroy", "destroy"),
        (observed(), "destroy", "destroy"),
        (observed(sessions=[0, 0]), "destroy", "destroy"),
        (observed(sessions=[0, 1]), "refused", "destroy"),
        (observed(sessions=[0, None]), "refused", "destroy"),
        (dict(observed(), volumes=None), "refused", "destroy"),
        # One that answers was started by other means where Docker knows no container: its VMs count all the same.
        (dict(observed(sessions=[1]), container={"answer": "missing"}), "refused", "destroy"),
        (dict(observed("a verdict of tomorrow"), container={"answer": "missing"}), "refused", "destroy"),
        (observed("foreign"), "refused", "destroy"),
        (observed("legacy"), "refused", "destroy"),
        (ran_by(foreign=True, name="b", expected="a"), "refused", "destroy"),
        (ran_by(runs_target=False), "refused", "destroy"),
        (ran_by(runs_target=True), "destroy", "destroy"),
        (observed("hung"), "refused", "destroy"),  # who does not answer does not tell whom it serves
        (observed("starting"), "refused", "destroy"),
        (observed("unknown"), "refused", "destroy"),
        (observed("a verdict of tomorrow"), "refused", "destroy"),
        ({}, "refused", "destroy"),
        (None, "refused", "destroy"),
    ],
)
def test_the_table_of_removals(seen, action, forced):
    for force, wanted in ((False, action), (True, forced)):
        plan = target_plan.plan_removal(seen, force)
        assert plan.action == wanted and plan.reasons
    assert target_plan.plan_removal(seen).unsure is (action == "refused" and not target_plan._sessions(seen or {}))


@pytest.mark.parametrize("verdict", ["stopped", "refused", "absent", "healthy", "hung", "unknown"])
def test_a_vm_that_waits_for_its_disk_keeps_the_target(verdict):
    """It has no session, and looks for its target every few seconds."""
    needs = [{"bdev": "zbs-bdev-%d" % number, "vm": {"name": "web", "pid": 3}} for number in range(5)]
    seen = dict(observed(verdict, sessions=[0]), demand=needs)
    words = "zbs-bdev-0 of VM web, zbs-bdev-1 of VM web, zbs-bdev-2 of VM web and 2 more"
    plan = target_plan.plan_removal(seen)
    assert (plan.action, plan.reasons, plan.unsure) == (
        "refused",
        ["running VMs need the target's disks: " + words],
        False,
    )
    assert target_plan.plan_removal(seen, True).action == "destroy"
    assert (
        target_plan.plan_removal(dict(seen, demand=None)).action
        == target_plan.plan_removal(dict(seen, demand=[])).action
    )
    if verdict == "healthy":
        plan = target_plan.plan_deploy(OTHER, seen, "when_idle")
        assert plan.action == "restart_required"
        assert plan.reasons[-1].endswith("running VMs need its disks (%s), so it is not restarted now" % words)


@pytest.mark.parametrize(
    "seen, restart, reasons, unsure",
    [
        (None, "never", ["nothing was observed, so the target is deployed whatever its state"], False),
        (observed("stopped"), "never", ["the target is stopped: because"], False),
        (observed("starting"), "never", ["the target is starting: because"], False),
        (
            observed("unknown"),
            "never",
            ["the target's health is unknown, so it is left alone: because"],
            True,
        ),
        ({}, "never", ["the target's health is unknown, so it is left alone: None"], True),
        (observed(image="a:2"), "never", ["the target is well and as declared"], False),
        (observed(), "always", ["restarted as asked: image a:1 -> a:2"], False),
        (observed(), "never", ["restart required: image a:1 -> a:2"], False),
        (
            observed(sessions=[1]),
            "when_idle",
            [
                "restart required: image a:1 -> a:2",
                "restart required: VMs have 1 session on it, so it is not restarted now",
            ],
            False,
        ),
        (
            observed(sessions=[2, None]),
            "when_idle",
            [
                "restart required: image a:1 -> a:2",
                "restart required: it is not known whether VMs have sessions on it, so it is not restarted now",
            ],
            False,
        ),
    ],
)
def test_the_sentences_of_a_deploy(seen, restart, reasons, unsure):
    plan = target_plan.plan_deploy(OTHER, seen, restart)
    assert (plan.reasons, plan.unsure) == (reasons, unsure)


@pytest.mark.parametrize(
    "seen, force, reason, unsure",
    [
        (gone("missing"), False, "there is no target on this host", False),
        (observed("stopped"), False, "the target is stopped, so no VM has a session on it", False),
        (observed(sessions=[0]), False, "the target is well and no VM has a session on it", False),
        (observed(sessions=[2, 1]), False, "VMs have 3 sessions on the target", False),
        (observed(sessions=[1]), True, "VMs have 1 session on the target, and it is removed by force", False),
        (None, False, "nothing was observed, so it is not known whether VMs have sessions on the target", True),
        (
            observed("hung", sessions=[0]),
            False,
            "the target is hung, so it is not known whether VMs have sessions on it",
            True,
        ),
        (
            {},
            True,
            "the target is unknown, so it is not known whether VMs have sessions on it, and it is removed by force",
            False,
        ),
    ],
)
def test_the_sentences_of_a_removal(seen, force, reason, unsure):
    plan = target_plan.plan_removal(seen, force)
    assert (plan.reasons, plan.unsure, plan.differences) == ([reason], unsure, [])


def test_plain_data_of_both():
    assert OTHER.as_dict() == {"image": "a:2", "cpus": [0, 1], "memory_mib": 1024, "hugepage_dir": None}
    plan = target_plan.Plan("none", ("a",), ({"what": "image"},))
    assert plan.as_dict() == {"action": "none", "reasons": ["a"], "differences": [{"what": "image"}]}


def test_what_the_container_tells_outranks_the_ledger():
    seen = observed()
    seen["container"]["id"], seen["deployed"] = "c1", {"container_id": "c1", "parts": {"image": "a:9"}}
    assert target_plan.running(seen)["image"] == "a:1"
    assert target_plan.running(dict(seen, deployed={"container_id": "c1", "parts": None}))["image"] == "a:1"
    assert target_plan.running({})["image"] is None
