# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own code as it goes to a host: the rooms of module_utils, and a hash that names this version of it."""

import base64
import hashlib
import io
import zipfile
from pathlib import Path

from ansible_collections.zstack.zbs.plugins.module_utils import _node

_ROOT = Path(_node.__file__).parent.parent
# One time for all entries, so that one version is one archive.
_TIME = (2000, 1, 1, 0, 0, 0)


def _files():
    """{path below module_utils: its bytes} of every room; the door beside them is for Ansible alone."""
    return {str(path.relative_to(_ROOT)): path.read_bytes() for path in sorted(_ROOT.glob("_*/*.py"))}


def _hash(files):
    total = hashlib.sha256()
    for name, data in sorted(files.items()):
        total.update(f"{name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()[:32]


# Worked out when the strategy's process loads the plugin, and so once a run: the workers, one a host, are its forks.
HASH = _hash(_files())


def archive():
    """The code as zbs_vhost_node takes it: a zip archive in base64."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in sorted(_files().items()):
            bundle.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    return base64.b64encode(packed.getvalue()).decode("ascii")
