"""The definition of the execution environment makes a context, and what the collection needs gets into the image.

An image is not built here: that needs a container registry.
"""

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from awx_site import ROOT
from packaging.requirements import Requirement

from tools.check import cores

DEFINITION = ROOT / "playbooks/awx/execution-environment.yml"


def run(*argv, cwd=ROOT):
    program = str(Path(sys.executable).with_name(argv[0]))
    done = subprocess.run([program, *argv[1:]], cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    """A checkout with the built collection where `make build` puts it."""
    checkout = tmp_path_factory.mktemp("checkout")
    build = checkout / ".cache/build"
    run("ansible-galaxy", "collection", "build", "--output-path", str(build))
    (built,) = build.glob("zstack-zbs-*.tar.gz")
    shutil.copy2(built, build / "zstack-zbs.tar.gz")
    (checkout / "playbooks/awx").mkdir(parents=True)
    shutil.copy2(DEFINITION, checkout / "playbooks/awx")
    return checkout


def test_the_context_holds_what_the_definition_names(artifact, tmp_path):
    context = tmp_path / "context"
    definition = artifact / "playbooks/awx" / DEFINITION.name
    run("ansible-builder", "create", "-f", str(definition), "-c", str(context), "--output-filename", "Containerfile")
    (wanted,) = yaml.safe_load((context / "_build/requirements.yml").read_text())["collections"]
    assert wanted["type"] == "file" and wanted["name"].startswith("/build/")
    with tarfile.open(context / "_build" / wanted["name"].removeprefix("/build/")) as built:
        assert {"plugins/inventory/zstack.py", "playbooks/awx/zbs.zstack.yml", "bindep.txt"} <= set(built.getnames())
    text = (context / "Containerfile").read_text()
    for line in (
        'ARG PYCMD="/usr/bin/python3.12"',
        'ARG PYPKG="python3.12"',
        'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.16,<2.22 ansible-runner>=2.4,<3"',
        "ansible-galaxy collection install $ANSIBLE_GALAXY_CLI_COLLECTION_OPTS -r requirements.yml",
        "RUN $PYCMD /output/scripts/introspect.py introspect",
    ):
        assert line in text, line
    # A build argument replaces each of the three: nothing else names a Python or an ansible-core, and every stage takes them in.
    named = [line for line in text.splitlines() if "python3" in line or "ansible-core" in line]
    assert [line.partition("=")[0] for line in named] == ["ARG PYCMD", "ARG PYPKG", "ARG ANSIBLE_INSTALL_REFS"]
    for name in ("PYCMD", "PYPKG", "ANSIBLE_INSTALL_REFS"):
        assert text.count(f"\nARG {name}\n") == text.count("\nFROM "), name


def test_what_the_installed_collection_asks_for_is_found(artifact, tmp_path):
    """What ansible-builder does inside of the image, to the collection as it is installed there."""
    installed = tmp_path / "collections"
    run(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "-p",
        str(installed),
        str(artifact / ".cache/build/zstack-zbs.tar.gz"),
        cwd=tmp_path,  # away from the checkout, which counts as installed
    )
    found = yaml.safe_load(run("ansible-builder", "introspect", str(installed)))
    names = [line.split("#")[0].strip() for line in found["python"]]
    assert names == (ROOT / "requirements.txt").read_text().split("\n")[1:-1]
    assert {"requests>=2.25", "jmespath>=0.10"} <= set(names)
    system = [line.split("#")[0].strip() for line in found["system"]]
    assert {"openssh-clients [platform:rpm]", "openssh-client [platform:dpkg]", "sshpass"} == set(system)


def test_it_takes_the_cores_that_the_collection_is_tested_with():
    stated = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    dependencies = yaml.safe_load(DEFINITION.read_text())["dependencies"]
    pinned = Requirement(dependencies["ansible_core"]["package_pip"])
    newest = cores.every()[-1]
    assert stated.removesuffix(".0") in str(pinned)
    assert all(core.patch in pinned.specifier for core in cores.every())
    first, _, last = newest.version.partition(".")
    assert f"{first}.{int(last) + 1}.0" not in pinned.specifier
    # The Python of the image runs the newest of them.
    assert dependencies["python_interpreter"]["package_system"].removeprefix("python") in cores.PYTHONS[newest.version]


def test_the_guide_s_arguments_are_those_that_the_build_takes():
    text = (ROOT / "docs/awx.md").read_text()
    argument = re.search(r"ANSIBLE_INSTALL_REFS=(\S+) ", text).group(1)
    (core,) = [core for core in cores.every() if core.patch in Requirement(argument).specifier]
    python = re.search(r"--build-arg PYPKG=python(\S+)", text).group(1)
    assert f"PYCMD=/usr/bin/python{python} " in text and python in cores.PYTHONS[core.version]
