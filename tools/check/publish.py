# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy and readers get: the artifact as Galaxy's own importer takes it, and the documentation's pages.

Both tools want packages of other versions than the rest, so that each has a venv of its own.
"""

import re
import sys
import tempfile
from pathlib import Path

from .. import docs, venv
from .process import ROOT, Tally, check, environment, log_of

IMPORTER = ROOT / ".cache/importer-venv"
# ansible-lint has looked at the same files with the strictest profile, and ansible-test wants a container engine here.
_SETTINGS = """\
[galaxy-importer]
run_ansible_lint = False
run_ansible_test = False
check_required_tags = True
"""


def run() -> Tally:
    """The importer, the lint of the documentation, the site."""
    venv.provide(IMPORTER, ROOT / "requirements/importer.txt")
    venv.provide(docs.VENV, ROOT / "requirements/docs.txt")
    lint = ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", "."]
    results = [
        _imported(),
        check("docs lint", lint, env=environment(docs.VENV / "bin"), limit=300),
        check("docs site", [sys.executable, "-m", "tools.docs"], limit=600),
    ]
    return Tally(passed=sum(results), failed=len(results) - sum(results))


def _imported() -> bool:
    """Whether Galaxy takes the artifact, without a word of complaint."""
    name = "galaxy importer"
    with tempfile.TemporaryDirectory(prefix="zbs-importer-") as folder:
        build = ["ansible-galaxy", "collection", "build", "--force", "--output-path", folder]
        if not check("artifact", build, limit=120):
            return False
        artifact = next(Path(folder).glob("*.tar.gz"))
        settings = Path(folder) / "importer.cfg"
        settings.write_text(_SETTINGS)
        env = environment(IMPORTER / "bin", GALAXY_IMPORTER_CONFIG=str(settings))
        argv = [str(IMPORTER / "bin/python"), "-m", "galaxy_importer.main", str(artifact)]
        # It leaves its result in the working folder.
        passed = check(name, argv, cwd=Path(folder), env=env, limit=300)
    complaints = re.findall(r"^(?:WARNING|ERROR): .*", log_of(name).read_text(errors="replace"), re.M)
    if passed and complaints:
        print("\n".join([f"   {name} complains:", *(f"      | {line}" for line in complaints)]), flush=True)
    return passed and not complaints
