"""The word to a controller: bounded, never in the way, and its token goes nowhere else."""

import http.server
import socketserver
import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import telling

TOKEN = "s3cret-token"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers each POST with the next of its server's `statuses`, the last one for ever."""

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, self.headers.get("Authorization"), body))
        status = server.statuses.pop(0) if len(server.statuses) > 1 else server.statuses[0]
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_words):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """One whose connections do not wait for one another."""

    daemon_threads = True


@pytest.fixture
def receiver():
    with Server(("127.0.0.1", 0), Receiver) as server:
        server.got, server.statuses = [], [200]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return str(path)


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(telling, "PAUSES", (0.0, 0.01, 0.01))
    return []


def tell(teller):
    teller.tell({"event": "down"})
    teller._thread.join(30)
    return teller.last


def test_it_is_told_once_with_its_token(receiver, token, said):
    teller = telling.Teller(f"http://127.0.0.1:{receiver.server_port}/hook?x=1", token, said.append)
    assert tell(teller) == "told at try 1"
    assert receiver.got == [("/hook?x=1", "Bearer " + TOKEN, b'{"event": "down"}')]


def test_it_tries_again(receiver, said):
    receiver.statuses = [503, 200]
    assert tell(telling.Teller(f"http://127.0.0.1:{receiver.server_port}", "", said.append)) == "told at try 2"
    assert [path for path, _auth, _body in receiver.got] == ["/", "/"] and receiver.got[0][1] is None


@pytest.mark.parametrize("status", [301, 302, 307, 401, 500])
def test_it_ends_after_its_tries_and_follows_no_redirect(receiver, token, said, status):
    receiver.statuses = [status]
    teller = telling.Teller(f"http://127.0.0.1:{receiver.server_port}/hook", token, said.append)
    assert tell(teller) == f"try 3 of 3: it answered {status}"
    assert {path for path, _auth, _body in receiver.got} == {"/hook"} and len(receiver.got) == 3
    assert len(said) == 2 and TOKEN not in "".join(said)


@pytest.mark.parametrize("content", ["", "\n", "a b", "s3cret\nline two", "\x00", "täglich"])
def test_a_token_that_is_none_is_never_named(receiver, tmp_path, said, content):
    path = tmp_path / "token"
    path.write_text(content)
    last = tell(telling.Teller(f"http://127.0.0.1:{receiver.server_port}", str(path), said.append))
    assert "holds no token of one line" in last and receiver.got == []
    assert not content.strip() or content not in "".join(said)


def test_a_token_that_is_not_there(said, tmp_path):
    assert "No such file" in tell(telling.Teller("http://127.0.0.1:1", str(tmp_path / "none"), said.append))


def test_what_answers_is_no_web_server(said):
    def post(_url, _body, _token):
        raise __import__("http.client").client.BadStatusLine("SSH-2.0")

    teller = telling.Teller("http://127.0.0.1:1", "", said.append, post)
    assert "no web server (BadStatusLine)" in tell(teller)


def test_one_that_hangs_is_in_nobodys_way(said):
    hangs, calls = threading.Event(), []

    def post(_url, _body, _token):
        calls.append(1)
        hangs.wait(30)
        return 200

    teller = telling.Teller("http://127.0.0.1:1", "", said.append, post)
    teller.tell({})
    teller.tell({})
    hangs.set()
    teller._thread.join(30)
    assert calls == [1]


def test_an_outage_that_is_over_is_not_told_any_more(said, monkeypatch):
    monkeypatch.setattr(telling, "PAUSES", (0.0, 60.0))
    tried = threading.Event()

    def post(_url, _body, _token):
        tried.set()
        return 500

    teller = telling.Teller("http://127.0.0.1:1", "", said.append, post)
    teller.tell({})
    assert tried.wait(30)
    teller.stop()
    teller._thread.join(30)
    assert not teller._thread.is_alive()


def test_without_a_url_nothing_is_told(said):
    teller = telling.Teller("", "", said.append)
    teller.tell({})
    assert teller._thread is None
