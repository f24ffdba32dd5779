"""The file of the bench: a part that was measured takes the place of its own, and no figures of two machines stand beside each other."""

import pytest

from bench.results import merged

ORDER = ["probe", "healthy", "lab"]
HERE = "- 2 cores\n- Python 3"


def test_the_whole_file():
    text = merged("", HERE, {"healthy": "Commit b\n\n| h |\n", "probe": "Commit a\n\n| p |\n"}, ORDER)
    assert text.startswith("# What a tick costs\n") and HERE in text
    assert text.endswith("## probe\n\nCommit a\n\n| p |\n\n## healthy\n\nCommit b\n\n| h |\n")


def test_a_part_alone_takes_the_place_of_its_own():
    every = {part: f"Commit a\n\n| {part} |\n" for part in ORDER}
    old = merged("", HERE, every, ORDER)
    text = merged(old, HERE, {"healthy": "Commit b\n\n| new |\n"}, ORDER)
    assert text == old.replace("Commit a\n\n| healthy |", "Commit b\n\n| new |")
    assert merged(text, HERE, {}, ORDER) == text


@pytest.mark.parametrize("machine", ["- 64 cores\n- Python 3", "- 2 cores\n- Python", "2 cores\n- Python 3"])
def test_another_machine_begins_anew(machine):
    old = merged("", HERE, {"probe": "Commit a\n\n| p |\n"}, ORDER)
    text = merged(old, machine, {"lab": "Commit b\n\n| l |\n"}, ORDER)
    assert "| p |" not in text and "| l |" in text


def test_a_part_that_there_is_no_more_goes():
    old = merged("", HERE, {"probe": "Commit a\n\n| p |\n"}, ORDER)
    assert "probe" not in merged(old, HERE, {"lab": "Commit b\n\n| l |\n"}, ["lab"])
