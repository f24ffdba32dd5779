"""Out of AWX again, and nothing else."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import remove
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import (
    NAMES,
    SECRET,
    Clock,
    rights,
)


def take(controller, api=None, organization="Default", check=False, wait_for_jobs=0, timeout=30, clock=None):
    wanted = {"organization": organization, "check": check, "wait_for_jobs": wait_for_jobs}
    return remove.removed(controller.site(api, organization), wanted, timeout, clock or Clock())


def refused(controller, *words, **more):
    before = controller.store.dump()
    with pytest.raises(AwxError) as error:
        take(controller, *words, **more)
    assert controller.store.dump() == before
    return str(error.value)


def test_all_of_it_goes(controller):
    before = {table: set(things) for table, things in controller.store.tables.items()}
    controller.set_up()
    said = take(controller, check=True)
    assert controller.writes() == [] and len(said["done"]) == 15
    assert take(controller) == said
    assert {table: set(things) for table, things in controller.store.tables.items()} == before
    assert take(controller) == {"done": [], "left": []}


def test_the_node_part_goes_too(controller):
    before = {table: set(things) for table, things in controller.store.tables.items()}
    made = controller.set_up(node=True)
    job = controller.store.jobs.start("job_templates", made["node"]["id"], "running")
    assert "ZBS node (job %d, running)" % job["id"] in refused(controller)
    controller.store.jobs.end()
    said = take(controller)["done"]
    assert len(said) == 18 and said.index("takes away the login 'ZBS guard'") < said.index(
        "takes away the type of credentials 'ZBS guard login'"
    )
    assert {table: set(things) for table, things in controller.store.tables.items()} == before


def test_its_type_stays_where_people_use_it(controller):
    type_ = controller.set_up(node=True)["type_guard"]["id"]
    controller.api.post("credentials/", name="Mine", credential_type=type_, organization=1, inputs={"password": "x"})
    assert take(controller)["left"] == [
        "the type of credentials 'ZBS guard login' stays, for it is used by the credential 'Mine'"
    ]


def test_an_organization_that_is_none_is_told(controller):
    assert "AWX has no organization 'No' for you" in refused(controller, organization="No")


def test_nothing_goes_while_a_job_runs(controller):
    made = controller.set_up()
    jobs = controller.store.jobs
    jobs.start("job_templates", made["heal"]["id"], "running")
    words = refused(controller)
    assert words == (
        "Nothing is taken away while AWX has jobs of it: ZBS heal (job 101, running); let them end, cancel them, or give seconds to "
        "wait in zbs_awx_wait_for_jobs."
    )
    assert "ZBS heal (job 101, running)" in refused(controller, check=True)
    for _number in range(6):
        jobs.start("job_templates", made["heal"]["id"])
    assert "(job 105, pending) and 2 more; let them end" in refused(controller)
    jobs.end()
    assert take(controller)["done"]


def test_the_jobs_of_people_count_too(controller):
    made = controller.set_up()
    mine = controller.api.post(
        "job_templates/",
        name="Mine",
        project=made["project"]["id"],
        inventory=made["inventory"]["id"],
        playbook="playbooks/heal.yml",
    )
    controller.store.jobs.start("job_templates", mine["id"])
    assert "Mine (job 101, pending)" in refused(controller)


class Ending(Clock):
    """Ends the jobs after a while, and sees whether a schedule could start another one."""

    def __init__(self, controller, after):
        super().__init__()
        self.controller, self.after, self.seen = controller, after, []

    def sleep(self, seconds):
        super().sleep(seconds)
        self.seen.append(
            self.controller.store.named("schedules", NAMES["tick"])["enabled"]
            if NAMES["tick"] in self.controller.names("schedules")
            else None
        )
        if self.now >= self.after:
            self.controller.store.jobs.end()


def test_it_waits_for_them_on_request(controller):
    made = controller.set_up()
    controller.store.jobs.start("job_templates", made["heal"]["id"])
    clock = Ending(controller, 10)
    assert len(take(controller, wait_for_jobs=60, clock=clock)["done"]) == 15
    assert clock.seen[0] is False and clock.now >= 10
    assert controller.names("job_templates") == []


def test_but_not_for_ever_and_the_schedules_go_on(controller):
    made = controller.set_up()
    controller.store.jobs.start("job_templates", made["heal"]["id"])
    assert "ZBS heal (job 101, pending)" in refused(controller, wait_for_jobs=10, clock=Clock())
    assert controller.store.named("schedules", NAMES["tick"])["enabled"]


def test_nothing_of_another_organization_goes(controller):
    controller.set_up()
    controller.api.post("organizations/", name="Other")
    before = controller.store.dump()
    told = take(controller, organization="Other")
    assert told["done"] == [] and controller.store.dump() == before
    assert (
        told["left"][0]
        == "the type of credentials 'ZBS zbsadm login' stays, for it is used by the credential 'ZBS zbsadm'"
    )
    for which in ("zbsadm", "zstack"):
        controller.api.delete("credentials/%d/" % controller.store.named("credentials", NAMES[which])["id"])
    assert take(controller, organization="Other") == {
        "done": [],
        "left": [
            "the type of credentials 'ZBS %s login' stays, for it is another organization's" % which
            for which in ("zbsadm", "ZStack")
        ],
    }


def test_a_type_that_people_use_stays(controller):
    made = controller.set_up()
    controller.api.post(
        "credentials/", name="Mine", credential_type=made["type_zstack"]["id"], organization=1, inputs={"password": "x"}
    )
    told = take(controller)
    assert told["left"] == ["the type of credentials 'ZBS ZStack login' stays, for it is used by the credential 'Mine'"]
    assert NAMES["type_zstack"] in controller.names("credential_types")
    assert SECRET  # the secret stays its own


def test_rights_are_looked_at_first(controller):
    controller.set_up()
    chief = controller.user(rights.User("chief", 1))
    words = refused(controller, chief)
    assert words.startswith("You may not take away the execution environment 'ZBS execution environment', the type of")
    assert words.endswith("log in as an administrator of AWX for the removal.")


def test_again_while_awx_still_deletes(controller):
    made = controller.set_up()
    controller.store.deletion_lasts = 999
    told = take(controller, timeout=5)
    words = "AWX still deletes the inventory 'ZBS hosts'; a setup waits until that has ended"
    assert told["left"] == [words]
    again = take(controller, timeout=5)
    assert again == {"done": [], "left": [words]}
    controller.store._dying[made["inventory"]["id"]] = 3
    assert take(controller) == {"done": [], "left": []} and controller.names("inventories") == []
