"""A run of ansible-playbook in a folder of the test's own.

It is not measured for coverage, under which Ansible takes half as long again: a plugin's lines are the business of its own tests.
"""

import os
import subprocess
import sys
from pathlib import Path


def run(folder, *arguments, cwd=None, timeout=300, **variables):
    """ansible-playbook with these arguments: a CompletedProcess whose stdout has all that it printed.

    folder     is its home, and where it runs without `cwd`; no configuration but an empty one there
    variables  of the environment, beside or in place of this process's own
    """
    config = Path(str(folder), "ansible.cfg")
    config.touch()
    environment = dict(os.environ, ANSIBLE_CONFIG=str(config), ANSIBLE_NOCOLOR="1", HOME=str(folder))
    environment.pop("COVERAGE_PROCESS_CONFIG", None)
    environment.update(variables)
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *arguments],
        cwd=str(cwd or folder),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=timeout,
        check=False,
    )
