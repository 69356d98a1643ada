"""The folder of runs: dated runs, their marks, the pointer to the last good one, and the lock."""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from gii_geo.kept import read_told
from gii_geo.owned import RUN_FILE, RUN_NAMES, check_plain, describe_file, list_owned
from gii_geo.ranges import show_value
from gii_geo.regions.follow import read_previous
from gii_geo.swap import sync
from gii_geo.tables import InputError

HELD_BACK: Final = "HELD_BACK"
"""File in a run that did not pass the gate, with the reasons."""

ROLLED_BACK: Final = "ROLLED_BACK"
"""File in a good run that was taken back, or never went out."""

RELEASED: Final = "RELEASED"
"""What becomes of `HELD_BACK` when somebody lets the run out."""

STAMP: Final = "%Y-%m-%dT%H%M%SZ"
"""Name of a run: when it began, in UTC."""

_DATED: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d+))?")
_LEFT_BEHIND: Final = re.compile(
    r"\.\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?(-old|-[a-z0-9_]{8}|\.gii-geo-[a-z0-9_]{8})"
)
"""What a run was called while it was written, or removed, by this version or the one before."""


class LockedError(RuntimeError):
    """Another run is at work."""


@contextmanager
def lock(runs: Path) -> Iterator[None]:
    """Keep a second run out; the system opens the lock when this process ends, however it does."""
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / ".lock"
    check_plain(path)
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        msg = f"another run holds {path}"
        raise LockedError(msg) from None
    finally:
        os.close(held)


def clear_up(runs: Path) -> dict[Path, str]:
    """Remove what runs left behind that were killed as they wrote; the lock is ours."""
    left = [path for path in runs.iterdir() if _LEFT_BEHIND.fullmatch(path.name)]
    left = sorted(path for path in left if path.is_dir() and not path.is_symlink())
    empty = [path for path in list_runs(runs) if not any(path.iterdir())]
    for path in runs.glob(".latest-*"):
        if path.is_symlink():
            path.unlink()
    return {path: remove(path) for path in left + empty}


def remove(path: Path) -> str:
    """Remove a file or a folder, and give why it stays: no night ends for what is old.

    Parameters
    ----------
    path : pathlib.Path
        The file or folder.

    Returns
    -------
    str
        What the system says where it does not let it go, such as another user's; else empty.
    """
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def name_folder(runs: Path, began: datetime) -> Path:
    """Name a folder after the time that a run began; a second one in the same second gets a number.

    So does one that begins before the last began: a clock set back puts no run out of order.
    """
    stamp, number = max(map(_date_run, list_runs(runs)), default=("", 0))
    stem, first = max((began.strftime(STAMP), 1), (stamp, number + 1))
    names = (f"{stem}-{one}" if one > 1 else stem for one in count(first))
    return next(runs / name for name in names if not (runs / name).exists())


def list_runs(runs: Path) -> list[Path]:
    """List the dated runs, the oldest first, whatever became of them; others' folders are none."""
    if not runs.is_dir():
        return []
    dated = [path for path in runs.iterdir() if _DATED.fullmatch(path.name) and path.is_dir()]
    own = [path for path in dated if not any(path.iterdir()) or RUN_FILE in list_owned(path)]
    return sorted((path for path in own if not path.is_symlink()), key=_date_run)


def _date_run(run: Path) -> tuple[str, int]:
    """Give what runs are ordered by."""
    match = _DATED.fullmatch(run.name)
    return (match[1], int(match[2] or 1)) if match else ("", 0)


def _list_later(runs: Path, run: Path) -> list[Path]:
    """List the runs after one, the oldest first."""
    return [later for later in list_runs(runs) if _date_run(later) > _date_run(run)]


def _choose_run(found: list[Path], name: str) -> Path:
    """Take the run of this very name, for the second of a second begins with it; else the last."""
    return next((run for run in found if run.name == name), found[-1])


def is_whole(run: Path) -> bool:
    """Tell whether a run is written to its end and was not held back."""
    if not (run / RUN_FILE).is_file() or (run / HELD_BACK).exists():
        return False
    return "unfinished" not in read_told(run / RUN_FILE)


def is_good(run: Path) -> bool:
    """Tell whether a run went out and was not taken back."""
    return is_whole(run) and not (run / ROLLED_BACK).exists()


def find_latest(runs: Path) -> Path | None:
    """Find the last good run, for without one ids start anew and nothing is held against a night.

    A pointer that leads nowhere, or to a run that is not good, is refused. Where there is none,
    somebody took it away, or copied the runs without their links: then it is the last that is good.
    """
    folder = _follow_pointer(runs) or next(filter(is_good, reversed(list_runs(runs))), None)
    if folder is not None:
        read_previous(folder)
        if marks := [mark for mark in (HELD_BACK, ROLLED_BACK) if (folder / mark).exists()]:
            msg = (
                f"Invalid pointer {runs / 'latest'}. Must lead to a run that went out; found "
                f"{folder.name}, marked {marks[0]}: let --roll-back lead it to a good one."
            )
            raise InputError(msg)
    return folder


def _follow_pointer(runs: Path) -> Path | None:
    """Give what the pointer leads to, whether it is there or not."""
    pointer = runs / "latest"
    return Path(os.path.realpath(pointer)) if pointer.is_symlink() else None  # it may be a loop


def find_previous(runs: Path) -> list[Path]:
    """Find the runs whose ids are taken: the last good one, then those after it.

    They were taken back, or never went out, for the run was killed before it moved the pointer:
    its regions may have been read there all the same.
    """
    latest = find_latest(runs)
    if latest is None:
        return []
    return [latest, *filter(is_whole, reversed(_list_later(runs, latest)))]


def mark_unpublished(previous: Sequence[Path]) -> list[Path]:
    """Mark the runs that never went out, so that none is ever taken for one that did.

    Parameters
    ----------
    previous : sequence of pathlib.Path
        From `find_previous`.

    Returns
    -------
    list of pathlib.Path
        Those that had no mark.
    """
    unmarked = [run for run in previous[1:] if is_good(run)]
    for run in unmarked:
        _write_text(run / ROLLED_BACK, f"never went out: latest led to {previous[0].name}\n")
    return unmarked


def list_changed(run: Path) -> dict[str, str]:
    """List the files of a run that are not as it wrote them.

    Parameters
    ----------
    run : pathlib.Path
        The run.

    Returns
    -------
    dict of str to str
        Name to "gone" or "changed". Of a GeoPackage only that it is gone: QGIS writes into one
        that it opens.
    """
    listed = {name: told for name, told in list_owned(run).items() if name in RUN_NAMES and told}
    found = {name: "gone" for name in listed if not (run / name).is_file()}
    for name in listed.keys() - found:
        if not name.endswith(".gpkg") and describe_file(run / name) != listed[name]:
            found[name] = "changed"
    return dict(sorted(found.items()))


def mark_held_back(reasons: list[str]) -> dict[str, Callable[[Path], None]]:
    """Give the mark of a run that does not go out, as a file that is written with the others."""
    text = "\n".join(reasons) + "\n"
    return {HELD_BACK: lambda path: _write_text(path, text)} if reasons else {}


def _write_text(path: Path, text: str) -> None:
    """Write a text."""
    path.write_text(text, encoding="utf-8")


def check_pointer(runs: Path) -> None:
    """Refuse a folder of runs where the pointer would replace what is another's."""
    pointer = runs / "latest"
    if pointer.exists() and not pointer.is_symlink():
        what = "folder" if pointer.is_dir() else "file"
        msg = f"Invalid folder of runs {runs}. Must have no {what} latest: the pointer's name."
        raise InputError(msg)


def point_to(run: Path) -> None:
    """Let the pointer lead to a run, in one step, so that a reader always finds a run."""
    check_pointer(run.parent)
    beside = run.with_name(f".latest-{secrets.token_hex(8)}")
    beside.symlink_to(run.name, target_is_directory=True)
    beside.replace(run.with_name("latest"))
    sync(run.parent)


def roll_back(runs: Path, date: str = "") -> Path:
    """Let the pointer lead to an earlier good run, and mark those after it as taken back.

    Parameters
    ----------
    runs : pathlib.Path
        The folder of runs.
    date : str, default ""
        The run's name or how it begins, such as 2026-11-23; the last one of those. Without it the
        last good run before `latest`.

    Returns
    -------
    pathlib.Path
        The run that `latest` leads to now.

    Raises
    ------
    InputError
        If there is no such run.
    """
    latest = _follow_pointer(runs)  # a roll-back must help where this leads nowhere
    if date:
        known = [run for run in list_runs(runs) if is_whole(run)]
        found = [run for run in known if run.name.startswith(date)]
    else:
        known = [run for run in list_runs(runs) if is_good(run)]
        found = [run for run in known if latest and _date_run(run) < _date_run(latest)]
    if not found:
        named = ", ".join(run.name for run in known) or "none"
        asked = f"of {date}" if date else f"before {latest.name if latest else 'the first'}"
        msg = f"Invalid roll-back in {runs}. Must have a good run {asked}; found {named}."
        raise InputError(msg)
    run = _choose_run(found, date)
    read_previous(run)
    for later in filter(is_whole, _list_later(runs, run)):
        (later / ROLLED_BACK).touch()
    (run / ROLLED_BACK).unlink(missing_ok=True)
    point_to(run)
    return run


def release(runs: Path, date: str = "") -> Path:
    """Let a run out that was held back, if nothing has gone out since it was made.

    Parameters
    ----------
    runs : pathlib.Path
        The folder of runs.
    date : str, default ""
        The run's name or how it begins; the last one of those that were held back.

    Returns
    -------
    pathlib.Path
        The run, to which `latest` leads now.

    Raises
    ------
    InputError
        If there is no such run, it has no region, or it was held against another run than the
        latest: its ids may have been given since.
    """
    held = [run for run in list_runs(runs) if (run / HELD_BACK).exists()]
    found = [run for run in held if run.name.startswith(date) and (run / "run.json").is_file()]
    if not found:
        named = ", ".join(run.name for run in held) or "none"
        msg = (
            f"Invalid release {show_value(date)} in {runs}. Must be a run held back; found {named}."
        )
        raise InputError(msg)
    run = _choose_run(found, date)
    told = read_told(run / RUN_FILE)
    if not told["regions"]:
        msg = f"Invalid release {run.name} in {runs}. Must have a region; found none."
        raise InputError(msg)
    asked = told["options"]["previous"] or []
    before = [Path(one).name for one in ([asked] if isinstance(asked, str) else asked)]
    if before != [one.name for one in find_previous(runs)]:
        msg = (
            f"Invalid release {run.name} in {runs}. Must be made after what is latest now; found "
            f"one made after {before[0] if before else 'none'}: run the job anew, with a wider "
            "[gate]."
        )
        raise InputError(msg)
    (run / HELD_BACK).rename(run / RELEASED)
    point_to(run)
    return run


def remove_old(runs: Path, *, keep: int) -> dict[Path, str]:
    """Remove old runs, good and bad, but for the last ones.

    Parameters
    ----------
    runs : pathlib.Path
        The folder of runs.
    keep : int
        How many stay beside `latest`. The last good one before it stays in any case, for a
        roll-back, and so do those whose ids are still to be taken over.

    Returns
    -------
    dict of pathlib.Path to str
        Those removed, with `remove`'s reason for what stays.
    """
    needed = find_previous(runs)
    old = [run for run in list_runs(runs) if run not in needed[:1]]
    before = [run for run in old if needed and _date_run(run) < _date_run(needed[0])]
    needed += [run for run in before if is_good(run)][-1:]
    spare = [run for run in old[: max(0, len(old) - keep)] if run not in needed]
    return {run: _remove_run(run) for run in spare}


def _remove_run(run: Path) -> str:
    """Remove a run, under a name that is cleared up where a kill leaves part of it."""
    hidden = run.with_name(f".{run.name}-old")
    try:
        run.rename(hidden)
    except OSError as error:
        return error.strerror or type(error).__name__
    return remove(hidden)
