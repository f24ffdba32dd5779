"""Running programs with a deadline, and ending them when the lab is interrupted."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from lab import procs, run
from lab.errors import LabError


@pytest.fixture(autouse=True)
def _resumed() -> Iterator[None]:
    yield
    run.resume()


def _until(condition: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_outputs_status_and_input() -> None:
    result = run.run(["sh", "-c", "cat; echo err >&2; exit 3"], timeout=10, stdin=b"in")
    assert (result.status, result.out, result.err, result.ok) == (3, "in", "err\n", False)


def test_a_failure_is_one_sentence_with_the_programs_own_words() -> None:
    with pytest.raises(LabError) as caught:
        run.run(["sh", "-c", "echo noise; echo 'E: no such package'; echo later >&2; exit 100"], 10, check="install it")
    assert str(caught.value).startswith("Could not install it: E: no such package (`sh -c")
    with pytest.raises(LabError, match="Could not run it: /no/such/program: No such file"):
        run.run(["/no/such/program"], 10, check="run it")


def test_a_deadline_ends_the_children_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    began = time.monotonic()
    result = run.run(["sh", "-c", f"sleep 60 & echo $! > {pid}; wait"], timeout=1)
    assert result.status == 124 and "no end after 1 s" in result.err
    assert time.monotonic() - began < 20
    _until(lambda: not procs.alive(int(pid.read_text())))


def test_streaming_logs_every_line_and_knows_the_deadline(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "log"
    assert run.stream(["sh", "-c", "echo one; echo two >&2; exit 4"], 10, log, lines.append) == 4
    assert sorted(lines) == ["one", "two"] and sorted(log.read_text().split()) == ["one", "two"]
    assert run.stream(["sh", "-c", "exec sleep 60"], 0.5, log, lines.append) == 124
    with pytest.raises(LabError, match="Cannot run /no/such"):
        run.stream(["/no/such"], 1, log, lines.append)


def test_a_pipe_fails_when_either_side_does() -> None:
    assert run.pipe(["echo", "words"], ["cat"], 10, "copy") == "words"
    for source, sink in ((["false"], ["cat"]), (["echo", "x"], ["sh", "-c", "cat >/dev/null; echo bad >&2; exit 5"])):
        with pytest.raises(LabError, match="Could not copy"):
            run.pipe(source, sink, 10, "copy")
    with pytest.raises(LabError, match="no end after"):
        run.pipe(["sleep", "60"], ["cat"], 0.5, "copy")


def test_cancelling_ends_what_runs_waits_for_what_must_finish_and_starts_nothing(tmp_path: Path) -> None:
    done, results = tmp_path / "done", {}
    release = tmp_path / "release"

    def job(name: str, argv: list[str], finish: bool) -> threading.Thread:
        thread = threading.Thread(target=lambda: results.update({name: run.run(argv, 60, finish=finish)}))
        thread.start()
        return thread

    patient = f"touch {done}.began; while [ ! -e {release} ]; do sleep 0.05; done; echo finished"
    threads = [
        job("killed", ["sh", "-c", f"touch {done}.too; exec sleep 60"], False),
        job("finished", ["sh", "-c", patient], True),
    ]
    _until(lambda: Path(f"{done}.began").exists() and Path(f"{done}.too").exists())
    canceller = threading.Thread(target=run.cancel)
    canceller.start()
    threads[0].join(10)
    assert results["killed"].status == -9
    assert "finished" not in results
    release.touch()
    for thread in (*threads, canceller):
        thread.join(20)
    assert results["finished"].out == "finished\n"
    with pytest.raises(LabError, match="being interrupted"):
        run.run(["true"], 10)
    run.resume()
    assert run.run(["true"], 10).ok


def test_children_bear_the_mark_and_can_be_found_and_ended_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # A mark of this test's own: a lab that is up on this machine has marked processes too.
    monkeypatch.setattr(procs, "MARK_JOB", f"ZBS_LAB_TEST_{os.getpid()}")
    found: list[list[int]] = []

    def look() -> None:
        _until(lambda: procs.marked(procs.MARK_JOB))
        found.append(procs.marked(procs.MARK_JOB))
        found.append(procs.end(procs.marked(procs.MARK_JOB)))

    looker = threading.Thread(target=look)
    looker.start()
    result = run.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=30)
    looker.join(20)
    assert len(found[0]) == 1 and found[1] == [] and result.status == -15
    assert procs.marked(procs.MARK_JOB) == []


def test_a_process_does_not_find_itself_or_its_parents() -> None:
    assert os.getpid() not in procs.marked("PATH") and os.getppid() not in procs.marked("PATH")
