"""Features of a GeoJSON file, counted: the library that reads them leaves out what is none."""

import json
import re
from pathlib import Path
from typing import Final

from gii_geo.tables import InputError

_BETWEEN: Final = re.compile(r"[\s,\x1e]*")
_DECODER: Final = json.JSONDecoder()
_NO_COLON: Final = "a name is followed by no value"
_NO_END: Final = "it ends within an object"
_SHAPES: Final = frozenset(
    (
        *("point", "multipoint", "linestring", "multilinestring", "polygon", "multipolygon"),
        *("geometrycollection", "feature"),
    )
)


def check_features(path: Path, read: int, *, name: str | None = None) -> None:
    r"""Refuse a GeoJSON file of which not all was read.

    Parameters
    ----------
    path : pathlib.Path
        The file, unpacked: one object, or one a line.
    read : int
        How many features were read from it.
    name : str, optional
        What the message calls it; by default its path.

    Raises
    ------
    InputError
        If it holds something else than features, or more of them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.geojson")
    ...     _ = path.write_text('{"type": "FeatureCollection", "features": [null]}')
    ...     check_features(path, 0, name="a.geojson")
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid file a.geojson. Must hold features only; found another ...
    """
    text, called = path.read_text(encoding="utf-8-sig", errors="replace"), name or path
    try:
        values = _list_values(text)
    except (ValueError, RecursionError) as error:
        msg = f"Invalid file {called}. Must be whole GeoJSON; {error}."
        raise InputError(msg) from error
    for number, value in enumerate(values, 1):
        if value is None or value.lower() not in _SHAPES:
            msg = (
                f"Invalid file {called}. Must hold features only; found another value in the place "
                f"of feature {number:,}."
            )
            raise InputError(msg)
    if len(values) != read:
        msg = f"Invalid file {called}. Must be read whole; found {len(values):,} features, and "
        raise InputError(msg + f"{read:,} of them can be read.")


def _list_values(text: str) -> list[str | None]:
    """List the types of what stands in the place of features."""
    place, values = _skip(text, 0), list[str | None]()
    while place < len(text):
        if text[place] == "{" and (inside := _find_features(text, place)) is not None:
            found, place = inside
            values += found
        else:
            value, place = _DECODER.raw_decode(text, place)
            values.append(_shorten(value))
        place = _skip(text, place)
    return values


def _find_features(text: str, place: int) -> tuple[list[str | None], int] | None:
    """List the features of a collection, and give where it ends; None for another object."""
    values: list[str | None] = []
    is_collection, place = False, _skip(text, place + 1)
    while text[place : place + 1] not in ("}", ""):
        key, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
        if text[place : place + 1] != ":":
            raise ValueError(_NO_COLON)
        place = _skip(text, place + 1)
        if key == "features" and text[place : place + 1] == "[":
            is_collection, place = True, _skip(text, place + 1)
            while text[place : place + 1] not in ("]", ""):
                value, place = _DECODER.raw_decode(text, place)
                values.append(_shorten(value))
                place = _skip(text, place)
            place += 1
        else:
            _, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
    if place >= len(text):
        raise ValueError(_NO_END)
    return (values, place + 1) if is_collection else None


def _skip(text: str, place: int) -> int:
    """Give where the next value or mark begins."""
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


def _shorten(value: object) -> str | None:
    """Give the type that a value says it is of."""
    told = value.get("type") if isinstance(value, dict) else None
    return told if isinstance(told, str) else None
