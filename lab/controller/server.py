# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: `with Standin({URL: checkout}) as controller`, and `controller.url` answers while it lasts."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
import secrets
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from .fields import Refused
from .resources import RESOURCES, UNIFIED
from .rights import User
from .store import API, Store, Thing

VERSION = "24.6.1"
USERNAME = "storage-admin"
PASSWORD = "awx-standin-Pa55word"
ADMINISTRATOR = User(USERNAME)
_PAGES = {"page", "page_size", "order_by"}
_LARGEST = 200
_NO_PATH = "<!DOCTYPE html><html><body>Not Found: the requested resource could not be found.</body></html>"
#: Lists that only an update links.
_BY_UPDATES = {("inventory_sources", "hosts"), ("inventory_sources", "groups")}
_WORDS = "a stand-in of zstack.zbs's tests: it runs no job"


class Standin:
    """One controller; `store` holds its objects, `requests` what was asked of it."""

    def __init__(self, repositories: Optional[dict[str, Path]] = None, port: int = 0) -> None:
        self.store = Store(repositories or {})
        self.requests: list[str] = []
        self.tokens: dict[int, str] = {}
        self._users: dict[int, User] = {}  # whose a token is
        self._user = ADMINISTRATOR
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers, without the API's path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Standin:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Status and body (None for none) for a request."""
        with self._lock:
            self.requests.append(f"{method} {target}")
            try:
                self.store.pass_time()
                return self._answer(method, target, headers, body)
            except Refused as refused:
                return refused.status, refused.body
            except Exception:
                # As AWX does; without it the client would see a connection that ends, and nobody the reason.
                return 500, {"detail": traceback.format_exc()}

    def _answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(target)
        path = unquote(parts.path)
        if not path.startswith("/api/") or not path.endswith("/"):
            raise Refused(404, _NO_PATH)
        if path == f"{API}ping/":
            return 200, {"ha": False, "version": VERSION, "active_node": _WORDS, "install_uuid": _WORDS}
        basic = self._authenticated(headers)
        words = path[len(API) :].strip("/").split("/") if path.startswith(API) else ["?"]
        data = self._body(method, headers, body)
        if words[0] == "tokens":
            return self._token(method, words[1:], data, basic)
        if words == ["me"] and method == "GET":
            me = {"username": self._user.name, "is_superuser": self._user.organization is None}
            return 200, _page([{"id": 1, "type": "user", **me}], {}, path)
        if words == ["config"] and method == "GET":
            return 200, {"version": VERSION, "license_info": {"license_type": "open"}, "stand_in": _WORDS}
        if words == ["unified_job_templates"] and method == "GET":
            return 200, self._list(UNIFIED, dict(parse_qsl(parts.query)), path)
        if words[0] == "project_updates" and len(words) in (2, 3) and words[1].isdigit() and method == "GET":
            if words[2:] == ["events"]:
                query = dict(parse_qsl(parts.query))
                return 200, _page(_filtered(self.store.events(int(words[1])), query, {"event"}), query, path)
            return 200, self.store.update(int(words[1]))
        if words in (["unified_jobs"], ["jobs"]) and method == "GET":
            query = dict(parse_qsl(parts.query))
            known = {"id", "type", "name", "status", "unified_job_template"} | (
                {"inventory", "project"} if words == ["jobs"] else set()
            )
            found = [job for job in self.store.jobs.all.values() if words != ["jobs"] or job["type"] == "job"]
            return 200, _page(_filtered(found, query, known), query, path)
        if words[0] in RESOURCES:
            return self._resource(method, words, data, dict(parse_qsl(parts.query)), path)
        raise Refused(404, _NO_PATH)

    def _resource(self, method: str, words: list[str], data: Any, query: dict[str, str], path: str) -> tuple[int, Any]:
        store, table = self.store, words[0]
        if len(words) == 1:
            if method == "GET":
                return 200, self._list((table,), query, path)
            if method == "POST":
                self._user.check_new(store, table, data if isinstance(data, dict) else {})
                return 201, self._shown(table, store.create(table, data))
            raise _not_allowed(method)
        number = self._number(table, words[1])
        thing = store.get(table, number)
        if not self._user.sees(store, table, thing):
            raise Refused(404, {"detail": "Not found."})
        if method != "GET":
            self._user.check(store, table, thing)
        if len(words) == 2:
            if method == "GET":
                return 200, self._shown(table, thing)
            if method in ("PATCH", "PUT"):
                return 200, self._shown(table, store.change(table, number, data))
            if method == "DELETE":
                return store.delete(table, number), None
            raise _not_allowed(method)
        if len(words) == 3 and words[2] in RESOURCES[table].related:
            other = RESOURCES[table].related[words[2]]
            if method == "GET":
                shown = [self._shown(other, store.get(other, one)) for one in store.linked(table, number, words[2])]
                return 200, _page(shown, query, path)
            if method == "POST" and (table, words[2]) not in _BY_UPDATES:
                store.associate(table, number, words[2], data)
                return 204, None
            raise _not_allowed(method)
        if words[2:] == ["survey_spec"] and table in ("job_templates", "workflow_job_templates"):
            if method == "GET":
                return 200, store.surveys.get((table, number), {})
            if method == "POST":
                store.set_survey(table, number, data)
            elif method == "DELETE":
                store.surveys.pop((table, number), None)
            else:
                raise _not_allowed(method)
            return 200, {}
        if words[2:] == ["playbooks"] and table == "projects" and method == "GET":
            return 200, store.playbooks(number)
        if words[2:] == ["update"] and table == "projects" and method == "POST":
            update = store.start_update(number)
            return 202, {
                **store.update(update["id"]),
                "project_update": update["id"],
                "url": f"{API}project_updates/{update['id']}/",
            }
        if words[2:] == ["update"] and table == "inventory_sources" and method == "POST":
            return 202, store.start_source(number)
        if words[2:] == ["launch"] and table in ("job_templates", "workflow_job_templates"):
            return (
                (200, store.jobs.asked(table, number))
                if method == "GET"
                else (201, store.jobs.launch(table, number, data))
            )
        raise Refused(404, _NO_PATH)

    def _shown(self, table: str, thing: Thing) -> Thing:
        shown = self.store.shown(table, thing)
        may = self._user.may(self.store, table, thing)
        shown["summary_fields"]["user_capabilities"] = {"edit": may, "delete": may}
        return shown

    def _number(self, table: str, word: str) -> int:
        """The id in a URL, also of an object that is named there as NAME++ORGANIZATION."""
        if word.isdigit():
            return int(word)
        name, _, organization = word.partition("++")
        for thing in self.store.tables[table].values():
            owner = self.store.tables["organizations"].get(thing.get("organization") or 0, {}).get("name", "")
            if thing.get("name") == name and owner == organization:
                return int(thing["id"])
        raise Refused(404, {"detail": "Not found."})

    def _list(self, tables: tuple[str, ...], query: dict[str, str], path: str) -> Thing:
        found = []
        for table in tables:
            for _number, thing in sorted(self.store.tables[table].items()):
                if self._user.sees(self.store, table, thing):
                    found.append(self._shown(table, thing))
        known = {"id", "type"}.union(*(RESOURCES[table].fields for table in tables))
        return _page(_filtered(found, query, known), query, path)

    def _authenticated(self, headers: Any) -> bool:
        """Whether it was with name and password; a token is the other way. Raises Refused."""
        kind, _, rest = headers.get("Authorization", "").partition(" ")
        for number, token in self.tokens.items() if kind == "Bearer" else ():
            if hmac.compare_digest(rest, token):
                self._user = self._users.get(number, ADMINISTRATOR)
                return False
        if kind == "Basic":
            try:
                given = base64.b64decode(rest, validate=True)
            except ValueError:
                given = b""
            if hmac.compare_digest(given, f"{USERNAME}:{PASSWORD}".encode()):
                self._user = ADMINISTRATOR
                return True
            raise Refused(401, {"detail": "Invalid username/password."})
        words = "Authentication credentials were not provided. To establish a login session, visit /api/login/."
        raise Refused(401, {"detail": words})

    def _body(self, method: str, headers: Any, body: bytes) -> Any:
        if method in ("GET", "DELETE") or not body:
            return {}
        if not headers.get("Content-Type", "").startswith("application/json"):
            raise Refused(415, {"detail": f'Unsupported media type "{headers.get("Content-Type")}" in request.'})
        try:
            return json.loads(body)
        except ValueError as error:
            raise Refused(400, {"detail": f"JSON parse error - {error}"}) from None

    def _token(self, method: str, words: list[str], data: Any, basic: bool) -> tuple[int, Any]:
        if method == "POST" and not words:
            if not basic or data.get("scope") not in ("read", "write"):
                raise Refused(
                    400, {"scope": ["Must be a simple space-separated string with allowed scopes ['read', 'write']."]}
                )
            number = next(self._numbers)
            self.tokens[number] = secrets.token_hex(15)
            return 201, {
                "id": number,
                "type": "o_auth2_access_token",
                "token": self.tokens[number],
                "scope": data["scope"],
            }
        if method == "DELETE" and len(words) == 1 and words[0].isdigit() and int(words[0]) in self.tokens:
            del self.tokens[int(words[0])]
            return 204, None
        raise Refused(404, {"detail": "Not found."})

    def make_token(self, user: User = ADMINISTRATOR) -> str:
        """A token as somebody makes one for a playbook."""
        number = next(self._numbers)
        self._users[number] = user
        self.tokens[number] = secrets.token_hex(15)
        return self.tokens[number]


def _filtered(things: list[Thing], query: dict[str, str], known: set[str]) -> list[Thing]:
    """Those that a query asks for. Raises Refused."""
    wanted = {name: value for name, value in query.items() if name not in _PAGES}
    for name in wanted:
        if name.removeprefix("or__").removesuffix("__in") not in known:
            raise Refused(400, {"detail": f"There is no field named '{name}'"})
    either = {name[4:]: value for name, value in wanted.items() if name.startswith("or__")}
    every = {name: value for name, value in wanted.items() if not name.startswith("or__")}
    return [
        thing
        for thing in things
        if all(_fits(thing, name, value) for name, value in every.items())
        and (not either or any(_fits(thing, name, value) for name, value in either.items()))
    ]


def _fits(thing: Thing, name: str, text: str) -> bool:
    words = text.split(",") if name.endswith("__in") else [text]
    return any(_same(thing.get(name.removesuffix("__in")), word) for word in words)


def _same(value: Any, text: str) -> bool:
    """A filter's word against a value."""
    if value is None:
        return text.lower() in ("none", "null")
    if isinstance(value, bool):
        return text.lower() in (("true", "1") if value else ("false", "0"))
    return str(value) == text


def _page(found: list[Thing], query: dict[str, str], path: str) -> Thing:
    """One page of a list; the next one is a path, as AWX gives it."""
    size, number = query.get("page_size", "25"), query.get("page", "1")
    if not size.isdigit() or not number.isdigit() or (int(number) - 1) * int(size) > len(found):
        raise Refused(404, {"detail": "Invalid page."})
    size_, start = min(int(size), _LARGEST), (int(number) - 1) * min(int(size), _LARGEST)
    more = start + size_ < len(found)
    following = f"{path}?{urlencode({**query, 'page': int(number) + 1})}" if more else None
    return {"count": len(found), "next": following, "previous": None, "results": found[start : start + size_]}


def _not_allowed(method: str) -> Refused:
    return Refused(405, {"detail": f'Method "{method}" not allowed.'})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A connection that a client keeps open must not keep the end waiting.
    block_on_close = False

    def __init__(self, address: tuple[str, int], standin: Standin) -> None:
        super().__init__(address, _Handler)
        self.standin = standin


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "awx-stand-in"
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answered = self.server.standin.answer(self.command, self.path, self.headers, body)
        html = isinstance(answered, str)
        data = b"" if answered is None else (answered if html else json.dumps(answered)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", VERSION)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Bearer realm="api"')
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: whoever wants to know reads `requests`."""
