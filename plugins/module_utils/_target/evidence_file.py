# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a target that is about to be replaced or did not come: one text for people, nothing secret in it.

Collecting never fails: what can't be had is a sentence in its place.
"""

import json
import os

from .._observe import pools
from .._observe.verdict import HEALED
from .._tools import host_docker, masking, outside
from .._tools.errors import ZbsError, system_words

# Docker is asked twice; the second question, the log, may take what the first left.
INSPECT_SHARE = 0.4
OCCASIONS = {
    "before_redeploy": "before the target is deployed again",
    "deploy_failed": "the deploy failed",
    "verify_failed": "the target was deployed and does not answer",
    "asked": "asked for",
}
# Answers of Docker after which no container is there whose log could be lost.
_NO_CONTAINER = ("missing", "no_docker")


class Request:
    """What to collect: see the options of zbs_vhost_evidence. `section_limit` is the most bytes of one section."""

    def __init__(self, container_name, occasion, observed=None, answer=None, error=None, earlier=None, secrets=()):
        self.container_name = container_name
        self.occasion = occasion
        self.observed = observed
        self.answer = answer
        self.error = error
        self.earlier = earlier
        self.secrets = list(secrets)
        self.log_lines = 400
        self.section_limit = 128 * 1024


def nothing_to_keep(request):
    """Why nothing has to be kept before a redeploy, None when something has: a sentence.

    A target that is not down is not replaced for being down; of a host without a container nothing gets lost.
    """
    if request.occasion != "before_redeploy" or request.observed is None:
        return None
    vhost = (request.observed.get("protocols") or {}).get("vhost") or {}
    if vhost.get("verdict") not in HEALED:
        return "the target is not down, so no evidence is needed"
    if vhost["verdict"] == "absent" and (request.observed.get("container") or {}).get("answer") in _NO_CONTAINER:
        return "there is no container %s to learn anything from" % request.container_name
    return None


def collect(request, deadline, now, root="/"):
    """The text of the evidence, every question inside `deadline`; never raises.

    now  the time for its first line
    """
    inspected, secrets, answered = _inspect(request, deadline.share(deadline.seconds * INSPECT_SHARE))
    log = _log(request, deadline) if answered else "not asked for: docker did not answer the inspect"
    sections = [
        ("error", request.error),
        ("health", _json(request.observed)),
        ("zbsadm", _json(request.answer)),
        ("docker container inspect %s" % request.container_name, inspected),
        ("hugepages", _memory(root)),
        ("docker logs --tail %d %s" % (request.log_lines, request.container_name), log),
    ]
    lines = ["zstack.zbs evidence, %s: %s" % (now, OCCASIONS[request.occasion])]
    if request.earlier:
        lines.append("earlier of the same attempt: %s" % request.earlier)
    parts = ["\n".join(lines) + "\n"]
    for title, text in sections:
        if text:
            # Masked whole before it is cut: a secret that is cut in two is found by nobody.
            text = masking.hide(text, request.secrets + secrets)
            parts.append("==== %s\n%s\n" % (title, _last(text, request.section_limit).rstrip("\n")))
    return "\n".join(parts)


def _inspect(request, deadline):
    """(text, values of variables that look like secrets, whether Docker answered)."""
    result, problem = _docker(["container", "inspect", request.container_name], deadline)
    if problem:
        return problem, [], False
    try:
        found, secrets = masking.without_environment(outside.loads(result.out))
    except ValueError:
        # Not shown as it is: who can't read it can't mask it either.
        return "docker container inspect did not answer with JSON", [], True
    if result.rc != 0 or not found:
        return "docker container inspect ended with status %s: %s" % (result.rc, result.sentence()), secrets, True
    return _json(found), secrets, True


def _log(request, deadline):
    result, problem = _docker(
        ["logs", "--timestamps", "--tail", str(request.log_lines), request.container_name], deadline
    )
    if problem:
        return problem
    # Two streams and one story: the timestamps, all of one width, put the lines back into their order.
    lines = sorted(result.out.splitlines() + result.err.splitlines())
    return "\n".join(lines) or "empty (docker logs ended with status %s)" % result.rc


def _docker(arguments, deadline):
    """(Result, None), or (None, why there is no answer)."""
    try:
        result = host_docker.run(["docker"] + arguments, deadline)
    except ZbsError as exc:
        return None, exc.message
    if result.timed_out:
        return None, "docker %s did not end within %.1f s" % (arguments[0], deadline.seconds)
    return result, None


def _memory(root):
    lines = [
        "pool of %(size_kib)d KiB pages: %(total)d, of these %(free)d free, of the free ones %(reserved)d reserved"
        % pool
        for pool in pools.read_pools(root)
    ]
    try:
        with open(os.path.join(root, "proc/meminfo"), encoding="ascii", errors="replace") as handle:
            lines += [line.strip() for line in handle if line.startswith(("Mem", "Huge"))]
    except OSError as exc:
        lines.append("/proc/meminfo can't be read (%s)" % system_words(exc))
    return "\n".join(lines)


def _json(data):
    return None if data is None else json.dumps(data, indent=2, sort_keys=True, default=str)


def _last(text, most):
    """At most the last `most` bytes of a text; what happened last matters most."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text
    return "(the first %d bytes are left out)\n%s" % (len(data) - most, data[-most:].decode("utf-8", "replace"))
