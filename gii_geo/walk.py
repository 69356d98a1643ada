"""Folders walked by one rule: which files below them are input, and which are refused.

Hidden and underscored names are no input, nor is what we wrote ourselves. What cannot be read, what
is no file, and what is met twice by links is refused.
"""

import glob
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gii_geo.owned import list_owned
from gii_geo.paths import expand_path, find_log, is_hidden
from gii_geo.tables import InputError


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
    except PermissionError as error:
        msg = f"Invalid file {path}. Must be readable; {error.strerror}."
        raise InputError(msg) from error
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


def trace_inputs(provenance: Mapping[str, Any]) -> list[Path]:
    """Trace the files that a world or a result was made from, as far as their paths are told.

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
