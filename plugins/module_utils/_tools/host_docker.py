# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker command asks the host's own engine, whatever root's environment says."""

from . import command

# DOCKER_CONFIG stays: it holds the logins of registries, and DOCKER_HOST outranks the context that it names.
ENVIRON = dict.fromkeys(
    ("DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION", "CONTAINER_HOST")
)
ENVIRON["DOCKER_HOST"] = "unix:///var/run/docker.sock"


def run(argv, deadline, **more):
    """command.run of a docker command, on the socket where zbsadm asks too."""
    return command.run(argv, deadline, environ=ENVIRON, **more)
