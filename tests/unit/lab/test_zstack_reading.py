"""Reading a cloud from a manager: every login, every page, and no session left behind."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import manager as zstack_manager
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import session as zstack_session
from zstack_support import BY_ACCOUNT, BY_KEY, BY_USER, HOSTS, REFS, read, refused

from lab.zstack import cloud
from lab.zstack.server import Standin


@pytest.mark.parametrize("login", [BY_ACCOUNT, BY_USER])
def test_a_session_is_logged_in_once_and_out_again(manager, login):
    found = read(manager, login)
    assert [host["name"] for host in sorted(found["hosts"], key=lambda host: host["name"])] == [
        "kvm0001",
        "kvm0002",
        "kvm0003",
        "kvm0004",
        "kvm0005",
    ]
    assert (manager.logins.opened, manager.logins.closed) == (1, 1)


def test_an_access_key_signs_every_request_and_opens_no_session(manager):
    assert len(read(manager, BY_KEY)["hosts"]) == 5
    assert manager.logins.opened == 0 and manager.logins.signed == len(manager.requests) == 5


@pytest.mark.parametrize("page_size, calls", [(1, 5), (2, 3), (5, 1), (1000, 1)])
def test_every_host_comes_whatever_the_page(manager, page_size, calls):
    found = read(manager, page_size=page_size)
    assert len(found["hosts"]) == 5 and len(found["protocols"]) == 10
    assert sum("/v1/hosts?" in request for request in manager.requests) == calls


def test_what_is_not_on_zbs_is_left_out(manager):
    found = read(manager)
    assert [row["name"] for row in found["storages"]] == ["zbs-1"]
    assert "local1" not in [row["name"] for row in found["hosts"]]
    assert [row["name"] for row in found["clusters"]] == ["cluster-1"]


def test_no_login_of_the_storage_is_kept(manager):
    assert cloud.STORAGE_SECRET in str(manager.cloud.tables) and cloud.STORAGE_SECRET not in str(read(manager))


def test_a_password_that_a_manager_tells_is_not_kept(manager):
    for row in manager.cloud.tables["hosts"]:
        row["password"] = "host-Secret"
    assert "host-Secret" not in str(read(manager))


def test_storages_by_name_and_by_uuid():
    with Standin(cloud.generate(3, storages=2)) as standin:
        uuid = standin.cloud.row("primary-storage", name="zbs-2")["uuid"]
        for word in ("zbs-2", uuid):
            found = read(standin, wanted=[word])
            assert [row["name"] for row in found["storages"]] == ["zbs-2"]
            assert {row["primaryStorageUuid"] for row in found["protocols"]} == {uuid}
        error = refused(standin, wanted=["other-addon"])
        assert "other-addon" in error.message and "zbs-1, zbs-2" in error.message
        assert standin.logins.open == 0


def test_states_and_statuses(manager):
    manager.cloud.row("hosts", name="kvm0001")["state"] = "Maintenance"
    manager.cloud.row("hosts", name="kvm0002")["status"] = "Disconnected"
    assert len(read(manager, states=["Enabled", "Disabled"])["hosts"]) == 4
    assert [row["name"] for row in read(manager, statuses=["Disconnected"])["hosts"]] == ["kvm0002"]


def test_a_cloud_without_zbs_has_no_hosts(manager):
    manager.cloud.tables["primary-storage"] = [
        row for row in manager.cloud.tables["primary-storage"] if row.get("identity") != "zbs"
    ]
    found = read(manager)
    assert (found["storages"], found["hosts"], found["protocols"]) == ([], [], [])


def test_an_older_manager_tells_no_protocols(manager):
    manager.faults.switch_on("gone", REFS)
    found = read(manager)
    assert found["protocols"] is None and len(found["hosts"]) == 5


@pytest.mark.parametrize("path", ["/v1/accounts/login", HOSTS])
def test_a_202_is_followed_at_the_address_that_was_given(manager, path):
    manager.faults.switch_on("later", path)
    assert len(read(manager)["hosts"]) == 5
    assert any("/v1/api-jobs/" in request for request in manager.requests)


def test_a_host_that_goes_while_its_page_is_read_is_noticed(manager):
    answered = manager.answer

    def shrinking(method, path, parameters, headers, body):
        found = answered(method, path, parameters, headers, body)
        if path == HOSTS and len(manager.cloud.tables["hosts"]) == 6:
            manager.cloud.tables["hosts"].pop(0)
        return found

    manager.answer = shrinking
    found = read(manager, page_size=2)
    assert len(found["hosts"]) == 4 and len({row["uuid"] for row in found["hosts"]}) == 4


def test_a_manager_that_never_settles(manager):
    answered = manager.answer

    def restless(method, path, parameters, headers, body):
        status, found = answered(method, path, parameters, headers, body)
        if path == HOSTS:
            found = dict(found, total=found["total"] + len(manager.requests))
        return status, found

    manager.answer = restless
    assert "changed while it was read" in refused(manager, page_size=2).message


def test_a_session_that_can_not_be_logged_out_is_told(manager):
    manager.faults.switch_on("html", "/v1/accounts/sessions")
    asked = zstack_manager.Manager(manager.url, sleep=lambda _seconds: None)
    session = zstack_session.Session(asked, BY_ACCOUNT)
    with session:
        (uuid,) = manager.logins._sessions
    asked.close()
    assert "could not be logged out" in session.warnings[0] and uuid not in session.warnings[0]
    manager.logins._sessions.clear()


def test_netrc_does_not_replace_the_login(manager, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert len(read(manager)["hosts"]) == 5
