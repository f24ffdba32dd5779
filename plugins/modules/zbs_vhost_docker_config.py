#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_docker_config
short_description: Configure the Docker Engine of a VM host without disturbing what runs on it
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Merges keys into C(daemon.json), which stays the operator's. C(iptables) is always false and C(live-restore) always true.
    For everything else the operator's values win, lists are merged, and missing keys of objects are added.
  - Refuses, and leaves the file untouched, if the file is not a JSON object, if it has other values for these two keys, or if a
    key is set both on the command line of dockerd and in the file, since dockerd does not start then.
  - Also refuses what dockerd does not start with and no validation finds, as C(icc) false beside C(iptables) false. Options of a
    log driver or a storage driver are written only where the engine's driver takes them.
  - The engine is the dockerd that runs on the host itself, not one in a container of it; it is asked by its own socket, whatever
    root's environment says. Docker from snap and podman's docker command are refused; a rootless engine is left alone.
  - On a member of a Swarm, C(live-restore) is left out, with a warning, because dockerd does not start with both.
  - A running engine that changes the firewall is reported and left alone, whatever the options are.
  - Keys that an engine takes over by a reload are reloaded, and the module checks that they were. The engine is restarted only
    when no container runs, or with O(allow_restart) once live-restore is in force, and never when it would lose containers (as
    with another C(data-root)) or runs as another service than docker.service. Keys that still wait for a restart come back in
    RV(restart_keys).
  - If the engine does not start after a restart, the old file is put back, the engine is started with it, and the task fails.
  - Works without an engine too, so that the file is there before the first start.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  path:
    description:
      - The engine's configuration file. By default, the one that dockerd is given on its command line (C(--config-file)), else
        C(/etc/docker/daemon.json).
      - If dockerd is given another file on its command line, the task fails.
    type: path
  options:
    description: Keys to set in the file unless it already has a value for them.
    type: dict
    default: {}
  insecure_registries:
    description: Registries, as C(host:port) or a network, that the engine may use without TLS or with any certificate.
    type: list
    elements: str
    default: []
  registry_mirrors:
    description: Addresses of mirrors of Docker Hub.
    type: list
    elements: str
    default: []
  allow_restart:
    description: Whether the engine may be restarted while containers run on it. They keep running when live-restore is in force.
    type: bool
    default: false
  drop_flagged:
    description:
      - Whether C(iptables) and C(live-restore) are removed from the file if the command line of dockerd sets them too, instead
        of failing the task. For an engine that was just installed over an existing file.
    type: bool
    default: false
  backup:
    description: Whether to keep the old file under a dated name beside the new one.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: An engine that leaves the firewall alone and keeps small logs
  zstack.zbs.zbs_vhost_docker_config:
    options:
      log-driver: json-file
      log-opts: {max-size: 50m, max-file: "3"}

- name: A registry without a certificate; the engine only reloads
  zstack.zbs.zbs_vhost_docker_config:
    insecure_registries: ["registry.example.com:5000"]

- name: In a maintenance window
  zstack.zbs.zbs_vhost_docker_config:
    options: {userland-proxy: false}
    allow_restart: true
  register: engine
  failed_when: engine.restart_keys
"""

RETURN = r"""
path:
  description: The file.
  type: str
  returned: success
  sample: /etc/docker/daemon.json
backup_file:
  description: Where the old file is kept; null if there was no file, if it did not change, and in check mode.
  type: str
  returned: success
  sample: /etc/docker/daemon.json.2026-11-20@22:15:28~
changes:
  description: Keys of the file that change, with what the engine needs to take them over.
  type: list
  elements: dict
  returned: success
  sample:
    - {key: live-restore, before: null, after: true, needs: reload}
reloaded:
  description: Whether the engine was told to reload its configuration, or would be in check mode.
  type: bool
  returned: success
  sample: true
restarted:
  description: Whether the engine was restarted, or would be in check mode.
  type: bool
  returned: success
  sample: false
restart_keys:
  description: Keys that the running engine has not taken over and that wait for a restart.
  type: list
  elements: str
  returned: success
  sample: [log-opts]
reason:
  description: Why the engine was not restarted although keys wait for a restart; null otherwise.
  type: str
  returned: success
  sample: 2 containers run on it
due:
  description:
    - Whether the role P(zstack.zbs.zbs_docker#role) has anything to do to this engine. It is not if it runs, starts with the host,
      and has taken over all keys.
  type: bool
  returned: success
  sample: false
engine:
  description:
    - The engine that was found. C(iptables) is V(on), V(off) or V(unknown), null when none runs.
    - C(service) is the systemd service that it runs as; empty for none, null when not known. C(enabled) is whether docker.service
      starts with the host.
  type: dict
  returned: success
  sample:
    installed: true
    running: true
    enabled: true
    version: 28.2.2
    containers_running: 2
    iptables: "off"
    live_restore: true
    service: docker.service
    config_file: /etc/docker/daemon.json
    swarm: false
"""

import copy

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._engine import (
    config,
    daemon_file,
    daemon_json,
    live_state,
    registry_names,
)
from ansible_collections.zstack.zbs.plugins.module_utils._tools import masking
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

ASK_TIMEOUT = 40.0


def lists_of(params):
    """The members of lists that are wanted, by key; ZbsError `bad_option` names one that can't be."""
    for name, fits, form in (
        ("insecure_registries", registry_names.is_insecure_entry, "host:port or a network"),
        ("registry_mirrors", registry_names.is_mirror, "http://host:port or https://host:port"),
    ):
        for item in params[name]:
            if not fits(item):
                raise ZbsError("%s has %r; give %s" % (name, item, form), "bad_option")
    return {"insecure-registries": params["insecure_registries"], "registry-mirrors": params["registry_mirrors"]}


def main(module):
    """Look, refuse, write, reload or restart, report."""
    params = module.params
    # A proxy's login is nobody's business, neither in the diff nor in the arguments that a talkative run shows.
    module.no_log_values.update(masking.logins_in([params["options"], params["registry_mirrors"]]))
    lists = lists_of(params)
    daemon_json.refuse_options(params["options"])
    state = live_state.look(params["path"], Deadline(ASK_TIMEOUT))
    path = state.path
    text = daemon_file.read(path)
    plan = config.plan(text, path, params["options"], lists, state, params["drop_flagged"])
    done = predict(plan, state, params) if module.check_mode else act(path, text, plan, state, params)
    touched = {item.key for item in plan.changes}
    return dict(
        done,
        changed=bool(plan.changes or done["reloaded"] or done["restarted"]),
        path=path,
        changes=[item.as_dict() for item in plan.changes],
        engine=state.as_dict(),
        due=due(plan, state),
        warn=warnings(done, state),
        diff=[
            {
                # Only what changes: the rest of an operator's file may hold what is nobody's business, as a proxy's login.
                "before_header": path,
                "after_header": path,
                "before": text_of(plan.current, touched),
                "after": text_of(plan.merged, touched),
            }
        ],
    )


def due(plan, state):
    """Whether the role has anything to do to the engine; one that runs as another service is not docker.service's to enable."""
    engine = state.as_dict()
    comes_back = engine["enabled"] or engine["service"] not in (None, "docker.service")
    return bool(
        not state.installed or not state.running or not comes_back or plan.changes or plan.reload or plan.restart
    )


def predict(plan, state, params):
    """What `act` would do."""
    then = copy.copy(state)
    if "live-restore" in plan.reload:
        then.live_restore = True
    reason = config.why_not_restart(then, params["allow_restart"], plan.losing) if plan.restart else None
    return outcome(plan, None, bool(plan.reload), bool(plan.restart) and reason is None, reason)


def act(path, text, plan, state, params):
    """Do it: the file, then the reload, then the restart."""
    kept = None
    if plan.changes:
        kept = config.write(path, plan, state, params["backup"])
    if plan.reload:
        config.reload(plan, state)
    if not plan.restart:
        return outcome(plan, kept, bool(plan.reload), False, None)
    now = live_state.look(path, Deadline(ASK_TIMEOUT))
    reason = config.why_not_restart(now, params["allow_restart"], plan.losing)
    if reason is None:
        config.restart(path, text, plan, state)
    return outcome(plan, kept, bool(plan.reload), reason is None, reason)


def outcome(plan, kept, reloaded, restarted, reason):
    """The part of the return that says what was done to the engine."""
    waiting = [] if restarted else plan.restart
    return {
        "backup_file": kept,
        "reloaded": reloaded,
        "restarted": restarted,
        "restart_keys": waiting,
        "reason": reason if waiting else None,
    }


def warnings(done, state):
    """What an operator has to know although nothing failed."""
    found = list(state.left_out)
    if state.swarm:
        found.append(
            "the engine is a member of a Swarm, and does not start with live-restore beside it, so that was left out: a restart of "
            "the engine ends the targets on it; leave the Swarm (docker swarm leave) in a maintenance window"
        )
    if done["restart_keys"]:
        found.append(
            "the engine must be restarted to take over %s of %s, which was not done: %s; restart it in a maintenance window"
            % (", ".join(done["restart_keys"]), state.path, done["reason"])
        )
    return found


def text_of(document, keys):
    """The named keys of the file as text, empty when there is none."""
    part = {key: value for key, value in document.items() if key in keys}
    return daemon_json.render(part) if part else ""


if __name__ == "__main__":
    _module.run(
        {
            "path": {"type": "path"},
            "options": {"type": "dict", "default": {}},
            "insecure_registries": {"type": "list", "elements": "str", "default": []},
            "registry_mirrors": {"type": "list", "elements": "str", "default": []},
            "allow_restart": {"type": "bool", "default": False},
            "drop_flagged": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": True},
        },
        main,
    )
