"""Paths at the door: what must exist, what can be written to, and what an error says of them."""

import fnmatch
import glob
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gii_geo.owned import list_owned
from gii_geo.tables import InputError

_LONGEST: Final = 300
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")


def is_remote(path: str) -> bool:
    """Tell whether a path is one that an engine alone can read, such as ``s3a://bucket/folder``.

    Parameters
    ----------
    path : str
        As it was given.

    Returns
    -------
    bool
        Whether it begins with a scheme.

    Examples
    --------
    >>> is_remote("s3a://bucket/addresses"), is_remote("data/addresses.parquet")
    (True, False)
    """
    return _SCHEME.match(path) is not None


def take_path(text: str) -> Path | str:
    """Take a path as it was typed; one with a scheme stays a text, whose slashes all count.

    Parameters
    ----------
    text : str
        The path.

    Returns
    -------
    pathlib.Path or str
        The path.

    Examples
    --------
    >>> take_path("s3a://bucket/addresses"), take_path("data//a.csv").as_posix()
    ('s3a://bucket/addresses', 'data/a.csv')
    """
    return text if is_remote(text) else Path(text)


LOG_FOLDER: Final = "_delta_log"
"""Where a table of Delta Lake keeps its log."""

_LOGS: Final = {
    "Delta Lake": f"{LOG_FOLDER}/[0-9_]*",
    "Hudi": ".hoodie/*",
    "Structured Streaming": "_spark_metadata/*",
}
"""System to the log that tells which files of a table hold."""

_ICEBERG: Final = "metadata/*.metadata.json*"
_ICEBERG_MARK: Final = b'"format-version"'
_ICEBERG_HEAD: Final = 1 << 20


def is_hidden(name: str) -> bool:
    """Tell whether a name below a folder, or in an archive, is no input.

    Parameters
    ----------
    name : str
        The file's path from there on, parted by slashes.

    Returns
    -------
    bool
        Whether the name, or that of a folder on the way, begins with a dot or an underscore, as do
        the notes that systems and engines leave beside what they write (.DS_Store, __MACOSX,
        _SUCCESS, _delta_log).

    Examples
    --------
    >>> is_hidden("out/_SUCCESS"), is_hidden(".git/config"), is_hidden("./year=2020/part_0.csv")
    (True, True, False)
    """
    return any(part.startswith((".", "_")) for part in name.split("/") if part != ".")


def find_log(folder: Path) -> str | None:
    """Tell whose log a folder keeps of the files that hold, if it keeps one.

    What lies in such a folder is no heap of files: those that were replaced or deleted are still
    there.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    str or None
        "Delta Lake", "Iceberg", "Hudi" or "Structured Streaming" (Spark's sink of files).
    """
    for system, log in _LOGS.items():
        if any(folder.glob(log)):
            return system
    for path in folder.glob(_ICEBERG):
        with path.open("rb") as file:
            head = file.read(_ICEBERG_HEAD)
        if _ICEBERG_MARK in head or head.startswith(b"\x1f\x8b"):
            return "Iceberg"
    return None


def expand_path(path: Path) -> list[Path]:
    """Give what a path stands for: itself, or what it matches where nothing has that very name.

    Parameters
    ----------
    path : pathlib.Path
        A file or a folder, or a pattern such as ``data/2024-*.parquet`` or ``data/**/*.csv``.

    Returns
    -------
    list of pathlib.Path
        In the order of their names. A name that begins with a dot or an underscore is matched only
        by a part of the pattern that begins so.

    Raises
    ------
    InputError
        If there is no such path, or nothing matches.

    Examples
    --------
    >>> expand_path(Path("nowhere/*.csv"))
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid files nowhere/*.csv. Must match a file; found none.
    """
    if path.exists():
        return [path]
    if elsewhere := _SCHEME.match(str(path)):
        msg = (
            f"Invalid file {path}. Must lie on a disk of this machine; found an address of "
            f"{elsewhere[1]}: copy the files, hand in a table, or read by Spark (--engine spark)."
        )
        raise InputError(msg)
    if not glob.has_magic(str(path)):
        msg = f"Invalid file {path}. Must exist."
        raise InputError(msg)
    if path.name == "**":  # all below a folder, as by the folder's name
        return expand_path(path.parent)
    parts = path.parts
    spoken = [part for part in parts if is_hidden(part) and part != ".."]
    fixed = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    found = [
        Path(match)
        for match in glob.glob(str(path), recursive=True, include_hidden=True)  # noqa: PTH207
        if all(
            any(fnmatch.fnmatchcase(part, own) for own in spoken)
            for part in Path(match).parts[fixed:]
            if is_hidden(part)
        )
    ]
    if not found:
        msg = f"Invalid files {path}. Must match a file; found none."
        raise InputError(msg)
    return sorted(found)


def list_below(path: Path) -> list[Path]:
    """Give the file itself, or every file below a folder but the hidden ones.

    Parameters
    ----------
    path : pathlib.Path
        A file, whatever its name, a folder, or a pattern of `expand_path`.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of their names. Below a folder, names that begin with a dot or an
        underscore are no input, nor is what lies in a folder of such a name.

    Raises
    ------
    InputError
        If there is no such path, it is neither a file nor a folder, or a log tells which of its
        files hold.
    """
    found = list_tables(path)
    for table in found:
        if (system := None if table.is_file() else find_log(table)) is not None:
            msg = (
                f"Invalid folder {table}. Must hold files as they come; found a table of {system}."
            )
            raise InputError(msg)
    return found


def list_tables(path: Path) -> list[Path]:
    """Give the files of `list_below`, and the folders that keep a log of theirs as one each.

    Parameters
    ----------
    path : pathlib.Path
        A file, whatever its name, a folder, or a pattern of `expand_path`.

    Returns
    -------
    list of pathlib.Path
        In the order of their names.

    Raises
    ------
    InputError
        If there is no such path, it is neither a file nor a folder, or it is part of a table whose
        log tells which of its files hold.
    """
    found: set[Path] = set()
    for match in expand_path(path):
        for folder in match.absolute().parents:
            if (system := find_log(folder)) is not None:
                msg = (
                    f"Invalid file {match}. Must be given with the whole folder {folder}, a table "
                    f"of {system}, whose log tells which of its files hold."
                )
                raise InputError(msg)
        if match.is_dir():
            found.update(_walk(match))
        elif match.is_file():
            found.add(match)
        else:
            msg = f"Invalid file {match}. Must be a file on a disk; found a pipe or a device."
            raise InputError(msg)
    return sorted(found)


def _walk(top: Path) -> Iterator[Path]:
    """Give the files below a folder but the hidden ones; a folder that keeps a log is one."""
    met: dict[tuple[int, int], Path] = {}
    for folder, folders, names in os.walk(top, followlinks=True, onerror=_refuse_unreadable):
        here = Path(folder)
        _meet(here, met)
        if find_log(here) is not None:
            folders.clear()
            yield here
            continue
        folders[:] = [name for name in folders if not is_hidden(name)]
        ours = list_owned(here)
        for file in (here / name for name in sorted(names) if name not in ours):
            if not is_hidden(file.name):
                _meet(file, met)
                yield file


def _meet(path: Path, met: dict[tuple[int, int], Path]) -> None:
    """Refuse what cannot be read, and what has been met by another name: it would count twice."""
    try:
        there = path.stat()
    except OSError as error:
        msg = f"Invalid file {path}. Must exist to be read; found a link to nothing."
        raise InputError(msg) from error
    if not (path.is_file() or path.is_dir()):
        msg = f"Invalid file {path}. Must be a file on a disk; found a pipe or a device."
        raise InputError(msg)
    before = met.setdefault((there.st_dev, there.st_ino), path)
    if before != path:
        msg = f"Invalid input {path}. Must be met once; found the same as {before}, by a link."
        raise InputError(msg)


def _refuse_unreadable(error: OSError) -> None:
    """Refuse a folder that cannot be listed."""
    msg = f"Invalid folder {error.filename}. Must be readable; {error.strerror}."
    raise InputError(msg) from error


def list_inputs(provenance: Mapping[str, Any]) -> list[Path]:
    """List the files that a world or a result was made from, as far as their paths are told.

    Parameters
    ----------
    provenance : mapping of str to Any
        Its provenance.

    Returns
    -------
    list of pathlib.Path
        Files on a disk that are there still.
    """
    options = provenance.get("options", {})
    told = [*options.get("addresses", {}).values(), options.get("population")]
    geocode = options.get("geocode")
    told += [*geocode.values()] if isinstance(geocode, dict) else []
    words = [word for one in told for word in (one if isinstance(one, list) else [one])]
    found: set[Path] = set()
    for path in (Path(word) for word in words if isinstance(word, str | Path)):
        try:
            found.update(list_below(path) if path.exists() or glob.has_magic(str(path)) else [])
        except (InputError, OSError):
            continue
    return sorted(found)


def can_write(folder: Path) -> bool:
    """Tell whether a folder can be written to, by doing it: rights alone do not say.

    Parameters
    ----------
    folder : pathlib.Path
        A folder.

    Returns
    -------
    bool
        False also where there is none.
    """
    try:
        Path(tempfile.mkdtemp(prefix=".gii-geo-", dir=folder)).rmdir()
    except OSError:
        return False
    return True


def check_folder(folder: str | Path, *, name: str = "output folder") -> Path:
    """Refuse a folder to write into that is a file or cannot be written to.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder, which need not exist yet.
    name : str, default "output folder"
        What the message calls it.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    NotADirectoryError
        If it, or what it would lie in, is a file.
    PermissionError
        If it cannot be written to.

    Examples
    --------
    >>> check_folder("no_such_folder_yet").name
    'no_such_folder_yet'
    """
    folder = Path(folder)
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            msg = f"Invalid {name} {folder}. Must be a folder; {place} is a file."
            raise NotADirectoryError(msg)
        if place.is_symlink() and not place.exists():
            msg = f"Invalid {name} {folder}. Must be a folder; {place} is a link to nothing."
            raise NotADirectoryError(msg)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not can_write(nearest):
        msg = f"Invalid {name} {folder}. Must be writable."
        raise PermissionError(msg)
    return folder


def check_file(path: Path) -> Path:
    """Refuse a file that cannot be written.

    Parameters
    ----------
    path : pathlib.Path
        The file; an older one is replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If it is a folder, or its own folder does not exist or cannot be written to.

    Examples
    --------
    >>> check_file(Path("no such folder", "ranks.csv"))
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid file no such folder/ranks.csv. Must lie in a folder that ...
    """
    if path.is_dir():
        msg = f"Invalid file {path}. Must be a file; found a folder."
        raise InputError(msg)
    if not path.parent.is_dir():
        msg = f"Invalid file {path}. Must lie in a folder that exists."
        raise InputError(msg)
    if not can_write(path.parent):
        msg = f"Invalid file {path}. Must lie in a folder that can be written to."
        raise InputError(msg)
    return path


def first_line(error: Exception) -> str:
    r"""Give the first line of an error without its full stop.

    Parameters
    ----------
    error : Exception
        The error.

    Returns
    -------
    str
        The line, cut where it is long, or the error's type where it says nothing.

    Examples
    --------
    >>> first_line(ValueError("No such thing.\nLook elsewhere."))
    'No such thing'
    """
    text = str(error.args[-1]).strip() if error.args else ""
    line = (text or type(error).__name__).splitlines()[0].rstrip(" .:")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
