# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a controller: made, changed, linked and taken away by AWX's rules (see rules), and shown as its API shows them."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

from . import checks, playbooks, rules
from .fields import Field, Refused, Resource, wrong
from .jobs import Jobs
from .resources import RESOURCES, UNIFIED
from .tables import Tables, Thing

API = "/api/v2/"
_MACHINE = {
    "fields": [
        {"id": "username", "label": "Username", "type": "string"},
        {"id": "password", "label": "Password", "type": "string", "secret": True},
        {
            "id": "ssh_key_data",
            "label": "SSH Private Key",
            "type": "string",
            "format": "ssh_private_key",
            "secret": True,
        },
        {"id": "ssh_key_unlock", "label": "Private Key Passphrase", "type": "string", "secret": True},
        {"id": "become_method", "label": "Privilege Escalation Method", "type": "string"},
        {"id": "become_username", "label": "Privilege Escalation Username", "type": "string"},
        {"id": "become_password", "label": "Privilege Escalation Password", "type": "string", "secret": True},
    ]
}


#: The branches and tags of every repository.
BRANCHES = ("", "main", "stable")
_AWAY = "Failed to download remote objects and refs:  fatal: unable to access '{url}/': Could not resolve host"
_NO_BRANCH = "Failed to checkout {branch}"


class Store(Tables):
    """One controller. `repositories` are the git repositories that its projects can reach: {URL: folder with the checkout}."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        super().__init__()
        self.repositories = repositories
        self.branches = set(BRANCHES)
        self.jobs = Jobs(self)
        #: Requests that an update, and the deletion of an inventory in the background, go on for.
        self.update_lasts = 1
        self.deletion_lasts = 1
        self._dying: dict[int, int] = {}
        self._ids = {table: itertools.count(1) for table in RESOURCES}
        self._ids.update(dict.fromkeys(UNIFIED, itertools.count(1)))
        self._seed("organizations", name="Default")
        self._seed("credential_types", name="Machine", kind="ssh", inputs=_MACHINE, managed=True, namespace="ssh")
        self._seed("credential_types", name="Source Control", kind="scm", managed=True, namespace="scm")
        self._seed("credential_types", name="Container Registry", kind="registry", managed=True, namespace="registry")
        self._seed(
            "execution_environments", name="AWX EE (latest)", image="quay.io/ansible/awx-ee:latest", managed=True
        )
        self._seed("instance_groups", name="default")
        config = {"url": "http://hook.invalid/"}
        self._seed(
            "notification_templates",
            name="Storage on duty",
            organization=1,
            notification_type="webhook",
            notification_configuration=config,
        )

    # What is shown.

    def shown(self, table: str, thing: Thing) -> Thing:
        """An object as the API gives it: no secret in it."""
        resource = RESOURCES[table]
        url = f"{API}{table}/{thing['id']}/"
        related = {path: f"{url}{path}/" for path in resource.related}
        summary: Thing = {}
        if table in ("job_templates", "workflow_job_templates"):
            related["survey_spec"] = f"{url}survey_spec/"
        if table == "projects":
            related.update(update=f"{url}update/", playbooks=f"{url}playbooks/")
            running = [one for one in self.updates.values() if one["project"] == thing["id"] and not one["finished"]]
            if running:
                summary["current_update"] = {"id": running[0]["id"], "status": "running"}
        if table == "inventory_sources":
            related["update"] = f"{url}update/"
        if table in ("job_templates", "workflow_job_templates"):
            related["launch"] = f"{url}launch/"
        answer = {"id": thing["id"], "type": resource.type, "url": url, "related": related, "summary_fields": summary}
        answer.update(copy.deepcopy({name: value for name, value in thing.items() if name != "id"}))
        if table == "credentials":
            secret = self._secret(thing["credential_type"])
            answer["inputs"] = {
                name: checks.ENCRYPTED if name in secret else value for name, value in thing["inputs"].items()
            }
        return answer

    # Changes.

    def create(self, table: str, data: Thing) -> Thing:
        """A new object. Raises Refused."""
        resource = RESOURCES[table]
        values = self._taken(resource, data)
        for name, field in resource.fields.items():
            if field.required and name not in values:
                raise wrong(name, "This field is required.")
        values = {**{name: copy.deepcopy(field.default) for name, field in resource.fields.items()}, **values}
        self._check(table, values, None)
        return self._keep(table, values)

    def change(self, table: str, number: int, data: Thing) -> Thing:
        """An object with other values. Raises Refused."""
        before = self.get(table, number)
        if before.get("managed"):
            raise Refused(403, {"detail": "Modifications not allowed for managed objects"})
        values = {**before, **self._taken(RESOURCES[table], data)}
        self._check(table, values, before)
        moved = table == "projects" and any(before[name] != values[name] for name in ("scm_url", "scm_branch"))
        before.update(values)
        if moved:
            self.start_update(number)
        return before

    def delete(self, table: str, number: int) -> int:
        """Take an object away, with those that are its own; the status of the answer. Raises Refused."""
        thing = self.get(table, number)
        if thing.get("managed"):
            raise Refused(403, {"detail": "Deletion not allowed for managed objects"})
        self.jobs.check_unused(table, number)
        if table == "inventories" and number not in self._dying:
            self._dying[number] = self.deletion_lasts
            thing["pending_deletion"] = True
            return RESOURCES[table].deleted
        if table == "inventories" and self._dying[number] >= 0:
            raise Refused(400, {"error": "Inventory is already pending deletion."})
        if table == "credential_types" and self.using("credentials", "credential_type", number):
            raise Refused(403, {"detail": "Credential types that are in use cannot be deleted."})
        for owned, name in RESOURCES[table].owns.items():
            for child in self.using(owned, name, number):
                self.delete(owned, child)
        del self.tables[table][number]
        for other, resource in RESOURCES.items():
            for name, field in resource.fields.items():
                if field.kind == "ref" and (
                    field.table == table or (field.table, table in UNIFIED) == ("unified_job_templates", True)
                ):
                    for child in self.using(other, name, number):
                        self.tables[other][child][name] = None
        for (owner, one, path), ids in list(self.links.items()):
            if (owner, one) == (table, number):
                del self.links[owner, one, path]
            elif RESOURCES[owner].related[path] == table and number in ids:
                ids.remove(number)
        self.surveys.pop((table, number), None)
        return RESOURCES[table].deleted

    def associate(self, table: str, number: int, path: str, data: Thing) -> None:
        """Link an object with another, or no longer. Raises Refused."""
        self.get(table, number)
        other = RESOURCES[table].related[path]
        if set(data) - {"id", "disassociate"} or not isinstance(data.get("id"), int):
            raise Refused(400, {"msg": '"id" field must be an integer.'})
        if not self.has(other, data["id"]):
            raise Refused(400, {"msg": f"{RESOURCES[other].type} with id {data['id']} does not exist"})
        ids = self.linked(table, number, path)
        if data.get("disassociate"):
            if data["id"] in ids:
                ids.remove(data["id"])
            return
        rules.link(self, table, number, path, data["id"])
        if data["id"] not in ids:
            ids.append(data["id"])

    def set_survey(self, table: str, number: int, spec: Any) -> None:
        """Raises Refused."""
        self.get(table, number)
        checks.survey(spec)
        self.surveys[table, number] = copy.deepcopy(spec)

    def start_update(self, number: int) -> Thing:
        """Look at the project's repository, as an update does; it goes on for some requests. The update."""
        project = self.tables["projects"][number]
        url, branch = project["scm_url"], project["scm_branch"]
        why = "" if branch in self.branches else _NO_BRANCH.format(branch=branch)
        update: Thing = {
            "id": len(self.updates) + 1,
            "type": "project_update",
            "project": number,
            "left": self.update_lasts,
            "why": why if url in self.repositories else _AWAY.format(url=url),
            "status": "running",
            "failed": False,
            "finished": None,
            "job_explanation": "",
            "event_processing_finished": False,
            "result_traceback": "",
            "scm_revision": "",
        }
        self.updates[update["id"]] = update
        project["status"] = "running"
        return update

    def pass_time(self) -> None:
        """What goes on in the background, a request later."""
        for update in self.updates.values():
            update["left"] -= 1
            if update["left"] < 0 and not update["finished"]:
                self._end(update)
            elif update["finished"]:  # its events come a little later
                update["event_processing_finished"] = True
        for number in list(self._dying):
            self._dying[number] -= 1
            if self._dying[number] < 0:
                self.delete("inventories", number)
                del self._dying[number]

    def _end(self, update: Thing) -> None:
        ended = "failed" if update["why"] else "successful"
        update.update(status=ended, failed=bool(update["why"]), finished="2026-01-01T00:00:00Z")
        project = self.tables["projects"].get(update["project"])
        if project:
            project["status"] = ended
        if project and not update["why"]:  # the list of a failed one stays as it was
            project["scm_revision"] = update["scm_revision"] = "5f0e3b"
            self.found_playbooks[project["id"]] = playbooks.below(self.repositories[project["scm_url"]])

    def update(self, number: int) -> Thing:
        """A project's update. Raises Refused."""
        if number not in self.updates:
            raise Refused(404, {"detail": "Not found."})
        return {name: value for name, value in self.updates[number].items() if name not in ("left", "why")}

    def events(self, number: int) -> list[Thing]:
        """What failed in an update, as its events. Raises Refused."""
        update = self.update(number)
        why = self.updates[number]["why"]
        said = (
            [{"event": "runner_on_failed", "event_data": {"res": {"msg": why}}}]
            if why and update["event_processing_finished"]
            else []
        )
        return [{"id": 1, "type": "project_update_event", **one} for one in said]

    def start_source(self, number: int) -> Thing:
        """The update of an inventory source, which has its project updated first. Raises Refused."""
        source = self.get("inventory_sources", number)
        project = self.tables["projects"].get(source["source_project"] or 0)
        if project and project["scm_url"] not in self.repositories:
            raise Refused(400, {"detail": "The project of this inventory source could not be updated."})
        job = self.jobs.start("inventory_sources", number)
        source["status"] = "pending"
        return {"inventory_update": job["id"], **job}

    # What the changes share.

    def _seed(self, table: str, **values: Any) -> None:
        fields = RESOURCES[table].fields
        self._keep(table, {**{name: copy.deepcopy(field.default) for name, field in fields.items()}, **values})

    def _keep(self, table: str, values: Thing) -> Thing:
        thing = {"id": next(self._ids[table]), **values}
        self.tables[table][thing["id"]] = thing
        if table == "projects" and thing["scm_type"]:
            self.start_update(thing["id"])
        return thing

    def _taken(self, resource: Resource, data: Any) -> Thing:
        if not isinstance(data, dict):
            raise Refused(
                400, {"non_field_errors": [f"Invalid data. Expected a dictionary, but got {type(data).__name__}."]}
            )
        unknown = sorted(set(data) - set(resource.fields))
        if unknown:
            raise Refused(
                400, {name: [f"{resource.type} has no such field (a real AWX passes it over)."] for name in unknown}
            )
        taken = {}
        for name, value in data.items():
            field: Field = resource.fields[name]
            if field.kind != "fixed":
                taken[name] = field.take(name, value, self.has)
            elif name == "organization":
                taken.pop(name, None)  # a job template has its project's
        return taken

    def _secret(self, type_id: int) -> set[str]:
        found = self.tables["credential_types"][type_id]["inputs"].get("fields", [])
        return {one["id"] for one in found if one.get("secret")}

    def _check(self, table: str, values: Thing, before: Thing | None) -> None:
        if table in rules.RULES:
            rules.RULES[table](self, values, before)
        unique = RESOURCES[table].unique
        mine = [values.get(name) for name in unique]
        for other in self.tables[table].values():
            if (before is None or other["id"] != before["id"]) and [other.get(name) for name in unique] == mine:
                words = f"{RESOURCES[table].type} with this {' and '.join(unique)} already exists."
                raise Refused(400, {"__all__": [words]})

    def dump(self) -> str:
        """Everything that is kept, secrets and all, for a test that compares before with after."""
        links = {"/".join(map(str, key)): ids for key, ids in self.links.items() if ids}
        surveys = {"/".join(map(str, key)): spec for key, spec in self.surveys.items()}
        return json.dumps([self.tables, links, surveys], sort_keys=True)
