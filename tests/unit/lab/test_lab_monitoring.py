"""Monitoring on the lab: what the guide says, for the lab's addresses."""

import json

import pytest
import yaml

from lab import monitoring
from lab.errors import LabError
from lab.settings import from_environment

SETTINGS = from_environment({"ZBS_LAB_HOSTS": "2", "ZBS_LAB_SUBNET": "172.31.0.0/24"})


@pytest.mark.parametrize("word, wanted", [(None, False), ("", False), ("0", False), ("1", True)])
def test_it_is_asked_for(word, wanted):
    assert monitoring.wanted({} if word is None else {"ZBS_LAB_MONITORING": word}) is wanted


@pytest.mark.parametrize("word", ["yes", "2", "true"])
def test_a_word_that_is_neither(word):
    with pytest.raises(LabError, match="give 1 for Prometheus"):
        monitoring.wanted({"ZBS_LAB_MONITORING": word})


def test_prometheus_scrapes_the_labs_hosts():
    text = monitoring.prometheus(SETTINGS.computes)
    (job,) = yaml.safe_load(text)["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["172.31.0.11:9100", "172.31.0.12:9100"]}]
    assert "10.0.0." not in text


def test_alertmanager_posts_to_this_machine_with_the_token():
    text = monitoring.alertmanager(SETTINGS)
    receivers = {one["name"]: one for one in yaml.safe_load(text)["receivers"]}
    (hook,) = receivers["zbs-events"]["webhook_configs"]
    assert hook["url"] == "http://172.31.0.1:5000/alertmanager" and hook["send_resolved"] is True
    assert hook["http_config"]["authorization"]["credentials_file"] == "/etc/prometheus/zbs-events.token"
    (route,) = yaml.safe_load(text)["route"]["routes"]
    assert (route["matchers"], route["receiver"]) == (['zbs_vhost_heal="now"'], "zbs-events")
    assert "10.0.0." not in text


def test_what_it_needs_is_written_and_the_token_is_nobody_elses(tmp_path, monkeypatch):
    settings = from_environment({"ZBS_LAB_HOSTS": "2", "ZBS_LAB_CACHE": str(tmp_path), "ZBS_LAB_FLAVOURS": "debian el"})
    done = []
    monkeypatch.setattr(monitoring.docker, "exec_in", lambda host, argv, limit, **more: done.append((host, argv, more)))
    monitoring.install(settings)
    given = json.loads(monitoring.variables(settings).read_text())
    token = tmp_path / "events.token"
    assert token.stat().st_mode & 0o777 == 0o600 and len(token.read_text().strip()) == 64
    assert given["zbs_events_token_file"] == str(token) and given["zbs_events_host"] == "172.30.0.1"
    # An EL-like host has no such package; the token reaches the admin node through a pipe, and nobody else may read it there.
    assert {host for host, argv, _more in done if argv[:2] == ["sh", "-c"] and "apt" in argv} == {
        "zbslab-admin",
        "zbslab-compute1",
    }
    assert not any(token.read_text().strip() in " ".join(argv) for _host, argv, _more in done)
    ((_host, argv, more),) = [one for one in done if "/etc/prometheus/zbs-events.token" in one[1]]
    assert argv[-1] == "0640" and more["stdin"].decode() == token.read_text()


def test_a_guide_without_the_block_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "x.md").write_text("nothing")
    monkeypatch.setattr(monitoring, "_GUIDE", tmp_path / "x.md")
    with pytest.raises(LabError, match="has no block for /etc/prometheus/prometheus.yml"):
        monitoring.prometheus(SETTINGS.computes)
    with pytest.raises(LabError, match="does not have a once"):
        monitoring._replaced("aa", "a", "b")
