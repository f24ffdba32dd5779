# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts with a unit: the one reader of what people write, what programs are told and what the kernel shows. Pure."""

import re

# All of these count in powers of 1024: `16G`, `16GB`, `16Gi` and `16GiB` are one amount.
_SHIFTS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}
_AMOUNT = re.compile(r"^\s*([0-9]{1,20})\s*(?:([KMGTPE])i?B?)?\s*$", re.I)
# memparse() of Linux reads a C number and one letter, and leaves what follows to its caller, who mostly ignores it.
_KERNEL = re.compile(r"^(0x[0-9a-f]{1,16}|[0-9]{1,20})([KMGTPE]?)", re.I)


def amount(text, bare=""):
    """Bytes of an amount such as `16G`, `16 GiB` or `512M`; None when it is none.

    bare  the unit of a number without one: bytes, or a letter of the table where that is the program's default
    """
    match = _AMOUNT.match(str(text))
    return int(match.group(1)) << _SHIFTS[(match.group(2) or bare).upper()] if match else None


def kernel(text):
    """Bytes of a size as the kernel reads it in mount options and on its command line; None when it is none."""
    match = _KERNEL.match(text)
    if not match:
        return None
    digits, unit = match.groups()
    octal = len(digits) > 1 and digits.isdigit() and digits.startswith("0")
    try:
        number = int(digits, 8 if octal else 16 if digits[:2] in ("0x", "0X") else 10)
    except ValueError:
        return None  # 08
    return number << _SHIFTS[unit.upper()]


def name(kib):
    """A page size by its name: `64K`, `2M`, `1G`."""
    for unit, size in (("G", 1024**2), ("M", 1024)):
        if kib >= size and kib % size == 0:
            return "%d%s" % (kib // size, unit)
    return "%dK" % kib
