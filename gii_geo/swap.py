"""Files put in place: one writer at a time, written beside, and swapped as one set."""

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # pragma: no cover  # no such locks on Windows
    fcntl = None  # type: ignore[assignment]

from gii_geo.faults import writing
from gii_geo.owned import RUN_FILE, check_free, list_owned
from gii_geo.tables import InputError

_OURS: Final = ".gii-geo-"
_LISTS: Final = {RUN_FILE: "files"}
_WAIT_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.05
_UNSYNCED: Final = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSUP))
"""What file systems say that keep no file on a disk."""


@contextmanager
def hold(folder: Path, *, wait_seconds: float = _WAIT_SECONDS) -> Iterator[None]:
    """Keep other writers out of a folder; the system lets them in when this process ends.

    Parameters
    ----------
    folder : pathlib.Path
        The folder; made if it is missing, and removed again if nothing is put into it.
    wait_seconds : float
        How long to wait for one that is at work: writing takes seconds.

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    InputError
        If another still writes into it.
    """
    end, is_new = time.monotonic() + wait_seconds, not folder.exists()
    while (held := _lock(folder)) is None:
        if time.monotonic() > end:
            msg = f"Invalid output folder {folder}. Must be written to by one; another is at work."
            raise InputError(msg)
        time.sleep(_LOOK_SECONDS)
    try:
        _clear_left(folder)
        yield
    except BaseException:  # also a signal as what was begun was being removed
        with suppress(OSError):
            if os.path.samestat(os.fstat(held), folder.stat()):
                _clear_left(folder)
        raise
    finally:
        os.close(held)
        if is_new:
            with suppress(OSError):  # it holds something
                folder.rmdir()


def _lock(folder: Path) -> int | None:
    """Lock a folder itself, so that no file of a lock is left; None where another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # removed meanwhile
        return None
    try:
        if fcntl is not None:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(held), folder.stat()):  # else it was swapped meanwhile
            return held
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:  # a disk without locks
        return held
    os.close(held)
    return None


def _clear_left(folder: Path) -> None:
    """Remove what writers left that were killed; the folder is held."""
    for parent in (folder.parent, folder):
        for left in parent.glob(f"{_escape(folder.name)}{_OURS}*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)


def _escape(name: str) -> str:
    """Give how the names begin of what is written beside a folder, as a pattern."""
    return "." + "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside a file to write to, and put what is written there in its place.

    Parameters
    ----------
    path : pathlib.Path
        The file, which stays as it is if writing fails.

    Yields
    ------
    pathlib.Path
        Of the same name, in a hidden folder of its own.
    """
    with (
        writing(path.parent),
        tempfile.TemporaryDirectory(prefix=_OURS, dir=path.parent) as room,
        writing(path.parent),
    ):
        beside = Path(room, path.name)
        yield beside
        sync(beside)
        beside.replace(path)
        sync(path.parent)


@contextmanager
def open_room(folder: Path) -> Iterator[Path]:
    """Make a hidden folder beside a folder, or in it where a disk of its own begins there.

    Parameters
    ----------
    folder : pathlib.Path
        The folder, which is held.

    Yields
    ------
    pathlib.Path
        A folder that is removed at the end.
    """
    with writing(folder):
        room = _make_room(folder)
    try:
        with writing(folder):
            yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _make_room(folder: Path) -> Path:
    """Make the hidden folder."""
    prefix = f".{folder.name}{_OURS}"
    try:
        room = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    except OSError:  # read-only, or not ours
        return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        Path(tempfile.mkdtemp(dir=room)).rename(folder / room.name).rmdir()
    except OSError:  # a file cannot be renamed from disk to disk
        shutil.rmtree(room, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    return room


def put(room: Path, folder: Path, *, mark: str, inputs: Iterable[Path] = ()) -> list[Path]:
    """Put all files of a hidden folder in place of those that we wrote before.

    An empty folder is replaced at one stroke. Else the list of the folder first says that it is
    unfinished, and is replaced last; if a file cannot be put in place, the old ones come back.

    Parameters
    ----------
    room : pathlib.Path
        From `open_room`.
    folder : pathlib.Path
        The folder, which is held.
    mark : str
        The file with the list of the others.
    inputs : iterable of pathlib.Path, default ()
        Files that are read, which are never replaced.

    Returns
    -------
    list of pathlib.Path
        The files, the mark last.

    Raises
    ------
    InputError
        As for `owned.check_free`.
    """
    names = sorted(path.name for path in room.iterdir() if path.name != mark)
    files = [folder / name for name in (*names, mark)]
    sync(*(room / file.name for file in files))
    if room.parent != folder and not any(folder.iterdir()):
        room.chmod(folder.stat().st_mode & 0o7777)
        sync(room)
        try:
            room.rename(folder)
        except OSError:  # a disk begins here
            pass
        else:
            sync(folder.parent)
            return files
    check_free(files, inputs=inputs)
    _replace(room, folder, names, mark)
    return files


def sync(*paths: Path) -> None:
    """Have files on the disk before they are named, and the names of a folder before going on.

    A power cut then leaves no empty file and no mixture, and takes back nothing that was told.

    Parameters
    ----------
    paths : pathlib.Path
        Files, and folders whose names have changed.

    Raises
    ------
    OSError
        If the disk is full or broken; a file system that keeps nothing on a disk is passed over.
    """
    for path in paths:
        try:
            held = os.open(path, os.O_RDONLY)
        except PermissionError:
            if path.is_dir():  # one that may be written to and not read; on Windows every one
                continue
            raise
        try:
            os.fsync(held)
        except OSError as error:
            if error.errno not in _UNSYNCED:
                raise
        finally:
            os.close(held)


def _replace(room: Path, folder: Path, names: list[str], mark: str) -> None:
    """Replace file by file, with a way back."""
    owned = list_owned(folder)
    old = sorted(name for name in {*owned, *names} - {mark} if (folder / name).is_file())
    told: Any = {
        "unfinished": True,
        _LISTS.get(mark, "tables"): dict.fromkeys(sorted({*old, *names})),
    }
    kept = Path(tempfile.mkdtemp(dir=room))
    for name in (*old, mark):
        if (folder / name).is_file():
            _keep(folder / name, kept / name)
    sign = kept / "unfinished"
    sign.write_text(json.dumps(told), encoding="utf-8")
    sync(sign)
    try:
        sign.replace(folder / mark)
        sync(folder)
        for name in names:
            (room / name).replace(folder / name)
        for name in set(old) - set(names):  # of ours, which this run has not
            if owned.get(name) is not None:
                (folder / name).unlink(missing_ok=True)
        sync(folder)
        (room / mark).replace(folder / mark)
        sync(folder)
    except BaseException:
        for name in (*names, *old, mark):
            if (kept / name).is_file():
                (kept / name).replace(folder / name)
            elif name not in old:
                (folder / name).unlink(missing_ok=True)
        raise


def _keep(file: Path, kept: Path) -> None:
    """Keep a file under a second name, or a copy of it where a disk has but one."""
    try:
        os.link(file, kept)
    except OSError:
        shutil.copy2(file, kept)
