# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a post to the webhook says of hosts. Pure, and never an error: who can post, can post anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# An alert without this label, set to this, is none that a heal follows.
LABEL, VALUE = "zbs_vhost_heal", "now"
GUARD_EVENT = "zbs_vhost_target_down"
# The longest name of a host that DNS knows, with a port behind it.
_LONGEST = 261


Written = tuple[str, ...]
"""The ways in which a post names one host, the surest first."""


@dataclass
class Report:
    """The hosts of a post that are down, and those whose outage of before is over; and what of it was no use, in sentences."""

    down: list[Written] = field(default_factory=list)
    over: list[Written] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(endpoint: str, payload: Any, label: str = "instance") -> Report:
    """The report of a post to /ENDPOINT with this JSON; `label` is the one that names an alert's host."""
    reader = _READERS.get(endpoint.strip("/"))
    if reader is None:
        return Report(refused=[f"a post to /{short(endpoint)}; post to /{' or /'.join(sorted(_READERS))}"])
    if not isinstance(payload, dict):
        return Report(refused=[f"a post to /{endpoint} that is no JSON object"])
    return reader(payload, label)


def _alertmanager(payload: dict[str, Any], label: str) -> Report:
    """Alertmanager's webhook, version 4: one post for each group of alerts, those that are resolved among them."""
    report = Report()
    alerts = payload.get("alerts")
    if not isinstance(alerts, list):
        report.refused.append("a post to /alertmanager without alerts")
        return report
    if payload.get("truncatedAlerts"):
        report.refused.append(
            f"{short(payload['truncatedAlerts'])} alerts that Alertmanager left out (max_alerts); the clock's tick finds their hosts"
        )
    for alert in alerts:
        labels = alert.get("labels") if isinstance(alert, dict) else None
        if not isinstance(labels, dict):
            report.refused.append("an alert without labels")
        elif labels.get(LABEL) != VALUE:
            report.refused.append(f"the alert {short(labels.get('alertname'))}, which has no label {LABEL}={VALUE}")
        elif not (written := _names(labels.get(label))):
            report.refused.append(f"an alert without a label {label}")
        elif alert.get("status") == "firing":
            report.down.append(written)
        elif alert.get("status") == "resolved":
            report.over.append(written)
        else:
            report.refused.append(f"an alert of {short(written[0])} whose status is {short(alert.get('status'))}")
    return report


def _guard(payload: dict[str, Any], _label: str) -> Report:
    """The guard of a host, about that host: {"event": "zbs_vhost_target_down", "host_ip": ADDRESS, "host": NAME, ...}.

    It tells once an outage, and not when that is over: so what it tells is always a new one.
    """
    if payload.get("event") != GUARD_EVENT:
        return Report(
            refused=[f"a post to /guard whose event is {short(payload.get('event'))}; there is {GUARD_EVENT}"]
        )
    written = _names(payload.get("host_ip"), payload.get("host"))
    return Report([written], [written]) if written else Report(refused=["a post to /guard without a host_ip or a host"])


_READERS: dict[str, Callable[[dict[str, Any], str], Report]] = {"alertmanager": _alertmanager, "guard": _guard}


def _names(*values: Any) -> Written:
    return tuple(value for value in values if isinstance(value, str) and 0 < len(value) <= _LONGEST)


def short(value: Any) -> str:
    """A value of an event for a log line: quoted, without line ends, not long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
