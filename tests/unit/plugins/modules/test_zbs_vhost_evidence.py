"""The evidence module, run whole against fake docker programs."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._target import evidence, evidence_file
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_evidence"
INSPECT = [{"Id": "c1", "Config": {"Image": "zbs:1", "Env": ["DB_TOKEN=t0k3n-in-env", "LANG=en-of-env"]}}]
DOCKER = """
case "$1" in
container) printf '%%s' '%s';;
logs) echo "2026-01-01T00:00:02.000000000Z second, with t0k3n-in-env"
      echo "2026-01-01T00:00:01.000000000Z first, password=of-the-log" >&2;;
esac
""" % json.dumps(INSPECT)
STOPPED = {"protocols": {"vhost": {"verdict": "stopped", "reason": "exited"}}, "container": {"answer": "found"}}
GONE = {"protocols": {"vhost": {"verdict": "absent", "reason": "gone"}}, "container": {"answer": "missing"}}
NO_ENGINE = {"protocols": {"vhost": {"verdict": "absent", "reason": "gone"}}, "container": {"answer": "no_engine"}}
WELL = {"protocols": {"vhost": {"verdict": "healthy", "reason": None}}, "container": {"answer": "found"}}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """What a child process writes is written by this one."""
    monkeypatch.setattr(evidence.apart, "within", lambda _seconds, work: work())


def test_a_folder_on_a_disk_that_hangs_is_a_warning(options, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence.apart, "within", lambda _seconds, _work: None)
    status, result = run_module(NAME, options())
    assert (status, result["changed"], result["path"]) == (0, False, None)
    assert result["warnings"] == ["no evidence was written to %s within 10 s; check that disk" % (tmp_path / "log")]


@pytest.fixture
def options(tmp_path, monkeypatch):
    """Options for a host with a fake docker."""

    def make(body=DOCKER, **more):
        programs.write_program(tmp_path / "bin", "docker", body)
        monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
        return dict({"host_ip": "172.30.0.11", "folder": str(tmp_path / "log"), "timeout": 20}, **more)

    return make


def text_of(result):
    with open(result["path"], encoding="utf-8") as handle:
        return handle.read()


def test_one_file_with_everything_and_no_secret(options):
    more = {
        "occasion": "deploy_failed",
        "observed": STOPPED,
        "answer": {"zbsadm": {"error": {"message": "login hunter2 refused"}}},
        "error": "zbsadm failed with hunter2",
        "earlier": "/var/log/zbs-vhost/evidence-1.txt",
        "secrets": ["hunter2"],
    }
    status, result = run_module(NAME, options(**more))
    assert (status, result["changed"], result["removed"], result["warnings"]) == (0, True, 0, [])
    text = text_of(result)
    for secret in ("hunter2", "t0k3n-in-env", "en-of-env", "of-the-log"):
        assert secret not in text and secret not in json.dumps(result)
    for words in ("the deploy failed", "evidence-1.txt", '"verdict": "stopped"', "refused", '"Id": "c1"', "MemTotal"):
        assert words in text
    assert text.index("first, password=") < text.index("second, with")
    assert os.path.basename(result["path"]).split("-")[2] == "deploy_failed"


@pytest.mark.parametrize(
    "occasion, observed, kept",
    [
        ("before_redeploy", STOPPED, True),
        ("before_redeploy", NO_ENGINE, True),
        ("before_redeploy", None, True),
        ("before_redeploy", GONE, False),
        ("before_redeploy", WELL, False),
        ("before_redeploy", {}, False),
        ("deploy_failed", GONE, True),
        ("verify_failed", WELL, True),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_when_something_is_kept(options, occasion, observed, kept, check_mode):
    given = options(occasion=occasion, **({"observed": observed} if observed is not None else {}))
    status, result = run_module(NAME, given, check_mode)
    assert (status, result["changed"]) == (0, kept)
    assert (result["path"] is not None) is (kept and not check_mode)
    assert (result["reason"] is None) is kept
    assert os.path.isdir(given["folder"]) is (kept and not check_mode)


def test_a_docker_that_hangs_is_asked_once_and_costs_its_time_only(options, tmp_path):
    body = programs.logging_argv(tmp_path / "asked", "exec sleep 100")
    status, result = run_module(NAME, options(body, timeout=1.0))
    assert status == 0 and "did not end within" in text_of(result)
    assert "not asked for" in text_of(result) and len(programs.calls(tmp_path / "asked")) == 1


@pytest.mark.parametrize(
    "body, says",
    [
        (programs.answering(err="No such container: x", rc=1, out="[]"), "No such container"),
        ("echo panic: DB_TOKEN=x; exit 2", "did not answer with JSON"),
        ("exit 0", "did not answer with JSON"),
    ],
)
def test_a_docker_that_knows_nothing(options, body, says):
    _status, result = run_module(NAME, options(body))
    assert says in text_of(result) and "DB_TOKEN=x" not in text_of(result)


def test_no_docker_at_all(options, tmp_path, monkeypatch):
    given = options()
    monkeypatch.setenv("PATH", programs.path_without(tmp_path / "empty"))
    status, result = run_module(NAME, given)
    assert status == 0 and "docker is missing" in text_of(result)


def test_a_long_log_keeps_its_end_and_a_secret_at_the_cut_is_whole_masked(options):
    body = DOCKER.replace(
        "logs)", "logs) i=0; while [ $i -lt 3000 ]; do echo 1999 hunter2hunter2hunter2; i=$((i+1)); done;"
    )
    _status, result = run_module(NAME, options(body, max_size_kib=16, secrets=["hunter2"]))
    text = text_of(result)
    assert len(text.encode()) <= 16 * 1024 and "are left out" in text and "second, with" in text
    assert "hunter2" not in text and "unter2" not in text


def test_a_folder_that_cannot_be_is_a_warning(options, tmp_path):
    (tmp_path / "log").write_text("x")
    status, result = run_module(NAME, options())
    assert (status, result["changed"], result["path"]) == (0, False, None)
    assert result["warnings"] == [result["reason"]] and "no evidence can be kept" in result["reason"]


def test_nothing_is_returned_that_is_not_documented(options):
    _status, result = run_module(NAME, options())
    assert {"mode", "size", "owner", "state"} & set(result) == set()


@pytest.mark.parametrize("there, removed", [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_check_mode_says_how_many_older_ones_would_go(options, there, removed):
    for _made in range(there):
        run_module(NAME, options(keep=there))
    assert run_module(NAME, options(keep=2), True)[1]["removed"] == removed
    assert run_module(NAME, options(keep=2))[1]["removed"] == removed


@pytest.mark.parametrize("bad", [{"keep": 0}, {"log_lines": 0}, {"max_size_kib": 1}, {"timeout": 0}])
def test_options_that_cannot_be(options, bad):
    failure, _result = failure_of(NAME, options(**bad))
    assert failure["code"] == "bad_option"


def test_memory_is_read_from_the_host(tmp_path):
    folder = "sys/kernel/mm/hugepages/hugepages-2048kB/"
    for name, number in (("nr_hugepages", 8), ("free_hugepages", 3), ("resv_hugepages", 0)):
        fake_host.write(tmp_path, folder + name, "%d\n" % number)
    fake_host.write(tmp_path, "proc/meminfo", "MemTotal: 9 kB\nCached: 1 kB\nHugePages_Free: 3\n")
    assert evidence_file._memory(str(tmp_path)).splitlines() == [
        "pool of 2048 KiB pages: 8, of these 3 free, of the free ones 0 reserved",
        "MemTotal: 9 kB",
        "HugePages_Free: 3",
    ]
    assert "can't be read" in evidence_file._memory(str(tmp_path / "none"))


def test_a_docker_that_answers_the_container_and_hangs_on_its_log(options):
    body = DOCKER.replace("logs)", "logs) exec sleep 100;")
    status, result = run_module(NAME, options(body, timeout=1.0))
    assert status == 0 and "docker logs did not end within" in text_of(result)
