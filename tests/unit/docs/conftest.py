"""What the documents may speak of."""

import re

import pytest
import yaml

from tools.check.process import ROOT

# Variables of the playbooks themselves, which no role has; each has to be in a playbook.
_OF_A_PLAYBOOK = re.compile(r"\bzbs_vhost_(?:group|serial|health_[a-z_]+|remove_[a-z]+|heal_timer_hosts)\b")


@pytest.fixture(scope="session")
def variables():
    """Every variable that a reader may set: the options of the roles, and what the playbooks take beside."""
    found = set()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found.update(entry.get("options") or {})
    for path in ROOT.glob("playbooks/**/*.yml"):
        found.update(_OF_A_PLAYBOOK.findall(path.read_text(encoding="utf-8")))
    for path in ROOT.glob("extensions/eda/rulebooks/*.yml"):
        found.update(re.findall(r"\bzbs_events_[a-z_]+\b", path.read_text(encoding="utf-8")))
    return found
