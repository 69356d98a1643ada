"""Folders that DuckDB spills to: each is locked while it is in use, so that dead ones can go."""

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # pragma: no cover  # no such locks on Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX: Final = "gii-geo-spill-"


class Spill:
    """A folder of its own to spill into.

    Parameters
    ----------
    folder : pathlib.Path
        Where to make it. What killed processes left there of this user is removed.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    remove : callable
        Removes it and what is in it, once.
    """

    def __init__(self, folder: Path) -> None:
        for left in folder.glob(f"{_PREFIX}*"):
            _remove_dead(left)
        made = tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=folder)  # not yet locked: not yet seen
        held = os.open(made, os.O_RDONLY)
        self.path = folder / Path(made).name.removeprefix(".")
        # At the latest as it is forgotten: a signal may come before whoever asked has it.
        self.remove = weakref.finalize(self, _remove, self.path, held)
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(made).rename(self.path)


def _remove(path: Path, held: int) -> None:
    """Remove a folder and what is in it, and let go of it."""
    shutil.rmtree(path, ignore_errors=True)
    os.close(held)


def _remove_dead(folder: Path) -> None:
    """Remove a folder that no process holds any more."""
    if fcntl is None or folder.is_symlink():
        return
    try:
        if folder.stat().st_uid != os.getuid():
            return
        held = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass
    finally:
        os.close(held)
