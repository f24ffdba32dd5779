# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rows of a query, page by page, or none: what changes while it is read is read again."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

_SWEEPS = 3


def rows(ask, path, key, conditions=(), sort="uuid", page_size=1000):
    """Every row of GET `path` as a list of dicts.

    ask         ask(path, query) -> the answer
    key         the fields that tell one row from every other: a page that slipped shows as a row seen twice
    conditions  such as "hypervisorType=KVM"
    sort        the field that the pages are cut by
    """
    for _sweep in range(_SWEEPS):
        found = _read(ask, path, key, conditions, sort, page_size)
        if found is not None:
            return found
    raise ZbsError(
        "%s changed while it was read, %d times in a row; try again when the manager is less busy" % (path, _SWEEPS),
        code="changing",
    )


def _read(ask, path, key, conditions, sort, page_size):
    """One sweep over the pages; None when they don't add up to one state of the manager."""
    found: list[dict] = []
    seen, total = set(), None
    while total is None or len(found) < total:
        query = [("q", condition) for condition in conditions]
        query += [("sort", "+" + sort), ("start", len(found)), ("limit", page_size), ("replyWithCount", "true")]
        page, count = _page(ask(path, query), path)
        if total is not None and count != total:
            return None
        total = count
        if not page and len(found) < total:
            return None
        for row in page:
            identity = tuple(row.get(name) for name in key)
            if not all(isinstance(part, str) for part in identity):
                raise ZbsError(
                    "%s answered a row without %s; is url a ZStack API?" % (path, " and ".join(key)), code="bad_row"
                )
            if identity in seen:
                return None
            seen.add(identity)
        found += page
    return found if len(found) == total else None


def _page(answer, path):
    page, total = answer.get("inventories"), answer.get("total")
    whole = isinstance(page, list) and all(isinstance(row, dict) for row in page)
    if not whole or isinstance(total, bool) or not isinstance(total, int):
        raise ZbsError(
            "%s answered without inventories and their total; check that url is a ZStack API" % path, code="bad_answer"
        )
    return page, total
