# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the API of AWX 24: what `awx.awx` asks for, as strict as the real one, all of it in memory.

No job ever runs here. It is written after AWX's public sources: which fields there are and of what kind, what is refused and in
which words, what an answer looks like. Where the real API forgives a field that it does not know, this one refuses it.
"""
