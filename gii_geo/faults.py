"""Faults that are neither the input's nor ours to mend: a full disk, a signal, a torn reading."""

import errno
import signal
import sys
from types import FrameType
from typing import Final

_MACHINE: Final = frozenset(
    (
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
    )
)
_WORDS: Final = (
    *("No space left", "disk full", "database or disk is full", "File too large"),
    *("Too many open files", "Cannot allocate memory", "Disk quota exceeded"),
)


class FaultError(RuntimeError):
    """What stopped a run though its input may be sound; the message is one sentence."""


def is_fault(error: BaseException | None) -> bool:
    """Tell whether the machine stopped a run: a full disk, a limit, too little memory.

    Parameters
    ----------
    error : BaseException or None
        What ended the run, or what that came of.

    Returns
    -------
    bool
        True also for a `FaultError`.

    Examples
    --------
    >>> is_fault(OSError(errno.ENOSPC, "No space left on device")), is_fault(ValueError("no"))
    (True, False)
    """
    while error is not None:
        if isinstance(error, FaultError | MemoryError):
            return True
        if isinstance(error, OSError) and error.errno in _MACHINE:
            return True
        if any(words in str(error) for words in _WORDS):
            return True
        error = error.__cause__
    return False


def heed_term() -> None:
    """End by an exception where the system asks for an end, so that what was begun is removed."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave as a shell would tell of it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what was begun is removed once
    sys.exit(128 + number)
