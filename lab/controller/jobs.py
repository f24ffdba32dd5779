# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launching: what AWX says before, what it refuses, and the jobs that are there then. None of them ever runs; a test ends them."""

from __future__ import annotations

import itertools
from typing import Any

from . import checks
from .fields import Refused
from .resources import UNIFIED
from .tables import Tables, Thing

ACTIVE = ("new", "pending", "waiting", "running")
_TYPES = {
    "job_templates": "job",
    "workflow_job_templates": "workflow_job",
    "inventory_sources": "inventory_update",
    "projects": "project_update",
}
_PROMPTED = ("limit", "job_type", "inventory", "scm_branch", "forks", "verbosity", "timeout", "diff_mode")


class Jobs:
    """The jobs of a controller, by id."""

    def __init__(self, store: Tables) -> None:
        self.store = store
        self.all: dict[int, Thing] = {}
        self._ids = itertools.count(101)

    def start(self, table: str, number: int, status: str = "pending", **more: Any) -> Thing:
        """A job of something that can be started."""
        thing = self.store.get(table, number)
        job = {
            "id": next(self._ids),
            "type": _TYPES[table],
            "name": thing["name"],
            "status": status,
            "unified_job_template": number,
            "inventory": thing.get("inventory"),
            "project": thing.get("project"),
            **more,
        }
        self.all[job["id"]] = job
        return job

    def end(self, status: str = "successful") -> None:
        """Each that has not ended yet, ends."""
        for job in self.all.values():
            if job["status"] in ACTIVE:
                job["status"] = status

    def using(self, table: str, number: int) -> list[Thing]:
        """Those that have not ended and need an object, so that AWX does not delete it."""
        names = ["unified_job_template"] if table in UNIFIED else []
        names += {"inventories": ["inventory"], "projects": ["project"]}.get(table, [])
        return [
            job for job in self.all.values() if job["status"] in ACTIVE and any(job[name] == number for name in names)
        ]

    def check_unused(self, table: str, number: int) -> None:
        """Raises Refused."""
        found = [{"type": job["type"], "id": job["id"]} for job in self.using(table, number)]
        if found:
            raise Refused(409, {"error": "Resource is being used by running jobs.", "active_jobs": found})

    def asked(self, table: str, number: int) -> Thing:
        """What the GET of a launch says."""
        thing = self.store.get(table, number)
        needed = missing(self.store, table, thing, {})
        answer: Thing = {
            "variables_needed_to_start": needed,
            "survey_enabled": thing["survey_enabled"],
            "can_start_without_user_input": not needed
            and not any(thing.get(f"ask_{name}_on_launch") for name in _PROMPTED),
        }
        if table == "job_templates":
            return {
                **answer,
                "passwords_needed_to_start": [],
                "inventory_needed_to_start": not thing["inventory"],
                "credential_needed_to_start": False,
            }
        nodes = [
            self.store.tables["workflow_job_template_nodes"][one]
            for one in self.store.using("workflow_job_template_nodes", "workflow_job_template", number)
        ]
        return {
            **answer,
            "node_templates_missing": [node["id"] for node in nodes if not node["unified_job_template"]],
            "node_prompts_rejected": [node["id"] for node in nodes if self._rejected(node)],
        }

    def _rejected(self, node: Thing) -> bool:
        if not node["unified_job_template"]:
            return False
        table, template = self.store.unified(node["unified_job_template"])
        return bool(missing(self.store, table, template, node["extra_data"]))

    def launch(self, table: str, number: int, data: Thing) -> Thing:
        """A job. Raises Refused."""
        thing = self.store.get(table, number)
        questions = asked_by(self.store, table, thing)
        answers = data.get("extra_vars") or {}
        wrong: dict[str, list[str]] = {}
        project = self.store.tables["projects"].get(thing.get("project") or 0)
        if project and project["status"] == "failed":
            wrong["playbook"] = ["Missing a revision to run due to failed project update."]
        said = [checks.answer_refused(questions[name], answer) for name, answer in answers.items() if name in questions]
        said = [words for words in said if words] + missing(self.store, table, thing, answers)
        if said:
            wrong["variables_needed_to_start"] = said
        if wrong:
            raise Refused(400, wrong)
        ignored: Thing = {
            name: data[name] for name in _PROMPTED if name in data and not thing.get(f"ask_{name}_on_launch")
        }
        unasked = {name: answer for name, answer in answers.items() if name not in questions}
        if unasked and not thing.get("ask_variables_on_launch"):
            ignored["extra_vars"] = unasked
        kept = {name: one["default"] for name, one in questions.items() if one.get("default") not in (None, "")}
        kept.update({name: answer for name, answer in answers.items() if name in questions})
        job = self.start(
            table,
            number,
            extra_vars=kept,
            limit=data["limit"] if "limit" in data and "limit" not in ignored else thing["limit"],
        )
        return {"job": job["id"], "ignored_fields": ignored, **job}


def asked_by(store: Tables, table: str, template: Thing) -> dict[str, Thing]:
    """The questions of a template's survey by their variables."""
    spec = store.surveys.get((table, template["id"]), {}).get("spec", []) if template.get("survey_enabled") else []
    return {one["variable"]: one for one in spec}


def missing(store: Tables, table: str, template: Thing, answers: Thing) -> list[str]:
    """A question that is required wants an answer, also where it has a default."""
    return [
        f"'{name}' value missing"
        for name, question in asked_by(store, table, template).items()
        if question["required"] and name not in answers
    ]
