"""Paths at the door: what must exist, what can be written to, and what an error says of them."""

import os
import re
from pathlib import Path
from typing import Final

from gii_geo.tables import InputError

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:/")


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


def check_exists(path: Path) -> None:
    """Refuse a path that leads nowhere.

    Parameters
    ----------
    path : pathlib.Path
        A file or a folder.

    Raises
    ------
    InputError
        If there is none.
    """
    if not path.exists():
        msg = f"Invalid file {path}. Must exist."
        raise InputError(msg)


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


def list_below(path: Path) -> list[Path]:
    """Give the file itself, or every file below a folder but the hidden ones.

    Parameters
    ----------
    path : pathlib.Path
        A file, whatever its name, or a folder.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of their names. Below a folder, names that begin with a dot or an
        underscore are no input, nor is what lies in a folder of such a name.

    Raises
    ------
    InputError
        If there is no such path, or it is neither a file nor a folder.
    """
    check_exists(path)
    if path.is_file():
        return [path]
    if not path.is_dir():
        msg = f"Invalid file {path}. Must be a file on a disk; found a pipe or a device."
        raise InputError(msg)
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not is_hidden(file.relative_to(path).as_posix())
    )


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
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not os.access(nearest, os.W_OK):
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
        If it is a folder, or its own folder does not exist.

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
        The line, or the error's type where it says nothing.

    Examples
    --------
    >>> first_line(ValueError("No such thing.\nLook elsewhere."))
    'No such thing'
    """
    text = str(error.args[-1]).strip() if error.args else ""
    return (text or type(error).__name__).splitlines()[0].rstrip(" .:")
