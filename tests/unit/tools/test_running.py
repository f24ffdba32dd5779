"""What the checks start ends with them: by a signal, by a time limit, and what it started itself too."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tools.check import __main__ as main
from tools.check import running
from tools.check.process import Tally

ROOT = Path(__file__).resolve().parents[3]
# A program with one of its own, whose process ids it writes down.
NESTED = 'sleep 300 & echo "$$ $!" > "$0.part" && mv "$0.part" "$0"; wait'


def _pids(path):
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, "the program did not begin"
        time.sleep(0.02)
    return [int(word) for word in path.read_text().split()]


def _gone(pid):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", running.ENDING)
def test_a_signal_ends_what_runs_and_lets_only_the_cleaning_begin(tmp_path, number):
    script = textwrap.dedent(
        f"""
        import signal, sys, threading
        from tools.check import running
        signal.signal({int(number)}, signal.SIG_IGN)  # as a shell leaves it to what it starts behind itself

        def work():
            running.run(["sh", "-c", {NESTED!r}, {str(tmp_path / "pids")!r}], limit=300)
            try:
                running.run(["touch", {str(tmp_path / "next")!r}], limit=300)
            except running.Ended:
                running.run(["touch", {str(tmp_path / "cleaned")!r}], limit=300, cleaning=True)

        with running.ending_with_signals():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.DEVNULL)
    pids = _pids(tmp_path / "pids")
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert all(map(_gone, pids))
    assert (tmp_path / "cleaned").exists() and not (tmp_path / "next").exists()


def test_a_limit_ends_all_of_it(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        running.run(["sh", "-c", NESTED, str(tmp_path / "pids")], limit=1)
    assert all(map(_gone, _pids(tmp_path / "pids")))


def test_one_that_does_not_hear_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "GRACE", 0.2)
    argv = ["sh", "-c", 'trap "" INT; echo "$$" > "$0"; sleep 300', str(tmp_path / "pids")]
    with pytest.raises(subprocess.TimeoutExpired):
        running.run(argv, limit=1)
    assert all(map(_gone, _pids(tmp_path / "pids")))


def test_what_it_gives_back():
    done = running.run(
        ["sh", "-c", "echo out; echo err >&2; exit 3"], limit=30, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


# Ends when its niceness is $0; a program begins before it is made nice.
NICE = 'while [ "$(nice)" != "$0" ]; do sleep 0.05; done; cat /proc/self/autogroup 2>/dev/null; true'


def test_what_yields_is_nice_and_so_is_its_session_where_sessions_share_the_cores(monkeypatch):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    if before == 19:
        pytest.skip("these tests are as nice as can be")
    monkeypatch.setattr(running, "NICE", before + 1)  # they may yield themselves
    argv = ["sh", "-c", NICE, str(running.NICE)]
    with running.yielding():
        done = running.run(argv, limit=30, stdout=subprocess.PIPE)
    assert done.stdout.decode().rpartition(" ")[2] in ("", "%d\n" % running.NICE)
    with pytest.raises(subprocess.TimeoutExpired):
        running.run(argv, limit=1)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.parametrize(
    "names, yields", [(["lint", "unit"], True), (["molecule"], False), (["slow", "runner"], False)]
)
def test_a_lane_without_the_lab_yields(monkeypatch, names, yields):
    seen = []

    def run(name):
        seen.append(running.yields())
        return Tally(passed=1)

    monkeypatch.setattr(main, "_run", run)
    main._lane(names)
    assert seen == [yields] * len(names) and not running.yields()
