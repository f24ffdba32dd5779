# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Being logged in at a manager for the length of a `with`: whatever happens in it, the session is logged out."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

from . import sign

_NAMES = ("account", "user", "password", "access_key_id", "access_key_secret")


def check_login(login):
    """ZbsError unless `login` ({option: value or None}) is exactly one whole way of logging in."""
    given = {name for name in _NAMES if login.get(name)}
    key = given & {"access_key_id", "access_key_secret"}
    if key and given - key:
        raise ZbsError(
            "both an access key and %s are given; give only one of them (check the ZSTACK_ variables of the "
            "environment too)" % " and ".join(sorted(given - key)),
            code="bad_login",
        )
    wanted = {"access_key_id", "access_key_secret"} if key else {"account", "password"}
    missing = sorted(wanted - given)
    if not given:
        raise ZbsError(
            "no login is given; give account and password, or access_key_id and access_key_secret", code="bad_login"
        )
    if missing:
        raise ZbsError(
            "%s is missing; it is needed with %s" % (" and ".join(missing), ", ".join(sorted(given))), code="bad_login"
        )


class Session:
    """`with Session(manager, login) as session`: `session.ask(path, query)` while it lasts.

    `warnings` holds a sentence when the manager would not log it out.
    """

    def __init__(self, manager, login):
        check_login(login)
        self.warnings = []
        self._manager = manager
        self._login = login
        self._uuid = None
        self._headers = None
        for name in ("password", "access_key_secret"):
            manager.hide(login.get(name))

    def __enter__(self):
        login = self._login
        if login.get("access_key_id"):
            self._headers = sign.of_access_key(login["access_key_id"], login["access_key_secret"])
            return self
        hashed = sign.password_hash(login["password"])
        self._manager.hide(hashed)
        if login.get("user"):
            names = {"accountName": login["account"], "userName": login["user"], "password": hashed}
            answer = self._manager.call("PUT", "/v1/accounts/users/login", body={"logInByUser": names})
        else:
            names = {"accountName": login["account"], "password": hashed}
            answer = self._manager.call("PUT", "/v1/accounts/login", body={"logInByAccount": names})
        inventory = answer.get("inventory")
        uuid = inventory.get("uuid") if isinstance(inventory, dict) else None
        # It goes into an address and a header.
        if not isinstance(uuid, str) or not (uuid.isascii() and uuid.isalnum()):
            raise ZbsError(
                "%s answered the login without a session; check that url is a ZStack API" % self._manager.name,
                code="no_session",
            )
        self._manager.hide(uuid)
        self._uuid = uuid
        self._headers = sign.of_session(uuid)
        return self

    def ask(self, path, query=()):
        """The answer to GET `path`."""
        return self._manager.call("GET", path, self._headers, query)

    def __exit__(self, kind, error, trace):
        if self._uuid is None:
            return
        try:
            self._manager.call("DELETE", "/v1/accounts/sessions/%s" % self._uuid, self._headers)
        except ZbsError as failed:
            # What was read is good all the same; and an error on its way out says more than this one.
            self.warnings.append("the session could not be logged out, it expires by itself: %s" % failed.message)
        self._uuid = None
