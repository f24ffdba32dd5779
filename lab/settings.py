"""Every name and number of the lab, each settable by an environment variable."""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from .errors import LabError

CLONE = Path(__file__).resolve().parent.parent
# All lab hosts' root password: only the login dialect of zbsadm uses it, inside the lab's own network.
PASSWORD = "zbslab"
# The name of a registry that is not there, in a domain that never will be: a pull fails at once and asks nobody outside.
TARGET_IMAGE = "registry.zbslab.test:5000/zbs-vhost-standin:1.6.0"
HOST_IMAGE = "zbs-lab-host"
# Carried by every container, volume, network and image the lab makes: what has it is the lab's to remove.
LABEL = "zbs.lab"
POOLS = "/var/lib/zbs-standin/pools"
_MOST_HOSTS = 50
# There are three of them at a site, as a rule, and any of them can run zbsadm.
_MOST_ADMINS = 5
# The machine's own Debian or Ubuntu, one made EL-like, and Debian 13 whatever Debian the machine has.
DEBIAN, EL, TRIXIE = "debian", "el", "trixie"
FLAVOURS = (DEBIAN, EL, TRIXIE)
# Whether a compute host has the packages of a Docker Engine: a bare one gets them by a role.
BARE, INSTALLED = "bare", "installed"
ENGINES = (BARE, INSTALLED)
# How the manager names a volume's bdev: after the volume's own UUID, as a newer one does, or by the hash of its path.
UUID, HASH = "uuid", "hash"
NAMES = (UUID, HASH)


@dataclass(frozen=True)
class Host:
    """One lab host: `name` in the inventory, `container` in Docker, its address, its system, what it has of Docker."""

    name: str
    container: str
    ip: str
    flavour: str = DEBIAN
    engine: str = BARE


@dataclass(frozen=True)
class Settings:
    """One lab. Pages are of 2 MiB; memory is in MiB; compute hosts take flavours and engines in turn."""

    prefix: str
    subnet: str
    hosts: int
    pages: int
    target_mib: int
    run_dir: Path
    cache: Path
    flavours: tuple[str, ...] = (DEBIAN,)
    engines: tuple[str, ...] = (BARE,)
    admin_nodes: int = 1
    names: str = UUID

    @property
    def bridge(self) -> str:
        """The bridge's interface name; Linux allows 15 characters."""
        return f"{self.prefix[:13]}-0"

    @property
    def admin(self) -> Host:
        """The first admin node, at .10 of the subnet."""
        return self.admins[0]

    @property
    def admins(self) -> list[Host]:
        """The admin nodes, from .10 of the subnet down: admin, admin2, admin3 …"""
        numbers = range(1, self.admin_nodes + 1)
        return [self._host(f"admin{n}" if n > 1 else "admin", 11 - n, DEBIAN, BARE) for n in numbers]

    @property
    def computes(self) -> list[Host]:
        """The compute hosts, from .11 of the subnet on."""
        numbers = range(1, self.hosts + 1)
        turn = zip(numbers, itertools.cycle(self.flavours), itertools.cycle(self.engines))
        return [self._host(f"compute{number}", 10 + number, flavour, engine) for number, flavour, engine in turn]

    @property
    def everyone(self) -> list[Host]:
        """The admin nodes and the compute hosts."""
        return [*self.admins, *self.computes]

    @property
    def needed_mib(self) -> int:
        """Memory the lab takes at most: each host's hugepages and about 200 MiB for its system and nested engine."""
        return self.hosts * (self.pages * 2 + 200) + self.admin_nodes * 200

    @property
    def archive(self) -> Path:
        """The target image as `docker save` writes it, compressed; `docker load` takes both."""
        return self.cache / "zbs-vhost-standin.tar.gz"

    @property
    def inventory(self) -> Path:
        """Where `up` writes the inventory."""
        return self.cache / "inventory.yml"

    @property
    def zstack(self) -> Path:
        """The folder that is the inventory when the hosts come from the stand-in of the ZStack manager."""
        return self.cache / "zstack"

    @property
    def ssh(self) -> Path:
        """The folder of the lab's key and known hosts."""
        return self.cache / "ssh"

    def _host(self, name: str, offset: int, flavour: str, engine: str) -> Host:
        ip = str(ipaddress.ip_network(self.subnet)[offset])
        return Host(name, f"{self.prefix}-{name}", ip, flavour, engine)


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"\d{1,7}", text) or not low <= int(text) <= high:
        raise LabError(f"{name} is {text!r}; give a whole number from {low} to {high}.")
    return int(text)


def _subnet(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise LabError(
            f"ZBS_LAB_SUBNET is {text!r}, which is no network ({error}); give one as 172.30.0.0/24."
        ) from None
    if network.version != 4 or network.num_addresses < 64:
        raise LabError(f"ZBS_LAB_SUBNET is {text!r}; give an IPv4 network of at least 64 addresses, as 172.30.0.0/24.")
    return str(network)


def make(
    prefix: str,
    subnet: str,
    hosts: int,
    pages: int,
    target_mib: int,
    environ: Mapping[str, str],
    flavours: Sequence[str] = (DEBIAN,),
    engines: Sequence[str] = (BARE,),
    admin_nodes: int = 1,
    names: str = UUID,
) -> Settings:
    """A lab with these values, its folders from the environment. Raises LabError on a value that cannot be."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", prefix):
        raise LabError(f"ZBS_LAB_PREFIX is {prefix!r}; give 1 to 12 small letters and digits, a letter first.")
    if pages * 2 < target_mib:
        raise LabError(
            f"ZBS_LAB_TARGET_MIB is {target_mib}, more than the {pages} pages of 2 MiB (ZBS_LAB_HUGEPAGES) can hold; "
            f"raise the pages to {(target_mib + 1) // 2} or lower the target's size."
        )
    if hosts + 12 > ipaddress.ip_network(subnet).num_addresses:
        raise LabError(f"ZBS_LAB_SUBNET {subnet} has too few addresses for {hosts} hosts; give a larger one.")
    for variable, given, known in (("ZBS_LAB_FLAVOURS", flavours, FLAVOURS), ("ZBS_LAB_ENGINES", engines, ENGINES)):
        if not given or not set(given) <= set(known):
            raise LabError(
                f"{variable} is {' '.join(given)!r}; give one or more of {' '.join(known)}, which the compute hosts take "
                "in turn."
            )
    if names not in NAMES:
        raise LabError(
            f"ZBS_LAB_NAMES is {names!r}; give {' or '.join(NAMES)}, how the manager names the bdev of a volume."
        )
    return Settings(
        prefix=prefix,
        subnet=subnet,
        hosts=hosts,
        pages=pages,
        target_mib=target_mib,
        run_dir=Path(environ.get("ZBS_LAB_RUN_DIR") or "/run/zbs-lab").absolute(),
        cache=Path(environ.get("ZBS_LAB_CACHE") or CLONE / ".cache" / "lab").absolute(),
        flavours=tuple(flavours),
        engines=tuple(engines),
        admin_nodes=admin_nodes,
        names=names,
    )


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment asks for."""
    return make(
        prefix=environ.get("ZBS_LAB_PREFIX") or "zbslab",
        subnet=_subnet(environ.get("ZBS_LAB_SUBNET") or "172.30.0.0/24"),
        hosts=_number(environ, "ZBS_LAB_HOSTS", 3, 1, _MOST_HOSTS),
        pages=_number(environ, "ZBS_LAB_HUGEPAGES", 64, 1, 1 << 20),
        target_mib=_number(environ, "ZBS_LAB_TARGET_MIB", 128, 2, 1 << 20),
        environ=environ,
        flavours=(environ.get("ZBS_LAB_FLAVOURS") or DEBIAN).replace(",", " ").split(),
        engines=(environ.get("ZBS_LAB_ENGINES") or BARE).replace(",", " ").split(),
        admin_nodes=_number(environ, "ZBS_LAB_ADMINS", 1, 1, _MOST_ADMINS),
        names=environ.get("ZBS_LAB_NAMES") or UUID,
    )
