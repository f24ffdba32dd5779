# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing hosts with a JMESPath expression."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

try:
    import jmespath
    from jmespath.exceptions import JMESPathError

    HAS_JMESPATH = True
except ImportError:  # the controller's Python may lack it; `compiled` says so
    HAS_JMESPATH = False


def compiled(expression):
    """A function from a host's document to whether it is wanted; ZbsError for an expression that is none."""
    if not expression:
        return lambda _document: True
    if not HAS_JMESPATH:
        raise ZbsError(
            "the Python package jmespath, which filter needs, is missing on the controller; install it with `pip install jmespath`",
            code="no_jmespath",
        )
    try:
        query = jmespath.compile(expression)
    except JMESPathError as exc:
        raise ZbsError("filter is not a JMESPath expression (%s)" % _line(exc), code="bad_filter") from None

    def wanted(document):
        try:
            return _true(query.search(document))
        except JMESPathError as exc:
            raise ZbsError(
                "filter can't be applied to host %s (%s)" % (document["host"].get("name"), _line(exc)),
                code="bad_filter",
            ) from None

    return wanted


def _true(value):
    """JMESPath's own truth: empty lists, objects and strings, false and null are not; the number 0 is."""
    return value is not None and value is not False and not (isinstance(value, (list, dict, str)) and not value)


def _line(exc):
    return str(exc).strip().partition("\n")[0]
