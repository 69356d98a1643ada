"""What a GeoJSON file holds and says: its reader leaves out what it does not know."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from gii_geo.ranges import show_value
from gii_geo.tables import InputError

Read = TypeVar("Read")

BEFORE: Final = b"\xef\xbb\xbf \r\n\t\x1e"
"""What may stand before a text of JSON: a mark of the encoding, a record separator (RFC 8142)."""

_HEAD_BYTES: Final = 65_536
_DRIVERS: Final = ("GeoJSON", "GeoJSONSeq")
"""GDAL has others that take JSON for a program, or for where else to read."""

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


_USUAL: Final = 4326
_WGS_84: Final = re.compile(r"(?i)(crs:?84|epsg\W(.*\W)?4326|wgs ?84)$")
"""Names of the reference system that is read where none is understood."""


def read_features(path: Path, read: Callable[[str], Read]) -> Read:
    """Read GeoJSON as one object, or else as one a line.

    Parameters
    ----------
    path : pathlib.Path
        The file, unpacked.
    read : callable
        Reads what GDAL is to call the file.

    Returns
    -------
    Any
        What it gives.

    Raises
    ------
    RuntimeError
        If GDAL can read it in neither way.

    Examples
    --------
    >>> read_features(Path("a.geojson"), str)
    'GeoJSON:a.geojson'
    """
    whole, by_line = (f"{driver}:{path}" for driver in _DRIVERS)
    try:
        return read(whole)
    except RuntimeError:
        with path.open("rb") as file:
            if b'"FeatureCollection"' in file.read(_HEAD_BYTES):
                raise
        return read(by_line)


def check_features(path: Path, read: int, crs: Any, *, name: str | None = None) -> None:  # noqa: ANN401
    r"""Refuse a GeoJSON file of which not all was read, or its reference system was not understood.

    Parameters
    ----------
    path : pathlib.Path
        The file, unpacked: one object, or one a line.
    read : int
        How many features were read from it.
    crs : pyproj.CRS or None
        In which reference system.
    name : str, optional
        What the message calls it; by default its path.

    Raises
    ------
    InputError
        If it holds something else than features, or more of them, or names a reference system
        that is not understood.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.geojson")
    ...     _ = path.write_text('{"type": "FeatureCollection", "features": [null]}')
    ...     check_features(path, 0, None, name="a.geojson")
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid file a.geojson. Must hold features only; found another ...
    """
    text, called = path.read_text(encoding="utf-8-sig", errors="replace"), name or path
    try:
        values, systems = _list_values(text)
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
    if crs is None or crs.to_epsg() == _USUAL:
        _check_usual(systems, called)


def _check_usual(systems: list[object], called: str | Path) -> None:
    """Refuse a reference system that was read as the usual one, and is none."""
    for told in map(_call_system, systems):
        if not _WGS_84.search(told):
            msg = (
                f"Invalid crs {show_value(told)} of {called}. Must name a reference system as GDAL "
                "reads it, such as urn:ogc:def:crs:EPSG::2056, or be left out where coordinates "
                "are longitude and latitude."
            )
            raise InputError(msg)


def _call_system(system: object) -> str:
    """Give the name of a reference system, or all that is said of it."""
    told = system.get("properties") if isinstance(system, dict) else None
    if isinstance(told, dict) and isinstance(told.get("name"), str):
        return str(told["name"]).strip()
    if isinstance(told, dict) and told.get("code") is not None:
        return f"EPSG:{told['code']}"
    return system if isinstance(system, str) else json.dumps(system, ensure_ascii=False)


def _list_values(text: str) -> tuple[list[str | None], list[object]]:
    """List the types of what stands in the place of features, and the reference systems named."""
    place, values, systems = _skip(text, 0), list[str | None](), list[object]()
    while place < len(text):
        if text[place] == "{" and (inside := _find_features(text, place, systems)) is not None:
            found, place = inside
            values += found
        else:
            value, place = _DECODER.raw_decode(text, place)
            values.append(_shorten(value))
        place = _skip(text, place)
    return values, systems


def _find_features(
    text: str, place: int, systems: list[object]
) -> tuple[list[str | None], int] | None:
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
            value, place = _DECODER.raw_decode(text, place)
            systems += [value] if key == "crs" and value is not None else []
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
