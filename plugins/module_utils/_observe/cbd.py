# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CBD protocol: libcbd inside QEMU, probed by reading the heartbeat volume with qemu-io as the reference does."""

import re

from .._tools import command
from .._tools.errors import ZbsError
from .client import CONFIGURATION as CLIENT_CONFIGURATION
from .verdict import Verdict

# cbd:<physical pool>/<logical pool>/<volume>
_PATH = re.compile(r"^cbd:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z")


def valid_path(path):
    """Whether `path` has the form cbd:PHYSICAL_POOL/LOGICAL_POOL/VOLUME."""
    return bool(_PATH.match(path))


def probe(heartbeat, deadline, qemu_io="qemu-io", kill_grace=command.KILL_GRACE):
    """Read 4 KiB of the heartbeat volume and return a Verdict.

    A read that fails or hangs is `refused` or `hung`: the client has to be deployed again. A missing qemu-io is
    `unknown`, since it says nothing about the storage, and so are a lack of permission or memory and an end by a signal.
    """
    drive = "%s_zbs_:%s" % (heartbeat, CLIENT_CONFIGURATION)
    try:
        result = command.run([qemu_io, "-c", "read 0G 4k", "-f", "cbd", drive], deadline, kill_grace=kill_grace)
    except ZbsError as exc:
        return Verdict("unknown", "the CBD heartbeat can't be read: %s" % exc.message)
    if result.timed_out:
        return Verdict("hung", "reading %s over CBD did not finish within %.1f s" % (heartbeat, deadline.seconds))
    if result.rc == 0 and "read 4096/4096" in result.out:
        return Verdict("healthy")
    # The reference counts it as success; it says nothing about the storage.
    if result.rc < 0 or "bad_alloc" in result.out + result.err:
        how = "by signal %d" % -result.rc if result.rc < 0 else "for want of memory (%s)" % result.sentence()
        return Verdict(
            "unknown", "qemu-io ended %s while it read %s over CBD; look at the host's memory" % (how, heartbeat)
        )
    if "Unknown driver" in result.err or "Unknown protocol" in result.err:
        return Verdict("unknown", "qemu-io on this host does not support CBD (%s)" % result.sentence())
    if "Permission denied" in result.err:
        return Verdict(
            "unknown",
            "no permission to read %s over CBD (%s); run as root, or check %s"
            % (heartbeat, result.sentence(), CLIENT_CONFIGURATION),
        )
    return Verdict("refused", "reading %s over CBD failed: %s" % (heartbeat, result.sentence() or result.rc))
