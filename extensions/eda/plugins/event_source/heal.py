# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source of ansible-rulebook: posts about hosts come in, one event for all hosts of some seconds goes out."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

# ansible-rulebook runs this file by its path, and knows of no other one.
sys.path.append(str(Path(__file__).resolve().parents[1]))
from zstack_zbs_events import reports  # noqa: E402  its folder is in the path only now
from zstack_zbs_events.burst import Burst  # noqa: E402  its folder is in the path only now
from zstack_zbs_events.inventory import Inventory, check  # noqa: E402  its folder is in the path only now

DOCUMENTATION = r"""
---
short_description: Collect the hosts whose targets are down into one event
description:
  - Listens with eda.builtin.webhook. Alertmanager posts to /alertmanager, a host's guard to /guard.
  - All hosts of some seconds become one event, whose meta.hosts is the limit of the run. Nothing else of a post goes on.
  - An event can only name hosts of the group in the inventory, by name or by address, with or without a port.
options:
  inventory:
    description: The inventory whose hosts may be named; the one that ansible-rulebook itself is given.
    type: str
    required: true
  group:
    description: The group of the compute hosts.
    type: str
    default: zbs_vhost
  token_file:
    description: A file that holds the token, which others must not be able to read. This or token is required.
    type: str
  token:
    description: The token itself, from a variable. A post without it gets 401.
    type: str
  host:
    description: The address to listen on.
    type: str
    default: 127.0.0.1
  port:
    description: The port to listen on.
    type: int
    default: 5000
  certfile:
    description: A certificate, for TLS; keyfile, password, cafile and capath are those of eda.builtin.webhook too.
    type: str
  label:
    description: The label of an alert that names its host.
    type: str
    default: instance
  collect:
    description: Seconds from the first host of a burst to its event.
    type: float
    default: 5
  again:
    description: Seconds in which a host that was handed on is not handed on anew, unless its outage was over in between.
    type: float
    default: 300
  most:
    description: Hosts of one event at most; the others are the next one.
    type: int
    default: 500
"""

EXAMPLES = r"""
- zstack.zbs.heal:
    inventory: /etc/zbs/inventory
    token_file: /etc/zbs/events.token
    host: 0.0.0.0
"""

LOG = logging.getLogger("zstack.zbs.heal")
_TLS = ("certfile", "keyfile", "password", "cafile", "capath")
_KNOWN = ("inventory", "group", "token_file", "token", "host", "port", *_TLS, "label", "collect", "again", "most")
_SHORTEST = 16
# Posts that wait for their turn; one more waits in its connection.
_WAITING = 1000


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Listen until the end. ValueError at the start says what is wrong with the options."""
    from ansible_rulebook.event_source import webhook  # pylint: disable=import-outside-toplevel

    options = checked(args)
    inventory = Inventory(options["inventory"], options["group"])
    await inventory.read()
    posts: asyncio.Queue[Any] = asyncio.Queue(_WAITING)
    tasks = [asyncio.ensure_future(webhook.main(posts, options["webhook"]))]
    tasks.append(asyncio.ensure_future(collect(posts, queue, inventory, options)))
    tasks.append(asyncio.ensure_future(inventory.keep()))
    try:
        done, _running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def collect(
    posts: asyncio.Queue[Any], queue: asyncio.Queue[Any], inventory: Inventory, options: dict[str, Any]
) -> None:
    """Take posts, and put an event for the hosts of each burst."""
    burst = Burst(options["collect"], options["again"], options["most"])
    while True:
        try:
            post = await asyncio.wait_for(posts.get(), burst.wait(time.monotonic()))
        except asyncio.TimeoutError:
            post = None
        if post is not None:
            try:
                enter(post, burst, inventory, options["label"])
            except Exception:  # pylint: disable=broad-except  # no post may end the source for all that come after it
                LOG.exception("a post was left out")
        hosts = burst.take(time.monotonic())
        if hosts:
            LOG.info("a tick over %d hosts: %s", len(hosts), ", ".join(hosts))
            await queue.put({"zbs_vhost_heal": {"hosts": hosts}, "meta": {"hosts": hosts}})


def enter(post: dict[str, Any], burst: Burst, inventory: Inventory, label: str) -> None:
    """Enter what a post says of hosts that are in the inventory."""
    report = reports.read(post["meta"]["endpoint"], post["payload"], label)
    for sentence in report.refused:
        LOG.warning("nothing is started by %s", sentence)
    for written in report.over:  # first: a host with an alert that is over and one that is not is down
        name = inventory.find(written)
        if name:
            burst.over(name)
    for written in report.down:
        name = inventory.find(written)
        if name is None:
            LOG.warning("nothing is started for %s, which is no host of %s", reports.short(written[0]), inventory.group)
        elif not burst.down(name, time.monotonic()):
            LOG.info("%s was handed on already", name)


def checked(args: dict[str, Any]) -> dict[str, Any]:
    """The options with their defaults, those of the webhook apart. ValueError says what is wrong with one."""
    given = {name: value for name, value in args.items() if value not in (None, "") and name != "eda_feedback_queue"}
    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is no option; there are {', '.join(_KNOWN)}")
    if "inventory" not in given:
        raise ValueError("inventory is not given; name the inventory whose hosts may be healed by event")
    check(str(given["inventory"]))
    passed: dict[str, Any] = {name: str(given[name]) for name in _TLS if name in given}
    port = int(_number(given, "port", 5000, 1, 65535))
    passed.update(host=str(given.get("host", "127.0.0.1")), port=port, token=_token(given))
    return {
        "inventory": str(given["inventory"]),
        "group": str(given.get("group", "zbs_vhost")),
        "label": str(given.get("label", "instance")),
        "collect": _number(given, "collect", 5, 0, 600),
        "again": _number(given, "again", 300, 0, 86400),
        "most": int(_number(given, "most", 500, 1, 2000)),
        "webhook": passed,
    }


def _number(given: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    try:
        number = float(given.get(name, default))
    except (TypeError, ValueError):
        number = least - 1
    if not least <= number <= most:
        raise ValueError(f"{name} is {given[name]!r}; give a number from {least} to {most}")
    return number


def _token(given: dict[str, Any]) -> str:
    """The token; never in a message."""
    if ("token" in given) == ("token_file" in given):
        raise ValueError("give token_file or token, one of the two: without it anyone could start a heal")
    if "token" in given:
        where, token = "token", str(given["token"]).strip()
    else:
        where = str(given["token_file"])
        try:
            if stat.S_IMODE(os.stat(where).st_mode) & 0o007:
                raise ValueError(f"others may read {where}; chmod o= it")
            token = Path(where).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the token_file {where} can't be read: {error}") from error
    if len(token) < _SHORTEST or len(token.split()) != 1:
        raise ValueError(
            f"the token in {where} is no word of {_SHORTEST} characters or more; make one with openssl rand -hex 32"
        )
    return token
