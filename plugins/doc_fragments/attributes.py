# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that the modules of this collection share."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and report truthfully what a real run would change.
    support: full
  diff_mode:
    description: Shows what a run changes, or would change, in diff mode.
    support: full
  platform:
    description: The systems that the module manages.
    platforms: posix
    support: full
"""

    IDEMPOTENT = r"""
options: {}
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: full
"""

    READ_ONLY = r"""
options: {}
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: full
    details: The module changes nothing at all.
"""

    # Of what runs on the controller only, once for all hosts. Complete in itself: it stands instead of the ones above.
    CONTROLLER = r"""
options: {}
attributes:
  action:
    description: Has a corresponding action plugin, which does all of the work.
    support: full
  check_mode:
    description: Can run in check mode and report truthfully what a real run would change.
    support: full
  diff_mode:
    description: Shows what a run changes, or would change, in diff mode.
    support: none
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: full
  platform:
    description: The systems that the module manages.
    platforms: posix
    support: full
"""
