"""Names in events: hosts of one group of the inventory, and nobody else."""

import pytest
from zstack_zbs_events import names

INVENTORY = {
    "_meta": {
        "hostvars": {
            "kvm1": {"ansible_host": "10.0.0.11"},
            "kvm2": {"ansible_host": "fd00::12"},
            "kvm3": {},
            "kvm4": {"ansible_host": "10.0.0.14"},
            "kvm5": {"ansible_host": "10.0.0.14"},
            "mds1": {"ansible_host": "10.0.0.10"},
        }
    },
    "all": {"children": ["ungrouped", "zbs_vhost", "zbs_admin"]},
    "zbs_admin": {"hosts": ["mds1"]},
    "zbs_vhost": {"children": ["racks"], "hosts": ["kvm1"]},
    "racks": {"hosts": ["kvm2", "kvm3", "kvm4", "kvm5"], "children": ["zbs_vhost"]},
}


@pytest.fixture
def known():
    found, unfit = names.read(INVENTORY, "zbs_vhost")
    assert unfit == []
    return found


@pytest.mark.parametrize(
    "written, name",
    [
        ("kvm1", "kvm1"),
        ("kvm1:9100", "kvm1"),
        ("10.0.0.11", "kvm1"),
        ("10.0.0.11:9100", "kvm1"),
        ("fd00::12", "kvm2"),
        ("[fd00::12]", "kvm2"),
        ("[fd00::12]:9100", "kvm2"),
        ("kvm3", "kvm3"),
        ("10.0.0.14:9100", None),  # two hosts have it
        ("kvm4", "kvm4"),
        ("kvm9", None),
        ("mds1", None),  # not of the group
        ("10.0.0.10", None),
        ("KVM1", None),
        ("kvm1 ", None),
        ("kvm1:", None),
        ("kvm1:9100:1", None),
        ("kvm1:x", None),
        ("kvm", None),
        ("", None),
        ("None", None),
    ],
)
def test_a_name_an_address_a_port(known, written, name):
    assert known.find(written) == name


@pytest.mark.parametrize(
    "forged",
    [
        "all",
        "zbs_vhost",
        "racks",
        "ungrouped",
        "localhost",
        "*",
        "kvm*",
        "~kvm.",
        "!kvm1",
        "&racks",
        "kvm1,kvm2",
        "kvm1:kvm2",
        "kvm[1:2]",
        "zbs_vhost[0]",
        "@/etc/passwd",
        "-ekvm1",
        "--limit=all",
        "{{kvm1}}",
        "{{lookup('pipe','id')}}",
        "$(id)",
        "`id`",
        ";id",
        "|id",
        "kvm1\n",
        "kvm1\x00",
        "../kvm1",
    ],
)
def test_what_is_more_than_a_name_is_nobodys(known, forged):
    assert known.find(forged) is None


@pytest.mark.parametrize(
    "bad", ["kvm*", "~k", "!k", "&k", "a,b", "a:b", "a[1:2]", "@f", "-e", "{{ x }}", "a b", "a'", "zbs_admin", "all"]
)
def test_a_host_of_the_inventory_that_can_not_be_a_limit_is_told_and_never_named(bad):
    listed = dict(INVENTORY, zbs_vhost={"hosts": ["kvm1", bad]})
    found, unfit = names.read(listed, "zbs_vhost")
    assert (unfit, list(found.hosts), found.find(bad)) == ([bad], ["kvm1"], None)


@pytest.mark.parametrize(
    "listed, says",
    [
        ({}, "has no group zbs_vhost"),
        ([], "has no group zbs_vhost"),
        ({"zbs_vhost": []}, "has no group zbs_vhost"),
        ({"zbs_vhost": {"hosts": []}}, "has no hosts"),
        ({"zbs_vhost": {"children": ["gone"]}}, "has no hosts"),
    ],
)
def test_a_wrong_inventory_is_an_error(listed, says):
    with pytest.raises(ValueError, match=says):
        names.read(listed, "zbs_vhost")


@pytest.mark.parametrize("address", [None, "", 7, ["10.0.0.11"], {"a": 1}])
def test_an_address_that_is_none_is_left_out(address):
    found, _unfit = names.read({"g": {"hosts": ["k"]}, "_meta": {"hostvars": {"k": {"ansible_host": address}}}}, "g")
    assert found.hosts == {"k": None}
