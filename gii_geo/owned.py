"""What we keep in folders: which files are ours, whether they are whole, and what may be replaced.

A folder that we wrote holds a list of its files with their checksums, `RUN_FILE` or `WORLD_FILE`.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from gii_geo.faults import tell_unbalanced
from gii_geo.tables import InputError

RUN_FILE: Final = "run.json"
"""The file that makes a folder a run."""

WORLD_FILE: Final = "world.json"
"""The file that makes a folder a world: options, inputs, notes, and the checksums of its tables."""

_TABLES: Final = (
    *("cities", "clusters", "collaboration", "contradictions", "economies", "events", "links"),
    *("locations", "profiles", "regions", "rejects", "retired"),
)
RUN_NAMES: Final = frozenset(
    (
        *(f"{name}.parquet" for name in _TABLES),
        *("regions.geojson", "regions_map.geojson", "regions.fgb", "regions.gpkg"),
        *("ranking.csv", "explorer.html", RUN_FILE),
    )
)
"""Files of a run; those of before run.json had a list of them are known by these names alone."""


def describe_file(path: Path) -> dict[str, Any]:
    """Give size and SHA-256 of a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict of str to Any
        bytes and sha256.
    """
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return {"bytes": os.fstat(opened.fileno()).st_size, "sha256": digest}


def list_owned(folder: Path) -> dict[str, Any]:
    """List the files of a folder that we wrote there, by what the folder tells of itself.

    Parameters
    ----------
    folder : pathlib.Path
        The folder, which need not exist.

    Returns
    -------
    dict of str to Any
        File name to its size and checksum, None where they are not known.

    Examples
    --------
    >>> list_owned(Path("no such folder"))
    {}
    """
    owned: dict[str, Any] = {}
    for name, key, mark in ((RUN_FILE, "files", "accounts"), (WORLD_FILE, "tables", "format")):
        told = _read_told(folder / name)
        if not ({key, mark} <= set(told) or {"unfinished", key} <= set(told)):
            if name == RUN_FILE and {"accounts", "settings", "options"} <= set(told):
                owned |= dict.fromkeys(RUN_NAMES)
            continue
        files = told[key] if isinstance(told[key], dict) else {}
        owned |= {file: files[file] or None for file in files if Path(file).name == file}
        owned[name] = None
    return owned


def _read_told(path: Path) -> dict[str, Any]:
    """Read what a folder tells of itself, nothing where that is not ours."""
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def check_intact(folder: Path, told: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse a run whose files are not those that were written together.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run.
    told : mapping of str to Any
        What its run.json holds, from `kept.read_told`.
    names : iterable of str
        The files that are to be read.

    Raises
    ------
    FaultError
        If its accounts do not balance.
    InputError
        If the run was ended as it put its files in place, or one of them has been changed or
        removed since.
    """
    path = folder / RUN_FILE
    accounts = told.get("accounts")
    if isinstance(accounts, dict) and accounts.get("exact") is False:
        raise tell_unbalanced(where=f"{path} is of no use")
    if "unfinished" in told:
        msg = (
            f"Invalid run {folder}. Must be written to its end; found the files of one that was "
            "ended as it put them in place: run it again."
        )
        raise InputError(msg)
    listed = told.get("files")
    files = listed if isinstance(listed, dict) else {}
    for name in names:
        file = folder / name
        if name in files and not (file.is_file() and describe_file(file) == files[name]):
            msg = f"Invalid file {file}. Must be as it was written with {path}."
            raise InputError(msg)


def check_free(paths: Iterable[Path], *, inputs: Iterable[Path] = ()) -> None:
    """Refuse to replace what we did not write, and what is read.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Files that are about to be written into folders of ours.
    inputs : iterable of pathlib.Path, default ()
        Files that are read.

    Raises
    ------
    InputError
        If one of them is an input, no plain file, or not in the list of its folder.
    """
    known: dict[Path, dict[str, Any]] = {}
    inputs = list(inputs)
    for path in paths:
        if not os.path.lexists(path):
            continue
        check_plain(path, inputs=inputs)
        owned = known.setdefault(path.parent, list_owned(path.parent))
        if path.name not in owned:
            raise refuse_foreign(path, "one that gii-geo wrote", "another folder")


def refuse_foreign(path: Path, known: str, instead: str = "another") -> InputError:
    """Say that a file is not ours to replace.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    known : str
        What would be ours.
    instead : str, default "another"
        What to name instead.

    Returns
    -------
    InputError
        The sentence, to be raised.

    Examples
    --------
    >>> str(refuse_foreign(Path("a.csv"), "a table that gii-geo wrote"))[:68]
    'Invalid output file a.csv. Must be a table that gii-geo wrote to be '
    """
    return InputError(
        f"Invalid output file {path}. Must be {known} to be replaced; found a file of another's: "
        f"name {instead}, or move it away."
    )


def check_plain(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """Refuse to replace an input, and what is no plain file.

    Parameters
    ----------
    path : pathlib.Path
        What is about to be replaced, if it is there.
    inputs : iterable of pathlib.Path, default ()
        Files that are read.

    Raises
    ------
    InputError
        If it is one.
    """
    try:
        there = path.lstat()
    except OSError:
        return
    if not stat.S_ISREG(there.st_mode):
        what = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe"}
        found = what.get(stat.S_IFMT(there.st_mode), "a device")
        msg = f"Invalid output file {path}. Must be a plain file to be replaced; found {found}."
        raise InputError(msg)
    for one in inputs:
        if one.exists() and os.path.samestat(there, one.stat()):
            msg = f"Invalid output file {path}. Must not be an input; name another."
            raise InputError(msg)
