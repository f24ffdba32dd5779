# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the documents, run as they stand there, on a site of the lab that bears the names of docs/first-site.md.

Its inventory is the guide's own. Exchanged are addresses, and what stands for somebody's own: the image, and a web server's folder.

Usage: python -m tools.check.docs [lab | own]
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from lab import inventory
from lab.settings import TARGET_IMAGE, Settings, from_environment
from lab.zstack import logins
from lab.zstack.cloud import of_hosts
from lab.zstack.server import Standin

from . import running
from .documents import blocks
from .process import BIN, LOGS, ROOT, Tally, environment, telling

COMMANDS = Path(__file__).with_name("commands.yml")
GUIDE = ROOT / "docs/first-site.md"
# Long beside what one of them takes, the first run on bare hosts among them.
LIMIT = 600
# Exit status and words that say that a second run changed nothing.
_CHANGED = re.compile(r"changed=(\d+)")
HOSTS = {"mds1": "10.0.0.10", "kvm1": "10.0.0.11", "kvm2": "10.0.0.12"}


def known() -> list[dict[str, Any]]:
    """The commands and how each is tried, in order."""
    return yaml.safe_load(COMMANDS.read_text(encoding="utf-8"))


def run() -> Tally:
    """Run all of them that need root or a lab."""
    tally = run_own()
    tally.add(run_lab())
    return tally


def run_own() -> Tally:
    """Those that bring a lab up and down by themselves."""
    tally = Tally()
    for item in known():
        if item["how"] == "own":
            _count(tally, _try(item["run"], item, ROOT, environment()))
    return tally


def run_lab() -> Tally:
    """Those of a reader's site; the lab is taken down whatever happens."""
    settings = from_environment({**os.environ, "ZBS_LAB_HOSTS": "2"})
    env = environment(ZBS_LAB_HOSTS="2")
    tally = Tally()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zbs-docs-")))
        _lab("down", env)
        stack.callback(_lab, "down", env)
        if not _lab("up", env):
            return Tally(failed=1)
        manager = stack.enter_context(Standin(of_hosts(_computes(settings), storage_name="zbs-lab")))
        _site(folder, settings, manager.url)
        env.update(
            ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".cache/collections"),
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
            ZSTACK_PASSWORD=logins.PASSWORD,
        )
        for item in known():
            if item["how"] == "lab":
                _count(tally, _trial(item, folder, settings, env))
    return tally


def _count(tally: Tally, passed: bool) -> None:
    tally.add(Tally(passed=int(passed), failed=int(not passed)))


def _lab(word: str, env: dict[str, str]) -> bool:
    done = running.run(
        [sys.executable, "-m", "lab", word],
        limit=LIMIT,
        cleaning=word == "down",
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        print(f"   lab {word} FAILED\n" + "\n".join(telling(done.stdout)), flush=True)
    return done.returncode == 0


def _computes(settings: Settings) -> list[tuple[str, str]]:
    return [(f"kvm{number}", host.ip) for number, host in enumerate(settings.computes, 1)]


def _exchanges(folder: Path, settings: Settings) -> dict[str, str]:
    """What of a document's words is somebody else's, and what it is here."""
    addresses = {
        "10.0.0.10": settings.admin.ip,
        "10.0.0.11": settings.computes[0].ip,
        "10.0.0.12": settings.computes[1].ip,
    }
    return {**addresses, "/var/www/html": str(folder), ".cache/build/": str(ROOT / ".cache/build") + "/"}


def _site(folder: Path, settings: Settings, manager: str) -> None:
    """The files of the guides in a folder: inventory.yml, zbs.zstack.yml, own.yml, with how the lab is logged in to."""
    site = yaml.safe_load(next(block.text for block in blocks(GUIDE) if block.language == "yaml"))
    lab = yaml.safe_load(inventory.text(settings))["all"]
    computes = site["all"]["children"]["zbs_vhost"]
    for group in site["all"]["children"].values():
        # A second admin node, which the lab has not got, would be a machine of somebody else's network.
        group["hosts"] = {name: variables for name, variables in group["hosts"].items() if name in HOSTS}
        for variables in group["hosts"].values():
            for old, new in _exchanges(folder, settings).items():
                variables["ansible_host"] = variables["ansible_host"].replace(old, new)
    site["all"]["vars"] = lab["vars"]
    ours = {**computes["vars"], **lab["children"]["zbs_vhost"]["vars"], "zbs_hugepages_guest_memory": "0"}
    assert ours["zbs_docker_image"] == TARGET_IMAGE
    computes["vars"] = ours
    (folder / "inventory.yml").write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
    plugin = {"plugin": "zstack.zbs.zstack", "url": manager, "account": logins.ACCOUNT, "timezone": "UTC"}
    (folder / "zbs.zstack.yml").write_text(yaml.safe_dump(plugin), encoding="utf-8")
    own = {"all": {"vars": lab["vars"]}, "zbs_admin": site["all"]["children"]["zbs_admin"], "zbs_vhost": {"vars": ours}}
    (folder / "own.yml").write_text(yaml.safe_dump(own, sort_keys=False), encoding="utf-8")


def _trial(item: dict[str, Any], folder: Path, settings: Settings, env: dict[str, str]) -> bool:
    """One command of the site, with what has to be done before it and, where it says so, once more."""
    here, told = folder, ""
    if item["run"].startswith("make "):
        here = ROOT
    if item["run"].startswith("ansible-galaxy"):
        env = {**env, "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")}
    for command in item.get("before", []):
        passed, output = _run(_exchanged(command, folder, settings), here, env)
        told += output
        if not passed:
            return _say(item["run"], False, "a command before it failed", output)
    done = _try(_exchanged(item["run"], folder, settings), item, here, env, told)
    if done and item.get("again"):
        passed, output = _run(_exchanged(item["run"], folder, settings), here, env)
        counts = {int(number) for number in _CHANGED.findall(output)}
        return _say(item["run"] + " (again)", passed and counts == {0}, f"changed={counts}", output)
    return done


def _exchanged(command: str, folder: Path, settings: Settings) -> str:
    for old, new in _exchanges(folder, settings).items():
        command = command.replace(old, new)
    return command


def _try(command: str, item: dict[str, Any], here: Path, env: dict[str, str], told: str = "") -> bool:
    started = time.monotonic()
    passed, output = _run(command, here, env, item.get("status", 0))
    missing = [words for words in item.get("says", []) if words not in told + output]
    seconds = f"{time.monotonic() - started:.1f} s"
    return _say(
        item["run"], passed and not missing, f"not said: {missing}" if passed else "its exit status", output, seconds
    )


def _run(command: str, here: Path, env: dict[str, str], status: int = 0) -> tuple[bool, str]:
    """Run a command as a reader's shell does: (whether it ended with that status, its output)."""
    try:
        done = running.run(
            ["bash", "-c", command],
            limit=LIMIT,
            cwd=here,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return False, f"not ended after {LIMIT} s"
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "docs.log").open("a", encoding="utf-8") as log:
        log.write(f"\n$ {command}\n{done.stdout}[exit status {done.returncode}]\n")
    return done.returncode == status, done.stdout


def _say(command: str, passed: bool, why: str, output: str, seconds: str = "") -> bool:
    print(f"   $ {command[:110]} ... {'ok' if passed else 'FAILED (' + why + ')'} {seconds}", flush=True)
    if not passed:
        print("\n".join("      | " + line for line in telling(output)), flush=True)
    return passed


if __name__ == "__main__":
    if not shutil.which("ansible", path=str(BIN)):
        sys.exit("Error: ansible is not here; run `make setup` first.")
    result = {"lab": run_lab, "own": run_own}[sys.argv[1]]() if len(sys.argv) > 1 else run()
    print(result.words())
    sys.exit(1 if result.failed else 0)
