# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which names a Docker Engine runs: Docker's own, those of distributions, those of releases before dockerd."""

import os
import re

# dockerd-current and -latest are EL 7's, .dockerd-wrapped is NixOS', the others run Moby under names of their own.
_DAEMON = re.compile(r"\.?(dockerd|mobyd|moby-engine|balenad|balena-engine-daemon)([-.](?!rootless)[\w.-]*)?$")
# `docker daemon` and `docker -d` of releases before 1.12.
_CLIENT = re.compile(r"docker(-current|-latest)?$")
# It only answers a question and ends.
_QUESTIONS = ("--validate", "--version", "-v", "--help", "-h")


def arguments(words, program=None):
    """The daemon's arguments in a command line; None where it is none of a Docker Engine.

    program  the file that runs, which tells what argv names otherwise; None where it is not known
    """
    if not words or any(word in _QUESTIONS for word in words[1:]):
        return None
    name = os.path.basename(words[0])
    if is_daemon(name) or (program and is_daemon(os.path.basename(program))):
        return words[1:]
    if _CLIENT.match(name):
        for place, word in enumerate(words[1:], 1):
            if word == "daemon":
                return words[1:place] + words[place + 1 :]
            if word in ("-d", "--daemon", "--daemon=true", "-d=true"):
                return words[1:]
            if not word.startswith("-"):
                return None
    return None


def is_daemon(name):
    """Whether a program file of this name is a Docker Engine's."""
    return len(name) < 100 and bool(_DAEMON.match(name)) and not name.endswith(".sh")
