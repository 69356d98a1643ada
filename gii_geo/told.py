"""What a world tells of itself in its world.json, read and checked."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gii_geo.paths import first_line
from gii_geo.ranges import show_value
from gii_geo.tables import InputError, check_kind

FORMAT: Final = 5
"""Of the folder of a world."""

_LISTS: Final = {
    **dict.fromkeys(("kinds", "undated", "notes", "warnings", "credits"), str),
    "inputs": dict,
}
_OTHERS: Final = {"tables": dict, "options": dict, "has_precision": bool}


def read_world_json(path: Path) -> dict[str, Any]:
    """Read what a world tells of itself.

    Parameters
    ----------
    path : pathlib.Path
        Its world.json.

    Returns
    -------
    dict of str to Any
        What it holds, but for its own checksum.

    Raises
    ------
    InputError
        If there is none, it is of another format, or has been changed.
    """
    if not path.is_file():
        msg = f"Invalid world {path.parent}. Must be a folder that gii-geo read wrote."
        raise InputError(msg)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = told["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"Invalid file {path}. Must be as gii-geo read wrote it; {first_line(error)}."
        raise InputError(msg) from error
    if not known:
        msg = (
            f"Invalid file {path}. Must be of format {FORMAT}; found {show_value(told['format'])}: "
            "read the addresses again with this version."
        )
        raise InputError(msg)
    try:
        is_whole = told.pop("sha256", None) == hash_told(told)
    except ValueError:  # infinite numbers
        is_whole = False
    if not is_whole:
        raise refuse_changed(path)
    if wrong := _find_wrong(told):
        msg = f"Invalid file {path}. Must be as gii-geo read wrote it; found another {wrong}."
        raise InputError(msg)
    result: dict[str, Any] = told
    return result


def _find_wrong(told: Mapping[str, Any]) -> str | None:
    """Name what is not of the type that it is written in."""
    for name, kind in _OTHERS.items():
        if not isinstance(told.get(name), kind):
            return name
    for name, kind in _LISTS.items():
        value = told.get(name)
        if not (isinstance(value, list) and all(isinstance(item, kind) for item in value)):
            return name
    if not all("name" in item for item in told["inputs"]):
        return "inputs"
    if not isinstance(told["options"].get("addresses"), dict):
        return "options"
    try:
        for kind in told["kinds"]:
            check_kind(kind)
    except InputError:
        return "kinds"
    return None


def hash_told(told: Mapping[str, Any]) -> str:
    """Name what a world tells of itself, so that a change by hand shows.

    Parameters
    ----------
    told : mapping of str to Any
        What its world.json holds.

    Returns
    -------
    str
        A checksum.

    Raises
    ------
    ValueError
        If a number is infinite or none.

    Examples
    --------
    >>> hash_told({"format": 5})[:8] == hash_told({"format": 4})[:8]
    False
    """
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def refuse_changed(file: Path) -> InputError:
    """Say that a file is not as it was written.

    Parameters
    ----------
    file : pathlib.Path
        The file.

    Returns
    -------
    InputError
        The sentence, to be raised.

    Examples
    --------
    >>> str(refuse_changed(Path("places.parquet")))[:36]
    'Invalid file places.parquet. Must be'
    """
    words = "Must be as it was written with the world; read the addresses again."
    return InputError(f"Invalid file {file}. {words}")
