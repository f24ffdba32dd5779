"""A stand-in manager, and asking it through the collection's own code or through ansible-inventory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import cloud
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import manager as zstack_manager
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import session as zstack_session

from lab.zstack import logins

ROOT = Path(__file__).resolve().parents[3]
BY_ACCOUNT = {"account": logins.ACCOUNT, "password": logins.PASSWORD}
BY_USER = dict(BY_ACCOUNT, user=logins.USER)
BY_KEY = {"access_key_id": logins.KEY_ID, "access_key_secret": logins.KEY_SECRET}
# Paths of the manager's API.
HOSTS = "/v1/hosts"
REFS = "/v1/external-primary-storage/host-protocol-refs"


def read(standin, login=None, manager=None, **more):
    """The cloud as the inventory plugin reads it, without waiting between tries."""
    options = dict({"timeout": 5.0, "sleep": lambda _seconds: None}, **(manager or {}))
    asked = zstack_manager.Manager(options.pop("url", None) or standin.url, **options)
    session = zstack_session.Session(asked, BY_ACCOUNT if login is None else login)
    try:
        with session:
            return cloud.read_cloud(session.ask, **more)
    finally:
        asked.close()


def refused(*arguments, **more):
    """The error of reading the cloud with the arguments of `read`: one line, and no secret in it."""
    with pytest.raises(ZbsError) as caught:
        read(*arguments, **more)
    for secret in (logins.PASSWORD, logins.KEY_SECRET):
        assert secret not in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


def write(folder, standin, **options):
    """An inventory file in the folder; its path."""
    document = {"plugin": "zstack.zbs.zstack", "url": standin.url, **BY_ACCOUNT, **options}
    path = folder / "zbs.zstack.yml"
    path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
    return path


def inventory(path, *arguments, **environment):
    """What ansible-inventory makes of a file: the finished process."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ZSTACK_", "ANSIBLE_"))},
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_NOCOLOR": "1",
        **environment,
    }
    argv = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), *(arguments or ("--list",))]
    return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def listed(path, **environment):
    """The inventory as `--list` prints it."""
    done = inventory(path, "--list", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def said(done):
    """A process's errors with their line breaks undone: ansible wraps its warnings."""
    return " ".join(done.stderr.split())
