# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host is worked on when. Pure."""

import re

_SHARE = re.compile(r"(\d{1,3})%\Z")

# With fewer hosts a failure says nothing about the site: one host out of one is not a storm.
LEAST_HOSTS = 3


def cut(hosts, size):
    """{host: number of its batch} for `hosts` (in order) in batches of `size` (1 or more), counted from 0."""
    return {host: position // size for position, host in enumerate(hosts)}


def wave_size(wave, count):
    """Hosts of a wave such as 1 or "25%" when there are `count` in all, 1 or more; ValueError for anything else."""
    share = _SHARE.match(str(wave).strip())
    if share:
        number = int(share.group(1))
        if 1 <= number <= 100:
            return max(1, count * number // 100)
    elif not isinstance(wave, (bool, float)):
        try:
            number = int(wave)
        except (TypeError, ValueError):
            number = 0
        if number > 0:
            return number
    raise ValueError("a wave is %r; give a number of hosts or a share from 1%% to 100%%" % (wave,))


def cut_waves(hosts, waves):
    """`hosts` (in order) as lists, one a wave; the last of `waves` is repeated until every host is in one."""
    sizes = [wave_size(wave, len(hosts)) for wave in waves]
    found: list[list[str]] = []
    start = 0
    while start < len(hosts):
        size = sizes[min(len(found), len(sizes) - 1)]
        found.append(hosts[start : start + size])
        start += size
    return found


def plan(hosts, size, waves):
    """{waves: how many, wave_of: {host: wave}, batch_of: {host: batch}}; batches are numbered over all waves, in order."""
    wave_of: dict[str, int] = {}
    batch_of: dict[str, int] = {}
    cut_ones = cut_waves(hosts, waves)
    for wave, members in enumerate(cut_ones):
        first = 1 + max(batch_of.values(), default=-1)
        for host, batch in cut(members, size).items():
            wave_of[host] = wave
            batch_of[host] = first + batch
    return {"waves": len(cut_ones), "wave_of": wave_of, "batch_of": batch_of}


def goes_on(planned, hosts, more=()):
    """The hosts of a play that works on the `planned` ones and `more` alone; [] where there are none. `hosts`: all of them, in order.

    One that has nothing to do is with them where there is one: Ansible ends the whole run, and with it the summing up, when every
    host of a play has failed or can't be reached.
    """
    taken = set(planned["batch_of"]).union(more)
    return (
        [host for host in hosts if host in taken] + [host for host in hosts if host not in taken][:1] if taken else []
    )


def untraced(due, ticks=()):
    """The bdevs, in order, whose volume somebody has to find, so that all are looked for at once.

    due    what the phase observe registered on the hosts with something due
    ticks  the same of all hosts: those that want their disks traced ahead have listed them

    Also those of a target that is down: its disks follow in the same tick, after it.
    """
    found = {bdev for tick in ticks for bdev in tick.get("untraced") or []}
    for tick in due:
        ledger = (tick.get("ansible_facts") or {}).get("zbs_vhost") or {}
        paths = (ledger.get("disks") or {}).get("paths") or {}
        for need in (tick.get("health") or {}).get("demand") or []:
            if need["broken"] is not False and need["bdev"] not in paths:
                found.add(need["bdev"])
    return sorted(found)


def stopped(planned, batch, failed, percentage):
    """Why `batch` must not begin, in a sentence, or None.

    failed      the hosts whose attempt failed so far, in this tick
    percentage  of a wave that may fail before the rest, of that wave and after it, is left alone
    """
    total = len(planned["wave_of"])
    if total < LEAST_HOSTS:
        return None
    for wave in range(planned["waves"]):
        members = [host for host, number in planned["wave_of"].items() if number == wave]
        bad = [host for host in members if planned["batch_of"][host] != batch and host in failed]
        if 100.0 * len(bad) > percentage * len(members):
            return (
                "%d of the %d hosts of wave %d failed (%s), more than %g %%: the site is at fault, not a host, so "
                "the rest of the %d due hosts was not attempted and stays due"
            ) % (len(bad), len(members), wave + 1, ", ".join(sorted(bad)[:5]), percentage, total)
    return None
