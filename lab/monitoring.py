"""Prometheus, Alertmanager and node_exporter on the lab, from Debian's packages, as docs/events.md has an operator set them up.

The admin node looks after the others, and this machine is the controller: Alertmanager posts to it over the lab's bridge.
"""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import docker
from .errors import LabError
from .say import say
from .settings import CLONE, EL, Host, Settings

PORT = 5000
_GUIDE = CLONE / "docs/events.md"
_RULES = CLONE / "extensions/prometheus/zbs_vhost_rules.yml"
_PROMETHEUS, _ALERTMANAGER = "/etc/prometheus/prometheus.yml", "/etc/prometheus/alertmanager.yml"
_TOKEN = "/etc/prometheus/zbs-events.token"
_SERVER = ("prometheus", "prometheus-alertmanager")
_EXPORTER = ("prometheus-node-exporter",)
_APT = 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"'
# Nobody may read the token in between; a restart takes the configuration that was not there when the package started it.
_PUT = 'install -m "$2" -o root -g prometheus /dev/stdin "$1"'


def wanted(environ: dict[str, str]) -> bool:
    """Whether ZBS_LAB_MONITORING asks for it. Raises LabError on a word that is neither."""
    word = environ.get("ZBS_LAB_MONITORING") or "0"
    if word not in ("0", "1"):
        raise LabError(f"ZBS_LAB_MONITORING is {word!r}; give 1 for Prometheus, Alertmanager and node_exporter, or 0.")
    return word == "1"


def controller(settings: Settings) -> str:
    """This machine's address on the lab's bridge."""
    return str(ipaddress.ip_network(settings.subnet)[1])


def variables(settings: Settings) -> Path:
    """Where `install` writes the rulebook's variables; the token lies beside it."""
    return settings.cache / "events.yml"


def _token(settings: Settings) -> Path:
    return settings.cache / "events.token"


def forget(settings: Settings) -> None:
    """Remove what `install` left on this machine."""
    for file in (variables(settings), _token(settings)):
        file.unlink(missing_ok=True)


def install(settings: Settings) -> None:
    """Set it up on a lab that is up, and write what the rulebook needs. Raises LabError."""
    say("installing Prometheus, Alertmanager and node_exporter from Debian's packages")
    exporting = [host for host in settings.computes if host.flavour != EL]
    with ThreadPoolExecutor(len(exporting) + 1) as pool:
        jobs = [pool.submit(_packages, settings.admin, _SERVER)]
        jobs += [pool.submit(_packages, host, _EXPORTER) for host in exporting]
        for job in jobs:
            job.result()
    token = _token(settings)
    token.unlink(missing_ok=True)
    token.touch(0o600)
    token.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    files = {
        _PROMETHEUS: (prometheus(exporting), "0644"),
        _ALERTMANAGER: (alertmanager(settings), "0644"),
        _TOKEN: (token.read_text(encoding="ascii"), "0640"),
        f"/etc/prometheus/{_RULES.name}": (_RULES.read_text(encoding="utf-8"), "0644"),
    }
    for path, (text, mode) in files.items():
        argv = ["sh", "-c", _PUT, "put", path, mode]
        docker.exec_in(settings.admin.container, argv, 20, stdin=text.encode(), check=f"write {path}")
    docker.exec_in(settings.admin.container, ["systemctl", "restart", *_SERVER], 60, check="start Prometheus")
    given = {
        "zbs_events_inventory": str(settings.inventory),
        "zbs_events_token_file": str(token),
        "zbs_events_host": controller(settings),
        "zbs_events_port": PORT,
    }
    variables(settings).write_text(json.dumps(given, indent=1) + "\n", encoding="utf-8")  # JSON is YAML


def prometheus(exporting: list[Host]) -> str:
    """The guide's configuration, for the lab's hosts."""
    targets = json.dumps([f"{host.ip}:9100" for host in exporting])
    return _replaced(_block(_PROMETHEUS), '["10.0.0.11:9100", "10.0.0.12:9100"]', targets)


def alertmanager(settings: Settings) -> str:
    """The guide's configuration, for the rulebook on this machine."""
    return _replaced(_block(_ALERTMANAGER), "http://10.0.0.5:5000/", f"http://{controller(settings)}:{PORT}/")


def _packages(host: Host, names: tuple[str, ...]) -> None:
    docker.exec_in(host.container, ["sh", "-c", _APT, "apt", *names], 300, check=f"install {names[0]} on {host.name}")


def _block(path: str) -> str:
    """The file of the guide that is to lie at `path`. Raises LabError."""
    found = re.search(rf"^```yaml\n# {re.escape(path)}\n(.*?)^```$", _GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    if not found:
        raise LabError(f"{_GUIDE} has no block for {path}; the lab takes its configuration from there.")
    return found[1]


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise LabError(f"{_GUIDE} does not have {old} once, which the lab replaces.")
    return text.replace(old, new)
