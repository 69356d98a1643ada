"""The process of a command: what it spends besides the work."""

import gc
import os
from typing import Final

SELDOM: Final = (200_000, 30, 30)
"""Objects made until cycles among them are sought, and how often that goes further back.

By default every 700: a second of a run that imports what a run needs, for hardly a cycle.
"""


def spare_process() -> None:
    """Seek cycles seldom, and multiply small matrices on one thread, before anything is imported.

    Further threads of OpenBLAS turn round while they wait; who sets their number keeps it.
    """
    gc.set_threshold(*SELDOM)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
