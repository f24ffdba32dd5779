"""The firewall before and after, the module run whole against fake tools."""

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_firewall"


@pytest.fixture
def forward(tmp_path, monkeypatch):
    """Sets what iptables tells of the FORWARD chain."""
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "bin"))

    def tell(*lines):
        programs.write_program(tmp_path / "bin", "iptables", programs.answering("\n".join(lines)))

    tell("-P FORWARD ACCEPT")
    return tell


def test_it_is_as_it_was(forward):
    status, first = run_module(NAME, {})
    assert (status, first["changed"], first["firewall"]["forward"]["iptables"]) == (0, False, ["-P FORWARD ACCEPT"])
    status, second = run_module(NAME, {"before": first["firewall"]}, check_mode=True)
    assert (status, second["changed"], second["differences"]) == (0, False, [])


def test_it_is_not_as_it_was(forward):
    _status, first = run_module(NAME, {})
    forward("-P FORWARD DROP")
    failure, _result = failure_of(NAME, {"before": first["firewall"]})
    assert failure["code"] == "firewall_changed"
    assert failure["details"]["differences"][0]["undo"] == "iptables -P FORWARD ACCEPT"
    assert "to undo it run: iptables -P FORWARD ACCEPT" in failure["message"]


@pytest.mark.parametrize("options", [{"before": {}}, {"before": {"forward": 1, "switches": {}}}, {"timeout": 0}])
def test_bad_options(forward, options):
    assert failure_of(NAME, options)[0]["code"] == "bad_option"
