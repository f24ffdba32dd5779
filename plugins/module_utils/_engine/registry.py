# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a registry answer this host as its Docker Engine would ask it?"""

import base64
import glob
import http.client
import os
import re
import socket
import ssl

from . import registry_names, resolving
from . import way as ways

CERTS_DIR = "/etc/docker/certs.d"
# A registry that wants a login answers 401, and is a registry all the same.
_ANSWERS = (200, 401)
_CONNECT_SECONDS = 10.0
# What a proxy says of itself when it is asked without TLS.
_PROXY_SAYS = (407, 502, 503, 504)
split = registry_names.split


class Answer:
    """`outcome`: `answers`, or why not: `name`, `refused`, `unreachable`, `plain_http`, `tls`, `no_registry`, `proxy` (the way
    there fails), `not_known` (this program can't go the engine's way);
    `scheme` (`https` or `http`, None where nothing was said), `status` (int or None), `sentence`, `proxy` (its address without a
    login, None for the direct way).
    """

    def __init__(self, outcome, sentence, scheme=None, status=None, proxy=None):
        self.outcome = outcome
        self.sentence = sentence
        self.scheme = scheme
        self.status = status
        self.proxy = proxy

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "outcome": self.outcome,
            "sentence": self.sentence,
            "scheme": self.scheme,
            "status": self.status,
            "proxy": self.proxy,
        }


class _Trouble(Exception):
    """An answer that ends the look: carries it."""

    def __init__(self, answer):
        super().__init__(answer.sentence)
        self.answer = answer


class _Asked:
    """One registry to ask: its `name` and `host`, the `port` that it names (None without), the Way there."""

    def __init__(self, name, place, way):
        self.name = name
        self.host, self.port = place
        self.way = way

    def proxy(self, scheme):
        """The way.Proxy for this scheme, None for the direct way."""
        try:
            found = self.way.proxy(scheme, self.host, self.at(scheme))
        except ValueError as exc:
            sentence = "the engine's proxy for %s can't be used (%s); correct it in the engine's configuration"
            raise _Trouble(Answer("proxy", sentence % (scheme, _words(exc))))
        if found is not None and found.scheme != "http":
            sentence = (
                "the engine asks the registry %s through the proxy %s, and no program but the engine can do so here"
            )
            raise _Trouble(Answer("not_known", sentence % (self.name, found), proxy=str(found)))
        return found

    def at(self, scheme):
        """The port that is asked."""
        return self.port or {"https": 443, "http": 80}[scheme]

    def authority(self, scheme):
        """host:port as HTTP writes it."""
        return "%s:%d" % ("[%s]" % self.host if ":" in self.host else self.host, self.at(scheme))


def ask(name, insecure, deadline, certs_dir=CERTS_DIR, way=None):
    """Ask the registry for /v2/ and return an Answer.

    insecure  whether the engine is to use it without TLS or with any certificate, also where it is not configured so: then both
              are answers
    way       a way.Way; None for that of this host's engine
    Docker Hub has mirrors: one that answers is enough, as it is for the engine.
    """
    split(name)
    way = ways.look() if way is None else way
    if registry_names.host_of(name) != registry_names.HUB_HOST:
        return _ask(name, insecure, deadline, certs_dir, way)
    said = []
    for mirror in way.mirrors if name != registry_names.HUB_HOST else ():
        if not registry_names.is_mirror(mirror):
            continue
        scheme, _colon, rest = mirror.rstrip("/").partition("://")
        share = deadline.share(deadline.left() / 2)
        found = _ask(rest, scheme == "http" or insecure, share, certs_dir, way, scheme == "http")
        if found.outcome == "answers":
            return found
        said.append("its mirror: " + found.sentence)
    found = _ask(registry_names.HUB_HOST, insecure, deadline, certs_dir, way)
    if said and found.outcome != "answers":
        found.sentence = "; ".join([found.sentence] + said)
    return found


def resolves(name, deadline):
    """Whether this host knows an address of the registry."""
    host, port = split(name)
    return bool(resolving.addresses(host, port or 443, deadline)[0])


def _ask(name, insecure, deadline, certs_dir, way, plain=False):
    """One registry. plain  whether it is asked without TLS and in no other way: a mirror with http in its address."""
    asked = _Asked(name, split(name), way)
    try:
        insecure = insecure or way.is_insecure(
            name, lambda: resolving.addresses(asked.host, asked.at("https"), deadline)[0]
        )
        trouble = "it is not asked for it"
        try:
            if not plain:
                return _judge(asked, "https", _get(asked, "https", _context(name, insecure, certs_dir), deadline))
        except ssl.CertificateError as exc:  # a name that does not match, before Python 3.7
            return _bad_certificate(asked, exc)
        except ssl.SSLError as exc:
            if "CERTIFICATE_VERIFY_FAILED" in str(exc):
                return _bad_certificate(asked, exc)
            trouble = _words(exc)
        except (http.client.HTTPException, OSError) as exc:
            trouble = _words(exc)
        return _without_tls(asked, insecure, trouble, deadline)
    except _Trouble as exc:
        return exc.answer


def _without_tls(asked, insecure, trouble, deadline):
    """TLS came to nothing: perhaps nobody speaks it there."""
    through = _through(asked, "http")
    try:
        status = _get(asked, "http", None, deadline)
        # An error page behind a proxy may be anyone's.
        if through and status not in _ANSWERS:
            raise OSError("status %d" % status)
    except (_Trouble, http.client.HTTPException, OSError):
        sentence = "the registry %s speaks no TLS that this host understands (%s)" % (asked.name, trouble)
        return Answer("tls", sentence, proxy=_through(asked, "https"))
    if insecure:
        return _judge(asked, "http", status)
    sentence = "the registry %s speaks plain HTTP; give it a certificate, or add it to the insecure registries"
    return Answer("plain_http", sentence % asked.name, "http", status, through)


def _through(asked, scheme):
    """The proxy's address, None for the direct way or one that is no address."""
    try:
        found = asked.proxy(scheme)
    except _Trouble:
        return None
    return found and str(found)


def _bad_certificate(asked, exc):
    through = _through(asked, "https")
    if through:
        sentence = (
            "the certificate that the proxy %s shows for the registry %s is not trusted here (%s); give the CA certificate of the "
            "proxy if it opens TLS, else that of the registry"
        )
        return Answer("proxy", sentence % (through, asked.name, _words(exc)), "https", None, through)
    return Answer(
        "tls",
        "the certificate of the registry %s is not trusted here (%s); give its CA certificate, or add it to the "
        "insecure registries" % (asked.name, _words(exc)),
        "https",
    )


def _judge(asked, scheme, status):
    through = _through(asked, scheme)
    if status in _ANSWERS:
        return Answer("answers", "the registry %s answers over %s" % (asked.name, scheme), scheme, status, through)
    return Answer(
        "no_registry",
        "%s answers %d to /v2/ over %s, which no registry does; check what listens there"
        % (asked.name, status, scheme),
        scheme,
        status,
        through,
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
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.key"))):
            # dockerd does not ask the registry at all where one of the two is missing.
            os.stat(path[: -len("key")] + "cert")
    except (OSError, ssl.SSLError) as exc:
        raise _Trouble(
            Answer("tls", "%s can't be used as a certificate (%s); put a PEM file there" % (path, _words(exc)))
        )
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _get(asked, scheme, context, deadline):
    """The status of GET /v2/; TLS where there is a context. _Trouble where nobody can be reached."""
    proxy = asked.proxy(scheme)
    seconds = max(0.1, min(_CONNECT_SECONDS, deadline.left()))
    link = _connect_proxy(asked, proxy, deadline) if proxy else _connect(asked, scheme, deadline)
    with link:
        try:
            headers = {"Host": asked.authority(scheme) if asked.port else asked.authority(scheme).rpartition(":")[0]}
            target = "/v2/"
            if proxy and context is not None:
                _tunnel(asked, proxy, link)
            elif proxy:
                target = "http://%s/v2/" % asked.authority(scheme)
                headers.update(_login(proxy))
            if context is not None:
                link = context.wrap_socket(link, server_hostname=asked.host)
            connection = http.client.HTTPConnection(asked.host, asked.at(scheme))
            connection.sock = link
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            if proxy and context is None and answer.status in _PROXY_SAYS:
                raise _fault(asked, proxy, "answers %d" % answer.status)
            return answer.status
        except socket.timeout:
            if proxy:
                raise _fault(asked, proxy, "accepts connections and does not answer within %.0f s" % seconds)
            sentence = "the registry %s accepts connections and does not answer within %.0f s" % (asked.name, seconds)
            raise _Trouble(Answer("unreachable", sentence + "; check it on its own host"))
        finally:
            link.close()


def _connect(asked, scheme, deadline):
    """A connection to the first address of the registry that takes one, of both families."""
    port = asked.at(scheme)
    found, why = resolving.addresses(asked.host, port, deadline)
    if not found:
        sentence = "the name of the registry %s can't be resolved (%s); fix DNS or give its address"
        raise _Trouble(Answer("name", sentence % (asked.name, why)))
    link, refused, trouble = resolving.connect(found, port, deadline, _CONNECT_SECONDS)
    if link is not None:
        return link
    where = "%s port %d" % (" and ".join(found[:4]), port)
    if refused:
        sentence = "the registry %s refuses connections at %s; start it, or correct its name" % (asked.name, where)
        raise _Trouble(Answer("refused", sentence))
    sentence = "the registry %s can't be reached at %s (%s)" % (asked.name, where, trouble)
    raise _Trouble(Answer("unreachable", sentence + "; check routes and firewalls between the two"))


def _connect_proxy(asked, proxy, deadline):
    found, why = resolving.addresses(proxy.host, proxy.port, deadline)
    if not found:
        raise _fault(asked, proxy, "has a name that can't be resolved (%s)" % why)
    link, refused, trouble = resolving.connect(found, proxy.port, deadline, _CONNECT_SECONDS)
    if link is None:
        raise _fault(asked, proxy, "refuses connections" if refused else "can't be reached (%s)" % trouble)
    return link


def _tunnel(asked, proxy, link):
    """Have the proxy connect the link to the registry; _Trouble with the words of one that does not."""
    place = asked.authority("https")
    lines = ["CONNECT %s HTTP/1.1" % place, "Host: %s" % place]
    lines += ["%s: %s" % pair for pair in _login(proxy).items()]
    try:
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        head = b""
        # A byte at a time: what follows the empty line belongs to the registry.
        while not head.endswith(b"\r\n\r\n") and len(head) < 16384:
            more = link.recv(1)
            if not more:
                raise _fault(asked, proxy, "hangs up when it is asked for the registry")
            head += more
    except socket.timeout:
        raise
    except OSError as exc:
        raise _fault(asked, proxy, "breaks the connection off (%s)" % _words(exc))
    match = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    if not match:
        raise _fault(asked, proxy, "does not speak HTTP")
    if not match.group(1).startswith(b"2"):
        raise _fault(asked, proxy, "answers %s" % match.group(1).decode("ascii"))


def _fault(asked, proxy, what):
    """The way to the registry is at fault: nothing is said of the registry."""
    sentence = (
        "the engine asks the registry %s through the proxy %s, which %s; mend it, or put the registry into no-proxy"
    )
    return _Trouble(Answer("proxy", sentence % (asked.name, proxy, what), proxy=str(proxy)))


def _login(proxy):
    if proxy.login is None:
        return {}
    return {"Proxy-Authorization": "Basic " + base64.b64encode(proxy.login.encode("utf-8")).decode("ascii")}


def _words(exc):
    """An exception in words: without the class, the place in OpenSSL's source, or a line break."""
    text = getattr(exc, "strerror", None) or str(exc) or exc.__class__.__name__
    return re.sub(r"\s*\(_ssl\.c:\d+\)|^\[\w+: \w+\]\s*", "", " ".join(text.split()))[:200]
