"""A guest as libvirt's domain, in the words in which ZStack's agent writes one. Pure."""

from __future__ import annotations

import uuid
from typing import Any, Sequence
from xml.sax.saxutils import quoteattr

FOLDER = "/usr/share/zbs-guest"
# Of uuid5: a guest has the same UUID in every lab.
_SPACE = uuid.UUID("6f1f8c0e-5d3a-4a1b-9d5e-2f6f6c7a8b90")
# Seconds between QEMU's looks for a target that it lost, as the manager sets it.
RECONNECT = 10

_DOMAIN = """\
<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>{mib}</memory>
  <memoryBacking><hugepages/><nosharepages/><allocation mode='immediate'/><access mode='shared'/></memoryBacking>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{folder}/vmlinuz</kernel>
    <initrd>{folder}/initramfs</initrd>
    <cmdline>console=ttyS0 quiet panic=-1</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'><numa><cell id='0' cpus='0' memory='{mib}' unit='MiB' memAccess='shared'/></numa></cpu>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
{disks}
    <serial type='file'><source path={console}/><target port='0'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""
_DISK = """\
<disk type='vhostuser' device='disk' snapshot='no'>
  <driver name='qemu' type='raw' queues='1'/>
  <source type='unix' path={path}>{reconnect}</source>
  <target dev='{target}' bus='virtio'/>
</disk>"""


def uuid_of(guest: str) -> uuid.UUID:
    """The VM's UUID."""
    return uuid.uuid5(_SPACE, guest)


def name_of(guest: str) -> str:
    """The domain's name: the VM's UUID without dashes."""
    return uuid_of(guest).hex


def xml(guest: str, sockets: Sequence[str], console: str, memory_mib: int, reconnect: int = RECONNECT) -> str:
    """The domain of a guest with a disk on each of `sockets`; `console` is the file of its serial line on the host."""
    disks = [disk(path, number, reconnect) for number, path in enumerate(sockets)]
    return _DOMAIN.format(
        name=name_of(guest),
        uuid=uuid_of(guest),
        mib=memory_mib,
        folder=FOLDER,
        console=quoteattr(console),
        disks="\n".join(disks),
    )


def disk(path: str, number: int, reconnect: int = RECONNECT) -> str:
    """The disk of that number (0: vda) on a socket; QEMU looks for a lost target every `reconnect` seconds, with 0 never."""
    looks = f"<reconnect enabled='yes' timeout='{reconnect}'/>" if reconnect else ""
    return _DISK.format(path=quoteattr(path), target=f"vd{chr(ord('a') + number)}", reconnect=looks)


def plugging(path: str, number: int, reconnect: int = RECONNECT) -> list[dict[str, Any]]:
    """The monitor's commands that plug in the disk of that number."""
    address = {"type": "unix", "data": {"path": path}}
    socket = {"addr": address, "server": False, **({"reconnect": reconnect} if reconnect else {})}
    chardev = {"id": f"chr-plugged{number}", "backend": {"type": "socket", "data": socket}}
    device = {"driver": "vhost-user-blk-pci", "id": f"plugged{number}", "chardev": chardev["id"], "num-queues": 1}
    return [{"execute": "chardev-add", "arguments": chardev}, {"execute": "device_add", "arguments": device}]


def unplugging(number: int) -> dict[str, Any]:
    """The monitor's command that asks the guest to let go of it."""
    return {"execute": "device_del", "arguments": {"id": f"plugged{number}"}}
