"""Metrics of an attempt: written after each look, and nothing waits for them."""

import pytest


@pytest.mark.parametrize("counts", [True, False])
def test_each_task_leaves_the_metrics_of_what_it_saw(host, counts):
    folder = host.folder / "textfile"
    folder.mkdir()
    host.tick()
    begun = host.begin(counts=counts, textfile_dir=str(folder))
    metrics = folder / "zbs_vhost.prom"
    assert 'zbs_vhost_up{protocol="vhost"} 0' in metrics.read_text()
    host.verdicts = ["healthy"]
    host.finish(counts=counts, lease_id=begun.get("lease_id"), textfile_dir=str(folder))
    assert 'zbs_vhost_up{protocol="vhost"} 1' in metrics.read_text()


@pytest.mark.parametrize("counts", [True, False])
def test_metrics_that_cannot_be_written_are_a_warning(host, counts):
    host.tick()
    nowhere = str(host.folder / "nowhere")
    begun = host.begin(counts=counts, textfile_dir=nowhere)
    assert any(nowhere in warning for warning in begun["warn"]) and begun["observed"]
    host.verdicts = ["healthy"]
    ended = host.finish(counts=counts, lease_id=begun.get("lease_id"), textfile_dir=nowhere)
    assert any(nowhere in warning for warning in ended["warn"]) and ended["health"]["status"] == "Connected"
    assert not counts or ended["outcome"] == "healed"


def test_check_mode_writes_none(host):
    host.begin(check_mode=True, textfile_dir=str(host.folder))
    assert not (host.folder / "zbs_vhost.prom").exists()
