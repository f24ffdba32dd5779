"""Cutting hosts into batches."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import batches


@pytest.mark.parametrize(
    "hosts, size, expected",
    [
        ("", 3, {}),
        ("a", 1, {"a": 0}),
        ("abc", 1, {"a": 0, "b": 1, "c": 2}),
        ("abcde", 2, {"a": 0, "b": 0, "c": 1, "d": 1, "e": 2}),
        ("cba", 2, {"c": 0, "b": 0, "a": 1}),
        ("ab", 100, {"a": 0, "b": 0}),
    ],
)
def test_cut(hosts, size, expected):
    assert batches.cut(list(hosts), size) == expected


@pytest.mark.parametrize(
    "wave, count, size",
    [(1, 6, 1), ("2", 6, 2), (9, 6, 9), ("25%", 6, 1), ("25%", 8, 2), ("1%", 3, 1), ("100%", 7, 7), (" 50% ", 7, 3)],
)
def test_wave_size(wave, count, size):
    assert batches.wave_size(wave, count) == size


@pytest.mark.parametrize("wave", [0, -1, "0", "0%", "101%", "%", "", "x", None, 1.5, True, [], "1 %", "-5%"])
def test_a_wave_that_cannot_be(wave):
    with pytest.raises(ValueError, match="a wave is"):
        batches.wave_size(wave, 10)


@pytest.mark.parametrize(
    "hosts, waves, expected",
    [
        ("", [1, "100%"], []),
        ("a", [1, "25%", "100%"], ["a"]),
        ("abcdef", [1, "25%", "100%"], ["a", "b", "cdef"]),
        ("abcdefgh", [1, "25%", "100%"], ["a", "bc", "defgh"]),
        ("abcde", [2], ["ab", "cd", "e"]),
        ("abcde", ["100%"], ["abcde"]),
    ],
)
def test_cut_waves(hosts, waves, expected):
    assert ["".join(wave) for wave in batches.cut_waves(list(hosts), waves)] == expected


def test_a_batch_is_never_of_two_waves():
    planned = batches.plan(list("abcdefgh"), 2, [1, "25%", "100%"])
    assert planned["waves"] == 3
    assert planned["batch_of"] == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 2, "f": 3, "g": 3, "h": 4}


def batches_that_run(dead, hosts="abcdef", size=2, waves=(1, "25%", "100%"), percentage=50.0):
    """Play a tick in which the attempts of `dead` fail: which hosts were attempted."""
    planned = batches.plan(list(hosts), size, waves)
    attempted = ""
    for batch in sorted(set(planned["batch_of"].values())):
        failed = {host for host in attempted if host in dead}
        if batches.stopped(planned, batch, failed, percentage) is None:
            attempted += "".join(host for host in hosts if planned["batch_of"][host] == batch)
    return attempted


@pytest.mark.parametrize(
    "dead, more, attempted",
    [
        ("", {}, "abcdef"),
        ("abcdef", {}, "a"),  # a dead site: one host a tick
        ("a", {}, "a"),
        ("b", {}, "ab"),
        ("cd", {}, "abcdef"),  # half of the last wave is not more than half of it
        ("cde", {"size": 1}, "abcde"),
        ("abcdef", {"percentage": 100.0}, "abcdef"),
        ("c", {"percentage": 0.0}, "abcd"),  # the batch that was under way ended, the wave did not
        ("ab", {"hosts": "ab"}, "ab"),  # two hosts are no storm
        ("abc", {"hosts": "abc"}, "a"),
        ("abcdef", {"waves": ["100%"], "size": 2}, "abcd"),
    ],
)
def test_when_the_rest_is_left_alone(dead, more, attempted):
    assert batches_that_run(dead, **more) == attempted


def test_why_it_stops():
    planned = batches.plan(list("abc"), 1, [1, "100%"])
    reason = batches.stopped(planned, 1, {"a"}, 50.0)
    assert "1 of the 1 hosts of wave 1 failed (a), more than 50 %" in reason and "\n" not in reason


def test_the_order_of_the_batches_of_a_wave_does_not_matter():
    planned = batches.plan(list("abc"), 1, ["100%"])
    assert batches.stopped(planned, 0, {"b", "c"}, 50.0) is not None
    assert batches.stopped(planned, 0, {"a", "b"}, 50.0) is None  # its own hosts have not begun


def tick_of(paths=(), **broken):
    """What a tick registered: `broken` by bdev, and the paths that the ledger knows."""
    demand = [{"bdev": name, "broken": value} for name, value in broken.items()]
    ledger = {"disks": {"paths": dict.fromkeys(paths, "pool/vol")}} if paths else {}
    return {"health": {"demand": demand}, "ansible_facts": {"zbs_vhost": ledger}}


@pytest.mark.parametrize(
    "ticks, bdevs",
    [
        ([], []),
        ([{}, {"health": None}, {"health": {"demand": None}, "ansible_facts": {}}], []),
        ([tick_of(b=True), tick_of(a=True, b=True)], ["a", "b"]),
        # Served, known by the ledger, and of a target that is down: its disks follow.
        ([tick_of(a=False, b=None)], ["b"]),
        ([tick_of(["a"], a=True, b=True)], ["b"]),
    ],
)
def test_whose_volume_somebody_has_to_find(ticks, bdevs):
    assert batches.untraced(ticks) == bdevs


def test_what_is_traced_ahead_is_looked_for_with_them():
    wanting = dict(tick_of(c=False, d=False), untraced=["c"])
    assert batches.untraced([tick_of(a=True)], [tick_of(a=True), wanting, {}]) == ["a", "c"]
    planned = batches.plan(["b"], 1, ["100%"])
    assert batches.goes_on(planned, list("abc"), ["c"]) == ["b", "c", "a"]
    assert batches.goes_on(batches.plan([], 1, ["100%"]), list("abc"), ["c"]) == ["c", "a"]
