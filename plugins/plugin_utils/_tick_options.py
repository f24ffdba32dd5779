# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of the roles are which options of zbs_vhost_recovery, so that all phases of a tick agree. Pure."""

# option: variable
SETTINGS = {
    "host_ip": "zbs_vhost_target_host_ip",
    "admin_socket": "zbs_vhost_target_admin_socket",
    "protocols": "zbs_vhost_heal_protocols",
    "cbd_heartbeat": "zbs_vhost_heal_cbd_heartbeat",
    "timeout": "zbs_vhost_target_probe_timeout",
    "hung_recheck": "zbs_vhost_target_hung_recheck",
    "start_grace": "zbs_vhost_target_start_grace",
    "facts_dir": "zbs_vhost_target_facts_dir",
    "primary_storage": "zbs_vhost_heal_primary_storage",
    "max_skip": "zbs_vhost_heal_max_skip",
    "reset_after": "zbs_vhost_heal_reset_after",
    "flap_limit": "zbs_vhost_heal_flap_limit",
    "flap_window": "zbs_vhost_heal_flap_window",
    "hold": "zbs_vhost_heal_hold",
    "restore_volumes": "zbs_vhost_heal_restore_volumes",
    "attempt_timeout": "zbs_vhost_heal_attempt_timeout",
    "deploy_timeout": "zbs_vhost_target_deploy_timeout",
    "interval": "zbs_vhost_target_verify_interval",
}
PROBES = "zbs_vhost_target_verify_probes"
OBSERVE_TIMEOUT = "zbs_vhost_heal_observe_timeout"
# Seconds that the ledger may take beyond the probes; see TIMEOUT of _step.
LEDGER_TIME = 15.0


def options(read):
    """{option: value} of all settings; ValueError names one that is no number where one is needed.

    read  gives the value of a variable by its name
    """
    found = {option: read(variable) for option, variable in SETTINGS.items()}
    found["wait"] = _number(PROBES, read(PROBES)) * _number(SETTINGS["interval"], found["interval"])
    return found


def check_observe_timeout(seconds, found):
    """ValueError where a task that ends after `seconds` would cut off a look at a host by the options `found`; 0 never ends."""
    probe, recheck = (_number(SETTINGS[name], found[name]) for name in ("timeout", "hung_recheck"))
    needed = 2 * probe + recheck + LEDGER_TIME
    if 0 < seconds < needed:
        raise ValueError(
            "%s is %s s and a look at a host may take %.0f (two probes of %g, %g between them, %g for the ledger); give %.0f or more"
            % (OBSERVE_TIMEOUT, seconds, needed, probe, recheck, LEDGER_TIME, needed)
        )


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError("%s is %r; give a number" % (name, value)) from None
