"""Whether a host has systemd."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.systemd import has_systemd


def test_it_is_told_by_its_folder(tmp_path):
    assert has_systemd(str(tmp_path)) is False
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert has_systemd(str(tmp_path)) is True
