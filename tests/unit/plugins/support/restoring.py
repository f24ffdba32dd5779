"""An admin node for the restore module: fake zbsadm and zbs programs, and what they were asked."""

from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.tests.unit.plugins.support import clients, programs

NAME = "zbs_vhost_restore"
ONE = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"  # pool1/vol1
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
REFUSED = programs.answering('{"success": false, "error": {"code": 410032, "message": "File exists"}}')
LISTING = programs.answering(
    '{"result": [{"fileName": "vol0"}, {"fileName": "vol1"}], "error": {"code": 0, "message": ""}}'
)
VM = {"pid": 3, "started_ticks": 1, "name": "web", "uuid": None}


def node(tmp_path, monkeypatch):
    """Make an admin node: options that use it; `calls()` are the argument lists of zbsadm, `listed()` those of zbs but for clients, which
    are `asked()`."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log, listed = tmp_path / "log", tmp_path / "listed"

    def make(body=SUCCESS, listing=LISTING, **more):
        listing = clients.zbs(otherwise=listing) if "list client" not in listing else listing
        zbsadm = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        zbs = programs.write_program(tmp_path, "zbs", programs.logging_argv(listed, listing))
        observed = {"protocols": {"vhost": {"verdict": "healthy", "reason": "ok"}}, "volumes": []}
        given = {"host_ip": "172.30.0.11", "zbsadm": zbsadm, "zbs": zbs, "observed": observed, "timeout": 20}
        given.update(volumes=[{"bdev": ONE, "vm": VM}], pools=["pool0", "pool1"])
        given.update(more)
        return given

    make.calls = lambda: programs.calls(log)
    make.listed = lambda: [call for call in programs.calls(listed) if call[1] != "client"]
    make.asked = lambda: [call[2:4] for call in programs.calls(listed) if call[1] == "client"]
    return make


def create(volume="pool1/vol1_zbs_", bdev=ONE):
    """The call that creates."""
    return ["vhost", "create-bdev", "--host", "172.30.0.11", "--volume", volume, "--name", bdev, "--silent"]
