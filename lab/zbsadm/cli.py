"""The ``zbsadm`` command."""

from __future__ import annotations

import sys

from . import settings, standin, store
from .call import execute
from .commands import COMMANDS
from .errors import Failure

HELP = """\
zbsadm: a STAND-IN of ZBS's zbsadm, made for the lab of the Ansible collection zstack.zbs. Not the real program.

Commands:
  {commands}
  standin               settings, faults and the log of calls of this stand-in (zbsadm standin --help)

'zbsadm COMMAND --help' lists a command's flags. Answers are one JSON object; a failure told in it exits {status}.
"""


def main(words: list[str] | None = None) -> int:
    """Returns the exit status."""
    words = sys.argv[1:] if words is None else words
    if words and words[0] == "standin":
        return standin.main(words[1:])
    if words in (["--version"], ["-v"], ["--help"], ["-h"], ["help"], []):
        try:
            chosen = settings.read(store.load())
        except Failure as error:
            print(f"Error: {error.message}", file=sys.stderr)
            return 1
        if words in (["--version"], ["-v"]):
            print(f"zbsadm {chosen.version} (zstack.zbs stand-in, {chosen.dialect} dialect)")
        else:
            print(HELP.format(commands="\n  ".join(COMMANDS), status=chosen.failure_exit_status), end="")
        return 0
    return execute("zbsadm", COMMANDS, words)
