"""Put the stand-in on an admin node: which files, where.

``python3 -m lab.zbsadm.install ROOT`` writes them below a folder; ``archive()`` gives them as a tar for
``docker cp - CONTAINER:/`` or ``tar -x -C /``. Settings and host list are not among them: they belong to the site.
"""

from __future__ import annotations

import io
import sys
import tarfile
import time
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
LIBRARY = "usr/local/lib/zbsadm-standin"
#: path below the root -> module with main()
COMMANDS = {"usr/local/bin/zbsadm": "cli", "usr/bin/zbs": "zbs"}

_LAUNCHER = """#!/usr/bin/env python3
\"\"\"The zstack.zbs lab's stand-in; made by lab/zbsadm/install.py.\"\"\"
import os
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[0] = os.path.join(here, {library!r})

from zbsadm.{module} import main  # noqa: E402

sys.exit(main())
"""


def files() -> dict[str, tuple[bytes, int]]:
    """Path below the root to content and mode."""
    found: dict[str, tuple[bytes, int]] = {}
    for source in sorted(_PACKAGE.rglob("*.py")):
        if source.name != "install.py":
            found[f"{LIBRARY}/zbsadm/{source.relative_to(_PACKAGE).as_posix()}"] = (source.read_bytes(), 0o644)
    for target, module in COMMANDS.items():
        # From the launcher's folder up to the root and down again: the tree works below any root.
        library = "../" * (len(target.split("/")) - 1) + LIBRARY
        found[target] = (_LAUNCHER.format(library=library, module=module).encode(), 0o755)
    return found


def install(root: Path) -> None:
    """Write the files below a folder."""
    for name, (content, mode) in files().items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)


def archive() -> bytes:
    """The same as an uncompressed tar, owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, (content, mode) in files().items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            # Never 0: Python tells a changed module from its cached bytecode by time and size.
            entry.mtime = int(time.time())
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def main() -> int:
    """Install below the folder given as the only argument."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("Error: give the folder to install below, for example / on an admin node.", file=sys.stderr)
        return 2
    install(Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
