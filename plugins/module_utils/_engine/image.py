# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container image on a host: is it there, and getting it from a registry or an archive."""

import re
import time

from .._tools import host_docker
from .._tools.errors import ZbsError
from . import registry, registry_names

registry_of = registry_names.registry_of
# Five seconds of Go's resolver, and a little.
HOSTS_SECONDS = 6.0

# What a pull's last words say about its cause; the first that fits. A fault of the way comes before every fault of the
# registry: behind `proxyconnect` stand the words of the proxy, and a proxy that refuses CONNECT is quoted by its status alone.
_KINDS = (
    (
        "proxy",
        r"proxyconnect |socks connect |Proxy Authentication Required|"
        r"https?://[^\s\"]+\"?: (Forbidden|Bad Request|Not Found|Method Not Allowed|Bad Gateway|Service Unavailable|Gateway Timeout)\s*$",
    ),
    ("plain_http", r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake"),
    ("tls", r"(^|[\s:])(x509|tls): "),
    ("name", r"no such host|server misbehaving|Temporary failure in name resolution"),
    ("refused", r"connection refused"),
    (
        "denied",
        r"(^|\s)(unauthorized|denied): |access denied|401 Unauthorized|authentication required|no basic auth credentials",
    ),
    ("missing", r"manifest unknown|not found|repository does not exist"),
    (
        "unreachable",
        r"no route to host|i/o timeout|TLS handshake timeout|deadline exceeded|network is unreachable|Client.Timeout|"
        r"connection reset by peer|connection timed out|unexpected EOF",
    ),
)
# No message of a pull is longer; the last words count.
_MOST = 65536


def check_name(name):
    """ZbsError `bad_option` for what is no name of an image: nothing that a program could take for an option."""
    if not re.match(r"[A-Za-z0-9\[][A-Za-z0-9._:/@\[\]-]*\Z", name):
        raise ZbsError("%r is not an image name; give registry/name:tag" % name, "bad_option")


def present(name, deadline, docker="docker"):
    """The image's id, None where the engine does not have it; ZbsError `docker` where the engine does not tell."""
    result = host_docker.run([docker, "image", "inspect", "--format", "{{.Id}}", name], deadline)
    if result.rc == 0:
        return result.out.strip()
    if re.search(r"no such image", result.err, re.IGNORECASE):
        return None
    raise ZbsError(
        "the Docker Engine does not say whether it has the image %s (%s); see `journalctl -u docker`"
        % (name, result.sentence() or "no answer in time"),
        "docker",
    )


def pull(name, deadline, docker="docker"):
    """Pull it: None, or why not as (kind, message)."""
    result = host_docker.run([docker, "pull", "--quiet", name], deadline)
    if result.rc == 0:
        return None
    if result.timed_out:
        return "timeout", "not finished after %.0f s" % deadline.seconds
    return kind_of(result.err or result.out), result.sentence() or "docker pull ended with %d" % result.rc


def pull_patiently(name, deadline, docker="docker", resolves=registry.resolves, sleep=time.sleep):
    """Pull it as `pull` does; once more where the engine does not know a name that this host resolves.

    Go's resolver, and so the engine's, reads /etc/hosts anew only when it has known it for five seconds: a name that was just
    written there is unknown to it until then.
    """
    trouble = pull(name, deadline, docker)
    if trouble is None or trouble[0] != "name" or deadline.left() < HOSTS_SECONDS:
        return trouble
    if not resolves(registry_names.host_of(registry_of(name)), deadline):
        return trouble
    sleep(HOSTS_SECONDS)
    return pull(name, deadline, docker)


def kind_of(text):
    """The cause that a pull's output tells, `other` where none is known."""
    for kind, pattern in _KINDS:
        if re.search(pattern, text[-_MOST:]):
            return kind
    return "other"


def load(name, archive, deadline, docker="docker"):
    """Load the archive and see that it held the image: None, or why not as (kind, message)."""
    result = host_docker.run([docker, "load", "--input", archive], deadline)
    if result.timed_out:
        return "timeout", "not finished after %.0f s" % deadline.seconds
    if result.rc != 0:
        return "archive", result.sentence() or "docker load ended with %d" % result.rc
    if present(name, deadline, docker) is None:
        held = re.findall(r"Loaded image(?: ID)?: (\S+)", result.out)
        return "other_image", "it was loaded and holds %s instead" % (", ".join(held) or "another image")
    return None
