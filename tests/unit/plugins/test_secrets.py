"""No secret gets out: which options hold one, and a talkative run whose every trace is searched for them."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

PLUGINS = Path(_module.__file__).parent.parent
ROOT = PLUGINS.parent
SECRET_NAME = re.compile(r"passw|passphrase|pwd|secret|token|key|credential|auth", re.I)
# Options whose name only sounds like it.
# The identifiers go over the wire in plain text with each request; the others are switches.
NO_SECRETS = {
    ("zstack", "access_key_id"),
    ("zbs_awx_site", "scm_credential"),
    ("zbs_awx_site", "image_credential"),
    ("zbs_awx", "zbs_awx_scm_credential"),
    ("zbs_awx", "zbs_awx_image_credential"),
    ("zbs_awx", "zbs_awx_zstack_access_key_id"),
    ("zbs_awx", "zbs_awx_update_secrets"),
}
AWX = "tests/awx/test_setup.py::test_a_second_run_changes_nothing"
# What holds a secret, and which part of the run below, or which test, shows that it stays: a new one has to come in here.
SHOWN = {
    ("zbs_vhost_deploy", "ssh_password"): "run",
    ("zbs_vhost_volume", "ssh_password"): "run",
    ("zbs_vhost_restore", "ssh_password"): "run",
    ("zbs_vhost_evidence", "secrets"): "run",
    ("zbs_vhost_attempt", "secrets"): "run",
    ("zbs_vhost_target", "zbs_vhost_target_ssh_password"): "run",
    ("zbs_vhost_heal", "zbs_vhost_heal_cbd_ssh_password"): "run",
    ("zbs_awx", "zbs_awx_zstack_password"): AWX,
    ("zbs_awx", "zbs_awx_zstack_access_key_secret"): AWX,
    ("zbs_awx", "zbs_awx_ssh_private_key"): AWX,
    ("zbs_awx", "zbs_awx_ssh_password"): AWX,
    ("zbs_awx", "zbs_awx_become_password"): AWX,
    ("zbs_awx", "zbs_awx_zbsadm_password"): AWX,
    ("zbs_awx", "zbs_awx_node_tell_token"): AWX,
    (
        "zbs_vhost_node",
        "zbs_vhost_node_tell_token",
    ): "tests/unit/plugins/module_utils/_guard/test_telling.py::test_a_token_that_is_none_is_never_named",
    ("zstack", "password"): "tests/unit/lab/test_zstack_inventory.py::test_the_most_talkative_run_tells_no_secret",
    (
        "zstack",
        "access_key_secret",
    ): "tests/unit/lab/test_zstack_inventory.py::test_the_most_talkative_run_tells_no_secret",
}


def specs_of_modules():
    """(module, option, its spec) of every option, those below others too."""
    for path in sorted((PLUGINS / "modules").glob("*.py")):
        # By name: with ansible-core 2.16 to 2.18 runpy takes a path below a collection for a package.
        module = "ansible_collections.zstack.zbs.plugins.modules." + path.stem
        if (PLUGINS / "action" / path.name).exists():
            document = yaml.safe_load(runpy.run_module(module, run_name="x")["DOCUMENTATION"])
            yield from ((path.stem, name, spec) for name, spec in (document.get("options") or {}).items())
            continue
        found = []
        real, _module.run = _module.run, lambda spec, _main, found=found, **_options: found.append(spec)
        try:
            runpy.run_module(module, run_name="__main__")
        finally:
            _module.run = real
        yield from ((path.stem, name, spec) for name, spec in deep(found[0]))


def deep(options):
    for name, spec in options.items():
        yield name, spec
        yield from deep(spec.get("options") or {})


def specs_of_roles():
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            yield from ((path.parts[-3], name, spec) for name, spec in deep(entry.get("options") or {}))


def specs_of_inventory():
    document = yaml.safe_load(
        re.search(r'DOCUMENTATION = r?"""(.*?)"""', (PLUGINS / "inventory/zstack.py").read_text(), re.S)[1]
    )
    yield from (("zstack", name, spec) for name, spec in document["options"].items())


def test_every_option_that_may_hold_a_secret_is_masked_and_shown_to_stay():
    held = {
        (where, name): spec
        for where, name, spec in [*specs_of_modules(), *specs_of_roles(), *specs_of_inventory()]
        if SECRET_NAME.search(name) and (where, name) not in NO_SECRETS
    }
    assert sorted(held) == sorted(SHOWN)
    # An inventory plugin has no such word: what it shows is the test's that is named for it.
    assert [key for key, spec in held.items() if key[0] != "zstack" and spec.get("no_log") is not True] == []


@pytest.mark.skipif(not (ROOT / "lab").is_dir(), reason="the artifact leaves these tests out, a checkout has them")
@pytest.mark.parametrize("shown", sorted(set(SHOWN.values()) - {"run"}))
def test_the_test_that_is_said_to_show_it_is_there(shown):
    path, _colons, function = shown.partition("::")
    assert "def %s(" % function in (ROOT / path).read_text(encoding="utf-8")


# Shells, JSON and URLs each write it in their own way; the core of it is what is searched for. It is this process's own, since all
# command lines of the machine are looked at, and another run of this test may be under way.
CORE = "geheimw0rt%s" % uuid.uuid4().hex[:8]
PASSWORD = "x\"%s\\9'$y" % CORE
PROXY = "pr0xyw0rt"
# Nobody's address, from the range for benchmarks, and this run's own as well: zbsadm is called for one host once at a time.
HOST = "198.18.%d.%d" % divmod(uuid.uuid4().int % 65536, 256)

# As much as it can tell: its own arguments, in a refusal, in what is no JSON, and in a success.
# It runs until the watch has seen it: how long a program runs, a machine that is busy decides.
TATTLER = r"""#!{python}
import json, os, sys, time
until = time.monotonic() + 30
while time.monotonic() < until and not os.path.exists("{watched}/%d" % os.getpid()):
    time.sleep(0.01)
print("debug: called with", sys.argv, file=sys.stderr)
words = " ".join(sys.argv[1:])
if "client" in sys.argv:
    print(json.dumps({{"success": False, "error": {{"code": 410002, "message": "permission denied: " + words}}}}))
elif "deploy" in sys.argv:
    print("Traceback: " + words)
else:
    print(json.dumps({{"success": True, "error": {{"code": 0, "message": "done: " + words}}}}))
"""

PLAY = """
- hosts: all
  gather_facts: false
  vars:
    login: &login
      host_ip: {host}
      zbsadm: "{{{{ zbsadm }}}}"
      timeout: 20
      ssh_port: 22
      ssh_username: root
      ssh_password: "{{{{ zbs_vhost_target_ssh_password }}}}"
    well: &well {{protocols: {{vhost: {{verdict: healthy, reason: it is}}}}, volumes: []}}
    ledger: &ledger {{host_ip: {host}, protocols: [cbd], cbd_heartbeat: cbd:p/l/v, facts_dir: "{{{{ facts_dir }}}}"}}
  tasks:
    - zstack.zbs.zbs_vhost_deploy: {{<<: *login, protocol: cbd}}
      register: failed
      ignore_errors: true
    - zstack.zbs.zbs_vhost_deploy: {{<<: *login, cpuset: [0], observed: {{protocols: {{vhost: {{verdict: stopped, reason: it is}}}}}}}}
      ignore_errors: true
    - zstack.zbs.zbs_vhost_volume: {{<<: *login, path: pool1/vol1, observed: *well}}
      ignore_errors: true
    - zstack.zbs.zbs_vhost_restore: {{<<: *login, volumes: [{{bdev: mine, path: p/v, vm: {{pid: 3, name: web}}}}], observed: *well}}
      ignore_errors: true
    - zstack.zbs.zbs_vhost_evidence:
        host_ip: {host}
        folder: "{{{{ evidence }}}}"
        error: "{{{{ failed.msg | default('none') }}}} and {{{{ zbs_vhost_target_ssh_password }}}}"
        answer: "{{{{ {{'words': [zbs_vhost_target_ssh_password]}} }}}}"
        secrets: ["{{{{ zbs_vhost_target_ssh_password }}}}"]
    - zstack.zbs.zbs_vhost_attempt:
        phase: finish
        host_ip: {host}
        facts_dir: "{{{{ facts_dir }}}}"
        evidence_dir: "{{{{ evidence }}}}"
        error: "{{{{ failed.msg | default('none') }}}} and {{{{ zbs_vhost_target_ssh_password }}}}"
        answer: "{{{{ {{'words': [zbs_vhost_target_ssh_password]}} }}}}"
        secrets: ["{{{{ zbs_vhost_target_ssh_password }}}}"]
      ignore_errors: true
    - zstack.zbs.zbs_vhost_recovery: {{<<: *ledger, phase: observe, hung_recheck: 0}}
    - zstack.zbs.zbs_vhost_recovery: {{<<: *ledger, phase: begin}}
      register: begun
    - zstack.zbs.zbs_vhost_recovery: {{<<: *ledger, phase: finish, lease_id: "{{{{ begun.lease_id }}}}", error: "{{{{ failed.msg }}}}"}}
    - zstack.zbs.zbs_vhost_docker_config:
        path: "{{{{ daemon_json }}}}"
        options: {{proxies: {{http-proxy: "http://someone:{proxy}@192.0.2.1:3128"}}}}
      check_mode: true
      ignore_errors: true
    - ansible.builtin.set_fact: {{cacheable: true, kept: "{{{{ failed }}}}"}}
    - name: The roles' own look at their arguments
      ansible.builtin.validate_argument_spec:
        argument_spec: "{{{{ (lookup('ansible.builtin.file', item ~ '/meta/argument_specs.yml') | from_yaml).argument_specs.main.options }}}}"
        provided_arguments:
          zbs_vhost_target_ssh_password: "{{{{ zbs_vhost_target_ssh_password }}}}"
          zbs_vhost_heal_cbd_ssh_password: "{{{{ zbs_vhost_target_ssh_password }}}}"
      loop: ["{roles}/zbs_vhost_target", "{roles}/zbs_vhost_heal"]
      ignore_errors: true
    - ansible.builtin.fail: {{msg: "so that a retry file is written: {{{{ failed.msg | default('') }}}}"}}
"""


class Watch(threading.Thread):
    """Every command line on this machine that bears the secret while it runs: {argv as a tuple}."""

    def __init__(self, needle, folder):
        """`folder` gets a file for each process that was seen, named by its id."""
        super().__init__(daemon=True)
        self.folder = folder
        self.needle, self.seen, self.looks, self.over = needle.encode(), set(), 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.looks += 1
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    words = Path("/proc", name, "cmdline").read_bytes()
                except OSError:
                    continue
                if self.needle in words:
                    self.seen.add(tuple(words.decode("utf-8", "replace").split("\0")))
                    (self.folder / name).touch()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exc):
        self.over.set()
        self.join()


def traces(folder):
    """(path, text) of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes().decode("utf-8", "replace")


@pytest.fixture
def traced():
    """Where all traces are: a folder with a short name, since ansible-core 2.21 makes a socket in it."""
    with tempfile.TemporaryDirectory(prefix="zbs-") as folder:
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="the modules of the admin node lock in /run")
def test_a_talkative_run_leaves_no_secret_anywhere(tmp_path, traced):
    given = tmp_path / "given"
    given.mkdir(mode=0o700)
    zbsadm = given / "zbsadm"
    (given / "ansible.cfg").write_text("[defaults]\n")
    watched = tmp_path / "watched"
    watched.mkdir()
    zbsadm.write_text(TATTLER.format(python=sys.executable, watched=watched))
    zbsadm.chmod(0o755)
    (given / "login.json").write_text(json.dumps({"zbs_vhost_target_ssh_password": PASSWORD}))
    programs.write_program(given / "bin", "docker", programs.answering("[]", "Error: No such container", 1))
    # CBD, for a target elsewhere on this machine would make the verdict on Vhost another one.
    programs.write_program(given / "bin", "qemu-io", programs.answering("", "read failed: Input/output error", 1))
    (given / "play.yml").write_text(PLAY.format(host=HOST, proxy=PROXY, roles=ROOT / "roles"))
    (given / "hosts").write_text("h1 ansible_connection=local ansible_python_interpreter=%s\n" % sys.executable)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "HOME": str(traced / "home"),
        "TMPDIR": str(traced),
        "PATH": programs.path_with(given / "bin"),
        "ANSIBLE_CONFIG": str(given / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(PLUGINS.parents[3])
        if PLUGINS.parents[2].name == "ansible_collections"
        else str(ROOT / ".cache/collections"),
        "ANSIBLE_LOG_PATH": str(traced / "log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(traced / "facts"),
        # ansible-core 2.21 shows a module's arguments on demand only.
        "ANSIBLE_INJECT_INVOCATION": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "1",
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(traced / "retry"),
        "ANSIBLE_NOCOLOR": "1",
    }
    given_too = {"evidence": "evidence", "daemon_json": "daemon.json", "facts_dir": "ledger"}
    words = " ".join(["zbsadm=%s" % zbsadm] + ["%s=%s" % (name, traced / path) for name, path in given_too.items()])
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    argv = [program, "-vvvv", "--diff", "-i", str(given / "hosts"), str(given / "play.yml")]
    argv += ["-e", "@%s" % (given / "login.json"), "-e", words]
    (traced / "home").mkdir()
    lock = Path(calls.LOCK_DIR, "zbs_vhost_deploy-%s.lock" % HOST)
    try:
        with Watch(CORE, watched) as watch:
            done = subprocess.run(
                argv, env=environment, cwd=traced, capture_output=True, text=True, timeout=240, check=False
            )
    finally:
        lock.unlink(missing_ok=True)
    said = done.stdout + done.stderr
    assert done.returncode == 2 and said.count("TASK [") == 13, said
    # It was told, and it told on: else there would be nothing to find.
    assert "permission denied: client deploy" in said and "printed no JSON" in said and "changed: [h1]" in said
    assert "********" in said and "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said
    assert watch.looks > 10 and watch.seen
    # A release of zbsadm that wants the login takes it on its command line, and nobody else does.
    assert [words for words in watch.seen if str(zbsadm) not in words] == []
    kinds = {path.relative_to(traced).parts[0] for path, _text in traces(traced)}
    assert {"log", "facts", "evidence", "retry", "ledger"} <= kinds
    assert "permission denied" in (traced / "ledger/zbs_vhost.fact").read_text(encoding="utf-8")
    for needle in (CORE, PROXY):
        assert needle not in said, [line for line in said.splitlines() if needle in line][:3]
        assert [str(path) for path, text in traces(traced) if needle in text] == []
    shutil.rmtree(traced)
