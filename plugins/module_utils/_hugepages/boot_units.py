# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units that bring hugepages and their mount back at every boot: names and contents, nothing else.

sysctl.d would not do: vm.nr_hugepages speaks of the kernel's default size only.
"""

import re

MARK = "# Written by zstack.zbs.zbs_vhost_hugepages_boot; changes are lost."
FOLDER = "etc/systemd/system"
WANTS = "etc/systemd/system/multi-user.target.wants"
# Who takes pages at boot: the target through Docker, guests through libvirt. Ordering against what isn't there does nothing.
_TAKERS = "docker.service libvirtd.service virtqemud.service"

# Each pair of arguments is a pool's file and the pages to have in it. A pool that is larger is left alone; one that stays
# short fails the unit, after all were asked.
_SCRIPT = (
    "bad=0; while [ $# -gt 1 ]; do now=; read -r now <$1; [ ${now:-0} -ge $2 ] || echo $2 >$1; now=; read -r now <$1; "
    "[ ${now:-0} -ge $2 ] || { echo $1: $2 pages were asked for and ${now:-0} came >&2; bad=1; }; shift 2; done; exit $bad"
)
_ASK = "/sys/kernel/mm/hugepages/hugepages-%dkB/nr_hugepages %d"


def service_name(page_name):
    """The unit that asks for pages of a size (`2M`)."""
    return "zbs-vhost-hugepages-%s.service" % page_name


def path(name):
    """Where a unit of that name is, below the root."""
    return "%s/%s" % (FOLDER, name)


def service(page_name, page_kib, nodes, total, guests=None):
    """Its content. nodes: {node: pages there}; total: pages of the whole machine, asked for after the nodes; guests: (page size in KiB,
    pages) of the pool that guests use, None where it is the same pool."""
    asks = [
        "/sys/devices/system/node/node%d/hugepages/hugepages-%dkB/nr_hugepages %d" % (node, page_kib, pages)
        for node, pages in sorted(nodes.items())
    ]
    asks.append(_ASK % (page_kib, total))
    if guests:
        asks.append(_ASK % guests)
    lines = [
        MARK,
        "[Unit]",
        "Description=Hugepages of %s for a ZBS vhost target%s" % (page_name, " and its guests" if guests else ""),
        # An operator's vm.nr_hugepages comes first: this unit only adds to it.
        "After=systemd-sysctl.service",
        "Before=" + _TAKERS,
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        # Long beside what the kernel takes, so that a hanging one does not hold the boot.
        "TimeoutStartSec=120",
        "ExecStart=/bin/sh -c '%s' zbs-vhost-hugepages \\" % _SCRIPT.replace("$", "$$"),
    ]
    lines += ["    %s \\" % ask for ask in asks[:-1]] + ["    " + asks[-1]]
    return "\n".join(lines + ["", "[Install]", "WantedBy=multi-user.target", ""])


def asked(text):
    """{page size in KiB: pages of the machine} that the content of such a unit asks for."""
    found = re.findall(r"/sys/kernel/mm/hugepages/hugepages-([0-9]+)kB/nr_hugepages ([0-9]+)", text)
    return {int(size): int(pages) for size, pages in found}


def mount_name(where):
    """The unit's name that systemd demands of a mount on `where`, as `systemd-escape --path --suffix=mount` says it."""
    parts = [part for part in where.split("/") if part]
    if not parts:
        return "-.mount"
    escaped = b"/".join(part.encode("utf-8", "surrogateescape") for part in parts)
    letters = []
    for position, byte in enumerate(bytearray(escaped)):
        letter = chr(byte)
        plain = re.match(r"[a-zA-Z0-9:_.]", letter) and not (letter == "." and position == 0)
        letters.append("-" if letter == "/" else letter if plain else "\\x%02x" % byte)
    return "".join(letters) + ".mount"


def mount(where, page_name):
    """The content of the mount's unit."""
    return "\n".join(
        [
            MARK,
            "[Unit]",
            "Description=hugetlbfs with pages of %s for a ZBS vhost target" % page_name,
            "Before=" + _TAKERS,
            "",
            "[Mount]",
            "What=hugetlbfs",
            "Where=" + where.replace("%", "%%"),
            "Type=hugetlbfs",
            _mount_options(page_name),
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def is_ours(text):
    """Whether a unit's content was written here."""
    return text.startswith(MARK)


def mounts_size(text, page_name):
    """Whether a unit's content is one of our mounts of that page size."""
    return is_ours(text) and _mount_options(page_name) in text.splitlines()


def _mount_options(page_name):
    return "Options=pagesize=%s,mode=0755" % page_name
