# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses beyond the kinds of single fields: schedules, surveys, types of credentials and what is typed into them."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .fields import Refused, wrong

ENCRYPTED = "$encrypted$"
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_SURVEY_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": (str, list),
    "integer": int,
    "float": (float, int),
}
_SURVEY_KEYS = {
    "question_name",
    "question_description",
    "variable",
    "type",
    "choices",
    "default",
    "min",
    "max",
    "required",
}
# As ansible.utils.vars.isidentifier, which a survey variable must be to reach a playbook.
_VARIABLE = re.compile(r"[A-Za-z_]\w*")


def rrule(text: str) -> None:
    """What a schedule may be; SchedulePreviewSerializer.validate_rrule. Raises Refused."""
    errors = []
    starts = re.findall(r"DTSTART(?:;TZID=[^:]+)?:(\S+)", text)
    rules = re.findall(r"RRULE:(\S*)", text)
    if len(starts) > 1:
        errors.append("Multiple DTSTART is not supported.")
    if not starts or not re.match(r"(?:DTSTART:\d{8}T\d{6}Z?|DTSTART;TZID=\S+:\d{8}T\d{6})(?:\s|$)", text):
        errors.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    elif re.match(r"DTSTART:\d{8}T\d{6}(\s|$)", text):
        errors.append("DTSTART cannot be a naive datetime.  Require ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if not rules:
        errors.append("One or more rule required in rrule.")
    for rule in rules:
        parts = dict(part.partition("=")[::2] for part in rule.split(";"))
        if "INTERVAL" not in parts:
            errors.append(f"INTERVAL required in rrule: RRULE:{rule}")
        elif not re.fullmatch(r"[1-9]\d*", parts["INTERVAL"]):
            errors.append(f"rrule parsing failed validation: invalid 'INTERVAL': {parts['INTERVAL']}")
        if parts.get("FREQ") == "SECONDLY":
            errors.append(f"SECONDLY is not supported: RRULE:{rule}")
        elif parts.get("FREQ") not in _FREQUENCIES:
            errors.append(f"rrule parsing failed validation: invalid 'FREQ': {parts.get('FREQ')}")
        if "COUNT" in parts and "UNTIL" in parts:
            errors.append(f"RRULE may not contain both COUNT and UNTIL: RRULE:{rule}")
        if int(parts.get("COUNT", "0")) > 999:
            errors.append(f"COUNT > 999 is unsupported: RRULE:{rule}")
    if errors:
        raise wrong("rrule", *errors)


def survey(spec: Any) -> None:
    """What a survey may be; JobTemplateSurveySpec._validate_spec_data. Raises Refused."""
    for name, kind in {"name": str, "description": str, "spec": list}.items():
        if name not in spec:
            raise Refused(400, {"error": f"Field '{name}' is missing from survey spec."})
        if not isinstance(spec[name], kind):
            raise Refused(
                400,
                {"error": f"Expected {kind.__name__} for field '{name}', received {type(spec[name]).__name__} type."},
            )
    if not spec["spec"]:
        raise Refused(400, {"error": "'spec' doesn't contain any items."})
    seen: set[str] = set()
    for index, question in enumerate(spec["spec"]):
        _question(index, question, seen)
        seen.add(question["variable"])


def _question(index: int, question: Any, seen: set[str]) -> None:
    def refuse(words: str) -> Refused:
        return Refused(400, {"error": words})

    if not isinstance(question, dict):
        raise refuse(f"Survey question {index} is not a json object.")
    for name in ("type", "question_name", "variable", "required"):
        kind, label = (bool, "boolean") if name == "required" else (str, "string")
        if name not in question:
            raise refuse(f"'{name}' missing from survey question {index}")
        if not isinstance(question[name], kind):
            raise refuse(f"'{name}' in survey question {index} expected to be {label}.")
    unknown = sorted(set(question) - _SURVEY_KEYS)
    if unknown:
        raise refuse(f"survey question {index} has unknown keys {', '.join(unknown)}")
    if question["variable"] in seen:
        raise refuse(f"'variable' '{question['variable']}' duplicated in survey question {index}.")
    if not _VARIABLE.fullmatch(question["variable"]):
        raise refuse(f"'{question['variable']}' in survey question {index} is no name for a variable.")
    if question["type"] not in _SURVEY_TYPES:
        raise refuse(f"'{question['type']}' in survey question {index} is not one of the allowed question types.")
    for limit in ("min", "max"):
        if question.get(limit) is not None and (
            isinstance(question[limit], bool) or not isinstance(question[limit], int)
        ):
            raise refuse(f"The {limit} limit in survey question {index} expected to be integer.")
    if question["type"] in ("multiplechoice", "multiselect") and "choices" not in question:
        raise refuse(f"Survey question {index} of type {question['type']} must specify choices.")
    if question.get("default") not in (None, ""):
        words = answer_refused(question, question["default"])
        if words:
            raise refuse(f"Default of survey question {index}: {words}")


def answer_refused(question: dict[str, Any], answer: Any) -> str:
    """Why a question does not take this answer, or an empty text; SurveyJobTemplateMixin._survey_element_validation."""
    name = question["variable"]
    if isinstance(answer, bool) or not isinstance(answer, _SURVEY_TYPES[question["type"]]):  # type: ignore[arg-type]
        return f"Value {answer!r} for '{name}' is not of the type of a {question['type']}."
    if question["type"] in ("text", "textarea", "password"):
        size, what = len(answer), "length"
    elif question["type"] in ("integer", "float"):
        size, what = answer, "value"
    elif question["type"] == "multiplechoice":
        return (
            ""
            if answer in question["choices"]
            else f"Value {answer} for '{name}' expected to be one of {question['choices']}."
        )
    else:
        return ""
    if question.get("min") is not None and size < question["min"]:
        return f"'{name}' {what} {size} is too small (must be at least {question['min']})."
    if question.get("max") is not None and size > question["max"]:
        return f"'{name}' {what} {size} is too large (must be no more than {question['max']})."
    return ""


def credential_type(kind: str, inputs: dict[str, Any], injectors: dict[str, Any]) -> None:
    """What a custom type may be; CredentialTypeSerializer and the two fields' own validators. Raises Refused."""
    if kind not in ("cloud", "net"):
        raise wrong("kind", f"Must be 'cloud' or 'net', not {kind}")
    ids = []
    for number, one in enumerate(inputs.get("fields", [])):
        unknown = set(one) - {"id", "label", "type", "secret", "multiline", "format", "choices", "help_text", "default"}
        if unknown or not {"id", "label"} <= set(one) or one.get("type", "string") not in ("string", "boolean"):
            raise wrong("inputs", f"Schema validation error in relative path fields.{number}")
        if not _VARIABLE.fullmatch(one["id"]) or one["id"] == "tower" or one["id"] in ids:
            raise wrong("inputs", f"{one['id']} is an invalid variable name")
        ids.append(one["id"])
    if set(inputs) - {"fields", "required"} or set(inputs.get("required", [])) - set(ids):
        raise wrong("inputs", "Schema validation error in relative path required")
    if set(injectors) - {"file", "env", "extra_vars"}:
        raise wrong("injectors", "Additional properties are not allowed")
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for where, entries in injectors.items():
        for name, template in entries.items():
            if where == "env" and (name.startswith("ANSIBLE_") or not _VARIABLE.fullmatch(name)):
                raise wrong(
                    "injectors",
                    f"Environment variable {name} may affect Ansible configuration so its use is not allowed in credentials.",
                )
            if not isinstance(template, str):
                raise wrong("injectors", f"{where}.{name}: {template!r} is not of type 'string'")
            try:
                environment.from_string(template).render(dict.fromkeys(ids, "EXAMPLE"))
            except UndefinedError as error:
                raise wrong("injectors", f"{name} uses an undefined field ({error})") from None
            except TemplateSyntaxError as error:
                raise wrong(
                    "injectors", f"Syntax error rendering template for {name} inside of {where} ({error})"
                ) from None


def inputs(values: dict[str, Any], type_: dict[str, Any]) -> None:
    """What may be typed into a credential of a type. Raises Refused."""
    known = {one["id"]: one for one in type_["inputs"].get("fields", [])}
    for name, value in values.items():
        if name not in known:
            raise Refused(400, {"inputs": [f"Additional properties are not allowed ('{name}' was unexpected)"]})
        if not isinstance(value, bool if known[name].get("type") == "boolean" else str):
            raise Refused(400, {"inputs": {name: [f"{type(value).__name__} provided, string expected."]}})
        if (
            known[name].get("format") == "ssh_private_key"
            and value != ENCRYPTED
            and "PRIVATE KEY-----" not in str(value)
        ):
            raise Refused(400, {"inputs": {name: ["Invalid certificate or key."]}})
    for name in type_["inputs"].get("required", []):
        if not values.get(name):
            raise Refused(400, {"inputs": {name: [f"required for {type_['name']}"]}})
