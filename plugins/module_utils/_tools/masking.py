# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets out of what others said: the ones that are known, and what looks like one."""

import json
import re
import shlex
from urllib.parse import quote

from .command import MASK, mask

# Every repetition below that has a beginning to try at each letter is bounded: a log may hold one line of megabytes.
# A name that says secret, and its value: password=x, "token": "x", API_KEY='x y'. What stands before and behind is kept.
_NAMED = re.compile(
    r"""((?:passw(?:or)?d|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)"""
    r"""[A-Za-z0-9_-]{0,40}\\?["']?\s{0,20}[:=]\s{0,20})"""
    r"""(\\"[^"\\\n]*\\"|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|["']?[^\s,;}\]"'&]+)""",
    re.I,
)
_AUTHORIZATION = re.compile(r"(authorization\"?\s{0,20}[:=]\s{0,20}\"?(?:(?:basic|bearer)\s{1,20})?)[^\s\"]+", re.I)
# The login in a URL; RFC 3986 allows no slash in it.
_URL_LOGIN = re.compile(r"(://[^\s/:@]{0,256}:)([^\s/@]{1,256})(?=@)")
# Words of a command line whose next word is a secret.
_FLAG = re.compile(r"((?:^|\s)--?(?:p|password|passwd|token|secret)[ \t]{1,20})(?!-)\S+", re.M)
_SECRET_NAME = re.compile(r"passw|passphrase|pwd|secret|token|key|credential", re.I)
# A value so short stands in too many honest words to be looked for.
LEAST = 4


def forms(secrets):
    """Every spelling in which a program may print these secrets: as they are, in JSON, in a URL, for a shell, as Python's repr()."""
    found = []
    for secret in filter(None, secrets):
        for spelling in (
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            quote(secret, safe="", errors="replace"),
            shlex.quote(secret).strip("'"),
            repr(secret)[1:-1],
            repr(secret + "'" + '"')[1:-4],  # where both quotes are near, as in the list of a whole command line
        ):
            if spelling not in found:
                found.append(spelling)
    return found


def hide(text, secrets=()):
    """`text` without the known secrets, without logins in URLs and without values whose name says secret."""
    text = mask(text, forms(secrets))
    for pattern in (_URL_LOGIN, _AUTHORIZATION, _FLAG, _NAMED):
        text = pattern.sub(r"\g<1>" + MASK, text)
    return text


def hide_in(data, secrets):
    """Plain data (JSON types) with the known secrets masked in every text of it, keys too."""
    spellings = forms(secrets)
    return _masked(data, spellings) if spellings else data


def _masked(data, spellings):
    if isinstance(data, str):
        return mask(data, spellings)
    if isinstance(data, dict):
        return {_masked(key, spellings): _masked(value, spellings) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_masked(item, spellings) for item in data]
    return data


def logins_in(data):
    """The passwords of the logins in URLs anywhere in plain data, of a proxy or a mirror, as they are written there."""
    if isinstance(data, str):
        return [word for _before, word in _URL_LOGIN.findall(data) if len(word) >= LEAST]
    if isinstance(data, dict):
        data = list(data) + list(data.values())
    return [found for item in data for found in logins_in(item)] if isinstance(data, (list, tuple)) else []


def without_environment(data):
    """(what `docker inspect` says with the value of every variable masked, the values that look like secrets)."""
    if isinstance(data, list):
        pairs = [without_environment(item) for item in data]
        return [pair[0] for pair in pairs], [value for pair in pairs for value in pair[1]]
    if not isinstance(data, dict):
        return data, []
    found, secrets = {}, []
    for key, value in data.items():
        if key == "Env" and isinstance(value, list):
            variables = [str(item).partition("=") for item in value]
            found[key] = ["%s=%s" % (name, MASK) for name, _equals, _value in variables]
            secrets += [text for name, _equals, text in variables if _SECRET_NAME.search(name) and len(text) >= LEAST]
        else:
            found[key], more = without_environment(value)
            secrets += more
    return found, secrets
