"""The CBD probe, against fake qemu-io programs."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import cbd
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

PATH = "cbd:pool1/lpool1/zbs_zstack_heartbeat"
GOOD = "read 4096/4096 bytes at offset 0\n4 KiB, 1 ops; 00.00 sec"


@pytest.mark.parametrize(
    "out, err, rc, verdict, words",
    [
        (GOOD, "", 0, "healthy", None),
        ("", "qemu-io: can't open: Input/output error", 1, "refused", "Input/output error"),
        ("read failed: Input/output error", "", 1, "refused", "read failed"),
        ("read failed: Input/output error", "", 0, "refused", "read failed"),
        (GOOD, "late trouble", 1, "refused", "late trouble"),
        ("read 0/4096 bytes", "", 0, "refused", "0/4096"),
        ("", "qemu-io: can't open device cbd:x: Unknown driver 'cbd'", 1, "unknown", "does not support CBD"),
        ("", "qemu-io: Unknown protocol 'cbd'", 1, "unknown", "does not support CBD"),
        ("", "qemu-io: can't open device cbd:x: Permission denied", 1, "unknown", "run as root"),
        # no memory is the host's trouble and not the storage's
        ("", "terminate called after throwing an instance of 'std::bad_alloc'", 1, "unknown", "for want of memory"),
        ("what():  std::bad_alloc", "", 134, "unknown", "look at the host's memory"),
        ("", "", 1, "refused", "1"),
    ],
)
def test_verdicts(tmp_path, out, err, rc, verdict, words):
    log = tmp_path / "log"
    program = programs.write_program(tmp_path, "qemu-io", programs.logging_argv(log, programs.answering(out, err, rc)))
    found = cbd.probe(PATH, Deadline(20), program)
    assert found.verdict == verdict
    assert (found.reason is None) if words is None else (words in found.reason)
    assert programs.calls(log) == [["-c", "read 0G 4k", "-f", "cbd", PATH + "_zbs_:/etc/zbs/client.conf"]]


def test_a_read_that_hangs_is_hung_at_the_deadline(tmp_path):
    program = programs.write_program(tmp_path, "qemu-io", "exec sleep 100")
    started = time.monotonic()
    assert cbd.probe(PATH, Deadline(0.5), program).verdict == "hung"
    assert time.monotonic() - started < 6


def test_a_missing_qemu_io_says_nothing_about_the_storage(tmp_path):
    found = cbd.probe(PATH, Deadline(5), str(tmp_path / "qemu-io"))
    assert found.verdict == "unknown" and "qemu-io" in found.reason


@pytest.mark.parametrize(
    "path, valid",
    [
        (PATH, True),
        ("cbd:a/b/c", True),
        ("", False),
        ("a/b/c", False),
        ("cbd:a/b", False),
        ("cbd:a/b/c/d", False),
        ("cbd:a//c", False),
        ("cbd:a/b/c\n", False),
        ("cbd:a/b/c d", False),
        ("cbd:a/b/c:/etc/passwd", False),
        ("zbs://a/b", False),
    ],
)
def test_paths(path, valid):
    assert cbd.valid_path(path) is valid


@pytest.mark.parametrize("signal", ["ABRT", "KILL", "SEGV", "TERM"])
def test_a_probe_that_a_signal_ended_says_nothing_about_the_storage(tmp_path, signal):
    program = programs.write_program(tmp_path, "qemu-io", "kill -%s $$" % signal)
    found = cbd.probe(PATH, Deadline(20), program)
    assert found.verdict == "unknown" and "by signal" in found.reason
