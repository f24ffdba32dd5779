"""Which management node a step takes, shown with real runs of ansible-playbook over nodes that are down, freeze, or get lost."""

import json
import re

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.names import Volume
from ansible_collections.zstack.zbs.tests.unit.plugins.support import admin_site, skeleton
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import load

POOLS = """case "$*" in
*logical-pool*) echo '{"error": {"code": 0}, "result": [{"logicalPoolInfos": [{"logicalPoolName": "pool1", "physicalPoolName": "phys"}]}]}' ;;
*) echo '{"error": {"code": 0}, "result": [{"fileName": "vol1"}, {"fileName": "vol2"}, {"fileName": "vol3"}]}' ;;
esac"""
# Seconds that a node is given. A busy machine starts Ansible's module on one that is up well within them; each test waits them out once or twice.
ANSWER = 8
SUCCESS = """echo '{"success": true, "error": {"code": 0, "message": ""}}'"""


def play(site, module, options, hosts="zbs_vhost", steps=1, once=None, nodes="{{ groups['zbs_admin'] }}", timeout=20):
    """Plays of `steps` such steps, each of which says what came of it as a line `SAID {...}`."""
    asking = {
        "module": module,
        "options": options,
        "nodes": nodes,
        "answer_within": ANSWER,
        "timeout": timeout,
    }
    asking.update({"once": once} if once else {})
    tasks = []
    for _step in range(steps):
        tasks += [
            {
                "zstack.zbs.zbs_vhost_admin": asking,
                "loop": nodes,
                "delegate_to": "{{ item }}",
                "ignore_errors": True,
                "ignore_unreachable": True,
                "register": "asked",
            },
            {
                "zstack.zbs.zbs_vhost_admin": {"asked": "{{ asked }}", "otherwise": "nothing came of it"},
                "register": "said",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.debug": {
                    "msg": "SAID {{ [said.node | default('lost'), said.failed, said.away | default({}), said.msg | default('')] | to_json }}"
                }
            },
        ]
    return [{"hosts": hosts, "gather_facts": False, "tasks": tasks}]


def said(output):
    """[node, failed, away, msg] of every step."""
    lines = re.findall(r"SAID (\[.*?\])\"?$", output.replace('\\"', '"'), re.M)
    return [json.loads(line.replace("''", "'")) for line in lines]


@pytest.fixture
def site(tmp_path):
    def make(nodes, **more):
        return admin_site.make(tmp_path, nodes, **more)

    make.zbs = admin_site.program(tmp_path, "zbs", POOLS)
    make.zbsadm = admin_site.program(tmp_path, "zbsadm", SUCCESS)
    make.calls = lambda name: admin_site.calls(tmp_path, name)
    return make


HEARTBEAT = {"heartbeat": True}


@pytest.mark.parametrize(
    "scripts, node, looks",
    [
        (("frozen", "down", "up"), "m3", (1, 1, 1)),
        (("deaf", "up", "up"), "m2", (1, 1, 0)),
        (("freezes", "up", "up"), "m2", (1, 1, 0)),
        (("frozen", "down", "deaf"), None, (1, 1, 1)),
    ],
)
def test_the_first_node_that_answers_is_taken(site, scripts, node, looks):
    names = ("m1", "m2", "m3")
    made = site(dict(zip(names, scripts)))
    output = made.run(play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), timeout=9))
    assert tuple(made.looks(name) for name in names) == looks
    ((took, failed, away, message),) = said(output)
    assert (took, failed) == (node, node is None)
    assert len(site.calls("zbs")) == (node is not None)
    if node is None:
        assert away == {
            "m1": "it did not answer within %d s" % ANSWER,
            "m2": "Connection refused by m2",
            "m3": "no container of that name",
        }
        assert (
            "None of the admin nodes m1 (it did not answer within %d s), m2 (Connection refused by m2) and m3 ("
            % ANSWER
            in message
        )
        assert "so nothing came of it" in message
    else:
        assert sorted(away) == list(names[: names.index(node)])
    assert "unreachable=0" in output and "failed=0" in output


def test_a_node_that_hangs_costs_one_time_out_a_run_with_many_hosts_and_steps(site):
    hosts = ["c%d" % number for number in range(4)]
    made = site({"m1": "frozen", "m2": "down", "m3": "up"}, hosts=hosts)
    plays = play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), steps=2)
    # A play of its own later, in batches.
    output = made.run(plays + [dict(plays[0], serial=2)])
    assert (made.looks("m1"), made.looks("m2")) == (1, 1)
    assert [item[0] for item in said(output)] == ["m3"] * 16


def test_a_node_that_goes_away_during_the_run_is_followed_by_the_next(site):
    made = site({"m1": "up,down", "m2": "up,up,frozen", "m3": "up"})
    output = made.run(play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), steps=4))
    assert [item[0] for item in said(output)] == ["m1", "m2", "m2", "m3"]
    assert made.looks("m1") == 2


@pytest.mark.parametrize(
    "script, why", [("freezes", "did not answer within 9 s"), ("lost", "Connection refused by m1")]
)
def test_what_may_have_begun_is_never_begun_on_another_node(site, script, why):
    """The step fails; later steps take another node."""
    made = site({"m1": script, "m2": "up"})
    options = {"host_ip": "192.0.2.1", "cpuset": [1], "zbsadm": site.zbsadm}
    output = made.run(play(made, "zbs_vhost_deploy", options, steps=2, timeout=9))
    lost, later = said(output)
    assert (lost[0], lost[1]) == ("m1", True)
    assert "The admin node m1 was lost during zbs_vhost_deploy" in lost[3] and why in lost[3]
    assert (later[0], later[1]) == ("m2", False)
    assert len(site.calls("zbsadm")) == 1 and made.looks("m1") == 1


def test_a_question_that_is_asked_once_is_answered_to_every_host(site):
    hosts = ["c1", "c2", "c3"]
    made = site({"m1": "frozen", "m2": "up"}, hosts=hosts)
    output = made.run(play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), steps=2, once="now"))
    assert [item[0] for item in said(output)] == ["m2"] * 6
    assert len(site.calls("zbs")) == 1


def test_a_node_whose_own_variables_are_wrong_and_one_outside_the_inventory_keep_no_other_from_it(site):
    made = site({"m1": "up", "m2": "up"})
    inventory = json.loads((made.folder / "inventory.json").read_text())
    inventory["all"]["children"]["zbs_admin"]["hosts"]["m1"]["zbs_fake_script"] = "{{ not_there }}"
    (made.folder / "inventory.json").write_text(json.dumps(inventory))
    nodes = ["m1", "nobody.invalid", "m2"]
    output = made.run(play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), nodes=nodes))
    ((node, _failed, away, message),) = said(output)
    # ansible-core before 2.19 ends the whole loop at such a variable; it is told then.
    assert (node == "m2" and sorted(away) == ["m1", "nobody.invalid"]) or "not_there" in message


def test_localhost_and_a_node_that_left_the_play_earlier_are_nodes_as_any_other(site):
    made = site({"m1": "up"})
    plays = play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), nodes=["m1"], hosts="all")
    plays[0]["tasks"].insert(0, {"ansible.builtin.fail": {}, "when": "inventory_hostname == 'm1'"})
    assert [item[0] for item in said(made.run(plays, ok=False))] == ["m1"]
    plays = play(made, "zbs_vhost_cluster", dict(HEARTBEAT, zbs=site.zbs), nodes=["localhost"])
    assert [item[0] for item in said(made.run(plays))] == ["localhost"]


HOSTS = ("c1", "c2", "c3")
BDEVS = {host: Volume("pool1", "vol%s" % host[1]).hashed_name for host in HOSTS}


@pytest.fixture
def heal(site):
    """Run a tick over three hosts whose targets were killed; (the site, what was printed)."""

    def run(nodes, due=("vhost",), ok=True, **variables):
        given = {
            "zbs_vhost_target_zbsadm": site.zbsadm,
            "zbs_vhost_heal_zbs": site.zbs,
            "zbs_vhost_heal_fence": "off",  # how often pools are listed is counted here
            "zbs_vhost_target_admin_timeout": ANSWER,
            "zbs_vhost_heal_protocols": list(due),
        }
        made = site(nodes, hosts=HOSTS, **dict(given, **variables))
        admin_site.fake_hosts(made, BDEVS, due, down="vhost" in due)
        return made, made.run("zstack.zbs.heal", "-vvv", "-e", "zbs_vhost_heal_json=%s/rows.json" % made.folder, ok=ok)

    return run


def test_a_site_is_healed_with_one_of_three_nodes_down_and_the_first_one_frozen(site, heal):
    made, output = heal({"m1": "frozen", "m2": "down", "m3": "up"})
    assert (made.looks("m1"), made.looks("m2")) == (1, 1)
    totals = json.loads((made.folder / "rows.json").read_text())["totals"]["result"]
    assert totals == {"healed": 3}, output
    zbsadm = site.calls("zbsadm")
    assert sum("vhost deploy" in call for call in zbsadm) == 3
    assert sorted(call.split("--volume ")[1].split()[0] for call in zbsadm if "create-bdev" in call) == [
        "pool1/vol1_zbs_",
        "pool1/vol2_zbs_",
        "pool1/vol3_zbs_",
    ]
    # One listing a run and pool, for all hosts.
    assert [call.split("--format")[0].strip() for call in site.calls("zbs")] == [
        "list logical-pool",
        "list file --pool pool1",
    ]


def test_where_nobody_answers_every_attempt_fails_with_each_node_s_reason(heal):
    made, output = heal({"m1": "frozen", "m2": "down"})
    assert made.looks("m1") == 1
    rows = json.loads((made.folder / "rows.json").read_text())
    assert rows["totals"]["result"] == {"failed": 1, "due": 2}, output  # the first wave, and the site is at fault
    errors = [params["error"] for params in admin_site.told(made) if params.get("phase") == "finish"]
    assert all(
        "None of the admin nodes m1 (it did not answer within %d s) and m2 (Connection refused by m2) can be reached, so nothing was "
        "deployed on c" % ANSWER in error
        for error in errors
    )
    assert "unreachable=0" in output and "unreachable=1" not in output


def test_a_tick_with_nothing_due_touches_no_admin_node(site, heal):
    made, _output = heal({"m1": "up"}, due=())
    assert (made.looks("m1"), made.works("m1"), site.calls("zbs")) == (0, False, [])


CBD = {
    "zbs_vhost_heal_protocols": ["vhost", "cbd"],
    "zbs_vhost_heal_cbd_ssh_username": "root",
    "zbs_vhost_heal_cbd_ssh_password": "secret-of-the-host",
    "zbs_vhost_heal_restore_volumes": False,
}


def test_the_cbd_heartbeat_is_asked_for_once_and_cbd_is_healed_with_the_first_node_frozen(site, heal):
    made, output = heal({"m1": "frozen", "m2": "up"}, due=("cbd",), **CBD)
    given = {params.get("cbd_heartbeat") for params in admin_site.told(made) if params.get("phase")}
    assert given == {"cbd:phys/pool1/zbs_zstack_heartbeat"}
    assert len(site.calls("zbs")) == 1 and made.looks("m1") == 1
    assert sum("client deploy" in call for call in site.calls("zbsadm")) == 3
    assert "secret-of-the-host" not in output


def test_a_heartbeat_that_nobody_can_tell_makes_cbd_unknown_and_keeps_vhost_from_nothing(heal):
    made, _output = heal({"m1": "frozen"}, due=(), **CBD)
    told = [params for params in admin_site.told(made) if params.get("phase") == "observe"]
    assert len(told) == 3 and all(
        params["cbd_unknown"].startswith(
            "The admin node m1 (it did not answer within %d s) can't be reached, so the CBD" % ANSWER
        )
        for params in told
    )


def test_every_step_of_the_target_s_role_takes_the_next_node(site):
    """Preflight, deploy, a volume by hand, removal."""
    given = {
        "zbs_vhost_target_zbsadm": site.zbsadm,
        "zbs_vhost_heal_fence": "off",
        "zbs_vhost_target_admin_timeout": ANSWER,
        "zbs_vhost_target_confirm_removal": True,
        "zbs_vhost_target_removal_force": True,  # a VM of the stand-in waits for its disk
        "zbs_vhost_target_volume": "pool1/vol2",
        "zbs_vhost_target_preflight": "enforce",
    }
    made = site({"m1": "frozen", "m2": "up"}, **given)
    admin_site.fake_hosts(made, BDEVS)
    role = {"name": "zstack.zbs.zbs_vhost_target"}
    tasks = [dict(role, tasks_from=name) for name in ("deploy.yml", "volume.yml", "remove.yml")]
    plays = [
        {"hosts": "zbs_vhost", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": one} for one in tasks]}
    ]
    made.run(plays)
    assert made.looks("m1") == 1 and made.looks("m2") == 4
    said = [call.split(" --")[0] for call in site.calls("zbsadm")]
    assert said == ["vhost create-bdev", "vhost destroy"]


@pytest.mark.parametrize(
    "variables, words",
    [
        (
            {"zbs_vhost_target_admin_host": "mds9"},
            "zbs_vhost_target_admin_host is 'mds9', which is not a host of the inventory",
        ),
        (
            {"zbs_vhost_target_admin_hosts": "m1, mds8"},
            "zbs_vhost_target_admin_hosts is 'm1, mds8', of which mds8 is not a host of the inventory",
        ),
        (
            {"zbs_vhost_target_admin_hosts": []},
            "zbs_vhost_target_admin_hosts is '', which is not a host of the inventory",
        ),
        ({"zbs_vhost_target_admin_host": "localhost"}, None),
    ],
)
def test_who_can_be_an_admin_node(site, variables, words):
    made = site({"m1": "up", "m2": "up"}, **variables)
    task = {"ansible.builtin.include_role": {"name": "zstack.zbs.zbs_vhost_target", "tasks_from": "admin.yml"}}
    output = made.run([{"hosts": "zbs_vhost", "gather_facts": False, "tasks": [task]}], ok=words is None)
    assert words is None or words in " ".join(output.split())


ROLE_TASKS = sorted((admin_site.ROOT / "roles").glob("*/tasks/*.yml"))


def test_no_step_takes_an_admin_node_past_the_others():
    """Whatever is delegated to an admin node is delegated to each of them in turn."""
    found = 0
    for path in ROLE_TASKS:
        for task in skeleton.flat(load(path)):
            if "admin" in str(task.get("delegate_to", "")) or "__zbs_vhost_target_node" in str(
                task.get("delegate_to", "")
            ):
                found += 1
                assert task["delegate_to"] == "{{ __zbs_vhost_target_node }}", path
                assert (
                    task["loop"] == task["zstack.zbs.zbs_vhost_admin"]["nodes"] == "{{ __zbs_vhost_target_nodes }}"
                ), path
                assert task["ignore_unreachable"] and task["ignore_errors"] and "register" in task, path
    assert found >= 7
