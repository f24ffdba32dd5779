"""Sizes with a unit: a table of what people, programs and the kernel write."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import sizes
from hypothesis import given
from hypothesis import strategies as st

K, M, G, T = 1 << 10, 1 << 20, 1 << 30, 1 << 40

AMOUNTS = [
    ("0", 0),
    ("4096", 4096),
    ("16G", 16 * G),
    ("16g", 16 * G),
    ("16 G", 16 * G),
    (" 16G\n", 16 * G),
    ("16GB", 16 * G),
    ("16Gi", 16 * G),
    ("16GiB", 16 * G),
    ("16gib", 16 * G),
    ("512M", 512 * M),
    ("8k", 8 * K),
    ("2T", 2 * T),
    ("1P", 1 << 50),
    (17179869184, 16 * G),
    ("", None),
    ("G", None),
    ("-1G", None),
    ("1.5G", None),
    ("16X", None),
    ("16 G G", None),
    ("0x10", None),
    ("50%", None),
    ("\u0661G", None),
    ("\u00b2", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "size"), AMOUNTS)
def test_amounts(text, size):
    assert sizes.amount(text) == size


@pytest.mark.parametrize(("text", "size"), [("512", 512 * M), ("1G", G), ("1048576k", G), ("much", None)])
def test_a_number_without_a_unit_has_that_of_the_program(text, size):
    assert sizes.amount(text, bare="M") == size


# memparse() of Linux, in pagesize= and size= of a mount, hugepagesz= and default_hugepagesz= on the command line.
KERNEL = [
    ("2M", 2 * M),
    ("2m", 2 * M),
    ("2048K", 2 * M),
    ("2097152", 2 * M),
    ("0x200000", 2 * M),
    ("0X2M", 2 * M),
    ("010M", 8 * M),
    ("1024M", G),
    ("1G", G),
    ("1GB", G),  # what follows the letter is not looked at
    ("16G", 16 * G),
    ("0", 0),
    ("", None),
    ("M", None),
    ("x", None),
    ("08M", None),
    ("-2M", None),
    (" 2M", None),
]


@pytest.mark.parametrize(("text", "size"), KERNEL)
def test_the_kernel_s(text, size):
    assert sizes.kernel(text) == size


@pytest.mark.parametrize(
    ("kib", "name"), [(64, "64K"), (2048, "2M"), (32768, "32M"), (524288, "512M"), (1048576, "1G"), (16777216, "16G")]
)
def test_names_of_page_sizes(kib, name):
    assert sizes.name(kib) == name and sizes.kernel(name) == kib * K


@given(st.text())
def test_no_text_is_too_much(text):
    for size in (sizes.amount(text), sizes.kernel(text)):
        assert size is None or size >= 0
