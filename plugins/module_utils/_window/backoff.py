# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backoff window of one (primary storage, host, protocol). Pure: entry in, entry out, no clock and no file.

With the default cap the attempts of an unbroken outage fall on its down ticks 1, 4, 9, 18, 35, 68, 133, 198, 263 ...

An entry is a dict, or None where nothing is known against the protocol:
  status, verdict, reason  as last observed (a status word, a verdict, a sentence or None)
  since         ISO 8601 time of the first down tick of this outage (for people)
  failures      attempts begun in this outage
  skip          down ticks to let pass before the next attempt
  last_attempt  None, or {at, who, outcome, error}; outcome is `running`, `healed`, `failed` or `lost`
  lease         None, or {id, boot_id, started, expires, who}; the times are seconds of the monotonic clock of that boot
  due           (may be left out) true after a tick that found an attempt due, until one begins or the window counts
  left          (may be left out) true after a tick that left it to another deployer
  healthy       (may be left out) healthy ticks in a row since it was last down, while fewer than `reset_after`
  flaps         (may be left out) recoveries within `flap_window` ticks because of which an old window goes on
  held_by       (may be left out, only of a volume) the addresses of other hosts that have it open, as the last attempt found

A history is what outlives an outage, or None; it ages by the ticks that see the protocol up or down, and ends by itself:
  recoveries    ages in ticks of the recoveries within `flap_window`, oldest first
  failures, skip  the window that the next outage goes on with; 0 where it gets a fresh one
"""

from .limits import DEFAULTS

# 2 ** 30 ticks are two thousand years of minutes; the bound keeps a damaged counter from making a giant number.
_MAX_EXPONENT = 30

# Seconds; no option allows a longer lease, so one that claims to be is damaged, and dead.
_MAX_LEASE = 86400 + 1

DOWN = "Disconnected"
UP = "Connected"


def window(failures, max_skip):
    """Ticks to let pass after the `failures`-th attempt: 2, 4, 8 ... at most `max_skip`."""
    return min(2 ** min(failures, _MAX_EXPONENT), max_skip)


def lease_alive(entry, boot_id, monotonic):
    """Whether an attempt is under way: its lease is of this boot and has not run out."""
    lease = (entry or {}).get("lease")
    if not lease or lease["boot_id"] != boot_id:
        return False
    return lease["started"] <= monotonic < lease["expires"] <= lease["started"] + _MAX_LEASE


def new_entry(observation, now, history=None):
    """The entry of an outage that begins with this observation: with a fresh window, or with the one of a flapping past."""
    entry = {"since": now, "failures": 0, "skip": 0, "last_attempt": None, "lease": None}
    if history and history["failures"]:
        entry.update(failures=history["failures"], skip=history["skip"], flaps=len(history["recoveries"]))
    entry.update(observation)
    return entry


def distrusted_entry(observation, now, max_skip):
    """The entry to start with where the ledger was lost: the longest window, since nobody knows how often was tried."""
    entry = new_entry(observation, now)
    failures = 0
    while window(failures, max_skip) < max_skip and failures < _MAX_EXPONENT:
        failures += 1
    entry.update(failures=failures, skip=max_skip)
    return entry


def observe(entry, observation, now, alive, limits=DEFAULTS, history=None, by_event=False):
    """One tick: (entry after it, decision).

    observation  {status, verdict, reason}
    now          ISO 8601 text
    alive        whether a lease is alive
    history      of before, one tick older (`age`); only the first tick of an outage looks at it
    by_event     whether an event started this look and not the clock. It attempts what the clock would, but no number of ticks moves
                 by it: alarms come in bursts, and a window that they count down, or an outage that they end, is over in seconds.

    Decisions: `well` (nothing to remember), `recovering` (well, for fewer than reset_after ticks), `cleared` (was down, is
    well), `in_progress` (an attempt runs; nothing is counted), `waiting` (the window was counted down by one), `due` (an
    attempt may begin; nothing was counted), and `unsure` for a status that neither clears nor counts.
    """
    if alive:
        return entry, "in_progress"
    if observation["status"] == UP:
        return _seen_well(entry, observation, limits, by_event)
    if observation["status"] != DOWN:
        return entry, "unsure"
    entry = new_entry(observation, now, history) if entry is None else dict(_without_lease(entry), **observation)
    for key in ("healthy", "due", "left"):
        entry.pop(key, None)
    if (entry["last_attempt"] or {}).get("outcome") == "healed":
        # It was well when the attempt ended and is down again before the outage was over: the same outage.
        entry["last_attempt"] = dict(entry["last_attempt"], outcome="lost")
    # A cap that was lowered holds at once, and a damaged counter can't keep a host down for ever.
    entry["skip"] = min(entry["skip"], limits.max_skip)
    if entry["skip"] > 0:
        entry["skip"] -= 0 if by_event else 1
        return entry, "waiting"
    entry["due"] = True
    return entry, "due"


def _seen_well(entry, observation, limits, by_event):
    if entry is None:
        return None, "well"
    healthy = entry.get("healthy", 0) + (0 if by_event else 1)
    if healthy >= limits.reset_after and not by_event:
        return None, "cleared"
    entry = dict(_without_lease(entry), healthy=healthy, **observation)
    for key in ("due", "left", "held_by"):
        entry.pop(key, None)
    return entry, "recovering"


def _without_lease(entry):
    """The entry without its dead lease: whoever held it died or was cut off; its attempt counts, its lease does not."""
    if entry["lease"] is None:
        return entry
    return dict(entry, lease=None, last_attempt=dict(entry["last_attempt"] or {}, outcome="lost"))


def age(history, limits=DEFAULTS):
    """The history one tick later; None as soon as it has nothing to say."""
    ages = [ticks + 1 for ticks in (history or {"recoveries": []})["recoveries"] if ticks + 1 < limits.flap_window]
    return dict(history, recoveries=ages) if ages else None


def recovered(history, entry, limits=DEFAULTS):
    """The history after the recovery that ends the outage of `entry`, with its window where the target is flapping."""
    if limits.flap_window < 1:
        return None
    ages = (history or {"recoveries": []})["recoveries"] + [0]
    failures, skip = (entry["failures"], entry["skip"]) if len(ages) > limits.flap_limit else (0, 0)
    return {"recoveries": ages, "failures": failures, "skip": skip}


def begin(entry, max_skip, lease, now):
    """Count an attempt that is due: one failure more, its window, its lease. The caller checked that it is due."""
    failures = entry["failures"] + 1
    return dict(
        {key: value for key, value in entry.items() if key != "due"},
        failures=failures,
        skip=window(failures, max_skip),
        lease=lease,
        last_attempt={"at": now, "who": lease["who"], "outcome": "running", "error": None},
    )


def is_due(entry, alive):
    """Whether an attempt may begin now: the last tick that saw the protocol found it due, and nobody has begun since.

    A window that was counted down to nothing is not enough: it is the next tick that finds it due.
    """
    return entry is not None and not alive and entry["status"] == DOWN and bool(entry.get("due"))


def holds_lease(entry, lease_id):
    """Whether the lease in the entry is that one, alive or run out with nobody having noticed."""
    return bool(entry and entry["lease"]) and entry["lease"].get("id") == lease_id


def finish(entry, outcome, error, observation):
    """Write down how the attempt ended and drop its lease; the window stays until a tick sees the protocol well."""
    attempt = dict(entry["last_attempt"] or {}, outcome=outcome, error=error)
    return dict(entry, lease=None, last_attempt=attempt, **(observation or {}))


def ticks_to_attempt(entry):
    """Ticks until the next attempt if the outage goes on: 1 is the next tick. None when there is no outage, or no attempt of it ever.

    A tick that finds the protocol due makes the attempt itself; between two ticks the earliest is the next one.
    """
    return None if entry is None or entry.get("left") else entry["skip"] + 1
