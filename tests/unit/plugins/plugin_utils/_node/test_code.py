"""The code as it goes to a host."""

import base64
import io
import zipfile
from pathlib import Path

from ansible_collections.zstack.zbs.plugins.module_utils import _node
from ansible_collections.zstack.zbs.plugins.plugin_utils._node import code

ROOT = Path(_node.__file__).parent.parent


def test_it_is_every_room_and_no_door():
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(code.archive()))) as bundle:
        names = set(bundle.namelist())
        assert names == {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if path.parent != ROOT}
        assert bundle.read("_look/look.py") == (ROOT / "_look/look.py").read_bytes()


def test_one_version_is_one_archive_and_one_hash():
    assert code.archive() == code.archive() and code._hash(code._files()) == code.HASH


def test_whatever_changes_is_another_version():
    files = code._files()
    name = sorted(files)[3]
    others = [
        dict(files, **{name: files[name] + b" "}),
        {(key + "x" if key == name else key): data for key, data in files.items()},
        {key: data for key, data in files.items() if key != name},
    ]
    assert len({code.HASH, *map(code._hash, others)}) == 4
