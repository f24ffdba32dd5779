# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which way the engine of this host goes to a registry: its proxies, its mirrors, what it calls insecure.

Proxies as Go reads them (golang.org/x/net/http/httpproxy), which Docker's reference of dockerd names for them.
"""

import ipaddress
import re
from urllib.parse import unquote, urlsplit

from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import daemon_text, dockerd, live_state, registry_names, unit

_UNIT_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_NAMES = (("http-proxy", "HTTP_PROXY"), ("https-proxy", "HTTPS_PROXY"), ("no-proxy", "NO_PROXY"))


class Proxy:
    """A proxy: `scheme`, `host`, `port`, `login` (user and password, None without one)."""

    def __init__(self, scheme, host, port, login=None):
        self.scheme = scheme
        self.host = host
        self.port = port
        self.login = login

    def __str__(self):
        """Its address without the login."""
        return "%s://%s:%d" % (self.scheme, "[%s]" % self.host if ":" in self.host else self.host, self.port)


class Way:
    """`proxies`: {"http-proxy", "https-proxy", "no-proxy"} as texts; `mirrors` and `insecure`: lists of texts."""

    def __init__(self, proxies=None, mirrors=(), insecure=()):
        self._proxies = proxies or {}
        self._exceptions = _exceptions(self._proxies.get("no-proxy", ""))
        self.mirrors = [item for item in mirrors if isinstance(item, str)]
        self._insecure = [item for item in insecure if isinstance(item, str)]

    def proxy(self, scheme, host, port):
        """The Proxy for this scheme, host and port, None for the direct way; ValueError for an address that is none."""
        text = self._proxies.get("%s-proxy" % scheme, "").strip()
        if not text or not _is_proxied(host.lower().rstrip("."), str(port), self._exceptions):
            return None
        return parse_proxy(text)

    def is_insecure(self, name, addresses):
        """Whether the engine is configured to use the registry `name` without TLS or with any certificate.

        addresses  gives those of the name; asked only where the configuration has networks
        That it does so on loopback by itself is left out: what answers there is no registry for other hosts.
        """
        if name in self._insecure or "http://" + name in self._insecure or "https://" + name in self._insecure:
            return True
        networks = [item for item in map(registry_names.network, self._insecure) if item is not None]
        found = [address for address in map(_address, addresses() if networks else ()) if address is not None]
        return any(address.version == item.version and address in item for item in networks for address in found)


def look(root="/"):
    """The Way of this host's engine: that of the process that runs, else that of docker.service; a plain one without both."""
    process = dockerd.find(root)[0]
    try:
        if process is not None:
            flags, environment = process.flags, dockerd.environment(process.pid, root)
        else:
            found = unit.look(Deadline(_UNIT_SECONDS), root)
            flags, environment = found.flags, found.environment
    except ZbsError:
        return Way()
    return of(environment, flags, live_state.content(live_state.below(root, dockerd.config_file(flags))))


def of(environment, flags, document):
    """The Way by the engine's environment, its flags and its file: flag and file outrank the environment."""
    told = daemon_text.told(document)
    proxies = {}
    for key, name in _NAMES:
        value = flags.get(key, [told.get(key)])[-1] or environment.get(name) or environment.get(name.lower())
        proxies[key] = value if isinstance(value, str) else ""
    return Way(proxies, _list("registry-mirrors", flags, told), _list("insecure-registries", flags, told))


def parse_proxy(text):
    """The Proxy that a text names, http where it names no scheme; ValueError for what names none."""
    if not re.match(r"(https?|socks5h?)://", text, re.I):
        text = "http://" + text
    parts = urlsplit(text[:2000])
    host, scheme = parts.hostname, parts.scheme.lower()
    if not host or re.search(r"[\s\x00-\x1f\x7f]", host):
        raise ValueError("it names no host")
    login = None
    if parts.username is not None:
        login = "%s:%s" % (unquote(parts.username), unquote(parts.password or ""))
    return Proxy(scheme, host, parts.port or _PORTS[scheme], login)


def _exceptions(text):
    """NO_PROXY as (host, port or None, kind): `all`, a network, an address, a domain (with or without itself)."""
    found: list[tuple] = []
    for item in text[:65536].lower().split(","):
        item = item.strip()
        if item == "*":
            return [("*", None, "all")]
        net = registry_names.network(item)
        if net is not None:
            found.append((net, None, "network"))
            continue
        match = re.match(r"(\[[^\]]*\]|[^:]*):(\d{1,5})\Z", item)
        host, port = match.groups() if match else (item, None)
        host = host.strip("[]")
        if not host:
            continue
        if _address(host) is not None:
            found.append((_address(host), port, "address"))
        elif host.startswith(("*.", ".")):
            found.append((host.lstrip("*"), port, "below"))
        else:
            found.append((host, port, "domain"))
    return found


def _is_proxied(host, port, exceptions):
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return False
    for item, only, kind in exceptions:
        if only is not None and only != port:
            continue
        if kind == "all" or (kind == "address" and item == address):
            return False
        if kind == "network" and address is not None and address.version == item.version and address in item:
            return False
        if kind in ("below", "domain") and host.endswith("." + item.lstrip(".")):
            return False
        if kind == "domain" and host == item:
            return False
    return True


def _address(text):
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _list(key, flags, told):
    value = flags.get(key, told.get(key))
    return value if isinstance(value, list) else []
