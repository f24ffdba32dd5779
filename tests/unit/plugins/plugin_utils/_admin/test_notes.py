"""What the workers of one run share."""

import json
import multiprocessing

from ansible_collections.zstack.zbs.plugins.plugin_utils._admin.notes import Notes


def test_a_note_is_kept_and_each_is_its_own(tmp_path):
    notes = Notes(str(tmp_path))
    assert notes.read("node", "m1") == {}
    with notes.alone("node", "m1") as note:
        note["away"] = "gone"
    with notes.alone("node", "m1") as note:
        assert note == {"away": "gone"}
    assert Notes(str(tmp_path)).read("node", "m1") == {"away": "gone"}
    assert notes.read("node", "m2") == notes.read("answer", "m1") == {}


def test_any_text_is_a_name_and_what_is_no_json_becomes_text(tmp_path):
    notes = Notes(str(tmp_path))
    with notes.alone("node", "../a b/\u00e9") as note:
        note["object"] = ValueError("x")
    assert notes.read("node", "../a b/\u00e9") == {"object": "x"}
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def _count(folder):
    for _turn in range(50):
        with Notes(folder).alone("node", "m1") as note:
            note["count"] = note.get("count", 0) + 1


def test_one_at_a_time(tmp_path):
    workers = [multiprocessing.Process(target=_count, args=(str(tmp_path),)) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Notes(str(tmp_path)).read("node", "m1") == {"count": 200}


def test_what_fails_inside_keeps_nothing(tmp_path):
    notes = Notes(str(tmp_path))
    try:
        with notes.alone("node", "m1") as note:
            note["half"] = True
            raise ValueError
    except ValueError:
        pass
    assert notes.read("node", "m1") == {} and json.dumps(notes.read("node", "m1")) == "{}"
