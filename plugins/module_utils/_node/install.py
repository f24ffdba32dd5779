# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's code in a folder of the host: a new version beside the old one, then the link `current` turned, whole.

    FOLDER/<hash>/zbs_vhost/…   the rooms of module_utils, compiled
    FOLDER/<hash>/look, guard   the two programs
    FOLDER/current              link to <hash>

An earlier version stays until no program runs from it: a program holds a shared lock on its folder while it runs.
"""

import base64
import compileall
import fcntl
import io
import os
import re
import shutil
import sys
import uuid
import zipfile

from .._tools import folder as folders
from .._tools import replacing
from .._tools.errors import ZbsError, system_words
from .places import CURRENT

PACKAGE = "zbs_vhost"
_HASH = re.compile(r"^[0-9a-f]{32}\Z")
_MEMBER = re.compile(r"^(_[a-z]+/)?_*[a-z_]+\.py\Z")
_MOST = 16 * 1024 * 1024
_PROGRAM = """#!%(python)s -IS
import fcntl, os, sys
HOME = os.path.dirname(os.path.realpath(__file__))
handle = os.open(HOME, os.O_RDONLY | os.O_DIRECTORY)
fcntl.flock(handle, fcntl.LOCK_SH)
sys.path.insert(0, HOME)
sys.dont_write_bytecode = True
from %(package)s.%(module)s import main
sys.exit(main(%(arguments)sos.path.basename(HOME)))
"""
# program: (module, its arguments before the hash)
PROGRAMS = {"look": ("_look.look", ""), "guard": ("_guard.program", "sys.argv[1:], ")}


def check_hash(code):
    """ZbsError `bad_option` unless `code` is the name of a version."""
    if not _HASH.match(code):
        raise ZbsError("hash is %r; leave it to the action plugin" % code, "bad_option")


def installed(folder, code):
    """Whether that version lies there whole and is the current one."""
    try:
        return os.readlink(os.path.join(folder, CURRENT)) == code and _whole(os.path.join(folder, code))
    except OSError:
        return False


def _whole(home):
    """A version gets its name when it is whole; whether somebody took a part of it away later is seen by its programs."""
    return all(os.access(os.path.join(home, name), os.X_OK) for name in PROGRAMS)


def versions(folder):
    """Names of the versions that lie there."""
    try:
        return sorted(name for name in os.listdir(folder) if _HASH.match(name))
    except OSError:
        return []


def install(folder, code, archive, python=sys.executable):
    """Put the version `code` of the base64 zip `archive` there, for that Python, and make it the current one.

    ZbsError `unusable_code` for an archive that is none of ours, `node_unwritable` where the disk does not take it.
    """
    members = _members(archive)
    try:
        with folders.opened(folder, ours=True, make=0o755):
            pass
        home = os.path.join(folder, code)
        if not _whole(home):
            _write(folder, home, members, python)
        _turn(folder, code)
    except OSError as exc:
        raise ZbsError(
            "the code can't be put into %s (%s); free space or make it writable, for root alone"
            % (folder, system_words(exc)),
            "node_unwritable",
        )


def _members(archive):
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive))) as bundle:
            if sum(info.file_size for info in bundle.infolist()) > _MOST:
                raise ValueError("it is larger than %d bytes" % _MOST)
            members = {name: bundle.read(name).decode("utf-8") for name in bundle.namelist()}
        strange = [name for name in members if not _MEMBER.match(name)]
        if strange:
            raise ValueError("it holds %s" % strange[0])
    except (ValueError, zipfile.BadZipFile) as exc:
        raise ZbsError(
            "code is no archive of this collection (%s); leave it to the action plugin" % exc, "unusable_code"
        )
    return members


def _write(folder, home, members, python):
    """Write it under a hidden name, compile it, and give it its own name as the last step."""
    temporary = os.path.join(folder, ".zbs-%s.tmp" % uuid.uuid4().hex)
    try:
        for name, text in sorted(members.items()):
            _file(os.path.join(temporary, PACKAGE, name), text, 0o644)
        _file(os.path.join(temporary, PACKAGE, "__init__.py"), "", 0o644)
        for name, (module, arguments) in PROGRAMS.items():
            text = _PROGRAM % {"python": python, "package": PACKAGE, "module": module, "arguments": arguments}
            _file(os.path.join(temporary, name), text, 0o755)
        compileall.compile_dir(temporary, quiet=2)
        if os.path.isdir(home):  # half of one
            shutil.rmtree(home)
        os.rename(temporary, home)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _file(path, text, mode):
    with folders.opened(os.path.dirname(path), ours=True, make=0o755):
        pass
    replacing.replace(path, text, mode, ours=True)


def _turn(folder, code):
    """Turn the link: whoever opens it gets the old version or the new one."""
    with folders.holding(os.path.join(folder, CURRENT), ours=True) as place:
        replacing.put(place, replacing.link_beside(place, code))


def unused(folder, keep):
    """The versions but `keep` that no program runs from."""
    return [name for name in versions(folder) if name != keep and not _in_use(os.path.join(folder, name))]


def sweep(folder, keep):
    """Remove what is `unused`."""
    for name in unused(folder, keep):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _in_use(home):
    try:
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(handle)


def remove(folder):
    """Take away what is ours in the folder, and the folder where nothing else lies there; whether there was anything."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        raise _stuck(folder, exc)
    try:
        for name in names:
            path = os.path.join(folder, name)
            if name == CURRENT and os.path.islink(path):
                os.unlink(path)
            elif _HASH.match(name) or (name.startswith(".zbs-") and name.endswith(".tmp")):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        if not os.listdir(folder):
            os.rmdir(folder)
    except OSError as exc:
        raise _stuck(folder, exc)
    return True


def _stuck(folder, exc):
    return ZbsError("%s can't be removed (%s); remove it by hand" % (folder, system_words(exc)), "node_unwritable")
