"""A host as files below a folder: /proc and /sys as far as the collection reads them."""

import os

from ansible_collections.zstack.zbs.plugins.module_utils import (
    _docker_engine,
    _hugepages,
    _mounts,
    _prepare,
    _process,
    _sockets,
    _topology,
)

MOUNT_2M = "31 1 0:29 / /dev/hugepages2m rw shared:1 - hugetlbfs hugetlbfs rw,pagesize=2M"
CLOCK_TICK = os.sysconf("SC_CLK_TCK")


def write(root, path, text):
    """Write `text` to `path` below `root`."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


class FakePool:
    """The 2M pool of a kernel that gives at most `grant` more pages, and `after_compact` more once it compacted.

    Its `write` takes the place of _hugepages._write, since a file does not follow a write as sysfs does.
    """

    def __init__(self, root, total=0, free=None, reserved=0, grant=10**9, after_compact=0):
        self.root = root
        self.grant = grant
        self.after_compact = after_compact
        self.writes = []
        self.set(total, total if free is None else free, reserved)

    def set(self, total, free, reserved):
        """Set the counters."""
        folder = "sys/kernel/mm/hugepages/hugepages-2048kB/"
        for name, value in (("nr_hugepages", total), ("free_hugepages", free), ("resv_hugepages", reserved)):
            write(self.root, folder + name, "%d\n" % value)
        self.total, self.free, self.reserved = total, free, reserved

    def write(self, path, value):
        """What the kernel does with a write."""
        self.writes.append((os.path.basename(path), value))
        if path.endswith("compact_memory"):
            self.grant += self.after_compact
        elif path.endswith("nr_hugepages"):
            given = min(int(value) - self.total, self.grant)
            assert given >= 0, "the pool was made smaller"
            self.grant -= given
            self.set(self.total + given, self.free + given, self.reserved)


def write_process(root, pid, name="reactor_0", state="R", started=100.0, uptime=1000.0, hugetlb_kib=None):
    """A /proc/PID that started `started` seconds after boot on a host that is up for `uptime` seconds."""
    fields = [state, "1"] + ["0"] * 17 + [str(int(started * CLOCK_TICK))] + ["0"] * 30
    write(root, "proc/%d/stat" % pid, "%d (%s) %s\n" % (pid, name, " ".join(fields)))
    write(root, "proc/uptime", "%.2f 0.00\n" % uptime)
    if hugetlb_kib is not None:
        write(
            root,
            "proc/%d/smaps_rollup" % pid,
            "7f0000-7fff00 ---p 00000000 00:00 0 [rollup]\nRss: 9 kB\n"
            "Shared_Hugetlb:  %d kB\nPrivate_Hugetlb: 4096 kB\n" % (hugetlb_kib - 4096),
        )


def write_cpus(root, rows, online=None):
    """The sysfs of CPUs from rows (cpu, node, socket, core)."""
    cpus = [row[0] for row in rows]
    write(root, "sys/devices/system/cpu/online", (online or ",".join(map(str, cpus))) + "\n")
    nodes = {}
    for cpu, node, socket, core in rows:
        nodes.setdefault(node, []).append(cpu)
        write(root, "sys/devices/system/cpu/cpu%d/topology/physical_package_id" % cpu, "%d\n" % socket)
        write(root, "sys/devices/system/cpu/cpu%d/topology/core_id" % cpu, "%d\n" % core)
    for node, members in nodes.items():
        write(root, "sys/devices/system/node/node%d/cpulist" % node, ",".join(map(str, members)) + "\n")


def write_host(root, mounts="", memory_kib=16 * 1024 * 1024):
    """The rest of what a prepare reads: mounts, memory, CPUs, an engine that leaves the firewall alone."""
    write(root, "proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts)
    write(root, "proc/meminfo", "MemTotal:       %d kB\nMemAvailable: %d kB\n" % (memory_kib, memory_kib))
    write(root, "etc/docker/daemon.json", '{"iptables": false}')
    write_cpus(root, [(number, 0, 0, number) for number in range(8)])


def look_at(monkeypatch, root):
    """Make the collection read this host where it reads "/"; the defaults are the one seam that all of them share."""
    for function in (
        _hugepages.read_pool,
        _hugepages.grow,
        _mounts.read_hugetlbfs,
        _sockets.read_unix_sockets,
        _topology.read_cpus,
    ):
        monkeypatch.setattr(function, "__defaults__", (str(root),))
    monkeypatch.setattr(_prepare.memory_kib, "__defaults__", (str(root), "MemTotal"))
    monkeypatch.setattr(_process.read_process, "__defaults__", (str(root), _process.MAP_SECONDS))
    monkeypatch.setattr(_docker_engine.look, "__defaults__", ("docker", str(root)))
