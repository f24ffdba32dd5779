# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole prepare: look, refuse what can't be, prepare or take back, report."""

from .._hugepages import operator_pages, options
from .._observe.settings import container_name
from .._tools.errors import ZbsError
from . import host, prepare, release, report


def wish_of(params):
    """The host.Wish in the parameters of zbs_vhost_prepare; ZbsError `bad_option` for what can't be."""
    options.check_count(params, "keep_free")
    present = params["state"] == "present"
    return host.Wish(
        compact=params["compact"] == "when_short",
        docker=params["docker"] if present else "ignore",
        hugepages=params["hugepages"] == "require",
        container_name=container_name(params),
        admin_socket=params["admin_socket"],
        keep_free=params["keep_free"],
        present=present,
        **options.parse(params),
    )


def run(params, check_mode):
    """The result of zbs_vhost_prepare. ZbsError `not_ready` where something is missing and params["best_effort"] is false."""
    wish = wish_of(params)
    before = host.look(wish)
    kept = []
    if wish.present:
        if wish.hugepages:
            host.refuse_bad(wish, before)
        after, actions, missing, warnings = prepare.prepare(wish, before, check_mode)
    else:
        after, actions, missing, kept, warnings = release.release(wish, before, check_mode)
    result = report.report(params["hugepage_size"], wish, before, after)
    result["operator_entries"] = (
        operator_pages.find(wish.page_kib, wish.root, after.guests.page_kib) if wish.hugepages else []
    )
    result.update(changed=bool(actions), actions=actions, missing=missing, kept=kept, ready=not missing)
    sentences = ["%(what)s: %(detail)s; %(remedy)s" % item for item in missing]
    if missing and not params["best_effort"]:
        unfit = "the host is not fit for a target" if wish.present else "not everything could be taken back"
        raise ZbsError("%s: %s" % (unfit, "; ".join(sentences)), "not_ready", result)
    return dict(result, warn=sentences + warnings)


# What a deploy has prepared before it: pages and mount for the target and nothing for guests, its engine running, and what is short told.
_FOR_A_DEPLOY = {
    "state": "present",
    "keep_free": 0,
    "guest_memory": "0",
    "hugepages": "require",
    "docker": "require",
    "best_effort": True,
}


def for_a_deploy(params):
    """The parameters of the prepare that comes before a deploy: `params` with what it is never asked. `compact` is for one that acts."""
    return dict({"compact": "when_short"}, **dict(params, **_FOR_A_DEPLOY))
