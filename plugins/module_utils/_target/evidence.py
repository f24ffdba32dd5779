# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep evidence of a target: collect it, write it, and let nothing of that keep an attempt from going on."""

import time

from .._tools import apart
from .._tools.deadline import Deadline, check_seconds
from .._tools.errors import ZbsError
from . import evidence_file, keeping

# Parameters that count, with the least and the most that each may be.
COUNTS = (("keep", 1, 1000), ("log_lines", 1, 100000), ("max_size_kib", 16, 65536))
# What a file may hold and how long collecting it may take, where nobody says.
LIMITS = {"log_lines": 400, "max_size_kib": 1024, "timeout": 10.0}
# Sections of a file; each may take its part of the whole.
SECTIONS = 8
# Seconds for writing the file. A folder may be on a disk or a server that hangs. An attempt keeps evidence twice: see _tick/lease.
WRITE_SECONDS = 10.0


def check(params, prefix=""):
    """ZbsError `bad_option` names a count, or the timeout, that can't be; `prefix` is before the names of the caller's options."""
    for name, least, most in COUNTS:
        if not least <= params[name] <= most:
            said = (prefix + name, params[name], least, most)
            raise ZbsError("%s is %d; give a number from %d to %d" % said, "bad_option")
    check_seconds(params, "timeout", 0.1)


def keep(request, params, check_mode):
    """The result of zbs_vhost_evidence: {changed, path, reason, removed, warn, diff}; never raises for want of evidence.

    request  evidence_file.Request of what to collect
    params   {folder, keep, log_lines, max_size_kib, timeout}, see the options of zbs_vhost_evidence
    """
    request.log_lines = params["log_lines"]
    request.section_limit = params["max_size_kib"] * 1024 // SECTIONS
    reason = evidence_file.nothing_to_keep(request)
    if reason:
        return _result(None, reason)
    folder, most = params["folder"], params["keep"]
    if check_mode:
        return _result(None, None, len(keeping.surplus(folder, most)), changed=True)
    now = time.gmtime()
    text = evidence_file.collect(request, Deadline(params["timeout"]), time.strftime("%Y-%m-%dT%H:%M:%SZ", now))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", now)

    def write():
        try:
            return {"kept": keeping.write(folder, request.occasion, stamp, text, most)}
        except ZbsError as exc:
            return {"why": exc.message}

    answer = apart.within(WRITE_SECONDS, write) or {
        "why": "no evidence was written to %s within %.0f s; check that disk" % (folder, WRITE_SECONDS)
    }
    if "why" in answer:
        return _result(None, answer["why"], warn=[answer["why"]])
    path, removed = answer["kept"]
    return _result(path, None, removed, changed=True)


def _result(path, reason, removed=0, changed=False, warn=()):
    after = {"evidence": "a new file"} if changed else {}
    return {
        "changed": changed,
        "path": path,
        "reason": reason,
        "removed": removed,
        "warn": list(warn),
        "diff": {"before": {}, "after": after},
    }
