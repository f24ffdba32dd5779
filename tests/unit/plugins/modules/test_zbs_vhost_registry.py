"""A registry that answers and the ways in which it does not, the module run whole against real sockets."""

import shutil
import socket
import ssl
import struct
import threading
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import registry as engine_registry
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import registry
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_registry"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody trusts by itself."""
    pytest.importorskip("cryptography")
    return registry.make_certificate(tmp_path_factory.mktemp("tls"), "localhost", "127.0.0.1")


def options(tmp_path, name, **more):
    return dict({"name": name, "certs_dir": str(tmp_path / "certs.d"), "timeout": 20}, **more)


def trust(tmp_path, name, file):
    """Put the certificate where the engine looks for it."""
    folder = tmp_path / "certs.d" / name
    folder.mkdir(parents=True)
    shutil.copy(str(file), str(folder / "ca.crt"))


def answer(tmp_path, name, **more):
    status, result = run_module(NAME, options(tmp_path, name, **more))
    assert (status, result["changed"], result["answers"]) == (0, False, True), result
    return result["answer"]


def refusal(tmp_path, name, code, words, **more):
    failure, _result = failure_of(NAME, options(tmp_path, name, **more))
    assert failure["code"] == "registry_" + code and words in failure["message"], failure
    assert name in failure["message"]
    return failure


@pytest.mark.parametrize("status", [200, 401])
def test_a_registry_that_is_trusted(tmp_path, certificate, status):
    with registry.serving(status, *certificate) as port:
        name = "localhost:%d" % port
        trust(tmp_path, name, certificate[0])
        found = answer(tmp_path, name)
    assert (found["outcome"], found["scheme"], found["status"]) == ("answers", "https", status)


def test_a_certificate_that_nobody_knows(tmp_path, certificate):
    with registry.serving(200, *certificate) as port:
        name = "localhost:%d" % port
        failure = refusal(tmp_path, name, "tls", "is not trusted here")
        assert "_ssl.c" not in failure["message"]
        assert answer(tmp_path, name, insecure=True)["scheme"] == "https"


def test_a_certificate_for_another_name(tmp_path):
    pytest.importorskip("cryptography")
    other = registry.make_certificate(tmp_path, "elsewhere.example.com")
    with registry.serving(200, *other) as port:
        name = "localhost:%d" % port
        trust(tmp_path, name, other[0])
        refusal(tmp_path, name, "tls", "is not trusted here")


def test_a_file_that_is_no_certificate(tmp_path):
    with registry.serving() as port:
        name = "localhost:%d" % port
        trust(tmp_path, name, __file__)
        refusal(tmp_path, name, "tls", "ca.crt can't be used as a certificate")


def test_plain_http_is_an_answer_only_where_it_is_asked_for(tmp_path):
    with registry.serving(200) as port:
        name = "127.0.0.1:%d" % port
        refusal(tmp_path, name, "plain_http", "speaks plain HTTP")
        assert answer(tmp_path, name, insecure=True)["scheme"] == "http"


@pytest.mark.parametrize("status", [404, 500, 302])
def test_what_is_no_registry(tmp_path, status):
    with registry.serving(status) as port:
        refusal(tmp_path, "127.0.0.1:%d" % port, "no_registry", "answers %d to /v2/" % status, insecure=True)


def test_nobody_listens(tmp_path):
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        port = link.getsockname()[1]
        refusal(tmp_path, "127.0.0.1:%d" % port, "refused", "refuses connections at 127.0.0.1 port %d" % port)


def test_a_name_that_nobody_knows(tmp_path):
    refusal(tmp_path, "registry.zbs.invalid", "name", "can't be resolved")


def test_a_registry_that_accepts_and_says_nothing(tmp_path):
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        link.listen(5)
        began = time.monotonic()
        refusal(tmp_path, "127.0.0.1:%d" % link.getsockname()[1], "unreachable", "does not answer", timeout=0.5)
        assert time.monotonic() - began < 10


def test_what_speaks_neither(tmp_path):
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        link.listen(5)

        def talk():
            for _time in range(2):
                client, _address = link.accept()
                client.recv(4096)
                client.sendall(b"220 mail.example.com ESMTP\r\n")
                client.close()

        thread = threading.Thread(target=talk)
        thread.start()
        refusal(tmp_path, "127.0.0.1:%d" % link.getsockname()[1], "tls", "speaks no TLS")
        thread.join(10)


def test_as_data(tmp_path):
    status, result = run_module(NAME, options(tmp_path, "registry.zbs.invalid", best_effort=True))
    assert (status, result["answers"], result["answer"]["outcome"]) == (0, False, "name")


@pytest.mark.parametrize("name", ["", "http://r", "r:0", "r:99999", "r/x", "-r", "r r", "r:"])
def test_what_is_no_name(tmp_path, name):
    assert failure_of(NAME, options(tmp_path, name))[0]["code"] == "bad_option"


@pytest.mark.parametrize(
    "name, parts",
    [("r.example.com", ("r.example.com", None)), ("r:5000", ("r", 5000)), ("[fd00::1]:5000", ("fd00::1", 5000))],
)
def test_names(name, parts):
    assert engine_registry.split(name) == parts


def test_a_name_is_no_way_out_of_the_folder_of_certificates():
    with pytest.raises(ZbsError):
        engine_registry.split("../../etc")


def test_a_registry_that_hangs_up_at_once(tmp_path):
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        link.listen(5)

        def hang_up():
            for _time in range(2):  # once for TLS, once without
                client, _address = link.accept()
                client.recv(4096)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        refusal(tmp_path, "127.0.0.1:%d" % link.getsockname()[1], "tls", "Connection reset")
        thread.join(10)


def test_a_registry_where_no_way_leads(tmp_path):
    failure = refusal(tmp_path, "255.255.255.255:5000", "unreachable", "can't be reached at 255.255.255.255 port 5000")
    assert "routes and firewalls" in failure["message"]


def test_a_certificate_of_the_client_s_that_has_no_key(tmp_path, certificate):
    with registry.serving(200, *certificate) as port:
        name = "localhost:%d" % port
        trust(tmp_path, name, certificate[0])
        shutil.copy(str(certificate[0]), str(tmp_path / "certs.d" / name / "client.cert"))
        refusal(tmp_path, name, "tls", "client.cert can't be used as a certificate (No such file")
        shutil.copy(str(certificate[1]), str(tmp_path / "certs.d" / name / "client.key"))
        assert answer(tmp_path, name)["outcome"] == "answers"


def test_python_3_6_tells_a_bad_certificate_by_its_words(tmp_path, monkeypatch):
    def raise_as_3_6(*_arguments):
        raise ssl.SSLError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:897)")

    monkeypatch.setattr(engine_registry, "_get", raise_as_3_6)
    refusal(tmp_path, "localhost:5000", "tls", "is not trusted here (certificate verify failed); give its CA")


@pytest.mark.parametrize(
    "name, known", [("localhost:5000", True), ("127.0.0.1", True), ("registry.zbs.invalid", False)]
)
def test_whether_a_name_is_known_here(name, known):
    assert engine_registry.resolves(name, Deadline(20)) is known


def test_a_resolver_that_does_not_answer(monkeypatch):
    never = threading.Event()

    def resolve(*_arguments, **_more):
        never.wait(60)
        raise OSError

    monkeypatch.setattr(engine_registry.socket, "getaddrinfo", resolve)
    assert engine_registry.resolves("localhost", Deadline(0.1)) is False
    never.set()


@pytest.mark.parametrize("name", ["192.0.2.1:5000", "192.0.2.1", "[2001:db8::1]:5000"])
def test_an_address_is_no_question_to_a_resolver(name, monkeypatch):
    def resolve(*_arguments, **_more):
        raise AssertionError("the resolver was asked")

    monkeypatch.setattr(engine_registry.socket, "getaddrinfo", resolve)
    assert engine_registry.resolves(name, Deadline(0)) is True
