"""The project's inventory file with the environment that AWX makes of the role's credential type: half of its fields are empty."""

import jinja2
import pytest
import yaml
from zstack_support import BY_ACCOUNT, BY_KEY, BY_USER, ROOT, listed

from lab.zstack import cloud
from lab.zstack.server import Standin


class _Loader(yaml.SafeLoader):
    """Knows Ansible's tag for texts that are no templates."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)
VARIABLES = yaml.load((ROOT / "roles/zbs_awx/vars/main.yml").read_text(), _Loader)
FILE = ROOT / yaml.safe_load((ROOT / "roles/zbs_awx/defaults/main.yml").read_text())["zbs_awx_inventory_file"]


@pytest.mark.parametrize("inputs", [BY_ACCOUNT, BY_USER, BY_KEY], ids=["account", "user", "key"])
def test_each_login_reaches_the_manager(inputs):
    fields = {field["id"] for field in VARIABLES["__zbs_awx_zstack_inputs"]["fields"]}
    assert set(inputs) <= fields
    injected = {
        name: jinja2.Template(text).render(inputs)
        for name, text in VARIABLES["__zbs_awx_zstack_injectors"]["env"].items()
    }
    assert "" in injected.values()
    with Standin(cloud.generate(3)) as standin:
        found = listed(FILE, ZSTACK_URL=standin.url, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true", **injected)
    assert len(found["_meta"]["hostvars"]) == 3
