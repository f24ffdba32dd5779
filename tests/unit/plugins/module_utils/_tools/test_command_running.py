"""Running programs: what comes back, what is missing, and what a program gets."""

import os
import sys

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import command
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support.programs import write_program
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files


def run(argv, seconds=20.0, **more):
    """Run it; proves that no descriptor stays open."""
    before = open_files()
    result = command.run(argv, Deadline(seconds), **more)
    assert open_files() <= before
    return result


@pytest.mark.parametrize("rc", [0, 1, 17, 255])
def test_status_and_both_streams_come_back(tmp_path, rc):
    program = write_program(tmp_path, "p", "echo out; echo err >&2; exit %d" % rc)
    result = run([program])
    assert (result.rc, result.out, result.err, result.timed_out) == (rc, "out\n", "err\n", False)


def test_a_program_that_a_signal_ends_has_a_negative_status(tmp_path):
    assert run([write_program(tmp_path, "p", "kill -9 $$")]).rc == -9


def test_arguments_are_passed_as_they_are_never_through_a_shell(tmp_path):
    program = write_program(tmp_path, "p", 'printf "%s\\n" "$@"')
    words = ["a b", "$HOME", "`id`", "*", "'", '"', ";", "ü", "--", ""]
    assert run([program] + words).out.split("\n")[:-1] == words


def test_stdin_is_empty_and_not_ours(tmp_path):
    program = write_program(tmp_path, "p", "cat; readlink /proc/self/fd/0")
    reading, writing = os.pipe()  # ours must be something else, or this would show nothing
    os.write(writing, b"our input")
    os.close(writing)
    ours = os.dup(0)
    os.dup2(reading, 0)
    try:
        assert run([program]).out == "/dev/null\n"
        assert os.read(0, 100) == b"our input"
    finally:
        os.dup2(ours, 0)
        os.close(ours)
        os.close(reading)


def test_it_speaks_english_and_gets_our_environment_and_more(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("ZBS_TEST", "ours")
    program = write_program(tmp_path, "p", 'echo "$LC_ALL $LANG $ZBS_TEST $MORE"')
    assert run([program], environ={"MORE": "given"}).out == "C C ours given\n"


def test_it_is_in_a_session_of_its_own():
    code = "import os; print(os.getsid(0) == os.getpid())"
    assert run([sys.executable, "-c", code]).out == "True\n"


def test_output_that_is_no_text_comes_back_as_far_as_it_is(tmp_path):
    assert run([write_program(tmp_path, "p", "printf 'a\\377b'")]).out == "a\ufffdb"


@pytest.mark.parametrize("name", ["zbs-no-such-program", "/not/there/program"])
def test_a_program_that_is_not_there_is_named(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # ours may hold a folder that this user can't search
    with pytest.raises(ZbsError) as caught:
        run([name])
    assert caught.value.code == "command_missing" and name in caught.value.message


def make_plain(path):
    path.write_text("#!/bin/sh\n")


def make_folder(path):
    path.mkdir()


def make_no_program(path):
    path.write_text("no program at all\n")
    path.chmod(0o755)


@pytest.mark.parametrize("make", [make_plain, make_folder, make_no_program])
def test_a_program_that_may_not_be_run_is_named(tmp_path, make):
    make(tmp_path / "p")
    with pytest.raises(ZbsError) as caught:
        run([str(tmp_path / "p")])
    assert caught.value.code == "command_denied" and str(tmp_path / "p") in caught.value.message


def test_a_program_whose_interpreter_is_missing_is_named(tmp_path):
    (tmp_path / "p").write_text("#!/not/there\n")
    (tmp_path / "p").chmod(0o755)
    with pytest.raises(ZbsError) as caught:
        run([str(tmp_path / "p")])
    assert caught.value.code == "command_missing"


def test_output_beyond_the_limit_is_read_and_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "MAX_OUTPUT", 100000)
    program = write_program(tmp_path, "p", "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2; exit 3")
    result = run([program])
    assert (result.rc, result.err) == (3, "end\n")  # it did not block on a full pipe
    assert 100000 <= len(result.out) <= 100000 + 65536


def test_the_last_thing_said_is_one_line_of_at_most_300_letters():
    assert command.Result(1, "out", " two\n lines \n").sentence() == "two lines"
    assert command.Result(1, "out\n", "  \n").sentence() == "out"
    assert command.Result(1, "", "").sentence() == ""
    assert command.Result(1, "", "a" * 400 + "b").sentence() == "a" * 299 + "b"


def test_an_empty_list_of_secrets_changes_nothing():
    assert command.mask("text", []) == command.mask("text", ["", None]) == "text"
