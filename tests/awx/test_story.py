"""A site's life in AWX with the oldest and the newest awx.awx that is allowed: set up, changed, given up in parts, removed."""

import json
import re

import pytest
from awx_site import FEW, ROOT, SITE, URL

from lab.controller import server

COLLECTIONS = {"oldest": [".cache/awx-oldest", ".cache/collections"], "newest": [".cache/collections"]}
KVM = [{"name": "kvm%d" % number, "address": "10.0.0.1%d" % number} for number in (1, 2)]


def changed(done):
    assert done.returncode == 0, done.said[-3000:]
    return int(re.search(r"changed=(\d+) ", done.stdout).group(1))


@pytest.mark.parametrize("which", COLLECTIONS)
def test_a_site_is_set_up_given_up_in_parts_and_removed(play, which):
    path = ":".join(str(ROOT / folder) for folder in COLLECTIONS[which])
    with server.Standin({URL: ROOT}) as fresh:
        store = fresh.store
        for name, kind in (("git", "Source Control"), ("registry", "Container Registry")):
            type_ = store.named("credential_types", kind)["id"]
            store.create("credentials", {"name": name, "organization": 1, "credential_type": type_})
        untouched = {table: set(things) for table, things in store.tables.items()}

        def run(playbook, *words, **variables):
            return changed(play(fresh, playbook, *words, variables=variables, ANSIBLE_COLLECTIONS_PATH=path))

        whole = {"zbs_awx_hosts": KVM, "zbs_awx_scm_credential": "git", "zbs_awx_image_credential": "registry"}
        assert run("setup", **whole) > 10
        before = store.dump()
        assert run("setup", **whole) == 0 and store.dump() == before
        assert run("setup", "--check", **whole) == 0

        # What people add.
        inventory = store.named("inventories", "ZBS hosts")["id"]
        mine = store.create("hosts", {"name": "mine", "inventory": inventory})["id"]
        group = store.named("groups", "zbs_vhost")["id"]
        store.associate("groups", group, "hosts", {"id": mine})

        fewer = {**FEW, "zbs_awx_hosts": KVM[:1]}
        before = store.dump()
        told = run("setup", "--check", **fewer)
        assert told > 0 and store.dump() == before
        assert run("setup", **fewer) == told
        assert run("setup", **fewer) == 0
        project = store.named("projects", "ZBS project")
        environment = store.named("execution_environments", "ZBS execution environment")
        assert project["credential"] is None and environment["credential"] is None
        assert sorted(one["name"] for one in store.tables["hosts"].values()) == ["kvm1", "mds1", "mine"]
        assert sorted(store.linked("groups", group, "hosts")) == sorted([store.named("hosts", "kvm1")["id"], mine])
        assert not store.tables["inventory_sources"] and len(store.tables["schedules"]) == 1
        assert sorted(one["name"] for one in store.tables["credentials"].values()) == ["ZBS hosts", "git", "registry"]

        assert run("remove") == 1 and run("remove") == 0
        assert {table: set(things) for table, things in store.tables.items()} == untouched


def test_the_node_part_comes_and_goes_by_its_switch(play):
    """With a token and without, off again with the token still given, and not while a job of it runs."""
    with server.Standin({URL: ROOT}) as fresh:
        store = fresh.store

        def run(playbook="setup", *words, **variables):
            return changed(play(fresh, playbook, *words, variables={**FEW, **variables}))

        def called(table):
            return {one["name"] for one in store.tables[table].values()}

        run()
        without = {table: set(things) for table, things in store.tables.items()}
        assert run(zbs_awx_node=True) == 2  # the template, the inventory's variable
        assert "ZBS node" in called("job_templates") and "ZBS guard" not in called("credentials")

        told = {"zbs_awx_node": True, "zbs_awx_node_tell_token": "guard-T0ken"}
        told["zbs_awx_variables"] = {**SITE["zbs_awx_variables"], "zbs_vhost_heal_node": False}
        assert run(**told) == 4  # the inventory's variable, a type, a login, the templates
        assert run(**told) == 0
        guard = store.named("credentials", "ZBS guard")["id"]
        assert [
            one["name"]
            for number, one in sorted(store.tables["job_templates"].items())
            if guard in store.linked("job_templates", number, "credentials")
        ] == ["ZBS site", "ZBS node"]
        # The site's own word outranks what the switch says.
        assert json.loads(store.named("inventories", "ZBS hosts")["variables"])["zbs_vhost_heal_node"] is False

        off = {"zbs_awx_node_tell_token": "guard-T0ken"}
        store.jobs.start("job_templates", store.named("job_templates", "ZBS node")["id"], "running")
        before = store.dump()
        done = play(fresh, "setup", variables={**FEW, **off})
        assert done.returncode != 0 and "AWX has jobs of it: ZBS node (job 101, running)" in done.said
        assert store.dump() == before
        store.jobs.end()
        before = store.dump()
        done = play(fresh, "setup", "--check", "--diff", variables={**FEW, **off})
        assert changed(done) > 0 and store.dump() == before
        for words in ("template 'ZBS node'", "login 'ZBS guard'", "type of credentials 'ZBS guard login'"):
            assert "takes away the %s" % words in done.stdout
        assert run(**off) == changed(done) and run(**off) == 0
        assert {table: set(things) for table, things in store.tables.items()} == without
        assert json.loads(store.named("inventories", "ZBS hosts")["variables"]) == SITE["zbs_awx_variables"]
