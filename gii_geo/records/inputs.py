"""What is told of the inputs: checksums, taken as they are read, and how many rows there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from gii_geo.owned import describe_file
from gii_geo.paths import LOG_FOLDER
from gii_geo.progress import Pace, Stage
from gii_geo.ranges import show_names
from gii_geo.records.assemble import Tables
from gii_geo.records.files import strip_ending
from gii_geo.records.sources.addresses import Addresses
from gii_geo.tables import InputError
from gii_geo.walk import list_tables
from gii_geo.world import LEFT_OUT


def describe_files(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Give name, size and SHA-256 of each input file.

    Parameters
    ----------
    files : tuple of pathlib.Path
        The files.

    Returns
    -------
    list of dict
        name, bytes and sha256 of each.
    """
    described = []
    for file in files:
        try:
            described.append({"name": file.name, **describe_file(file)})
        except FileNotFoundError as error:
            raise _refuse_changed(file) from error
    return described


Stamps = dict[Path, tuple[int, ...]]
"""File to what changes when it is written to."""


def stamp_paths(addresses: object, others: Iterable[Path] = ()) -> Stamps:
    """Note how the files of a source are before they are read.

    Parameters
    ----------
    addresses : object
        What `read_world` takes; what is no path is overlooked.
    others : iterable of pathlib.Path, default ()
        Further files.

    Returns
    -------
    dict of pathlib.Path to tuple of int
        Their size, times and number on the disk.

    Raises
    ------
    InputError
        If a path is an empty text.
    """
    sources = [*addresses.values()] if isinstance(addresses, Mapping) else [addresses]
    given = [
        one for item in sources for one in (item if isinstance(item, list | tuple) else [item])
    ]
    if any(isinstance(one, str) and not one for one in given):
        msg = "Invalid path ''. Must be that of a file or folder; . is the folder that you are in."
        raise InputError(msg)
    stamps: Stamps = {}
    for path in (*(Path(one) for one in given if isinstance(one, str | Path)), *others):
        try:
            stamps |= {file: stamp_file(file) for file in list_tables(path) if file.is_file()}
        except (InputError, OSError):  # refused where it is opened
            continue
    return stamps


def check_stamps(stamps: Stamps) -> None:
    """Refuse files that are not as they were before they were read.

    Parameters
    ----------
    stamps : dict of pathlib.Path to tuple of int
        From `stamp_paths`.

    Raises
    ------
    InputError
        If one has changed, or is no more.
    """
    for file, before in stamps.items():
        try:
            now = stamp_file(file)
        except OSError as error:
            raise _refuse_changed(file) from error
        if now != before:
            raise _refuse_changed(file)


def stamp_file(file: Path) -> tuple[int, ...]:
    """Give what changes when a file is written to or replaced.

    Parameters
    ----------
    file : pathlib.Path
        The file.

    Returns
    -------
    tuple of int
        Its size, when it was written and when it was changed in any way (a copy may keep the first
        of these, never the second), and its number on the disk and the disk's.
    """
    there = file.stat()
    return (there.st_size, there.st_mtime_ns, there.st_ctime_ns, there.st_ino, there.st_dev)


def _refuse_changed(file: Path) -> InputError:
    """Say that a file changed under the hands of who reads it."""
    return InputError(f"Invalid file {file}. Must not change while it is read; run again.")


def describe_beside(files: tuple[Path, ...]) -> "Future[list[dict[str, Any]]]":
    """Begin to describe files while they are read: their bytes then come from the disk once.

    Parameters
    ----------
    files : tuple of pathlib.Path
        The files.

    Returns
    -------
    concurrent.futures.Future
        What `describe_files` gives.
    """
    future: Future[list[dict[str, Any]]] = Future()

    def describe() -> None:
        try:
            future.set_result(describe_files(files))
        except (OSError, InputError) as error:
            future.set_exception(error)

    Thread(target=describe, daemon=True).start()  # who refuses the input need not wait for it
    return future


def note_copies(files: Sequence[Path], described: Iterable[Mapping[str, Any]]) -> list[str]:
    """Tell of files that may be copies: a download that came twice counts twice.

    Parameters
    ----------
    files : sequence of pathlib.Path
        The files.
    described : iterable of mapping of str to Any
        From `describe_files`, in the same order.

    Returns
    -------
    list of str
        A sentence for each that has the bytes of one before it, or lies beside one of its name in
        another format or packing; Parquet files without rows, of which engines write many, are
        overlooked.
    """
    first: dict[str | Path, Path] = {}
    notes = []
    for file, told in zip(files, described, strict=True):
        asked = {"bytes": told["sha256"], "name": strip_ending(file)}
        before = {what: first.setdefault(own, file) for what, own in asked.items()}
        alike = [what for what, other in before.items() if other is not file]
        if alike and count_rows([file]) != 0:
            own, other = _name_apart(file, before[alike[0]])
            notes.append(f"{own}: the same {alike[0]} as {other}: is one of them a copy?")
    return notes


def _name_apart(file: Path, other: Path) -> tuple[str, str]:
    """Name two files by as much of their paths as tells them apart."""
    for many in range(1, len(file.parts)):
        own, its = ("/".join(path.parts[-many:]) for path in (file, other))
        if own != its:
            return own, its
    return str(file), str(other)


def note_left_out(left_out: pd.DataFrame, name: str) -> list[str]:
    """Tell what a reader leaves out, the largest part first.

    Parameters
    ----------
    left_out : pandas.DataFrame
        reason (that begins with `LEFT_OUT`) and rows.
    name : str
        What the source is called.

    Returns
    -------
    list of str
        A sentence where there is any.

    Examples
    --------
    >>> note_left_out(pd.DataFrame({"reason": ["left out, type grant"], "rows": [3]}), "a.csv")
    ['a.csv: 3 rows left out by the source options: type grant (3)']
    """
    if left_out.empty:
        return []
    rows = left_out.groupby("reason")["rows"].sum()
    rows = rows.sort_index().sort_values(ascending=False, kind="stable")
    texts = [
        f"{str(reason).removeprefix(LEFT_OUT)} ({number:,})" for reason, number in rows.items()
    ]
    return [f"{name}: {rows.sum():,} rows left out by the source options: {', '.join(texts)}"]


def note_unread(stamps: Stamps, files: Iterable[Path]) -> list[str]:
    """Tell of files in the folders of a source that are no tables by their names.

    Parameters
    ----------
    stamps : dict of pathlib.Path to tuple of int
        From `stamp_paths`: all files of the source.
    files : iterable of pathlib.Path
        Those that were read.

    Returns
    -------
    list of str
        A sentence a folder.

    Examples
    --------
    >>> note_unread({Path("in/a.csv"): (), Path("in/b.xlsx"): ()}, [Path("in/a.csv")])
    ['in: 1 file is no table by its name and not read: b.xlsx']
    """
    left: dict[Path, list[str]] = {}
    for file in sorted(set(stamps).difference(files)):
        left.setdefault(file.parent, []).append(file.name)
    return [
        f"{folder.name}: {len(names):,} "
        f"{'file is no table by its name' if len(names) == 1 else 'files are no tables by name'} "
        f"and not read: {show_names(names)}"
        for folder, names in left.items()
    ]


def describe_tables(sources: Iterable[Addresses], tables: Tables) -> list[dict[str, Any]]:
    """Say what stands for the checksum of tables that were handed in: that of what was read.

    Parameters
    ----------
    sources : iterable of Addresses
        All sources.
    tables : Tables
        What they come to.

    Returns
    -------
    list of dict
        One entry with the checksum of places and records if any source is no file.
    """
    if all(source.files for source in sources):
        return []
    return [{"name": "table", "world_sha256": tables.hash()}]


def pace_sources(sources: Sequence[Addresses]) -> Iterator[tuple[Addresses, Stage]]:
    """Give each source with the stage that its reading is.

    Parameters
    ----------
    sources : sequence of Addresses
        All sources.

    Yields
    ------
    source : Addresses
        One source.
    stage : Stage
        With its rows, where its files tell them, and the seconds left by the rows read before.
    """
    rows = [count_rows(source.files) for source in sources]
    known = [number for number in rows if number is not None]
    pace = Pace(sum(known) if len(known) == len(rows) else None)
    done = 0
    for source, number in zip(sources, rows, strict=True):
        text = f"reading {source.name}" + ("" if number is None else f", {number:,} rows")
        yield source, pace.tell(text, f"reading {source.name}", done, rows=number)
        done += number or 0


def count_rows(files: Iterable[Path]) -> int | None:
    """Count the rows that Parquet files tell of themselves.

    Parameters
    ----------
    files : iterable of pathlib.Path
        The files; the log of a table is none.

    Returns
    -------
    int or None
        None where a file is no Parquet, or there is none.
    """
    rows = [_count_rows(file) for file in files if file.parent.name != LOG_FOLDER]
    known = [number for number in rows if number is not None]
    return sum(known) if known and len(known) == len(rows) else None


def _count_rows(file: Path) -> int | None:
    """Count the rows by the end of a file."""
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, ValueError):
        return None
