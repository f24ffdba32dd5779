# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in turns: a ratio of each round, and neither job always after the other."""

import pytest

from bench.rounds import Series, alternate
from bench.row import Ratio, Row, table
from bench.run import Cost


def cost(wall, cpu=1.0):
    return Cost(wall, cpu, 64.0, 0.5, 10)


def test_the_ratio_is_of_each_round_so_a_machine_that_grows_slow_does_not_change_it():
    heal = Series([cost(12.0), cost(18.0), cost(24.0)])
    ping = Series([cost(10.0), cost(15.0), cost(20.0)])
    ratio = heal.over(ping, "wall")
    assert [ratio.middle, ratio.low, ratio.high] == pytest.approx([1.2, 1.2, 1.2])
    assert heal.middle("wall") == 18.0


def test_one_round_that_was_disturbed_shows_in_the_ends_and_not_in_the_middle():
    heal = Series([cost(12.0), cost(30.0), cost(12.2)])
    ping = Series([cost(10.0), cost(10.0), cost(10.0)])
    ratio = heal.over(ping, "wall")
    assert str(ratio) == "1.22 (1.20 to 3.00)"


def test_what_one_job_takes_beyond_the_other_is_of_each_round_too():
    silent = Series([cost(20.0), cost(31.0), cost(38.0)])
    healthy = Series([cost(10.0), cost(22.0), cost(28.0)])
    assert silent.beyond(healthy, "wall") == 10.0
    assert silent.middle("wall") - healthy.middle("wall") == 9.0


def test_a_ratio_a_host_is_of_fleets_of_different_sizes():
    many, few = Series([cost(80.0)]), Series([cost(10.0)])
    assert many.over(few, "wall", 50 / 400).middle == 1.0


def test_rounds_of_different_numbers_are_no_pairs():
    with pytest.raises(ValueError, match="longer"):
        Series([cost(1.0)]).over(Series([cost(1.0), cost(2.0)]), "wall")


def test_the_order_turns_and_the_first_round_does_not_count(capsys):
    ran = []

    def job(name):
        def run():
            ran.append(name)
            return cost(float(len(ran)))

        return run

    found = alternate({"a": job("a"), "b": job("b")}, 2)
    assert ran == ["a", "b", "b", "a", "a", "b"]
    assert [one.wall for one in found["a"].costs] == [4.0, 5.0]
    assert [one.wall for one in found["b"].costs] == [3.0, 6.0]
    assert "round 2/2 b: 6.00 s" in capsys.readouterr().err


def test_a_table_shows_the_ends_where_there_are_any():
    rows = [
        Row("one", "1 s", "2 s", Ratio.of([0.5, 0.6, 0.7], [1.0, 1.0, 1.0]), "<= 1"),
        Row("two", "1", "2", Ratio.of([1.0], [2.0]), "-"),
        Row("three", "1", "2", None, "-"),
    ]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table(rows).splitlines()]
    assert [line[3] for line in cells[2:]] == ["0.60 (0.50 to 0.70)", "0.50", "-"]
