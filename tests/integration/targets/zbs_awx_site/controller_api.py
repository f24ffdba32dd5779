# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the place of awx.awx's own: an API with an organization and an inventory in it, kept in a file."""

import json
import os
from pathlib import Path

FILE = Path(os.environ["OUTPUT_DIR"], "awx.json")
FRESH = {
    "organizations": [{"id": 1, "name": "Default"}],
    "inventories": [{"id": 1, "name": "ZBS inventory", "organization": 1}],
    "hosts": [],
    "groups": [],
    "members": {},
}


class ControllerAPIModule:
    """What the login of zbs_awx_site uses of it."""

    AUTH_ARGSPEC = {"controller_host": {"fallback": (None, ["CONTROLLER_HOST"])}}
    short_params = {"host": "controller_host"}

    def __init__(self, argument_spec, direct_params, error_callback, warn_callback):
        self.fail, self.host = error_callback, direct_params.get("controller_host")

    def logout(self):
        """There is no session."""

    def make_request(self, method, path, data=None):
        """An answer as awx.awx gives it."""
        if self.host != "http://awx.invalid":
            self.fail(msg="There was a network error of some kind trying to connect to your host (%s)." % self.host)
        kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else FRESH
        body = self._answer(kept, method, path.strip("/").split("/"), data or {})
        FILE.write_text(json.dumps(kept), encoding="utf-8")
        return {"status_code": 200, "json": body}

    def _answer(self, kept, method, words, data):
        table = words[0]
        if len(words) == 3:
            members = kept["members"].setdefault(words[1], [])
            if method == "POST":
                members.remove(data["id"]) if data.get("disassociate") else members.append(data["id"])
            return self._page([one for one in kept["hosts"] if one["id"] in members])
        if method == "POST":
            number = len(kept[table]) + 1
            kept[table].append({"id": number, "url": "%s/%d/" % (table, number), **data})
            return kept[table][-1]
        wanted = {name: value for name, value in data.items() if name != "page_size"}
        return self._page(
            [one for one in kept.get(table, []) if all(one.get(name) == value for name, value in wanted.items())]
        )

    @staticmethod
    def _page(found):
        return {"count": len(found), "next": None, "results": found}
