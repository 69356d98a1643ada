"""Many questions on all cores: told how long it will take, and kept when somebody interrupts."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any, Final, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

_TOLD_EVERY: Final = 0.5
"""Seconds between two words of progress."""


def count_cores() -> int:
    """Count the cores that this process may use.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_through(
    tasks: Sequence[Task],
    work: Callable[[Task], Done],
    *,
    cores: int,
    tell: Callable[[int, float], Any],
) -> tuple[list[Done], bool]:
    """Do tasks on several cores, in threads: the kernels that the time goes into let others run.

    Parameters
    ----------
    tasks : sequence
        In the order in which they begin.
    work : callable
        Does a task; what it gives hangs on the task alone.
    cores : int
        Threads.
    tell : callable
        Is told every half second how many are done and how many seconds are left.

    Returns
    -------
    done : list
        What was given, in the order of the tasks; of an interrupted work what was done until then.
    is_whole : bool
        Whether nobody interrupted.

    Raises
    ------
    KeyboardInterrupt
        If somebody interrupts before anything is done.
    """
    found: dict[int, Done] = {}
    waiting = enumerate(tasks)
    begun = told = time.monotonic()
    is_whole = True
    with ThreadPoolExecutor(max_workers=cores) as pool:

        def begin(some: Iterable[tuple[int, Task]]) -> dict[Future[Done], int]:
            return {pool.submit(work, task): number for number, task in some}

        running = begin(islice(waiting, cores))
        try:
            while running:
                over, _ = wait(running, return_when=FIRST_COMPLETED)
                running |= begin(islice(waiting, len(over)))
                for future in over:
                    found[running.pop(future)] = future.result()
                now = time.monotonic()
                if now - told >= _TOLD_EVERY:
                    told = now
                    tell(len(found), (now - begun) / len(found) * (len(tasks) - len(found)))
        except KeyboardInterrupt:
            is_whole = False
            # Waited for: they end soon, and what they give is good.
            sound = [future for future in running if future.exception() is None]
            found |= {running[future]: future.result() for future in sound}
            if not found:
                raise
    return [found[number] for number in sorted(found)], is_whole
