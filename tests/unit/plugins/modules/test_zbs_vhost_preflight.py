"""The preflight module, run whole: the admin node's part and the compute host's."""

import contextlib
import socket
import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import client
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import admin as preflight_admin
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import host as preflight_host
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import ssh as ssh_check
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import whole
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import listening

NAME = "zbs_vhost_preflight"
CLUSTERS = '{"clusters": [{"name": "a", "version": "1.6.2"%s}], "error": {"code": 0, "message": ""}}'
ZBSADM = """
case "$1" in
--version) echo 'zbsadm v1.6.1 build 7';;
cluster) echo '%s'; exit 1;;
esac
"""


@pytest.fixture
def ssh():
    """The port of something that greets as an SSH server does."""
    with listening() as server:

        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    with connection:
                        connection.sendall(b"SSH-2.0-test\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join(20)


@pytest.fixture
def admin(tmp_path, ssh):
    def given(path):
        return {"part": "admin", "host_ip": "127.0.0.1", "zbsadm": path, "ssh_port": ssh}

    def make(body=ZBSADM % (CLUSTERS % ""), **more):
        path = programs.write_program(tmp_path, "zbsadm", body)
        return {key: value for key, value in dict(given(path), **more).items() if value is not None}

    return make


def rows_of(given):
    status, result = run_module(NAME, given)
    assert status == 0 and result["changed"] is False, result
    assert len(result["lines"]) == len(result["rows"])
    return {row["check"]: row for row in result["rows"]}, result


def test_the_admin_node_is_fit(admin):
    rows, result = rows_of(admin())
    assert {check: row["ok"] for check, row in rows.items()} == {
        "admin_host": True,
        "zbsadm": True,
        "compute_host": True,
    }
    assert result["fit"] and result["zbsadm_version"] == "1.6.1"


def test_a_zbsadm_that_knows_no_version_option_tells_the_clusters(admin):
    body = ZBSADM.replace("echo 'zbsadm v1.6.1 build 7'", "exit 2") % (CLUSTERS % "")
    assert rows_of(admin(body))[1]["zbsadm_version"] == "1.6.2"


@pytest.mark.parametrize(
    "clusters",
    [
        "7",
        '{"a": 1}',
        '[7, null, "x"]',
        '[{"version": ["1.6.2"]}, {"version": {}}]',
        '[{"version": 1.6}]',
        "[" * 60 + '"127.0.0.1"' + "]" * 60,
    ],
)
def test_clusters_of_another_shape_tell_no_version(admin, clusters):
    told = '{"clusters": %s, "error": {"code": 0}}' % clusters
    body = ZBSADM.replace("echo 'zbsadm v1.6.1 build 7'", "exit 2") % told
    rows, result = rows_of(admin(body))
    assert result["zbsadm_version"] is None and rows["zbsadm"]["ok"] is True


def test_an_answer_that_is_nested_without_end_is_none(admin):
    told = '{"clusters": %s1%s, "error": {"code": 0}}' % ("[" * 900, "]" * 900)
    rows, _result = rows_of(admin(ZBSADM % told))
    assert rows["zbsadm"]["ok"] is False and "no JSON" in rows["zbsadm"]["detail"]


def test_a_version_without_end_is_no_trouble(admin):
    body = ZBSADM.replace("echo 'zbsadm v1.6.1 build 7'", "yes 1.1. | tr -d '\\n' | head -c 4000000") % (CLUSTERS % "")
    assert rows_of(admin(body))[1]["fit"] is True


@pytest.mark.parametrize("body, says", [("echo junk; exit 1", "no JSON"), ("exit 0", "printed nothing")])
def test_a_zbsadm_that_is_no_good(admin, body, says):
    rows, result = rows_of(admin(body))
    assert rows["zbsadm"]["ok"] is False and says in rows["zbsadm"]["detail"] and not result["fit"]


def test_no_zbsadm(admin):
    rows, _result = rows_of(admin(zbsadm="/not/there"))
    assert rows["zbsadm"]["ok"] is False and "/not/there" in rows["zbsadm"]["detail"]


def test_a_host_that_does_not_answer(admin):
    with listening() as server:
        port = server.getsockname()[1]
    rows, _result = rows_of(admin(ssh_port=port))
    assert rows["compute_host"]["ok"] is False and "127.0.0.1" in rows["compute_host"]["detail"]


@pytest.mark.parametrize(
    "problem, named, ok",
    [(None, "", None), (None, ', "hosts": ["127.0.0.1"]', True), ("no answer within 5 s", "", None)],
)
def test_whether_zbsadm_s_own_list_has_the_host(admin, monkeypatch, problem, named, ok):
    monkeypatch.setattr(preflight_admin.ssh, "problem", lambda *_args: problem)
    rows, result = rows_of(admin(ZBSADM % (CLUSTERS % named), ssh_port=None))
    assert rows["compute_host"]["ok"] is ok and result["fit"]  # not knowing is no no


def test_enforced_it_fails_with_every_row(admin):
    failure, _result = failure_of(NAME, admin("exit 0", enforce=True))
    assert failure["code"] == "unfit" and len(failure["details"]["rows"]) == 3 and "zbsadm:" in failure["message"]


def prepared(monkeypatch, missing):
    """Let a prepare find that missing; it must not act."""

    def run(params, check_mode):
        assert check_mode and params["docker"] == "require" and params["best_effort"] and params["guest_memory"] == "0"
        return {"missing": missing, "actions": [], "cpuset": {"cpus": [2, 3]}}

    monkeypatch.setattr(whole, "run", run)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Options of a host whose image is there and whose CPUs are free; the machine's own processes stay out of it."""
    programs.write_program(tmp_path / "bin", "docker", programs.answering('[{"Config": {"Labels": {}}}]'))
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    monkeypatch.setattr(preflight_host, "bound_processes", lambda *_args: ([], False))
    monkeypatch.setattr(preflight_host, "claimed_cores", lambda *_args: {})
    monkeypatch.setattr(client, "state", lambda: "present")
    prepared(monkeypatch, [])
    return {
        "part": "host",
        "host_ip": "127.0.0.1",
        "image": "a:1.6.0",
        "zbsadm_version": "1.6.1",
        "compatibility": [{"zbsadm": "1.6.*", "image": "1.6.*"}],
        "rows": [{"check": "admin_host", "ok": True, "detail": "x", "remedy": None}],
        "admin_socket": str(tmp_path / "none.sock"),
    }


def test_a_host_that_is_fit(host):
    rows, result = rows_of(host)
    assert list(rows) == ["admin_host", "client", "image", "compatibility", "hugepages", "hugetlbfs", "docker", "cores"]
    assert result["fit"] and {row["ok"] for row in rows.values()} == {True}


@pytest.mark.parametrize("login, ok", [(True, True), (False, None)])
def test_a_host_without_its_client(host, monkeypatch, login, ok):
    monkeypatch.setattr(client, "state", lambda: "missing")
    rows, result = rows_of(dict(host, client_login=login, enforce=True))
    assert rows["client"]["ok"] is ok and result["fit"]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "change, unfit",
    [
        ({"zbsadm_version": "1.6.1", "compatibility": [{"zbsadm": "1.*", "image": "1.5.*"}]}, "compatibility"),
        ({}, "docker"),
        ({"rows": [{"check": "admin_host", "ok": False, "detail": "gone", "remedy": "mend"}]}, "admin_host"),
    ],
)
def test_the_gate(host, monkeypatch, change, unfit, check_mode):
    given = dict(host, **change)
    if unfit == "docker":
        prepared(monkeypatch, [{"what": "docker", "detail": "d", "remedy": "r"}])
    rows, result = rows_of(given)
    assert not result["fit"] and [check for check, row in rows.items() if row["ok"] is False] == [unfit]
    failure, _result = failure_of(NAME, dict(given, enforce=True), check_mode)
    assert failure["code"] == "unfit" and unfit + ":" in failure["message"]


@pytest.mark.parametrize("bad", [{"compatibility": [{"zbsadm": "1"}]}, {"timeout": 0}, {"cpuset": "x"}])
def test_options_that_cannot_be(host, bad):
    assert failure_of(NAME, dict(host, **bad))[0]["code"] == "bad_option"


@pytest.mark.parametrize("answers", [True, False])
def test_an_image_that_has_to_be_pulled_asks_for_its_registry(host, tmp_path, monkeypatch, answers):
    programs.write_program(tmp_path / "bin", "docker", programs.answering("[]", "No such image: a", 1))
    asked = []
    monkeypatch.setattr(
        preflight_host,
        "ask_registry",
        lambda image, _deadline: asked.append(image) or (answers, "the registry r says x"),
    )
    rows, result = rows_of(dict(host, image="r:5000/a:1.6.0"))
    assert asked == ["r:5000/a:1.6.0"] and rows["image"]["ok"] is answers and result["fit"] is answers
    assert "the registry r says x" in rows["image"]["detail"]


def test_without_an_image_nobody_is_asked_for_one(host, monkeypatch):
    monkeypatch.setattr(preflight_host, "look_for_image", lambda *_arguments: pytest.fail("asked"))
    rows, _result = rows_of(dict(host, image=""))
    assert rows["image"]["ok"] is not True


def served(behave):
    """Listen on a port of 127.0.0.1, behave(connection) on the first client: (port, thread)."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(1)

    def work():
        with server:
            connection, _address = server.accept()
            with connection:
                behave(connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return server.getsockname()[1], thread


@pytest.mark.parametrize(
    "behave, words",
    [
        (lambda connection: connection.sendall(b"220 mail ESMTP\r\n"), "not an SSH server"),
        (lambda connection: connection.sendall(b"SS"), "not an SSH server"),
        (lambda connection: [connection.recv(1), connection.recv(99), connection.recv(1)], "no answer within 0 s"),
    ],
)
def test_what_answers_and_is_no_ssh_server(behave, words):
    port, thread = served(behave)
    assert words in ssh_check.problem("127.0.0.1", port, Deadline(0.4))
    thread.join(20)


def test_a_host_whose_name_does_not_resolve():
    assert "does not resolve" in ssh_check.problem("host.zbs.invalid", 22, Deadline(20))
