"""The module of an attempt, run whole where it refuses and where it ends: its steps have tests of their own (module_utils/_attempt)."""

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of

NAME = "zbs_vhost_attempt"


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "given, code, says",
    [
        ({"phase": "begin", "hugepage_count": -1}, "bad_option", "hugepage_count is -1"),
        ({"phase": "begin", "counts": True, "max_skip": 0}, "bad_option", "max_skip is 0"),
        ({"phase": "finish", "counts": True}, "bad_option", "lease_id is missing"),
        ({"phase": "finish", "error": "no luck"}, "failed", "no luck"),
    ],
)
def test_what_it_refuses_and_what_failed(tmp_path, given, code, says, check_mode):
    folders = {"facts_dir": str(tmp_path / "facts"), "evidence_dir": str(tmp_path / "log")}
    failure, result = failure_of(NAME, dict(given, host_ip="192.0.2.1", **folders), check_mode)
    assert failure["code"] == code and result["msg"].startswith(says)
    assert (tmp_path / "log").exists() is (code == "failed" and not check_mode)
