# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is replaced whole: whoever reads it, and whatever crashes meanwhile, there is the old one or the new one."""

import contextlib
import os
import tempfile


def replace(path, text, mode, errors="strict"):
    """Write `text` (UTF-8) beside `path` and put it in its place, with that mode whatever the umask; OSError when it can't be.

    errors  how characters that UTF-8 does not have are written, as in open()

    The temporary file is hidden and ends in .tmp, so that no reader of a folder takes it for one of its own; none is left behind.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".zbs-", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", errors=errors) as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.rename(temporary, path)
    except (OSError, UnicodeError):
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
