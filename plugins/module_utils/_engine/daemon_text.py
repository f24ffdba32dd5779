# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of daemon.json: decoded and read as dockerd does it, and written."""

import codecs
import json

from .._tools import outside
from .._tools.errors import ZbsError
from .daemon_keys import WHOLE

# No configuration is larger; a log that somebody put there is none.
MOST = 16 * 1024 * 1024
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data, path):
    """The text in the bytes of the file, by its byte order mark as dockerd has it; ZbsError `daemon_json` for another one."""
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = None
    if text is None or (len(mark) == 2 and not text.lstrip().startswith("{")):
        raise ZbsError(
            "%s can't be read (it is not UTF-8); make it a text file that root can read" % path, "daemon_json"
        )
    return text


def parse(text, path, twins=False):
    """The object in `text`, empty for an empty file; ZbsError `daemon_json` says what is wrong with it.

    twins  whether a key that stands there twice counts as dockerd counts it, the last one; else it is refused
    """
    if not text.strip():
        return {}
    try:
        document = outside.loads(text, None if twins else _no_twins)
    except _Twin as exc:
        raise ZbsError("%s has the key %s twice; keep one of them" % (path, exc), "daemon_json")
    except ValueError as exc:
        raise ZbsError(
            "%s is not valid JSON (%s); fix it, no engine starts with it" % (path, " ".join(str(exc).split())[:200]),
            "daemon_json",
        )
    if not isinstance(document, dict):
        raise ZbsError("%s holds %s instead of an object; fix it" % (path, kind(document)), "daemon_json")
    return document


def render(document):
    """The text of the file."""
    text = json.dumps(document, indent=4, sort_keys=False, ensure_ascii=False) + "\n"
    # Half a surrogate pair is no UTF-8; dockerd reads it as a replacement character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def told(document):
    """What dockerd takes this file for: its keys, and those inside of objects that are no values of their own."""
    found = {}
    for key, value in document.items():
        if isinstance(value, dict) and key not in WHOLE:
            found.update({inner: item for inner, item in value.items() if inner not in document})
        else:
            found[key] = value
    return found


def kind(value):
    """What a value is, in words."""
    for kinds, words in (
        (bool, "true or false"),
        (dict, "an object"),
        (list, "a list"),
        (str, "a string"),
        ((int, float), "a number"),
    ):
        if isinstance(value, kinds):
            return words
    return "null"


class _Twin(Exception):
    """A key that stands in one object twice."""


def _no_twins(pairs):
    found = {}
    for key, value in pairs:
        if key in found:
            raise _Twin(" ".join(key.split())[:80])
        found[key] = value
    return found
