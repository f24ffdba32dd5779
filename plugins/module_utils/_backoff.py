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
  lease         None, or {boot_id, started, expires, who}; the times are seconds of the monotonic clock of that boot
"""

# 2 ** 30 ticks are two thousand years of minutes; the bound keeps a damaged counter from making a giant number.
_MAX_EXPONENT = 30

DOWN = "Disconnected"
UP = "Connected"


def window(failures, max_skip):
    """Ticks to let pass after the `failures`-th attempt: 2, 4, 8 ... at most `max_skip`."""
    return min(2 ** min(failures, _MAX_EXPONENT), max_skip)


def lease_alive(entry, boot_id, monotonic):
    """Whether an attempt is under way: its lease is of this boot and has not run out."""
    lease = (entry or {}).get("lease")
    return bool(lease) and lease["boot_id"] == boot_id and lease["started"] <= monotonic < lease["expires"]


def new_entry(observation, now):
    """The entry of an outage that begins with this observation."""
    entry = {"since": now, "failures": 0, "skip": 0, "last_attempt": None, "lease": None}
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


def observe(entry, observation, now, alive):
    """One tick: (entry after it, decision).

    observation  {status, verdict, reason}
    now          ISO 8601 text
    alive        whether a lease is alive

    Decisions: `well` (nothing to remember), `cleared` (was down, is well), `in_progress` (an attempt runs; nothing is
    counted), `waiting` (the window was counted down by one), `due` (an attempt may begin; nothing was counted), and
    `unsure` for a status that neither clears nor counts.
    """
    if alive:
        return entry, "in_progress"
    if observation["status"] == UP:
        return None, "well" if entry is None else "cleared"
    if observation["status"] != DOWN:
        return entry, "unsure"
    entry = dict(entry, **observation) if entry is not None else new_entry(observation, now)
    if (entry["last_attempt"] or {}).get("outcome") == "healed":
        # It was well when the attempt ended and is down again before a tick saw it well: the same outage.
        entry["last_attempt"] = dict(entry["last_attempt"], outcome="lost")
    if entry["lease"] is not None:
        # Whoever held it died or was cut off: its attempt counts, its lease does not.
        entry["lease"] = None
        entry["last_attempt"] = dict(entry["last_attempt"] or {}, outcome="lost")
    if entry["skip"] > 0:
        entry["skip"] -= 1
        return entry, "waiting"
    return entry, "due"


def begin(entry, max_skip, lease, now):
    """Count an attempt that is due: one failure more, its window, its lease. The caller checked that it is due."""
    failures = entry["failures"] + 1
    return dict(
        entry,
        failures=failures,
        skip=window(failures, max_skip),
        lease=lease,
        last_attempt={"at": now, "who": lease["who"], "outcome": "running", "error": None},
    )


def is_due(entry, alive):
    """Whether an attempt may begin now."""
    return entry is not None and not alive and entry["status"] == DOWN and entry["skip"] == 0


def finish(entry, outcome, error, observation):
    """Write down how the attempt ended and drop its lease; the window stays until a tick sees the protocol well."""
    attempt = dict(entry["last_attempt"] or {}, outcome=outcome, error=error)
    return dict(entry, lease=None, last_attempt=attempt, **(observation or {}))


def ticks_to_attempt(entry):
    """Ticks until the next attempt if the outage goes on: 1 is the next tick. None when there is no outage.

    A tick that finds the protocol due makes the attempt itself; between two ticks the earliest is the next one.
    """
    return None if entry is None else entry["skip"] + 1
