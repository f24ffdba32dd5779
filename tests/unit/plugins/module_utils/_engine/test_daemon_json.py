"""What daemon.json says and is to say: parsing, merging, what an engine needs to take it over."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import daemon_json
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

PATH = "/etc/docker/daemon.json"
OPTIONS = {"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "3"}}


def merge(current, options=None, lists=None, flags=None, **more):
    return daemon_json.merge(current, OPTIONS if options is None else options, lists or {}, flags or {}, PATH, **more)


def refused(function, *arguments, **more):
    with pytest.raises(ZbsError) as caught:
        function(*arguments, **more)
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("text", ["", "  \n", "{}", '{"debug": true}'])
def test_an_object_or_nothing_is_a_file(text):
    assert daemon_json.parse(text, PATH) == ({"debug": True} if "debug" in text else {})


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"log-driver": ', "is not valid JSON"),
        ("[]", "holds a list instead of an object"),
        ("null", "holds null instead"),
        ("3", "holds a number instead"),
        ('"x"', "holds a string instead"),
        ("true", "holds true or false instead"),
        ('{"a": 1, "a": 2}', "has the key a twice"),
        ('{"log-opts": {"x": "1", "x": "2"}}', "has the key x twice"),
        ("[" * 100000, "is not valid JSON"),
        ('{"debug": true,}', "is not valid JSON"),
    ],
)
def test_anything_else_is_refused(text, words):
    error = refused(daemon_json.parse, text, PATH)
    assert error.code == "daemon_json" and words in error.message and PATH in error.message


def test_an_empty_file_gets_what_a_host_needs():
    assert merge({}) == dict(OPTIONS, **{"iptables": False, "live-restore": True})


def test_the_operator_wins_and_objects_are_filled_up():
    current = {"log-driver": "local", "log-opts": {"max-size": "10m"}, "data-root": "/data"}
    assert merge(current) == {
        "log-driver": "local",
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "data-root": "/data",
        "iptables": False,
        "live-restore": True,
    }
    assert current == {"log-driver": "local", "log-opts": {"max-size": "10m"}, "data-root": "/data"}


def test_lists_are_united_in_the_order_of_the_operator():
    merged = merge(
        {"insecure-registries": ["b:1", "a:1"], "labels": ["x=1"]},
        {"labels": ["y=2", "x=1"]},
        {"insecure-registries": ["a:1", "c:1"], "registry-mirrors": ["http://m"]},
    )
    assert merged["insecure-registries"] == ["b:1", "a:1", "c:1"]
    assert merged["registry-mirrors"] == ["http://m"]
    assert merged["labels"] == ["x=1", "y=2"]


def test_a_second_merge_changes_nothing():
    once = merge({"labels": ["x=1"]}, OPTIONS, {"insecure-registries": ["a:1"]})
    assert merge(once, OPTIONS, {"insecure-registries": ["a:1"]}) == once
    assert daemon_json.changes(once, once) == []


@pytest.mark.parametrize(
    "current, words",
    [
        ({"iptables": True}, "has iptables: true, but a VM host needs false"),
        ({"iptables": "false"}, 'has iptables: "false"'),
        ({"iptables": 0}, "has iptables: 0"),
        ({"live-restore": False}, "has live-restore: false, but a VM host needs true"),
        ({"live-restore": 1}, "has live-restore: 1"),
        ({"log-opts": "10m"}, "has a string under log-opts instead of an object"),
        ({"log-opts": []}, "has a list under log-opts"),
    ],
)
def test_what_contradicts_is_the_operator_s_to_mend(current, words):
    error = refused(merge, current)
    assert error.code == "daemon_json" and words in error.message


def test_a_text_where_a_list_belongs():
    error = refused(merge, {"insecure-registries": "a:1"}, {}, {"insecure-registries": ["b:1"]})
    assert "has a string under insecure-registries instead of a list" in error.message


@pytest.mark.parametrize("key", ["iptables", "live-restore", "labels", "insecure-registries", "default-ulimits"])
def test_a_key_in_both_places_is_refused(key):
    value = {"iptables": False, "live-restore": True}.get(key, ["x"])
    error = refused(merge, {key: value}, {}, {}, {key: ["x"]})
    assert error.code == "flag_conflict" and key in error.message


def test_the_key_that_dockerd_takes_from_both_places():
    assert merge({"runtimes": {}}, {}, {}, {"runtimes": ["x"]})["runtimes"] == {}


def test_what_a_flag_gives_is_not_written():
    flags = {
        "iptables": ["false"],
        "live-restore": ["true"],
        "log-driver": ["journald"],
        "insecure-registries": ["a:1"],
    }
    merged = merge({}, OPTIONS, {"insecure-registries": ["a:1"]}, flags)
    assert merged == {}


@pytest.mark.parametrize(
    "flags, words",
    [
        ({"iptables": ["true"]}, "has --iptables=true"),
        ({"iptables": ["false", "true"]}, "has --iptables=true"),
        ({"live-restore": ["false"]}, "has --live-restore=false"),
        ({"insecure-registries": ["b:1"]}, "move the flag's values"),
    ],
)
def test_a_flag_that_contradicts_is_refused(flags, words):
    error = refused(merge, {}, {}, {"insecure-registries": ["a:1"]}, flags)
    assert error.code == "flag_conflict" and words in error.message


def test_after_an_installation_a_required_key_leaves_the_file_for_the_unit_s_flag():
    flags = {"live-restore": ["true"]}
    merged = merge({"live-restore": True, "iptables": False}, {}, {}, flags, drop_flagged=True)
    assert merged == {"iptables": False}
    refused(merge, {"labels": ["x"]}, {}, {}, {"labels": ["y"]}, drop_flagged=True)
    refused(merge, {"iptables": False}, {}, {}, {"iptables": ["true"]}, drop_flagged=True)


def test_changes_say_what_an_engine_needs():
    found = daemon_json.changes(
        {"debug": True, "icc": False, "x": None}, {"icc": True, "live-restore": True, "x": None}
    )
    assert [item.as_dict() for item in found] == [
        {"key": "debug", "before": True, "after": None, "needs": "reload"},
        {"key": "icc", "before": False, "after": True, "needs": "restart"},
        {"key": "live-restore", "before": None, "after": True, "needs": "reload"},
    ]


def test_iptables_takes_a_restart():
    assert daemon_json.changes({}, {"iptables": False})[0].needs == "restart"


@pytest.mark.parametrize(
    "options", [{"iptables": True}, {"iptables": 0}, {"live-restore": False}, {"live-restore": "no"}]
)
def test_options_that_no_host_of_vms_may_have(options):
    assert refused(daemon_json.refuse_options, options).code == "bad_option"


def test_what_is_rendered_is_read_back():
    document = {"labels": ["größe=1"], "log-opts": {"max-size": "10m"}}
    text = daemon_json.render(document)
    assert daemon_json.parse(text, PATH) == document and text.endswith("}\n") and "größe" in text
