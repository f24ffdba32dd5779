# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of the API that setting up AWX touches, with the fields that AWX 24.6 has."""

from __future__ import annotations

from .fields import Field, Resource

_FIXED = Field("fixed")
_NOTIFY = {f"notification_templates_{when}": "notification_templates" for when in ("started", "success", "error")}
_ASK = (
    *("scm_branch", "diff_mode", "variables", "limit", "tags", "skip_tags", "job_type", "verbosity", "inventory"),
    *("credential", "execution_environment", "forks", "instance_groups", "job_slice_count", "labels", "timeout"),
)
_JOB_TYPES = ("run", "check")
NODES = ("success_nodes", "failure_nodes", "always_nodes")


def _char(**more: object) -> Field:
    return Field("char", "", **more)  # type: ignore[arg-type]


def _ref(table: str, required: bool = False) -> Field:
    return Field("ref", None, required=required, table=table)


def _number(default: int = 0, least: int = 0) -> Field:
    return Field("int", default, least=least)


def _flag(default: bool = False) -> Field:
    return Field("bool", default)


_NAMED = {"name": _char(required=True), "description": _char()}
# What a schedule and a node of a workflow may say instead of their template.
_PROMPTS = {
    "extra_data": Field("json", {}),
    "inventory": _ref("inventories"),
    "scm_branch": _char(),
    "job_type": Field("choice", "", choices=_JOB_TYPES),
    "job_tags": _char(),
    "skip_tags": _char(),
    "limit": _char(),
    "diff_mode": _flag(),
    "verbosity": Field("int", 0),
    "execution_environment": _ref("execution_environments"),
    "forks": _number(),
    "job_slice_count": _number(),
    "timeout": Field("int", 0),
}
_PROMPT_LINKS = {"credentials": "credentials", "labels": "labels", "instance_groups": "instance_groups"}

RESOURCES = {
    "organizations": Resource(
        "organization",
        {**_NAMED, "max_hosts": _number(), "default_environment": _ref("execution_environments")},
        {"galaxy_credentials": "credentials", "instance_groups": "instance_groups", **_NOTIFY},
    ),
    "credential_types": Resource(
        "credential_type",
        {
            **_NAMED,
            "kind": Field(
                "choice", "", required=True, blank=False, choices=("ssh", "vault", "net", "scm", "cloud", "registry")
            ),
            "inputs": Field("json", {}),
            "injectors": Field("json", {}),
            "managed": Field("fixed", False),
            "namespace": _FIXED,
        },
        unique=("name", "kind"),
    ),
    "credentials": Resource(
        "credential",
        {
            **_NAMED,
            "organization": _ref("organizations"),
            "credential_type": _ref("credential_types", required=True),
            "inputs": Field("json", {}),
            "kind": _FIXED,
            "managed": Field("fixed", False),
        },
        unique=("organization", "name", "credential_type"),
    ),
    "execution_environments": Resource(
        "execution_environment",
        {
            **_NAMED,
            "organization": _ref("organizations"),
            "image": _char(required=True),
            "managed": Field("fixed", False),
            "credential": _ref("credentials"),
            "pull": Field("choice", "", choices=("always", "missing", "never")),
        },
    ),
    "projects": Resource(
        "project",
        {
            **_NAMED,
            "organization": _ref("organizations"),
            "scm_type": Field("choice", "", choices=("git", "svn", "insights", "archive")),
            "scm_url": _char(),
            "scm_branch": _char(),
            "scm_refspec": _char(),
            "local_path": _char(),
            "credential": _ref("credentials"),
            "signature_validation_credential": _ref("credentials"),
            "default_environment": _ref("execution_environments"),
            "scm_clean": _flag(),
            "scm_delete_on_update": _flag(),
            "scm_track_submodules": _flag(),
            "scm_update_on_launch": _flag(),
            "scm_update_cache_timeout": _number(),
            "allow_override": _flag(),
            "timeout": Field("int", 0),
            "scm_revision": _FIXED,
            "status": _FIXED,
        },
        _NOTIFY,
        unique=("organization", "name"),
    ),
    "inventories": Resource(
        "inventory",
        {
            **_NAMED,
            "organization": _ref("organizations", required=True),
            "kind": Field("choice", "", choices=("smart", "constructed")),
            "host_filter": Field("char", None),
            "variables": Field("vars", ""),
            "prevent_instance_group_fallback": _flag(),
            "pending_deletion": Field("fixed", False),
        },
        {"instance_groups": "instance_groups"},
        unique=("organization", "name"),
        owns={"inventory_sources": "inventory", "groups": "inventory", "hosts": "inventory"},
        deleted=202,
    ),
    "hosts": Resource(
        "host",
        {
            **_NAMED,
            "inventory": _ref("inventories", required=True),
            "enabled": _flag(True),
            "variables": Field("vars", ""),
        },
        unique=("inventory", "name"),
    ),
    "groups": Resource(
        "group",
        {**_NAMED, "inventory": _ref("inventories", required=True), "variables": Field("vars", "")},
        {"hosts": "hosts", "children": "groups"},
        unique=("inventory", "name"),
    ),
    "inventory_sources": Resource(
        "inventory_source",
        {
            **_NAMED,
            "inventory": _ref("inventories", required=True),
            "source": Field(
                "choice",
                "",
                blank=False,
                choices=("file", "constructed", "scm", "ec2", "gce", "openstack", "controller"),
            ),
            "source_path": _char(),
            "source_vars": Field("vars", ""),
            "source_project": _ref("projects"),
            "scm_branch": _char(),
            "credential": _ref("credentials"),
            "execution_environment": _ref("execution_environments"),
            "enabled_var": _char(),
            "enabled_value": _char(),
            "host_filter": _char(),
            "limit": _char(),
            "overwrite": _flag(),
            "overwrite_vars": _flag(),
            "update_on_launch": _flag(),
            "update_cache_timeout": _number(),
            "timeout": Field("int", 0),
            "verbosity": Field("int", 1),
            "status": Field("fixed", "never updated"),
        },
        # Hosts and groups that its updates found; nobody but an update links them.
        {**_NOTIFY, "hosts": "hosts", "groups": "groups"},
        unique=("inventory", "name"),
        owns={"schedules": "unified_job_template"},
    ),
    "job_templates": Resource(
        "job_template",
        {
            **_NAMED,
            "organization": _FIXED,
            "job_type": Field("choice", "run", blank=False, choices=_JOB_TYPES),
            "inventory": _ref("inventories"),
            "project": _ref("projects"),
            "playbook": _char(),
            "scm_branch": _char(),
            "execution_environment": _ref("execution_environments"),
            "forks": _number(),
            "limit": _char(),
            "verbosity": Field("int", 0),
            "extra_vars": Field("vars", ""),
            "job_tags": _char(),
            "skip_tags": _char(),
            "start_at_task": _char(),
            "force_handlers": _flag(),
            "timeout": Field("int", 0),
            "use_fact_cache": _flag(),
            "host_config_key": _char(),
            "survey_enabled": _flag(),
            "become_enabled": _flag(),
            "diff_mode": _flag(),
            "allow_simultaneous": _flag(),
            "job_slice_count": _number(1),
            "webhook_service": Field("choice", "", choices=("github", "gitlab")),
            "webhook_credential": _ref("credentials"),
            "prevent_instance_group_fallback": _flag(),
            **{f"ask_{what}_on_launch": _flag() for what in _ASK},
        },
        {**_PROMPT_LINKS, **_NOTIFY},
        unique=("organization", "name"),
        owns={"schedules": "unified_job_template"},
    ),
    "workflow_job_templates": Resource(
        "workflow_job_template",
        {
            **_NAMED,
            "organization": _ref("organizations"),
            "inventory": _ref("inventories"),
            "extra_vars": Field("vars", ""),
            "limit": _char(),
            "scm_branch": _char(),
            "job_tags": _char(),
            "skip_tags": _char(),
            "survey_enabled": _flag(),
            "allow_simultaneous": _flag(),
            "webhook_service": Field("choice", "", choices=("github", "gitlab")),
            "webhook_credential": _ref("credentials"),
            **{
                f"ask_{what}_on_launch": _flag()
                for what in ("variables", "inventory", "limit", "scm_branch", "labels", "tags", "skip_tags")
            },
        },
        {"labels": "labels", **_NOTIFY, "notification_templates_approvals": "notification_templates"},
        unique=("organization", "name"),
        owns={"schedules": "unified_job_template", "workflow_job_template_nodes": "workflow_job_template"},
    ),
    "workflow_job_template_nodes": Resource(
        "workflow_job_template_node",
        {
            "identifier": _char(required=True),
            "workflow_job_template": _ref("workflow_job_templates", required=True),
            "unified_job_template": _ref("unified_job_templates"),
            "all_parents_must_converge": _flag(),
            **_PROMPTS,
        },
        {**_PROMPT_LINKS, **dict.fromkeys(NODES, "workflow_job_template_nodes")},
        unique=("workflow_job_template", "identifier"),
    ),
    "schedules": Resource(
        "schedule",
        {
            **_NAMED,
            "rrule": _char(required=True),
            "unified_job_template": _ref("unified_job_templates", required=True),
            "enabled": _flag(True),
            **_PROMPTS,
        },
        _PROMPT_LINKS,
        unique=("unified_job_template", "name"),
    ),
    "notification_templates": Resource(
        "notification_template",
        {
            **_NAMED,
            "organization": _ref("organizations", required=True),
            "notification_type": Field("choice", "", required=True, blank=False, choices=("email", "slack", "webhook")),
            "notification_configuration": Field("json", {}),
            "messages": Field("json", {}),
        },
        unique=("organization", "name"),
    ),
    "labels": Resource("label", {"name": _char(required=True), "organization": _ref("organizations", required=True)}),
    "instance_groups": Resource("instance_group", {"name": _char(required=True)}),
}
# Lists whose objects can be started, all in one list of ids.
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")
