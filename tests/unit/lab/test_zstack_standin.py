"""The stand-in of the manager is as strict as the real one."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from lab.settings import from_environment
from lab.zstack import cloud, logins, site
from lab.zstack.faults import Faults
from lab.zstack.server import Standin


@pytest.fixture
def manager():
    with Standin(cloud.generate(70)) as standin:
        yield standin


def call(standin, method, path, body=None, query=(), **headers):
    """(status, document or text) of a request made without any code of the collection."""
    address = standin.url + path + ("?" + urllib.parse.urlencode(list(query)) if query else "")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    return status, json.loads(text) if text.startswith("{") else text


def log_in(standin, **more):
    hashed = hashlib.sha512(logins.PASSWORD.encode()).hexdigest()
    names = {"accountName": logins.ACCOUNT, "password": hashed, **more}
    return call(standin, "PUT", "/v1/accounts/login", {"logInByAccount": names})


@pytest.fixture
def session(manager):
    _status, document = log_in(manager)
    return {"Authorization": "OAuth " + document["inventory"]["uuid"]}


def hosts(manager, session, *query):
    return call(manager, "GET", "/v1/hosts", query=query, **session)


def test_a_session_opens_and_closes_and_is_counted(manager, session):
    assert (manager.logins.opened, manager.logins.open) == (1, 1)
    path = "/v1/accounts/sessions/" + session["Authorization"].split()[1]
    assert call(manager, "DELETE", path, **session) == (200, {})
    assert (manager.logins.closed, manager.logins.open) == (1, 0)
    status, document = hosts(manager, session)
    assert (status, document["error"]["code"]) == (503, "ID.1001")


@pytest.mark.parametrize("more", [{"accountName": "x"}, {"password": logins.PASSWORD}, {"password": "ABC"}])
def test_a_wrong_login(manager, more):
    status, document = log_in(manager, **more)
    assert (status, document["error"]["code"], manager.logins.opened) == (503, "ID.1000", 0)


def test_too_many_sessions(manager):
    manager.logins.most = 1
    assert log_in(manager)[0] == 200
    assert log_in(manager)[1]["error"]["code"] == "ID.1006"


@pytest.mark.parametrize("value, words", [(None, "missing header"), ("Basic x", "must be"), ("OAuth x", "Session")])
def test_nobody_gets_in_without_a_login(manager, value, words):
    headers = {} if value is None else {"Authorization": value}
    status, answered = hosts(manager, headers)
    assert status in (400, 503) and words in str(answered)


def signed(method="GET", uri="/v1/hosts", secret=logins.KEY_SECRET, ago=0, date=None):
    date = date or time.strftime("%a, %d %b %Y %H:%M:%S PRC", time.gmtime(time.time() + 8 * 3600 - ago))
    made = hmac.new(secret.encode(), f"{method}\n{date}\n{uri}".encode(), hashlib.sha1).digest()
    return {"Date": date, "Authorization": f"ZStack {logins.KEY_ID}:{base64.b64encode(made).decode()}"}


def test_a_signature_lets_in(manager):
    assert hosts(manager, signed())[0] == 200 and manager.logins.signed == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "other"},
        {"method": "PUT"},
        {"uri": "/zstack/v1/hosts"},
        {"uri": "/v1/hosts?limit=1"},
        {"ago": 3600},
        {"date": "2026-11-20T12:00:00Z"},
    ],
)
def test_a_signature_over_anything_else_does_not(manager, wrong):
    status, document = hosts(manager, signed(**wrong))
    assert (status, document["error"]["code"]) == (503, "ID.1000")


@pytest.mark.parametrize(
    "condition, count",
    [
        ("name=kvm0001", 1),
        ("name!=kvm0001", 70),
        ("name~=kvm000%", 9),
        ("name?=kvm0001,kvm0002,nobody", 2),
        ("name!?=kvm0001,kvm0002", 69),
        ("cpuNum>63", 71),
        ("cpuNum<=63", 0),
        ("description is null", 71),
    ],
)
def test_conditions(manager, session, condition, count):
    _status, document = hosts(manager, session, ("q", condition), ("replyWithCount", "true"))
    assert document["total"] == len(document["inventories"]) == count


def test_pages_in_order_and_fields(manager, session):
    found = []
    for start in range(0, 80, 20):
        query = (("sort", "-name"), ("start", start), ("limit", 20), ("fields", "name,uuid"))
        found += hosts(manager, session, *query)[1]["inventories"]
    names = [row["name"] for row in found]
    assert len(names) == 71 and names == sorted(names, reverse=True) and sorted(found[0]) == ["name", "uuid"]
    assert hosts(manager, session, ("count", "true"))[1] == {"total": 71}


@pytest.mark.parametrize(
    "query, status",
    [
        (("q", "password=x"), 503),
        (("q", "name"), 400),
        (("sort", "+nothing"), 503),
        (("fields", "password"), 503),
        (("limit", "many"), 400),
        (("page", "2"), 400),
    ],
)
def test_what_a_query_can_not_be(manager, session, query, status):
    assert hosts(manager, session, query)[0] == status


def test_paths_and_methods(manager, session):
    assert call(manager, "GET", "/v1/nothing", **session)[0] == 404
    assert call(manager, "PUT", "/v1/hosts", {}, **session)[0] == 405
    assert call(manager, "PUT", "/v1/accounts/login", {"other": {}})[0] == 400


def test_a_job_is_done_later(manager, session):
    manager.faults.switch_on("later", "/v1/hosts")
    status, document = hosts(manager, session)
    assert status == 202
    path = "/v1" + document["location"].partition("/zstack/v1")[2]
    assert [call(manager, "GET", path)[0] for _round in range(3)] == [202, 202, 200]


def test_faults_are_counted():
    faults = Faults()
    faults.switch_on("html", "/v1/hosts", times=2, skip=1)
    assert [bool(faults.hit(path)) for path in ("/v1/hosts", "/v1/zones", "/v1/hosts", "/v1/hosts", "/v1/hosts")] == [
        False,
        False,
        True,
        True,
        False,
    ]
    with pytest.raises(ValueError):
        faults.switch_on("nonsense")


def test_a_cloud_is_the_same_every_time():
    assert cloud.generate(40) == cloud.generate(40)
    tables = cloud.generate(300).tables
    assert (len(tables["clusters"]), len(tables["zones"]), len(tables["host-protocol-refs"])) == (11, 2, 600)


def test_the_labs_hosts_as_a_cloud_and_an_inventory(tmp_path):
    settings = from_environment({"ZBS_LAB_CACHE": str(tmp_path)})
    with site.serve(settings) as standin:
        assert [row["managementIp"] for row in standin.cloud.tables["hosts"]][:2] == ["172.30.0.11", "172.30.0.12"]
        own = (settings.zstack / "lab.yml").read_text()
        assert "172.30.0.10" in own and "172.30.0.11" not in own
        assert standin.url in (settings.zstack / "zbs.zstack.yml").read_text()
    assert not settings.zstack.exists()
