# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of a name, and a connection to the first of them that takes one."""

import socket
import threading


def addresses(host, port, deadline):
    """(every address of the host in the resolver's order, why there is none).

    The resolver keeps no deadline, so it is asked in a thread that may be left behind.
    """
    if _is_address(host):
        return [host], ""
    found, trouble = [], []

    def work():
        try:
            found.append([item[4][0] for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as exc:
            trouble.append(" ".join((getattr(exc, "strerror", None) or str(exc)).split())[:200])

    worker = threading.Thread(target=work)
    worker.daemon = True
    worker.start()
    worker.join(deadline.left())
    if found:
        return sorted(set(found[0]), key=found[0].index), ""
    return [], trouble[0] if trouble else "the resolver does not answer"


def connect(places, port, deadline, most):
    """(a socket, None where no address takes a connection, whether all of them refuse one, what the last one said).

    most  seconds for all of them; what is left of these is shared out evenly, as Go's dialer does
    """
    budget = deadline.share(most)
    refused, trouble = True, ""
    for left, place in zip(range(len(places), 0, -1), places):
        try:
            link = socket.create_connection((place, port), max(0.1, budget.left() / left))
            link.settimeout(max(0.1, deadline.share(most).left()))
            return link, False, ""
        except ConnectionRefusedError as exc:
            trouble = trouble or str(exc.strerror)
        except OSError as exc:
            refused, trouble = False, " ".join((exc.strerror or str(exc)).split())[:200]
    return None, refused, trouble


def _is_address(host):
    """Whether there is nothing to resolve."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except (OSError, UnicodeError, ValueError):
            continue
    return False
