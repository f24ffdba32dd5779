"""Work in a child process, which can be given up."""

import os
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import apart
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files


@pytest.mark.parametrize("answer", [{"a": [1, None]}, [], 0, "x" * 300000])
def test_the_answer_comes_back_and_nothing_stays_open(answer):
    before = open_files()
    assert apart.within(30, lambda: answer) == answer
    assert open_files() <= before


def test_it_is_another_process_whose_changes_stay_there():
    seen = []
    assert apart.within(30, lambda: seen.append(1) or os.getpid()) != os.getpid() and seen == []


def test_what_hangs_is_given_up():
    before, started = open_files(), time.monotonic()
    assert apart.within(0.2, lambda: time.sleep(60)) is None
    assert time.monotonic() - started < 30 and open_files() <= before


def fail():
    raise RuntimeError("broken")


@pytest.mark.parametrize("work", [fail, lambda: {1, 2}, lambda: os._exit(3)])
def test_work_that_breaks_has_no_answer(work, capfd):
    assert apart.within(30, work) is None
    assert capfd.readouterr() == ("", "")  # whoever reads our output reads an answer of a module


class Ended(BaseException):
    """The child's end."""


def test_the_child_answers_and_never_comes_back(monkeypatch):
    def answer(reader, writer, _work):
        os.close(reader)
        os.close(writer)
        raise Ended

    monkeypatch.setattr(apart.os, "fork", lambda: 0)
    monkeypatch.setattr(apart, "_answer", answer)
    before = open_files()
    with pytest.raises(Ended):
        apart.within(1, fail)
    assert open_files() <= before


def test_what_the_child_does(monkeypatch):
    """In this process, with its end and its standard streams left out."""

    def end(status):
        raise Ended(status)

    turned = []
    monkeypatch.setattr(apart.os, "_exit", end)
    monkeypatch.setattr(apart.os, "dup2", lambda _null, number: turned.append(number))
    before = open_files()
    reader, writer = os.pipe()
    spare = os.dup(reader)
    with pytest.raises(Ended):
        apart._answer(reader, writer, lambda: {"a": 1})
    assert os.read(spare, 99) == b'{"a": 1}' and turned == [0, 1, 2]
    os.close(spare)
    os.close(writer)
    for number, leads in open_files() - before:  # the null device, which ends with the child
        assert leads == os.devnull
        os.close(int(number))
