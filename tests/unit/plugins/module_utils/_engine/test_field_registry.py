"""A registry asked as the engine asks it: proxies, mirrors, every address; a fault of the way is none of the registry's."""

import contextlib
import json
import socket
import socketserver
import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import image, registry, registry_names, resolving, way
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import host as preflight_host
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import judge
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, hosts_engine, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support import registry as registries

PROXIED = 'Get "https://r:5000/v2/": '
# What a pull says, and what kind that is. A fault of the way is found first; plain_http is the only one that leads anywhere.
PULLS = [
    ("error pulling image: proxyconnect tcp: tls: first record does not look like a TLS handshake", "proxy"),  # case 09
    (PROXIED + "proxyconnect tcp: dial tcp 127.0.0.1:3128: connect: connection refused", "proxy"),
    (PROXIED + "proxyconnect tcp: dial tcp: lookup proxy.corp: no such host", "proxy"),
    (PROXIED + "proxyconnect tcp: x509: certificate signed by unknown authority", "proxy"),
    (PROXIED + "proxyconnect tcp: http: server gave HTTP response to HTTPS client", "proxy"),
    (PROXIED + "proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout", "proxy"),
    (PROXIED + "socks connect tcp 10.0.0.1:1080->r:5000: dial tcp: no route to host", "proxy"),
    (PROXIED + "Proxy Authentication Required", "proxy"),
    (PROXIED + "Forbidden", "proxy"),
    (PROXIED + "Service Unavailable\n", "proxy"),
    (PROXIED + "http: server gave HTTP response to HTTPS client", "plain_http"),
    (PROXIED + "tls: failed to verify certificate: x509: certificate is valid for *.corp, not r", "tls"),
    (PROXIED + "remote error: tls: handshake failure", "tls"),
    (PROXIED + "dial tcp: lookup r on 10.0.0.1:53: server misbehaving", "name"),
    (PROXIED + "net/http: TLS handshake timeout", "unreachable"),
    (PROXIED + "dial tcp 10.0.0.1:5000: connect: connection timed out", "unreachable"),
    (PROXIED + "read tcp 10.0.0.2:1->10.0.0.1:5000: read: connection reset by peer", "unreachable"),
    (PROXIED + "EOF", "other"),
    ("received unexpected HTTP status: 503 Service Unavailable", "other"),
    # Names of images say nothing.
    ("manifest for r:5000/certificate:1 not found: manifest unknown", "missing"),
    ("manifest for r:5000/x509:1 not found: manifest unknown", "missing"),
    ("manifest for r:5000/denied:1 not found: manifest unknown", "missing"),
    ("unauthorized: authentication required", "denied"),
    ("x" * 100000 + " no such host", "name"),
    ("", "other"),
]


@pytest.mark.parametrize("text, kind", PULLS)
def test_the_cause_of_a_pull_that_failed(text, kind):
    assert image.kind_of(text) == kind


# The engine's environment, flags and file; scheme and place; the proxy for it (None: the direct way).
P, Q = "http://p:3128", "http://q:3128"
PROXIES = [
    ({"HTTPS_PROXY": P}, {}, {}, "https", "r", 443, P),
    ({"https_proxy": P}, {}, {}, "https", "r", 443, P),
    ({"HTTPS_PROXY": P}, {}, {}, "http", "r", 80, None),
    ({"HTTP_PROXY": P}, {}, {}, "https", "r", 443, None),
    ({"HTTP_PROXY": P}, {}, {}, "http", "r", 80, P),
    ({"ALL_PROXY": P}, {}, {}, "https", "r", 443, None),
    ({"HTTPS_PROXY": P}, {}, {"proxies": {"https-proxy": Q}}, "https", "r", 443, Q),
    ({"HTTPS_PROXY": P}, {"https-proxy": [Q]}, {}, "https", "r", 443, Q),
    ({}, {}, {"proxies": {"https-proxy": "p"}}, "https", "r", 443, "http://p:80"),
    ({}, {}, {"proxies": {"https-proxy": "https://p"}}, "https", "r", 443, "https://p:443"),
    (
        {},
        {},
        {"proxies": {"https-proxy": "http://u:geheim@[fd00::1]:3128"}},
        "https",
        "r",
        443,
        "http://[fd00::1]:3128",
    ),
    ({}, {}, {"proxies": {"https-proxy": 5}}, "https", "r", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "r"}, {}, {}, "https", "r", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "R.example.com"}, {}, {}, "https", "r.EXAMPLE.com", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "example.com"}, {}, {}, "https", "r.example.com", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": ".example.com"}, {}, {}, "https", "r.example.com", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": ".example.com"}, {}, {}, "https", "example.com", 443, P),
    ({"HTTPS_PROXY": P, "NO_PROXY": "*.example.com"}, {}, {}, "https", "r.example.com", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "ample.com"}, {}, {}, "https", "r.example.com", 443, P),
    ({"HTTPS_PROXY": P, "NO_PROXY": "r:5000"}, {}, {}, "https", "r", 5000, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "r:5000"}, {}, {}, "https", "r", 443, P),
    ({"HTTPS_PROXY": P, "NO_PROXY": "a, *"}, {}, {}, "https", "r", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "10.0.0.0/8"}, {}, {}, "https", "10.1.2.3", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "10.0.0.0/8"}, {}, {}, "https", "11.1.2.3", 443, P),
    ({"HTTPS_PROXY": P, "NO_PROXY": "fd00::/8"}, {}, {}, "https", "fd00::1", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "[fd00::1]:443"}, {}, {}, "https", "fd00::1", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "fd00::1"}, {}, {}, "https", "fd00::1", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": "10.0.0.1"}, {}, {}, "https", "10.0.0.1", 443, None),
    ({"HTTPS_PROXY": P, "NO_PROXY": " ,:80,"}, {}, {}, "https", "r", 443, P),
    ({"HTTPS_PROXY": P, "NO_PROXY": "a"}, {}, {"proxies": {"no-proxy": "r"}}, "https", "r", 443, None),
    ({"HTTPS_PROXY": P}, {}, {}, "https", "localhost", 5000, None),
    ({"HTTPS_PROXY": P}, {}, {}, "https", "127.1.2.3", 5000, None),
    ({"HTTPS_PROXY": P}, {}, {}, "https", "::1", 5000, None),
]


@pytest.mark.parametrize("environment, flags, document, scheme, host, port, proxy", PROXIES)
def test_the_proxy_that_the_engine_takes(environment, flags, document, scheme, host, port, proxy):
    found = way.of(environment, flags, document).proxy(scheme, host, port)
    assert (str(found) if found else None) == proxy
    assert "geheim" not in str(found)


@pytest.mark.parametrize("text", ["http://", "http://p:x", "http://p:99999", "http://[::1", "http://a b", "\x00"])
def test_a_proxy_that_is_none(text):
    with pytest.raises(ValueError):
        way.parse_proxy(text)
    answer = registry.ask("r:5000", False, Deadline(20), way=way.Way({"https-proxy": text}))
    assert answer.outcome == "proxy"


@pytest.mark.parametrize(
    "insecure, name, addresses, answer",
    [
        (["r:5000"], "r:5000", [], True),
        (["http://r:5000"], "r:5000", [], True),
        (["r:5000"], "r:5001", ["10.0.0.1"], False),
        (["10.0.0.0/8"], "r:5000", ["11.0.0.1", "10.0.0.1"], True),
        (["10.1.2.3/8"], "r:5000", ["10.0.0.1"], True),
        (["fd00::/8"], "r:5000", ["10.0.0.1", "fd00::1"], True),
        (["10.0.0.0/8"], "r:5000", ["fd00::1", "junk"], False),
        (["junk/8", 5], "r:5000", ["10.0.0.1"], False),
    ],
)
def test_what_the_engine_calls_insecure(insecure, name, addresses, answer):
    found = way.of({}, {}, {"insecure-registries": insecure})
    assert found.is_insecure(name, lambda: addresses) is answer


def test_the_way_of_this_host(tmp_path, monkeypatch):
    hosts_engine.process(tmp_path, 100, "dockerd --registry-mirror=https://m", env={"HTTPS_PROXY": P, "NO_PROXY": "a"})
    fake_host.write(tmp_path, "etc/docker/daemon.json", json.dumps({"proxies": {"no-proxy": "b"}}))
    found = way.look(str(tmp_path))
    assert str(found.proxy("https", "a", 443)) == P and found.proxy("https", "b", 443) is None
    assert found.mirrors == ["https://m"]


def test_the_way_of_an_engine_that_is_down(tmp_path, monkeypatch):
    shown = (
        "ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd ; ignore_errors=no ; pid=0 }\nEnvironment=HTTPS_PROXY="
        + P
    )
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))
    programs.write_program(tmp_path / "bin", "systemctl", programs.answering(shown))
    (tmp_path / "proc").mkdir()
    assert str(way.look(str(tmp_path)).proxy("https", "r", 443)) == P
    programs.write_program(tmp_path / "bin", "systemctl", "exec sleep 100")
    monkeypatch.setattr(way, "_UNIT_SECONDS", 0.2)
    assert way.look(str(tmp_path)).proxy("https", "r", 443) is None


@contextlib.contextmanager
def proxy(behave):
    """A proxy that does `behave(connection, its head)`; yields its address and the heads of what it was asked."""
    heads = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            head = b""
            while b"\r\n\r\n" not in head:
                more = self.request.recv(4096)
                if not more:
                    return
                head += more
            heads.append(head.decode())
            with contextlib.suppress(OSError):
                behave(self.request, head)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
        thread.start()
        try:
            yield "http://u:geheim@127.0.0.1:%d" % server.server_address[1], heads
        finally:
            server.shutdown()
            thread.join()


def answering(text):
    return lambda link, _head: link.sendall(text)


def leading_to(port):
    """What a proxy does that connects to this port, whichever name it is asked for."""

    def behave(link, head):
        with socket.create_connection(("127.0.0.1", port)) as far:
            if head.startswith(b"CONNECT"):
                link.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                far.sendall(head.replace(b"http://r.invalid:5000", b""))
            thread = threading.Thread(target=pipe, args=(far, link))
            thread.start()
            pipe(link, far)
            thread.join()

    return behave


def pipe(one, other):
    with contextlib.suppress(OSError):
        data = one.recv(65536)
        while data:
            other.sendall(data)
            data = one.recv(65536)
        other.shutdown(socket.SHUT_WR)


def ask(address, insecure=False, name="r.invalid:5000", seconds=20.0, **more):
    proxies = {"https-proxy": address, "http-proxy": address}
    return registry.ask(name, insecure, Deadline(seconds), way=way.Way(proxies, **more))


# What a proxy does, and what is said of it; never a word that the registry is at fault.
FAULTS = [
    (answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "answers 407"),
    (answering(b"HTTP/1.1 403 Forbidden\r\n\r\n"), "answers 403"),
    (answering(b"HTTP/1.0 503 Service Unavailable\r\n\r\n"), "answers 503"),
    (answering(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "does not speak HTTP"),
    (answering(b""), "hangs up"),
]


@pytest.mark.parametrize("behave, words", FAULTS)
def test_a_proxy_that_fails(behave, words):
    with proxy(behave) as (address, _heads):
        answer = ask(address)
    assert answer.outcome == "proxy" and words in answer.sentence and "geheim" not in answer.sentence
    assert answer.proxy == address.replace("u:geheim@", "")


def test_a_proxy_that_says_nothing():
    with proxy(lambda link, _head: link.recv(1)) as (address, _heads):
        answer = ask(address, seconds=0.3)
    assert answer.outcome == "proxy" and "does not answer within" in answer.sentence


def test_nobody_at_the_proxy_s_place():
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        answer = ask("http://127.0.0.1:%d" % link.getsockname()[1])
    assert answer.outcome == "proxy" and "refuses connections" in answer.sentence
    assert ask("http://proxy.invalid:1").sentence.count("can't be resolved") == 1
    assert "can't be reached" in ask("http://255.255.255.255:1").sentence


def test_case_10_the_preflight_does_not_blame_the_registry(tmp_path, monkeypatch):
    document = {
        "iptables": False,
        "proxies": {"https-proxy": "http://127.0.0.1:1"},
        "registry-mirrors": ["https://mirror.invalid"],
    }
    found = way.of({}, {}, document)
    monkeypatch.setattr(way, "look", lambda: found)
    for name in ("registry.invalid/zbs/vhost:1", "zbs/vhost:1"):
        ok, sentence = preflight_host.ask_registry(name, Deadline(20))
        assert ok is None and "proxy http://127.0.0.1:1, which refuses connections" in sentence
        assert judge.judge_image(name, False, (ok, sentence))["ok"] is None


@pytest.mark.parametrize("address", ["https://p:3128", "socks5://p:1080"])
def test_a_proxy_that_only_the_engine_can_use(monkeypatch, address):
    answer = ask(address)
    assert answer.outcome == "not_known" and address in answer.sentence


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    pytest.importorskip("cryptography")
    return registries.make_certificate(tmp_path_factory.mktemp("tls"), "r.invalid")


def test_a_registry_behind_a_proxy(certificate, tmp_path):
    """Its name is the proxy's to resolve, and the login is the proxy's alone."""
    with registries.serving(401, *certificate) as port, proxy(leading_to(port)) as (address, heads):
        answer = ask(address, True)
        assert (answer.outcome, answer.scheme, answer.status) == ("answers", "https", 401)
        assert heads[0].startswith("CONNECT r.invalid:5000 HTTP/1.1\r\n") and "Proxy-Authorization: Basic " in heads[0]
        bad = ask(address)
        assert bad.outcome == "proxy" and "if it opens TLS" in bad.sentence
        assert ask("", True, "localhost:%d" % port).proxy is None


def test_plain_http_behind_a_proxy():
    with registries.serving(200) as port, proxy(leading_to(port)) as (address, heads):
        assert ask(address).outcome == "plain_http"
        assert ask(address, True).scheme == "http"
    assert any(head.startswith("GET http://r.invalid:5000/v2/ HTTP/1.1\r\n") for head in heads)


def test_the_proxy_s_own_page_is_no_plain_http():
    def behave(link, head):
        text = (
            b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 404 x\r\n\r\n"
            if head.startswith(b"CONNECT")
            else b"HTTP/1.1 404 x\r\n\r\n"
        )
        link.sendall(text)

    with proxy(behave) as (address, _heads):
        assert ask(address).outcome == "tls"

    def busy(link, head):
        link.sendall(b"HTTP/1.1 200 OK\r\n\r\nx\r\n" if head.startswith(b"CONNECT") else b"HTTP/1.1 503 x\r\n\r\n")

    with proxy(busy) as (address, _heads):
        assert ask(address).outcome == "tls"


# Mirrors are Docker Hub's alone; one that answers is enough.
@pytest.mark.parametrize("name", ["docker.io", "index.docker.io"])
def test_a_mirror_of_docker_hub(monkeypatch, name):
    asked = []
    real = registry._ask

    def note(host, *arguments):
        asked.append(host)
        return registry.Answer("name", "no") if host == "registry-1.docker.io" else real(host, *arguments)

    monkeypatch.setattr(registry, "_ask", note)
    with registries.serving(200) as port:
        mirrors = ["https://mirror.invalid", "http://127.0.0.1:%d/" % port, "http://never.invalid"]
        answer = registry.ask(name, False, Deadline(20), way=way.Way(mirrors=mirrors))
        assert answer.outcome == "answers" and asked == ["mirror.invalid", "127.0.0.1:%d" % port]
        assert registry.ask("r.invalid", False, Deadline(20), way=way.Way(mirrors=mirrors)).outcome == "name"
    answer = registry.ask(name, False, Deadline(20), way=way.Way(mirrors=["https://mirror.invalid", "junk"]))
    assert answer.sentence.startswith("no; its mirror: the name of the registry mirror.invalid can't be resolved")


ADDRESSES = [
    (["::1", "127.0.0.1"], "answers"),
    (["127.0.0.2", "127.0.0.1"], "answers"),
    (["127.0.0.1", "::1"], "answers"),
    (["127.0.0.2"], "refused"),
    (["255.255.255.255", "127.0.0.2"], "unreachable"),
]


@pytest.mark.parametrize("places, outcome", ADDRESSES)
def test_every_address_of_a_name(monkeypatch, places, outcome):
    with registries.serving(200) as port:
        monkeypatch.setattr(resolving, "addresses", lambda *_arguments: (places, ""))
        answer = registry.ask("r.invalid:%d" % port, True, Deadline(20), way=way.Way())
    assert answer.outcome == outcome


@pytest.mark.parametrize(
    "image_name, found, asked",
    [
        ("busybox", "docker.io", "registry-1.docker.io"),
        ("docker.io/library/busybox", "docker.io", "registry-1.docker.io"),
        ("index.docker.io/library/busybox", "docker.io", "registry-1.docker.io"),
        ("R/x", "R", "R"),
        ("[fd00::1]:5000/x", "[fd00::1]:5000", "[fd00::1]:5000"),
        ("localhost/x", "localhost", "localhost"),
        ("zbs/vhost", "docker.io", "registry-1.docker.io"),
    ],
)
def test_one_reader_of_the_registry_in_a_name(image_name, found, asked):
    assert (image.registry_of(image_name), judge.registry_of(image_name)) == (found, asked)
    assert registry_names.registry_of(image_name) == found
