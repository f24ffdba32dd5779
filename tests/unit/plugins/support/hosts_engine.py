"""Processes of a fake host that are, or only look like, its Docker Engine."""

import os

from . import fake_host

HEX = "0123456789abcdef" * 4


def first_process(root, cgroup="/init.scope"):
    """The host's first process and this program's own place: what others are measured at."""
    for name in ("1", "self"):
        namespaces(root, name)
        fake_host.write(root, "proc/%s/cgroup" % name, "0::%s\n" % cgroup)


def namespaces(root, name, pid=1, mnt=1):
    """The namespaces of a process, by number."""
    folder = root / "proc" / str(name) / "ns"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, number in (("pid", pid), ("mnt", mnt)):
        os.symlink("%s:[%d]" % (kind, number), str(folder / kind))


def process(root, pid, words, cgroup=None, ns=None, exe=None, uid=None, nspid=None, started=100.0, parent=1, env=None):
    """A process with this command line (a text or words); `ns` are its namespaces as (pid, mnt)."""
    words = words.split() if isinstance(words, str) else words
    fake_host.write_process(root, pid, "x", "S", started, 1000.0)
    stat = root / "proc" / str(pid) / "stat"
    stat.write_text(stat.read_text().replace("S 1 ", "S %d " % parent, 1))
    fake_host.write(root, "proc/%d/cmdline" % pid, "\0".join(words) + "\0")
    if cgroup is not None:
        fake_host.write(root, "proc/%d/cgroup" % pid, "0::%s\n" % cgroup)
    if ns is not None:
        namespaces(root, pid, *ns)
    if exe is not None:
        os.symlink(exe, str(root / "proc" / str(pid) / "exe"))
    lines = (["Uid:\t%d\t%d\t%d\t%d" % ((uid,) * 4)] if uid is not None else []) + (
        ["NSpid:\t" + nspid] if nspid is not None else []
    )
    fake_host.write(root, "proc/%d/status" % pid, "\n".join(["Name:\tx"] + lines) + "\n")
    if env is not None:
        fake_host.write(root, "proc/%d/environ" % pid, "\0".join("%s=%s" % item for item in env.items()) + "\0")
