"""``zbsvhost``: start the stand-in."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .app import run, say
from .errors import StartError
from .options import parse


def main(arguments: Sequence[str]) -> int:
    try:
        return run(parse(arguments))
    except StartError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
