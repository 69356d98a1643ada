"""Where the records of one source stand that stand at several places."""

from collections.abc import Iterable, Iterator, Sequence
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

_ROWS_AT_ONCE: Final = 1 << 17
"""Rows that are taken or located at once: each takes a hundred bytes meanwhile."""

_JOINED: Final = ("record", "place", "field")
"""What rows that are joined have alike."""


@dataclass(frozen=True)
class Standing:
    """Where the records of one source stand, ordered by record and place, then field.

    A place is a distinct coordinate pair of the source: the row in `spots`, in which lon and lat
    ascend. The arrays are large: what a world makes of them it makes in their place, once.
    """

    record: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    addresses: npt.NDArray[np.integer[Any]]
    size: npt.NDArray[np.integer[Any]]
    year: npt.NDArray[np.int16]
    spots: pd.DataFrame
    kinds: pd.DataFrame
    grouped: Sequence[pd.DataFrame] = ()
    field: npt.NDArray[np.int32] | None = None

    @classmethod
    def take(
        cls,
        batches: Iterable[pa.RecordBatch],
        spots: pd.DataFrame,
        kinds: pd.DataFrame,
        grouped: Sequence[pd.DataFrame],
        *,
        has_fields: bool,
    ) -> Self:
        """Take them from the engine, piece by piece, as `Parts.add_standing` is given them.

        What the places of a record at one coordinate pair hold is joined on the way.
        """
        names = [name for name in _STANDING if has_fields or name != "field"]
        # As many rows as there are unless some are joined; what is not written takes no memory.
        rows = int(kinds["rows"].sum())
        arrays: dict[str, Any] = {name: np.empty(rows, _STANDING[name]) for name in names}
        arrays["year"] = np.broadcast_to(np.int16(YEAR_UNKNOWN), rows)  # until one is known
        is_new = mark_new(spots["lon"].to_numpy(), spots["lat"].to_numpy())
        at = np.cumsum(is_new) - 1
        first, last = 0, dict.fromkeys(names, np.empty(0, np.int64))
        for batch in _slice(batches):
            if len(batch) and pa.compute.max(batch["size"]).as_py() > _MOST_IN_RECORD:
                msg = f"Invalid record of more than {_MOST_IN_RECORD:,} addresses. Must have fewer."
                raise InputError(msg)
            met = {
                name: batch[name].cast(pa.int64()).fill_null(YEAR_UNKNOWN).to_numpy()
                for name in names
            }
            met["place"] = at[met["place"]]
            joined = _join_rows({name: np.append(last[name], met[name]) for name in names})
            # The first rows of the next piece may belong to the last one.
            last = {name: column[-1:] for name, column in joined.items()}
            _put({name: column[:-1] for name, column in joined.items()}, arrays, first)
            first += max(len(joined["record"]) - 1, 0)
        _put(last, arrays, first)
        first += len(last["record"])
        taken = {name: column[:first] for name, column in arrays.items()}
        return cls(**taken, spots=spots[is_new], kinds=kinds, grouped=grouped)

    def locate(
        self, locations: pd.DataFrame, fields: tuple[list[str], IntArray], *, first: int
    ) -> pd.DataFrame:
        """Put a world's locations in the place of places; number the records from the first on.

        The fields are the cells in order and where each number comes to stand among them, from
        `labels.Cells.order`. Once: it is done in the arrays themselves.
        """
        at = find_locations(self.spots, locations).astype(np.int32)
        for start in range(0, len(self.place), _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            self.place[some] = at[self.place[some]]
        kinds = self.kinds.sort_values("kind")
        ends = np.searchsorted(self.record, kinds["records"].cumsum().to_numpy(np.int32))
        named = pd.CategoricalDtype(kinds["kind"].tolist())
        few = np.int8 if len(kinds) <= np.iinfo(np.int8).max else np.int16
        code: Any = np.repeat(np.arange(len(kinds), dtype=few), np.diff(ends, prepend=0))
        if first:
            np.add(self.record, np.int32(first), out=self.record)
        own = {}
        if fields[0]:
            cell = np.full(len(code), -1) if self.field is None else self.field
            own["field"] = pd.Categorical.from_codes(fields[1][cell], pd.Index(fields[0]))
        return pd.DataFrame(
            {
                "kind": pd.Categorical.from_codes(code, dtype=named),
                "record": self.record,
                "location": self.place,
                "addresses": self.addresses,
                "size": self.size,
                "year": pd.arrays.IntegerArray(self.year, self._mark_years()),
                **own,
            },
            copy=False,
        )

    def _mark_years(self) -> npt.NDArray[np.bool_]:
        """Mark the years that are not known."""
        if _is_one(self.year):  # no row has one
            return np.broadcast_to(np.True_, self.year.shape)
        return np.equal(self.year, YEAR_UNKNOWN)


def _is_one(array: npt.NDArray[Any]) -> bool:
    """Tell whether an array is one number broadcast to all rows, which takes no memory."""
    return not any(array.strides)


def _slice(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Slice what comes into pieces of few rows."""
    for batch in batches:
        for start in range(0, len(batch), _ROWS_AT_ONCE):
            yield batch.slice(start, _ROWS_AT_ONCE)


def _join_rows(columns: dict[str, IntArray]) -> dict[str, IntArray]:
    """Join the rows of one record that follow each other at one place with one field."""
    new = mark_new(*(columns[name] for name in _JOINED if name in columns))
    if new.all():
        return columns
    sums = np.add.reduceat(columns["addresses"], np.flatnonzero(new))
    return {name: column[new] for name, column in columns.items()} | {"addresses": sums}


def _put(rows: dict[str, IntArray], arrays: dict[str, Any], first: int) -> None:
    """Write rows into arrays, from a row on; an array that is too narrow is widened."""
    for name, column in rows.items():
        if _is_one(arrays[name]):
            if (column == YEAR_UNKNOWN).all():
                continue
            arrays[name] = arrays[name].copy()
        if arrays[name].dtype == np.uint8 and column.max(initial=0) > np.iinfo(np.uint8).max:
            arrays[name] = arrays[name].astype(np.int32)
        arrays[name][first : first + len(column)] = column


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
