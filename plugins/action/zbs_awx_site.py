# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_awx_site: what the modules of awx.awx have no word for, through their own login."""

import os
import time

from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible_in
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import finish, hosts, login, project, ready, remove
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.site import ORDER, Site
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet.once import OnceForAll


class ActionModule(OnceForAll):
    """One step of a setup, or a removal."""

    def run(self, tmp=None, task_vars=None):
        """See the module's documentation for the return."""
        result, arguments = self.begin(
            tmp,
            task_vars,
            {
                "step": {"type": "str", "required": True, "choices": ["ready", "project", "hosts", "finish", "remove"]},
                "organization": {"type": "str", "required": True},
                "organization_create": {"type": "bool", "default": False},
                "names": {"type": "dict", "required": True},
                "shared": {"type": "dict", "default": {}},
                "scm_credential": {"type": "str", "default": "", "no_log": False},
                "image_credential": {"type": "str", "default": "", "no_log": False},
                "notify": {"type": "list", "elements": "str", "default": []},
                "manager": {"type": "bool", "default": False},
                "zbsadm": {"type": "bool", "default": False},
                "node": {"type": "bool", "default": False},
                "guard": {"type": "bool", "default": False},
                "hosts": {"type": "dict", "default": {}},
                "wait_for_jobs": {"type": "int", "default": 0},
                "timeout": {"type": "int", "default": 300},
            },
        )
        lacking = [name for name in ORDER if not arguments["names"].get(name)]
        if lacking:
            raise AnsibleActionFail("names has no %s; give the name of each object" % ", ".join(lacking))
        wanted = dict(arguments, check=self._task.check_mode)
        try:
            api, leave = login.connected(self._environment(), self._display.warning)
            try:
                site = Site(api, arguments["names"], arguments["organization"])
                result.update(visible_in(_STEPS[arguments["step"]](site, wanted)))
            finally:
                leave()
        except AwxError as error:
            raise AnsibleActionFail(str(error)) from None
        if result["changed"]:
            result["diff"] = {"before": "", "after": "\n".join(result["done"]) + "\n"}
        return result

    def _environment(self):
        """This process's, and what the play and the task say for their modules."""
        found = dict(os.environ)
        for given in self._task.environment or []:
            found.update({name: str(value) for name, value in (self._templar.template(given) or {}).items()})
        return found


def _ready(site, wanted):
    return {"changed": False, "done": [], **ready.ready(site, wanted, wanted["timeout"], time)}


def _project(site, wanted):
    done = project.fetched(site, wanted, wanted["timeout"], time)
    return {"changed": bool(done), "done": done}


def _hosts(site, wanted):
    done = hosts.placed(site, wanted)
    return {"changed": bool(done), "done": done}


def _finish(site, wanted):
    done, against = finish.finished(site, wanted)
    return {"changed": bool(done), "done": done, "warnings": against}


def _remove(site, wanted):
    told = remove.removed(site, wanted, wanted["timeout"], time)
    return {"changed": bool(told["done"]), **told}


_STEPS = {"ready": _ready, "project": _project, "hosts": _hosts, "finish": _finish, "remove": _remove}
