"""The action plugin that has a module run on the first admin node that answers, one round at a time."""

import time
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_admin
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import run_action

DEPLOY = {"module": "zbs_vhost_deploy", "options": {"host_ip": "192.0.2.1"}, "answer_within": 1, "timeout": 2}
ASK = dict(DEPLOY, module="zbs_vhost_cluster")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a whole step of a host over m1 and m2: `run(arguments, look=, work=)`; `asked` and `worked` are the nodes in order.

    look, work  {node: what happens there}: an exception, `hang`, or the result
    """
    monkeypatch.setattr(zbs_vhost_admin, "constants", SimpleNamespace(DEFAULT_LOCAL_TMP=str(tmp_path)))
    monkeypatch.setattr(zbs_vhost_admin, "_STEPS", {})

    def act(seen, results):
        def do(action, *_arguments, **_more):
            node = action._task.delegate_to
            seen.append(node)
            found = results.get(node, {"stdout": "zbs-admin-node-answers\n", "changed": True})
            if found == "hang":
                time.sleep(30)
            if isinstance(found, Exception):
                raise found
            return dict(found)

        return do

    def step(arguments=None, look=(), work=(), host="c1", names=("m1", "m2"), whole=False):
        monkeypatch.setattr(zbs_vhost_admin.ActionModule, "_low_level_execute_command", act(step.asked, dict(look)))
        monkeypatch.setattr(zbs_vhost_admin.ActionModule, "_execute_module", act(step.worked, dict(work)))
        variables = {"inventory_hostname": host}
        rounds = [
            run_action(zbs_vhost_admin, dict(arguments or DEPLOY, nodes=list(names)), variables, delegate_to=node)
            for node in names
        ]
        if whole:
            return rounds
        return run_action(zbs_vhost_admin, {"asked": {"results": rounds}, "otherwise": "nothing was done"}, variables)

    step.asked, step.worked = [], []
    return step


DOWN = AnsibleConnectionFailure("no route\nto host.")


def test_the_first_one_that_answers_does_it_and_no_other_is_asked(run):
    said = run()
    assert (said["node"], said["changed"], said["away"]) == ("m1", True, {})
    assert (run.asked, run.worked) == (["m1"], ["m1"])
    assert run(whole=True)[1]["skipped"]


@pytest.mark.parametrize(
    "look, why",
    [
        (DOWN, "no route to host"),
        ("hang", "it did not answer within 1 s"),
        ({"rc": 1, "stdout": "", "stderr": "Container is\nnot running."}, "Container is not running"),
        ({"rc": 0, "stdout": ""}, "no message"),
        (AnsibleError("Missing sudo password"), "Missing sudo password"),
        (EOFError("the plugin's own"), "the plugin's own"),
    ],
)
def test_one_that_does_not_answer_is_passed_over_and_not_asked_again(run, look, why):
    rounds = run(look={"m1": look}, whole=True)
    assert rounds[0]["skipped"] and rounds[0]["away"] == why and why in rounds[0]["warnings"][0]
    assert rounds[1]["answer"]["changed"]
    said = run(look={"m1": look}, host="c2")
    assert (said["node"], said["away"]) == ("m2", {"m1": why})
    assert run.asked == ["m1", "m2", "m2"]


def test_where_nobody_answers_the_task_fails_by_name_and_what_refused_fast_is_asked_again(run):
    said = run(look={"m1": DOWN, "m2": "hang"})
    assert said["failed"] and said["failure"]["code"] == "no_admin_node"
    assert said["msg"].startswith(
        "None of the admin nodes m1 (no route to host) and m2 (it did not answer within 1 s) can be"
    )
    assert run(look={"m2": "hang"})["node"] == "m1"
    assert run.asked == ["m1", "m2", "m1"]


def test_a_step_that_is_not_required_says_so_and_goes_on(run):
    rounds = run(look={"m1": DOWN}, names=("m1",), whole=True)
    assert rounds[0]["warnings"] == []  # the step says it
    said = run_action(zbs_vhost_admin, {"asked": {"results": rounds}, "required": False}, {})
    assert "failed" not in said and said["node"] is None and "m1 (no route to host)" in said["msg"]


@pytest.mark.parametrize("work, why", [(DOWN, "no route to host"), ("hang", "it did not answer within 2 s")])
def test_what_may_have_begun_is_not_begun_elsewhere_and_the_node_is_away_from_then_on(run, work, why):
    said = run(work={"m1": work})
    assert said["failed"] and said["failure"]["code"] == "admin_node_lost" and said["node"] == "m1"
    assert "m1 was lost during zbs_vhost_deploy (%s)" % why in said["msg"]
    assert run(host="c2")["node"] == "m2"
    assert (run.asked, run.worked) == (["m1", "m2"], ["m1", "m2"])


def test_however_a_module_ends_it_is_begun_once(run):
    """A node that is there, whose task went wrong; and an end that nobody foresaw, which Ansible makes a failed round of."""
    said = run(work={"m1": AnsibleError("The module was not found")})
    assert (said["failed"], said["msg"], said["node"]) == (True, "The module was not found", "m1")
    with pytest.raises(MemoryError):
        run(work={"m1": MemoryError()}, names=("m1", "m2"))
    names = {"nodes": ["m1", "m2"]}
    later = run_action(zbs_vhost_admin, dict(DEPLOY, **names), {"inventory_hostname": "c1"}, delegate_to="m2")
    assert later["skipped"] and "m2" not in run.worked


@pytest.mark.parametrize("work", [DOWN, "hang"])
def test_what_only_reads_is_asked_of_the_next(run, work):
    said = run(ASK, work={"m1": work})
    assert said["node"] == "m2" and list(said["away"]) == ["m1"]


def test_one_that_goes_away_after_it_answered_before(run):
    assert run()["node"] == "m1"
    assert run(look={"m1": DOWN})["node"] == "m2"
    assert run()["node"] == "m2"


def test_what_a_node_s_module_says_is_said_and_its_interpreter_stays_the_node_s(run):
    answer = {
        "failed": True,
        "msg": "zbsadm failed",
        "warnings": ["w"],
        "exception": object(),
        "_ansible_parsed": True,
        "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3", "other": 1},
    }
    first = run(work={"m1": answer}, whole=True)[0]
    assert first["warnings"] == ["w"] and first["ansible_facts"] == {
        "discovered_interpreter_python": "/usr/bin/python3"
    }
    assert first["answer"] == {"failed": True, "msg": "zbsadm failed"} and "failed" not in first
    assert run(work={"m1": answer})["failed"]
    assert run(work={"m1": {"exception": "a traceback"}}, whole=True)[0]["answer"] == {"exception": "a traceback"}


def test_a_question_asked_once_is_answered_to_all_hosts_and_another_one_is_asked(run):
    once = dict(ASK, once="tick 1")
    assert [run(once, host=host)["node"] for host in ("c1", "c2", "c3")] == ["m1"] * 3
    assert run.worked == ["m1"]
    run(dict(once, options={"bdevs": ["x"]}))
    run(dict(once, once="tick 2"))
    assert run.worked == ["m1"] * 3
    # One that nobody could answer is nobody's answer.
    run(dict(once, options={"bdevs": ["y"]}), look={"m1": DOWN, "m2": DOWN})
    assert run.worked == ["m1"] * 3


@pytest.mark.parametrize(
    "arguments, words",
    [
        (dict(DEPLOY, timeout=0), "timeout is 0; give seconds"),
        (dict(DEPLOY, answer_within=0), "answer_within is 0; give seconds"),
    ],
)
def test_bad_options_are_refused(run, arguments, words):
    with pytest.raises(AnsibleActionFail, match=words):
        run(arguments)


def test_a_task_that_does_not_loop_over_the_nodes_is_told(run):
    for given, words in (
        (["m1", "m2", "m1"], "nodes names one twice"),
        (["m2"], "m1 is not among the nodes m2"),
        ([], r"m1 is not among the nodes \(none\)"),
    ):
        with pytest.raises(AnsibleActionFail, match=words):
            run_action(zbs_vhost_admin, dict(DEPLOY, nodes=given), {"inventory_hostname": "c1"}, delegate_to="m1")


@pytest.mark.parametrize(
    "named, said",
    [
        (["m1"], None),
        (["m1", "mds8"], "zbs_vhost_target_admin_hosts is 'm1, mds8', of which mds8"),
        ([], "_hosts is ''"),
    ],
)
def test_the_nodes_alone_are_names_to_look_at(named, said):
    variables = {"inventory_hostname": "c1", "groups": {"all": ["c1", "m1"]}, "zbs_vhost_target_admin_host": ""}
    if said is None:
        assert run_action(zbs_vhost_admin, {"nodes": named}, variables)["changed"] is False
        return
    with pytest.raises(AnsibleActionFail, match=said):
        run_action(zbs_vhost_admin, {"nodes": named}, variables)


@pytest.mark.parametrize("arguments", [{}, {"module": "zbs_vhost_deploy"}, dict(DEPLOY, nodes=["m1"], asked={})])
def test_a_task_that_asks_for_nothing_or_too_much_is_refused(arguments):
    with pytest.raises(AnsibleError):
        run_action(zbs_vhost_admin, arguments, {"inventory_hostname": "c1"}, delegate_to="m1")
