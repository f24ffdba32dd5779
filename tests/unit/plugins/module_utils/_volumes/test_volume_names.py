"""Names of volumes: paths, bdevs, sockets, listings."""

import hashlib
import uuid

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import names as volumes_names
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,40}\Z").filter(lambda name: not name.endswith("_zbs_"))


@pytest.mark.parametrize("text", ["pool1/vol1", "zbs://pool1/vol1"])
def test_the_check_value(text):
    volume = volumes_names.parse_path(text)
    assert (volume.pool, volume.name, volume.path) == ("pool1", "vol1", "pool1/vol1")
    assert volume.hashed_name == "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"


@given(NAMES, NAMES)
def test_every_name_is_a_version_3_uuid_(pool, name):
    volume = volumes_names.parse_path("zbs://%s/%s" % (pool, name))
    found = uuid.UUID(volume.hashed_name[len("zbs-bdev-") :])
    assert found.version == 3
    assert found == uuid.UUID(bytes=hashlib.md5(volume.path.encode()).digest(), version=3)


def test_in_fips_mode_a_name_is_still_a_name(monkeypatch):
    real = volumes_names.hashlib.md5

    def fips(data, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return real(data)

    monkeypatch.setattr(volumes_names.hashlib, "md5", fips)
    assert volumes_names.Volume("pool1", "vol1").hashed_name.endswith("5a131ff")


def test_an_old_python_in_fips_mode_that_can_be_told_nothing(monkeypatch):
    def fips(data):
        raise ValueError("disabled for FIPS")

    monkeypatch.setattr(volumes_names.hashlib, "md5", fips)
    with pytest.raises(ZbsError, match="FIPS mode, and its Python [0-9.]+ can't use MD5") as caught:
        assert volumes_names.Volume("pool1", "vol1").hashed_name
    assert caught.value.code == "no_md5"


BAD = ["", "/", "pool", "pool/", "/vol", "a/b/c", "zbs://", "zbs://pool", "zbs:///vol", "zbs://zbs://a/b", "nfs://a/b"]
BAD += [
    "cbd:p/l/v",
    "pool/vol@snap",
    "a b/c",
    "a/b c",
    "../b",
    "a/..",
    "./b",
    "-a/b",
    "a/-b",
    "a/b\n",
    "a/b_zbs_",
    "ü/b",
]
BAD += ["a/" + "x" * 256, "a/b;reboot", "a/$(x)", "a//b"]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_path(text):
    with pytest.raises(ZbsError) as caught:
        volumes_names.parse_path(text)
    assert caught.value.code == "bad_option" and repr(text) in caught.value.message


def test_a_snapshot_and_a_marker_are_named():
    for text, word in (("a/b@s", "snapshot"), ("a/b_zbs_", "marker")):
        with pytest.raises(ZbsError, match=word):
            volumes_names.parse_path(text)


def test_a_socket_path_is_not_cut_off():
    assert volumes_names.socket_path("/s", "x" * 104) == "/s/" + "x" * 104
    with pytest.raises(ZbsError, match="108 bytes"):
        volumes_names.socket_path("/s", "x" * 105)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "a\n"])
def test_what_is_no_bdev_name(name):
    with pytest.raises(ZbsError, match="bdev_name"):
        volumes_names.check_bdev_name(name)


UUID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "name, tail",
    [
        ("volume_" + UUID, UUID),
        (UUID, UUID),
        ("volume-" + UUID, UUID),
        ("volume_" + UUID.upper(), None),
        ("volume_" + UUID[1:], None),
        ("volume_a" + UUID, None),  # a longer run of digits is another thing
        ("volume_" + UUID + "x", None),
        ("vol1", None),
    ],
)
def test_the_uuid_in_a_volume_s_name(name, tail):
    volume = volumes_names.Volume("lpool1", name)
    assert volume.uuid_name == (tail and "zbs-bdev-" + tail)
    assert volume.bdev_name("uuid") == (volume.uuid_name or volume.hashed_name)
    assert volume.bdev_name("hash") == volume.hashed_name


def test_the_check_values_of_both_names():
    volume = volumes_names.parse_path("zbs://lpool1/volume_" + UUID)
    assert volume.bdev_name("uuid") == "zbs-bdev-0123456789abcdef0123456789abcdef"
    assert volume.bdev_name("hash") == "zbs-bdev-131c79ed065437ecba5d70dfef40cf94"


@pytest.mark.parametrize(
    "name, kind",
    [
        ("zbs-bdev-" + UUID, "uuid"),
        ("zbs-bdev-131c79ed065437ecba5d70dfef40cf94", "hash"),
        ("zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff", "hash"),
        ("zbs-bdev-1", None),
        ("zbs-bdev-" + UUID + "0", None),
        ("mine", None),
        ("", None),
    ],
)
def test_the_kind_of_a_name(name, kind):
    assert volumes_names.kind_of(name) == kind
