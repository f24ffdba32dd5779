# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site needs: worked out by hand for one, and the document's table and figures are these."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.sites import HERE, NODE, Figures, need, table

SCALE = (Path(__file__).resolve().parents[3] / "docs/scale.md").read_text(encoding="utf-8")
ROUND = Figures(start=1.0, take_in=0.02, host=0.1, wait=0.5, run=60, known=0.02, fork=10)


def test_a_site_by_hand():
    """1,000 hosts in 29 s: 20 s of the main process; 500 s of waiting and 100 s of CPU, to be done in 0.7 of them."""
    found = need(1000, 60, ROUND)
    assert (found.jobs, found.forks, found.cores) == (1, 25, 5)
    assert found.cpu == pytest.approx(100)
    assert found.tick == pytest.approx(1 + 20)
    assert found.memory == pytest.approx(60 + 20 + 250)
    assert found.cores_awx == 7
    assert found.memory_awx == pytest.approx(26 * 100e6 / 2**20 + 2048)


def test_a_main_process_that_cannot_take_them_in_gets_fewer_hosts():
    found = need(1000, 60, replace(ROUND, take_in=0.05))
    assert found.jobs == 2 and found.tick <= 30


@pytest.mark.parametrize(("hosts", "interval"), [(1000, 60), (5000, 60), (5000, 120), (20000, 300), (7, 60)])
def test_a_tick_is_over_in_half_of_its_interval(hosts, interval):
    assert need(hosts, interval).tick <= interval / 2


@pytest.mark.parametrize("figures", [HERE, NODE])
def test_the_documents_tables_are_these(figures):
    assert table(figures) in SCALE


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("k", f"{HERE.start} s | {NODE.start} s"),
        ("s", f"{HERE.take_in * 1000:.0f} ms | {NODE.take_in * 1000:.0f} ms"),
        ("a", f"{HERE.host * 1000:.0f} ms | {NODE.host * 1000:.0f} ms"),
        ("l", f"{HERE.wait} s | {NODE.wait} s"),
    ],
)
def test_the_documents_figures_are_these(symbol, words):
    row = next(line for line in SCALE.splitlines() if line.startswith(f"| {symbol} |"))
    assert f"| {words} |" in row
