# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the site: the guides, and a page for every module, plugin and role. `make docs`; a warning is an error.

The pages are laid out as the checkout is, so that the links of the Markdown files are right in both.
"""

import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from .. import venv
from ..venv import ROOT
from . import VENV

HOME = ROOT / ".cache/docs"
SOURCE = HOME / "source"
HTML = HOME / "html"
HERE = Path(__file__).parent
# bench has results.md, which docs/scale.md counts with.
GUIDES = ("docs", "bench")
ELSEWHERE = {
    "action_plugins": ("plugins/action.html#action-plugins", "Action plugins"),
    "ansible_configuration_settings": ("reference_appendices/config.html", "Ansible configuration settings"),
    "common_return_values": ("reference_appendices/common_return_values.html", "Common return values"),
}


def main() -> int:
    """Build it from nothing; the exit status of whatever failed."""
    venv.link_collection()
    venv.provide(VENV, ROOT / "requirements/docs.txt")
    shutil.rmtree(HOME, ignore_errors=True)
    _lay_out()
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".cache/collections")
    for argv in (_pages(), _site()):
        done = subprocess.run(argv, cwd=ROOT, env=env, check=False)
        if done.returncode != 0:
            return done.returncode
    print(f"The site is in {(HTML / 'index.html').relative_to(ROOT)}")
    return 0


def _lay_out() -> None:
    """The guides, what was measured, and the site's own page."""
    collection = SOURCE / "collection"
    collection.mkdir(parents=True)
    collection.chmod(0o755)  # antsibull-docs takes no folder that others may write
    for path in [*ROOT.glob("*.md"), ROOT / "LICENSE", HERE / "index.md", HERE / "conf.py"]:
        shutil.copy2(path, SOURCE)
    (SOURCE / "ansible.inv").write_bytes(_inventory())
    for folder in GUIDES:
        (SOURCE / folder).mkdir()
        for path in (ROOT / folder).glob("*.md"):
            shutil.copy2(path, SOURCE / folder)


def _inventory() -> bytes:
    """Where Ansible's own documentation is that the pages refer to, in the format of Sphinx: fetching it would want a network."""
    entries = "".join(f"{label} std:label -1 {page} {title}\n" for label, (page, title) in ELSEWHERE.items())
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: latest\n"
    return (head + "# The remainder of this file is compressed using zlib.\n").encode() + zlib.compress(
        entries.encode()
    )


def _pages() -> list[str]:
    """The call that writes the reference."""
    argv = ["antsibull-docs", "--config-file", str(HERE / "antsibull-docs.cfg"), "collection", "--use-current"]
    return [*argv, "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(SOURCE / "collection"), "zstack.zbs"]


def _site() -> list[str]:
    """The call that makes HTML of it."""
    return ["sphinx-build", "-q", "-W", "--keep-going", "-b", "html", str(SOURCE), str(HTML)]


if __name__ == "__main__":
    sys.exit(main())
