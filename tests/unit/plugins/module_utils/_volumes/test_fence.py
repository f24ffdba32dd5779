"""Whether a volume may be created on a host: a table of cases, and how an address is compared."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import fence

OWN = ["10.0.0.11", "172.16.8.11", "fd00:8::11"]
HOST_IP = "10.0.0.11"
OTHER = "10.0.0.12"
# What the ledger saw: served to this process, seconds ago.
JUST, LIMIT, LATE, NEVER = 0, 600, 601, None
SILENT = "no answer"

# mode, clients (SILENT: none told), served seconds ago -> go, held_by
CASES = [
    # Nobody has it, or the host itself, on whichever of its networks, however often.
    ("when_possible", [], NEVER, True, []),
    ("required", [], NEVER, True, []),
    ("when_possible", [HOST_IP], NEVER, True, []),
    ("required", [HOST_IP, "172.16.8.11", HOST_IP], NEVER, True, []),
    ("required", ["fd00:8::11"], NEVER, True, []),
    ("required", ["FD00:8:0::11"], NEVER, True, []),
    ("required", ["[fd00:8::11]"], NEVER, True, []),
    ("required", ["fd00:8::11%eth1"], NEVER, True, []),
    ("required", ["[fd00:8::11%eth1]"], NEVER, True, []),
    ("required", ["::ffff:10.0.0.11"], NEVER, True, []),
    ("required", ["[::ffff:172.16.8.11]"], NEVER, True, []),
    # Another host has it: whatever the mode and the ledger, and beside whomever.
    ("when_possible", [OTHER], JUST, False, [OTHER]),
    ("required", [OTHER], JUST, False, [OTHER]),
    ("when_possible", [HOST_IP, OTHER], JUST, False, [OTHER]),
    ("when_possible", ["10.0.0.13", OTHER, OTHER], JUST, False, [OTHER, "10.0.0.13"]),
    ("when_possible", ["::ffff:10.0.0.12"], JUST, False, [OTHER]),
    ("when_possible", ["[fd00:8::12%eth1]"], JUST, False, ["fd00:8::12"]),
    ("when_possible", ["10.0.0.110"], JUST, False, ["10.0.0.110"]),
    ("when_possible", ["127.0.0.1"], JUST, False, ["127.0.0.1"]),
    ("when_possible", ["nonsense", OTHER], JUST, False, [OTHER]),
    # An address that is none is not knowing.
    ("when_possible", ["compute2"], NEVER, False, None),
    ("when_possible", ["compute2"], JUST, True, None),
    ("when_possible", [HOST_IP, ""], NEVER, False, None),
    ("when_possible", [None], LATE, False, None),
    ("when_possible", [None], LIMIT, True, None),
    ("when_possible", ["10.0.0.11:9001"], NEVER, False, None),
    ("when_possible", ["10.0.0"], NEVER, False, None),
    ("required", ["compute2"], JUST, False, None),
    # The cluster does not tell.
    ("when_possible", SILENT, NEVER, False, None),
    ("when_possible", SILENT, JUST, True, None),
    ("when_possible", SILENT, LIMIT, True, None),
    ("when_possible", SILENT, LATE, False, None),
    ("when_possible", SILENT, -1, False, None),
    ("required", SILENT, JUST, False, None),
    ("required", SILENT, NEVER, False, None),
    # Nobody asks.
    ("off", SILENT, NEVER, True, None),
    ("off", [OTHER], NEVER, True, None),
]


@pytest.mark.parametrize("mode, clients, ago, go, held_by", CASES)
def test_the_decision(mode, clients, ago, go, held_by):
    told = None if clients is SILENT else clients
    problem = "zbs did not answer" if clients is SILENT else None
    found = fence.decide(mode, told, problem, fence.own_addresses(OWN, HOST_IP), ago)
    assert (found.go, found.held_by) == (go, held_by)
    assert (found.why is None) == go


@pytest.mark.parametrize(
    "mode, clients, ago, go, held_by",
    [
        ("when_possible", SILENT, JUST, False, None),
        ("when_possible", ["compute2"], JUST, False, None),
        ("when_possible", [], NEVER, True, []),
        ("when_possible", [HOST_IP], NEVER, True, []),
        ("required", SILENT, JUST, False, None),
        ("off", SILENT, NEVER, True, None),
    ],
)
def test_the_ledgers_word_is_worth_nothing_where_the_cluster_named_another_host(mode, clients, ago, go, held_by):
    """It named one a moment ago, and now it does not answer."""
    told = None if clients is SILENT else clients
    found = fence.decide(mode, told, "zbs did not answer", fence.own_addresses(OWN, HOST_IP), ago, [OTHER])
    assert (found.go, found.held_by) == (go, held_by)
    assert mode != "when_possible" or go or "%s had it open" % OTHER in found.why


@pytest.mark.parametrize(
    "mode, ago, words",
    [
        ("required", 5, ["zbs did not answer", "the fence is required"]),
        ("when_possible", None, ["zbs did not answer", "no tick has seen it served to this process"]),
        ("when_possible", 700, ["zbs did not answer", "700 s ago, more than 600"]),
    ],
)
def test_a_refusal_says_what_is_not_known(mode, ago, words):
    why = fence.decide(mode, None, "zbs did not answer", set(), ago).why
    assert all(word in why for word in words)


@pytest.mark.parametrize(
    "addresses, host_ip, own",
    [
        (OWN, HOST_IP, set(OWN)),
        (["::ffff:10.0.0.11", "FD00::1"], "10.0.0.11", {"10.0.0.11", "fd00::1"}),
        (None, HOST_IP, {HOST_IP}),
        ([], HOST_IP, {HOST_IP}),
        ("10.0.0.12", HOST_IP, {HOST_IP}),
        ([OTHER, 7, None, "x"], "compute1.example.com", {OTHER}),
        (None, "compute1", set()),
    ],
)
def test_the_hosts_own_addresses(addresses, host_ip, own):
    """Not known is not none: host_ip alone counts then."""
    assert fence.own_addresses(addresses, host_ip) == own


@pytest.mark.parametrize(
    "text", [5, True, None, [], "", "x", "10.0.0.1/24", "1.2.3.4.5", "fe80::%", "[10.0.0.1", "::g"]
)
def test_no_address(text):
    assert fence.normalised(text) in (None, "fe80::")
