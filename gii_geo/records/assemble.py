"""What the sources come to -> the tables of a World, in one order whatever the engine's was."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from gii_geo.economy_codes import read_economy_codes
from gii_geo.tables import MOST_RECORDS, NO_KIND, InputError, order_kinds
from gii_geo.world import pack_table

IntArray = npt.NDArray[np.int64]

_SUMS: Final = ["rows", "addresses", "weight", "records"]
_PLACE: Final = ["lon", "lat", "kind", "year", "economy", "coarse"]
_COUNTED: Final = ["rows", "weight", "records", "undivided"]
_NO_YEAR: Final = -(2**15)
_MOST_IN_RECORD: Final = 2**31 - 1


@dataclass(frozen=True)
class _Standing:
    """Where the records of one source stand, ordered by record and place."""

    record: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    addresses: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    year: npt.NDArray[np.int16]
    spots: pd.DataFrame
    kinds: pd.DataFrame


@dataclass
class Parts:
    """What the sources come to, one entry a source.

    Attributes
    ----------
    places : list of pandas.DataFrame
        kind, lon, lat, economy, coarse, year, rows, addresses, weight, records.
    counted : list of pandas.DataFrame
        kind, year, records, undivided.
    rejects : list of pandas.DataFrame
        Rejected rows.
    notes : list of str
        Sentences for the summary.
    """

    places: list[pd.DataFrame] = field(default_factory=list)
    counted: list[pd.DataFrame] = field(default_factory=list)
    rejects: list[pd.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _standing: list[_Standing] = field(default_factory=list)

    def add_places(self, places: pd.DataFrame) -> None:
        """Add places, and whatever sums a source has for them.

        Parameters
        ----------
        places : pandas.DataFrame
            The columns of `places`; economy is "" where none is named.
        """
        self.places.append(places[[*_PLACE, *_SUMS]])

    def add_records(self, counted: pd.DataFrame) -> None:
        """Add a count of records.

        Parameters
        ----------
        counted : pandas.DataFrame
            kind, year, records, undivided.
        """
        self.counted.append(counted[["kind", "year", "records", "undivided"]])

    def add_standing(
        self, batches: Iterable[pa.RecordBatch], spots: pd.DataFrame, kinds: pd.DataFrame
    ) -> None:
        """Add the records that stand at several places.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch
            record, place, addresses, size and year, ordered by record and place.
        spots : pandas.DataFrame
            Each place's lon and lat, in the order of their numbers.
        kinds : pandas.DataFrame
            How many of these records there are of each kind.
        """
        types = {"record": "int32", "place": "int32", "addresses": "int32", "size": "int32"}
        columns: dict[str, list[Any]] = {name: [] for name in (*types, "year")}
        for batch in batches:
            if len(batch) and pa.compute.max(batch["size"]).as_py() > _MOST_IN_RECORD:
                msg = f"Invalid record of more than {_MOST_IN_RECORD:,} addresses. Must have fewer."
                raise InputError(msg)
            for name, dtype in types.items():
                columns[name].append(batch[name].to_numpy().astype(dtype))
            year = batch["year"].cast(pa.int64()).fill_null(_NO_YEAR)
            columns["year"].append(year.to_numpy().astype("int16"))
        arrays = {
            name: np.concatenate(parts or [np.empty(0, types.get(name, "int16"))])
            for name, parts in columns.items()
        }
        self._standing.append(_Standing(**arrays, spots=spots, kinds=kinds))

    def number_records(self, locations: pd.DataFrame) -> pd.DataFrame:
        """Give the records of all sources, numbered through.

        Parameters
        ----------
        locations : pandas.DataFrame
            lon and lat, in order.

        Returns
        -------
        pandas.DataFrame
            kind, record, location, addresses, size, year; ordered by record and location.
        """
        tables, last = [], 0
        for part in sorted(self._standing, key=lambda part: min(part.kinds["kind"], default="")):
            location = find_locations(part.spots, locations).astype(np.int32)[part.place]
            table = _join_spots(part, location, first=last)
            last += int(part.kinds["records"].sum())
            tables.append(table)
        empty = pd.DataFrame({name: [] for name in ("kind", "record", "location", "addresses")})
        return concat_parts(tables or [empty.assign(size=[], year=[])])


@dataclass(frozen=True)
class Tables:
    """The tables of a world.

    Attributes
    ----------
    packed : dict of str to pandas.DataFrame
        By their names.
    """

    packed: dict[str, Any]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds, in order."""
        return order_kinds(set(self.packed["accounts"]["kind"]) - {NO_KIND})

    def hash(self) -> str:
        """Name what places and records hold, whatever the order of the rows they were made from.

        Returns
        -------
        str
            A SHA-256.
        """
        digest = hashlib.sha256()
        for name in ("locations", "places", "records"):
            for column in self.packed[name].items():
                hashed = pd.util.hash_pandas_object(column[1], index=False)
                digest.update(hashed.to_numpy().tobytes())
        return digest.hexdigest()


def assemble_tables(parts: Parts, rejects: pd.DataFrame) -> Tables:
    """Make the tables of a world.

    Parameters
    ----------
    parts : Parts
        What the sources come to.
    rejects : pandas.DataFrame
        All rejected rows and unreadable lines, with the short reason of the former in short.

    Returns
    -------
    Tables
        Every table.

    Raises
    ------
    InputError
        If there are more records of a kind than can be counted exactly.
    """
    counted = concat_parts(parts.counted)
    for kind, number in counted.groupby("kind")["records"].sum().items():
        if number > MOST_RECORDS:
            msg = f"Invalid count of {number:,} {kind} records. Must be at most {MOST_RECORDS:,}."
            raise InputError(msg)
    found = concat_parts(parts.places)
    found["economy"] = read_economy_codes(found["economy"].replace("", None)).array
    located, locations = _number_locations(found)
    places = _sum_places(located)
    records = parts.number_records(locations)
    accounts = _settle(places, counted, rejects)
    told = rejects.drop(columns="short")
    tables = {"locations": locations, "places": places, "records": records, "accounts": accounts}
    packed = {name: pack_table(table, name) for name, table in tables.items()}
    return Tables({**packed, "rejects": told})


def concat_parts(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below each other; of several the empty ones do not decide the types.

    Parameters
    ----------
    parts : list of pandas.DataFrame
        Tables of the same columns.

    Returns
    -------
    pandas.DataFrame
        One table, its rows numbered anew.
    """
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()


def find_locations(spots: pd.DataFrame, locations: pd.DataFrame) -> IntArray:
    """Find the row of each spot among the locations.

    Parameters
    ----------
    spots : pandas.DataFrame
        lon and lat, each of them a location.
    locations : pandas.DataFrame
        lon and lat, ordered by both.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Row numbers.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": [7.6, 7.6, 8.5], "lat": [46.0, 47.6, 47.4]})
    >>> find_locations(locations.iloc[[2, 1]], locations).tolist()
    [2, 1]
    """
    # Complex numbers are ordered by their real part, then by their imaginary one.
    known, asked = (
        table["lon"].to_numpy() + 1j * table["lat"].to_numpy() for table in (locations, spots)
    )
    return np.searchsorted(known, asked).astype(np.int64)


def _number_locations(found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count through the distinct coordinate pairs by lon, then lat."""
    lon, lat = found["lon"].to_numpy(np.float64), found["lat"].to_numpy(np.float64)
    order = np.lexsort((lat, lon))
    lon, lat = lon[order], lat[order]
    first = np.ones(len(lon), dtype=bool)
    first[1:] = (np.diff(lon) != 0) | (np.diff(lat) != 0)
    located = found.iloc[order].drop(columns=["lon", "lat"])
    located["location"] = np.cumsum(first) - 1
    return located, pd.DataFrame({"lon": lon[first], "lat": lat[first]})


def _sum_places(located: pd.DataFrame) -> pd.DataFrame:
    """Sum what several sources, or several spellings of an economy, have at one place."""
    kinds = list(order_kinds(located["kind"].unique()))
    economy, economies = pd.factorize(located["economy"], sort=True)
    year = located["year"].astype("Int64").fillna(_NO_YEAR).to_numpy(np.int64)
    keys = {
        "location": located["location"].to_numpy(np.int64),
        "kind": pd.Categorical(located["kind"], categories=kinds).codes.astype(np.int64),
        "year": np.where(year == _NO_YEAR, 10**5, year),  # the missing last
        "economy": np.where(economy < 0, len(economies), economy),
        "coarse": located["coarse"].to_numpy(np.int64),
    }
    order = np.lexsort(tuple(keys.values())[::-1])
    keys = {name: key[order] for name, key in keys.items()}
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.any([np.diff(key) != 0 for key in keys.values()], axis=0)
    starts = np.flatnonzero(first)
    head = {name: key[starts] for name, key in keys.items()}
    sums = {
        name: np.add.reduceat(located[name].to_numpy(np.int64)[order], starts)
        if len(starts)
        else np.empty(0, np.int64)
        for name in _SUMS
    }
    return pd.DataFrame(
        {
            "kind": np.array(kinds, dtype=object)[head["kind"]],
            "location": head["location"],
            "year": pd.array(np.where(head["year"] == 10**5, np.nan, head["year"]), "Int64"),
            "economy": np.array([*economies, None], dtype=object)[head["economy"]],
            "coarse": head["coarse"].astype(bool),
            **sums,
        }
    )


def _join_spots(part: _Standing, location: npt.NDArray[np.int32], *, first: int) -> pd.DataFrame:
    """Join a record's places at one location; number the records from the first on."""
    new = np.ones(len(location), dtype=bool)
    new[1:] = (np.diff(part.record) != 0) | (np.diff(location) != 0)
    starts = np.flatnonzero(new)
    columns: dict[str, Any] = {
        "record": part.record,
        "location": location,
        "size": part.size,
        "year": part.year,
    }
    addresses = part.addresses
    if len(starts) < len(new):
        addresses = np.add.reduceat(addresses, starts)
        columns = {name: column[starts] for name, column in columns.items()}
    kinds = part.kinds.sort_values("kind")
    ends = kinds["records"].cumsum().to_numpy()
    code: Any = np.searchsorted(ends, columns["record"], side="right").astype(np.int8)
    return pd.DataFrame(
        {
            "kind": pd.Categorical.from_codes(
                code, dtype=pd.CategoricalDtype(kinds["kind"].rename(None))
            ),
            "record": columns["record"] + np.int32(first),
            "location": columns["location"],
            "addresses": addresses,
            "size": columns["size"],
            "year": pd.arrays.IntegerArray(columns["year"], columns["year"] == _NO_YEAR),
        }
    )


def _settle(places: pd.DataFrame, counted: pd.DataFrame, rejects: pd.DataFrame) -> pd.DataFrame:
    """Sum rows, weight and records by kind, year and reason."""
    reason = rejects["short"].fillna(rejects["reason"])
    lost = rejects[["weight"]].assign(
        kind=rejects["kind"].fillna(NO_KIND), year=rejects["record_year"], reason=reason, rows=1
    )
    keys = ["kind", "year", "reason"]
    parts = [places[["kind", "year", "rows", "weight"]], counted, lost]
    # Zeros where a part counts none: a missing number would turn the others into floats.
    whole = pd.concat(
        [
            part.assign(**{name: 0 for name in _COUNTED if name not in part})
            .reindex(columns=[*keys, *_COUNTED])
            .astype({"kind": "str", "reason": "str", "year": "Int64"})
            for part in parts
        ],
        ignore_index=True,
    )
    return whole.groupby(keys, dropna=False, as_index=False)[_COUNTED].sum()
