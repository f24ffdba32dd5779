# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log drivers and storage drivers with the options that belong to them: dockerd does not start with one of another driver."""

# What every driver takes; see "Configure logging drivers" and "Use docker logs with remote logging drivers".
_ANY = frozenset(("mode", "max-buffer-size", "cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"))
_WORDS = frozenset(("labels", "labels-regex", "env", "env-regex", "tag"))
# https://docs.docker.com/engine/logging/drivers/NAME/. A driver that is not here (a plugin) takes what it takes.
_LOG = {
    "json-file": _WORDS | {"max-size", "max-file", "compress"},
    "local": frozenset(("max-size", "max-file", "compress")),
    "journald": _WORDS,
    "syslog": _WORDS
    | {"syslog-address", "syslog-facility", "syslog-format"}
    | {"syslog-tls-" + name for name in ("ca-cert", "cert", "key", "skip-verify")},
    "gelf": _WORDS
    | {"gelf-" + name for name in ("address", "compression-type", "compression-level")}
    | {"gelf-tcp-" + name for name in ("max-reconnect", "reconnect-delay")},
    "fluentd": _WORDS
    | {
        "fluentd-" + name
        for name in (
            "address",
            "async",
            "async-connect",
            "async-reconnect-interval",
            "buffer-limit",
            "max-retries",
            "read-timeout",
            "request-ack",
            "retry-wait",
            "sub-second-precision",
            "write-timeout",
        )
    },
    "none": frozenset(),
}
DEFAULT_LOG = "json-file"


def log_options(driver, options):
    """Those of the log options (a dict) that this driver takes; None where nobody knows what it takes."""
    if driver not in _LOG:
        return None
    return {key: value for key, value in options.items() if key in _ANY or key in _LOG[driver]}


def storage_options(driver, options):
    """Those of the storage options (`overlay2.size=10G`) that this driver takes."""
    prefixes = {"devicemapper": "dm."}
    return [item for item in options if item.startswith(prefixes.get(driver, "%s." % driver))]
