# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The acts. Each shows the lines that matter and checks every claim that it prints."""

import json
from pathlib import Path
from typing import Any

from . import vm
from .site import Run, Site
from .tell import claim, heading, note, show

# Ticks of the fifth act on which an attempt falls: 1, 4, 9 by the rule of the window (after the n-th failure 2 ** n ticks).
_ATTEMPTS = (1, 4, 9)
# Seconds until a target that seems hung is asked again. The default would be the longest wait of the story.
_RECHECK = "5"


def tell_all(site: Site) -> None:
    """The eight acts in order."""
    _bare_site(site)
    pids = _site_again(site)
    _break_two(site)
    _heal_tick(site, pids)
    _window(site)
    with site.beside(vm.starting(site)) as started:  # it boots meanwhile
        _fleet(site)
        started()
    vm.tell(site)


def _bare_site(site: Site) -> None:
    heading("1. The site on bare hosts: ansible-playbook zstack.zbs.site")
    claim(f"the inventory plugin has {len(site.hosts)} hosts from the manager at {site.manager.url}", bool(site.hosts))
    claim("no host has a Docker Engine yet", not any(_has_docker(site, host) for host in site.hosts))
    run = site.play("site", **site.memory)
    show(run.recap_lines())
    rows, _run = site.report("health", "health")
    claim(f"{len(rows)} targets answer after {run.seconds:.0f} s", _all(rows, "healthy"), rows)


def _site_again(site: Site) -> dict[str, str]:
    heading("2. The site again")
    before = {host: _target_pid(site, host) for host in site.hosts}
    run = site.play("site", **site.memory)
    show(run.recap_lines())
    claim("changed=0 on every host", run.changed() == 0, run.recap)
    after = {host: _target_pid(site, host) for host in site.hosts}
    claim("every target is the same process as before", before == after, (before, after))
    return after


def _break_two(site: Site) -> None:
    killed, frozen, well = site.hosts[:3]
    heading(f"3. The target of {killed} is killed, the one of {frozen} is frozen (SIGSTOP)")
    site.on(killed, "docker", "kill", _container(site, killed))
    site.on(frozen, "docker", "kill", "--signal", "STOP", _container(site, frozen))
    rows, run = site.report("health", "health", zbs_vhost_health_compare_zstack="true")
    show(_table(run))
    claim(
        f"{killed} is `stopped`, and nothing listens on its socket", rows[killed]["verdict"] == "stopped", rows[killed]
    )
    claim(
        f"{frozen} is `hung`: it accepts connections and never answers", rows[frozen]["verdict"] == "hung", rows[frozen]
    )
    claim("the evidence names the frozen process's state (T)", "(T)" in rows[frozen]["reason"], rows[frozen])
    claim(f"{well} is `healthy`", rows[well]["verdict"] == "healthy", rows[well])
    differing = [host for host, row in rows.items() if row["disagrees"]]
    claim("the manager still believes both Connected, and the report says so", differing == [killed, frozen], rows)


def _heal_tick(site: Site, pids: dict[str, str]) -> None:
    killed, frozen, well = site.hosts[:3]
    heading("4. One heal tick: ansible-playbook zstack.zbs.heal")
    note(
        f"a target that seems hung is asked again before it is restarted, so that a slow one keeps its VMs: here {_RECHECK} s later, by default 10"
    )
    rows, run = site.report("heal", "heal", zbs_vhost_target_hung_recheck=_RECHECK)
    show(_table(run))
    healed = sorted(host for host, row in rows.items() if row["result"] == "healed")
    claim(f"{killed} and {frozen} are healed after {run.seconds:.0f} s", healed == [killed, frozen], rows)
    claim(f"{well} was left alone: same process", _target_pid(site, well) == pids[well])
    rows, _run = site.report("health", "health")
    claim("every target answers", _all(rows, "healthy"), rows)


def _window(site: Site) -> None:
    victim = site.hosts[2]
    heading(f"5. zbsadm fails, the target of {victim} is killed: the window doubles, then the heal succeeds")
    site.on("admin", "zbsadm", "standin", "fail", "--always", "--message", "the image does not match this zbsadm")
    site.on("admin", "zbsadm", "standin", "calls", "--clear")
    site.on(victim, "docker", "kill", _container(site, victim))
    for tick in range(1, 6):
        _tick(site, victim, tick, "failed" if tick in _ATTEMPTS else "waiting")
    ledger = site.facts(victim)
    note(f"the ledger, from {victim}'s own facts (ansible -m setup, ansible_local.zbs_vhost):")
    show(json.dumps(ledger["entries"], indent=2).splitlines())
    entry = ledger["entries"]["zbs"]["vhost"]
    claim(
        "two attempts so far, the second opened a window of 4 ticks, one is gone",
        (entry["failures"], entry["skip"]) == (2, 3),
        entry,
    )
    calls = site.on("admin", "zbsadm", "standin", "calls", "--command", "vhost deploy", "--count").strip()
    claim("zbsadm was called twice in five ticks", calls == "2", calls)
    site.on("admin", "zbsadm", "standin", "clear")
    note("zbsadm works again")
    for tick in range(6, 10):
        _tick(site, victim, tick, "healed" if tick in _ATTEMPTS else "waiting")
    _tick(site, victim, 10, "well")
    claim("the entry is gone from the host's facts", site.facts(victim)["entries"] == {})


def _tick(site: Site, victim: str, tick: int, wanted: str) -> None:
    rows, run = site.report("heal", "heal")
    row = rows[victim]
    ahead = row["next_attempt"]
    window = (
        "" if ahead is None else ", next attempt on the next tick" if ahead == 1 else f", next attempt in {ahead} ticks"
    )
    why = f": {row['reason']}" if wanted == "failed" else ""
    claim(f"tick {tick:2} ({run.seconds:.1f} s): {wanted}{window}{why}", row["result"] == wanted, row)


def _fleet(site: Site) -> None:
    heading("6. The fleet: ansible-playbook zstack.zbs.health")
    rows, run = site.report("health", "health")
    show(_table(run))
    claim("every host is Connected", {row["status"] for row in rows.values()} == {"Connected"}, rows)
    logins = site.manager.logins
    claim(f"the manager was asked {logins.opened} times, and every session was logged out", logins.open == 0, logins)


def how_to_log_in(root: Path) -> str:
    """What to type when the lab was left up."""
    return (
        "\nThe lab is up. Log in with\n"
        f"  cd {root} && python3 -m lab ssh admin      (or compute1, compute2 ...)\n"
        "run a playbook with\n"
        "  .venv/bin/ansible-playbook -i .cache/lab/inventory.yml zstack.zbs.health\n"
        "have the ZStack manager answer again with\n"
        "  .venv/bin/python -m lab zstack\n"
        "and take it away with\n"
        "  make lab-down"
    )


def _all(rows: dict[str, Any], verdict: str) -> bool:
    return {row["verdict"] for row in rows.values()} == {verdict}


def _table(run: Run) -> list[str]:
    """The report's table in a playbook's output: from its header to the line of totals."""
    lines = run.output.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("HOST "))
    end = next(number for number, line in enumerate(lines[start:], start) if " hosts: " in line or " host: " in line)
    return lines[start : end + 1]


def _container(site: Site, host: str) -> str:
    return f"zbsvhost-{site.address(host)}"


def _target_pid(site: Site, host: str) -> str:
    """Process id of the target as the host's own Docker tells it: not by the collection's word."""
    return site.on(host, "docker", "inspect", "--format", "{{.State.Pid}}", _container(site, host)).strip()


def _has_docker(site: Site, host: str) -> bool:
    return bool(site.on(host, "sh", "-c", "command -v dockerd || true").strip())
