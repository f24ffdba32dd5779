# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of daemon.json that belong together, and pairs with which no dockerd starts. Pure decisions.

None of the pairs is seen by `dockerd --validate`: only the start looks (verifyDaemonSettings and logger.ValidateLogOpts of
https://github.com/moby/moby, daemon/daemon_unix.go and daemon/logger/factory.go).
"""

import json
import re

from .._tools.errors import ZbsError
from . import daemon_keys, daemon_text, drivers
from .flags import flag_bool


def fitting(wanted, current, flags, storage=None):
    """What of the wanted options can stand beside what the operator has said, in the file or as a flag.

    Options of a log driver or a storage driver go with their driver: where the operator has another one, only those stay that
    it takes too.
    """
    found = dict(wanted)
    driver = _said("log-driver", current, flags) or _default_log(current, flags)
    if driver is not None and driver != wanted.get("log-driver", driver):
        found.pop("log-driver")
    driver = driver or wanted.get("log-driver", drivers.DEFAULT_LOG)
    if "log-opts" in found:
        mine = driver == wanted.get("log-driver", drivers.DEFAULT_LOG)
        options = drivers.log_options(driver, found["log-opts"])
        found["log-opts"] = found["log-opts"] if options is None and mine else options
    driver = _said("storage-driver", current, flags) or storage
    if driver and driver != wanted.get("storage-driver", driver):
        # Under another driver an engine no longer knows the images and containers that it has.
        found.pop("storage-driver")
    driver = driver or wanted.get("storage-driver")
    if "storage-opts" in found and driver:
        found["storage-opts"] = drivers.storage_options(driver, found["storage-opts"])
    return {key: value for key, value in found.items() if value or not wanted[key]}


def _said(key, current, flags):
    """What the operator has said of a key, as a flag or in the file; None for nothing."""
    value = flags[key][-1] if key in flags else current.get(key)
    return value if isinstance(value, str) and value else None


def _default_log(current, flags):
    """Log options without a driver are those of the default one."""
    return drivers.DEFAULT_LOG if "log-opts" in flags or current.get("log-opts") else None


def refuse_log_options(options):
    """ZbsError `bad_option` for log options that the log driver beside them does not take."""
    driver = options.get("log-driver", drivers.DEFAULT_LOG)
    given = options.get("log-opts", {})
    taken = drivers.log_options(driver, given)
    if driver != "none" and taken is not None and set(given) - set(taken):
        raise ZbsError(
            "options has log-opts %s, which the log driver %s does not take, and dockerd does not start with; leave them out"
            % (", ".join(sorted(set(given) - set(taken))), driver),
            "bad_option",
        )


def refuse_pairs(merged, flags, version, path):
    """ZbsError `daemon_json` for a content with which this dockerd does not start.

    merged   the whole content, as it is to be
    flags    what dockerd is given on its command line
    version  the engine's release, None when it is not known
    """
    told = dict(daemon_text.told(merged))
    for key, values in flags.items():
        told[key] = _flag(key, values)
    told["runtimes"] = _items(merged.get("runtimes")) + [word.partition("=")[0] for word in flags.get("runtimes", [])]
    release = daemon_keys.release_of(version)
    for words in filter(None, (rule(told, release) for rule in _RULES)):
        raise ZbsError(
            "dockerd does not start with %s in %s or as flags: %s" % (words[0], path, words[1]), "daemon_json"
        )


def _flag(key, values):
    """What a flag says in the form of the file."""
    if key in daemon_keys.SWITCHES:
        return flag_bool(values)
    if key == "log-opts":
        return dict(item.partition("=")[::2] for item in values)
    return values if key in daemon_keys.LISTS else values[-1]


def _icc(told, _release):
    if told.get("icc") is False and told.get("iptables") is False:
        return "icc: false beside iptables: false", "icc: false is made of firewall rules; take it out"
    return None


def _bridge(told, _release):
    if told.get("bridge") and told.get("bip"):
        return "both bridge and bip", "a bridge of the operator's has its own address; keep one of them"
    return None


def _ip6tables(told, release):
    # On by default and no experiment any more since 27.0.
    if told.get("ip6tables") is True and not told.get("experimental") and release and release < (27, 0):
        return "ip6tables: true beside experimental: false", "this release takes it as an experiment only; take it out"
    return None


def _runtime(told, _release):
    name = told.get("default-runtime")
    known = ["runc", "io.containerd.runtime.v1.linux"] + _items(told.get("runtimes"))
    if isinstance(name, str) and name and name not in known and not _shim(name):
        return "default-runtime: %s" % name, "no runtime of that name is in runtimes; add it, or take it out"
    return None


def _shim(name):
    """Whether containerd finds a runtime of this name by itself."""
    return name.startswith("/") or bool(re.match(r"[\w-]+(\.[\w-]+)*\.v\d+$", name))


def _labels(told, _release):
    found: dict[str, str] = {}
    for label in _items(told.get("labels")):
        name, _equals, value = str(label).partition("=")
        if found.setdefault(name, value) != value:
            return "two labels of the name %s" % name, "keep one of them"
    return None


def _cgroup(told, _release):
    parent = told.get("cgroup-parent")
    systemd = "native.cgroupdriver=systemd" in [str(item).replace(" ", "") for item in _items(told.get("exec-opts"))]
    if systemd and isinstance(parent, str) and parent and not re.match(r".+\.slice$", parent):
        return "cgroup-parent: %s beside systemd's cgroups" % parent, "name a slice, as docker.slice"
    return None


def _log(told, _release):
    driver, options = told.get("log-driver") or drivers.DEFAULT_LOG, told.get("log-opts")
    if not isinstance(options, dict) or driver == "none" or not isinstance(driver, str):
        return None
    taken = drivers.log_options(driver, options)
    if taken is not None and set(options) - set(taken):
        extra = ", ".join(sorted(set(options) - set(taken)))
        return "the log options %s" % extra, "the log driver %s does not take them; take them out" % driver
    if "max-buffer-size" in options and options.get("mode") != "non-blocking":
        return "the log option max-buffer-size", 'it belongs to mode: "non-blocking"; add that, or take it out'
    return None


def _namespaces(told, _release):
    one, other = told.get("containerd-namespace", "moby"), told.get("containerd-plugin-namespace", "plugins.moby")
    if one == other:
        return "%s as both of containerd's namespaces" % json.dumps(one), "give them different names"
    return None


def _items(value):
    """The members of a list or the names of an object; none of anything else, which dockerd can't read."""
    return list(value) if isinstance(value, (list, dict)) else []


_RULES = (_icc, _bridge, _ip6tables, _runtime, _labels, _cgroup, _log, _namespaces)
