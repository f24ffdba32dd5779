"""A manager that fails: what passes is tried again, every other failure is one sentence, and no session is left behind."""

import contextlib
import socket
import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import manager as zstack_manager
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import session
from zstack_support import BY_ACCOUNT, BY_KEY, BY_USER, HOSTS, REFS, read, refused

from lab.zstack import cloud
from lab.zstack.server import Standin


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
    assert sum("/v1/hosts?" in request for request in manager.requests) == 1 + len(zstack_manager.PAUSES)


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


class Raw:
    """An HTTP server that answers every request with these bytes, and then keeps the connection open until the end."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.server.getsockname()[1]
        self.over = threading.Event()
        self.connections = []
        self.threads = [threading.Thread(target=self.serve, daemon=True)]

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.server.accept()
                self.connections.append(connection)
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
        # A client may keep a half-read answer, and with it the connection, for as long as it likes.
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(20)


def asked_of(*answers, timeout=5.0):
    """The error of a GET to a server that answers so."""
    with Raw(*answers) as server:
        manager = zstack_manager.Manager(server.url, timeout=timeout, sleep=lambda _seconds: None)
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
    monkeypatch.setattr(zstack_manager, "_LARGEST", 1 << 20)
    error = asked_of(("200 OK", b" " * (1 << 20) + b"{}"))
    assert error.code == "too_large" and "more than 1 MiB" in error.message


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"inventory": []}', b'{"inventory": {"uuid": 7}}', b'{"inventory": {"uuid": "a/b"}}']
)
def test_a_login_that_gives_no_session(answer):
    with Raw(("200 OK", answer)) as server:
        manager = zstack_manager.Manager(server.url, timeout=5.0, sleep=lambda _seconds: None)
        with pytest.raises(ZbsError) as caught, session.Session(manager, BY_ACCOUNT):
            pass
        manager.close()
    assert caught.value.code == "no_session"


def test_an_error_of_the_protocol_rows_is_no_old_manager(manager):
    manager.faults.switch_on("html", REFS)
    assert refused(manager).code == "not_json"
