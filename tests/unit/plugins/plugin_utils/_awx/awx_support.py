"""A controller in this process: the stand-in of AWX's API without a wire, and a site in it."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import Api
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.site import Site

ROOT = Path(_module.__file__).resolve().parents[2]
server = pytest.importorskip("lab.controller.server", reason="a checkout has the stand-in, the artifact has not")
rights = pytest.importorskip("lab.controller.rights", reason="a checkout has the stand-in, the artifact has not")

URL = "https://git.example.com/zbs"
NAMES = {
    "project": "ZBS project",
    "environment": "ZBS execution environment",
    "inventory": "ZBS hosts",
    "source": "ZBS hosts from ZStack",
    "type_zbsadm": "ZBS zbsadm login",
    "type_zstack": "ZBS ZStack login",
    "machine": "ZBS hosts",
    "zbsadm": "ZBS zbsadm",
    "zstack": "ZBS ZStack",
    "type_guard": "ZBS guard login",
    "guard": "ZBS guard",
    "site": "ZBS site",
    "health": "ZBS health",
    "heal": "ZBS heal",
    "remove": "ZBS remove",
    "node": "ZBS node",
    "workflow": "ZBS site, health and heal",
    "tick": "ZBS heal every minute",
    "sync": "ZBS hosts from ZStack, by the clock",
}
RULE = "DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"
SECRET = {"fields": [{"id": "password", "label": "Password", "secret": True}]}


class Clock:
    """Like the module time; it goes on when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds or 0.5


class Controller:
    """The stand-in, and `api` at it as some user."""

    def __init__(self):
        self.standin = server.Standin({URL: ROOT})
        self.store = self.standin.store
        self.api = self.user(server.ADMINISTRATOR)

    def user(self, user):
        """An API at which somebody is logged in."""
        headers = {
            "Authorization": "Bearer " + self.standin.make_token(user),
            "Content-Type": "application/json",
        }

        def send(method, path, data):
            path = path if path.startswith("/api/") else "/api/v2/" + path
            path = path if "?" in path or path.endswith("/") else path + "/"
            if method == "GET" and data:
                path, data = "%s?%s" % (path, urlencode(data)), None
            return self.standin.answer(method, path, headers, json.dumps(data).encode() if data is not None else b"")

        return Api(send)

    def writes(self):
        """What was asked but looks."""
        return [line for line in self.standin.requests if not line.startswith("GET")]

    def site(self, api=None, organization="Default"):
        """The site as a step sees it."""
        self.standin.requests.clear()
        return Site(api or self.api, NAMES, organization)

    def set_up(self, organization=1, manager=True, node=False):
        """What the role makes, as far as the steps look at it: {which: object}."""
        post = self.api.post
        made = {}
        for which in ["type_zbsadm", "type_zstack"] + ["type_guard"] * node:
            made[which] = post("credential_types/", name=NAMES[which], kind="cloud", inputs=SECRET)
        own = {"organization": organization}
        made["machine"] = post("credentials/", name=NAMES["machine"], credential_type=1, **own)
        for which in ["zbsadm"] + ["zstack"] * manager + ["guard"] * node:
            type_ = made["type_" + which]["id"]
            made[which] = post(
                "credentials/", name=NAMES[which], credential_type=type_, inputs={"password": "Pa55"}, **own
            )
        made["environment"] = post("execution_environments/", name=NAMES["environment"], image="a/b", **own)
        made["project"] = post("projects/", name=NAMES["project"], scm_type="git", scm_url=URL, **own)
        made["inventory"] = post("inventories/", name=NAMES["inventory"], **own)
        inventory = made["inventory"]["id"]
        if manager:
            made["source"] = post(
                "inventory_sources/",
                name=NAMES["source"],
                inventory=inventory,
                source="scm",
                source_project=made["project"]["id"],
                credential=made["zstack"]["id"],
            )
            made["sync"] = post("schedules/", name=NAMES["sync"], unified_job_template=made["source"]["id"], rrule=RULE)
        for which in ["site", "health", "heal", "remove"] + ["node"] * node:
            made[which] = post(
                "job_templates/",
                name=NAMES[which],
                project=made["project"]["id"],
                inventory=inventory,
                playbook="playbooks/%s.yml" % which,
            )
        made["workflow"] = post("workflow_job_templates/", name=NAMES["workflow"], **own)
        made["tick"] = post("schedules/", name=NAMES["tick"], unified_job_template=made["heal"]["id"], rrule=RULE)
        return made

    def names(self, table):
        """The names of a table's objects."""
        return sorted(thing["name"] for thing in self.store.tables[table].values())
