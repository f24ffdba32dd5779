"""The timer's role, run in check mode on this machine: which secrets it takes, and where they go."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module

ROOT = Path(_module.__file__).parents[2]
PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    zbs_vhost_heal_timer_program: /bin/sh
    zbs_vhost_heal_timer_inventory: /etc/passwd
  tasks:
    - ansible.builtin.include_role: {name: zstack.zbs.zbs_vhost_heal_timer}
"""


def run(folder, **variables):
    """(exit status, output with its lines undone) of the role in check mode with a diff."""
    (folder / "play.yml").write_text(PLAY)
    (folder / "vars.yml").write_text(yaml.safe_dump(variables))
    (folder / "ansible.cfg").write_text("[defaults]\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment.update(
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".cache/collections"),
        ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
        ANSIBLE_NOCOLOR="1",
        HOME=str(folder),
    )
    argv = [
        str(Path(sys.executable).with_name("ansible-playbook")), "--check", "--diff", "-i", "localhost,", "-c", "local",
        "-e", "ansible_python_interpreter=%s" % sys.executable, "-e", "@%s" % (folder / "vars.yml"), str(folder / "play.yml"),
    ]  # fmt: skip
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(not (ROOT / ".cache/collections").exists(), reason="the checkout is not linked as a collection")
def test_a_secret_in_the_environment_is_refused_and_not_printed(tmp_path):
    status, said = run(tmp_path, zbs_vhost_heal_timer_environment={"ZSTACK_PASSWORD": "geheimw0rt", "A": "b"})
    assert status == 2 and "geheimw0rt" not in said
    assert "zbs_vhost_heal_timer_environment has ZSTACK_PASSWORD, which everyone" in " ".join(said.split())


@pytest.mark.skipif(not (ROOT / ".cache/collections").exists(), reason="the checkout is not linked as a collection")
@pytest.mark.skipif(os.geteuid() != 0, reason="the file has to be root's")
def test_a_file_for_it_is_named_in_the_unit_and_must_be_root_s_alone(tmp_path):
    secret = tmp_path / "secret file%"
    secret.write_text("ZSTACK_PASSWORD=geheimw0rt\n")
    given = {
        "zbs_vhost_heal_timer_environment_file": str(secret),
        "zbs_vhost_heal_timer_environment": {"ANSIBLE_VAULT_PASSWORD_FILE": "/x", "ANSIBLE_COLLECTIONS_PATH": "/y"},
    }
    secret.chmod(0o640)
    status, said = run(tmp_path, **given)
    assert status == 2 and "has mode 0640; give it to root with mode 0600" in " ".join(said.split())
    secret.chmod(0o600)
    status, said = run(tmp_path, **given)
    assert status == 0, said
    assert re.search(r"^\+EnvironmentFile=.*/secret file%%$", said, re.M) and "geheimw0rt" not in said
    assert '+Environment="ANSIBLE_VAULT_PASSWORD_FILE=/x"' in said
