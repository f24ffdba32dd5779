"""Fake programs on PATH: small shell scripts that answer as recorded."""

import os
import stat


def write_program(folder, name, body):
    """Make an executable `name` in `folder` of a shell `body`; returns its path as text."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + body + "\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def answering(out="", err="", rc=0):
    """The body of a script that prints `out` and `err` byte for byte and exits with `rc`."""
    return "cat <<'END-OF-OUT'\n%s\nEND-OF-OUT\ncat >&2 <<'END-OF-ERR'\n%s\nEND-OF-ERR\nexit %d" % (out, err, rc)


def logging_argv(log, body):
    """`body` with every argument written to the file `log` first, one a line, a line `--end--` behind each call.

    In one piece: two calls at once do not mix.
    """
    return 'printf "%%s\\n" "$@" --end-- >>"%s"\n%s' % (log, body)


def calls(log):
    """The argument lists that logging_argv wrote; none when there was no call."""
    if not log.exists():
        return []
    found, current = [], []
    for line in log.read_text(encoding="utf-8").splitlines():
        if line == "--end--":
            found.append(current)
            current = []
        else:
            current.append(line)
    return found


def path_with(folder):
    """A PATH whose first folder is `folder`."""
    return "%s%s%s" % (folder, os.pathsep, os.environ["PATH"])


def path_without(folder, *programs):
    """A PATH of `folder` only, with links to `sh` and `cat`: nothing else of this machine is found on it."""
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    for program in ("sh", "cat", "sleep") + programs:
        if not (folder / program).exists():
            (folder / program).symlink_to(shutil.which(program))
    return str(folder)
