"""Metrics for node_exporter: what they say, that Prometheus takes them, that a reader never sees half of them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import STATUS_OF
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import metrics_file, textfile

RULES = Path(__file__).resolve().parents[5] / "extensions" / "prometheus"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool (Debian: promtool, before 13 prometheus)")
LEDGER = {"zbs": {"vhost": {"failures": 3, "skip": 5}}, 'a"b\\c\nd': {"cbd": {"failures": 0, "skip": 0}}}


def health(verdict="healthy", **more):
    row = {"status": STATUS_OF[verdict], "verdict": verdict, "reason": None, "latency_ms": 12.5}
    found = {
        "protocols": {"vhost": row},
        "volumes": [{"broken": False}, {"broken": True}],
        "hugepages": [{"size_kib": 2048, "total": 10, "free": 4, "reserved": 1}],
        "process": {"hugepages_kib": 2048},
        "container": {"restart_count": 2},
        "target": {"version": 'SPDK "v24"'},
    }
    return dict(found, **more)


def samples(text):
    """{series: number as text} of the samples."""
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_a_healthy_host():
    found = samples(textfile.render(health(), {}, 1000.25))
    assert found.pop("zbs_vhost_probe_timestamp_seconds") == "1000.25"
    verdicts = {key: found.pop(key) for key in list(found) if key.startswith("zbs_vhost_verdict")}
    assert len(verdicts) == len(STATUS_OF)
    assert [key for key, number in verdicts.items() if number == "1"] == [
        'zbs_vhost_verdict{protocol="vhost",verdict="healthy"}'
    ]
    assert found == {
        'zbs_vhost_up{protocol="vhost"}': "1",
        'zbs_vhost_probe_duration_seconds{protocol="vhost"}': "0.0125",
        "zbs_vhost_volumes": "2",
        "zbs_vhost_volumes_broken": "1",
        'zbs_vhost_hugepages_size_bytes{page_size_bytes="2097152"}': "20971520",
        'zbs_vhost_hugepages_free_bytes{page_size_bytes="2097152"}': "8388608",
        'zbs_vhost_hugepages_reserved_bytes{page_size_bytes="2097152"}': "2097152",
        "zbs_vhost_target_hugepages_bytes": "2097152",
        "zbs_vhost_container_restarts": "2",
        'zbs_vhost_target_info{version="SPDK \\"v24\\""}': "1",
    }


def test_the_disks_of_vms():
    found = samples(textfile.render(health(demand=[{"broken": True}, {"broken": False}]), {}, 1))
    assert (found["zbs_vhost_vm_disks"], found["zbs_vhost_vm_disks_broken"]) == ("2", "1")
    assert found["zbs_vhost_vm_disks_held_elsewhere"] == "0"
    held = [{"broken": True, "held_by": ["10.0.0.12"]}, {"broken": True, "held_by": None}]
    found = samples(textfile.render(health(demand=held), {}, 1))
    assert (found["zbs_vhost_vm_disks_broken"], found["zbs_vhost_vm_disks_held_elsewhere"]) == ("2", "1")
    for unknown in (None, [{"broken": None}]):
        assert not [key for key in samples(textfile.render(health(demand=unknown), {}, 1)) if "vm_disks" in key]
    assert "volume:" not in textfile.render(health(), {"zbs": {"volume:x": {"failures": 3, "skip": 5}}}, 1)


def test_the_ledger_and_its_names():
    found = samples(textfile.render(health("hung"), LEDGER, 1))
    assert found['zbs_vhost_up{protocol="vhost"}'] == "0"
    assert found['zbs_vhost_heal_failures{primary_storage="zbs",protocol="vhost"}'] == "3"
    assert found['zbs_vhost_heal_skip_ticks{primary_storage="zbs",protocol="vhost"}'] == "5"
    assert found['zbs_vhost_heal_failures{primary_storage="a\\"b\\\\c\\nd",protocol="cbd"}'] == "0"


@pytest.mark.parametrize("hold, number", [(None, "0"), ({"reason": "r", "until": None, "source": "f"}, "1")])
def test_a_hold_is_a_series_of_its_own(hold, number):
    assert samples(textfile.render(health(hold=hold), {}, 1))["zbs_vhost_heal_held"] == number


def test_what_is_not_known_has_no_series():
    gaps = {"volumes": None, "hugepages": [], "process": None, "container": None, "target": None}
    text = textfile.render(health("unknown", **gaps), {}, 1)
    for word in ("volumes", "hugepages", "restarts", "info", "zbs_vhost_heal"):
        assert word not in text


@needs_promtool
@pytest.mark.parametrize("verdict", sorted(STATUS_OF))
def test_promtool_takes_the_metrics(verdict):
    text = textfile.render(health(verdict, hold=None, demand=[{"broken": True, "held_by": ["h"]}]), LEDGER, 1000.25)
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_promtool
@pytest.mark.parametrize(
    "words", [("check", "rules", "zbs_vhost_rules.yml"), ("test", "rules", "zbs_vhost_rules_test.yml")]
)
def test_promtool_takes_the_alerts(words):
    if not RULES.is_dir():
        pytest.skip("the built collection's tests run without the rules")
    done = subprocess.run(
        [PROMTOOL, *words],
        cwd=RULES,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_of_the_alerts_is_written():
    """A rule over a name that nobody writes never fires."""
    written = set(re.findall(r"^# TYPE (\S+)", textfile.render(health(hold=None, demand=[]), LEDGER, 1), re.M))
    rules = (RULES / "zbs_vhost_rules.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\bzbs_vhost_[a-z_]+(?=[\s{\[])", "\n".join(re.findall(r"expr: .*(?:\n {10}.*)?", rules))))
    assert len(asked) >= 7 and asked <= written


def test_the_file_is_replaced_whole_and_readable_by_others(tmp_path):
    (tmp_path / metrics_file.NAME).write_text("old and longer than the new one")
    path = metrics_file.write(str(tmp_path), "a 1\n")
    assert Path(path).read_text() == "a 1\n" and os.listdir(tmp_path) == [metrics_file.NAME]
    assert os.stat(path).st_mode & 0o777 == 0o644


def test_the_collector_never_sees_the_temporary_file(tmp_path, monkeypatch):
    """node_exporter reads whatever ends in .prom, hidden or not."""
    seen = []
    real = os.rename
    monkeypatch.setattr(
        os, "rename", lambda old, new, **more: seen.append(os.listdir(tmp_path)) or real(old, new, **more)
    )
    metrics_file.write(str(tmp_path), "a 1\n")
    assert len(seen) == 1 and [name for name in seen[0] if name.endswith(".prom")] == []


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ZbsError) as caught:
        metrics_file.write(str(tmp_path / "not"), "a 1\n")
    assert caught.value.code == "textfile" and "textfile_dir" in caught.value.message


def test_a_folder_in_the_files_place_leaves_nothing_behind(tmp_path):
    (tmp_path / metrics_file.NAME).mkdir()
    with pytest.raises(ZbsError):
        metrics_file.write(str(tmp_path), "a 1\n")
    assert os.listdir(tmp_path) == [metrics_file.NAME]
