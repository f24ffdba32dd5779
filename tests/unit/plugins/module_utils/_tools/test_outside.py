"""JSON that somebody else wrote: a table of texts, of which the fuzzer found most. Nothing but ValueError, bounded time and memory."""

import contextlib
import json
import time
import tracemalloc

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import outside
from hypothesis import given
from hypothesis import strategies as st

MEGABYTES = 10 * 1024 * 1024
DEEP = outside.MOST_DEPTH


@pytest.mark.parametrize(
    "text, data",
    [
        ("{}", {}),
        (" [1, -2.5, true, null] \n", [1, -2.5, True, None]),
        ("7", 7),
        ('"a"', "a"),
        (str(2**64), 2**64),
        ("-" + "9" * 39, -(10**39) + 1),
        ("[" * DEEP + "]" * DEEP, None),
        # half a character is what other readers of JSON make of it, and a whole one stays
        ('"\\ud800"', "\ufffd"),
        ('"a\\uDFFFb"', "a\ufffdb"),
        ('"\\ud800\\ud83d\\ude00\\ude00"', "\ufffd\U0001f600\ufffd"),
        ('{"\\ud83d": "\\ud83d\\ude00"}', {"\ufffd": "\U0001f600"}),
        ('"\\\\ud800"', "\\ud800"),
        ('"\\\\\\ud800"', "\\\ufffd"),
        ('"\\u0000"', "\0"),
    ],
)
def test_what_is_read(text, data):
    found = outside.loads(text)
    assert data is None or found == data
    json.dumps(found, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nothing",
        "{} {}",
        "{'a': 1}",
        "NaN",
        '{"a": -Infinity}',
        "1e999",
        "[-1e400]",
        "9" * 41,
        "[" + "9" * 5000 + "]",
        "9" * MEGABYTES,
        "[" * (DEEP + 1) + "]" * (DEEP + 1),
        '{"a":' * (DEEP + 1) + "1" + "}" * (DEEP + 1),
        "[" * 100000 + "]" * 100000,
        "[" * MEGABYTES,
        "[" + "1," * outside.MOST_PARTS + "1]",
        "x" * (outside.MOST_BYTES + 1),
        '"' + "x" * 7 * 1024 * 1024 + '\U0001f600"',
        '"\ud800',
    ],
    ids=range(20),
)
def test_what_is_not_read(text):
    with pytest.raises(ValueError) as caught:
        outside.loads(text)
    assert len(str(caught.value)) < 200


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_anybody_writes_is_read_as_it_is(data):
    assert outside.loads(json.dumps(data)) == data
    assert outside.loads(json.dumps(data, ensure_ascii=False, indent=2)) == data


@pytest.mark.parametrize(
    "data, text",
    [
        (b"a", "a"),
        ("\u00e9\u4e2d\U0001f600".encode(), "\u00e9\u4e2d\U0001f600"),
        (b"x" * MEGABYTES, "x" * MEGABYTES),
        (b"\xff", None),
        (b"\xed\xa0\x80", None),
        (b"x" * MEGABYTES + "\U0001f600".encode(), None),
        ("\u4e2d".encode() * 6 * 1024 * 1024, None),
        (b"x" * (outside.MOST_BYTES + 1), None),
    ],
    ids=range(8),
)
def test_bytes(data, text):
    try:
        assert outside.decoded(bytearray(data)) == text
    except ValueError:
        assert text is None


def test_one_that_begins_anywhere():
    text = outside.checked('noise {"a": [1]} more')
    assert outside.scan(text, 6) == ({"a": [1]}, 16)
    with pytest.raises(ValueError):
        outside.scan(text, 0)


def full(item):
    return "[" + item * (MEGABYTES // len(item)) + "0]"


@pytest.mark.parametrize(
    "text",
    [
        full("[],"),
        full("{},"),
        full("1,"),
        full("1.5,"),
        full('"",'),
        full('{"a":0},'),
        full('"\\ud800",'),
        full("9" * 40 + ","),
        full("9" * 41 + ","),
        full("[[[[[[1]]]]]],"),
        "[" + ",".join('{"%06x":0}' % number for number in range(130000)) + "]",
        '"' + "\\ud83d" * (MEGABYTES // 6) + '"',
        '"' + "\\\\" * (MEGABYTES // 2) + '"',
        '"' + "\\n" * (MEGABYTES // 2) + '"',
        '"' + "x" * MEGABYTES + '"',
        '"' + "\u4e2d" * (MEGABYTES // 3) + '"',
        '"' + "\U0001f600" * (MEGABYTES // 4) + '"',
        " " * MEGABYTES,
        "\0" * MEGABYTES,
    ],
    ids=range(19),
)
def test_ten_megabytes(text):
    before = time.process_time()
    tried(text)
    assert time.process_time() - before < 10  # others use the machine too; alone it takes less than a second
    tracemalloc.start()
    tried(text)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 * 1024 * 1024


def tried(text):
    with contextlib.suppress(ValueError):
        outside.loads(text)
