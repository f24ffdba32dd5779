"""One deadline over several steps."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline


class Clock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 500.0

    def __call__(self):
        return self.now


def test_it_counts_down_and_never_below_zero():
    clock = Clock()
    deadline = Deadline(5, clock)
    assert (deadline.left(), deadline.elapsed(), deadline.spent()) == (5.0, 0.0, False)
    clock.now += 4
    assert (deadline.left(), deadline.elapsed(), deadline.spent()) == (1.0, 4.0, False)
    clock.now += 1
    assert (deadline.left(), deadline.spent()) == (0.0, True)
    clock.now += 100
    assert (deadline.left(), deadline.spent()) == (0.0, True)


@pytest.mark.parametrize("passed, asked, left", [(0, 2, 2), (0, 9, 5), (4, 2, 1), (6, 2, 0)])
def test_a_share_never_ends_later_than_the_whole(passed, asked, left):
    clock = Clock()
    deadline = Deadline(5, clock)
    clock.now += passed
    assert deadline.share(asked).left() == left


@pytest.mark.parametrize("seconds", [0, -3])
def test_no_time_is_spent_at_once(seconds):
    assert Deadline(seconds, Clock()).spent()
