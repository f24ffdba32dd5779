"""Secrets never come back from a program, however they lie in its output."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import command
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.programs import write_program
from hypothesis import example, given
from hypothesis import strategies as st

M = command.MASK


@pytest.mark.parametrize(
    "text, secrets, expected",
    [
        ("the password is hunter2!", ["hunter2"], "the password is %s!" % M),
        ("hunter2 hunter2", ["hunter2"], "%s %s" % (M, M)),
        ("hunter2more", ["hunter2", "hunter2more"], M),
        ("hunter2more", ["hunter2more", "hunter2"], M),
        ("nothing", ["hunter2"], "nothing"),
        ("a.b", ["a.b", "x*"], M),
        ("text", ["", None], "text"),
    ],
)
def test_mask(text, secrets, expected):
    assert command.mask(text, secrets) == expected


@pytest.mark.parametrize("secrets", [["abcd", "cdef"], ["cdef", "abcd"], ["abcde", "cdef"], ["abc", "cdefg", "bcd"]])
def test_secrets_that_overlap_leave_no_rest_of_any(secrets):
    masked = command.mask("--abcdefg--", secrets)
    covered = max("abcdefg".index(secret) + len(secret) for secret in secrets)
    assert masked == "--%s%s--" % (M, "abcdefg"[covered:])


def test_a_secret_that_overlaps_itself_leaves_no_rest():
    assert command.mask("xaaax", ["aa"]) == "x%sx" % M


def slowly(text, secrets):
    """The mask letter by letter: what is of several secrets that overlap is one mask, what only touches is not."""
    spans = sorted(
        (start, start + len(secret))
        for secret in filter(None, secrets)
        for start in range(len(text))
        if text.startswith(secret, start)
    )
    out, position, end = "", 0, 0
    for start, stop in spans:
        if start >= end:
            out += text[position:start] + M
        end = position = max(end, stop)
    return out + text[position:]


@given(st.text("ab*c", max_size=30), st.lists(st.text("ab*c", max_size=4) | st.none(), max_size=4))
@example("aaab", ["ab", "aa"])
@example("abab", ["ab"])
@example("a*b", ["a", "b", "***"])
def test_every_way_of_masking_is_one(text, secrets):
    assert command.mask(text, secrets) == slowly(text, secrets)


@pytest.mark.parametrize("secrets", [["geheim"], ["geheim", "heim"], ["geheimge"], ["g", "e"], ["no such"]])
def test_megabytes_of_secrets_take_no_minutes(secrets):
    before = time.process_time()
    assert "geheim" not in command.mask("geheim" * 700000, secrets) or secrets == ["no such"]
    assert time.process_time() - before < 20  # others use the machine too


@pytest.mark.parametrize(
    "out, err, said",
    [
        ("a\nb", "", "a b"),
        ("a", "b\n", "b"),
        ("a", " \n", "a"),
        ("a" + " " * 5000, "b" + "\n" * 5000, "b"),
        ("a" * 5000, "", "a" * 300),
        ("a b " * 3000000, " " * 3000000, ("a b " * 80)[-301:-1]),
    ],
)
def test_the_last_that_a_program_said(out, err, said):
    before = time.process_time()
    assert command.Result(1, out, err).sentence() == said
    assert time.process_time() - before < 5


def test_both_streams_are_masked_also_of_a_program_that_timed_out(tmp_path):
    program = write_program(tmp_path, "p", 'echo "out $2"; echo "err $2" >&2; exec sleep $3')
    for seconds, pause in ((20.0, "0"), (1.0, "100")):
        result = command.run([program, "-p", "s3cr3t", pause], Deadline(seconds), ["s3cr3t"])
        assert (result.out, result.err) == ("out %s\n" % M, "err %s\n" % M)
        assert "s3cr3t" not in result.sentence()


def test_a_missing_program_does_not_show_its_arguments():
    with pytest.raises(command.ZbsError) as caught:
        command.run(["/not/there", "-p", "s3cr3t"], Deadline(1), ["s3cr3t"])
    assert "s3cr3t" not in str(vars(caught.value))
