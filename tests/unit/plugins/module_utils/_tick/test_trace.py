"""Tracing ahead: a tick lists disks whose volume nobody knows, and the phase trace keeps which volume they are."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _recovery_arguments
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import row

pytestmark = pytest.mark.usefixtures("no_fsync")


def test_a_disk_is_traced_before_it_has_to_be_restored(host, tmp_path):
    host.volumes = [row("a")]
    assert "untraced" not in host.run("observe")
    assert host.run("observe", trace_ahead=True)["untraced"] == ["a"]
    answer = {"a": {"path": "p/v", "reason": None}, "of another host": {"path": "p/w", "reason": None}}
    assert host.run("trace", traced=answer, check_mode=True)["changed"]
    assert host.run("observe", trace_ahead=True)["untraced"] == ["a"]
    assert host.run("trace", traced=answer)["changed"] and not host.run("trace", traced=answer)["changed"]
    assert host.run("observe", trace_ahead=True)["untraced"] == []
    assert ledger.read_ledger(str(tmp_path)).disks["paths"] == {"a": "p/v"}


def test_a_disk_that_is_no_volume_is_not_looked_for_at_every_tick(host):
    host.volumes = [row("a")]
    host.run("observe")
    host.run("trace", traced={"a": {"path": None, "reason": "no pool has it"}})
    assert host.run("observe", trace_ahead=True)["untraced"] == []


def test_a_trace_leaves_a_ledger_alone_that_was_lost(host, tmp_path):
    path = tmp_path / ledger.NAME
    path.write_text("junk")
    assert not host.run("trace", traced={"a": {"path": "p/v", "reason": None}})["changed"]
    assert path.read_text() == "junk"


@pytest.mark.parametrize("traced", [{"a": "p/v"}, {"a": {"path": 7}}])
def test_an_answer_of_another_shape_is_refused(traced):
    defaults = {name: spec.get("default") for name, spec in _recovery_arguments.SPEC.items()}
    with pytest.raises(ZbsError, match="traced has no valid volume of a; give what zbs_vhost_cluster returned"):
        _recovery_arguments.checked(dict(defaults, phase="trace", traced=traced))
    _recovery_arguments.checked(dict(defaults, phase="trace", traced={"a": {"path": None}}))
