"""Where the tests find the code: the collection under its full name, and the repository root for `import lab`."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]


def _is_ours():
    """Whether `ansible_collections.zstack.zbs` is importable already and is this checkout (so it is under ansible-test)."""
    try:
        from ansible_collections.zstack.zbs.plugins.module_utils._tools import errors
    except ImportError:
        return False
    return os.path.samefile(errors.__file__, ROOT / "plugins" / "module_utils" / "_tools" / "errors.py")


def _link():
    """Make <root>/.cache/collections/ansible_collections/zstack/zbs point at this checkout and return the first folder."""
    collections = ROOT / ".cache" / "collections"
    link = collections / "ansible_collections" / "zstack" / "zbs"
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(ROOT, target_is_directory=True)
    except FileExistsError:
        if not link.samefile(ROOT):
            raise RuntimeError(f"{link} does not point at {ROOT}; remove it") from None
    return str(collections)


if not _is_ours():
    for name in [name for name in sys.modules if name.split(".")[0] == "ansible_collections"]:
        del sys.modules[name]
    sys.path.insert(0, _link())
# A checkout's own tests import the lab, and one another; ansible-test, unlike pytest, leaves their folder out of the path.
for folder in (ROOT, ROOT / "tests/unit/lab"):
    if folder.is_dir() and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# A busy machine may pause any example; how long one takes is no finding.
settings.register_profile("zbs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("zbs")
