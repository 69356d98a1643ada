"""Where the records of one source stand that stand at several places."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from gii_geo.sorting import mark_new
from gii_geo.tables import InputError

IntArray = npt.NDArray[np.int64]

NOWHERE: Final = -1
"""Stands for a missing location or record until the types of a world are given."""

YEAR_UNKNOWN: Final = -(2**15)
"""Stands for a missing year until the types of a world are given."""
_MOST_IN_RECORD: Final = 2**31 - 1

_STANDING: Final = {
    **dict.fromkeys(("record", "place"), np.int32),
    **dict.fromkeys(("addresses", "size"), np.uint8),
    "year": np.int16,
    "field": np.int32,
}
"""In as few bytes as most need; a record of more than 255 addresses widens the array."""


@dataclass(frozen=True)
class Standing:
    """Where the records of one source stand, ordered by record and place, then field."""

    record: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    addresses: npt.NDArray[np.integer[Any]]
    size: npt.NDArray[np.integer[Any]]
    year: npt.NDArray[np.int16]
    spots: pd.DataFrame
    kinds: pd.DataFrame
    grouped: pd.DataFrame | None = None
    field: npt.NDArray[np.int32] | None = None

    @classmethod
    def take(
        cls,
        batches: Iterable[pa.RecordBatch],
        spots: pd.DataFrame,
        kinds: pd.DataFrame,
        grouped: pd.DataFrame | None,
        *,
        has_fields: bool,
    ) -> Self:
        """Take them from the engine, piece by piece, as `Parts.add_standing` is given them."""
        rows = int(kinds["rows"].sum())
        names = [name for name in _STANDING if has_fields or name != "field"]
        arrays: dict[str, Any] = {name: np.empty(rows, _STANDING[name]) for name in names}
        first = 0
        for batch in batches:
            if len(batch) and pa.compute.max(batch["size"]).as_py() > _MOST_IN_RECORD:
                msg = f"Invalid record of more than {_MOST_IN_RECORD:,} addresses. Must have fewer."
                raise InputError(msg)
            for name in names:
                cells = batch[name].cast(pa.int64()).fill_null(YEAR_UNKNOWN).to_numpy()
                if arrays[name].dtype == np.uint8 and cells.max(initial=0) > np.iinfo(np.uint8).max:
                    arrays[name] = arrays[name].astype(np.int32)
                arrays[name][first : first + len(batch)] = cells
            first += len(batch)
        return cls(**arrays, spots=spots, kinds=kinds, grouped=grouped)

    def join_spots(
        self, locations: pd.DataFrame, fields: tuple[list[str], IntArray], *, first: int
    ) -> pd.DataFrame:
        """Join a record's places at one location; number the records from the first on.

        The fields are the cells in order and where each number comes to stand among them, from
        `labels.Cells.order`.
        """
        location = find_locations(self.spots, locations).astype(np.int32)[self.place]
        columns: dict[str, Any] = {
            "record": self.record,
            "location": location,
            "size": self.size,
            "year": self.year,
        }
        if self.field is not None:
            columns["field"] = self.field
        new = mark_new(*(columns[key] for key in ("record", "location", "field") if key in columns))
        addresses = self.addresses
        if not new.all():
            addresses = np.add.reduceat(addresses, np.flatnonzero(new), dtype=np.int32)
            columns = {name: column[new] for name, column in columns.items()}
        kinds = self.kinds.sort_values("kind")
        ends = np.searchsorted(columns["record"], kinds["records"].cumsum().to_numpy(np.int32))
        named = pd.CategoricalDtype(kinds["kind"].tolist())
        code: Any = np.repeat(np.arange(len(kinds), dtype=np.int16), np.diff(ends, prepend=0))
        own = {}
        if fields[0]:
            cell = columns.get("field", np.full(len(code), -1))
            own["field"] = pd.Categorical.from_codes(fields[1][cell], pd.Index(fields[0]))
        return pd.DataFrame(
            {
                "kind": pd.Categorical.from_codes(code, dtype=named),
                "record": columns["record"] + np.int32(first) if first else columns["record"],
                "location": columns["location"],
                "addresses": addresses,
                "size": columns["size"],
                "year": pd.arrays.IntegerArray(columns["year"], columns["year"] == YEAR_UNKNOWN),
                **own,
            },
            copy=False,
        )


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
    known, asked = (
        index_points(table["lon"].to_numpy(), table["lat"].to_numpy())
        for table in (locations, spots)
    )
    points = asked.to_numpy()
    if (points[1:] >= points[:-1]).all():  # by lon, then lat, as the locations are
        return np.searchsorted(known.to_numpy(), points).astype(np.int64, copy=False)
    return known.get_indexer(asked).astype(np.int64, copy=False)


def index_points(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> pd.Index:
    """Give points such that one is found by its hash, several times faster than in their order.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float64, shape (n,)
        Degrees.

    Returns
    -------
    pandas.Index of complex128
        lon as the real part, lat as the imaginary one.

    Examples
    --------
    >>> points = index_points(np.array([7.6, 8.5]), np.array([47.6, 47.4]))
    >>> points.get_indexer(points[[1, 0]]).tolist()
    [1, 0]
    """
    return pd.Index(lon + 1j * lat)
