"""One step on a compute host: a Python program, piped to the host's own interpreter over SSH.

The remote command is always ``python3 -``. What to do and with which values travels as JSON inside the program,
so no value ever meets a shell, neither here nor there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .codes import ADMIN_BROKEN, HOST_BROKEN, HOST_KEY, LOGIN_REFUSED, NO_ANSWER, UNREACHABLE
from .errors import Failure
from .hosts import Login
from .settings import Settings

_PACKAGE = Path(__file__).resolve().parent
#: in the order in which they import each other
_MODULES = ("report", "programs", "hugepages", "docker", "spdk", "deploy", "destroy", "bdev", "client", "clients")
RESULT = "zbsadm-standin-result:"

_BOOT = """
import json, sys, types
PAYLOAD = json.loads({payload!r})
for package in ("standin", "standin.remote"):
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = []
for name, source in PAYLOAD["modules"]:
    module = types.ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    exec(compile(source, name, "exec"), module.__dict__)
sys.modules["standin.remote.report"].answer(
    sys.modules["standin.remote." + PAYLOAD["step"]].act, PAYLOAD["values"], PAYLOAD["result"])
"""


def program(step: str, values: dict[str, Any]) -> str:
    """The program text for a step (a module of remote/ with a function ``act``)."""
    modules = [("standin.codes", (_PACKAGE / "codes.py").read_text(encoding="utf-8"))]
    for name in _MODULES:
        modules.append((f"standin.remote.{name}", (_PACKAGE / "remote" / f"{name}.py").read_text(encoding="utf-8")))
    payload = {"modules": modules, "step": step, "values": values, "result": RESULT}
    return _BOOT.format(payload=json.dumps(payload))


def argv(login: Login, settings: Settings) -> list[str]:
    """ssh's argument list. A password is not among them: sshpass takes it from the environment."""
    words = ["ssh", "-o", f"ConnectTimeout={settings.connect_timeout}", "-o", "StrictHostKeyChecking=accept-new"]
    words += ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "LogLevel=ERROR"]
    words += ["-o", "ControlMaster=no", "-o", "ControlPath=none"]
    if login.password:
        words += ["-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no"]
        words += ["-o", "NumberOfPasswordPrompts=1"]
        words = ["sshpass", "-e", *words]
    else:
        words += ["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", login.private_key_file]
    return [*words, "-T", "-p", str(login.port), "-l", login.user, login.ip, "--", "python3", "-"]


def _said(error_output: str) -> str:
    """ssh's last line, or that there was none."""
    lines = [line.strip() for line in error_output.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"


def _refusal(login: Login, status: int, said: str, error_output: str) -> Failure:
    """What a failed ssh or sshpass meant."""
    where = f"{login.ip} port {login.port}"
    if "Host key verification failed" in error_output or (login.password and status == 6):
        return Failure(HOST_KEY, f"The SSH host key of {where} is not the one known: {said}")
    if "Permission denied" in error_output or (login.password and status == 5):
        return Failure(LOGIN_REFUSED, f"The SSH login as {login.user} was refused by {where}: {said}")
    if status == 255:
        return Failure(UNREACHABLE, f"Host {where} can't be reached by SSH: {said}")
    if status == 127:
        return Failure(HOST_BROKEN, f"Host {where} has no python3, which the stand-in needs: {said}")
    return Failure(HOST_BROKEN, f"The step on host {where} ended with status {status} and no result: {said}")


def step(login: Login, settings: Settings, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Run a step on the host and return what it found; everything else is a Failure.

    :param name: a module of remote/
    :param values: plain JSON values for its ``act``
    """
    words = argv(login, settings)
    missing = [word for word in words[:3] if word in ("ssh", "sshpass") and not shutil.which(word)]
    if missing:
        raise Failure(ADMIN_BROKEN, f"The admin node has no {missing[0]}: install it")
    environment = {**os.environ, "LC_ALL": "C"}
    environment.pop("SSHPASS", None)
    if login.password:
        environment["SSHPASS"] = login.password
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
        errors="replace",
        # In a session of its own the terminal's Ctrl-C reaches zbsadm only, which then ends ssh in order.
        start_new_session=True,
    ) as process:
        try:
            output, error_output = process.communicate(program(name, values), timeout=settings.remote_timeout)
        except subprocess.TimeoutExpired:
            raise Failure(
                NO_ANSWER, f"Host {login.ip} did not finish within {settings.remote_timeout} s; what it did is unknown"
            ) from None
        finally:
            _end(process)
    for line in reversed(output.splitlines()):
        if line.startswith(RESULT):
            answer = json.loads(line[len(RESULT) :])
            if "error" in answer:
                raise Failure(answer["error"]["code"], answer["error"]["message"])
            return answer["found"]
    raise _refusal(login, process.returncode, _said(error_output), error_output)


def _end(process: subprocess.Popen[str]) -> None:
    """No ssh outlives the call. SIGTERM first: sshpass passes it on to its ssh, SIGKILL could not be passed on."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
