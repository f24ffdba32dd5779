"""Which node is asked, what came of a step, and what is said of it."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._admin import heartbeat, nodes

FAST = {"away": "refused", "again": True}
SLOW = {"away": "silent", "again": False}


@pytest.mark.parametrize(
    "note, others, why",
    [
        ({}, [{}], None),
        ({"answered": True}, [{"answered": True}], None),
        (FAST, [FAST, {}], "refused"),
        (FAST, [FAST, {"answered": True}], "refused"),
        (FAST, [FAST, SLOW], None),
        (SLOW, [FAST, SLOW], "silent"),
        ({"away": "older"}, [{"away": "older"}], "older"),
    ],
)
def test_who_is_left_out(note, others, why):
    assert nodes.left_out(note, others) == why


def test_fast_is_less_than_a_time_out():
    assert nodes.quick(time.monotonic()) and not nodes.quick(time.monotonic() - nodes.QUICK)


@pytest.mark.parametrize(
    "text, said",
    [("a\n  b. ", "a b"), ("", "no message"), ("x" * 400, "x" * 297 + "...")],
)
def test_a_reason_is_one_line(text, said):
    assert nodes.reason(text) == said


AWAY = {"node": "m1", "answer": None, "away": "silent", "skipped": True}
DONE = {"node": "m2", "answer": {"changed": True}, "away": None}


@pytest.mark.parametrize(
    "asked, outcome",
    [
        (
            {"results": [AWAY, DONE, {"node": "m3", "answer": None, "away": None}]},
            ({"changed": True}, "m2", {"m1": "silent"}),
        ),
        ({"results": [AWAY]}, (None, None, {"m1": "silent"})),
        ({"results": []}, (None, None, {})),
        ({"skipped": True}, (None, None, {})),
        # Ansible itself ended a round, or the loop.
        (
            {"results": [{"failed": True, "msg": "'x' is undefined", "ansible_loop_var": "n", "n": "m1"}, DONE]},
            ({"changed": True}, "m2", {"m1": "'x' is undefined"}),
        ),
        ({"results": [{"unreachable": True, "item": "m1"}]}, (None, None, {"m1": "no message"})),
        ({"failed": True, "msg": "'x' is undefined"}, (None, None, {"of this run": "'x' is undefined"})),
    ],
)
def test_the_outcome_of_a_step(asked, outcome):
    assert nodes.outcome(asked) == outcome


@pytest.mark.parametrize(
    "away, sentence",
    [
        ({}, "There is no admin node, so it was not done; put the ZBS admin nodes into the group zbs_admin"),
        ({"a": "x"}, "The admin node a (x) can't be reached, so it was not done; check that it runs and answers SSH"),
        (
            {"a": "x", "b": "y", "c": "z"},
            "None of the admin nodes a (x), b (y) and c (z) can be reached, so it was not done; check that they run and answer SSH",
        ),
    ],
)
def test_where_nobody_can_be_reached_each_is_named_with_its_reason(away, sentence):
    assert nodes.nobody(away, "it was not done") == sentence


def heartbeat_round(**answer):
    return {"results": [AWAY, dict(DONE, answer=answer)]}


@pytest.mark.parametrize(
    "asked, found",
    [
        (heartbeat_round(heartbeat="cbd:p/l/v", pools=["l"]), {"cbd_heartbeat": "cbd:p/l/v"}),
        (
            heartbeat_round(failed=True, msg="zbs is gone"),
            {"cbd_unknown": "the CBD heartbeat is not known: zbs is gone"},
        ),
        (
            {"results": [AWAY, dict(AWAY, node="m2")]},
            {
                "cbd_unknown": "None of the admin nodes m1 (silent) and m2 (silent) can be reached, so the CBD heartbeat is not known; "
                "check that they run and answer SSH"
            },
        ),
        (
            {"failed": True, "msg": "broken"},
            {
                "cbd_unknown": "The admin node of this run (broken) can't be reached, so the CBD heartbeat is not known; check that it runs "
                "and answers SSH"
            },
        ),
    ],
)
def test_the_heartbeat_of_a_step(asked, found):
    assert heartbeat.options(asked, ["m1", "m2"], ["l"]) == found
    assert heartbeat.options(asked, ["m1", "m2"], "l") == found


@pytest.mark.parametrize(
    "asked, own_nodes, own_pools, words",
    [
        (heartbeat_round(heartbeat="cbd:p/l/v", pools=[]), ["m3"], [], "different admin nodes"),
        (heartbeat_round(heartbeat="cbd:p/l/v", pools=[]), ["m1", "m2"], ["l"], "different zbs_vhost_heal_pools"),
        (
            heartbeat_round(failed=True, msg="any of a, b", failure={"code": "heartbeat_unknown"}),
            ["m1", "m2"],
            [],
            "any of a, b",
        ),
    ],
)
def test_a_heartbeat_of_another_cluster_or_pool_is_never_taken(asked, own_nodes, own_pools, words):
    with pytest.raises(ValueError, match=words):
        heartbeat.options(asked, own_nodes, own_pools)


def test_a_round_that_says_nothing_is_passed_over():
    assert nodes.outcome({"results": [{"node": "m1", "answer": None, "away": None}, AWAY]}) == (
        None,
        None,
        {"m1": "silent"},
    )


def test_a_step_begins_with_nobody_asked():
    step = nodes.Step(5.0)
    assert (step.began, step.over) == (5.0, False)


def test_what_is_said_of_a_node_that_was_lost():
    assert "m1 was lost during zbs_vhost_deploy (silent)" in nodes.lost("m1", "zbs_vhost_deploy", "silent")


HOSTS = ["m1", "m2", "c1"]


@pytest.mark.parametrize(
    "named, alone, words",
    [
        (["m1"], "", None),
        (["m2", "m1"], "", None),
        (["localhost"], "localhost", None),
        (["mds9"], "mds9", "zbs_vhost_target_admin_host is 'mds9', which is not"),
        (["mds9"], "", "zbs_vhost_target_admin_hosts is 'mds9', which is not"),
        (["m1", "mds8"], "", "zbs_vhost_target_admin_hosts is 'm1, mds8', of which mds8 is not"),
        (["mds7", "mds8"], "", "zbs_vhost_target_admin_hosts is 'mds7, mds8', of which mds7, mds8 is not"),
        ([], "", "zbs_vhost_target_admin_hosts is '', which is not"),
    ],
)
def test_who_can_be_an_admin_node(named, alone, words):
    said = nodes.refusal(named, alone, HOSTS)
    remedy = "put the ZBS admin nodes into the group zbs_admin or set the variable"
    assert said == (words and "%s a host of the inventory; %s" % (words, remedy))
