"""The table that people read."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import table


def row(host, **more):
    filled = dict.fromkeys(["verdict", "since", "next_attempt", "result", "reason", "hold"])
    return dict(dict(filled, host=host, status="Connected", volumes=0, broken=0), **more)


def test_health_shows_every_host_in_columns():
    rows = [
        row("h1", verdict="healthy", volumes=2),
        row("host-two", status="Disconnected", verdict="hung", since="2026", next_attempt=4, reason="no answer"),
    ]
    assert table.lines(rows, "health") == [
        "HOST      STATUS        VERDICT  SINCE  VOLUMES  BROKEN  NEXT ATTEMPT  REASON",
        "h1        Connected     healthy  -      2        0       -             -",
        "host-two  Disconnected  hung     2026   0        0       in 4 ticks    no answer",
        "2 hosts: 1 Connected, 1 Disconnected",
    ]


def test_heal_shows_only_what_is_notable():
    rows = [row("h1", result="well"), row("h2", result="healed"), row("h3", result="well")]
    assert table.lines(rows, "heal") == [
        "HOST  RESULT  NEXT ATTEMPT  REASON",
        "h2    healed  -             -",
        "3 hosts: 1 healed, 2 well",
    ]


def test_a_fleet_that_is_well_is_one_line():
    assert table.lines([row("h1", result="well")], "heal") == ["1 host: 1 well"]


@pytest.mark.parametrize("kind", ["health", "heal"])
def test_no_host_at_all(kind):
    assert table.lines([], kind)[-1] == "0 hosts: none"


@pytest.mark.parametrize(
    "ticks, words", [(None, "-"), (0, "due now"), (1, "next tick"), (2, "in 2 ticks"), (65, "in 65 ticks")]
)
def test_next_attempt_in_words(ticks, words):
    line = table.lines([row("h1", result="waiting", next_attempt=ticks)], "heal")[1]
    assert line.split("  ")[2].strip() == words or words in line


def test_a_reason_of_several_lines_stays_in_its_row():
    rows = [row("h1", result="error", reason="MODULE FAILURE\nTraceback:\n\tboom")]
    assert len(table.lines(rows, "heal")) == 3
    assert table.lines(rows, "heal")[1].endswith("MODULE FAILURE Traceback: boom")


@pytest.mark.parametrize(
    "reason, until, cells",
    [
        ("no answer", "2026-01-02T03:04:05Z", "held          no answer; held: new kernel, until 2026-01-02T03:04:05Z"),
        (None, None, "held          held: new kernel"),
    ],
)
def test_a_hold_stands_where_the_next_attempt_would(reason, until, cells):
    hold = {"reason": "new kernel", "until": until, "source": "f"}
    rows = [row("h1", next_attempt=1, reason=reason, hold=hold)]
    assert table.lines(rows, "health")[1].endswith("  " + cells)
    assert rows[0]["next_attempt"] == 1
