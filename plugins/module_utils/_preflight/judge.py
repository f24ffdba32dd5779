# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a target can be deployed, judged before anything changes: a row a question. Pure; others collect.

A row: {"check", "ok": True, False or None (it can't be told), "detail", "remedy" (None where nothing is to do)}.
"""

from fnmatch import fnmatchcase

from .._engine import registry_names
from .._observe.client import CONFIGURATION
from .._tools.errors import ZbsError

# Checks that the host part takes from zbs_vhost_prepare, in its words for what is missing.
PREPARED = ("hugepages", "hugetlbfs", "docker")


def row(check, ok, detail, remedy=None):
    """One row of the report."""
    return {"check": check, "ok": ok, "detail": detail, "remedy": None if ok else remedy}


def check_rules(rules):
    """ZbsError `bad_option` unless every rule is {zbsadm: pattern, image: pattern}."""
    for rule in rules:
        if not isinstance(rule, dict) or set(rule) != {"zbsadm", "image"}:
            raise ZbsError(
                "compatibility has %r; give each entry zbsadm and image, two patterns" % (rule,), "bad_option"
            )
        if not all(isinstance(pattern, str) and pattern for pattern in rule.values()):
            raise ZbsError("compatibility has %r; its patterns must be texts such as '1.6.*'" % (rule,), "bad_option")


def judge_compatibility(version, image, labels, rules):
    """Whether the image fits zbsadm's version, by the operator's rules.

    labels  of the image where it is on the host, else {}; a rule may fit the whole name, the tag, or a version label
    """
    check = "compatibility"
    if not rules:
        return row(check, None, "no rule says which image fits which zbsadm", "set zbs_vhost_target_compatibility")
    if not version:
        return row(check, None, "the version of zbsadm is not known", "see the row zbsadm")
    if not image:
        return row(check, None, "no image is declared", "set zbs_vhost_target_image")
    mine = [rule for rule in rules if fnmatchcase(version, rule["zbsadm"])]
    if not mine:
        return row(check, None, "no rule covers zbsadm %s" % version, "add one to zbs_vhost_target_compatibility")
    names = [image, tag_of(image)] + sorted(value for key, value in labels.items() if "version" in key.lower())
    fits = [rule["image"] for rule in mine if any(name and fnmatchcase(name, rule["image"]) for name in names)]
    if fits:
        return row(check, True, "%s fits zbsadm %s by the rule %s" % (image, version, fits[0]))
    wanted = ", ".join(rule["image"] for rule in mine)
    return row(
        check,
        False,
        "%s does not fit zbsadm %s, which needs %s" % (image, version, wanted),
        "declare an image that fits, or bring zbsadm to the image's release",
    )


def judge_image(image, present, registry):
    """Whether the image can be had.

    present   True, False, or None where Docker could not be asked
    registry  (ok, sentence) of asking its registry; None where that was not needed
    """
    if not image:
        return row("image", None, "no image is declared", "set zbs_vhost_target_image")
    if present:
        return row("image", True, "%s is on the host" % image)
    where = "is not on the host" if present is False else "can't be looked for on the host, Docker does not answer"
    ok, sentence = registry
    detail = "%s %s; %s" % (image, where, sentence)
    return row("image", ok, detail, "make its registry reachable, or load the image with the role zbs_docker")


def judge_client(state, has_login):
    """Whether the ZBS client is configured on the host. That it is not stops no deploy: whether a target can do without it is not known.

    state      of _observe/client
    has_login  whether a login for `zbsadm client deploy` is given, with which the heal deploys the client itself
    """
    check = "client"
    if state == "present":
        return row(check, True, "%s is there" % CONFIGURATION)
    if state == "unknown":
        return row(check, None, "whether %s is there can't be told" % CONFIGURATION, "run as root")
    if state == "no_file":
        return row(
            check,
            None,
            "%s is not a file" % CONFIGURATION,
            "remove it (Docker makes a folder where a mount names a file that is missing), then run zbsadm client deploy",
        )
    if has_login:
        return row(
            check, True, "%s is missing; a heal deploys the client first, with the login that is given" % CONFIGURATION
        )
    return row(
        check,
        None,
        "%s is missing, so the target may not open a volume" % CONFIGURATION,
        "run zbsadm client deploy for this host on the admin node, or set zbs_vhost_heal_cbd_ssh_username and "
        "zbs_vhost_heal_cbd_ssh_password, with which a heal does it",
    )


def judge_prepared(prepared):
    """The rows of what a prepare, run in check mode, found missing or would do."""
    if not prepared or "missing" not in prepared:
        return [row(check, None, "the host was not checked", "run zbs_vhost_prepare") for check in PREPARED]
    missing = {item["what"]: item for item in prepared["missing"]}
    rows = []
    for check in PREPARED:
        found = missing.pop(check, None)
        if found:
            rows.append(row(check, False, found["detail"], found["remedy"]))
        else:
            rows.append(row(check, True, _provided(check, prepared.get("actions") or [])))
    # What a newer prepare knows to miss is not lost.
    return rows + [row(what, False, item["detail"], item["remedy"]) for what, item in sorted(missing.items())]


def _provided(check, actions):
    words = {"hugepages": "pool", "hugetlbfs": "mount", "docker": "docker"}[check]
    planned = [action for action in actions if words in action]
    return "will be provided: %s" % "; ".join(planned) if planned else "present"


def judge_cores(cpus, locks, pinned, truncated=False):
    """Whether the CPUs are free for the target.

    locks      {cpu: who} of SPDK's lock files that another process holds
    pinned     [(cpu, who)] of other processes that are bound to a part of the machine's CPUs which holds this one
    truncated  whether there was no time to look at every process
    """
    check, remedy = "cores", "declare other CPUs (zbs_vhost_target_cpuset), or move that process"
    if not cpus:
        return row(check, None, "no CPUs are declared and the topology names none", "set zbs_vhost_target_cpuset")
    busy = ["CPU %d is claimed by %s" % (cpu, locks[cpu]) for cpu in cpus if cpu in locks]
    busy += ["%s is bound to CPU %d" % (who, cpu) for cpu, who in pinned if cpu in cpus]
    if busy:
        more = " and %d more" % (len(busy) - 3) if len(busy) > 3 else ""
        return row(check, False, "; ".join(busy[:3]) + more, remedy)
    named = "[%s]" % ",".join(str(cpu) for cpu in cpus)
    if truncated:
        return row(check, None, "not every process could be checked for the CPUs %s" % named, "try again")
    return row(check, True, "no other process is bound to the CPUs %s" % named)


def tag_of(image):
    """The tag of an image's name, None where it has none (a digest is no tag)."""
    name = image.split("@", 1)[0].rsplit("/", 1)[-1]
    return name.split(":", 1)[1] if ":" in name else None


def registry_of(image):
    """Host (and port) of the registry of an image's name, as Docker reads it."""
    return registry_names.host_of(registry_names.registry_of(image))


def lines(rows):
    """The report for people, one line a row."""
    words = {True: "ok", False: "NO", None: "?"}
    wide = max([len(item["check"]) for item in rows] or [0])
    return [
        "%-2s  %-*s  %s%s" % (words[item["ok"]], wide, item["check"], item["detail"], _behind(item["remedy"]))
        for item in rows
    ]


def _behind(remedy):
    return " -> %s" % remedy if remedy else ""


def failing(rows):
    """Sentences of what is not fit; what can't be told is none."""
    return [
        "%s: %s%s" % (item["check"], item["detail"], "; " + item["remedy"] if item["remedy"] else "")
        for item in rows
        if item["ok"] is False
    ]
