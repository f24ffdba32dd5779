"""What was deployed is kept in the ledger, beside the windows and without touching them."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._target import desired
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_deployed"
PARTS = {"image": "a:1", "cpus": [2, 3], "memory_mib": 1024, "hugepage_dir": "/dev/hugepages2m"}


def run(folder, check_mode=False, **more):
    given = dict({"parts": PARTS, "container_id": "c1", "facts_dir": str(folder)}, **more)
    status, result = run_module(NAME, given, check_mode)
    assert status == 0, result
    return result


def test_check_real_check_again_real_again(tmp_path):
    folder = tmp_path / "facts.d"
    predicted = run(folder, check_mode=True)
    assert predicted["changed"] and not folder.exists()
    made = run(folder)
    assert made["changed"] and dict(predicted["deployed"], at=0) == dict(made["deployed"], at=0)
    before = os.stat(ledgers.path(folder)).st_mtime_ns
    for check_mode in (True, False):
        again = run(folder, check_mode)
        assert not again["changed"] and again["deployed"] == made["deployed"]
    assert os.stat(ledgers.path(folder)).st_mtime_ns == before


def test_the_windows_stay_and_a_tick_keeps_the_record(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)
    ledgers.begin(tmp_path)
    entries = ledger.read_ledger(str(tmp_path)).entries
    made = run(tmp_path)["deployed"]
    assert ledger.read_ledger(str(tmp_path)).entries == entries and entries["zbs"]["vhost"]["failures"] == 1
    ledgers.finish(tmp_path)
    ledgers.observe(tmp_path, ledgers.WELL)
    found = ledger.read_ledger(str(tmp_path))
    assert found.deployed == made and found.lost is None


def test_another_deploy_replaces_the_record_and_absent_removes_it(tmp_path):
    first = run(tmp_path)["deployed"]
    second = run(tmp_path, parts=dict(PARTS, cpus=[4, 5]))
    assert second["diff"]["before"]["deployed"] == first and second["deployed"]["hash"] != first["hash"]
    assert run(tmp_path, state="absent")["changed"] and ledger.read_ledger(str(tmp_path)).deployed is None
    assert not run(tmp_path, state="absent")["changed"]


@pytest.mark.parametrize(
    "text", ["", "{", '{"version": 2, "entries": {}}', '{"version": 1, "entries": {}, "deployed": 3}']
)
def test_a_ledger_that_cannot_be_understood_is_left_to_the_heal(tmp_path, text):
    ledgers.path(tmp_path).write_text(text)
    given = {"parts": PARTS, "facts_dir": str(tmp_path)}
    failure, _result = failure_of(NAME, given)
    assert failure["code"] == "ledger_lost" and ledgers.path(tmp_path).read_text() == text


def test_parts_that_no_deploy_has(tmp_path):
    failure, _result = failure_of(NAME, {"parts": {"password": "x"}, "facts_dir": str(tmp_path)})
    assert failure["code"] == "bad_option" and os.listdir(tmp_path) == []


def test_the_hash_is_of_the_content():
    assert desired.digest(PARTS) == desired.digest(json.loads(json.dumps(dict(reversed(list(PARTS.items()))))))
    assert desired.digest(PARTS) != desired.digest(dict(PARTS, cpus=[3, 2]))
