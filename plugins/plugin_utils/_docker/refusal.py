# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of the role zbs_docker can't be, beyond their types, before a host is touched. Pure.

What the configuration of the engine refuses by itself (_engine/wanted) is not said again here.
"""

import json
import re

from ansible_collections.zstack.zbs.plugins.module_utils._engine import image as images
from ansible_collections.zstack.zbs.plugins.module_utils._engine import registry_names
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import check_seconds
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

VARIABLES = ("package_sets", "image", "image_url", "image_checksum", "pull_timeout", "registry_hosts", "registries")
_CHECKSUM = re.compile(r"(sha256|sha384|sha512):[0-9A-Fa-f]{64,128}")
_URL = re.compile(r"https?://[^/@\s]+(/\S*)?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_ADDRESS = re.compile(r"([0-9]{1,3}[.]){3}[0-9]{1,3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+")


def refusal(variables):
    """What is wrong, in a sentence; empty where nothing is.

    variables  {name of VARIABLES: value}, all of them; values as the role's argument_specs take them, which also take numbers and null for
               a text; pull_timeout is an integer
    """
    return next(_wrong(*(variables[name] for name in VARIABLES)), "")


def _wrong(package_sets, image, url, checksum, timeout, hosts, registries):
    if not package_sets or not all(isinstance(one, (list, tuple)) and one for one in package_sets):
        yield (
            "zbs_docker_package_sets is %s; give lists of packages, at least one of them, as "
            "[[docker-ce, docker-ce-cli, containerd.io], [docker.io]]." % _shown(package_sets)
        )
    if image and _refused(images.check_name, str(image)):
        yield "zbs_docker_image is %s; give registry/name:tag." % _shown(image)
    if url and not _CHECKSUM.fullmatch(str(checksum).strip()):
        yield (
            "zbs_docker_image_checksum is %s, and zbs_docker_image_url needs one; give the archive's checksum as sha256:HEX."
            % _shown(checksum)
        )
    if url and not _URL.fullmatch(str(url)):  # it may have a password in it
        yield "zbs_docker_image_url is not an http or https address without a login; give one."
    said = _refused(check_seconds, {"zbs_docker_pull_timeout": timeout}, "zbs_docker_pull_timeout", 1)
    if said:
        yield said + "."
    for host in hosts:
        if not (_NAME.fullmatch(str(host.get("name", ""))) and _ADDRESS.fullmatch(str(host.get("address", "")))):
            yield "zbs_docker_registry_hosts has %s; give a name without a port and an address, as 10.0.0.5." % _shown(
                host
            )
    for registry in registries:
        if _refused(registry_names.split, str(registry.get("name", ""))):
            yield "zbs_docker_registries has %s; give host or host:port." % _shown(registry.get("name"))


def _refused(check, *values):
    """The sentence with which a check of the modules refuses; None where it does not."""
    try:
        check(*values)
    except ZbsError as exc:
        return exc.message
    return None


def _shown(value):
    return json.dumps(value, default=str, sort_keys=True)
