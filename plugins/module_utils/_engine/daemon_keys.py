# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dockerd can be told: one row for each key of daemon.json on Linux, with its flag.

Sources: Docker's reference of dockerd (https://docs.docker.com/reference/cli/dockerd/), its sections "Options", "Daemon
configuration file" and "Configuration reload behavior"; the release notes for `since`; "Live restore" for what must not change
while containers are to outlive a restart (https://docs.docker.com/engine/daemon/live-restore/).
"""

import re

from .._tools.errors import ZbsError

# Taken for the release of an engine that does not tell: the last one that can't validate a file by itself.
_OLD = (20, 10)

# key, what it holds, its flag where that has another name, short flag, since (release, empty: always), what holds for it:
#   reload  taken over on SIGHUP
#   keeps   containers outlive a restart only while it stays as it is
_ROWS = (
    ("allow-direct-routing", "bool", "", "", "28.0", ""),
    ("allow-nondistributable-artifacts", "texts", "", "", "", "reload"),
    ("api-cors-header", "text", "", "", "", ""),
    ("authorization-plugins", "texts", "authorization-plugin", "", "", "reload"),
    ("bip", "text", "", "", "", "keeps"),
    ("bip6", "text", "", "", "28.0", "keeps"),
    ("bridge", "text", "", "b", "", "keeps"),
    ("bridge-accept-fwmark", "text", "", "", "28.0", ""),
    ("builder", "object", "", "", "18.09", ""),
    ("cdi-spec-dirs", "texts", "cdi-spec-dir", "", "24.0", ""),
    ("cgroup-parent", "text", "", "", "", ""),
    ("containerd", "text", "", "", "", "keeps"),
    ("containerd-namespace", "text", "", "", "20.10", "keeps"),
    ("containerd-plugin-namespace", "text", "containerd-plugins-namespace", "", "20.10", "keeps"),
    ("cpu-rt-period", "number", "", "", "17.06", ""),
    ("cpu-rt-runtime", "number", "", "", "17.06", ""),
    ("cri-containerd", "bool", "", "", "18.09", ""),
    ("data-root", "text", "", "g", "17.05", "keeps"),
    ("debug", "bool", "", "D", "", "reload"),
    ("default-address-pools", "objects", "default-address-pool", "", "18.06", ""),
    ("default-cgroupns-mode", "text", "", "", "20.10", ""),
    ("default-gateway", "text", "", "", "", ""),
    ("default-gateway-v6", "text", "", "", "", ""),
    ("default-ipc-mode", "text", "", "", "18.02", ""),
    ("default-network-opts", "object", "default-network-opt", "", "24.0", ""),
    ("default-runtime", "text", "", "", "", "reload"),
    ("default-shm-size", "any", "", "", "17.06", ""),
    ("default-ulimits", "object", "default-ulimit", "", "", ""),
    ("dns", "texts", "", "", "", ""),
    ("dns-opts", "texts", "dns-opt", "", "", ""),
    ("dns-search", "texts", "", "", "", ""),
    ("exec-opts", "texts", "exec-opt", "", "", "keeps"),
    ("exec-root", "text", "", "", "", "keeps"),
    ("experimental", "bool", "", "", "", ""),
    # Reloaded, except for the feature that moves all images: see needs().
    ("features", "object", "feature", "", "18.09", "reload"),
    ("firewall-backend", "text", "", "", "29.0", ""),
    ("fixed-cidr", "text", "", "", "", "keeps"),
    ("fixed-cidr-v6", "text", "", "", "", "keeps"),
    ("group", "text", "", "G", "", ""),
    ("host-gateway-ip", "text", "", "", "20.10", ""),
    ("host-gateway-ips", "texts", "", "", "28.0", ""),
    ("hosts", "texts", "host", "H", "", ""),
    ("icc", "bool", "", "", "", ""),
    ("init", "bool", "", "", "", ""),
    ("init-path", "text", "", "", "", ""),
    ("insecure-registries", "texts", "insecure-registry", "", "", "reload"),
    ("ip", "text", "", "", "", ""),
    ("ip-forward", "bool", "", "", "", ""),
    ("ip-forward-no-drop", "bool", "", "", "28.0", ""),
    ("ip-masq", "bool", "", "", "", ""),
    ("ip6tables", "bool", "", "", "20.10", ""),
    ("iptables", "bool", "", "", "", ""),
    ("ipv6", "bool", "", "", "", ""),
    ("labels", "texts", "label", "", "", "reload"),
    ("live-restore", "bool", "", "", "", "reload"),
    ("log-driver", "text", "", "", "", ""),
    ("log-format", "text", "", "", "25.0", ""),
    ("log-level", "text", "", "l", "", ""),
    ("log-opts", "map", "log-opt", "", "", ""),
    ("max-concurrent-downloads", "number", "", "", "", "reload"),
    ("max-concurrent-uploads", "number", "", "", "", "reload"),
    ("max-download-attempts", "number", "", "", "20.10", "reload"),
    ("metrics-addr", "text", "", "", "17.06", ""),
    ("mtu", "number", "", "", "", ""),
    ("network-control-plane-mtu", "number", "", "", "17.12", ""),
    ("network-diagnostic-port", "number", "", "", "17.12", ""),
    ("no-new-privileges", "bool", "", "", "17.06", ""),
    ("node-generic-resources", "any", "node-generic-resource", "", "17.12", ""),
    ("oom-score-adjust", "number", "", "", "", ""),
    ("pidfile", "text", "", "p", "", ""),
    ("proxies", "map", "", "", "23.0", ""),
    ("raw-logs", "bool", "", "", "", ""),
    ("registry-mirrors", "texts", "registry-mirror", "", "", "reload"),
    ("rootless", "bool", "", "", "20.10", ""),
    ("runtimes", "object", "add-runtime", "", "", "reload"),
    ("seccomp-profile", "text", "", "", "17.06", ""),
    ("selinux-enabled", "bool", "", "", "", ""),
    ("shutdown-timeout", "number", "", "", "", "reload"),
    ("storage-driver", "text", "", "s", "", "keeps"),
    ("storage-opts", "texts", "storage-opt", "", "", "keeps"),
    ("swarm-default-advertise-addr", "text", "", "", "", ""),
    ("tls", "bool", "", "", "", ""),
    ("tlscacert", "text", "", "", "", ""),
    ("tlscert", "text", "", "", "", ""),
    ("tlskey", "text", "", "", "", ""),
    ("tlsverify", "bool", "", "", "", ""),
    ("userland-proxy", "bool", "", "", "", ""),
    ("userland-proxy-path", "text", "", "", "", ""),
    ("userns-remap", "text", "", "", "", "keeps"),
)
# dockerd takes the members of every other object for keys of their own, which may be flags too: proxies and its http-proxy.
WHOLE = frozenset(
    ("builder", "cluster-store-opts", "default-network-opts", "default-ulimits", "features", "log-opts", "runtimes")
)
# The only key that dockerd takes from both places and puts together.
BOTH_PLACES = frozenset(("runtimes",))
RELOADED = frozenset(row[0] for row in _ROWS if "reload" in row[5])
KEEPS = frozenset(row[0] for row in _ROWS if "keeps" in row[5])
# Flags by the key that they have in the file: --label and labels, -H and hosts. `graph` and `dns-option` are older names.
FLAGS = {row[2]: row[0] for row in _ROWS if row[2]}
FLAGS.update({"graph": "data-root", "dns-option": "dns-opts"})
SHORT = {row[3]: row[0] for row in _ROWS if row[3]}
SHORT.update({"v": "version", "h": "help", "d": "daemon"})
# Flags that take no word of their own.
SWITCHES = frozenset([row[0] for row in _ROWS if row[1] == "bool"] + ["validate", "version", "help", "daemon"])
# Flags that may be given more than once, and keys that hold lists.
LISTS = frozenset(row[0] for row in _ROWS if row[1] in ("texts", "objects", "object", "any"))
_KINDS = {row[0]: row[1] for row in _ROWS}
_SINCE = {row[0]: tuple(int(part) for part in row[4].split(".")) for row in _ROWS if row[4]}
# The feature that moves images and containers into another store: with it an engine no longer knows those that it had.
_MOVES = "containerd-snapshotter"


def needs(key, before, after):
    """What an engine needs to take a change of this key over: `reload` or `restart`."""
    if key == "features" and _feature(before) != _feature(after):
        return "restart"
    return "reload" if key in RELOADED else "restart"


def keeps(key, before, after):
    """Whether a restart with this change loses containers, whatever live-restore says."""
    return key in KEEPS or (key == "features" and _feature(before) != _feature(after))


def _feature(value):
    return value.get(_MOVES) if isinstance(value, dict) else None


def check_kind(key, value):
    """ZbsError `bad_option` where dockerd could not read this value of the key."""
    kind = _KINDS.get(key, "any")
    fits = {
        "bool": isinstance(value, bool),
        "number": isinstance(value, int) and not isinstance(value, bool),
        "text": isinstance(value, str),
        "texts": isinstance(value, list) and all(isinstance(item, str) for item in value),
        "objects": isinstance(value, list) and all(isinstance(item, dict) for item in value),
        "object": isinstance(value, dict),
        "map": isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
        "any": True,
    }
    if not fits[kind]:
        words = {
            "bool": "true or false",
            "number": "a whole number",
            "text": "a text",
            "texts": "a list of texts",
            "objects": "a list of objects",
            "object": "an object",
            "map": 'an object of texts, as max-file: "3"',
        }
        raise ZbsError(
            "options has %s: %s; dockerd needs %s there" % (key, repr(value)[:80], words[kind]), "bad_option"
        )


def unknown_to(version, keys):
    """Those of the keys that a dockerd of this release does not know, so that it does not start with them.

    version  as dockerd tells it, None where it does not
    """
    release = release_of(version) or _OLD
    return sorted(key for key in keys if key not in _KINDS or _SINCE.get(key, ()) > release)


def release_of(version):
    """(20, 10) of `20.10.7`; None where there is none."""
    match = re.match(r"v?(\d{1,4})\.(\d{1,4})", version or "")
    return (int(match.group(1)), int(match.group(2))) if match else None
