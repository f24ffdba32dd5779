"""The probe's options: names, limits, and a sentence for what can't be."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _arguments
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import container_name, settings_of
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def params(**more):
    """The defaults as Ansible fills them in."""
    filled = {name: spec.get("default") for name, spec in _arguments.PROBE.items()}
    return dict(filled, host_ip="172.30.0.11", **more)


def test_the_defaults_are_those_of_real_deployments():
    settings = settings_of(params())
    assert settings.container_name == "zbsvhost-172.30.0.11"
    assert settings.admin_socket == "/var/zbsvhost/sockets/admin.sock"
    assert (settings.protocols, settings.timeout, settings.start_grace) == (["vhost"], 5.0, 30.0)


def test_a_container_name_outranks_the_address():
    assert container_name(params(container_name="mine")) == "mine"


def test_protocols_are_asked_once_each_vhost_first():
    settings = settings_of(params(protocols=["cbd", "vhost", "cbd"], cbd_heartbeat="cbd:a/b/c"))
    assert settings.protocols == ["vhost", "cbd"]


NAN = float("nan")
BAD = [
    {"protocols": []},
    {"protocols": ["cbd"]},
    {"protocols": ["cbd"], "cbd_heartbeat": "a/b/c"},
    {"timeout": 0.0},
    {"timeout": -5.0},
    {"timeout": NAN},
    {"timeout": float("inf")},
    {"start_grace": -1.0},
    {"start_grace": NAN},
    {"wait": -1.0},
    {"wait": NAN},
    {"interval": 0.0},
    {"interval": NAN},
]


@pytest.mark.parametrize("options", BAD)
def test_what_cannot_be_is_named(options):
    with pytest.raises(ZbsError) as caught:
        settings_of(params(**options))
    assert caught.value.code == "bad_option"
    assert any(name in caught.value.message for name in list(options) + ["cbd_heartbeat"])


def test_cbd_needs_no_heartbeat_where_it_is_said_why_there_is_none():
    settings = settings_of(params(protocols=["cbd"], cbd_unknown="no admin node answers"))
    assert (settings.cbd_heartbeat, settings.cbd_unknown) == (None, "no admin node answers")
    assert settings_of(params()).cbd_unknown is None
