"""Who listens, from /proc/net/unix: recorded tables, forged ones, and the kernel's own."""

import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import sockets
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import short_folder

# Before conftest.py takes its place.
find_elsewhere = sockets.find_elsewhere

HEAD = "Num       RefCount Protocol Flags    Type St Inode Path\n"
LISTENS = "0000000000000000: 00000002 00000000 00010000 0001 01 11 "
CONNECTED = "0000000000000000: 00000003 00000000 00000000 0001 03 12 "
BOUND = "0000000000000000: 00000002 00000000 00000000 0002 01 13 "


def read(tmp_path, text):
    """The table of a text."""
    write(tmp_path, "proc/net/unix", HEAD + text)
    return sockets.read_unix_sockets(str(tmp_path))


def test_listeners_connections_and_the_rest(tmp_path):
    text = LISTENS + "/s/admin.sock\n" + CONNECTED + "/s/admin.sock\n" + CONNECTED + "/s/admin.sock\n"
    text += BOUND + "/s/other\n" + CONNECTED.rstrip() + "\n" + LISTENS + "@abstract\n" + LISTENS + "/s/with blanks in\n"
    assert read(tmp_path, text) == {
        "/s/admin.sock": (True, 2),
        "/s/other": (False, 0),
        "@abstract": (True, 0),
        "/s/with blanks in": (True, 0),
    }


def test_a_dead_listener_beside_a_living_one_of_the_same_path(tmp_path):
    assert read(tmp_path, BOUND + "/s\n" + LISTENS + "/s\n" + BOUND + "/s\n") == {"/s": (True, 0)}


def test_an_empty_table_is_no_listener_and_a_missing_one_is_not_known(tmp_path):
    assert read(tmp_path, "") == {}
    assert sockets.read_unix_sockets(str(tmp_path / "elsewhere")) is None


@pytest.mark.parametrize(
    "forged",
    [
        "\n",
        "\nx y z\n",
        "\na b c d e f g h\n",
        "\n1: 2 3 zz 5 6 7 /x\n",
        "\n1: 2 3 0 5 zz 7 /x\n",
        "\n1: 2 3 00010000 5 zz 7 /x\n",
        "\n\n\n1 2 3",
        "\n%s" % LISTENS,
        "\n%s\n" % LISTENS.rstrip(),
        "\r" + LISTENS + "/s/admin.soc",
        "\n" + LISTENS + "/" + "x" * 200,
    ],
)
def test_a_path_with_line_ends_that_anybody_can_bind_breaks_nothing(tmp_path, forged):
    table = read(tmp_path, BOUND + "/tmp/evil" + forged + "\n" + LISTENS + "/s/admin.sock\n")
    assert table["/s/admin.sock"] == (True, 0)


def test_a_path_that_is_no_text_breaks_nothing(tmp_path):
    target = write(tmp_path, "proc/net/unix", "")
    target.write_bytes(HEAD.encode() + LISTENS.encode() + b"/s/\xff\xfe\n" + LISTENS.encode() + b"/s/a\n")
    assert sockets.read_unix_sockets(str(tmp_path))["/s/a"] == (True, 0)


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 10000000,
        "\xff\n" * 3000000,
        " " * 10000000,
        LISTENS + "/" + "x" * 10000000,
        "".join("0 0 0 0 0 0 0 %x\n" % number for number in range(500000)),
        "0 0 0 %s 1 1 1 /x\n" % ("f" * 10000000),
        "".join("%s/x/%d\n" % (LISTENS, number) for number in range(130000)),
    ],
    ids=range(7),
)
def test_megabytes_take_no_minutes(tmp_path, text):
    before = time.process_time()
    table = read(tmp_path, text)
    find_elsewhere(table, "/s")
    assert len(table) in (0, 130000) and time.process_time() - before < 10  # others use the machine too


@pytest.mark.parametrize("but, count", [("/s/admin.sock", 2), ("/s/a", 2), (None, 3), ("/none", 3)])
def test_count_listening_counts_this_folder_only(but, count):
    table = dict.fromkeys(("/s/admin.sock", "/s/a", "/s/b", "/s/sub/c", "/sx/d", "/s", "@abstract"), (True, 0))
    table["/s/dead"] = (False, 3)
    assert sockets.count_listening(table, "/s", but) == count


def test_the_kernels_own_table():
    """A listener stays in the table after its file was unlinked, and goes with its socket."""
    with short_folder() as folder:
        path = os.path.join(folder, "s")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
            assert sockets.read_unix_sockets()[path] == (False, 0)
            sock.listen(1)
            os.unlink(path)
            assert sockets.read_unix_sockets()[path][0] is True
        assert path not in sockets.read_unix_sockets()


def test_the_sockets_of_a_target_elsewhere():
    paths = {
        "/var/zbsvhost/sockets/admin.sock": True,
        "/var/zbsvhost/sockets/zbs-bdev-1": True,
        "/other/zbs-bdev-2": True,
        "/other/zbs-bdev-3": False,
        "/opt/zbs/run/admin.sock": True,
        "/run/haproxy/admin.sock": True,
        "/opt/zbs/admin.socket": True,
        "@zbs": True,
    }
    table = {path: (listens, 0) for path, listens in paths.items()}
    assert find_elsewhere(table, "/var/zbsvhost/sockets") == ["/opt/zbs/run/admin.sock", "/other/zbs-bdev-2"]
    assert find_elsewhere({}, "/x") == []
