"""A role's files are the role's: no file of the folder from which a playbook is run takes the place of one.

Ansible looks for a relative name in the caller's `tasks/`, `vars/` and `templates/` too, and an import inside an include finds that
one first; what it finds runs as root on every host.
"""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.tests.unit.plugins.support import playbooks, skeleton
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import load

ROOT = Path(__file__).resolve().parents[3]
ROLE_FILES = sorted(ROOT.glob("roles/*/tasks/*.yml")) + sorted(ROOT.glob("roles/*/handlers/*.yml"))
PLAYBOOKS = sorted(
    path.relative_to(ROOT / "playbooks").with_suffix("").as_posix().replace("/", ".")
    for path in ROOT.glob("playbooks/**/*.yml")
    if any("hosts" in play or skeleton.imported(play) for play in load(path) or [] if isinstance(play, dict))
)
# The folder in which each kind of file lies.
FOLDER = {"include_tasks": "tasks", "import_tasks": "tasks", "include_vars": "vars", "template": "templates"}
# Actions that read a file of the controller; a value that is a variable of the site means the site's own file.
READERS = ("copy", "template", "script", "unarchive", "assemble")
LOOKUPS = re.compile(
    r"""(?:lookup|query|q)\(\s*['"](?:ansible\.builtin\.)?(?:file|template|fileglob|first_found|csvfile|ini|unvault)['"]\s*,\s*['"]"""
)


def relative_names(tasks):
    """Sentences about what a file of tasks names so that a caller's file could be meant."""
    for task in skeleton.flat(tasks):
        for key, value in task.items():
            name = key.rpartition(".")[2]
            if name in FOLDER:
                said = value if isinstance(value, str) else value.get("file") or value.get("src") or str(value)
                if not said.startswith("{{ role_path }}/%s/" % FOLDER[name]):
                    yield "%s: %s" % (name, said)
            elif name in READERS and isinstance(value, dict) and value.get("src") and not value["src"].startswith("{{"):
                yield "%s: %s" % (name, value["src"])
            elif name in ("include_role", "import_role") and not value["name"].startswith("zstack.zbs."):
                yield "%s: %s" % (name, value["name"])
        for text in strings(task):
            if LOOKUPS.search(text):
                yield "a lookup of a relative name: %s" % text


def strings(value):
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from strings(item)


@pytest.mark.parametrize("path", ROLE_FILES, ids=lambda path: "%s/%s" % (path.parts[-3], path.name))
def test_a_role_names_its_files_by_its_own_path(path):
    assert list(relative_names(load(path))) == []


@pytest.mark.parametrize(
    "task",
    [
        {"ansible.builtin.include_tasks": "act.yml"},
        {"ansible.builtin.import_tasks": {"file": "act.yml"}},
        {"ansible.builtin.include_tasks": {"file": "{{ which }}.yml"}},
        {"ansible.builtin.include_vars": "surveys.yml"},
        {"ansible.builtin.template": {"src": "unit.j2"}},
        {"ansible.builtin.copy": {"src": "ca.pem"}},
        {"ansible.builtin.include_role": {"name": "zbs_docker"}},
        {"ansible.builtin.set_fact": {"a": "{{ lookup('ansible.builtin.file', 'x.yml') }}"}},
        {"block": [{"rescue": [], "ansible.builtin.debug": {}}], "always": [{"include_tasks": "x.yml"}]},
    ],
)
def test_a_relative_name_is_found(task):
    assert list(relative_names([task]))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(the site's folder, the caller's, names of our files of tasks): the skeleton as an installed collection, decoys around the caller."""
    folder = tmp_path_factory.mktemp("site")
    said = skeleton.make(ROOT, folder / "collections/ansible_collections/zstack/zbs")
    caller = folder / "caller"
    caller.mkdir()
    skeleton.decoys(ROOT, caller)
    return folder, caller, said


def run(site, playbook, cwd=None):
    """What a run of the playbook in the caller's folder prints."""
    folder, caller, _said = site
    done = playbooks.run(
        folder,
        *("-i", "localhost,", "-c", "local", playbook),
        cwd=cwd or caller,
        timeout=600,
        ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"),
        ANSIBLE_LOCALHOST_WARNING="0",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="0",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def ours(output):
    return set(re.findall(r"%s: (\w+/\w+\.yml)" % skeleton.OURS, output))


def test_every_playbook_takes_our_files_and_none_of_its_caller_s(site):
    for name in PLAYBOOKS:
        output = run(site, "zstack.zbs." + name)
        assert skeleton.OURS in output and skeleton.DECOY not in output, (name, output)


def test_a_caller_s_own_playbook_that_imports_ours_and_uses_the_roles_takes_our_files(site):
    _folder, caller, said = site
    roles = sorted({name.split("/")[0] for name in said})
    plays = [{"ansible.builtin.import_playbook": "zstack.zbs." + name} for name in PLAYBOOKS]
    tasks = [{"ansible.builtin.include_role": {"name": "zstack.zbs." + role}} for role in roles]
    tasks += [{"ansible.builtin.import_role": {"name": "zstack.zbs." + role}} for role in roles]
    # An entry of its own, for a site's own playbooks.
    tasks.append({"ansible.builtin.include_role": {"name": "zstack.zbs.zbs_vhost_target", "tasks_from": "volume.yml"}})
    plays.append({"hosts": "localhost", "gather_facts": False, "tasks": tasks})
    plays.append({"hosts": "localhost", "gather_facts": False, "roles": ["zstack.zbs." + role for role in roles]})
    (caller / "callers_own.yml").write_text(yaml.safe_dump(plays))
    for cwd in (caller, caller.parent):
        output = run(site, str(caller / "callers_own.yml"), cwd)
        # Nothing of ours is left out, so nothing of ours is left untried.
        assert skeleton.DECOY not in output and said - ours(output) == set(), output


def test_the_decoys_would_be_taken(site, tmp_path):
    """A role that names its file as ours once did runs the caller's: else the tests above could not fail."""
    role = tmp_path / "collections/ansible_collections/zstack/zbs/roles/naive/tasks"
    role.mkdir(parents=True)
    (role / "main.yml").write_text("- ansible.builtin.include_tasks: deploy.yml\n")
    (role / "deploy.yml").write_text("- ansible.builtin.import_tasks: act.yml\n")
    (role / "act.yml").write_text("- ansible.builtin.debug: {msg: '%s: naive/act.yml'}\n" % skeleton.OURS)
    _folder, caller, said = site
    play = [{"hosts": "localhost", "gather_facts": False, "roles": ["zstack.zbs.naive"]}]
    (caller / "naive.yml").write_text(yaml.safe_dump(play))
    assert skeleton.DECOY in run((tmp_path, caller, said), "naive.yml")
