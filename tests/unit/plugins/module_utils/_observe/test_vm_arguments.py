"""The kind "what a VM's arguments say of its disks": a case a line."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import qemu, qemu_words
from hypothesis import given
from hypothesis import strategies as st

FOLDER = "/var/zbsvhost/sockets"
ONE, TWO = FOLDER + "/zbs-bdev-1", FOLDER + "/zbs-bdev-2"
DEVICE = ["-device", "vhost-user-blk-pci,chardev=c"]


@pytest.mark.parametrize(
    "argv, disks",
    [
        # what is a disk, and after how many seconds it is back
        (["-chardev", "socket,id=c,path=%s,reconnect=10" % ONE] + DEVICE, {ONE: 10}),
        (["--chardev", "socket,id=c,path=%s,reconnect-ms=500" % ONE], {ONE: 0.5}),
        (["-chardev=socket,id=c,path=%s,reconnect=1" % ONE], {ONE: 1}),
        (["-chardev", "socket,id=c,path=%s" % ONE] + DEVICE, {ONE: 0}),
        (["-chardev", "socket,id=c,path=%s,reconnect=0" % ONE] + DEVICE, {ONE: 0}),
        (["-chardev", "socket,id=c,path=%s,reconnect=0,reconnect=7" % ONE] + DEVICE, {ONE: 7}),
        (["-chardev", "socket,id=c,path=%s,reconnect=soon" % ONE] + DEVICE, {ONE: None}),
        (["-chardev", "socket,id=c,path=%s,reconnect=inf" % ONE] + DEVICE, {ONE: None}),
        (["-chardev", "socket,id=c,path=%s" % ONE, "-set", "chardev.c.reconnect=10"], {ONE: 10}),
        (["-chardev", "socket,id=c,path=%s,server=off,reconnect=10" % ONE], {ONE: 10}),
        (["-chardev", "socket,id=c,path=%s/a,,b" % FOLDER], {FOLDER + "/a,b": 0}),
        (["-chardev", "socket,id=c,path=/var//zbsvhost/x/../sockets/zbs-bdev-1,reconnect=2"], {ONE: 2}),
        (
            [
                "-chardev",
                json.dumps(
                    {
                        "id": "c",
                        "backend": {
                            "type": "socket",
                            "data": {"addr": {"type": "unix", "data": {"path": ONE}}, "reconnect": 10},
                        },
                    }
                ),
            ],
            {ONE: 10},
        ),
        (
            [
                "-chardev",
                json.dumps(
                    {
                        "id": "c",
                        "backend": {
                            "type": "socket",
                            "data": {"addr": {"type": "unix", "data": {"path": ONE}}, "reconnect-ms": 2500},
                        },
                    }
                ),
            ],
            {ONE: 2.5},
        ),
        (
            [
                "-chardev",
                json.dumps(
                    {
                        "id": "c",
                        "backend": {
                            "type": "socket",
                            "data": {"addr": {"type": "unix", "data": {"path": ONE}}, "server": True},
                        },
                    }
                ),
            ],
            {},
        ),
        (["-chardev", "socket,id=c,addr.type=unix,addr.path=%s,reconnect=3" % ONE], {ONE: 3}),
        (["-blockdev", "driver=virtio-blk-vhost-user,path=%s,node-name=a" % ONE], {ONE: 0}),
        (["-blockdev", '{"driver":"virtio-blk-vhost-user","path":"%s"}' % ONE], {ONE: 0}),
        (["-drive", "if=none,driver=virtio-blk-vhost-user,path=" + ONE], {ONE: 0}),
        (["-object", '{"qom-type":"x","id":"y","a":{"addr":{"path":"%s"}}}' % ONE], {ONE: None}),
        (["--disk", "vhost_user=true,socket=" + ONE], {ONE: None}),
        # JSON within a list, with its commas doubled
        (["-blockdev", 'file=json:{"driver":"virtio-blk-vhost-user",,"path":"%s"}' % ONE], {ONE: 0}),
        (["-blockdev", 'json:{"driver":"virtio-blk-vhost-user","path":"%s"}' % ONE], {ONE: 0}),
        # half a character, a zero, and more than a socket's path can be
        (["-chardev", '{"id":"c","path":"%s\\ud800"}' % ONE], {ONE + "\ufffd": 0}),
        (["-chardev", '{"id":"c","path":"%s\\u0000"}' % ONE], {}),
        (["-chardev", "socket,path=%s/%s" % (FOLDER, "a" * 100)], {}),
        (["-chardev", "socket,path=/a/\ud800/b"], {}),
        # several, behind options without a value
        (
            [
                "-S",
                "-chardev",
                "socket,id=a,path=%s,reconnect=1" % ONE,
                "-daemonize",
                "-chardev",
                "socket,id=b,path=" + TWO,
            ],
            {ONE: 1, TWO: 0},
        ),
        # devices in their forms
        (
            [
                "-chardev",
                "socket,id=c,path=%s,reconnect=1" % ONE,
                "-device",
                '{"driver":"vhost-user-blk-pci","chardev":"c"}',
            ],
            {ONE: 1},
        ),
        (
            [
                "-chardev",
                "socket,id=c,path=%s,reconnect=1" % ONE,
                "-device",
                "driver=vhost-user-blk-ccw,chardev=c,packed",
            ],
            {ONE: 1},
        ),
        (["-chardev", "socket,id=c,path=%s,reconnect=1" % ONE, "-device", "vhost-user-scsi-pci,chardev=c"], {ONE: 1}),
        # what is none
        (["-chardev", "socket,id=c,path=%s" % ONE, "-netdev", "vhost-user,id=n,chardev=c"], {}),
        (["-chardev", "socket,id=c,path=%s" % ONE, "-netdev", '{"type":"vhost-user","id":"n","chardev":"c"}'], {}),
        (["-chardev", "socket,id=c,path=%s" % ONE, "-device", "vhost-user-fs-pci,chardev=c,tag=t"], {}),
        (["-chardev", "socket,id=c,path=%s" % ONE, "-mon", "chardev=c,mode=control"], {}),
        (["-chardev", "socket,id=c,path=%s,server=on,wait=off" % ONE], {}),
        (["-chardev", "socket,id=c,path=%s,server,nowait" % ONE], {}),
        (["-chardev", "socket,id=c,path=%s,abstract=on" % ONE], {}),
        (["-qmp", "unix:%s,server=on" % ONE], {}),
        (["-add-fd", "fd=9,set=1,opaque=" + ONE], {}),
        (["-net", "socket=" + ONE], {}),
        # handed over
        (["-chardev", "socket,id=c,fd=9"] + DEVICE, {"9": 0}),
    ],
)
def test_what_the_arguments_say(argv, disks):
    assert qemu_words.sockets(argv, FOLDER)[0] == disks


@pytest.mark.parametrize(
    "argv",
    [
        ["-chardev", "json:" * 20000],
        ["-chardev", "a=json:" * 18000],
        ["-chardev", "a=" + "json:a=" * 18000],
        ["-chardev", "json:" + '{"a":' * 20000],
        ["-chardev", "json:" + '{"a":' * 60 + '"/p"' + "}" * 60],
        ["-chardev", "," * 131072],
        ["-chardev", "/a," * 40000],
        ["--chardev=/%d" % number for number in range(60000)],
        ["--chardev=/proc/self/cwd/../self/cwd/%d" % number for number in range(25000)],
        ["--chardev=" + "/a" * 2000] * 250,
        ["x", '{"a":[%s]}' % ",".join('"/%d"' % number for number in range(14000))] * 8,
        ["/"] * 500000,
    ],
    ids=range(12),
)
def test_a_mebibyte_of_arguments_takes_no_minutes(argv):
    before = time.process_time()
    assert qemu_words.sockets(argv, FOLDER)[0] == {}
    assert time.process_time() - before < 10  # others use the machine too; alone it takes less than a second


@given(
    st.lists(
        st.text()
        | st.sampled_from(["-chardev", "-name", "-set", "-readconfig", "-device", "--uuid", "socket,id=c,path=" + ONE])
    )
)
def test_no_argument_is_too_odd(argv):
    disks, others = qemu_words.sockets(argv, FOLDER, read=lambda path: path)
    assert all(isinstance(again, (int, float, type(None))) for again in disks.values()) and not others & set(disks)
    qemu.Vm(1, 2, argv).as_dict()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.just(ONE),
        lambda some: (
            st.lists(some)
            | st.dictionaries(st.sampled_from(["id", "path", "reconnect", "server", "chardev", "driver", "addr"]), some)
        ),
    )
)
def test_no_json_is_too_odd(data):
    for option in ("-chardev", "-device", "-blockdev"):
        qemu_words.sockets([option, json.dumps(data)], FOLDER)


@pytest.mark.parametrize(
    "word",
    ["," * 10000000, '{"a":' * 2000000, "[" * 10000000, '{"%s":[%s0]}' % ("k" * 60000, "0," * 30000), "x=/" * 3000000],
)
def test_ten_megabytes_take_no_time(word):
    assert qemu_words.sockets(["-chardev", word], FOLDER)[0] == {}
