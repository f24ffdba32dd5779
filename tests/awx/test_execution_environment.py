"""The definition of the execution environment makes a context, and what the collection needs gets into the image.

An image is not built here: that needs a container registry.
"""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from awx_site import ROOT

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
        'ARG PYCMD="/usr/bin/python3.11"',
        'ARG PYPKG="python3.11"',
        'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.16,<2.20 ansible-runner>=2.4,<3"',
        "ansible-galaxy collection install $ANSIBLE_GALAXY_CLI_COLLECTION_OPTS -r requirements.yml",
        "RUN $PYCMD /output/scripts/introspect.py introspect",
    ):
        assert line in text, line


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


def test_the_floor_is_the_one_that_the_collection_states():
    stated = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    pinned = yaml.safe_load(DEFINITION.read_text())["dependencies"]["ansible_core"]["package_pip"]
    assert stated.removesuffix(".0") in pinned
