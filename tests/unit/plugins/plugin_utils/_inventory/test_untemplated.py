"""Words from elsewhere are never templates."""

import runpy
import sys

from ansible_collections.zstack.zbs.plugins.plugin_utils._inventory import untemplated


def test_words_stay_words():
    value = {"a": ["x", "{{ 1 }}", 5, None, True]}
    assert untemplated.plain(value) == value


def test_before_ansible_core_2_19_a_plain_text_is_as_good(monkeypatch):
    monkeypatch.delattr("ansible.template.trust_as_template", raising=False)
    monkeypatch.delitem(sys.modules, untemplated.__name__)
    plain = runpy.run_module(untemplated.__name__)["plain"]
    value = {"a": ["x", 5, None], "b": "{{ 1 }}"}
    assert plain(value) == value
