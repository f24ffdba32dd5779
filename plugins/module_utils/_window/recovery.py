# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's side of a tick: what was observed goes in, what may be attempted comes out.

Each function is one locked step. Time in leases is boot id + monotonic clock, so that a clock that jumps breaks nothing;
wall clock stands in the ledger for people only.
"""

import copy
import uuid

from .._observe.verdict import ANOTHERS
from . import backoff, ledger_writing
from .ledger import VOLUME, read_ledger
from .window import Step

# How long a step may wait for the lock: others hold it for milliseconds.
LOCK_TIMEOUT = 10.0


def observe(window, observations, clock, deadline, check_mode, learn):
    """What quiet.observe does where there is something to write down.

    Under a hold everything is counted as ever, but what is due is `held`: nothing is spent, and it is due on the first tick after.
    A target that is another deployer's is counted too, and `left`: the heal never attempts it, due or not.
    """

    def change(ledger, found):
        for protocol, observation in observations.items():
            decision = observe_one(window, ledger, protocol, observation, clock, found.warnings)
            if decision in ("due", "waiting") and is_left(window, protocol, observation["verdict"]):
                decision = "left"
                leave(window, ledger, protocol)
            found.decisions[protocol] = "held" if decision == "due" and window.hold else decision
        ledger.disks, ledger.target = learn(ledger.disks, ledger.target, ledger.as_facts() != found.before)

    return step(window, change, clock, deadline, check_mode)


def is_left(window, protocol, verdict):
    """Whether a protocol that is down is left to another deployer: every target, or this one, is its."""
    return protocol == "vhost" and (not window.deploys or verdict in ANOTHERS)


def leave(window, ledger, protocol):
    """Mark an entry that is down as left to another deployer: it is not due, and has no next attempt."""
    entry = {key: value for key, value in ledger.get(window.storage, protocol).items() if key != "due"}
    ledger.put(window.storage, protocol, dict(entry, left=True))


def observe_one(window, ledger, protocol, observation, clock, warnings, ages=True):
    """Enter what was seen of one protocol and return the decision.

    ages  whether a tick looks, by which the history grows older; False for one more look within the same tick, which ends its
          attempt, whatever started the run
    """
    by_event = ages and window.by_event
    storage, limits = window.storage, window.limits
    before, history = ledger.get(storage, protocol), ledger.get_history(storage, protocol)
    if before is None and observation["status"] == backoff.DOWN and ledger.distrusts(storage, protocol):
        ledger.put(storage, protocol, backoff.distrusted_entry(observation, clock.now, limits.max_skip))
        ledger.saw(storage, protocol)
        warnings.append(
            "the ledger entry of %s/%s was lost, so %s starts in its longest window of %d ticks"
            % (storage, protocol, protocol, limits.max_skip)
        )
        return "waiting"
    alive = backoff.lease_alive(before, clock.boot_id, clock.monotonic)
    counts = not alive and observation["status"] in (backoff.UP, backoff.DOWN)
    if counts:
        history = backoff.age(history, limits) if ages and not by_event else history
        ledger.saw(storage, protocol)
    entry, decision = backoff.observe(before, observation, clock.now, alive, limits, history, by_event)
    if decision == "cleared":
        history = backoff.recovered(history, before, limits)
    ledger.put(storage, protocol, entry)
    ledger.put_history(storage, protocol, history)
    if decision == "cleared" and history and history["failures"]:
        warnings.append(
            "%s is flapping: it recovered %d times within %d ticks, so its next outage keeps the window of this one"
            % (protocol, len(history["recoveries"]), limits.flap_window)
        )
    elif before is None and entry is not None and entry.get("flaps"):
        warnings.append(
            "%s is flapping and down again: its old window continues (%d attempts so far, %d more ticks to wait)"
            % (protocol, entry["failures"], entry["skip"])
        )
    return decision


def would_be_due(window, protocol, clock):
    """Whether a tick that sees `protocol` down now would find it due: a look without a lock, binding nobody."""
    ledger = read_ledger(window.facts_dir)
    entry = ledger.get(window.storage, protocol)
    if window.hold or is_left(window, protocol, None):
        return False
    if entry is None:
        history = ledger.get_history(window.storage, protocol)
        history = history if window.by_event else backoff.age(history, window.limits)
        return not ledger.distrusts(window.storage, protocol) and not (history and history["skip"])
    return entry["skip"] == 0 and not backoff.lease_alive(entry, clock.boot_id, clock.monotonic)


def begin(window, protocols, who, clock, deadline, check_mode=False):
    """Take the attempt of each of `protocols` that is still due: decision `begun`, else `refused`.

    The step's lease_id is what their finish must show.
    """
    lease_id = uuid.uuid4().hex

    def change(ledger, found):
        for protocol in protocols:
            if window.hold:
                found.decisions[protocol] = "refused"
                found.warnings.append("%s, so no attempt of %s begins" % (window.hold.sentence(), protocol))
                continue
            if is_left(window, protocol, None):
                found.decisions[protocol] = "refused"
                found.warnings.append(
                    "targets are left to another deployer here, so no attempt of %s begins" % protocol
                )
                continue
            entry = ledger.get(window.storage, protocol)
            alive = backoff.lease_alive(entry, clock.boot_id, clock.monotonic)
            if not backoff.is_due(entry, alive):
                found.decisions[protocol] = "refused"
                found.warnings.append(_refusal(protocol, entry, alive))
                continue
            begin_one(window, ledger, protocol, lease_id, who, clock)
            found.decisions[protocol] = "begun"
            found.lease_id = lease_id

    return step(window, change, clock, deadline, check_mode, settles_lost=False)


def begin_one(window, ledger, protocol, lease_id, who, clock):
    """Count an attempt that is due and give it a lease; the caller holds the lock and knows that it is due."""
    lease = {
        "id": lease_id,
        "boot_id": clock.boot_id,
        "started": round(clock.monotonic, 3),
        "expires": round(clock.monotonic + window.attempt_timeout, 3),
        "who": who,
    }
    entry = ledger.get(window.storage, protocol)
    ledger.put(window.storage, protocol, backoff.begin(entry, window.limits.max_skip, lease, clock.now))


def finish(window, protocols, lease_id, outcome, error, observations, clock, deadline, check_mode=False):
    """Write the outcome (`healed` or `failed`) of the attempts of that lease and drop it; decision `finished`.

    `observations` may be empty. A protocol whose attempt is not of this lease is `refused`: the lease ran out, a tick saw it
    and counted the attempt as lost, and what is under way now, if anything, is somebody else's.
    """
    ended = {"outcome": outcome, "error": error}

    def change(ledger, found):
        for protocol in protocols:
            finish_one(window, ledger, found, protocol, lease_id, ended, observations.get(protocol))

    return step(window, change, clock, deadline, check_mode, settles_lost=False)


def finish_one(window, ledger, found, protocol, lease_id, ended, observation):
    """End one attempt, where it is of that lease; the caller holds the lock. `ended`: {outcome, error}."""
    entry = ledger.get(window.storage, protocol)
    if not backoff.holds_lease(entry, lease_id):
        found.decisions[protocol] = "refused"
        found.warnings.append(_stranger(protocol, entry))
        return
    after = backoff.finish(entry, ended["outcome"], ended["error"], observation)
    ledger.put(window.storage, protocol, after)
    found.decisions[protocol] = "finished"


def clear(window, protocols, clock, deadline, check_mode=False):
    """Forget the entries of `protocols`, as an operator who mended things by hand wants; decision `cleared` or `well`.

    With those of Vhost go those of its volumes.
    """

    def change(ledger, found):
        names = set(ledger.entries.get(window.storage, {})) | set(ledger.history.get(window.storage, {}))
        volumes = sorted(name for name in names if name.startswith(VOLUME)) if "vhost" in protocols else []
        for protocol in list(protocols) + volumes:
            found.decisions[protocol] = "cleared" if ledger.get(window.storage, protocol) else "well"
            ledger.put(window.storage, protocol, None)
            ledger.put_history(window.storage, protocol, None)
            ledger.saw(window.storage, protocol)

    return step(window, change, clock, deadline, check_mode)


def step(window, change, clock, deadline, check_mode, settles_lost=True):
    """Lock, read, change, write what changed.

    settles_lost  whether the step may replace a ledger that can't be understood. Only one that knows what is down may: an
                  empty ledger from any other would be "no failures" to the next tick.
    """
    if check_mode:
        return _apply(window, change, clock, settles_lost, write=False)
    with ledger_writing.locked(window.facts_dir, deadline.share(LOCK_TIMEOUT)):
        return _apply(window, change, clock, settles_lost, write=True)


def _apply(window, change, clock, settles_lost, write):
    ledger = read_ledger(window.facts_dir)
    before = _copy(ledger)
    found = Step(before)
    replaces = ledger.lost is not None and settles_lost
    if replaces:
        found.warnings.append(_lost_sentence(window, ledger, clock, write))
        ledger.lost = None
        ledger.distrust_all(clock.now)
    elif ledger.lost is not None:
        found.warnings.append("%s; the next tick sets it aside" % ledger.lost)
    change(ledger, found)
    found.changed = ledger.as_facts() != before or replaces
    if found.changed and write:
        ledger_writing.write(ledger, window.facts_dir)
    found.ledger = ledger
    found.entries = dict(ledger.entries.get(window.storage, {}))
    return found


def _copy(ledger):
    """The ledger's content by value, so that a change to it can be seen."""
    return copy.deepcopy(ledger.as_facts())


def _lost_sentence(window, ledger, clock, write):
    stamp = clock.now.replace(":", "").replace("-", "")
    aside = ledger_writing.set_aside(window.facts_dir, stamp) if write else "a dated name beside it"
    return (
        "%s; it was set aside as %s, and each protocol that is down when it is next seen starts in its longest window"
        % (ledger.lost, aside)
    )


def _refusal(protocol, entry, alive):
    if entry is None:
        return "%s is not down in the ledger, so no attempt begins; observe first" % protocol
    if alive:
        return "an attempt of %s by %s is under way, so no second one begins" % (protocol, entry["lease"]["who"])
    if entry["skip"] == 0:
        return "no tick has found %s due since its last attempt, so none begins" % protocol
    return "%s waits for %d more down ticks before its next attempt, so none begins" % (protocol, entry["skip"])


def _stranger(protocol, entry):
    if entry is None or entry["lease"] is None:
        return "the attempt of %s is no longer under way (its lease ran out), so nothing was written" % protocol
    return "another attempt of %s, by %s, is under way, so nothing was written" % (
        protocol,
        entry["lease"]["who"],
    )
