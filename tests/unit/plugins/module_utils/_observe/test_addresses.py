"""The host's addresses as the kernel tells them: real ones, made-up answers, and answers that are none."""

import socket
import struct

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import addresses, netlink

V4, V6 = socket.AF_INET, socket.AF_INET6
GLOBAL, SITE, LINK, HOST = 0, 200, 253, 254
ADDRESS, LOCAL, LABEL, FLAGS = 1, 2, 3, 8


def attribute(kind, value):
    """One attribute, padded."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(family, *parts, scope=GLOBAL, flags=0x80, kind=20, header_flags=2):
    """One address of the kernel's table."""
    body = struct.pack("=BBBBI", family, 24, flags, scope, 2) + b"".join(parts)
    return struct.pack("=IHHII", 16 + len(body), kind, header_flags, 1, 0) + body


def packed(text):
    """An address as bytes."""
    return socket.inet_pton(V6 if ":" in text else V4, text)


def local(text, **more):
    """An address of an interface, as the kernel has it: v4 with both attributes, v6 with one."""
    if ":" in text:
        return message(V6, attribute(ADDRESS, packed(text)), **more)
    return message(V4, attribute(ADDRESS, packed(text)), attribute(LOCAL, packed(text)), **more)


DONE = struct.pack("=IHHIIi", 20, netlink.NLMSG_DONE, 2, 1, 0, 0)


@pytest.mark.parametrize(
    "told, found",
    [
        ([], []),
        ([local("10.0.0.11")], ["10.0.0.11"]),
        ([local("fd00:8::11"), local("10.0.0.11"), local("172.16.8.11")], ["10.0.0.11", "172.16.8.11", "fd00:8::11"]),
        ([local("10.0.0.11"), local("10.0.0.11")], ["10.0.0.11"]),
        # Loopback and link-local addresses are every host's; lo may bear the host's own.
        ([local("127.0.0.1", scope=HOST), local("127.0.1.1"), local("::1", scope=HOST)], []),
        ([local("fe80::1", scope=LINK), local("169.254.3.4", scope=LINK), local("169.254.3.4")], []),
        ([local("10.9.0.11", scope=HOST)], []),
        ([local("10.9.0.11", scope=LINK), local("fec0::1", scope=SITE)], ["10.9.0.11", "fec0::1"]),
        # Of a link between two the host's own end counts.
        ([message(V4, attribute(ADDRESS, packed("10.1.0.2")), attribute(LOCAL, packed("10.1.0.1")))], ["10.1.0.1"]),
        # What another host may have.
        ([local("fd00::5", flags=0x40)], []),
        ([local("fd00::5", flags=0x88)], []),
        ([message(V6, attribute(ADDRESS, packed("fd00::5")), attribute(FLAGS, struct.pack("=I", 0x48)), flags=0)], []),
        ([message(V6, attribute(ADDRESS, packed("fd00::5")), attribute(FLAGS, struct.pack("=I", 0x180)))], ["fd00::5"]),
        # What is of another family, of another length, or no address at all.
        ([message(28, attribute(ADDRESS, b"abcd"))], []),
        ([message(V4, attribute(LOCAL, b"abc")), message(V6, attribute(ADDRESS, b"abcd")), message(V4)], []),
        ([message(V4, attribute(LABEL, b"eth0\0")), local("10.0.0.11", kind=24)], []),
        ([struct.pack("=IHHII", 18, 20, 2, 1, 0) + b"ab\0\0"], []),
    ],
)
def test_what_the_kernel_tells(told, found):
    assert addresses.addresses_of([b"".join(told) + DONE]) == found
    assert addresses.addresses_of(told + [DONE]) == found


def kernel(monkeypatch, *answers):
    """Let the kernel answer so, one after the other; the requests are returned."""
    asked, left = [], list(answers)

    def dump(protocol, kind, request):
        asked.append((protocol, kind, len(request)))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(netlink, "dump", dump)
    return asked


ERROR = struct.pack("=IHHIIi", 20, netlink.NLMSG_ERROR, 0, 1, 0, -1)
FAILED = struct.pack("=IHHIIi", 20, netlink.NLMSG_DONE, 2, 1, 0, -12)
CHANGED = local("10.0.0.11", header_flags=0x12) + DONE
WHOLE = local("10.0.0.11") + DONE


@pytest.mark.parametrize(
    "answers, found, asked",
    [
        ([[WHOLE]], ["10.0.0.11"], 1),
        ([[local("10.0.0.11"), DONE]], ["10.0.0.11"], 1),
        ([[DONE]], [], 1),
        ([[CHANGED], [WHOLE]], ["10.0.0.11"], 2),
        ([[CHANGED]] * 3, None, 3),
        ([OSError(1, "Operation not permitted")], None, 1),
        ([socket.timeout("timed out")], None, 1),
        ([[ERROR]] * 3, None, 3),
        ([[local("10.0.0.11") + FAILED]] * 3, None, 3),
        ([[local("10.0.0.11")]] * 3, None, 3),  # cut off
        ([[b"\0" * 40]] * 3, None, 3),
        ([[]] * 3, None, 3),
    ],
)
def test_not_told_is_none_with_a_warning(monkeypatch, answers, found, asked):
    """A table that is not whole could lack the very address that a client has."""
    requests = kernel(monkeypatch, *answers)
    health = {"warnings": []}
    addresses.enter(health)
    assert health["addresses"] == found and requests == [(0, 22, 8)] * asked
    assert [("addresses" in warning) for warning in health["warnings"]] == ([True] if found is None else [])


def test_the_kernel_of_this_machine():
    found = addresses.read_addresses()
    if found is None:
        pytest.skip("this machine has no netlink")
    assert found == sorted(set(found)) and "127.0.0.1" not in found and "::1" not in found
    for address in found:
        with socket.socket(V6 if ":" in address else V4, socket.SOCK_DGRAM) as mine:
            mine.bind((address, 0))  # only what is this machine's own can be bound
