"""A controller stand-in, and the playbooks of playbooks/awx run against it as an administrator runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from awx_site import ROOT, URL
from awx_site import variables as written

sys.path.insert(0, str(ROOT))

from lab.controller import server  # noqa: E402


@pytest.fixture(scope="module")
def controller():
    """A controller as it is after its installation."""
    with server.Standin({URL: ROOT}) as standin:
        yield standin


@pytest.fixture(scope="session")
def play(tmp_path_factory):
    """play(controller, playbook, *arguments, variables={}, site=None, **environment): the finished process; `.said` is all it said.

    `site` is the text of a file of variables in place of the tests' own, `user` whose token it is.
    """

    def run(controller, playbook, *arguments, variables=None, site=None, user=server.ADMINISTRATOR, **environment):
        folder = tmp_path_factory.mktemp("play")
        given = folder / "site.yml"
        given.write_text(site or written(variables))
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "CONTROLLER_", "TOWER_"))
        }
        env.update(
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_LOG_PATH=str(folder / "log"),
            ANSIBLE_LOCAL_TEMP=str(folder / "tmp"),
            HOME=str(folder),
            CONTROLLER_HOST=controller.url,
            CONTROLLER_OAUTH_TOKEN=controller.make_token(user),
        )
        env.update(environment)
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        argv = [program, "-e", "@%s" % given, *arguments, "zstack.zbs.awx.%s" % playbook]
        done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
        log = folder / "log"
        done.said = done.stdout + done.stderr + (log.read_text() if log.exists() else "")
        return done

    return run
