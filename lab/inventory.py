"""The lab as an Ansible inventory."""

from __future__ import annotations

import shlex

from . import keys
from .settings import DEBIAN, TARGET_IMAGE, Host, Settings

_HEAD = """\
# The lab as an inventory; written by `python3 -m lab up`, printed by `python3 -m lab inventory`.
all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: {key}
    ansible_ssh_common_args: {arguments}
    ansible_python_interpreter: /usr/bin/python3
  children:
    zbs_admin:
      hosts:
{admins}
    zbs_vhost:
      hosts:
{computes}
      vars:
        zbs_hugepages_count: {pages}
        zbs_vhost_target_hugepage_size_mib: {target_mib}
        # All lab hosts share one hugepage pool, this machine's: two that prepare at once count the same free pages.
        zbs_vhost_target_concurrency: 1
        zbs_docker_image: {image}
        zbs_docker_image_archive: {archive}
"""


def text(settings: Settings, computes: bool = True) -> str:
    """The inventory in YAML: groups zbs_admin and zbs_vhost; without `computes` that one's hosts come from elsewhere."""
    # Without -i: that is a variable of its own.
    arguments = keys.options(settings)
    place = arguments.index("-i")
    return _HEAD.format(
        key=_quoted(str(settings.ssh / "id_ed25519")),
        arguments=_quoted(shlex.join(arguments[:place] + arguments[place + 2 :])),
        admins="\n".join(_entry(host) for host in settings.admins),
        computes="\n".join(_entry(host) for host in settings.computes) if computes else "        {}",
        pages=settings.pages,
        target_mib=settings.target_mib,
        image=_quoted(TARGET_IMAGE),
        archive=_quoted(str(settings.archive)),
    )


def _entry(host: Host) -> str:
    flavour = "" if host.flavour == DEBIAN else f"\n          zbs_lab_flavour: {host.flavour}"
    return f"        {host.name}:\n          ansible_host: {host.ip}{flavour}"


def _quoted(value: str) -> str:
    """A YAML string that may hold anything but a line break."""
    return "'" + value.replace("'", "''") + "'"
