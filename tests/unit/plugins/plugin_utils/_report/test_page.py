"""The fleet's page: what it shows, that nothing of a host becomes markup, that it needs nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import page as report_page
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import table

EVIL = "<script>alert('x')</script>\"><img src=x onerror=y>&amp;"
MADE = "2026-01-02T03:04:05Z"
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects tags and text, and checks that what is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, tag

    def handle_data(self, data):
        if self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)

    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def health(status="Connected", verdict="healthy", reason=None, **more):
    protocols = {"vhost": {"status": status, "verdict": verdict, "reason": reason, "latency_ms": 9.5}}
    found = {"status": status, "reason": reason, "protocols": protocols, "volumes": [], "ledger": {}, "warnings": []}
    return dict(found, **more)


def ledger(failures, skip):
    return {"zbs": {"vhost": {"failures": failures, "skip": skip, "since": MADE}}}


def page(**hosts):
    """The page of {name: health, or None for a host that could not be reached}."""
    pairs = [
        (table.health_row(name, found) if found else table.unreachable_row(name, EVIL), found or {})
        for name, found in hosts.items()
    ]
    return report_page.page(pairs, table.totals([row for row, _health in pairs]), MADE)


def test_gravest_first_with_counts_and_words():
    text = page(a=health(), b=None, c=health("Unknown", "unknown", "why"), d=health("Disconnected", "hung", "why not"))
    read = Reader(text)
    names = re.findall(r"<th scope=row class=name>(\w+)</th>", text)
    assert names == ["d", "b", "c", "a"]
    for words in ("1 ✖ Disconnected", "1 ⊘ Unreachable", "1 ? Unknown", "0 … Connecting", "1 ✔ Connected", "why not"):
        assert words in read.text(), words
    assert "<title>3 ✖ · ZBS vhost targets</title>" in text and "2026-01-02 03:04 UTC" in read.text()


def test_no_status_is_told_by_colour_alone():
    text = page(**{status: health(status, "x") for status in report_page.STATUSES})
    for status in report_page.STATUSES:
        assert "%s</b> %s" % (report_page.SIGNS[status], status) in text
    assert len(set(report_page.SIGNS.values())) == len(report_page.STATUSES)


@pytest.mark.parametrize(
    "place", ["name", "reason", "warning", "volume", "container", "ledger", "version", "status", "hold"]
)
def test_nothing_of_a_host_becomes_markup(place):
    found, name = health("Disconnected", "hung", EVIL if place == "reason" else "r"), "h"
    if place == "name":
        name = EVIL
    elif place == "warning":
        found["warnings"] = [EVIL]
    elif place == "volume":
        found["volumes"] = [{"controller": EVIL, "bdev": EVIL, "broken": True}]
    elif place == "container":
        found["container"] = {"image": EVIL, EVIL: 1}
    elif place == "ledger":
        found["ledger"] = {EVIL: {EVIL: {"failures": 1, "skip": 1, "since": EVIL, "reason": EVIL}}}
    elif place == "hold":
        found["hold"] = {"reason": EVIL, "until": EVIL, "source": EVIL}
    elif place == "version":
        found["target"] = {"version": EVIL}
    else:
        found["status"] = EVIL
    read = Reader(page(**{name: found}))
    assert read.all("img") == [] and len(read.all("script")) == 1
    assert EVIL.partition(" ")[0] in read.text() or place == "status"


def test_it_needs_nothing_from_elsewhere():
    text = page(a=health(), b=None)
    read = Reader(text)
    for _tag, attrs in read.tags:
        assert not {"src", "href", "srcset", "onclick", "onload"} & set(attrs)
    assert "url(" not in text and "@import" not in text and not re.search(r"https?://", text)
    policy = next(item["content"] for item in read.all("meta") if "http-equiv" in item)
    assert policy.startswith("default-src 'none'; ") and "sha256-" in policy


def test_hugepages_are_bars_that_add_up():
    pools = [
        {"size_kib": 2048, "total": 1000, "free": 400, "reserved": 100},
        {"size_kib": 1048576, "total": 0, "free": 0, "reserved": 0},
    ]
    text = page(a=health(hugepages=pools, process={"hugepages_kib": 200 * 2048}))
    widths = dict(re.findall(r'<i class=(\w+) style="width:([\d.]+)%">', text))
    assert widths == {"target": "20.00", "guests": "40.00", "reserved": "10.00", "free": "30.00"}
    assert "2M: 300 of 1000 free" in Reader(text).text() and "1G" not in Reader(text).text()


@pytest.mark.parametrize(
    "failures, skip, gone, ahead", [(1, 2, 0, 2), (1, 0, 2, 0), (3, 5, 3, 5), (4, 16, 0, 16), (0, 3, 0, 3)]
)
def test_a_short_window_is_drawn_tick_by_tick(failures, skip, gone, ahead):
    text = page(a=health("Disconnected", "hung", "r", ledger=ledger(failures, skip))).split("<main>")[1]
    assert (text.count("<i class=gone></i>"), text.count("<i class=ahead></i>")) == (gone, ahead)


def test_what_is_left_to_the_deployer_has_no_attempt_ahead():
    left = ledger(0, 0)
    for entries in left.values():
        for entry in entries.values():
            entry["left"] = True
    text = Reader(page(a=health("Disconnected", "foreign", "r", ledger=left))).text()
    assert "left to the deployer" in text and "attempt on" not in text


def test_a_long_window_is_a_bar():
    text = page(a=health("Disconnected", "hung", "r", ledger=ledger(6, 16)))
    assert '<i class=gone style="width:75.0%">' in text and "attempt in 17 ticks" in Reader(text).text()


def test_evidence_is_folded_away():
    details = Reader(page(a=health(), b=None)).all("details")
    assert details == [{"data-host": "a"}]


@pytest.mark.parametrize(
    "found", [{"status": "Unknown"}, health(volumes=None, ledger=None, protocols=None, process=None)]
)
def test_gaps_are_gaps(found):
    assert Reader(page(a=found)).all("details")


def test_no_host_at_all():
    assert "No host" in Reader(page()).text()


def test_a_hold_is_told_with_its_reason_and_its_end():
    held = health(hold={"reason": "new kernel", "until": MADE, "source": "f"}, ledger=ledger(1, 2))
    text = Reader(page(a=held)).text()
    assert "‖ held until 2026-01-02 03:04 UTC new kernel" in text and "attempt in 3 ticks, if not held then" in text
    held["hold"]["until"] = None
    assert "‖ held new kernel" in Reader(page(a=held)).text()
    assert "‖" not in page(a=health(hold=None))


@pytest.mark.parametrize(
    "last, words",
    [
        ({"at": MADE, "outcome": "failed", "error": "no image"}, "(vhost, 2026-01-02 03:04 UTC) failed: no image"),
        ({"at": MADE, "outcome": "running", "error": None}, "(vhost, 2026-01-02 03:04 UTC) running"),
        ({"at": MADE, "outcome": "healed", "error": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_last_attempt_says_why_it_brought_nothing(last, words):
    found = health("Disconnected", "hung", "r", ledger=ledger(1, 2))
    found["ledger"]["zbs"]["vhost"]["last_attempt"] = last
    text = Reader(page(a=found)).text()
    assert words in text if words else "last attempt" not in text


def test_a_tab_tells_of_broken_volumes_too():
    broken = [{"controller": "c", "bdev": None, "broken": True}]
    assert "<title>1 broken volume · ZBS" in page(a=health(volumes=broken))
    assert "<title>1 ✖, 2 broken volumes · ZBS" in page(a=health(volumes=broken * 2), b=None)
    assert "<title>✔ · ZBS" in page(a=health())


@pytest.mark.parametrize("failures, skip, gone, ahead", [(0, 0, 0, 0), (1, 1, 1, 1), (2, 3, 1, 3), (0, 1, 0, 1)])
def test_a_window_in_pips_where_there_is_one(failures, skip, gone, ahead):
    found = page(h1=health("Disconnected", "stopped", "why", ledger=ledger(failures, skip)))
    shown = [found.count("<i class=%s></i>" % kind) - 1 for kind in ("gone", "ahead")]  # the legend has one of each
    assert shown == [gone, ahead]


def test_a_disk_that_another_host_holds_stands_in_its_hosts_line():
    need = {"bdev": "zbs-bdev-a", "broken": True, "vm": {"pid": 3, "name": EVIL}, "held_by": ["10.0.0.12"]}
    entries = {"zbs": {"volume:zbs-bdev-a": {"failures": 1, "skip": 2, "since": MADE, "held_by": ["10.0.0.12"]}}}
    shown = Reader(page(h1=health(demand=[need], ledger=entries)))
    assert "1 held elsewhere" in shown.text() and "by 10.0.0.12" in shown.text()
    assert [tag for tag in shown.all("script") if tag] == [] and "alert('x')" in shown.text()
    assert "held elsewhere" not in Reader(page(h1=health())).text()
