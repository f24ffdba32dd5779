"""The image of the target: there, pulled, loaded; the module run whole against a docker that plays along."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import image
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_image"
IMAGE = "registry.example.com:5000/zbs/vhost:1.6.1"
MISSING = "Error: No such image: x"
PLAIN = 'Error response from daemon: Get "https://registry.example.com:5000/v2/": http: server gave HTTP response to HTTPS client'


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Sets what docker does: the bodies of its pull and its load; `touch $HERE` makes the image be there."""
    here = tmp_path / "here"
    log = tmp_path / "log"
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))

    def made(pull="exit 1", load="exit 1", inspect="echo '%s' >&2; exit 1" % MISSING):
        body = 'HERE=%s\ncase "$1" in\nimage) if [ -e $HERE ]; then echo sha256:1; else %s; fi ;;\n' % (here, inspect)
        body += "pull) %s ;;\nload) %s ;;\nesac" % (pull, load)
        programs.write_program(tmp_path / "bin", "docker", programs.logging_argv(log, body))

    made()
    made.here, made.calls = here, lambda: programs.calls(log)
    made.words = lambda: [call[0] for call in programs.calls(log)]
    return lambda **bodies: (made(**bodies), made)[1]


def run(check_mode=False, **options):
    status, result = run_module(NAME, dict({"name": IMAGE}, **options), check_mode)
    assert status == 0, result
    return result


def test_one_that_is_there_is_not_pulled(docker):
    made = docker()
    made.here.touch()
    result = run(archive="/x.tar")
    assert (result["changed"], result["present"], result["source"]) == (False, True, "present")
    assert made.words() == ["image"]


def test_pulled(docker):
    made = docker(pull="touch $HERE")
    assert run(True)["changed"] is True and made.words() == ["image"]
    result = run()
    assert (result["changed"], result["present"], result["source"], result["errors"]) == (True, True, "pull", [])
    assert made.calls()[-1] == ["pull", "--quiet", IMAGE]
    assert run()["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_a_source_nothing_can_be_done_in_check_mode_either(docker, check_mode):
    docker()
    failure, _result = failure_of(NAME, {"name": IMAGE, "pull": False}, check_mode=check_mode)
    assert failure["code"] == "no_image" and "nothing was to be tried" in failure["message"]
    result = run(check_mode, pull=False, best_effort=True)
    assert (result["changed"], result["present"], result["source"], result["errors"]) == (False, False, None, [])


UNKNOWN = "Error: dial tcp: lookup registry.example.com: no such host"


@pytest.mark.parametrize("resolves, pulls", [(True, 2), (False, 1)])
def test_a_name_that_only_the_engine_does_not_know_yet_is_asked_for_again(docker, monkeypatch, resolves, pulls):
    slept = []
    monkeypatch.setattr(
        image.pull_patiently, "__defaults__", ("docker", lambda _name, _deadline: resolves, slept.append)
    )
    made = docker(
        pull="if [ -e $HERE.tried ]; then touch $HERE; else touch $HERE.tried; echo '%s' >&2; exit 1; fi" % UNKNOWN
    )
    result = run(best_effort=True)
    assert made.words().count("pull") == pulls and slept == [image.HOSTS_SECONDS] * (pulls - 1)
    assert result["present"] is resolves
    assert [item["kind"] for item in result["errors"]] == ([] if resolves else ["name"])


def test_loaded_where_the_pull_fails(docker):
    made = docker(pull="echo '%s' >&2; exit 1" % PLAIN, load="touch $HERE")
    result = run(archive="/x.tar")
    assert (result["changed"], result["source"]) == (True, "archive")
    assert result["errors"] == [{"source": "pull", "kind": "plain_http", "message": PLAIN}]
    assert ["load", "--input", "/x.tar"] in made.calls()


def test_from_the_archive_alone(docker):
    made = docker(load="touch $HERE")
    assert run(pull=False, archive="/x.tar")["source"] == "archive"
    assert "pull" not in made.words()


def test_an_archive_of_another_image(docker):
    docker(load="echo 'Loaded image: other:1'")
    failure, _result = failure_of(NAME, {"name": IMAGE, "pull": False, "archive": "/x.tar"})
    assert failure["code"] == "no_image" and "holds other:1 instead" in failure["message"]


def test_every_source_s_error_is_in_the_message(docker):
    docker(pull="echo 'manifest unknown' >&2; exit 1", load="echo 'invalid tar header' >&2; exit 1")
    failure, _result = failure_of(NAME, {"name": IMAGE, "archive": "/x.tar"})
    assert "pull: manifest unknown; archive: invalid tar header" in failure["message"]
    assert [item["kind"] for item in failure["details"]["errors"]] == ["missing", "archive"]
    result = run(best_effort=True, archive="/x.tar")
    assert (result["changed"], result["present"], result["source"]) == (False, False, None)
    assert result["errors"] == failure["details"]["errors"]


def test_a_pull_that_does_not_end(docker):
    docker(pull="exec sleep 100")
    failure, _result = failure_of(NAME, {"name": IMAGE, "timeout": 1})
    assert failure["details"]["errors"][0]["kind"] == "timeout"


def test_an_engine_that_does_not_tell_is_no_missing_image(docker):
    made = docker(inspect="echo 'Cannot connect to the Docker daemon' >&2; exit 1", pull="touch $HERE")
    failure, _result = failure_of(NAME, {"name": IMAGE})
    assert failure["code"] == "docker" and made.words() == ["image"]


@pytest.mark.parametrize("options", [{"name": "--help"}, {"name": ""}, {"name": "a b"}, {"name": IMAGE, "timeout": 0}])
def test_bad_options(docker, options):
    made = docker()
    assert failure_of(NAME, options)[0]["code"] == "bad_option" and made.calls() == []


@pytest.mark.parametrize(
    "name, registry",
    [
        (IMAGE, "registry.example.com:5000"),
        ("busybox", "docker.io"),
        ("library/busybox:1", "docker.io"),
        ("localhost/x", "localhost"),
        ("r:5000/x@sha256:00", "r:5000"),
    ],
)
def test_the_registry_in_a_name(name, registry):
    assert image.registry_of(name) == registry


@pytest.mark.parametrize(
    "text, kind",
    [
        (PLAIN, "plain_http"),
        ('Get "https://r/v2/": tls: first record does not look like a TLS handshake', "plain_http"),
        ('Get "https://r/v2/": x509: certificate signed by unknown authority', "tls"),
        ("net/http: TLS handshake timeout", "unreachable"),
        ('Get "https://r/v2/": dial tcp: lookup r: no such host', "name"),
        ("dial tcp 10.0.0.1:5000: connect: connection refused", "refused"),
        ("pull access denied for x, repository does not exist or may require 'docker login'", "denied"),
        ("Error response from daemon: manifest for r/x:1 not found: manifest unknown: manifest unknown", "missing"),
        ("dial tcp 10.0.0.1:443: i/o timeout", "unreachable"),
        ("no space left on device", "other"),
    ],
)
def test_the_cause_of_a_pull_that_failed(text, kind):
    assert image.kind_of(text) == kind


def test_an_archive_that_does_not_end(docker, tmp_path):
    archive = tmp_path / "a.tar"
    archive.touch()
    docker(load="exec sleep 100")
    assert image.load(IMAGE, str(archive), Deadline(0.2)) == ("timeout", "not finished after 0 s")
