"""A host as files below a folder: /proc and /sys as far as the collection reads them."""

import os

from ansible_collections.zstack.zbs.plugins.module_utils._prepare import host

from . import programs

MOUNT_2M = "31 1 0:29 / /dev/hugepages2m rw shared:1 - hugetlbfs hugetlbfs rw,pagesize=2M"
CLOCK_TICK = os.sysconf("SC_CLK_TCK")


def write(root, path, text):
    """Write `text` to `path` below `root`."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def write_process(root, pid, name="reactor_0", state="R", started=100.0, uptime=1000.0, hugetlb_kib=None):
    """A /proc/PID that started `started` seconds after boot on a host that is up for `uptime` seconds."""
    fields = [state, "1"] + ["0"] * 17 + [str(int(started * CLOCK_TICK))] + ["0"] * 30
    write(root, "proc/%d/stat" % pid, "%d (%s) %s\n" % (pid, name, " ".join(fields)))
    write(root, "proc/uptime", "%.2f 0.00\n" % uptime)
    if hugetlb_kib is not None:
        write(root, "proc/%d/numa_maps" % pid, numa_line("/dev/hugepages2m/spdk_pid%dmap_0" % pid, hugetlb_kib // 2048))


def numa_line(path, *pages, page_kib=2048):
    """A mapping as /proc/PID/numa_maps has it: `pages` on node 0, on node 1, ..."""
    nodes = " ".join("N%d=%d" % item for item in enumerate(pages))
    line = "200000000000 default file=%s huge dirty=%d %s kernelpagesize_kB=%d\n"
    return line % (path.replace(" ", "\\040"), sum(pages), nodes, page_kib)


def smaps(path, private=0, shared=0, page_kib=2048):
    """A mapping as /proc/PID/smaps has it, with KiB of hugepages."""
    return (
        "200000000000-200000200000 rw-s 00000000 00:1d 42                         %s\nSize: 9 kB\nKernelPageSize: %d kB\n"
        "Rss: 0 kB\nShared_Hugetlb: %d kB\nPrivate_Hugetlb: %d kB\nVmFlags: rd wr\n" % (path, page_kib, shared, private)
    )


def mount_program(folder, root, log):
    """Fake `mount` and `umount` that change the mountinfo of the host below `root` as the kernel does."""
    info = root / "proc/self/mountinfo"
    body = (
        'for last; do :; done\npath=${last#%s}\nsize=$(echo "$4" | sed "s/pagesize=\\([0-9]*\\)K.*/\\1/")\n'
        "n=$(wc -l <%s)\n"
        'echo "$((n + 50)) 1 0:$((n + 50)) / /${path#/} rw shared:7 - hugetlbfs hugetlbfs rw,pagesize=${size}K" >>%s'
    )
    programs.write_program(folder, "mount", programs.logging_argv(log, body % (root, info, info)))
    body = 'path=${1#%s}\ngrep -v " /${path#/} " %s >%s.new\nmv %s.new %s' % (root, info, info, info, info)
    programs.write_program(folder, "umount", programs.logging_argv(log, body))


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
    write(root, "proc/sys/kernel/random/boot_id", "0b7d\n")
    write(root, "etc/docker/daemon.json", '{"iptables": false}')
    write_cpus(root, [(number, 0, 0, number) for number in range(8)])


def look_at(monkeypatch, root):
    """Make a prepare read this host where it reads "/"."""
    (root / "run").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(host, "ROOT", str(root))
