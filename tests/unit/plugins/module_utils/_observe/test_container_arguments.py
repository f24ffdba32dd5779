"""CPUs, memory and admin socket in a target's arguments, in every form that SPDK takes."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import container as observe_container


def container(*arguments):
    """A container whose process has these arguments."""
    return observe_container.Container("found", data={"Path": "zbsvhost", "Args": list(arguments)})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[4,5,6,7]", [4, 5, 6, 7]),
        ("[4-7]", [4, 5, 6, 7]),
        ("[0,2-3,8]", [0, 2, 3, 8]),
        ("[ 4 , 5 - 6 ]", [4, 5, 6]),
        (" [4] ", [4]),
        ("[7,4,4]", [4, 7]),
        ("4,5", [4, 5]),
        ("4-7", [4, 5, 6, 7]),
        ("0xf0", [4, 5, 6, 7]),
        ("f0", [4, 5, 6, 7]),
        ("F0", [4, 5, 6, 7]),
        ("10", [4]),  # to SPDK a lone number is a mask
        ("0x0", []),
        ("1" + "0" * 31, [124]),
        ("", None),
        ("[]", None),
        ("[a]", None),
        ("[4,]", None),
        ("[7-4]", None),
        ("[-1]", None),
        ("[4", None),
        ("auto", None),
        ("0xg", None),
        ("[0-999999999]", None),
        ("4\n,5;", None),
    ],
)
def test_parse_cpus(text, expected):
    assert observe_container.parse_cpus(text) == expected


FORMS = [
    ("-m", "[4,5]", "-s", "512", "-r", "/s"),
    ("-m[4,5]", "-s512", "-r/s"),
    ("--cpumask", "[4,5]", "--mem-size", "512", "--rpc-socket", "/s"),
    ("--cpumask=[4,5]", "--mem-size=512", "--rpc-socket=/s"),
    ("-m", "0x30", "--mem-size=512", "-r", "/s"),
    ("-m", "[0]", "-m", "[4,5]", "-s", "1", "-s", "512", "-r", "/x", "-r", "/s"),  # the last one counts
]


@pytest.mark.parametrize("arguments", FORMS)
def test_option_forms(arguments):
    found = container(*arguments)
    assert (found.cpus(), found.memory_mib(), found.admin_socket()) == ([4, 5], 512, "/s")


def test_options_that_only_look_alike_are_none_of_ours():
    found = container("-S", "/sockets", "--huge-dir", "/dev/hugepages2m", "--cpumasks=[1]", "--mem-sizes", "3")
    assert (found.cpus(), found.memory_mib(), found.admin_socket()) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        ("512", 512),
        ("512M", 512),
        ("512m", 512),
        ("1G", 1024),
        ("2g", 2048),
        ("1048576k", 1024),
        ("1k", 0),
        ("1GiB", 1024),
    ],
)
def test_memory_with_a_unit_and_without(text, mib):
    """SPDK takes MiB where no unit stands, and K, M and G else."""
    assert container("-s", text).memory_mib() == container("--mem-size=" + text).memory_mib() == mib


@pytest.mark.parametrize("arguments", [(), ("-m",), ("--cpumask",), ("-s", "1X"), ("-s", "-1G"), ("-s", "much")])
def test_what_cannot_be_read_is_none(arguments):
    found = container(*arguments)
    assert (found.cpus(), found.memory_mib()) == (None, None)


def test_the_arguments_of_an_unknown_container_are_none():
    found = observe_container.Container("missing", "no such container")
    assert (found.cpus(), found.memory_mib(), found.admin_socket(), found.arguments) == (None, None, None, [])
