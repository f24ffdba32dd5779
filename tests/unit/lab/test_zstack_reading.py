"""Reading a cloud from a manager: every login, every page, every failure in one sentence, and no session left behind."""

import contextlib
import socket
import ssl
import subprocess
import threading
from urllib.parse import urlsplit

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._errors import ZbsError
from ansible_collections.zstack.zbs.plugins.plugin_utils import _zstack_http, _zstack_session
from zstack_support import BY_ACCOUNT, BY_KEY, BY_USER, read

from lab.zstack import cloud, logins
from lab.zstack.server import Standin

HOSTS = "/v1/hosts"
REFS = "/v1/external-primary-storage/host-protocol-refs"


@pytest.fixture
def manager():
    with Standin(cloud.generate(5)) as standin:
        yield standin
        assert standin.logins.open == 0, "a session was not logged out"


def refused(*arguments, **more):
    with pytest.raises(ZbsError) as caught:
        read(*arguments, **more)
    for secret in (logins.PASSWORD, logins.KEY_SECRET):
        assert secret not in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


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


@pytest.mark.parametrize("kind", ["unavailable", "reset", "cut", "error"])
@pytest.mark.parametrize("path", [HOSTS, REFS])
def test_what_passes_is_tried_again(manager, kind, path):
    manager.faults.switch_on(kind, path, times=3)
    assert len(read(manager)["hosts"]) == 5


@pytest.mark.parametrize("kind", ["unavailable", "reset", "error"])
def test_a_login_is_tried_again(manager, kind):
    manager.faults.switch_on(kind, "/v1/accounts/login", times=3)
    assert len(read(manager)["hosts"]) == 5 and manager.logins.opened == 1


@pytest.mark.parametrize(
    "kind, words",
    [
        ("unavailable", "HTTP 503"),
        ("reset", "can't be reached"),
        ("cut", "can't be reached"),
        ("error", "the manager timed out on itself"),
    ],
)
def test_tries_are_bounded(manager, kind, words):
    manager.faults.switch_on(kind, HOSTS)
    error = refused(manager)
    assert words in error.message and "tried 4 times" in error.message
    assert sum("/v1/hosts?" in request for request in manager.requests) == 1 + len(_zstack_http.PAUSES)


@pytest.mark.parametrize("kind", ["unavailable", "html", "reset", "gone"])
def test_half_way_is_no_way(manager, kind):
    manager.faults.switch_on(kind, HOSTS, skip=1)
    error = refused(manager, page_size=2)
    assert HOSTS in error.message or "hosts" in error.message
    assert manager.logins.closed == 1


@pytest.mark.parametrize(
    "login",
    [
        dict(BY_ACCOUNT, password="wrong"),
        dict(BY_ACCOUNT, account="nobody"),
        dict(BY_USER, user="nobody"),
        dict(BY_KEY, access_key_secret="wrong"),
        dict(BY_KEY, access_key_id="nobody"),
    ],
)
def test_bad_credentials(manager, login):
    error = refused(manager, login)
    assert error.code == "login_refused" and "refused the login (ID.1000" in error.message
    assert len(manager.requests) == 1, "a login that was refused is not tried again: accounts get locked"


@pytest.mark.parametrize(
    "login, words",
    [
        ({}, "no login is given"),
        ({"account": "a"}, "password is missing"),
        ({"user": "u", "password": "p"}, "account is missing"),
        ({"access_key_id": "k"}, "access_key_secret is missing"),
        (dict(BY_KEY, password="p"), "both an access key and password"),
        (dict(BY_KEY, **BY_ACCOUNT), "account and password"),
    ],
)
def test_a_login_that_is_not_whole_asks_nobody(manager, login, words):
    assert words in refused(manager, login).message
    assert manager.requests == []


@pytest.mark.parametrize("path", ["/nothing", "/zstack/v2"])
def test_a_wrong_path(manager, path):
    url = manager.url.replace("/zstack", path)
    error = refused(manager, manager={"url": url})
    assert error.code == "not_found" and path in error.message


def test_nobody_listens(manager):
    with Standin(cloud.generate(1)) as gone:
        url = gone.url
    error = refused(manager, manager={"url": url})
    assert "can't be reached (Connection refused)" in error.message and url in error.message


def test_a_name_that_is_none(manager):
    error = refused(manager, manager={"url": "http://manager.invalid:8080"})
    assert "manager.invalid" in error.message and "object at" not in error.message


def test_the_uis_address(manager):
    manager.faults.switch_on("html")
    error = refused(manager)
    assert error.code == "not_json" and "an HTML page" in error.message and "not the UI" in error.message


def test_a_redirect_is_told_and_not_followed(manager):
    manager.faults.switch_on("redirect")
    error = refused(manager)
    assert "redirects to http://ui.invalid:5000/login" in error.message and len(manager.requests) == 1


def test_a_manager_that_is_slow(manager):
    manager.faults.switch_on("slow", HOSTS, seconds=30)
    assert "did not answer within 0.3 s" in refused(manager, manager={"timeout": 0.3}).message


def test_a_manager_that_never_ends_its_answer(manager):
    manager.faults.switch_on("drip", HOSTS)
    assert "did not answer within 0.5 s" in refused(manager, manager={"timeout": 0.5}).message


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
    asked = _zstack_http.Manager(manager.url, sleep=lambda _seconds: None)
    session = _zstack_session.Session(asked, BY_ACCOUNT)
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


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A throwaway CA and a certificate of it for 127.0.0.1, as files (ca, certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl("req", "-x509", *key, "-subj", "/CN=throwaway CA", "-keyout", "ca.key", "-out", "ca.pem")
    more = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl("req", "-x509", *key, *more, "-subj", "/CN=mn", "-keyout", "mn.key", "-out", "mn.pem")
    return folder


@pytest.fixture
def secure(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "mn.pem", certificates / "mn.key")
    with Standin(cloud.generate(2), tls=context) as standin:
        yield standin
        assert standin.logins.open == 0


def test_tls_with_its_ca(secure, certificates):
    assert len(read(secure, manager={"ca_path": str(certificates / "ca.pem")})["hosts"]) == 2


def test_tls_that_is_not_trusted(secure):
    error = refused(secure)
    assert error.code == "tls" and "can't be trusted" in error.message and "ca_path" in error.message


def test_tls_with_another_name(secure, certificates):
    url = secure.url.replace("127.0.0.1", "localhost")
    error = refused(secure, manager={"url": url, "ca_path": str(certificates / "ca.pem")})
    assert error.code == "tls" and "localhost" in error.message


def test_tls_unchecked_is_a_choice(secure, monkeypatch, recwarn):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nothing")
    assert len(read(secure, manager={"validate_certs": False})["hosts"]) == 2
    assert not [warning for warning in recwarn if "Insecure" in str(warning.category)]


def test_a_ca_that_is_not_there(secure):
    error = refused(secure, manager={"ca_path": "/nothing/ca.pem"})
    assert "/nothing/ca.pem" in error.message


def test_http_to_a_port_of_tls(secure):
    port = urlsplit(secure.url).port
    assert refused(secure, manager={"url": "http://127.0.0.1:%d" % port}).message


def test_tls_to_a_port_of_http(manager):
    port = urlsplit(manager.url).port
    assert refused(manager, manager={"url": "https://127.0.0.1:%d" % port}).code == "tls"


class Raw:
    """An HTTP server that answers every request with these bytes, and then keeps the connection open until the end."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.server.getsockname()[1]
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.serve, daemon=True)]

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.server.accept()
                self.threads.append(threading.Thread(target=self.talk, args=(connection,), daemon=True))
                self.threads[-1].start()

    def talk(self, connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                if not self.answers:
                    break
                head, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
                text = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                told = head if isinstance(head, tuple) else (head, len(body))
                connection.sendall((text % told).encode() + body)
            self.over.wait(20)

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_exc):
        self.over.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for thread in self.threads:
            thread.join(20)


def asked_of(*answers, timeout=5.0):
    """The error of a GET to a server that answers so."""
    with Raw(*answers) as server:
        manager = _zstack_http.Manager(server.url, timeout=timeout, sleep=lambda _seconds: None)
        with pytest.raises(ZbsError) as caught:
            manager.call("GET", HOSTS)
        manager.close()
    return caught.value


def test_an_action_that_does_not_say_where_it_goes_on():
    assert asked_of(("202 Accepted", b"{}")).code == "no_location"
    assert asked_of(("202 Accepted", b'{"location": "http://elsewhere/v2/x"}')).code == "no_location"


def test_an_action_that_is_never_done():
    error = asked_of(("202 Accepted", b'{"location": "http://elsewhere/zstack/v1/api-jobs/1"}'), timeout=0.3)
    assert error.code == "timeout" and "not done after 0.3 s" in error.message


def test_an_answer_that_stops_in_the_middle_is_late():
    error = asked_of((("200 OK", 1000), b'{"inventories": ['), timeout=0.3)
    assert error.code == "timeout" and "did not answer within 0.3 s" in error.message


def test_an_answer_that_is_too_large(monkeypatch):
    monkeypatch.setattr(_zstack_http, "_LARGEST", 1 << 20)
    error = asked_of(("200 OK", b" " * (1 << 20) + b"{}"))
    assert error.code == "too_large" and "more than 1 MiB" in error.message


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"inventory": []}', b'{"inventory": {"uuid": 7}}', b'{"inventory": {"uuid": "a/b"}}']
)
def test_a_login_that_gives_no_session(answer):
    with Raw(("200 OK", answer)) as server:
        manager = _zstack_http.Manager(server.url, timeout=5.0, sleep=lambda _seconds: None)
        with pytest.raises(ZbsError) as caught, _zstack_session.Session(manager, BY_ACCOUNT):
            pass
        manager.close()
    assert caught.value.code == "no_session"


def test_an_error_of_the_protocol_rows_is_no_old_manager(manager):
    manager.faults.switch_on("html", REFS)
    assert refused(manager).code == "not_json"
