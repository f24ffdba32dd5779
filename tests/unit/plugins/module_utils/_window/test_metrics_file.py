"""The metrics go with their target (case 29)."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import metrics_file


@pytest.fixture
def places(tmp_path):
    """(folder of the facts, folder of the metrics), the metrics written and noted."""
    facts, exporter = str(tmp_path / "facts.d"), tmp_path / "exporter"
    exporter.mkdir()
    metrics_file.write(str(exporter), "a 1\n")
    metrics_file.note(facts, str(exporter))
    return facts, exporter


@pytest.mark.parametrize("told", [True, False])
def test_they_are_found_told_or_not(places, told):
    facts, exporter = places
    (exporter / "other.prom").write_text("theirs")
    path = str(exporter / metrics_file.NAME)
    given = (facts, str(exporter) if told else None)
    assert metrics_file.forget(*given, check_mode=True) == [path] and os.path.exists(path)
    assert metrics_file.forget(*given) == [path] and os.listdir(str(exporter)) == ["other.prom"]
    assert metrics_file.forget(*given) == [] and os.listdir(facts) == []


def test_in_both_places(places, tmp_path):
    metrics_file.write(str(tmp_path), "b 1\n")
    assert len(metrics_file.forget(places[0], str(tmp_path))) == 2


def test_nothing_was_ever_written(tmp_path):
    assert metrics_file.forget(str(tmp_path / "none"), str(tmp_path / "nowhere")) == []
    assert metrics_file.forget(str(tmp_path)) == []


def test_a_note_is_written_once(places):
    facts, exporter = places
    before = os.stat(os.path.join(facts, metrics_file.NOTE)).st_ino
    metrics_file.note(facts, str(exporter) + "/")
    assert os.stat(os.path.join(facts, metrics_file.NOTE)).st_ino == before
    metrics_file.note(facts, "/elsewhere")
    assert metrics_file.forget(facts) == []  # what was written last counts


@pytest.mark.parametrize("text", [b"", b"relative", b"\xff\xfe", b"/a\0b", b"/" + b"a" * 5000])
def test_a_note_that_is_none(places, text):
    facts, exporter = places
    with open(os.path.join(facts, metrics_file.NOTE), "wb") as handle:
        handle.write(text)
    assert metrics_file.forget(facts) == [] and os.listdir(str(exporter)) == [metrics_file.NAME]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_noted_is_not_believed(places):
    facts, exporter = places
    os.chown(facts, 1234, 1234)
    assert metrics_file.forget(facts) == [] and os.listdir(str(exporter)) == [metrics_file.NAME]


@pytest.mark.parametrize("make", ["folder", "link"])
def test_only_a_file_is_removed(places, make):
    facts, exporter = places
    path = exporter / metrics_file.NAME
    path.unlink()
    if make == "folder":
        path.mkdir()
    else:
        path.symlink_to("/etc/passwd")
    assert metrics_file.forget(facts) == [] and os.path.lexists(path)


def test_one_that_can_not_be_removed_is_one_sentence(places, monkeypatch):
    def refuse(*_arguments, **_more):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(metrics_file.os, "unlink", refuse)
    with pytest.raises(ZbsError) as caught:
        metrics_file.forget(places[0])
    assert caught.value.code == "textfile" and "can't be removed (Operation not permitted)" in caught.value.message


def test_where_no_note_can_be_written_the_metrics_are_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    metrics_file.note(str(tmp_path / "file" / "facts.d"), str(tmp_path))
