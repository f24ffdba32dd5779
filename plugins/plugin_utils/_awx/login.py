# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login at AWX, as the modules of the collection awx.awx have it: their environment, their configuration files, their session."""

import importlib

from ansible.module_utils.parsing.convert_bool import boolean

from .api import Api, AwxError

# By its name at run time: nothing but AWX as code needs that collection.
_MODULES = "ansible_collections.awx.awx.plugins.module_utils.controller_api"
_KINDS = {"bool": boolean, "float": float}


def connected(environment, warn):
    """(the API, what ends the session). `environment` is the task's, `warn` takes a sentence."""
    base = _module_class()
    module = base(
        argument_spec={},
        direct_params=given(base, environment),
        error_callback=_refuse,
        warn_callback=warn,
    )

    def send(method, path, data):
        answer = module.make_request(method, path, **({"data": data} if data else {}))
        return answer["status_code"], answer.get("json", answer.get("text"))

    return Api(send), module.logout


def given(module, environment):
    """The parameters of the login that the environment names, by awx.awx's own table."""
    found = {}
    for name in module.short_params.values():
        spec = module.AUTH_ARGSPEC[name]
        for variable in spec["fallback"][1]:
            if environment.get(variable):
                try:
                    found[name] = _KINDS.get(spec.get("type"), str)(environment[variable])
                except (TypeError, ValueError):
                    raise AwxError("%s is %s; give a %s." % (variable, environment[variable], spec["type"])) from None
                break
    return found


def _module_class():
    try:
        return importlib.import_module(_MODULES).ControllerAPIModule
    except ImportError:
        raise AwxError(
            "The collection awx.awx is not installed; install what playbooks/awx/requirements.yml names with ansible-galaxy."
        ) from None


def _refuse(msg="", **_more):
    raise AwxError(str(msg))
