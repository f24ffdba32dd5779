"""What of the firewall matters to bridged VMs: what counts as a change, and how to undo it."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import firewall
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs

ACCEPTS = "-P FORWARD ACCEPT"
OPEN = [ACCEPTS]
DOCKERS = ["-P FORWARD DROP", "-A FORWARD -j DOCKER-USER", "-A FORWARD -o docker0 -j DOCKER"]


def reading(iptables=(ACCEPTS,), ip6tables=(ACCEPTS,), bridge=(), switch=None):
    return {
        "forward": {
            "iptables": None if iptables is None else list(iptables),
            "ip6tables": None if ip6tables is None else list(ip6tables),
        },
        "bridge": None if bridge is None else list(bridge),
        "switches": dict.fromkeys(firewall.BRIDGE_SWITCHES, switch),
    }


def differences(before, after):
    found, noticed = firewall.differences(before, after)
    return [(item["what"], item["before"], item["after"], item["undo"]) for item in found], noticed


@pytest.mark.parametrize("same", [reading(), reading(None, None, None), reading(DOCKERS, DOCKERS, ["x"], 1)])
def test_nothing_changed(same):
    assert differences(same, same) == ([], [])


def test_an_engine_that_starts_with_its_hands_on_the_firewall():
    found, noticed = differences(reading(), reading(DOCKERS))
    assert noticed == []
    assert found == [
        ("-P FORWARD of iptables", "ACCEPT", "DROP", "iptables -P FORWARD ACCEPT"),
        ("rule of iptables", None, DOCKERS[1], "iptables -D FORWARD -j DOCKER-USER"),
        ("rule of iptables", None, DOCKERS[2], "iptables -D FORWARD -o docker0 -j DOCKER"),
    ]


def test_a_rule_that_went_is_put_back_in_its_place():
    before = OPEN + ["-A FORWARD -s 10.0.0.1/32 -j ACCEPT", "-A FORWARD -s 10.0.0.2/32 -j ACCEPT"]
    found, _noticed = differences(reading(before), reading(before[:2]))
    assert found == [("rule of iptables", before[2], None, "iptables -I FORWARD 2 -s 10.0.0.2/32 -j ACCEPT")]


def test_a_rule_that_is_there_once_more():
    rule = "-A FORWARD -j ACCEPT"
    found, _noticed = differences(reading(OPEN + [rule]), reading(OPEN + [rule, rule]))
    assert found == [("rule of iptables", None, rule, "iptables -D FORWARD -j ACCEPT")]


def test_a_tool_that_came_with_the_packages():
    assert differences(reading(None, None), reading()) == ([], [])
    assert differences(reading(None), reading(OPEN + ["-A FORWARD -i br0 -j ACCEPT"])) == ([], [])
    found, _noticed = differences(reading(None), reading(DOCKERS))
    assert [item[0] for item in found] == ["-P FORWARD of iptables", "rule of iptables", "rule of iptables"]


def test_a_tool_that_went_tells_nothing():
    assert differences(reading(), reading(None, None, None)) == ([], [])


def test_rules_of_docker_s_for_ipv6_alone_are_noticed():
    found, noticed = differences(reading(), reading(ip6tables=OPEN + DOCKERS[1:]))
    assert found == [] and len(noticed) == 1 and '"ip6tables": false' in noticed[0]


def test_the_policy_for_ipv6_is_a_difference():
    found, noticed = differences(reading(), reading(ip6tables=DOCKERS))
    assert found[0][:3] == ("-P FORWARD of ip6tables", "ACCEPT", "DROP") and noticed == []


def test_rules_for_bridges():
    found, _noticed = differences(reading(bridge=["table bridge a {", "}"]), reading(bridge=["table bridge b {", "}"]))
    assert [item[:3] for item in found] == [
        ("bridge rule", None, "table bridge b {"),
        ("bridge rule", "table bridge a {", None),
    ]


@pytest.mark.parametrize(
    "before, after, count", [(None, 1, 3), (0, 1, 3), (None, 0, 0), (1, 1, 0), (1, 0, 0), (1, None, 0)]
)
def test_the_switches_that_let_the_firewall_see_bridged_packets(before, after, count):
    found, _noticed = differences(reading(switch=before), reading(switch=after))
    assert len(found) == count
    if count:
        assert found[0][3] == "sysctl -w net.bridge.bridge-nf-call-iptables=0"


def test_the_sentence_names_the_way_back():
    found, _noticed = firewall.differences(reading(), reading(DOCKERS))
    words = firewall.sentence(found)
    assert (
        "\n" not in words and "was ACCEPT and is DROP; a rule of iptables is new, -A FORWARD -j DOCKER-USER;" in words
    )
    assert words.endswith(
        "run: iptables -P FORWARD ACCEPT && iptables -D FORWARD -j DOCKER-USER && iptables -D FORWARD -o docker0 -j DOCKER"
    )
    found, _noticed = firewall.differences(reading(bridge=["x"]), reading())
    assert "a bridge rule is gone, x" in firewall.sentence(found)
    assert "nft list ruleset" in firewall.sentence(found)


def test_a_snapshot_of_what_the_programs_say(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", programs.path_without(folder))
    programs.write_program(folder, "iptables", programs.answering("\n".join(DOCKERS)))
    programs.write_program(folder, "ip6tables", programs.answering(err="no such table", rc=3))
    programs.write_program(folder, "ebtables", programs.answering("Bridge chain: FORWARD, policy: ACCEPT"))
    fake_host.write(tmp_path, "proc/sys/net/bridge/bridge-nf-call-iptables", "1\n")
    found = firewall.snapshot(Deadline(20), str(tmp_path))
    assert found["forward"] == {"iptables": DOCKERS, "ip6tables": None}
    assert found["bridge"] == ["Bridge chain: FORWARD, policy: ACCEPT"]
    assert found["switches"]["bridge-nf-call-iptables"] == 1 and found["switches"]["bridge-nf-call-arptables"] is None


def test_nft_is_asked_before_ebtables(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", programs.path_without(folder))
    log = tmp_path / "log"
    programs.write_program(folder, "nft", programs.logging_argv(log, programs.answering("table bridge filter {\n}\n")))
    assert firewall.snapshot(Deadline(20), str(tmp_path))["bridge"] == ["table bridge filter {", "}"]
    assert programs.calls(log) == [["--stateless", "list", "ruleset", "bridge"], ["list", "tables"]]


@pytest.mark.parametrize(
    "body, there",
    [
        (programs.answering("-P INPUT ACCEPT\n-N DOCKER-USER"), True),
        (programs.answering("-P INPUT ACCEPT\n-N DOCKER\n-N MINE"), True),
        (programs.answering("-P INPUT ACCEPT\n-N MINE\n-A MINE -j DOCKER"), False),
        # What an engine outside gives a host that is a container in one of its networks, for the names there.
        (
            programs.answering("-P OUTPUT ACCEPT\n-N DOCKER_OUTPUT\n-N DOCKER_POSTROUTING\n-A OUTPUT -j DOCKER_OUTPUT"),
            False,
        ),
        (programs.answering(err="Permission denied", rc=4), None),
        (None, None),
    ],
)
def test_chains_of_docker_s(tmp_path, monkeypatch, body, there):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    if body:
        programs.write_program(tmp_path / "bin", "iptables", body)
    assert firewall.docker_chains(Deadline(20)) is there


def test_a_forward_chain_without_a_policy_is_the_kernels_own():
    rule = "-A FORWARD -i br0 -j ACCEPT"
    assert differences(reading([]), reading([rule, ACCEPTS])) == (
        [("rule of iptables", None, rule, "iptables -D FORWARD -i br0 -j ACCEPT")],
        [],
    )
    assert differences(reading([rule]), reading([rule, "-P FORWARD DROP"]))[0][0][:3] == (
        "-P FORWARD of iptables",
        "ACCEPT",
        "DROP",
    )


TABLES = ["ip docker-bridges", "ip6 docker-bridges"]


@pytest.mark.parametrize(
    "before, after, found, noticed",
    [
        ([], TABLES, 1, 1),
        (None, TABLES, 1, 1),
        (TABLES, TABLES, 0, 0),
        (TABLES, [], 0, 0),
        ([], None, 0, 0),
        ([], TABLES[1:], 0, 1),
    ],
)
def test_tables_of_docker_s_in_nftables(before, after, found, noticed):
    rows, words = firewall.differences(dict(reading(), tables=before), dict(reading(), tables=after))
    assert (len(rows), len(words)) == (found, noticed)
    if found:
        assert rows[0]["undo"] == "nft delete table ip docker-bridges"
        assert "a rule of nftables is new, table ip docker-bridges" in firewall.sentence(rows)


def test_a_snapshot_of_these_tables(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    assert firewall.snapshot(Deadline(20), str(tmp_path))["tables"] is None
    text = "table ip docker-bridges\ntable ip6 docker-bridges\ntable inet firewalld\ntable ip filter"
    programs.write_program(tmp_path / "bin", "nft", programs.answering(text))
    assert firewall.snapshot(Deadline(20), str(tmp_path))["tables"] == TABLES
