"""Where the tests find the code: the collection under its full name, and the repository root for `import lab`; where their files lie."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]
# Memory as a file system, and what must be free there: on a disk each rename and each truncation waits for its journal, which was
# half of what the tests took.
MEMORY, ROOM = "/dev/shm", 4 << 30


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


def pytest_configure(config):
    """Have the files of this run in memory, unless TMPDIR says where; the workers of a run find it set."""
    if "TMPDIR" in os.environ or not os.path.isdir(MEMORY) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    # A short name: a socket's whole path has 107 characters.
    folder = os.path.join(MEMORY, "zbs-%d" % os.getpid())
    for left in Path(MEMORY).glob("zbs-*"):  # by a run that was killed; its number may be ours by now
        number = left.name.partition("-")[2]
        if number.isdigit() and (str(left) == folder or not os.path.exists("/proc/" + number)):
            shutil.rmtree(str(left), ignore_errors=True)
    os.mkdir(folder, 0o700)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
