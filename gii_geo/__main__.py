"""The command line in a process of its own: `gii-geo`, and ``python -m gii_geo`` off the path."""

import atexit
import os
import sys

from gii_geo.cli import main
from gii_geo.sink import Sink


def start() -> None:
    """Run the command line, and leave the process to the system as it stands.

    To take a million objects down one by one takes Python half a second.
    """
    codes: list[int] = []  # none where an error is still to be shown
    atexit.register(_leave, codes)  # the first is called last
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            codes.append(end.code)
        raise


def _leave(codes: list[int]) -> None:
    """Hand on what was told, and leave at once."""
    if not codes:
        return
    for stream in (sys.stdout, sys.stderr):
        Sink(stream).flush()
    os._exit(codes[-1])


if __name__ == "__main__":
    start()
