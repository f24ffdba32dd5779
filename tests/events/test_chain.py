"""From a file of metrics to a run: Debian's Prometheus and Alertmanager with the configuration of docs/events.md, and the shipped rulebook.

The hosts are a small web server that shows what textfile.py writes about each.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from conftest import HOSTS, ROOT, free_port, listens, site, started, stop
from test_guide import block

sys.path.insert(0, str(ROOT))

from tools.check import events  # noqa: E402  its folder is in the path only now

FOLDER = events.promtool.FOLDER
# Debian's Alertmanager looks for its templates in /usr/share, and its package is not installed here.
SHARE = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', FOLDER / "share"]
# textfile.py in a process of its own, as a host has it; {host: (up, failures, skip)} comes in, {host: text} goes out.
RENDER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from ansible_collections.zstack.zbs.plugins.module_utils._window import textfile
told = {}
for name, (up, failures, skip) in json.load(sys.stdin).items():
    words = ("Connected", "healthy") if up else ("Disconnected", "stopped")
    row = {"status": words[0], "verdict": words[1], "reason": None, "latency_ms": 1.0}
    ledger = {"zbs": {"vhost": {"failures": failures, "skip": skip}}} if failures else {}
    told[name] = textfile.render({"protocols": {"vhost": row}, "hold": None}, ledger, time.time() + 3600)
json.dump(told, sys.stdout)
"""


class Exporter:
    """node_exporter of all hosts: /HOST/metrics."""

    def __init__(self):
        self.texts = {}
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = exporter.texts[self.path.split("/")[1]].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, **hosts):
        """(up, failures, skip) of hosts from now on; all others are well."""
        said = json.dumps({name: hosts.get(name, (True, 0, 0)) for name in HOSTS})
        argv = [sys.executable, "-c", RENDER, str(ROOT / ".cache/collections")]
        done = subprocess.run(argv, input=said, capture_output=True, text=True, check=True, timeout=60)
        self.texts = json.loads(done.stdout)


@pytest.fixture
def chain(tmp_path):
    """(exporter, rulebook), and between them a Prometheus and an Alertmanager."""
    assert (FOLDER / "prometheus-alertmanager").exists(), "run `python -m tools.check events`"
    exporter, processes = Exporter(), []
    exporter.show()
    # As long as hosts that die together may be apart: an evaluation of the alerts (15 s), and Alertmanager's group_interval (10 s).
    rulebook = started(tmp_path, site(tmp_path), "zstack.zbs.heal", zbs_events_collect=30)
    ports = {name: free_port() for name in ("prometheus", "alertmanager")}
    text = block("/etc/prometheus/alertmanager.yml")
    text = text.replace("http://10.0.0.5:5000/", f"http://127.0.0.1:{rulebook.port}/")
    (tmp_path / "alertmanager.yml").write_text(
        text.replace("/etc/prometheus/zbs-events.token", str(tmp_path / "token"))
    )
    shutil.copy(ROOT / "extensions/prometheus/zbs_vhost_rules.yml", tmp_path)
    asked = yaml.safe_load(
        block("/etc/prometheus/prometheus.yml").replace("localhost:9093", f"localhost:{ports['alertmanager']}")
    )
    asked["rule_files"] = [str(tmp_path / "zbs_vhost_rules.yml")]
    asked["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s"}
    (job,) = asked["scrape_configs"]
    # Each host at a path of the one server; its name as on a site.
    job["static_configs"] = [{"targets": [f"{name}:9100" for name in HOSTS]}]
    job["relabel_configs"] = [
        {"source_labels": ["__address__"], "target_label": "instance"},
        {
            "source_labels": ["__address__"],
            "regex": "(.*):9100",
            "target_label": "__metrics_path__",
            "replacement": "/$1/metrics",
        },
        {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter.server.server_port}"},
    ]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(asked))
    commands = [
        ["prometheus-alertmanager", f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/am"],
        ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb"],
    ]
    commands[0] += [f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--cluster.listen-address="]
    commands[1] += [f"--web.listen-address=127.0.0.1:{ports['prometheus']}"]
    try:
        for words in commands:
            with open(tmp_path / f"{words[0]}.log", "w", encoding="utf-8") as log:
                argv = [*SHARE, FOLDER / words[0], *words[1:]]
                processes.append(subprocess.Popen(argv, stdout=log, stderr=log, cwd=tmp_path))
        listens(rulebook)
        yield exporter, rulebook
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)
        stop(rulebook)
        exporter.server.shutdown()


def test_from_the_metrics_of_thirty_hosts_to_one_run(chain):
    exporter, rulebook = chain
    time.sleep(10)
    assert rulebook.runs() == []
    exporter.show(**dict.fromkeys(HOSTS, (False, 0, 0)))
    began = time.monotonic()
    try:
        runs = rulebook.wait_for_runs(1)
    except AssertionError:
        logs = [(rulebook.folder / f"{name}.log").read_text() for name in ("prometheus", "prometheus-alertmanager")]
        pytest.fail("\n".join(logs))
    print(f"\n{time.monotonic() - began:.1f} s from the metrics of thirty hosts that are down to the end of their run")
    assert [run["hosts"] for run in runs] == [HOSTS]
    # Their attempts failed, all windows are open: no alert, whatever else they are.
    exporter.show(**dict.fromkeys(HOSTS, (False, 1, 2)))
    time.sleep(40)
    # The clock has counted a window down: the alert of this host is a new one.
    exporter.show(**dict(dict.fromkeys(HOSTS, (False, 1, 2)), kvm07=(False, 1, 0)))
    assert [run["hosts"] for run in rulebook.wait_for_runs(2)] == [HOSTS, ["kvm07"]]


@pytest.mark.parametrize(
    "program, path, argv",
    [
        ("promtool", "/etc/prometheus/prometheus.yml", ["check", "config", "--syntax-only"]),
        ("amtool", "/etc/prometheus/alertmanager.yml", ["check-config"]),
    ],
)
def test_the_configuration_of_the_guide_is_one(tmp_path, program, path, argv):
    (tmp_path / "file.yml").write_text(block(path))
    done = subprocess.run(
        [FOLDER / program, *argv, "file.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0 and re.search("SUCCESS", done.stdout + done.stderr), done.stdout + done.stderr
