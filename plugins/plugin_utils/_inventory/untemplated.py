# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words from elsewhere as values that are never taken for templates."""

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19, where a plain text is as good

    def trust_as_template(value):
        """The value as it is."""
        return value


_MARKS = ("{{", "{%", "{#", "#jinja2:")


def plain(value):
    """The value (JSON types) with every text in it marked: as unsafe when it looks like a template.

    The others are harmless as templates. Marking them so keeps `ansible-inventory --list` from wrapping each in an object.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return wrap_var(value) if any(mark in value for mark in _MARKS) else trust_as_template(value)
    return value
