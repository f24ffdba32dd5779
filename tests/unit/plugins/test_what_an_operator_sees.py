"""The kind "what an operator sees": width, control characters, halves of characters; a case a line. Case 26 came from the field."""

import contextlib
import json
import re
import unicodedata
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_report
from ansible_collections.zstack.zbs.plugins.filter.visible import FilterModule
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import Settings
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import Verdict
from ansible_collections.zstack.zbs.plugins.module_utils._target import keeping
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible, visible_in
from ansible_collections.zstack.zbs.plugins.module_utils._window import textfile
from ansible_collections.zstack.zbs.plugins.plugin_utils._admin import nodes
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import cells, page, table
from ansible_collections.zstack.zbs.plugins.plugin_utils._report.width import padded, width
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import hosts
from ansible_collections.zstack.zbs.tests.unit.plugins.support import skeleton
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import load
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
WIDE = "计算节点-一号机房-01"
ESCAPE = "\x1b[2J\x1b[1;1Hall hosts are Connected"

SHOWN = [
    ("plain text, with blanks", "plain text, with blanks"),
    ("tab\tand\nline", "tab\tand\nline"),
    (WIDE, WIDE),
    ("fianc\u00e9e \u00a0 \u3000 \u202f", "fianc\u00e9e \u00a0 \u3000 \u202f"),
    ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian needs its joiner
    ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
    (ESCAPE, "\\x1b[2J\\x1b[1;1Hall hosts are Connected"),
    ("a\0b\x07\x08\x0b\x0c\r", "a\\x00b\\x07\\x08\\x0b\\x0c\\x0d"),
    ("\x7f\x85\x9b31m\xad", "\\x7f\\x85\\x9b31m\\xad"),
    ("\u200b\u200e\u200f\u061c", "\\u200b\\u200e\\u200f\\u061c"),
    ("\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
    ("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"),
    ("\u2028\u2029", "\\u2028\\u2029"),
    ("\ufeffa\ufffe", "\\ufeffa\\ufffe"),
    ("\U000e0041", "\\U000e0041"),
    ("caf\udce9 \ud800", "caf\ufffd \ufffd"),
]


@pytest.mark.parametrize("said, shown", SHOWN)
def test_what_is_shown(said, shown):
    assert visible(said) == shown and visible(shown) == shown


@given(st.text(st.characters(codec=None)))
def test_nothing_that_acts_is_left(said):
    for letter in visible(said):
        kind = unicodedata.category(letter)
        assert kind not in ("Cs", "Zl", "Zp") and (kind != "Cc" or letter in "\n\t")
        assert unicodedata.bidirectional(letter) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    visible(said).encode("utf-8")


def test_in_data_keys_and_all():
    assert visible_in({"\x1b": [("\udce9", 1, None, True)]}) == {"\\x1b": [["\ufffd", 1, None, True]]}


def _error(said):
    return ZbsError("the VM %s is odd" % said).message


def test_a_sentence_is_one_that_can_be_read():
    said = "\x1b" * 10**6
    assert len(ZbsError("zbsadm failed: " + said).message) < 20000
    assert ZbsError("a" * 4000).message == "a" * 4000


def _module_result(said, fails=False):
    """What a module answers, and what it warns of."""
    kept = []

    class Module:
        params: dict = {}

        def __init__(self, **_options):
            pass

        def warn(self, words):
            kept.append(words)

        def exit_json(self, **result):
            kept.append(result)

        def fail_json(self, **result):
            kept.append(result)
            raise SystemExit(1)

    def main(_module):
        if fails:
            raise ZbsError("no", details={"said": said})
        return {"reason": said, "warn": [said]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_module, "AnsibleModule", Module)
        with contextlib.suppress(SystemExit):
            _module.run({}, main)
    return json.dumps(kept, ensure_ascii=False)


def _table(said):
    row = table.health_row(said, {"status": "Unknown", "reason": said})
    return "\n".join(table.lines([row], "health"))


def _heal(said):
    return "\n".join(table.lines([table.unreachable_row(said, said)], "heal"))


def _failing(said):
    return table.failing_sentence([table.unreachable_row(said, said)], "failed")


def _page(said):
    health = {
        "status": said,
        "reason": said,
        "warnings": [said],
        "volumes": [{"controller": said}],
        "ledger": {said: {}},
    }
    health["container"] = {"name": said}
    row = dict(table.health_row(said, health), status="Unknown")
    return page.page([(row, health)], table.totals([row]), "2026-01-02T03:04:05Z")


def _metrics(said):
    health = {"protocols": {}, "target": {"version": said}}
    entry = {"failures": 1, "skip": 1}
    return textfile.render(health, {said: {"vhost": entry}}, 1.0)


PLACES = [
    _error,
    _module_result,
    lambda said: _module_result(said, fails=True),
    _table,
    _heal,
    _failing,
    _page,
    cells.text,
    _metrics,
    lambda said: str(AwxError(said)),
    nodes.reason,
]
BAD = "".join(said for said, shown in SHOWN if said != shown)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", [BAD] + [said for said, shown in SHOWN if said != shown])
def test_every_place_shows_it(place, said):
    shown = place(said)
    assert visible(shown) == shown
    assert shown.encode("utf-8")


@given(st.text(st.characters(codec=None)))
def test_a_label_is_one_line_and_closed(said):
    for line in _metrics(said).splitlines():
        assert line.startswith("#") or re.match(
            r'^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)*\})? [0-9.e+-]+$', line
        ), line


def test_the_report_and_its_file(tmp_path, monkeypatch):
    printed = []
    monkeypatch.setattr(zbs_vhost_report.display, "display", lambda line, *_args, **_more: printed.append(line))
    health = {"status": "Unknown", "reason": BAD, "protocols": {}, "warnings": [BAD]}
    arguments = {
        "kind": "health",
        "path": str(tmp_path / "a.json"),
        "page": str(tmp_path / "a.html"),
        "fail_on": "never",
    }
    result = run_action(zbs_vhost_report, arguments, play({"h" + ESCAPE: {registered.HEALTH: health}}), False)
    texts = [json.dumps(result, ensure_ascii=False), *printed, (tmp_path / "a.html").read_text(encoding="utf-8")]
    texts.append(json.dumps(json.loads((tmp_path / "a.json").read_text()), ensure_ascii=False))
    assert all(visible(text) == text for text in texts)
    assert "Unknown" in printed[1]


def test_a_host_of_the_manager_is_not_named_by_what_a_terminal_obeys():
    """Ansible prints an inventory's names as they are; the next of the host's names is taken."""
    document = {"host": {"uuid": "0123", "name": "kvm" + ESCAPE, "managementIp": "10.0.0.1"}}
    assert hosts.names([document], ["name", "management_ip"])[0] != ["kvm" + ESCAPE]
    assert hosts.names([document], ["name"])[0] == ["0123"]


def test_what_a_probe_says_can_be_kept(tmp_path, monkeypatch):
    """The ledger keeps it, and `setup` reads that: it would break on half a character."""
    found = {"vms": [], "connections_known": True, "needs": [], "unseen": [BAD]}
    monkeypatch.setattr(probe.demand, "collect", lambda *_arguments, **_more: found)
    monkeypatch.setattr(probe, "_probe_vhost", lambda *_arguments: Verdict("unknown", BAD))
    health = probe.probe(Settings("c", str(tmp_path / "admin.sock"), ["vhost"]))
    assert visible_in(health) == health and health["reason"] == "Vhost: " + visible(BAD)


def test_evidence_can_be_read_on_a_terminal(tmp_path):
    path, _removed = keeping.write(str(tmp_path / "e"), "asked", "20260102T030405Z", "log:\n\t%s\n" % BAD, 3)
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    assert visible(text) == text and text.startswith("log:\n\t")


# What others said: the words of a task's result, and what a role collected of them.
SAID = re.compile(
    r"\{\{[^}]*(?:\.msg\b|_errors\b|_repositories\b|\.distribution\b|stderr|stdout)(?:[^}]|\}(?!\}))*\}\}"
)


def test_what_a_role_repeats_of_others_is_visible():
    """Ansible prints the message of a failed task as it is."""
    found = 0
    for path in sorted(ROOT.glob("roles/*/tasks/*.yml")):
        for task in skeleton.flat(load(path)):
            for action in ("fail", "assert", "debug"):
                options = task.get("ansible.builtin." + action) or {}
                for text in SAID.findall(str(options.get("msg", "")) + str(options.get("fail_msg", ""))):
                    found += 1
                    assert "| zstack.zbs.visible }}" in text, (path, text)
    assert found >= 5


def test_the_filter():
    shown = FilterModule().filters()["visible"]
    assert (shown(ESCAPE), shown(7), shown(None)) == (visible(ESCAPE), "7", "None")


@pytest.mark.parametrize(
    "text, columns",
    [
        ("", 0),
        ("kvm2", 4),
        (WIDE, 20),
        ("\uff8c\uff9e", 2),  # halfwidth kana
        ("\uff21", 2),  # fullwidth A
        ("e\u0301", 1),
        ("\u0e01\u0e33\u0e48", 2),
        ("\u1112\u1161\u11ab", 2),  # a Korean syllable in its letters
        ("\ud55c", 2),
        ("\u05d0\u05b8", 1),
        ("\U0001f40b", 2),
        ("\u2764", 1),
        ("\u2764\ufe0f", 2),
        ("\U0001f44d\U0001f3fd", 2),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2),
        ("\U0001f1e9\U0001f1ea", 2),  # a flag
        ("\u200ca\u200d", 1),
        ("a\u200db", 2),
        ("\u2014\u2026\u00b1", 3),  # ambiguous ones take one
        ("\ufffd", 1),
    ],
)
def test_how_wide_a_text_is(text, columns):
    assert width(text) == columns
    assert width(padded(text, 30)) == 30 and padded(text, 0) == text


def test_columns_stand_below_each_other():
    """Case 26."""
    rows = [
        table.health_row(name, {"status": "Connected", "reason": None}) for name in (WIDE, "kvm2", "e\u0301\U0001f40b")
    ]
    lines = table.lines(rows, "health")[:-1]
    places = {width(line[: re.search("STATUS|Connected", line).start()]) for line in lines}
    assert places == {width(WIDE) + 2}


@given(st.text(), st.integers(0, 40))
def test_padding_never_cuts(text, columns):
    text = visible(text).replace("\n", " ").replace("\t", " ")
    assert padded(text, columns).startswith(text) and width(padded(text, columns)) == max(columns, width(text))
