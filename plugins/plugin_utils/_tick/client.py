# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an attempt brings its host the ZBS client before the target, which needs the client's configuration to open a volume. Pure."""

WANTED = "zbs_vhost_heal_client"
LOGIN = ("zbs_vhost_heal_cbd_ssh_username", "zbs_vhost_heal_cbd_ssh_password")


def decide(client, wanted, login, host):
    """(whether the client is deployed first, why it is not though it is missing: a sentence or None).

    client  that of phase begin
    wanted  the role's variable WANTED
    login   the values of LOGIN
    """
    if wanted != "when_missing" or client["state"] != "missing":
        return False, None
    if all(login) and client["seconds"] > 0:
        return True, None
    return False, (
        "%s is missing on %s; set %s and %s (and zbs_vhost_heal_attempt_timeout, if it is shorter than its default) and the heal deploys "
        "the client, or run zbsadm client deploy on the admin node" % ((client["path"], host) + LOGIN)
    )
