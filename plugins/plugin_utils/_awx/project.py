# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project is what git has: a login that is no longer named is taken from it, and its last update succeeded."""

from .api import ACTIVE, AwxError, wait, words


def fetched(site, wanted, timeout, clock):
    """What was done, a list of sentences. Raises AwxError."""
    done = []
    for which, login in (("project", "scm_credential"), ("environment", "image_credential")):
        thing = site.required(which)
        if thing.get("credential") and not wanted[login]:
            done.append("takes the credential from the %s" % site.called(which))
            if not wanted["check"]:
                site.api.patch(thing["url"], credential=None)
                site.forget(which)
    project = site.required("project")
    if project["status"] == "successful":
        return done
    number = _running(project)
    if number is None:
        done.append("updates the %s, whose last update is: %s" % (site.called("project"), project["status"] or "none"))
        if not wanted["check"]:
            number = site.api.post("projects/%d/update/" % project["id"]).get("project_update")
            if number is None:
                raise AwxError("AWX started no update of the %s; look at it there." % site.called("project"))
    if number is not None and not wanted["check"]:
        _end(site, number, timeout, clock)
    return done


def _running(project):
    summary = project.get("summary_fields", {})
    current = summary.get("current_update") or summary.get("current_job") or {}
    return current.get("id") if project["status"] in ACTIVE else None


def _end(site, number, timeout, clock):
    def look():
        update = site.api.get("project_updates/%d/" % number)
        # What it failed at is in its events, which come a little later.
        told = update["status"] == "successful" or update.get("event_processing_finished", True)
        return update if told and update["status"] not in ACTIVE else None

    update = wait(look, timeout, clock)
    if update is None:
        raise AwxError(
            "The update %d of the %s did not end in %d s; see what keeps it, or give more in zbs_awx_timeout."
            % (number, site.called("project"), timeout)
        )
    if update["status"] != "successful":
        raise AwxError(
            "The update %d of the %s ended as %s, so no template can be launched: %s. See to the git server, zbs_awx_scm_url and "
            "zbs_awx_scm_branch, and run the setup again."
            % (number, site.called("project"), update["status"], reason(site.api, update).rstrip("."))
        )
    site.forget("project")


def reason(api, update):
    """Why an update failed, in its own words."""
    failed = api.every("project_updates/%d/events/" % update["id"], event="runner_on_failed")
    told = [one.get("event_data") or {} for one in failed]
    told = [one.get("res") or {} for one in told if not one.get("ignore_errors")]
    for said in [*(one.get("msg") or one.get("stderr") for one in told), update.get("job_explanation")]:
        if said:
            return words(said)
    last = (update.get("result_traceback") or "").strip().splitlines()
    return words(last[-1]) if last else "AWX gives no reason; see the update's output there."
