# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX demands of an object beyond its fields' types: of its own values together, and of the objects that it refers to."""

from __future__ import annotations

import re
from typing import Callable

import yaml

from . import checks, jobs
from .fields import Refused, wrong
from .resources import NODES
from .tables import Tables, Thing

_BLOCKED = ("HOME", "USER", "_", "TERM", "PATH")


def _credential_types(store: Tables, values: Thing, before: Thing | None) -> None:
    checks.credential_type(values["kind"], values["inputs"], values["injectors"])
    if before and before["inputs"] != values["inputs"] and store.using("credentials", "credential_type", before["id"]):
        raise Refused(403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"})


def _credentials(store: Tables, values: Thing, before: Thing | None) -> None:
    if not values["organization"]:
        raise Refused(400, {"detail": "Missing 'user', 'team', or 'organization'."})
    kept = before["inputs"] if before else {}
    values["inputs"] = {
        name: kept.get(name, value) if value == checks.ENCRYPTED else value for name, value in values["inputs"].items()
    }
    type_ = store.tables["credential_types"][values["credential_type"]]
    checks.inputs(values["inputs"], type_)
    values["kind"] = type_["kind"]


def _execution_environments(store: Tables, values: Thing, _before: Thing | None) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*", values["image"]):
        raise wrong("image", "Must be a valid container image name.")


def _projects(store: Tables, values: Thing, _before: Thing | None) -> None:
    if values["scm_type"] and not values["scm_url"]:
        raise wrong("scm_url", "SCM URL is required.")
    if not values["scm_type"]:
        raise wrong("local_path", "Invalid path choice.")
    if not values["organization"]:
        raise wrong("organization", "Organization is required.")
    if values["credential"] and store.tables["credentials"][values["credential"]]["kind"] != "scm":
        raise wrong("credential", "Credential kind must be 'scm'.")
    if values["scm_update_on_launch"] and not values["scm_type"]:
        raise wrong("scm_update_on_launch", "Update options must be set to false for manual projects.")


def _inventories(store: Tables, values: Thing, _before: Thing | None) -> None:
    if values["kind"] != "smart":
        values["host_filter"] = None


def _inventory_sources(store: Tables, values: Thing, _before: Thing | None) -> None:
    for name in yaml.safe_load(values["source_vars"] or "{}"):
        if name in _BLOCKED:
            raise wrong("source_vars", f"`{name}` is a prohibited environment variable")
    if values["source"] == "scm" and not values["source_project"]:
        raise wrong("source_project", "Project required for scm type sources.")
    if values["source"] != "scm" and (values["source_project"] or values["source_path"]):
        raise Refused(400, {"detail": "Cannot set source_path if not SCM type."})
    if values["credential"] and store.tables["credentials"][values["credential"]]["kind"] in ("ssh", "scm", "vault"):
        words = "Credentials of type machine, source control, insights and vault are disallowed for custom inventory sources."
        raise wrong("credential", words)


def _job_templates(store: Tables, values: Thing, _before: Thing | None) -> None:
    if not values["project"]:
        raise wrong("project", "This field is required.")
    project = store.tables["projects"][values["project"]]
    if not values["playbook"]:
        raise wrong("playbook", "Must select playbook for project.")
    if not project["allow_override"] and values["playbook"] not in store.playbooks(project["id"]):
        raise wrong("playbook", "Playbook not found for project.")
    if values["scm_branch"] and not project["allow_override"]:
        raise wrong("scm_branch", "Project does not allow overriding branch.")
    if not values["inventory"] and not values["ask_inventory_on_launch"]:
        raise wrong("inventory", "Must either set a default value or ask to prompt on launch.")
    values["organization"] = project["organization"]


def _schedules(store: Tables, values: Thing, _before: Thing | None) -> None:
    checks.rrule(values["rrule"])
    _prompts(store, values, jobs.missing)


def _workflow_job_template_nodes(store: Tables, values: Thing, _before: Thing | None) -> None:
    if values["unified_job_template"]:
        # One without answers is taken; the launch tells of it.
        _prompts(store, values, lambda *_words: [])


def _prompts(store: Tables, values: Thing, missing: Callable[[Tables, str, Thing, Thing], list[str]]) -> None:
    """What is said instead of a template's own must be asked for by it."""
    table, template = store.unified(values["unified_job_template"])
    questions = jobs.asked_by(store, table, template)
    refused = []
    for name, answer in values["extra_data"].items():
        if name in questions:
            refused += [words for words in [checks.answer_refused(questions[name], answer)] if words]
        elif not template.get("ask_variables_on_launch"):
            words = "Check the Prompt on Launch setting on the Job Template to include Extra Variables."
            refused.append(f"Variables {name} are not allowed on launch. {words}")
    refused += missing(store, table, template, values["extra_data"])
    if refused:
        raise wrong("variables_needed_to_start", *refused)
    for name in ("limit", "job_type", "inventory", "scm_branch"):
        if values[name] and not template.get(f"ask_{name}_on_launch"):
            raise wrong(name, "Field is not configured to prompt on launch.")


def link(store: Tables, table: str, number: int, path: str, other: int) -> None:
    """Whether the object `number` of `table` may be associated with `other` at `path`. Raises Refused."""
    if path == "credentials":
        _one_of_a_kind(store, store.linked(table, number, path), other)
    if path in NODES:
        _edge(store, number, other, path)
    if path == "hosts" and store.tables["hosts"][other]["inventory"] != store.tables["groups"][number]["inventory"]:
        raise Refused(400, {"error": "A host and its group must be of the same inventory."})


def _one_of_a_kind(store: Tables, ids: list[int], other: int) -> None:
    kinds = {store.tables["credentials"][one]["credential_type"] for one in ids if one != other}
    mine = store.tables["credentials"][other]["credential_type"]
    if mine in kinds:
        name = store.tables["credential_types"][mine]["name"]
        raise Refused(400, {"error": f"Cannot assign multiple {name} credentials."})


def _edge(store: Tables, parent: int, child: int, path: str) -> None:
    nodes = store.tables["workflow_job_template_nodes"]
    if nodes[parent]["workflow_job_template"] != nodes[child]["workflow_job_template"]:
        raise Refused(400, {"Error": "Nodes must be of the same workflow."})
    for other in NODES:
        if other != path and child in store.linked("workflow_job_template_nodes", parent, other):
            raise Refused(400, {"Error": "Relationship not allowed."})
    below, open_ = {child}, [child]
    while open_:
        node = open_.pop()
        for other in NODES:
            for one in store.linked("workflow_job_template_nodes", node, other):
                if one not in below:
                    below.add(one)
                    open_.append(one)
    if parent in below:
        raise Refused(400, {"Error": "Cycle detected."})


# Of a table: refuses values that AWX refuses, and sets those that AWX sets by itself. The last argument is the object that changes, or None.
RULES: dict[str, Callable[[Tables, Thing, Thing | None], None]] = {
    "credential_types": _credential_types,
    "credentials": _credentials,
    "execution_environments": _execution_environments,
    "projects": _projects,
    "inventories": _inventories,
    "inventory_sources": _inventory_sources,
    "job_templates": _job_templates,
    "schedules": _schedules,
    "workflow_job_template_nodes": _workflow_job_template_nodes,
}
