"""The settings of the roles as options of zbs_vhost_recovery and zbs_vhost_attempt."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _attempt_arguments, _recovery_arguments
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import options as tick_options
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import defaults

VALUES = dict(defaults("zbs_hugepages"), **dict(defaults("zbs_vhost_target"), **defaults("zbs_vhost_heal")))


def options(**changed):
    variables = dict(VALUES, inventory_hostname="kvm1", **changed)
    return tick_options.options(variables, worked_out)


def worked_out(written):
    """What a dict of values means, as the templar of ansible-core before 2.19 says it."""
    return {option: "worked out" if str(value).startswith("{{") else value for option, value in written.items()}


def test_every_setting_is_an_option_of_the_module_and_a_default_of_a_role():
    assert {*tick_options.SETTINGS.values(), *tick_options.ATTEMPT.values(), tick_options.SECRET} <= set(VALUES)
    assert set(tick_options.SETTINGS) <= set(_recovery_arguments.SPEC)
    assert set(tick_options.ATTEMPT) <= set(_attempt_arguments.SPEC)


@pytest.mark.parametrize("password, secrets", [("", []), ("hunter2", ["hunter2"])])
def test_an_attempt_has_the_settings_of_a_tick_and_those_of_pages_and_evidence(password, secrets):
    found = tick_options.attempt(
        dict(VALUES, inventory_hostname="kvm1", zbs_vhost_target_ssh_password=password), worked_out
    )
    assert set(found) <= set(_attempt_arguments.SPEC) and found["counts"] is True and found["secrets"] == secrets
    assert (found["hugepage_count"], found["evidence_keep"], found["textfile_dir"]) == (1024, 20, None)
    assert found["wait"] == options()["wait"] and not {"protocols", "trace_ahead"} & set(found)


def test_the_wait_is_the_probes_of_a_verify():
    assert options()["wait"] == 20.0
    assert options(zbs_vhost_target_verify_probes="3", zbs_vhost_target_verify_interval="2")["wait"] == 6.0


def test_the_default_of_the_address_is_the_roles():
    assert VALUES["zbs_vhost_target_host_ip"] == tick_options.DEFAULT_HOST_IP


@pytest.mark.parametrize(
    "changed, address",
    [
        ({}, "kvm1"),
        ({"ansible_host": "192.0.2.1"}, "192.0.2.1"),
        ({"ansible_host": "{{ address }}"}, "worked out"),
        ({"ansible_host": "192.0.2.1", "zbs_vhost_target_host_ip": "192.0.2.2"}, "192.0.2.2"),
        ({"ansible_host": "192.0.2.1", "zbs_vhost_target_host_ip": "{{ storage_address }}"}, "worked out"),
    ],
)
def test_the_address_is_that_of_the_inventory_or_the_declared_one(changed, address):
    assert options(**changed)["host_ip"] == address


@pytest.mark.parametrize("phase, seconds", [("observe", 80), ("begin", 80), ("finish", 100), ("finish_volumes", 100)])
def test_a_phase_has_the_time_that_it_can_take(phase, seconds):
    assert tick_options.longest(phase, options()) == seconds


@pytest.mark.parametrize(
    "name", ["zbs_vhost_target_verify_probes", "zbs_vhost_target_verify_interval", "zbs_vhost_target_probe_timeout"]
)
def test_what_is_no_number_is_named(name):
    with pytest.raises(ValueError, match="%s is 'many'; give a number" % name):
        tick_options.longest("observe", options(**{name: "many"}))


def test_what_is_omitted_is_the_modules_own_default():
    assert "start_grace" not in options(omit="__omit__", zbs_vhost_target_start_grace="__omit__")
    assert "wait" in options(omit="__omit__")


@pytest.mark.parametrize("name", ["zbs_vhost_target_verify_probes", "zbs_vhost_target_probe_timeout"])
def test_what_the_time_is_reckoned_of_can_not_be_omitted(name):
    with pytest.raises(ValueError, match="%s is None; give a number" % name):
        tick_options.longest("observe", options(omit="__omit__", **{name: "__omit__"}))


@pytest.mark.parametrize("value, seconds", [("inf", 86460), (1e300, 86460), (-70, 60)])
def test_a_number_out_of_all_reason_is_still_a_time(value, seconds):
    assert tick_options.longest("observe", options(zbs_vhost_target_hung_recheck=value)) == seconds


def test_what_is_not_set_is_named():
    with pytest.raises(KeyError, match="zbs_vhost_target_host_ip"):
        tick_options.options({}, str)
