"""The pure parts of the inventory plugin."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import answer as zstack_answer
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import (
    cloud,
    hosts,
    manager,
    select,
    session,
    sign,
    times,
    url,
)
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import query as zstack_query


@pytest.mark.parametrize(
    "text, address, context",
    [
        ("http://10.0.0.2:8080", "http://10.0.0.2:8080", "/zstack"),
        ("http://10.0.0.2:8080/", "http://10.0.0.2:8080", "/zstack"),
        ("http://10.0.0.2:8080/zstack/", "http://10.0.0.2:8080", "/zstack"),
        ("http://10.0.0.2:8080/zstack/v1", "http://10.0.0.2:8080", "/zstack"),
        ("https://mn.example.com/behind/zstack", "https://mn.example.com", "/behind/zstack"),
        ("http://[fd00::2]:8080", "http://[fd00::2]:8080", "/zstack"),
    ],
)
def test_addresses(text, address, context):
    assert url.parse_url(text) == (address, context)


@pytest.mark.parametrize(
    "text",
    ["", None, "10.0.0.2", "ftp://a", "http://", "http://a:x", "http://a?b=c", "http://u:geheim@a", "u:geheim@a"],
)
def test_addresses_that_are_none(text):
    with pytest.raises(ZbsError) as caught:
        url.parse_url(text)
    assert "geheim" not in caught.value.message


def test_a_signature_of_known_parts():
    # openssl: printf 'GET\nMon, 02 Jan 2006 15:04:05 PRC\n/v1/hosts' | openssl dgst -sha1 -hmac secret -binary | base64
    assert sign.date(1136185445) == "Mon, 02 Jan 2006 15:04:05 PRC"
    made = sign.signature("secret", "GET", "Mon, 02 Jan 2006 15:04:05 PRC", "/v1/hosts")
    assert made == "e7FAqA6W1BY+f6I0hrWe500m4q4="
    headers = sign.of_access_key("key", "secret", clock=lambda: 1136185445)("GET", "/v1/hosts")
    assert headers == {"Date": "Mon, 02 Jan 2006 15:04:05 PRC", "Authorization": "ZStack key:" + made}


def test_a_password_is_hashed():
    assert sign.password_hash("password").startswith("b109f3bbbc244eb82441917ed06d618b9008dd09b3befd1b5e07394c")


@pytest.mark.parametrize(
    "text, zone, since",
    [
        ("Oct 30, 2017 1:50:00 PM", "UTC", "2017-10-30T13:50:00Z"),
        ("Oct 30, 2017 12:00:01 AM", "UTC", "2017-10-30T00:00:01Z"),
        ("Oct 30, 2017 12:00:01 PM", "+08:00", "2017-10-30T04:00:01Z"),
        ("Oct 30, 2017, 1:50:00\u202fPM", "Asia/Shanghai", "2017-10-30T05:50:00Z"),
        ("2017-10-30 13:50:00", "UTC", "2017-10-30T13:50:00Z"),
        ("2017-10-30T13:50:00.5+08:00", None, "2017-10-30T05:50:00Z"),
        ("Oct 30, 2017 1:50:00 PM", None, None),
        ("Feb 31, 2017 1:50:00 PM", "UTC", None),
        ("2017-10-30T13:50:00+99:00", None, None),
        ("0001-01-01T00:00:00+01:00", None, None),
        ("9999-12-31T23:59:59-01:00", None, None),
        ("Jan 1, 0001 1:00:00 AM", "+08:00", None),
        ("2017-10-30T99:50:00Z", None, None),
        ("yesterday", "UTC", None),
        (None, "UTC", None),
    ],
)
def test_the_managers_times(text, zone, since):
    assert times.since(text, times.zone(zone)) == since


@pytest.mark.parametrize("text", ["Mars/Olympus", "+99:00", "../../etc/passwd"])
def test_time_zones_that_are_none(text):
    with pytest.raises(ZbsError):
        times.zone(text)


@pytest.mark.parametrize(
    "status, text, code",
    [
        (500, '{"error": {"code": "SYS.1", "details": "boom"}}', "manager_failed"),
        (401, "", "login_refused"),
        (403, "<html>", "login_refused"),
        (404, "no api mapping", "not_found"),
        (301, "", "redirect"),
        (200, "[]", "not_json"),
        (200, "<html>", "not_json"),
        (418, "x" * 5000, "manager_failed"),
        (500, '{"error": {"code": "SYS.1", "details": "%s"}}' % ("x" * 10**6), "manager_failed"),
        (500, '{"error": {"code": ["%s"], "details": {"a": 1}}}' % ("x" * 10**6), "manager_failed"),
        (500, '{"error": [1]}', "manager_failed"),
        (200, "[" * 100000, "too_large"),
        (200, '{"a": ' * 900 + "1" + "}" * 900, "too_large"),
        (200, '{"inventories": [%s]}' % ("1," * 500000 + "1"), "too_large"),
        (200, '{"total": %s}' % ("9" * 5000), "too_large"),
        (200, '{"total": NaN}', "too_large"),
    ],
)
def test_answers_that_are_errors(status, text, code):
    with pytest.raises(ZbsError) as caught:
        zstack_answer.read_answer(status, text, None, "http://mn/zstack/v1/hosts")
    assert caught.value.code == code and len(caught.value.message) < 1200


def test_a_503_may_pass_but_not_when_it_is_about_the_login():
    with pytest.raises(zstack_answer.Again):
        zstack_answer.read_answer(503, '{"error": {"code": "SYS.1", "details": "busy"}}', None, "mn")
    with pytest.raises(ZbsError):
        zstack_answer.read_answer(503, '{"error": {"code": "ID.1001", "details": "expired"}}', None, "mn")


@pytest.mark.parametrize(
    "answer", [{}, {"inventories": []}, {"inventories": [1], "total": 1}, {"inventories": [], "total": True}]
)
def test_answers_that_are_no_query(answer):
    with pytest.raises(ZbsError):
        zstack_query.rows(lambda _path, _query: answer, "/v1/hosts", ("uuid",))


def test_a_page_that_never_comes_ends():
    with pytest.raises(ZbsError) as caught:
        zstack_query.rows(lambda _path, _query: {"inventories": [], "total": 5}, "/v1/hosts", ("uuid",))
    assert caught.value.code == "changing"


@pytest.mark.parametrize(
    "expression, wanted",
    [
        (None, True),
        ("host.cpus", True),
        ("host.none", False),
        ("storages", False),
        ("host.zero", True),
        ("!host", False),
    ],
)
def test_jmespaths_own_truth(expression, wanted):
    document = {"host": {"name": "h", "cpus": 4, "zero": 0}, "storages": []}
    assert select.compiled(expression)(document) is wanted


def test_an_expression_that_fails_on_a_host_names_it():
    with pytest.raises(ZbsError) as caught:
        select.compiled("length(host.cpus)")({"host": {"name": "h1", "cpus": 4}})
    assert "h1" in caught.value.message and "\n" not in caught.value.message


def document(number, name, address="10.0.0.%d"):
    return {"host": {"uuid": "u%d" % number, "name": name, "managementIp": address % number if address else None}}


def test_names_are_given_once():
    chosen = [document(1, "a"), document(2, "b"), document(3, "b"), document(4, "c d"), document(5, "10.0.0.2")]
    found, twice = hosts.names(chosen, ["name", "management_ip"])
    assert found == ["a", "u2", "10.0.0.3", "10.0.0.4", "10.0.0.2"] and twice == ["10.0.0.2", "b"]


@pytest.mark.parametrize("name", ["all", "localhost", "Localhost", "a,b", "h[1:3]", "{{ x }}", "", None, "!x", "grp"])
def test_names_that_ansible_takes_for_something_else(name):
    assert hosts.names([document(1, name, None)], ["name"], {"grp"})[0] == ["u1"]


def test_groups_of_one_name_are_two():
    rows = [{"uuid": "a" * 32, "name": "c-1"}, {"uuid": "b" * 32, "name": "c_1"}, {"uuid": "c" * 32, "name": "c2"}]
    found = hosts.group_names(rows, "cluster", lambda text: text.replace("-", "_"))
    assert sorted(found.values()) == ["zstack_cluster_c2", "zstack_cluster_c_1_aaaaaaaa", "zstack_cluster_c_1_bbbbbbbb"]


def test_a_row_without_its_key_is_no_row():
    with pytest.raises(ZbsError) as caught:
        zstack_query.rows(lambda _path, _query: {"inventories": [{"name": "x"}], "total": 1}, "/v1/hosts", ("uuid",))
    assert caught.value.code == "bad_row" and "without uuid" in caught.value.message


def test_a_row_that_comes_twice_is_a_manager_that_changes():
    def ask(_path, query):
        return {"inventories": [{"uuid": "same"}], "total": 2}

    with pytest.raises(ZbsError) as caught:
        zstack_query.rows(ask, "/v1/hosts", ("uuid",))
    assert caught.value.code == "changing"


@pytest.mark.parametrize("uuid", [None, "", "a b", "all"])
def test_a_host_whose_uuid_is_no_name_either(uuid):
    with pytest.raises(ZbsError) as caught:
        hosts.names([{"host": {"uuid": uuid, "name": None}}], ["name"])
    assert caught.value.code == "bad_row" and repr(uuid) in caught.value.message


def test_a_time_in_iso_without_a_zone_needs_the_managers():
    assert times.since("2017-10-30T13:50:00", None) is None
    assert times.since("2017-10-30T13:50:00", times.zone("+08:00")) == "2017-10-30T05:50:00Z"


@pytest.mark.parametrize("location", ["http://[x/v1/a", None, 7, ["/v1/x"], "", "http://mn/elsewhere"])
def test_an_action_that_can_not_be_followed(location):
    one = manager.Manager("http://mn")
    with pytest.raises(ZbsError) as caught:
        one._followed({"location": location}, sign.of_nobody)
    assert caught.value.code == "no_location"


@pytest.mark.parametrize("uuid", [None, 7, ["a"], "", "a b", "a\r\nX: y", "\u6f22\u5b57", "\u00b2"])
def test_a_session_that_can_not_stand_in_a_header_is_none(uuid):
    class Asked:
        name = "mn"

        def hide(self, _secret):
            pass

        def call(self, *_words, **_more):
            return {"inventory": {"uuid": uuid}}

    with pytest.raises(ZbsError) as caught, session.Session(Asked(), {"account": "a", "password": "p"}):
        pass
    assert caught.value.code == "no_session"


ZONE, CLUSTER, STORAGE, HOST = "z" * 32, "c" * 32, "s" * 32, "h" * 32
CLOUD = {
    "/v1/primary-storage": {"uuid": STORAGE, "name": "zbs1", "identity": "zbs", "attachedClusterUuids": [CLUSTER]},
    "/v1/clusters": {"uuid": CLUSTER, "name": "c1", "zoneUuid": ZONE},
    "/v1/zones": {"uuid": ZONE, "name": "z1"},
    "/v1/hosts": {"uuid": HOST, "name": "h1", "managementIp": "10.0.0.1", "clusterUuid": CLUSTER, "zoneUuid": ZONE},
    "/v1/external-primary-storage/host-protocol-refs": {
        "hostUuid": HOST,
        "primaryStorageUuid": STORAGE,
        "protocol": "Vhost",
    },
}


def read(path=None, **change):
    """The cloud of CLOUD with a row changed, as hosts of an inventory."""

    def ask(asked, _query):
        return {"inventories": [dict(CLOUD[asked], **(change if asked == path else {}))], "total": 1}

    found = cloud.read_cloud(ask)
    return [hosts.variables(document, "now", None, True) for document in hosts.documents(found)]


@pytest.mark.parametrize(
    "path, change",
    [
        (path, {name: value})
        for path, names in (
            ("/v1/primary-storage", ("uuid", "name", "identity", "attachedClusterUuids", "outputProtocols")),
            ("/v1/clusters", ("uuid", "name", "zoneUuid", "architecture")),
            ("/v1/zones", ("uuid", "name")),
            ("/v1/hosts", ("uuid", "clusterUuid", "zoneUuid", "managementIp", "sshPort", "cpuNum", "username")),
            (
                "/v1/external-primary-storage/host-protocol-refs",
                ("hostUuid", "primaryStorageUuid", "protocol", "lastOpDate"),
            ),
        )
        for name in names
        for value in ({"a": 1}, [["a"]], True, 1.5)
    ],
)
def test_a_field_of_another_kind_is_no_row(path, change):
    """A list that is asked for as a key, a number that is walked through: the whole cloud, or an error that names the field."""
    assert len(read()) == 1
    with pytest.raises(ZbsError) as caught:
        read(path, **change)
    assert caught.value.code == "bad_row" and path in caught.value.message
    assert str(next(iter(change))) in caught.value.message


def test_a_row_of_a_storage_that_was_not_asked_for_is_left_out():
    path = "/v1/external-primary-storage/host-protocol-refs"
    assert read()[0]["zstack_protocols"][0]["storage"] == "zbs1"
    assert read(path, primaryStorageUuid="x")[0]["zstack_protocols"] == []


def test_names_of_many_groups_are_not_compared_with_each_other():
    rows = [{"uuid": "%032x" % number, "name": "c%d" % number} for number in range(100000)]
    before = time.process_time()
    assert len(hosts.group_names(rows, "cluster", str)) == 100000
    assert time.process_time() - before < 5
