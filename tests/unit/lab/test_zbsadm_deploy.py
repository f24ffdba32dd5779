"""Deploying and destroying a target: what is checked, what is run, what each refusal says."""

from __future__ import annotations

import subprocess
import sys

import pytest
from zbsadm_site import CONTAINER, DEPLOY, DESTROY, HOST, IMAGE, LOGIN, PASSWORD, Site, site_fixture  # noqa: F401

OK = {"success": True, "error": {"code": 0, "message": ""}}


def test_deploy_runs_the_target_as_agreed(site: Site) -> None:
    assert site.answer(*DEPLOY) == OK
    container = site.host.docker()["containers"][CONTAINER]
    assert container["image"] == IMAGE
    assert container["options"] == {
        "--name": CONTAINER,
        "--privileged": True,
        "--network": "host",
        "--restart": "always",
        "-v": [
            "/var/zbsvhost:/var/zbsvhost",
            "/dev/hugepages2m:/dev/hugepages2m",
            "/var/tmp:/var/tmp",
            "/var/lib/zbs-standin/pools:/var/lib/zbs-standin/pools",
        ],
    }
    assert container["command"] == [
        *("zbsvhost", "-m", "[0,1]", "-s", "128", "--huge-dir", "/dev/hugepages2m"),
        *("-S", "/var/zbsvhost/sockets", "-r", "/var/zbsvhost/sockets/admin.sock"),
    ]
    assert (site.host.root / "var/zbsvhost/sockets").is_dir()


def test_deploy_takes_one_connection(site: Site) -> None:
    site.answer(*DEPLOY)
    (connection,) = site.connections()
    assert connection["ip"] == HOST
    assert connection["argv"][-2:] == ["python3", "-"]
    options = connection["options"]
    assert (options["BatchMode"], options["StrictHostKeyChecking"]) == ("yes", "accept-new")
    assert options["ConnectTimeout"] == "10"


def test_deploy_without_a_size_takes_the_setting(site: Site) -> None:
    site.settings(hugepage_size=64)
    site.answer("vhost", "deploy", "--host", HOST, "--cpuset", "[0-1]", "--silent")
    command = site.host.docker()["containers"][CONTAINER]["command"]
    assert command[command.index("-s") + 1] == "64"
    assert command[command.index("-m") + 1] == "[0-1]"


def test_deploy_takes_the_mount_that_it_is_told(site: Site) -> None:
    site.host.mounts("/dev/hugepages", "/mnt/huge")
    site.answer(*DEPLOY, "--hugepage-dir", "/mnt/huge")
    assert "/mnt/huge:/mnt/huge" in site.host.docker()["containers"][CONTAINER]["options"]["-v"]


def test_redeploy_replaces_the_container(site: Site) -> None:
    site.answer(*DEPLOY)
    site.answer("vhost", "deploy", "--host", HOST, "--cpuset", "[1]", "--hugepage-size", "128", "--silent")
    assert ["rm", "-f", CONTAINER] in site.host.asked()
    assert "[1]" in site.host.docker()["containers"][CONTAINER]["command"]


def test_pages_of_the_container_to_be_replaced_count(site: Site) -> None:
    site.host.docker(containers={CONTAINER: {"pid": 500}})
    site.host.pages(free=4)
    site.host.process(500, 1, pages=40)
    site.host.process(501, 500, pages=20)
    site.host.process(600, 1, pages=1000)  # somebody else's
    assert site.answer(*DEPLOY) == OK


def test_pages_that_others_map_too_do_not_come_back(site: Site) -> None:
    site.host.docker(containers={CONTAINER: {"pid": 500}})
    site.host.pages(free=4)
    site.host.process(500, 1, pages=59)  # its Shared_Hugetlb, a guest's memory, is 1000 pages
    code, message = site.failure(*DEPLOY)
    assert code == 410021
    assert "needs 64, free are 4" in message
    assert "holds 59" in message


def test_a_refused_redeploy_leaves_the_running_target_alone(site: Site) -> None:
    site.answer(*DEPLOY)
    before = site.host.docker()["containers"]
    site.host.pages(free=0)
    assert site.failure(*DEPLOY)[0] == 410021
    site.host.pages(free=64)
    site.host.mounts()
    assert site.failure(*DEPLOY)[0] == 410022
    site.host.mounts("/dev/hugepages2m")
    site.host.docker(images=[])
    assert site.failure(*DEPLOY)[0] == 410013
    assert site.host.docker()["containers"] == before
    assert ["rm", "-f", CONTAINER] not in site.host.asked()


def test_an_image_that_is_not_there_is_pulled(site: Site) -> None:
    site.host.docker(images=[], registry=[IMAGE])
    assert site.answer(*DEPLOY) == OK


@pytest.mark.parametrize(
    ("facts", "code", "part"),
    [
        ({"active": False}, 410012, "Is the docker daemon running?"),
        ({"images": []}, 410013, "pull access denied"),
        ({"run_fails": True}, 410014, "OCI runtime create failed"),
        ({"rm_fails": True, "containers": {CONTAINER: {"pid": 0}}}, 410016, "device or resource busy"),
    ],
)
def test_what_docker_refuses(site: Site, facts: dict, code: int, part: str) -> None:
    site.host.docker(**facts)
    found, message = site.failure(*DEPLOY)
    assert (found, part in message) == (code, True), message


def test_no_docker_command(site: Site) -> None:
    site.host.no_docker()
    assert site.failure(*DEPLOY) == (410011, "There is no docker command on this host")


def test_a_docker_that_does_not_answer(site: Site) -> None:
    site.settings(answer_timeout=1)
    site.host.docker(silent=True)
    assert site.failure(*DEPLOY) == (410012, "Docker on this host did not answer within 1 s")


def test_too_few_hugepages(site: Site) -> None:
    site.host.pages(free=63)
    code, message = site.failure(*DEPLOY)
    assert code == 410021
    assert "needs 64, free are 63" in message
    assert site.host.docker()["containers"] == {}


def test_exactly_enough_hugepages(site: Site) -> None:
    site.host.pages(free=64)
    assert site.answer(*DEPLOY) == OK


def test_no_pool_of_that_size(site: Site) -> None:
    (site.host.root / "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages").unlink()
    assert site.failure(*DEPLOY)[0] == 410021


@pytest.mark.parametrize("options", ["rw,pagesize=1024M", "rw"])
def test_no_mount_with_2m_pages(site: Site, options: str) -> None:
    site.host.mounts("/dev/hugepages", options=options)
    assert site.failure(*DEPLOY) == (410022, "No hugetlbfs with 2M pages is mounted on this host")


def test_a_wanted_folder_that_is_no_such_mount(site: Site) -> None:
    code, message = site.failure(*DEPLOY, "--hugepage-dir", "/mnt/other")
    assert (code, "/mnt/other" in message) == (410023, True)


@pytest.mark.parametrize(
    ("stderr", "status", "code"),
    [
        ("ssh: connect to host 192.0.2.11 port 22: Connection timed out", 255, 410001),
        ("ssh: connect to host 192.0.2.11 port 22: Connection refused", 255, 410001),
        ("root@192.0.2.11: Permission denied (publickey).", 255, 410002),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.", 255, 410004),
        ("sh: 1: python3: not found", 127, 410006),
        ("Killed", 137, 410006),
    ],
)
def test_a_host_that_can_not_be_used(site: Site, stderr: str, status: int, code: int) -> None:
    site.host.log_in(stderr=stderr, status=status)
    found, message = site.failure(*DEPLOY)
    assert (found, HOST in message, stderr.splitlines()[-1] in message) == (code, True, True), message


def test_a_host_that_never_finishes(site: Site) -> None:
    site.settings(remote_timeout=1, answer_timeout=50)
    site.host.docker(silent=True)
    code, message = site.failure(*DEPLOY)
    assert (code, "within 1 s" in message) == (410005, True)


def test_destroy(site: Site) -> None:
    site.answer(*DEPLOY)
    assert site.answer(*DESTROY) == OK
    assert site.host.docker()["containers"] == {}
    code, message = site.failure(*DESTROY)
    assert (code, CONTAINER in message) == (410015, True)


def test_failures_may_exit_1_by_setting(site: Site) -> None:
    site.settings(failure_exit_status=1)
    site.failure(*DESTROY, status=1)
    site.answer(*DEPLOY, status=0)


class TestHostList:
    """The newer dialect."""

    def test_it_names_user_port_and_key(self, site: Site) -> None:
        key = site.root / "another key"
        key.write_text("x\n")
        site.hosts([{"ip": "192.0.2.99"}, {"ip": HOST, "port": 2222, "user": "ops", "private_key_file": str(key)}])
        site.host.log_in(user="ops", port=2222)
        assert site.answer(*DEPLOY) == OK
        assert site.connections()[0]["options"]["-i"] == str(key)

    def test_a_host_that_is_not_in_it(self, site: Site) -> None:
        site.hosts([{"ip": "192.0.2.12"}])
        code, message = site.failure(*DEPLOY)
        assert (code, message.startswith("host not found: 192.0.2.11")) == (410003, True)
        assert site.connections() == []

    def test_a_host_in_it_that_does_not_exist(self, site: Site) -> None:
        site.hosts([{"ip": "192.0.2.200"}])
        code, message = site.failure("vhost", "destroy", "--host", "192.0.2.200", "--silent")
        assert (code, "No route to host" in message) == (410001, True)

    @pytest.mark.parametrize(
        "document", [{}, [1], [{"ip": "x"}], [{"ip": HOST, "port": 0}], [{"ip": HOST, "user": "-oProxyCommand=x"}]]
    )
    def test_a_broken_list(self, site: Site, document: object) -> None:
        site.hosts(document)
        code, message = site.failure(*DEPLOY)
        assert (code, "hosts.json" in message) == (410007, True)

    def test_no_list(self, site: Site) -> None:
        (site.etc / "hosts.json").unlink()
        assert site.failure(*DEPLOY)[0] == 410007

    def test_a_key_that_is_not_there(self, site: Site) -> None:
        (site.root / "key").unlink()
        code, message = site.failure(*DEPLOY)
        assert (code, "private_key_file required" in message) == (410007, True)

    @pytest.mark.parametrize(
        "extra", [("-p", "secret"), ("-u", "root"), ("--port", "22"), ("--password=secret",), LOGIN]
    )
    def test_a_login_on_the_command_line_is_refused(self, site: Site, extra: tuple[str, ...]) -> None:
        done = site.run(*DEPLOY, *extra)
        assert (done.returncode, done.stdout) == (2, "")
        assert "own host list" in done.stderr
        assert "secret" not in done.stderr
        assert site.connections() == []


class TestLogin:
    """The older dialect."""

    def test_the_password_goes_by_environment(self, site: Site) -> None:
        site.login_dialect()
        assert site.answer(*DEPLOY, *LOGIN) == OK
        (connection,) = site.connections()
        assert connection["password"] == PASSWORD
        assert PASSWORD not in " ".join(connection["argv"])
        assert "BatchMode" not in connection["options"]

    def test_a_wrong_password(self, site: Site) -> None:
        site.login_dialect()
        code, message = site.failure(*DEPLOY, "--port", "2222", "-u", "admin", "-p", "wrong-one")
        assert (code, "wrong-one" in message) == (410002, False)

    @pytest.mark.parametrize("leave_out", [0, 2, 4])
    def test_the_login_is_required(self, site: Site, leave_out: int) -> None:
        site.login_dialect()
        done = site.run(*DEPLOY, *LOGIN[:leave_out], *LOGIN[leave_out + 2 :])
        assert (done.returncode, "required: " in done.stderr) == (2, True)
        assert PASSWORD not in done.stderr

    def test_the_host_list_is_not_looked_at(self, site: Site) -> None:
        site.login_dialect()
        (site.etc / "hosts.json").unlink()
        assert site.answer(*DEPLOY, *LOGIN) == OK

    def test_no_sshpass(self, site: Site) -> None:
        site.login_dialect()
        (site.root / "bin/sshpass").unlink()
        site.environment["PATH"] = f"{site.root}/bin"
        # Without the machine's own folders in the path, where there may be a sshpass, the shebang can't find Python.
        done = subprocess.run(
            [sys.executable, *site.argv(*DEPLOY, *LOGIN)],
            env=site.environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert "410007" in done.stdout
        assert "sshpass" in done.stdout
