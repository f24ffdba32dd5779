"""Which of its two names a volume has on a host."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.names import Volume
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.naming import choose

VOLUME = Volume("lpool1", "volume_0123456789abcdef0123456789abcdef")
PLAIN = Volume("pool1", "vol1")
UUID, HASH = VOLUME.uuid_name, VOLUME.hashed_name
OTHER_UUID, OTHER_HASH = "zbs-bdev-fedcba9876543210fedcba9876543210", PLAIN.hashed_name


def host(served=(), needed=()):
    return {"volumes": [{"controller": name} for name in served], "demand": [{"bdev": name} for name in needed]}


@pytest.mark.parametrize(
    "naming, observed, name",
    [
        ("uuid", None, UUID),
        ("hash", None, HASH),
        ("uuid", host([HASH]), UUID),
        # its own name there outranks the kind of the others
        ("auto", host([HASH, OTHER_UUID]), HASH),
        ("auto", host(needed=[UUID, OTHER_HASH]), UUID),
        ("auto", host([OTHER_UUID]), UUID),
        ("auto", host(needed=[OTHER_HASH]), HASH),
        ("auto", host([OTHER_HASH, "mine", None]), HASH),
    ],
)
def test_a_volume_with_a_uuid(naming, observed, name):
    assert choose(VOLUME, naming, observed) == name


@pytest.mark.parametrize("naming", ["auto", "uuid", "hash"])
def test_one_without_a_uuid_has_one_name(naming):
    assert choose(PLAIN, naming, None) == PLAIN.hashed_name


@pytest.mark.parametrize(
    "observed, words",
    [
        (None, "nothing on the host shows"),
        (host(["mine"]), "nothing on the host shows"),
        ({"volumes": None, "demand": None}, "nothing on the host shows"),
        (host([OTHER_UUID], [OTHER_HASH]), "bdevs named after UUIDs and bdevs named by hash"),
        (host([UUID], [HASH]), "under both names"),
    ],
)
def test_where_it_can_t_be_told_the_operator_is_asked(observed, words):
    with pytest.raises(ZbsError) as caught:
        choose(VOLUME, "auto", observed)
    assert caught.value.code == "naming_unknown"
    assert (
        words in caught.value.message and "give naming" in caught.value.message and VOLUME.path in caught.value.message
    )
