# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's options, from a JSON file of root's."""

import os
from urllib.parse import urlsplit

from .._observe.settings import Settings, container_name
from .._tools import outside, trust
from .._tools.errors import ZbsError, system_words
from .._window.ledger import FACTS_DIR

FILE = "/etc/zbs-vhost/guard.json"
_MOST = 64 * 1024
_TEXT, _NUMBER = (str,), (int, float)
# name: (types, default, least, most). Seconds where it is a time.
KNOWN: dict = {
    "host_ip": (_TEXT, "", None, None),
    "container_name": (_TEXT, "", None, None),
    "admin_socket": (_TEXT, "/var/zbsvhost/sockets/admin.sock", None, None),
    "facts_dir": (_TEXT, FACTS_DIR, None, None),
    "primary_storage": (_TEXT, "zbs", None, None),
    "timeout": (_NUMBER, 5.0, 0.1, 60.0),
    "start_grace": (_NUMBER, 30.0, 0.0, 86400.0),
    # Far below what a manager takes to start a VM elsewhere: what was seen longer ago is the tick's.
    "window": (_NUMBER, 20.0, 2.0, 60.0),
    "flap_limit": ((int,), 3, 1, 1000),
    "flap_window": (_NUMBER, 300.0, 1.0, 86400.0),
    "textfile_dir": (_TEXT, "", None, None),
    "tell_url": (_TEXT, "", None, None),
    "tell_token_file": (_TEXT, "", None, None),
    "tell_after": (_NUMBER, 5.0, 0.0, 3600.0),
}


class Options:
    """The options by name, see KNOWN."""

    def __init__(self, values):
        def chosen(name):
            return values.get(name, KNOWN[name][1])

        self.host_ip = chosen("host_ip")
        self.container_name = chosen("container_name")
        self.admin_socket = chosen("admin_socket")
        self.facts_dir = chosen("facts_dir")
        self.primary_storage = chosen("primary_storage")
        self.timeout = chosen("timeout")
        self.start_grace = chosen("start_grace")
        self.window = chosen("window")
        self.flap_limit = chosen("flap_limit")
        self.flap_window = chosen("flap_window")
        self.textfile_dir = chosen("textfile_dir")
        self.tell_url = chosen("tell_url")
        self.tell_token_file = chosen("tell_token_file")
        self.tell_after = chosen("tell_after")

    def settings(self):
        """What the probe is to look at."""
        return Settings(
            container_name({"container_name": self.container_name, "host_ip": self.host_ip}),
            self.admin_socket,
            ["vhost"],
            timeout=self.timeout,
            start_grace=self.start_grace,
        )


def read(path=FILE):
    """The Options in the file; ZbsError `bad_option` names what is wrong with them and where."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            if not trust.is_trusted(os.fstat(stream.fileno())):
                raise _bad(path, "users other than root can write to it; give it to root with mode 0600")
            text = stream.read(_MOST + 1)
    except OSError as exc:
        raise _bad(path, "it can't be read (%s); run the playbook zstack.zbs.node" % system_words(exc))
    try:
        if len(text) > _MOST:
            raise ValueError("it is larger than %d bytes" % _MOST)
        values = outside.loads(text)
        if not isinstance(values, dict):
            raise ValueError("it is not an object")
    except ValueError as exc:
        raise _bad(path, "it is not JSON that can be understood (%s)" % exc)
    return check(values, path)


def check(values, path):
    """The Options of `values` (a dict); ZbsError `bad_option` as in read."""
    unknown = sorted(set(values) - set(KNOWN))
    if unknown:
        raise _bad(path, "it has the unknown option %s; remove it" % unknown[0])
    for name, value in sorted(values.items()):
        types, _default, least, most = KNOWN[name]
        if not isinstance(value, types) or isinstance(value, bool):
            raise _bad(path, "%s is %r; give %s" % (name, value, "a text" if types is _TEXT else "a number"))
        if least is not None and not least <= value <= most:
            raise _bad(path, "%s is %s; give %s to %s" % (name, value, least, most))
    options = Options(values)
    if not options.host_ip and not options.container_name:
        raise _bad(path, "it has neither host_ip nor container_name; give host_ip")
    for name in ("admin_socket", "facts_dir", "textfile_dir", "tell_token_file"):
        value = getattr(options, name)
        if value and not value.startswith("/"):
            raise _bad(path, "%s is %r; give an absolute path" % (name, value))
    if options.tell_url:
        _check_url(options.tell_url, path)
    return options


def _check_url(url, path):
    try:
        parts = urlsplit(url)
        proper = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        proper = False
    if not proper:
        raise _bad(path, "tell_url is %r; give http://HOST:PORT/PATH or https://" % url)
    if parts.username is not None or parts.password is not None:
        raise _bad(path, "tell_url has a login in it; put the token into tell_token_file")


def _bad(path, why):
    return ZbsError("%s can't be used: %s" % (path, why), "bad_option")
