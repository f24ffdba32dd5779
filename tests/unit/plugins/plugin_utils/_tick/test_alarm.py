"""The time limit of an action plugin."""

import signal
import time

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm


def test_a_block_that_never_ends_is_ended_even_where_exceptions_are_tried_again():
    with pytest.raises(alarm.TimeUp), alarm.within(1):
        while True:
            try:
                time.sleep(60)
            except Exception:
                continue


def test_after_a_block_nothing_rings_any_more():
    before = signal.getsignal(signal.SIGALRM)
    with alarm.within(60):
        pass
    assert signal.alarm(0) == 0 and signal.getsignal(signal.SIGALRM) == before
