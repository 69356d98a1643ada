"""Faults that are neither the input's nor ours to mend: a full disk, a signal, a torn reading."""

import errno
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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

FAULT: Final = 1
BAD_INPUT: Final = 2
_PROBE_BYTES: Final = 2**26
"""What a disk that is not full takes: what did not fit was often removed before it is asked."""

_signals: list[int] = []


class FaultError(RuntimeError):
    """What stopped a run though its input may be sound; the message is one sentence."""


class DiskError(FaultError, OSError):
    """A write that the machine stopped: whoever waits for an OSError has one."""


def tell_unbalanced(where: str = "nothing was written") -> FaultError:
    """Say that what came in is not what went out, which happens where two readings differ.

    Parameters
    ----------
    where : str, default "nothing was written"
        What that means.

    Returns
    -------
    FaultError
        The sentence, to be raised.

    Examples
    --------
    >>> str(tell_unbalanced())[:57]
    'The accounts do not balance, so nothing was written: an i'
    """
    return FaultError(
        f"The accounts do not balance, so {where}: an input is damaged, or changed while it was "
        "read; run again."
    )


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


def tell_fault(error: BaseException) -> str:
    """Say in a sentence what of the machine stopped a run.

    Parameters
    ----------
    error : BaseException
        As for `is_fault`.

    Returns
    -------
    str
        The sentence.

    Examples
    --------
    >>> tell_fault(OSError(errno.ENOSPC, "No space left on device", "a.csv"))
    'No space left on device: a.csv.'
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}."
    return str(error) or "Out of memory."


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell a full disk, or a limit that is met, by asking the disk: libraries name it as they like.

    Parameters
    ----------
    folder : pathlib.Path
        What is written to.

    Yields
    ------
    None
        While it is written to.

    Raises
    ------
    DiskError
        If writing failed, and the machine is why.
    """
    try:
        yield
    except Exception as error:
        from gii_geo.tables import InputError  # noqa: PLC0415  # --help stays quick

        if isinstance(error, InputError | FaultError):
            raise
        fault = error if isinstance(error, OSError) and is_fault(error) else _probe(folder)
        if fault is None:
            raise
        told = os.strerror(fault.errno) if fault.errno else str(fault)
        msg = f"Could not write to {folder}: {told}. What was there stays as it was."
        raise DiskError(msg) from error


def _probe(folder: Path) -> OSError | None:
    """Write to a disk what it should take, and give what it says if it does not."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, _PROBE_BYTES)
            else:  # pragma: no cover  # macOS, Windows
                file.write(bytes(_PROBE_BYTES))
    except OSError as error:
        return error if error.errno in _MACHINE else None
    return None


def judge(error: BaseException) -> tuple[int, str] | None:
    """Tell by which exit code and with which sentence an error ends a command.

    Parameters
    ----------
    error : BaseException
        What ended it.

    Returns
    -------
    tuple of int and str, or None
        130 or 143 for a signal, 1 for a fault of the machine, 2 for what must be mended by who
        asked; None for a fault of our own, which keeps its traceback.

    Examples
    --------
    >>> judge(PermissionError(errno.EACCES, "Permission denied", "a.csv"))
    (2, 'Invalid file a.csv. Must be usable; Permission denied.')
    >>> judge(KeyError("ours")) is None
    True
    """
    from gii_geo.tables import InputError  # noqa: PLC0415  # --help stays quick

    told = str(error)
    if (code := tell_end(error)) is not None:
        return code, "Interrupted."
    if is_fault(error):
        return FAULT, tell_fault(error)
    if isinstance(error, InputError) or told.startswith("Invalid "):
        return BAD_INPUT, told
    if isinstance(error, OSError):
        what = f"Invalid file {error.filename}. Must be usable; " if error.filename else ""
        return BAD_INPUT, f"{what}{error.strerror or told or type(error).__name__}."
    return None


def heed_term() -> None:
    """End by an exception where the system asks for an end, so that what was begun is removed."""
    signal.signal(signal.SIGTERM, _end)


def tell_end(error: BaseException | None) -> int | None:
    """Tell by which exit code to leave if a signal ended the run, whatever a library made of it.

    Parameters
    ----------
    error : BaseException or None
        What ended the run.

    Returns
    -------
    int or None
        143 for SIGTERM, 130 for SIGINT; None if no signal did.

    Examples
    --------
    >>> tell_end(KeyboardInterrupt()), tell_end(RuntimeError("Query interrupted")), tell_end(None)
    (130, 130, None)
    """
    if _signals:
        return 128 + _signals[-1]
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or "interrupt" in str(error).lower()[:40]:
            return None if isinstance(error, ValueError) else 128 + signal.SIGINT
        error = error.__cause__
    return None


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave as a shell would tell of it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what was begun is removed once
    _signals.append(number)  # an engine may make another error of the exception
    sys.exit(128 + number)
