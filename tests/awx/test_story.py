"""A site's life in AWX with the oldest and the newest awx.awx that is allowed: set up, changed, given up in parts, removed."""

import re

import pytest
from awx_site import FEW, ROOT, URL

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
