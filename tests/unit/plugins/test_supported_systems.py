"""A system that is not supported is refused by name at the first step (case 30): the roles' own tasks, on systems as Ansible's facts have them."""

import json
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import playbooks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import load

ROOT = Path(__file__).resolve().parents[3]
TASKS = ROOT / "roles/zbs_docker/tasks"
NAMED = "h runs %s, has no Docker Engine and installs packages with %s, which is not supported"

SYSTEMS = {
    # (name, version, kernel, services, packages, has an engine): what it is refused with, None where it is not
    ("Debian", "12", "Linux", "systemd", "apt", False): None,
    ("Rocky", "9.4", "Linux", "systemd", "dnf", False): None,
    ("Fedora", "41", "Linux", "systemd", "dnf5", False): None,
    ("CentOS", "7.9", "Linux", "systemd", "yum", True): None,
    ("SLES", "15.6", "Linux", "systemd", "zypper", True): None,
    ("CentOS", "7.9", "Linux", "systemd", "yum", False): NAMED % ("CentOS 7.9", "yum"),
    ("openSUSE Leap", "15.6", "Linux", "systemd", "zypper", False): NAMED % ("openSUSE Leap 15.6", "zypper"),
    ("Archlinux", "rolling", "Linux", "systemd", "pacman", False): NAMED % ("Archlinux rolling", "pacman"),
    ("Fedora", "41", "Linux", "systemd", "atomic_container", False): NAMED % ("Fedora 41", "atomic_container"),
    ("NixOS", "24.05", "Linux", "systemd", "unknown", False): NAMED % ("NixOS 24.05", "unknown"),
    (
        "Alpine",
        "3.20",
        "Linux",
        "openrc",
        "apk",
        True,
    ): "h runs Alpine 3.20 (Linux, services by openrc), which is not supported",
    (
        "Devuan",
        "5",
        "Linux",
        "sysvinit",
        "apt",
        False,
    ): "h runs Devuan 5 (Linux, services by sysvinit), which is not supported",
    (
        "Ubuntu",
        "14.04",
        "Linux",
        "upstart",
        "apt",
        True,
    ): "h runs Ubuntu 14.04 (Linux, services by upstart), which is not supported",
    (
        "FreeBSD",
        "14.1",
        "FreeBSD",
        "bsdinit",
        "pkgng",
        False,
    ): "h runs FreeBSD 14.1 (FreeBSD, services by bsdinit), which is not supported",
}


def checks():
    """The tasks that refuse, without those that find something out."""
    tasks = load(TASKS / "system.yml") + load(TASKS / "supported.yml")
    return [task for task in tasks if "ansible.builtin.assert" in task]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """{system: what its host was refused with, None where it was not}."""
    folder = tmp_path_factory.mktemp("systems")
    names = {"h%d" % number: system for number, system in enumerate(SYSTEMS)}
    hosts = {}
    for host, (name, version, kernel, services, packages, engine) in names.items():
        facts = {"distribution": name, "distribution_version": version, "system": kernel, "service_mgr": services}
        hosts[host] = {"facts": dict(facts, pkg_mgr=packages), "__zbs_docker_found": {"engine": {"installed": engine}}}
    tasks = [{"ansible.builtin.set_fact": {"ansible_facts": "{{ facts }}"}}]
    # set_fact makes a variable of it, which hides the facts of a machine.
    tasks += checks()
    plays = [{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": tasks}]
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "play.yml").write_text(json.dumps(plays))
    collection = folder / "collections/ansible_collections/zstack/zbs"
    collection.parent.mkdir(parents=True)
    collection.symlink_to(ROOT)
    done = playbooks.run(
        folder,
        *("-i", "inventory.json", "play.yml"),
        timeout=120,
        ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"),
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default",
    )
    found = dict.fromkeys(names)
    for line in done.stdout.splitlines():
        if line.startswith("fatal: ["):
            host = line[len("fatal: [") : line.index("]")]
            found[host] = json.loads(line.partition("=> ")[2])["msg"]
    return {names[host]: words for host, words in found.items()}, done.stdout


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: "%s %s" % (system[0], system[5]))
def test_what_is_refused(said, system):
    words, output = said[0][system], said[1]
    if SYSTEMS[system] is None:
        assert words is None, output
    else:
        host = words.split()[0]
        assert ("h" + words[len(host) :]).startswith(SYSTEMS[system]), output


def test_it_is_the_first_step():
    """Before the hugepages of a prepare, and before anything that a role changes."""
    play = load(ROOT / "playbooks/prepare.yml")[0]
    assert play["pre_tasks"][0]["ansible.builtin.import_role"] == {
        "name": "zstack.zbs.zbs_docker",
        "tasks_from": "supported.yml",
    }
    second = load(TASKS / "main.yml")[1]  # the first one checks the variables
    assert second["ansible.builtin.import_tasks"] == "{{ role_path }}/tasks/supported.yml"
    pages = load(ROOT / "roles/zbs_hugepages/tasks/main.yml")[0]
    assert pages["ansible.builtin.import_role"] == {"name": "zstack.zbs.zbs_docker", "tasks_from": "system.yml"}
