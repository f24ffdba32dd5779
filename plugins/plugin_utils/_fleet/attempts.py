# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the attempts of a host in this tick, from what its tasks registered. Pure."""

from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import VOLUME

# A volume that another host has open: left alone.
ELSEWHERE = "held elsewhere"


def outcomes(tick, begins, finishes):
    """{protocol: (word, reason or None)} of each protocol that the tick found due, and of each volume whose attempt followed.

    tick              what the phase observe registered ({} for none)
    begins, finishes  {protocol: what these phases registered}

    Words: `healed`, `failed`, `held elsewhere` (a volume that another host has open), `refused` (another run's, or not due any
    more), `due` (its turn did not come). What is registered may be of an earlier tick of the same play; only a begin that took
    the attempt makes its finish count.
    """
    due = list(tick.get("due") or [])
    followed = [name for name in begins if name.startswith(VOLUME) and name not in due]
    return {
        protocol: _outcome(protocol, begins.get(protocol) or {}, finishes.get(protocol) or {})
        for protocol in due + followed
    }


def _outcome(protocol, begin, finish):
    if begin.get("failed") or begin.get("unreachable"):
        return "failed", "the attempt could not begin: %s" % (begin.get("msg") or "no message")
    if "decisions" not in begin:
        return "due", None
    if protocol not in (begin.get("begun") or []):
        return "refused", "; ".join(begin.get("warnings") or []) or None
    if "outcome" in finish:
        word = ELSEWHERE if finish.get("held_by") and finish["outcome"] == "failed" else finish["outcome"]
        return word, _ended(protocol, finish)
    return "failed", "the attempt was cut off and ends with its lease: %s" % (
        finish.get("msg") or "no outcome was written"
    )


def _ended(protocol, finish):
    """Why it failed, and that nothing was written where its lease had run out before; None where there is nothing to say."""
    said = [finish.get("error")]
    if (finish.get("decisions") or {}).get(protocol) == "refused":
        said += finish.get("warnings") or []
    return "; ".join(sentence for sentence in said if sentence) or None


def taken_volumes(begin, finish):
    """What took the attempts of a host's volumes along with the end of its target's attempt in this tick; None where the target was not
    attempted, so that they have to be taken on their own.

    begin, finish  what the two tasks of the target's attempt registered ({} for none); the finish may be of an earlier tick
    """
    if "vhost" not in (begin.get("begun") or []):
        return None
    ended = begin if "outcome" in begin else finish  # one that broke off at once has ended there
    volumes = ended.get("volumes") if ended.get("lease_id") == begin.get("lease_id") else None
    return dict(volumes or {"begun": [], "decisions": {}, "restore": []}, changed=False)


def began(tick, begins):
    """Whether an attempt of this very tick began. What is registered may be of an earlier tick of the same play; one that followed
    on the tick belongs to the same outage and counts one attempt more.
    """
    seen = tick.get("entries") or {}
    for protocol, begin in begins.items():
        then, before = (begin.get("entries") or {}).get(protocol), seen.get(protocol)
        if protocol not in (begin.get("begun") or []) or not then or not before:
            continue
        if then.get("since") == before.get("since") and then["failures"] > before["failures"]:
            return True
    return False


def any_failed(tick, begins, finishes):
    """Whether an attempt of the host failed in this tick. One volume that can't be traced says nothing about a site."""
    found = outcomes(tick, begins, finishes)
    return any(word == "failed" for name, (word, _reason) in found.items() if not name.startswith(VOLUME))
