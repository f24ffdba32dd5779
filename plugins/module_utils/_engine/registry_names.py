# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of registries, of networks of them and of mirrors, in the forms that dockerd takes."""

import ipaddress
import re

from .._tools.errors import ZbsError

# What an image's name without a registry means, and where that one is; dockerd takes index.docker.io for the same.
HUB = "docker.io"
HUB_HOST = "registry-1.docker.io"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"


def split(name):
    """(host, port or None) of a registry's name; ZbsError `bad_option` for what is none."""
    match = re.match(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?\Z", name[:300])
    if len(name) > 300 or not match or (match.group(2) and not 0 < int(match.group(2)) < 65536):
        raise ZbsError("%r is not a registry name; give host or host:port" % name[:80], "bad_option")
    return match.group(1).strip("[]"), int(match.group(2)) if match.group(2) else None


def registry_of(image):
    """The registry in an image's name as dockerd reads it; docker.io where it names none."""
    first, slash, _rest = image.partition("/")
    if not slash or not (set(".:") & set(first) or first == "localhost" or first != first.lower()):
        return HUB
    return HUB if first == "index.docker.io" else first


def host_of(registry):
    """Where a registry of this name is asked."""
    return HUB_HOST if registry in (HUB, "index.docker.io") else registry


def network(text):
    """The network that an entry of insecure-registries is, None where it is none. dockerd takes it with host bits too."""
    address, slash, bits = text.partition("/")
    if not slash or not re.match(r"[0-9]{1,3}\Z", bits):
        return None
    try:
        return ipaddress.ip_network("%s/%d" % (address, int(bits)), strict=False)
    except ValueError:
        return None


def is_insecure_entry(text):
    """Whether dockerd starts with this entry of insecure-registries."""
    if len(text) > 300:
        return False
    if network(text) is not None:
        return True
    match = re.match(r"(\[[^\]]*\]|[^:]*):([0-9]{1,5})\Z", text)
    if match and int(match.group(2)) < 65536:
        text = match.group(1)
    literal = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ipaddress.ip_address(literal)
        return True
    except ValueError:
        return bool(re.match(r"%s(\.%s)*\Z" % (_LABEL, _LABEL), text))


def is_mirror(text):
    """Whether dockerd starts with this entry of registry-mirrors; a path there is refused by releases before 20.10."""
    match = re.match(r"https?://([^\s/@?#]+)/?\Z", text[:300])
    try:
        return match is not None and len(text) <= 300 and bool(split(match.group(1)))
    except ZbsError:
        return False
