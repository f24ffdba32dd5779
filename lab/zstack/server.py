# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's HTTP side: `with Standin(cloud) as manager`, and `manager.url` answers while it lasts."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional, Union
from urllib.parse import parse_qsl, unquote, urlsplit

from . import query
from .cloud import FIELDS, Cloud
from .faults import Fault, Faults
from .logins import Denied, Logins

CONTEXT = "/zstack"
_TABLES = {
    "/v1/zones": "zones",
    "/v1/clusters": "clusters",
    "/v1/hosts": "hosts",
    "/v1/primary-storage": "primary-storage",
    "/v1/external-primary-storage/host-protocol-refs": "host-protocol-refs",
}
_LOGINS = {"/v1/accounts/login": "logInByAccount", "/v1/accounts/users/login": "logInByUser"}
_SESSIONS = "/v1/accounts/sessions/"
_JOBS = "/v1/api-jobs/"
_PAGE = "<!DOCTYPE html>\n<html><head><title>ZStack</title></head><body></body></html>"
# How often a job says that it is not done.
_JOB_ROUNDS = 2


class Standin:
    """One manager over one cloud; `logins` and `faults` are there for who tests against it."""

    def __init__(
        self, cloud: Cloud, address: str = "127.0.0.1", port: int = 0, tls: Optional[ssl.SSLContext] = None
    ) -> None:
        self.cloud = cloud
        self.logins = Logins()
        self.faults = Faults()
        self.requests: list[str] = []
        self._jobs: dict[str, tuple[int, dict[str, Any]]] = {}
        self._stopped = threading.Event()
        self._server = _Server((address, port), self)
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}{CONTEXT}"

    def __enter__(self) -> Standin:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float) -> None:
        """Let time pass, but not beyond the end of the stand-in."""
        self._stopped.wait(seconds)

    def answer(
        self, method: str, path: str, parameters: list[tuple[str, str]], headers: Any, body: bytes
    ) -> tuple[int, Union[dict[str, Any], str]]:
        """Status and body (an object for JSON, else text) for a request whose path is without the context."""
        try:
            return self._answer(method, path, parameters, headers, body)
        except Denied as denied:
            return denied.status, _error(denied.code, str(denied)) if denied.code else str(denied)
        except query.Refused as refused:
            words = str(refused)
            return refused.status, _error("SYS.1007", words) if refused.status == 503 else words

    def _answer(
        self, method: str, path: str, parameters: list[tuple[str, str]], headers: Any, body: bytes
    ) -> tuple[int, Union[dict[str, Any], str]]:
        if path in _LOGINS:
            if method != "PUT":
                return 405, f"The method[{method}] is not allowed for the path[{path}]"
            return self._log_in(_LOGINS[path], body)
        if path.startswith(_JOBS) and method == "GET":
            return self._job(path[len(_JOBS) :])
        if path.startswith(_SESSIONS) and method == "DELETE":
            self.logins.check(method, path, headers)
            self.logins.log_out(path[len(_SESSIONS) :])
            return 200, {}
        table = _TABLES.get(path)
        if table is None:
            return 404, f"no api mapping to {path}"
        if method != "GET":
            return 405, f"The method[{method}] is not allowed for the path[{path}]"
        self.logins.check(method, path, headers)
        return 200, query.answer(self.cloud.tables[table], FIELDS[table], parameters)

    def _log_in(self, action: str, body: bytes) -> tuple[int, Union[dict[str, Any], str]]:
        try:
            document = json.loads(body)
        except ValueError:
            return 400, "the body is no JSON"
        if not isinstance(document, dict) or action not in document:
            return 400, "the body doesn't contain action mapping to the URL"
        return 200, {"inventory": self.logins.log_in(action, document[action])}

    def later(self, answered: dict[str, Any]) -> dict[str, Any]:
        """Keep an answer as a job's, and give what says where it can be had."""
        name = uuid.uuid4().hex
        self._jobs[name] = (_JOB_ROUNDS, answered)
        # A manager knows itself by its own address, which need not be the one that it was asked by.
        return {"location": f"http://manager.invalid:8080{CONTEXT}{_JOBS}{name}"}

    def _job(self, name: str) -> tuple[int, Union[dict[str, Any], str]]:
        if name not in self._jobs:
            return 404, "the job has been expired"
        rounds, answered = self._jobs[name]
        if rounds:
            self._jobs[name] = (rounds - 1, answered)
            return 202, {}
        return 200, answered


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A connection that a client keeps open must not keep the end waiting.
    block_on_close = False

    def __init__(self, address: tuple[str, int], standin: Standin) -> None:
        super().__init__(address, _Handler)
        self.standin = standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in the middle, tests see to that: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_DELETE = do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: whoever wants to know reads `requests`."""

    def _serve(self) -> None:
        standin = self.server.standin
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(parts.path)
        standin.requests.append(f"{self.command} {self.path}")
        if not path.startswith(CONTEXT + "/"):
            self._send(404, _PAGE)
            return
        path = path[len(CONTEXT) :]
        fault = standin.faults.hit(path)
        if fault and fault.kind == "slow":
            standin.wait(fault.seconds)
        elif fault and fault.kind not in ("cut", "drip", "later"):
            self._fail(fault)
            return
        parameters = parse_qsl(parts.query, keep_blank_values=True)
        status, answered = standin.answer(self.command, path, parameters, self.headers, body)
        if fault and fault.kind == "later" and isinstance(answered, dict) and status == 200:
            status, answered = 202, standin.later(answered)
        self._send(status, answered, fault)

    def _fail(self, fault: Fault) -> None:
        if fault.kind == "reset":
            # Closing with unsent linger time 0 sends RST: what a client sees when the manager is killed.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.close()
        elif fault.kind == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://ui.invalid:5000/login")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            failed: dict[str, tuple[int, Union[dict[str, Any], str]]] = {
                "unavailable": (503, "<html><body>503 Service Unavailable</body></html>"),
                "html": (200, _PAGE),
                "gone": (404, "no api mapping"),
                "error": (503, _error("SYS.1006", "the manager timed out on itself")),
            }
            self._send(*failed[fault.kind])

    def _send(self, status: int, answered: Union[dict[str, Any], str], fault: Optional[Fault] = None) -> None:
        text = answered if isinstance(answered, str) else json.dumps(answered)
        kind = "text/html" if text.startswith("<") else "application/json" if text.startswith("{") else "text/plain"
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + ";charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault and fault.kind == "cut":
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        if fault and fault.kind == "drip":
            for place in range(0, len(data), 64):
                self.wfile.write(data[place : place + 64])
                self.wfile.flush()
                self.server.standin.wait(0.05)
            return
        self.wfile.write(data)


def _error(code: str, details: str) -> dict[str, Any]:
    return {"error": {"code": code, "description": "the operation failed", "details": details}}


def until_interrupted() -> None:
    """Wait for SIGINT."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
