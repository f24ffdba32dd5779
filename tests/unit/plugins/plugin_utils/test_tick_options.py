"""The settings of the roles as options of zbs_vhost_recovery."""

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _step
from ansible_collections.zstack.zbs.plugins.modules import zbs_vhost_recovery
from ansible_collections.zstack.zbs.plugins.plugin_utils import _tick_options
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import defaults

VALUES = defaults("zbs_vhost_target", "zbs_vhost_heal")


def options(**changed):
    return _tick_options.options(dict(VALUES, **changed).__getitem__)


def test_every_setting_is_an_option_of_the_module_and_a_default_of_a_role():
    known = yaml.safe_load(zbs_vhost_recovery.DOCUMENTATION)["options"]
    assert set(_tick_options.SETTINGS.values()) <= set(VALUES)
    # Those that the documentation fragment `probe` has are not in the module's own text.
    shared = {
        "host_ip",
        "admin_socket",
        "protocols",
        "cbd_heartbeat",
        "timeout",
        "start_grace",
        "interval",
        "facts_dir",
    }
    assert set(_tick_options.SETTINGS) - shared <= set(known)


def test_the_wait_is_the_probes_of_a_verify():
    assert options()["wait"] == 20.0
    assert options(zbs_vhost_target_verify_probes="3", zbs_vhost_target_verify_interval="2")["wait"] == 6.0


def test_the_time_for_the_ledger_is_the_ledgers():
    assert _tick_options.LEDGER_TIME == _step.TIMEOUT


def test_the_default_is_long_enough():
    _tick_options.check_observe_timeout(VALUES["zbs_vhost_heal_observe_timeout"], options())


@pytest.mark.parametrize("seconds", [0, 35, 80])
def test_what_fits_or_never_ends_is_taken(seconds):
    _tick_options.check_observe_timeout(seconds, options())


def test_a_look_that_would_be_cut_off_is_refused():
    with pytest.raises(ValueError, match=r"zbs_vhost_heal_observe_timeout is 34 s .* may take 35 .* give 35 or more"):
        _tick_options.check_observe_timeout(34, options())


@pytest.mark.parametrize(
    "name", ["zbs_vhost_target_verify_probes", "zbs_vhost_target_verify_interval", "zbs_vhost_target_probe_timeout"]
)
def test_what_is_no_number_is_named(name):
    with pytest.raises(ValueError, match="%s is 'many'; give a number" % name):
        _tick_options.check_observe_timeout(80, options(**{name: "many"}))
