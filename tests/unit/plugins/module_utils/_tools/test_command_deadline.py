"""Running programs: the deadline, whatever the program and its children do."""

import subprocess
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import command
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.programs import write_program
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import gone, open_files, until

# A start of a shell on a busy machine, and a kill of a group, fit into this.
SHORT, ROOM = 0.7, 5.0


def run(argv, seconds=SHORT):
    """(Result, seconds it took); proves that no descriptor stays open."""
    before, started = open_files(), time.monotonic()
    result = command.run(argv, Deadline(seconds))
    took = time.monotonic() - started
    assert open_files() <= before
    assert took < seconds + ROOM
    return result, took


def pid_in(path):
    """The process id that a script wrote."""
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def test_a_program_that_sleeps_is_killed_at_the_deadline(tmp_path):
    program = write_program(tmp_path, "p", 'echo $$ >"%s/pid"; echo before; exec sleep 100' % tmp_path)
    result, took = run([program])
    assert (result.rc, result.timed_out, result.out) == (None, True, "before\n")
    assert took >= SHORT
    until(lambda: gone(pid_in(tmp_path / "pid")))


def test_its_children_die_with_it(tmp_path):
    program = write_program(tmp_path, "p", 'sleep 100 & echo $! >"%s/pid"; wait' % tmp_path)
    result, _took = run([program])
    assert result.timed_out
    until(lambda: gone(pid_in(tmp_path / "pid")))


def test_one_that_ignores_signals_is_killed_too(tmp_path):
    body = "trap '' TERM INT HUP; echo $$ >\"%s/pid\"; while :; do sleep 100; done" % tmp_path
    result, _took = run([write_program(tmp_path, "p", body)])
    assert result.timed_out
    until(lambda: gone(pid_in(tmp_path / "pid")))


def test_one_that_closes_its_streams_and_goes_on_is_killed(tmp_path):
    body = 'echo $$ >"%s/pid"; exec sleep 100 >&- 2>&-' % tmp_path
    result, _took = run([write_program(tmp_path, "p", body)])
    assert result.timed_out
    until(lambda: gone(pid_in(tmp_path / "pid")))


def test_one_that_never_stops_talking_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "MAX_OUTPUT", 1000)
    result, _took = run([write_program(tmp_path, "p", "exec yes")])
    assert result.timed_out and len(result.out) < 1000 + 65537


def test_a_grandchild_that_keeps_the_pipe_open_does_not_stretch_it(tmp_path):
    """ssh's master connection does that: the program has ended well, and its answer is still the answer."""
    body = '(sleep 100 & echo $! >"%s/pid") ; echo done; exit 4' % tmp_path
    result, _took = run([write_program(tmp_path, "p", body)])
    try:
        assert (result.rc, result.out, result.timed_out) == (4, "done\n", False)
    finally:
        _kill(pid_in(tmp_path / "pid"))


def _kill(pid):
    import contextlib
    import os
    import signal

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_deadline_that_is_spent_already_ends_at_once(tmp_path, seconds):
    result, took = run([write_program(tmp_path, "p", "exec sleep 100")], seconds)
    assert result.timed_out and took < ROOM


def test_a_stopped_program_is_killed(tmp_path):
    body = 'echo $$ >"%s/pid"; kill -STOP $$' % tmp_path
    result, _took = run([write_program(tmp_path, "p", body)])
    assert result.timed_out
    until(lambda: gone(pid_in(tmp_path / "pid")))


def test_a_group_that_ended_by_itself_needs_no_kill(monkeypatch):
    """Between the last look and the kill the program may end: then nobody is there, and nobody else is killed."""
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait(20)
    command._kill(process, 0.1)
