"""The answer in what a program printed: a table of outputs."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.answers import last_object
from hypothesis import given
from hypothesis import strategies as st

NOISE = "WARN[0000] host key was added\n"


@pytest.mark.parametrize(
    "text, answer",
    [
        ("", None),
        ("garbage", None),
        ("[]", None),
        ('"{}"', None),
        ('{"success": true}', {"success": True}),
        ('\n  {"success": true}  \n', {"success": True}),
        # noise before it, the answer in one line or in many
        (NOISE + '{"success": true}', {"success": True}),
        (
            NOISE + '{\n  "error": {"code": 0, "message": ""},\n  "success": true\n}\n',
            {"error": {"code": 0, "message": ""}, "success": True},
        ),
        # an object inside it is not the answer, indented or not
        (
            NOISE + '{\n  "success": true,\n  "nodes": [\n    {"name": "a", "success": false}\n  ]\n}\n',
            {"success": True, "nodes": [{"name": "a", "success": False}]},
        ),
        ('{"success": true, "nodes": [\n{"success": false}\n]}', {"success": True, "nodes": [{"success": False}]}),
        # noise after it, of words and of JSON
        ('{"success": true}\nbye\n', {"success": True}),
        ('{"success": true}\n{"level": "info", "msg": "done"}\n', {"success": True}),
        ('{"level": "info"}\n{"level": "warn"}', {"level": "warn"}),
        # the last one counts
        ('{"success": false}\n{"success": true}', {"success": True}),
        # one that was cut off is none, and neither is what stands in it
        ('{"success": true, "nodes": [{"success": false}', None),
        ('said: {"success": true}', None),
        # dressed for a terminal or by an editor
        ('\ufeff{"success": true}', {"success": True}),
        ('\ufeffnoise\r\n\ufeff{"success": true}\r\n', {"success": True}),
        ('\x1b[32m{"success": true}\x1b[0m', {"success": True}),
        ('\x1b[1;33mWARN\x1b[0m odd\n\x1b[0m{\r\n\x1b[36m"success"\x1b[0m: true\r\n}\x1b[K\r\n', {"success": True}),
        ('\x1b]0;zbsadm\x07{"success": true}', {"success": True}),
        ('\x1b]0;zbsadm\x1b\\{"success": true}', {"success": True}),
        ('\x1b(B\x1b[m{"success": true}', {"success": True}),
        ('{"success": true, "volume": "a\ufeff"}', {"success": True, "volume": "a\ufeff"}),
        ('{"success": true}\0', {"success": True}),
        ('progress 1%\rprogress 99%\r{"success": true}', {"success": True}),
    ],
)
def test_outputs(text, answer):
    assert last_object(text, ("success", "error")) == answer


@given(
    st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()))),
    st.integers(0, 4),
)
def test_any_object_is_found_behind_noise(data, indent):
    text = "a line\n" + json.dumps(data, indent=indent or None) + "\n"
    assert last_object(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "{\n" * 3000000,
        '{"a":\n' * 1500000,
        '{"a":\n' * 900 + "[" + "1," * 4000000,
        "x{" * 5000000,
        '{"a": 1}\n' * 1000000,
    ],
    ids=["openings", "nested", "nested before a long list", "in lines", "many objects"],
)
def test_ten_megabytes_take_no_minutes(text):
    before = time.process_time()
    last_object(text)
    assert time.process_time() - before < 20  # a machine that others use too; alone it takes about a second
