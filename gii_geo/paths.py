"""Paths at the door: what must exist, what can be written to, and what an error says of them."""

import fnmatch
import glob
import re
import tempfile
from os import PathLike
from pathlib import Path
from typing import Final

from gii_geo.ranges import check_given
from gii_geo.tables import InputError

_LONGEST: Final = 300
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")  # what Python makes of bytes that are no UTF-8
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
    InputError
        If it is an empty text, or no UTF-8.
    NotADirectoryError
        If it, or what it would lie in, is a file.
    PermissionError
        If it cannot be written to.
    TypeError
        If it is no path.

    Examples
    --------
    >>> check_folder("no_such_folder_yet").name
    'no_such_folder_yet'
    """
    check_given(name, folder, str | PathLike, must="be a path, such as 'out'")
    if not str(folder):
        msg = f"Invalid {name} ''. Must be a path; . is the folder that you are in."
        raise InputError(msg)
    folder = Path(folder)
    if _NO_TEXT.search(str(folder.absolute())):
        msg = f"Invalid {name} {str(folder)!a}. Must have a name in UTF-8."
        raise InputError(msg)
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
