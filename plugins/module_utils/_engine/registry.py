# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a registry answer this host as a Docker Engine would ask it?"""

import glob
import http.client
import os
import re
import socket
import ssl
import threading

from .._tools.errors import ZbsError

CERTS_DIR = "/etc/docker/certs.d"
# A registry that wants a login answers 401, and is a registry all the same.
_ANSWERS = (200, 401)
_CONNECT_SECONDS = 10.0


class Answer:
    """`outcome`: `answers`, or why not: `name`, `refused`, `unreachable`, `plain_http`, `tls`, `no_registry`;
    `scheme` (`https` or `http`, None where nothing was said), `status` (int or None), `sentence`.
    """

    def __init__(self, outcome, sentence, scheme=None, status=None):
        self.outcome = outcome
        self.sentence = sentence
        self.scheme = scheme
        self.status = status

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "outcome": self.outcome,
            "sentence": self.sentence,
            "scheme": self.scheme,
            "status": self.status,
        }


class _Trouble(Exception):
    """An answer that ends the look: carries it."""

    def __init__(self, answer):
        super().__init__(answer.sentence)
        self.answer = answer


def split(name):
    """(host, port or None) of a registry's name; ZbsError `bad_option` for what is none."""
    match = re.match(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$", name)
    if not match or (match.group(2) and not 0 < int(match.group(2)) < 65536):
        raise ZbsError("%r is not a registry name; give host or host:port" % name, "bad_option")
    return match.group(1).strip("[]"), int(match.group(2)) if match.group(2) else None


def ask(name, insecure, deadline, certs_dir=CERTS_DIR):
    """Ask the registry for /v2/ and return an Answer.

    insecure  whether the engine is to use it without TLS or with any certificate; then both are answers
    """
    host, port = split(name)
    try:
        address = _resolve(name, host, port or 443, deadline)
        try:
            return _judge(
                name, "https", _get(name, host, port or 443, address, _context(name, insecure, certs_dir), deadline)
            )
        except ssl.CertificateError as exc:  # a name that does not match, before Python 3.7
            return _bad_certificate(name, exc)
        except ssl.SSLError as exc:
            if "CERTIFICATE_VERIFY_FAILED" in str(exc):
                return _bad_certificate(name, exc)
            trouble = _words(exc)
        except (http.client.HTTPException, OSError) as exc:
            trouble = _words(exc)
        return _without_tls(name, host, port, address, insecure, trouble, deadline)
    except _Trouble as exc:
        return exc.answer


def resolves(name, deadline):
    """Whether this host knows an address of the registry."""
    host, port = split(name)
    try:
        return bool(_resolve(name, host, port or 443, deadline))
    except _Trouble:
        return False


def _without_tls(name, host, port, address, insecure, trouble, deadline):
    """TLS came to nothing: perhaps nobody speaks it there."""
    try:
        status = _get(name, host, port or 80, address, None, deadline)
    except (_Trouble, http.client.HTTPException, OSError):
        return Answer("tls", "the registry %s speaks no TLS that this host understands (%s)" % (name, trouble))
    if insecure:
        return _judge(name, "http", status)
    sentence = "the registry %s speaks plain HTTP; give it a certificate, or add it to the insecure registries" % name
    return Answer("plain_http", sentence, "http", status)


def _bad_certificate(name, exc):
    return Answer(
        "tls",
        "the certificate of the registry %s is not trusted here (%s); give its CA certificate, or add it to the "
        "insecure registries" % (name, _words(exc)),
        "https",
    )


def _judge(name, scheme, status):
    if status in _ANSWERS:
        return Answer("answers", "the registry %s answers over %s" % (name, scheme), scheme, status)
    return Answer(
        "no_registry",
        "%s answers %d to /v2/ over %s, which no registry does; check what listens there" % (name, status, scheme),
        scheme,
        status,
    )


def _context(name, insecure, certs_dir):
    """What the engine trusts: the system's certificates and those in its own folder for this registry."""
    context = ssl.create_default_context()
    folder = os.path.join(certs_dir, name)
    try:
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.crt"))):
            context.load_verify_locations(path)
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.cert"))):
            context.load_cert_chain(path, path[: -len("cert")] + "key")
    except (OSError, ssl.SSLError) as exc:
        raise _Trouble(
            Answer("tls", "%s can't be used as a certificate (%s); put a PEM file there" % (path, _words(exc)))
        )
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _resolve(name, host, port, deadline):
    """The first address of the host. The resolver keeps no deadline, so it is asked in a thread that may be left behind."""
    if _is_address(host):
        return host
    found, trouble = [], []

    def work():
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
        except (OSError, UnicodeError) as exc:
            trouble.append(_words(exc))

    worker = threading.Thread(target=work)
    worker.daemon = True
    worker.start()
    worker.join(deadline.left())
    if found:
        return found[0]
    why = trouble[0] if trouble else "the resolver does not answer"
    sentence = "the name of the registry %s can't be resolved (%s); fix DNS or give its address" % (name, why)
    raise _Trouble(Answer("name", sentence))


def _is_address(host):
    """Whether there is nothing to resolve."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except OSError:
            continue
    return False


def _get(name, host, port, address, context, deadline):
    """The status of GET /v2/ at the address; TLS where there is a context. _Trouble where nobody can be reached."""
    seconds = max(0.1, min(_CONNECT_SECONDS, deadline.left()))
    try:
        link = socket.create_connection((address, port), seconds)
    except ConnectionRefusedError:
        sentence = "the registry %s refuses connections at %s port %d; start it, or correct its name" % (
            name,
            address,
            port,
        )
        raise _Trouble(Answer("refused", sentence))
    except OSError as exc:
        sentence = "the registry %s can't be reached at %s port %d (%s)" % (name, address, port, _words(exc))
        raise _Trouble(Answer("unreachable", sentence + "; check routes and firewalls between the two"))
    with link:
        try:
            if context is not None:
                link = context.wrap_socket(link, server_hostname=host)
            connection = http.client.HTTPConnection(host, port)
            connection.sock = link
            connection.request("GET", "/v2/")
            return connection.getresponse().status
        except socket.timeout:
            sentence = "the registry %s accepts connections and does not answer within %.0f s" % (name, seconds)
            raise _Trouble(Answer("unreachable", sentence + "; check it on its own host"))
        finally:
            link.close()


def _words(exc):
    """An exception in words: without the class, the place in OpenSSL's source, or a line break."""
    text = getattr(exc, "strerror", None) or str(exc) or exc.__class__.__name__
    return re.sub(r"\s*\(_ssl\.c:\d+\)|^\[\w+: \w+\]\s*", "", " ".join(text.split()))[:200]
