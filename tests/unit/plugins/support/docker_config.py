"""zbs_vhost_docker_config run whole, against the fixture `engine`."""

from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_docker_config"
FIT = {"iptables": False, "live-restore": True}


def run(engine, check_mode=False, **options):
    status, result = run_module(NAME, dict(engine.options, **options), check_mode, diff=True)
    assert status == 0, result
    return result


def backups(engine):
    return [name for name in engine.json.parent.iterdir() if name.name != "daemon.json"]


def refused(engine, code, words, **options):
    before = engine.json.read_bytes() if engine.json.exists() else None
    failure, _result = failure_of(NAME, dict(engine.options, **options))
    assert failure["code"] == code and words in failure["message"], failure
    assert (engine.json.read_bytes() if engine.json.exists() else None) == before
    assert backups(engine) == [] and engine.reloads() == 0 and engine.restarts() == 0
