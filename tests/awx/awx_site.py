"""The site that the tests set AWX up for, and its secrets."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
URL = "https://git.example.com/storage/ansible-collection-zstack-zbs"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LWtleS1vZi10aGUtdGVzdHM\n-----END OPENSSH PRIVATE KEY-----\n"
SECRETS = {
    "zbs_awx_zstack_password": "zstack-{{ Pa55 }}-one",
    "zbs_awx_ssh_private_key": KEY,
    "zbs_awx_become_password": "become-Pa55-two",
    "zbs_awx_zbsadm_password": "zbsadm-Pa55-three",
    "zbs_awx_node_tell_token": "guard-{{ T0ken }}-four",
}
SITE = {
    "zbs_awx_scm_url": URL,
    "zbs_awx_image": "registry.example.com/zbs/ee:stable",
    "zbs_awx_admin_hosts": [{"name": "mds1", "address": "10.0.0.10"}],
    "zbs_awx_hosts": [{"name": "kvm1", "address": "10.0.0.11"}],
    "zbs_awx_variables": {"zbs_docker_image": "registry.example.com/zbs/vhost:1.6.1", "zbs_hugepages_count": 1024},
    "zbs_awx_zstack_url": "http://10.0.0.2:8080/zstack",
    "zbs_awx_zstack_account": "admin",
    "zbs_awx_zbsadm_username": "zbsdeploy",
    "zbs_awx_notify_failed": ["Storage on duty"],
    "zbs_awx_node": True,
}


#: Without a manager, a login for zbsadm, the node part and what else can be left out.
FEW = {
    "zbs_awx_zstack_url": "",
    "zbs_awx_zstack_account": "",
    "zbs_awx_zstack_password": "",
    "zbs_awx_zbsadm_username": "",
    "zbs_awx_zbsadm_password": "",
    "zbs_awx_notify_failed": [],
    "zbs_awx_node": False,
    "zbs_awx_node_tell_token": "",
}


class _Unsafe(str):
    """A text that Ansible takes as it is, braces and all."""


class _Dumper(yaml.SafeDumper):
    """Writes those with their tag."""


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value), style="'"))


def variables(changes=None):
    """The site's variables as a file for `-e @`, secrets and changes among them."""
    values = {**SITE, **SECRETS, **(changes or {})}
    return yaml.dump(
        {name: _Unsafe(value) if name in SECRETS else value for name, value in values.items()}, Dumper=_Dumper
    )
