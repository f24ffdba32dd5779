"""Whose target: known by its sockets, whatever the name of its container."""

import os
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import oldest, others
from ansible_collections.zstack.zbs.plugins.module_utils._observe.container import Container
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.evidence import PATH

FOLDER = os.path.dirname(PATH)
NOW = time.time()
MISSING = Container("missing")


def ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - seconds))


def bind(source, inside=None, writable=True):
    return {"Type": "bind", "Source": source, "Destination": inside or source, "RW": writable}


def shown(name="zstone-vhost-1", status="running", arguments=(), mounts=(), age=1000, number=1, **more):
    """A container as Docker shows it."""
    state = {"Status": status, "Running": status in ("running", "paused"), "StartedAt": ago(age), "Pid": 0}
    state["Restarting"] = status == "restarting"
    data = {"Id": "%064x" % number, "Name": "/" + name, "State": state, "Path": "/bin/x", "Args": list(arguments)}
    return dict(data, Created=ago(age), Mounts=list(mounts), RestartCount=0, **more)


def container(*args, **more):
    return Container("found", data=shown(*args, **more))


# arguments, mounts: words of how it is known, None for no target
KNOWN_BY = {
    "its admin socket": (["-r", PATH], [], "its argument"),
    "joined to the letter": (["-r" + PATH], [], "its argument"),
    "the long option": (["--rpc-socket=" + PATH], [], "its argument"),
    "the socket folder of SPDK": (["-S", FOLDER], [], "its argument"),
    "with a slash at its end": (["-S", FOLDER + "/"], [], "its argument"),
    "a path that is not normal": (["-r", "/var/../var/zbsvhost//sockets/admin.sock"], [], "its argument"),
    "in a shell's one argument": (["-c", "exec vhost -S %s -m 0xf" % FOLDER], [], "its argument"),
    "another socket in the folder": (["-r", FOLDER + "/spdk.sock"], [], "its argument"),
    "the folder mounted": ([], [bind(FOLDER)], "its mount"),
    "the folder mounted under another name": (["-r", "/run/s/admin.sock"], [bind(FOLDER, "/run/s")], "its argument"),
    "the folder's own parent": ([], [bind("/var/zbsvhost")], "its mount"),
    "the oldest one's folder": ([], [bind(oldest.FOLDER)], "its mount"),
    "a mount without a word on writing": ([], [{"Source": FOLDER, "Destination": FOLDER}], "its mount"),
    "the nearest mount counts": (["-r", PATH], [bind("/srv/x", FOLDER), bind("/", "/")], None),
    "a monitor that mounts the root": ([], [bind("/", "/host", False)], None),
    "one that may write there": ([], [bind("/", "/host")], None),
    "a monitor of /var": ([], [bind("/var", "/host/var")], None),
    "a reader of the sockets": ([], [bind(FOLDER, writable=False)], None),
    "a reader that names the socket": (["--socket=" + PATH], [bind(FOLDER, writable=False)], None),
    "another folder of the same beginning": ([], [bind(FOLDER + "2")], None),
    "its parent's neighbour": (["-r", "/var/zbsvhost/sockets2/admin.sock"], [bind("/var/zbs")], None),
    "a folder below": (["--log", FOLDER + "/log/x"], [], None),
    "anything else": (["postgres", "-D", "/data"], [bind("/srv/data", "/data")], None),
    "mounts of another shape": ([], [{"Source": 5, "Destination": None}, {}], None),
}


@pytest.mark.parametrize("name", sorted(KNOWN_BY))
def test_who_has_the_socket_folder(name):
    arguments, mounts, words = KNOWN_BY[name]
    found = others.find([container(arguments=arguments, mounts=mounts)], MISSING, PATH, NOW)
    assert (found is None) == (words is None)
    if found:
        assert words in found.how and found.named().startswith("the container zstone-vhost-1 (running; its ")


def test_a_folder_behind_a_link_is_the_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    one = container(mounts=[bind(str(tmp_path / "real"))])
    assert others.find([one], MISSING, str(tmp_path / "link/admin.sock"), NOW)


def test_mounts_that_are_no_list_are_none():
    one = Container("found", data=dict(shown(), Mounts={"a": 1}))
    assert one.mounts == [] and others.find([one], MISSING, PATH, NOW) is None


@pytest.mark.parametrize("path", ["/a\0b", "\0", "/" + "a" * 5000, FOLDER + "/\0"])
def test_a_path_that_no_file_can_have_is_no_folder_of_the_targets(path):
    one = container(arguments=["-r", path], mounts=[bind(path), bind("/x", path), bind("/" + path, FOLDER)])
    others.find([one], MISSING, PATH, NOW)
    others.on_host(one.mounts, PATH)


@pytest.mark.parametrize(
    "arguments, mounts",
    [
        (["/%d" % number for number in range(100000)], [{"Destination": "/%d" % number} for number in range(30000)]),
        (["/a" * 2000 + "%d" % number for number in range(2500)], []),
        (["-r" + "/a " * 3000000], []),
        ([], [{"Source": "/a" * 2000 + "%d" % number} for number in range(2500)]),
    ],
    ids=["many", "deep", "in one", "mounts"],
)
def test_a_container_with_no_end_of_paths_takes_no_minutes(arguments, mounts):
    before = time.process_time()
    one = container(arguments=arguments, mounts=mounts)
    assert others.find([one], MISSING, PATH, NOW) is None
    assert time.process_time() - before < 5  # others use the machine too


OWN = {"name": "zbsvhost-x", "number": 9, "arguments": ["-r", PATH]}
THEIRS = {"arguments": ["-r", PATH]}

# own (None for no such container), the others, and the one that counts
BESIDE = {
    "none": (None, [], None),
    "none but its own": (OWN, [OWN], None),
    "one that runs": (None, [THEIRS], "zstone-vhost-1"),
    "one that exited": (None, [dict(THEIRS, status="exited")], "zstone-vhost-1"),
    "one that was made and not started": (None, [dict(THEIRS, status="created")], "zstone-vhost-1"),
    "one that can't come back": (None, [dict(THEIRS, status="dead")], None),
    "one that is being removed": (None, [dict(THEIRS, status="removing")], None),
    "one that runs beside an exited own": (dict(OWN, status="exited"), [THEIRS], "zstone-vhost-1"),
    "one that is paused": (dict(OWN, status="exited"), [dict(THEIRS, status="paused")], "zstone-vhost-1"),
    "one that restarts": (dict(OWN, status="exited"), [dict(THEIRS, status="restarting")], "zstone-vhost-1"),
    "one that ran before its own": (dict(OWN, status="exited", age=10), [dict(THEIRS, status="exited", age=20)], None),
    "one that ran after its own": (
        dict(OWN, status="exited", age=20),
        [dict(THEIRS, status="exited", age=10)],
        "zstone-vhost-1",
    ),
    "the one that is up first": (
        None,
        [dict(THEIRS, status="exited", age=1, number=2, name="b"), dict(THEIRS, name="a")],
        "a",
    ),
    "then the one that was started last": (
        None,
        [dict(THEIRS, age=9, number=2, name="a"), dict(THEIRS, age=8, name="b")],
        "b",
    ),
    "the oldest one by its name": (None, [{"name": "zbs-vhost"}], "zbs-vhost"),
    "what is left of the oldest one": (OWN, [{"name": "zbs-vhost", "status": "exited", "age": 5000}], None),
}


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_which_one_counts(name):
    own, beside, wanted = BESIDE[name]
    mine = container(**own) if own else MISSING
    found = others.find([container(**item) for item in beside], mine, PATH, NOW)
    assert (found.container.name if found else None) == wanted
    assert found is None or found.is_oldest() is (wanted == "zbs-vhost")


def until():
    return Deadline(5.0), 1.0


def test_every_container_of_the_host(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs.path_with(tmp_path))
    target.write_engine(tmp_path, [shown("a"), shown("b", number=2)])
    containers, problem = others.list_containers(until)
    assert ([item.name for item in containers], problem) == (["a", "b"], None)


@pytest.mark.parametrize(
    "body, listed, problem",
    [
        ("exit 0", [], None),
        ("echo no id at all", [], None),
        # It went between the two questions.
        ('[ "$1" = ps ] && echo %064x && exit 0; echo "Error: No such container: x" >&2; exit 1' % 1, [], None),
        ('echo "permission denied" >&2; exit 1', None, "permission denied"),
        ("exit 3", None, "docker ended with status 3"),
        ('[ "$1" = ps ] && echo %064x && exit 0; exit 4' % 1, None, "docker ended with status 4"),
        ('[ "$1" = ps ] && echo %064x && exit 0; echo "{"' % 1, None, "no JSON"),
        ('[ "$1" = ps ] && echo %064x && exit 0; echo "[]"' % 1, None, "no JSON"),
        ("seq -f %064.0f 10001", None, "docker lists 10001 containers, and at most 10000"),
        ('printf "\\n \\r\\n\\tx\\nABCDEF012345\\n"', [], None),
        ("exec sleep 60", None, "did not answer within"),
    ],
)
def test_what_docker_says_of_all_containers(tmp_path, monkeypatch, body, listed, problem):
    monkeypatch.setenv("PATH", programs.path_with(tmp_path))
    programs.write_program(tmp_path, "docker", body)
    found, why = others.list_containers(lambda: (Deadline(1.0), 0.2))
    assert found == listed and (problem or "") in (why or "") and (why is None) == (problem is None)


def test_a_docker_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found, why = others.list_containers(until)
    assert found is None and "docker is missing" in why


@pytest.mark.parametrize("answer", ["no_docker", "no_engine", "silent", "denied", "error"])
def test_docker_that_can_not_be_asked_for_one_is_not_asked_for_all(answer):
    own = Container(answer)
    found = others.look(None, own, "nobody", None, None)
    assert (found.container, found.other, found.problem, found.foreign) == (own, None, None, False)


def test_its_own_container_that_was_started_again_meanwhile_is_no_other(monkeypatch):
    again = dict(OWN, State={"Status": "running", "Running": True, "Pid": os.getpid()})
    found = Container("found", data=dict(shown(**OWN), State=again["State"]))
    monkeypatch.setattr(others, "list_containers", lambda _until: ([found], None))
    seen = others.look(None, container(**dict(OWN, status="exited")), "answered", os.getpid(), until)
    assert (seen.container, seen.other, seen.foreign, seen.runs_target) == (found, None, False, True)


@pytest.mark.parametrize(
    "path, theirs",
    [
        ("/var/tmp/vhost-sockets/vhost.sock", True),
        ("/var/tmp/vhost-sockets/zbs-vhost-0123456789abcdef0123456789abcdef", True),
        ("/mnt/vhost-sockets/vhost.sock", True),
        ("/srv/zbs-vhost-0123456789abcdef0123456789abcdef", True),
        ("/var/run/openvswitch/vhost.sock", False),
        ("/var/zbsvhost/sockets/zbs-bdev-0123456789abcdef0123456789abcdef", False),
        ("/var/zbsvhost/sockets/admin.sock", False),
    ],
)
def test_the_sockets_of_the_oldest_releases(path, theirs):
    assert oldest.has_socket(path) is theirs
