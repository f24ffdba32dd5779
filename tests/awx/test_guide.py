"""docs/awx.md says what works: its variables, its commands, on the stand-in."""

import re

import pytest
import yaml
from awx_site import KEY, ROOT

from lab.controller import server

GUIDE = (ROOT / "docs/awx.md").read_text(encoding="utf-8")
SITE = re.search(r"```yaml\n(.*?)```", GUIDE, re.S)[1]
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```shell\n(.*?)```", GUIDE, re.S)
    for line in block.splitlines()
]
#: How each of them is tried; one that is new has to find its place here.
PLAYED = {
    "ansible-playbook -e @site.yml zstack.zbs.awx.setup",
    "ansible-playbook -e @site.yml zstack.zbs.awx.setup --check",
    "ansible-playbook -e @site.yml zstack.zbs.awx.remove",
    "ansible-playbook -e @site.yml -e zbs_awx_wait_for_jobs=1800 zstack.zbs.awx.remove",
}
ELSEWHERE = {
    "export CONTROLLER_HOST=https://awx.example.com CONTROLLER_OAUTH_TOKEN=... ZSTACK_PASSWORD=...",  # given here
    "make build",  # test_execution_environment.py builds the same artifact
    "ansible-builder create -f playbooks/awx/execution-environment.yml -c .cache/ee",  # so does it run this one
}
#: Not run: the first needs Galaxy, the others a container registry.
NOT_HERE = {
    "ansible-galaxy collection install -r playbooks/awx/requirements.yml",
    "ansible-builder build -f playbooks/awx/execution-environment.yml -c .cache/ee -t registry.example.com/zbs/ee:stable",
    "ansible-builder build -f playbooks/awx/execution-environment.yml -c .cache/ee -t registry.example.com/zbs/ee:2.19"
    " --build-arg PYPKG=python3.11 --build-arg PYCMD=/usr/bin/python3.11"
    ' --build-arg "ANSIBLE_INSTALL_REFS=ansible-core~=2.19.0 ansible-runner>=2.4,<3"',
}


def test_every_command_has_its_place():
    assert set(COMMANDS) == PLAYED | ELSEWHERE | NOT_HERE


def test_the_collections_that_are_asked_for_are_the_ones_that_are_tested():
    """The oldest of the range, and one of its newest; tools/awx_collection.py takes them out of their packages."""
    (wanted,) = yaml.safe_load((ROOT / "playbooks/awx/requirements.yml").read_text())["collections"]
    assert wanted["name"] == "awx.awx"
    least, below = re.fullmatch(r">=([\d.]+),<(\d+)\.0\.0", wanted["version"]).groups()
    found = [version_of(ROOT / folder) for folder in (".cache/awx-oldest", ".cache/collections")]
    assert found[0] == least and int(found[1].split(".")[0]) == int(below) - 1


def version_of(folder):
    manifest = (folder / "ansible_collections/awx/awx/MANIFEST.json").read_text()
    return re.search(r'"version": "([\d.]+)"', manifest)[1]


@pytest.fixture(scope="module")
def done(play, tmp_path_factory):
    """{what: (process, names of the objects then)}, the commands of the guide in its order."""
    key = tmp_path_factory.mktemp("key") / "zbs"
    key.write_text(KEY)
    assert "'/root/.ssh/zbs'" in SITE
    site = SITE.replace("/root/.ssh/zbs", str(key))
    found = {}
    with server.Standin({"https://github.com/zstackio/ansible-collection-zstack-zbs": ROOT}) as controller:
        for what, playbook, words in (
            ("setup", "setup", []),
            ("check", "setup", ["--check"]),
            ("remove", "remove", ["-e", "zbs_awx_wait_for_jobs=1800"]),
            ("again", "remove", []),
        ):
            process = play(controller, playbook, *words, site=site, ZSTACK_PASSWORD="zstack-Pa55-of-the-guide")
            assert process.returncode == 0, process.said[-3000:]
            assert "zstack-Pa55-of-the-guide" not in process.said
            things = controller.store.tables.values()
            found[what] = (
                process.stdout,
                {thing["name"] for table in things for thing in table.values() if "name" in thing},
            )
    return found


def test_its_commands_do_what_it_says(done):
    assert "changed=0" not in done["setup"][0] and "changed=0 " in done["check"][0]
    assert "changed=0 " in done["again"][0]
    left = {name for name in done["remove"][1] if name.startswith("ZBS")}
    assert not left


def test_what_it_says_is_made_is_made(done):
    """The names in its table are there, but for the login and the node part, for which its site does not ask."""
    table = GUIDE[GUIDE.index("## What gets made") : GUIDE.index("## The node part")]
    named = set()
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[1].startswith("ZBS"):
            named.add(cells[1]) if cells[0] == "workflow" else named.update(re.split(r", (?=ZBS)", cells[1]))
    named = {re.sub(r" \(Machine\)$", "", name) for name in named}
    made = {name for name in done["setup"][1] if name.startswith("ZBS")}
    assert named - made == {"ZBS zbsadm", "ZBS node", "ZBS guard", "ZBS guard login"}
    assert made - named == {"ZBS hosts from ZStack, by the clock"}
