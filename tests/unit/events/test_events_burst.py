"""Bursts: which hosts are one run, and which are none."""

import pytest
from zstack_zbs_events.burst import Burst


def play(story, until, collect=5, again=300, most=500):
    """[(second, hosts)] of the runs; `story` is [(second, "down" or "over", host)]."""
    burst, runs = Burst(collect, again, most), []
    for second in range(until + 1):
        for at, what, name in story:
            if at == second:
                burst.down(name, float(at)) if what == "down" else burst.over(name)
        hosts = burst.take(float(second))
        if hosts:
            runs.append((second, hosts))
    return runs


def test_thirty_hosts_at_once_are_one_run():
    hosts = [f"kvm{number:02}" for number in range(30)]
    assert play([(0, "down", name) for name in hosts], 60) == [(5, hosts)]


def test_a_burst_is_counted_from_its_first_host():
    assert play([(second, "down", f"k{second}") for second in range(10)], 30) == [
        (5, ["k0", "k1", "k2", "k3", "k4", "k5"]),
        (11, ["k6", "k7", "k8", "k9"]),
    ]


def test_the_same_alert_for_an_hour():
    story = [(second, "down", "a") for second in range(0, 3600, 15)]
    runs = play(story, 3700)
    assert len(runs) == 12 and all(hosts == ["a"] for _second, hosts in runs)


@pytest.mark.parametrize(
    "story, runs",
    [
        ([(0, "down", "a"), (1, "down", "a")], [(5, ["a"])]),
        ([(0, "down", "a"), (20, "down", "a")], [(5, ["a"])]),
        ([(0, "down", "a"), (20, "over", "a"), (30, "down", "a")], [(5, ["a"]), (35, ["a"])]),
        # one of its alerts is over, another may not be
        ([(0, "down", "a"), (2, "over", "a")], [(5, ["a"])]),
        ([(0, "down", "a"), (2, "over", "a"), (3, "down", "a")], [(5, ["a"])]),
        ([(0, "over", "a")], []),
        ([(0, "down", "a"), (305, "down", "a")], [(5, ["a"]), (310, ["a"])]),
    ],
)
def test_again_and_over(story, runs):
    assert play(story, 400) == runs


def test_more_than_a_run_takes_are_the_next_one():
    story = [(0, "down", name) for name in "edcba"]
    assert play(story, 30, most=2) == [(5, ["a", "b"]), (6, ["c", "d"]), (7, ["e"])]


def test_nothing_is_kept_for_ever():
    burst = Burst(1, 10, 5)
    for number in range(1000):
        burst.down(f"k{number}", number * 20.0)
        assert burst.take(number * 20.0 + 1)
    assert len(burst._started) == 1 and not burst._pending


def test_how_long_to_wait():
    burst = Burst(5, 300, 500)
    assert burst.wait(0.0) is None and burst.take(0.0) == []
    assert burst.down("a", 10.0) and not burst.down("a", 11.0)
    assert (burst.wait(11.0), burst.wait(99.0), burst.take(14.9)) == (4.0, 0.0, [])
