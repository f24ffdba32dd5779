"""A Docker Engine of a fake host: a process that minds SIGHUP, its command line in a fake /proc, a docker that answers."""

import json
import os
import subprocess
import sys
import time

from . import fake_host, programs, waiting

# On SIGHUP it takes over what daemon.json below the root says, as dockerd does, and tells it in info.json.
_BODY = """
import json, os, signal, sys
root, takes = sys.argv[1], sys.argv[2] == "takes"
def tell():
    try:
        document = json.load(open(os.path.join(root, "etc/docker/daemon.json")))
    except (OSError, ValueError):
        document = {}
    info = json.load(open(os.path.join(root, "info.json")))
    info["LiveRestoreEnabled"] = document.get("live-restore", False)
    names = document.get("insecure-registries", [])
    info["RegistryConfig"] = {
        "Mirrors": [url.rstrip("/") + "/" for url in document.get("registry-mirrors", [])],
        "IndexConfigs": {name: {"Secure": False} for name in names if "/" not in name},
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
    }
    with open(os.path.join(root, "info.new"), "w") as sink:
        json.dump(info, sink)
    os.rename(os.path.join(root, "info.new"), os.path.join(root, "info.json"))
def reload(*_):
    # Noted first: who sees what it took over finds the note as well.
    with open(os.path.join(root, "reloads"), "a") as sink:
        sink.write("x")
    if takes:
        tell()
signal.signal(signal.SIGHUP, reload)
tell()
open(os.path.join(root, "ready"), "w").close()
while True:
    signal.pause()
"""


class FakeEngine:
    """`root` below which it lives; `start` and `stop` it. Its systemctl restarts nothing and notes that it was asked to."""

    def __init__(self, root, folder, monkeypatch):
        self.root = root
        self.process = None
        self.log = folder / "systemctl.log"
        self.json = root / "etc/docker/daemon.json"
        self.bin = folder
        for name in ("etc/docker", "proc"):
            (root / name).mkdir(parents=True, exist_ok=True)
        self.info(0)
        self.starts = "true"
        self.unit("/usr/bin/dockerd -H fd://")
        programs.write_program(root / "usr/bin", "dockerd", "echo unknown flag: --validate >&2; exit 125")
        programs.write_program(
            folder, "docker", 'if [ -e "%s/proc/up" ]; then cat "%s/info.json"; else exit 1; fi' % (root, root)
        )
        programs.write_program(folder, "iptables", programs.answering("-P FORWARD ACCEPT"))
        monkeypatch.setenv("PATH", programs.path_with(folder))

    def info(self, containers):
        """How many containers run, by its own word."""
        fake_host.write(
            self.root, "info.json", json.dumps({"ServerVersion": "28.2.2", "ContainersRunning": containers})
        )

    def unit(self, argv, state="enabled"):
        """What docker.service starts, and whether a boot starts it."""
        shown = "UnitFileState=%s\nExecStart={ path=/usr/bin/dockerd ; argv[]=%s ; ignore_errors=no ; pid=0 }" % (
            state,
            argv,
        )
        body = 'if [ "$1" = restart ] && ! { %s; }; then echo "Job failed." >&2; exit 1; fi\n' % self.starts
        programs.write_program(self.bin, "systemctl", programs.logging_argv(self.log, body + programs.answering(shown)))

    def write(self, document, before_start=True):
        """daemon.json, older or younger than the engine's start."""
        self.json.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        changed = time.time() + (-5000 if before_start else 5000)
        os.utime(str(self.json), (changed, changed))

    def start(self, words=("/usr/bin/dockerd", "-H", "fd://"), takes=True):
        """Let it run, started 1000 seconds ago."""
        argv = [sys.executable, "-c", _BODY, str(self.root), "takes" if takes else "deaf"]
        self.process = subprocess.Popen(argv)
        fake_host.write_process(self.root, self.process.pid, "dockerd", "S", 0.0, 1000.0)
        fake_host.write(self.root, "proc/%d/cmdline" % self.process.pid, "\0".join(words) + "\0")
        fake_host.write(self.root, "proc/up", "")
        waiting.until((self.root / "ready").exists)

    def stop(self):
        """End it; nothing when it does not run."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def reloads(self):
        """How often it was told to read its file again."""
        file = self.root / "reloads"
        return len(file.read_text()) if file.exists() else 0

    def restarts(self):
        """How often systemd was asked to restart it."""
        return programs.calls(self.log).count(["restart", "docker.service"])
