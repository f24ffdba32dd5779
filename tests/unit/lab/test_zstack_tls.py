"""A manager behind TLS: who is trusted, and what is said of who is not."""

import ssl
import subprocess
from urllib.parse import urlsplit

import pytest
from zstack_support import read, refused

from lab.zstack import cloud
from lab.zstack.server import Standin


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A throwaway CA and a certificate of it for 127.0.0.1, as files (ca, certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)

    key: tuple[str, ...] = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    # Python 3.13 looks more strictly: who may sign says so, and `req -x509` lets everybody.
    key = (*key, "-addext", "keyUsage=critical,digitalSignature,keyCertSign")
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
