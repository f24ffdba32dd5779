# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of the roles are which options of zbs_vhost_recovery, so that all phases of a tick agree. Pure."""

from ansible_collections.zstack.zbs.plugins.module_utils._tick.lease import PREPARE_TIME

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
    "by_event": "zbs_vhost_heal_by_event",
    "deploy": "zbs_vhost_heal_deploy",
    "restore_volumes": "zbs_vhost_heal_restore_volumes",
    "trace_ahead": "zbs_vhost_heal_node",
    "attempt_timeout": "zbs_vhost_heal_attempt_timeout",
    "deploy_timeout": "zbs_vhost_target_deploy_timeout",
    "interval": "zbs_vhost_target_verify_interval",
}
# Further ones of an attempt of the target. Those of SETTINGS that are about CBD, or about a tick alone, it does not have.
ATTEMPT = {
    "hugepage_size": "zbs_hugepages_size",
    "hugepage_count": "zbs_hugepages_count",
    "numa": "zbs_hugepages_numa",
    "compact": "zbs_hugepages_compact",
    "hugetlbfs_dir": "zbs_hugepages_dir",
    "cpuset": "zbs_vhost_target_cpuset",
    "hugepage_size_mib": "zbs_vhost_target_hugepage_size_mib",
    "image": "zbs_vhost_target_image",
    "textfile_dir": "zbs_vhost_target_textfile_dir",
    "evidence_dir": "zbs_vhost_target_evidence_dir",
    "evidence_keep": "zbs_vhost_target_evidence_keep",
}
SECRET = "zbs_vhost_target_ssh_password"
PROBES = "zbs_vhost_target_verify_probes"
# The role's default of zbs_vhost_target_host_ip. A worker's first template costs it 3 ms, for every host at every tick, and at a site
# that keeps the default this one would be the only one: see host_ip.
DEFAULT_HOST_IP = "{{ ansible_host | default(inventory_hostname) }}"
# Seconds for the way to a host and for its ledger, beyond the probes.
MARGIN = 60
_A_DAY = 86400.0


def options(variables, template):
    """{option: value} of all settings but those that are omitted; KeyError names a variable that is not set, ValueError one that is no
    number.

    variables  {name: value}, values as they were written; `omit` is Ansible's
    template   gives such a value worked out, a whole dict's at a time
    """
    written = {option: variables[variable] for option, variable in SETTINGS.items()}
    written["host_ip"] = host_ip(variables)
    written["probes"] = variables[PROBES]
    # ansible-core before 2.19 leaves a word in the place of what is omitted, later ones leave it out.
    omitted = variables.get("omit")
    found = {option: value for option, value in template(written).items() if value != omitted or value is None}
    found["wait"] = _number(PROBES, found.pop("probes", None)) * _number(SETTINGS["interval"], found.get("interval"))
    return found


def attempt(variables, template):
    """{option: value} of zbs_vhost_attempt for an attempt that counts; errors as of `options`."""
    # Where something is due, and not at every tick: it brings a good part of the modules along.
    from ansible_collections.zstack.zbs.plugins.module_utils import _attempt_arguments

    found = options(variables, template)
    written = dict({option: variables[variable] for option, variable in ATTEMPT.items()}, secret=variables[SECRET])
    more = template(written)
    secret = more.pop("secret", None)
    for empty in ("textfile_dir", "image"):  # as the roles word it
        more[empty] = more[empty] or None
    found.update(more, counts=True, secrets=[secret] if secret else [])
    return {option: value for option, value in found.items() if option in _attempt_arguments.SPEC}


def host_ip(variables):
    """The address as it is written, that of the default where it was kept."""
    written = variables[SETTINGS["host_ip"]]
    return variables.get("ansible_host", variables["inventory_hostname"]) if written == DEFAULT_HOST_IP else written


def longest(phase, found):
    """Whole seconds that a phase with the options `found` can take at most at a host that answers."""
    probe, recheck = (_number(SETTINGS[name], found.get(name)) for name in ("timeout", "hung_recheck"))
    wait = found["wait"] if phase.startswith("finish") else 0
    if phase == "begin_target":
        wait = PREPARE_TIME
    # Within what an alarm takes; what is out of all reason the module refuses.
    return int(max(0.0, min(_A_DAY, 2 * probe + recheck + wait))) + MARGIN


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError("%s is %r; give a number" % (name, value)) from None
