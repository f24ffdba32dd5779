"""Units for a boot: systemd's names, and a script that never lowers a pool."""

import shutil
import subprocess

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import boot_units

NAMES = [
    ("/dev/hugepages2m", "dev-hugepages2m.mount"),
    ("/dev/hugepages-2m", "dev-hugepages\\x2d2m.mount"),
    ("/mnt//huge pages/", "mnt-huge\\x20pages.mount"),
    ("/.hidden/.pages", "\\x2ehidden-.pages.mount"),
    ("/mnt/ü", "mnt-\\xc3\\xbc.mount"),
    ("/a:b_c.d/e", "a:b_c.d-e.mount"),
    ("/a\\b", "a\\x5cb.mount"),
    ("/", "-.mount"),
]


@pytest.mark.parametrize("path, name", NAMES)
def test_mount_names(path, name):
    assert boot_units.mount_name(path) == name


@pytest.mark.skipif(shutil.which("systemd-escape") is None, reason="systemd-escape is not installed")
@pytest.mark.parametrize("path", [path for path, _name in NAMES])
def test_mount_names_are_those_of_systemd(path):
    argv = ["systemd-escape", "--path", "--suffix=mount", path]
    said = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=True, timeout=20
    ).stdout.strip()
    assert said == boot_units.mount_name(path)


def test_a_service_asks_for_the_nodes_first_and_then_for_the_machine():
    text = boot_units.service("2M", 2048, {1: 512, 0: 256}, 1000)
    asks = [line.strip(" \\") for line in text.splitlines() if line.startswith("    /sys")]
    assert asks == [
        "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages 256",
        "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages 512",
        "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 1000",
    ]
    lines = text.splitlines()
    assert any(line.startswith("Before=docker.service") for line in lines) and "WantedBy=multi-user.target" in lines
    assert boot_units.is_ours(text)


def test_a_mount_unit():
    text = boot_units.mount("/mnt/50%", "1G")
    assert "Where=/mnt/50%%" in text.splitlines() and "Options=pagesize=1G,mode=0755" in text.splitlines()
    assert boot_units.mounts_size(text, "1G") and not boot_units.mounts_size(text, "2M")
    assert not boot_units.is_ours("[Unit]\n" + text)


def run_script(tmp_path, pools):
    """Run the service's command over files {name: (pages there, pages asked)}: (exit status, {name: pages}, stderr)."""
    text = boot_units.service("2M", 2048, {}, 7).replace("\\\n", " ")
    command = next(line for line in text.splitlines() if line.startswith("ExecStart=")).partition("=")[2]
    shell, script, name = command.partition(" -c '")[0], command.split("'")[1], command.split("'")[2].split()[0]
    argv = [shell, "-c", script.replace("$$", "$"), name]
    for pool, (there, asked) in pools.items():
        if there is not None:
            (tmp_path / pool).write_text("%d\n" % there)
        argv += [str(tmp_path / pool), str(asked)]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=20, check=False
    )
    return done.returncode, {pool: (tmp_path / pool).read_text().strip() for pool in pools}, done.stderr


def test_the_script_grows_what_is_smaller_and_leaves_what_is_larger(tmp_path):
    status, pools, said = run_script(tmp_path, {"a": (10, 100), "b": (500, 100), "c": (100, 100), "d": (0, 0)})
    assert (status, said) == (0, "")
    assert pools == {"a": "100", "b": "500", "c": "100", "d": "0"}


def test_the_script_fails_with_the_numbers_after_all_were_asked(tmp_path):
    (tmp_path / "short").symlink_to("/dev/null")  # takes every write, and gives nothing
    status, pools, said = run_script(tmp_path, {"short": (None, 64), "b": (1, 5)})
    assert status == 1 and pools["b"] == "5"
    assert "short: 64 pages were asked for and 0 came" in said


def test_the_script_does_not_take_one_pool_s_number_for_another_s(tmp_path):
    status, _pools, _said = run_script(tmp_path, {"a": (500, 100)})
    assert status == 0
    text = boot_units.service("2M", 2048, {}, 7)
    script = text.split("'")[1].replace("$$", "$")
    argv = ["/bin/sh", "-c", script, "x", str(tmp_path / "a"), "100", str(tmp_path / "no/pool"), "7"]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=20, check=False
    )
    assert done.returncode == 1 and "no/pool: 7 pages were asked for and 0 came" in done.stderr
