"""Cutting hosts into batches."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils import _batches


@pytest.mark.parametrize(
    "hosts, size, expected",
    [
        ("", 3, {}),
        ("a", 1, {"a": 0}),
        ("abc", 1, {"a": 0, "b": 1, "c": 2}),
        ("abcde", 2, {"a": 0, "b": 0, "c": 1, "d": 1, "e": 2}),
        ("cba", 2, {"c": 0, "b": 0, "a": 1}),
        ("ab", 100, {"a": 0, "b": 0}),
    ],
)
def test_cut(hosts, size, expected):
    assert _batches.cut(list(hosts), size) == expected
