# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site as the story handles it: playbooks from the controller, commands on its hosts."""

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Callable, Iterator, Union

from .. import docker
from ..guest import watching
from ..settings import Settings
from ..zstack.server import Standin
from ..zstack.site import ENVIRONMENT
from .tell import Broken

_RECAP = re.compile(r"^(\S+)\s+: (ok=\d+.*)$", re.M)


class Run:
    """What a playbook did: its exit status, its output, seconds, and the recap as {host: {word: number}}."""

    def __init__(self, status: int, output: str, seconds: float) -> None:
        self.status = status
        self.output = output
        self.seconds = seconds
        self.recap = {
            host: {key: int(value) for key, value in (item.split("=") for item in words.split())}
            for host, words in _RECAP.findall(output)
        }

    def recap_lines(self) -> list[str]:
        """The recap as Ansible printed it."""
        return [f"{host:<12} : {words.strip()}" for host, words in _RECAP.findall(self.output)]

    def changed(self) -> int:
        """How many tasks changed something, over all hosts."""
        return sum(words["changed"] for words in self.recap.values())


class Site:
    """The lab's site; `root` is the checkout, `manager` tells who the hosts are."""

    def __init__(self, root: Path, settings: Settings, manager: Standin) -> None:
        self.root = root
        self.inventory = settings.zstack
        self.manager = manager
        self.names = settings.names
        self._containers = {host.name: host.container for host in settings.everyone}
        self.bin = Path(sys.executable).parent
        self.log = root / ".cache/demo.log"
        self.log.write_text("")
        groups = self._read_inventory()
        self.hosts: list[str] = groups["zbs_vhost"]["hosts"]
        # All lab hosts share one pool, this machine's, so what the targets of the others hold looks like guests' to each of them.
        self.memory = {"zbs_hugepages_guest_memory": f"{128 * len(self.hosts)}M"}
        # So there are pages for all of them before the first is deployed, and they need not wait for one another.
        self.memory["zbs_vhost_target_concurrency"] = str(len(self.hosts))
        self._variables: dict[str, Any] = groups["_meta"]["hostvars"]

    def play(self, name: str, **variables: str) -> Run:
        """Run the playbook zstack.zbs.NAME, showing its tasks go by; Broken when it fails."""
        started = time.monotonic()
        process = self._start(self.playbook(name, **variables), subprocess.PIPE)
        try:
            lines = self._follow(process, name)
        except BaseException:  # interrupted: a playbook that goes on would meet hosts that are being taken away
            process.terminate()
            process.wait()
            raise
        run = Run(process.wait(), "".join(lines), time.monotonic() - started)
        if run.status != 0:
            last = [line for line in run.output.splitlines() if line.startswith("[ERROR]")][-1:]
            raise Broken(f"the playbook {name} ended with status {run.status}; see {self.log}\n" + "\n".join(last))
        return run

    @contextlib.contextmanager
    def beside(self, argv: list[str]) -> Iterator[Callable[[], None]]:
        """Run a program beside the story. What is yielded waits for its end; Broken when it failed.

        Without a thread, for a signal reaches the main one alone: where the story breaks off, the program is ended.
        """
        with self.log.open("a") as log:
            process = self._start(argv, log)

        def ended() -> None:
            if process.wait() != 0:
                raise Broken(f"`{' '.join(argv)}` ended with status {process.returncode}; see {self.log}")

        try:
            yield ended
        finally:
            process.terminate()
            process.wait()

    def playbook(self, name: str, **variables: str) -> list[str]:
        """What runs the playbook zstack.zbs.NAME."""
        argv = [str(self.bin / "ansible-playbook"), "-i", str(self.inventory), f"zstack.zbs.{name}"]
        return argv + [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]

    def _start(self, argv: list[str], output: Union[int, IO[str]]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            argv,
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _follow(self, process: "subprocess.Popen[str]", name: str) -> list[str]:
        """The output's lines, each logged and shown as progress when it comes."""
        lines = []
        assert process.stdout is not None
        with process.stdout, self.log.open("a") as log:
            log.write(f"\n$ ansible-playbook zstack.zbs.{name}\n")
            for line in process.stdout:
                lines.append(line)
                log.write(line)
                _progress(name, line)
        _progress(name, "")
        return lines

    def report(self, name: str, kind: str, **variables: str) -> tuple[dict[str, Any], Run]:
        """Run the playbook NAME and return (its report as {host: row}, the Run)."""
        with tempfile.TemporaryDirectory(prefix="zbs-demo-") as folder:
            path = Path(folder) / "report.json"
            run = self.play(name, **{f"zbs_vhost_{kind}_json": str(path)}, **variables)
            data = json.loads(path.read_text())
        return {row["host"]: row for row in data["rows"]}, run

    def on(self, host: str, *argv: str) -> str:
        """Run a command on a host of the lab, as its own root, and return its output; Broken when it fails."""
        done = docker.exec_in(self._containers[host], argv, 60)
        if not done.ok:
            raise Broken(f"`{' '.join(argv)}` on {host} failed: {done.last_words}")
        return done.out

    def guest(self, *words: str) -> str:
        """A command of `lab.guest`, the lab's VMs; its output. Broken when it fails."""
        done = subprocess.run(
            guest_command(*words), cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
        )
        if done.returncode != 0:
            raise Broken(f"`lab.guest {' '.join(words)}` ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def watching(self, host: str, guest: str, bdev: str) -> Iterator[Callable[[float], dict[str, float]]]:
        """Watch a target that was lost, a volume of it and a guest on that. What is yielded waits until all are back.

        It gives {killed, answers, served, goes_on}: seconds of each after a moment of time.monotonic(). Broken when one never came.
        """
        words = watching.words([(bdev, guest, "vda")])  # its process is gone already
        argv = [sys.executable, "-m", "lab", "ssh", host, shlex.join(words)]
        with watching.PROGRAM.open() as program:
            watcher = subprocess.Popen(argv, cwd=self.root, stdin=program, stdout=subprocess.PIPE, text=True)

        def seen(since: float) -> dict[str, float]:
            told = json.loads(watcher.communicate(timeout=watching.SECONDS + 30)[0] or "{}")
            told["goes_on"] = (told.get("goes_on") or [None])[0]
            if None in told.values():
                raise Broken(f"the disk did not go on: {told}")
            return {name: moment - since for name, moment in told.items()}

        try:
            yield seen
        finally:
            watcher.kill()
            watcher.wait()

    def facts(self, host: str) -> dict[str, Any]:
        """The ledger as Ansible's own setup reads it from the host: ansible_local.zbs_vhost."""
        argv = [str(self.bin / "ansible"), "-i", str(self.inventory), host, "-m", "ansible.builtin.setup"]
        argv += ["-a", "gather_subset=!all,!min,local"]
        environment = self._environment(ANSIBLE_CALLBACK_RESULT_FORMAT="json")
        done = subprocess.run(
            argv, cwd=self.root, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise Broken(f"the facts of {host} can't be read: {done.stdout.strip()}")
        facts = json.loads(done.stdout[done.stdout.index("{") :])
        return facts["ansible_facts"]["ansible_local"]["zbs_vhost"]

    def address(self, host: str) -> str:
        """The address of a host, as zbsadm knows it."""
        return self._variables[host]["ansible_host"]

    def _read_inventory(self) -> dict[str, Any]:
        """The inventory as Ansible reads it: groups by name, and the hosts' variables under _meta."""
        argv = [str(self.bin / "ansible-inventory"), "-i", str(self.inventory), "--list"]
        done = subprocess.run(
            argv, cwd=self.root, env=self._environment(), capture_output=True, text=True, check=True, timeout=60
        )
        return json.loads(done.stdout)

    def _environment(self, **extra: str) -> dict[str, str]:
        return {
            **os.environ,
            **ENVIRONMENT,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            **extra,
        }


def guest_command(*words: str) -> list[str]:
    """What runs a command of `lab.guest`."""
    return [sys.executable, "-m", "lab.guest", *words]


def _progress(name: str, line: str) -> None:
    """On a terminal the running task on one line that is written over; elsewhere a dot a task, so that logs stay short."""
    if sys.stdout.isatty():
        match = re.match(r"^TASK \[(.*)\]", line)
        if match or not line:
            text = f"   {name}: {match.group(1)[:90]}" if match else ""
            print("\r\033[K" + text, end="", flush=True)
    elif line.startswith("TASK ["):
        print(".", end="", flush=True)
    elif not line:
        print(flush=True)
