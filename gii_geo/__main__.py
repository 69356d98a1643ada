"""The command line in a process of its own: `gii-geo`, and ``python -m gii_geo`` off the path."""

import atexit
import gc
import os
import sys
from typing import Final

from gii_geo.cli import main
from gii_geo.sink import Sink

SELDOM: Final = (200_000, 30, 30)
"""Objects made until cycles among them are sought, and how often that goes further back.

By default every 700: a second of a run that imports what a run needs, for hardly a cycle.
"""


def start() -> None:
    """Run the command line in a process that spends little besides.

    It seeks cycles seldom, and multiplies its small matrices on one thread, unless told otherwise:
    further threads of OpenBLAS turn round while they wait. In the end it is left to the system as
    it stands: to take a million objects down one by one takes Python half a second.
    """
    gc.set_threshold(*SELDOM)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports it
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
