"""What was deployed is kept in the ledger, beside the windows and without touching them."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._target import desired
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import deployed, ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers

PARTS = {"image": "a:1", "cpus": [2, 3], "memory_mib": 1024, "hugepage_dir": "/dev/hugepages2m"}


def run(folder, check_mode=False, now=ledgers.NOW, removed=False, **changed):
    """(whether that changes anything, the record that is there afterwards) of a deploy of PARTS, or of a removal."""
    made = None if removed else desired.record(dict(PARTS, **changed), "c1", now)
    _before, changed = deployed.write_down(str(folder), made, ledgers.soon(), check_mode)
    return changed, ledger.read_ledger(str(folder)).deployed


def test_check_real_check_again_real_again(tmp_path):
    folder = tmp_path / "facts.d"
    assert run(folder, check_mode=True) == (True, None) and not folder.exists()
    changed, made = run(folder)
    assert changed and made["parts"] == PARTS and made["container_id"] == "c1"
    before = os.stat(ledgers.path(folder)).st_mtime_ns
    for check_mode in (True, False):
        assert run(folder, check_mode, now="2027-01-02T03:04:05Z") == (False, made)  # the time alone is no change
    assert os.stat(ledgers.path(folder)).st_mtime_ns == before


def test_the_windows_stay_and_a_tick_keeps_the_record(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)
    ledgers.begin(tmp_path)
    entries = ledger.read_ledger(str(tmp_path)).entries
    _changed, made = run(tmp_path)
    assert ledger.read_ledger(str(tmp_path)).entries == entries and entries["zbs"]["vhost"]["failures"] == 1
    ledgers.finish(tmp_path)
    ledgers.observe(tmp_path, ledgers.WELL)
    found = ledger.read_ledger(str(tmp_path))
    assert found.deployed == made and found.lost is None


def test_another_deploy_replaces_the_record_and_a_removal_forgets_it(tmp_path):
    _changed, first = run(tmp_path)
    changed, second = run(tmp_path, cpus=[4, 5])
    assert changed and second["hash"] != first["hash"]
    assert run(tmp_path, removed=True) == (True, None) and run(tmp_path, removed=True) == (False, None)


@pytest.mark.parametrize(
    "text", ["", "{", '{"version": 2, "entries": {}}', '{"version": 1, "entries": {}, "deployed": 3}']
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_ledger_that_cannot_be_understood_is_left_to_the_heal(tmp_path, text, check_mode):
    ledgers.path(tmp_path).write_text(text)
    with pytest.raises(ZbsError) as caught:
        run(tmp_path, check_mode)
    assert caught.value.code == "ledger_lost" and ledgers.path(tmp_path).read_text() == text


def test_parts_that_no_deploy_has(tmp_path):
    with pytest.raises(ZbsError, match="parts has password") as caught:
        run(tmp_path, password="x")
    assert caught.value.code == "bad_option" and os.listdir(tmp_path) == []


def test_the_hash_is_of_the_content():
    assert desired.digest(PARTS) == desired.digest(json.loads(json.dumps(dict(reversed(list(PARTS.items()))))))
    assert desired.digest(PARTS) != desired.digest(dict(PARTS, cpus=[3, 2]))
