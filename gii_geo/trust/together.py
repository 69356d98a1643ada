"""Records that hang together: what each group has in each region, and which records have none."""

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array

from gii_geo.packing import list_runs
from gii_geo.regions.tally import Tally
from gii_geo.sorting import mark_new, sum_alike
from gii_geo.tables import RECORD_UNITS

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
SmallArray = npt.NDArray[np.int32]

_AT_ONCE: Final = 1 << 22
"""Rows of records that are listed at a time: each takes fifty bytes meanwhile."""


class Together(NamedTuple):
    """The groups of one kind.

    ``names`` are their numbers, ``held`` is what each has in each region, in records (sparse,
    groups x regions), ``counted`` what it has of what shares are shares of, ``factor`` G / (G - 1),
    each record without a group being one of the G.
    """

    names: IntArray
    held: Any
    counted: FloatArray
    factor: float

    def scale(self, unit: float) -> "Together":
        """Give the same in another unit than records.

        Parameters
        ----------
        unit : float
            What a record is in it.

        Returns
        -------
        Together
            The same groups.
        """
        return self._replace(held=self.held * unit, counted=self.counted * unit)


def choose_groups(tally: Tally) -> pd.DataFrame:
    """Leave out kinds all of whose records are of one group.

    Parameters
    ----------
    tally : Tally
        What counts.

    Returns
    -------
    pandas.DataFrame
        Rows of its groups.
    """
    groups = tally.groups
    single = [kind for kind, part in _split_kinds(groups) if _count_apart(tally, kind, part) == 1]
    return groups[~groups["kind"].isin(single)] if single else groups


def count_independent(tally: Tally, groups: pd.DataFrame) -> dict[str, int]:
    """Count what is independent of each other of each kind: groups, and records without one.

    Parameters
    ----------
    tally : Tally
        What counts.
    groups : pandas.DataFrame
        From `choose_groups`.

    Returns
    -------
    dict of str to int
        By kind, for the kinds that have any.
    """
    records = tally.totals["records"]
    counts = {kind: int(records[kind]) for kind in tally.kinds if records[kind]}
    return counts | {kind: _count_apart(tally, kind, part) for kind, part in _split_kinds(groups)}


def find_groups(tally: Tally, groups: pd.DataFrame) -> SmallArray:
    """Find the group of each record that stands at several places.

    Parameters
    ----------
    tally : Tally
        What counts.
    groups : pandas.DataFrame
        From `choose_groups`.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Of each row of its records, the row of `groups` that names it, -1 for none.
    """
    record = tally.records["record"].to_numpy(np.int32)
    of_record = np.full(record.max(initial=-1) + 1, -1, np.int32)
    spread = np.flatnonzero(groups["record"].notna())
    of_record[groups["record"].iloc[spread].to_numpy(np.int64)] = spread
    found: SmallArray = of_record[record]
    return found


def sum_apart(tally: Tally, groups: pd.DataFrame, kind: str, *, full: bool) -> FloatArray:
    """Sum the squared parts of a kind's records without a group that stand at one location alone.

    Parameters
    ----------
    tally : Tally
        What counts.
    groups : pandas.DataFrame
        From `choose_groups`.
    kind : str
        The kind.
    full : bool
        Whether each counts whole.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Per location, in records.
    """
    sums = (tally.alone if full else tally.squares)[kind].to_numpy()
    sums = sums * RECORD_UNITS if full else sums
    if run := list_runs(groups["kind"]).get(kind):
        part = groups.iloc[run]
        placed = part["location"].notna().to_numpy()
        square = part["records"] * RECORD_UNITS if full else part["square"]
        at = part["location"][placed].to_numpy(np.int32)
        sums = sums.copy()
        np.subtract.at(sums, at, square[placed].to_numpy(np.int64))
    return sums / RECORD_UNITS


def sum_together(
    tally: Tally,
    groups: pd.DataFrame,
    region: IntArray,
    settings: Any,  # noqa: ANN401
    *,
    regions: int,
) -> dict[str, Together]:
    """Sum what the groups of each kind have in each region, and in what shares are shares of.

    Parameters
    ----------
    tally : Tally
        What counts.
    groups : pandas.DataFrame
        From `choose_groups`.
    region : numpy.ndarray of int64, shape (n,)
        Region of each location, -1 outside.
    settings : Settings or Picked
        counting and share_of.
    regions : int
        How many regions there are.

    Returns
    -------
    dict of str to Together
        By kind; only kinds with groups.
    """
    if groups.empty:
        return {}
    number = _number(groups)
    many = int(number.max(initial=-1)) + 1
    full = settings.counting == "full"
    held = csr_array((many, regions), dtype=np.int64)
    counted = np.zeros(many, np.int64)
    by_part = settings.share_of == "placed" and not full
    alone = _list_alone(groups, number, region, full=full)
    for cells in chain([alone], _list_spread(tally, groups, number, region, full=full)):
        held += _hold(cells, many, regions)
        if by_part:
            np.add.at(counted, cells["group"].to_numpy(), cells["units"].to_numpy())
    if not by_part:
        stands = groups[["location", "record"]].notna().any(axis=1).to_numpy()
        counts = stands | (settings.share_of == "all")
        records = groups["records"].to_numpy(np.int64) * RECORD_UNITS
        np.add.at(counted, number[counts], records[counts])
    together = {}
    for kind, run in list_runs(groups["kind"]).items():
        part, own = groups.iloc[run], slice(number[run.start], number[run.stop - 1] + 1)
        apart = _count_apart(tally, kind, part)
        together[kind] = Together(
            part["group"].unique(),
            held[own] / RECORD_UNITS,
            counted[own] / RECORD_UNITS,
            apart / (apart - 1),
        )
    return together


def _number(groups: pd.DataFrame) -> SmallArray:
    """Give the groups of all kinds numbers in a row: they stand by kind, then by number."""
    new = mark_new(groups["kind"].cat.codes.to_numpy(), groups["group"].to_numpy())
    return np.cumsum(new, dtype=np.int32) - np.int32(1)


def _hold(cells: pd.DataFrame, groups: int, regions: int) -> Any:  # noqa: ANN401
    """Sum what groups have in each region: units, sparse, groups x regions."""
    inside = cells[cells["region"] >= 0]
    at = (inside["group"].to_numpy(), inside["region"].to_numpy())
    return coo_array((inside["units"].to_numpy(), at), shape=(groups, regions)).tocsr()


def _split_kinds(groups: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Split groups by kind."""
    return [(kind, groups.iloc[run]) for kind, run in list_runs(groups["kind"]).items()]


def _count_apart(tally: Tally, kind: str, groups: pd.DataFrame) -> int:
    """Count the groups of a kind, each record without one being its own."""
    alone = int(tally.totals["records"][kind]) - int(groups["records"].sum())
    return int(groups["group"].nunique()) + alone


def _list_alone(
    groups: pd.DataFrame, number: SmallArray, region: IntArray, *, full: bool
) -> pd.DataFrame:
    """Sum what groups have of records that stand at one location alone: group, region, units."""
    placed = groups["location"].notna().to_numpy()
    units = groups["records"] * RECORD_UNITS if full else groups["weight"]
    at = groups["location"].array[placed].to_numpy(np.int32)
    keys = {"group": number[placed], "region": region.astype(np.int32)[at]}
    met, sums = sum_alike(keys, {"units": units.to_numpy(np.int64)[placed]})
    return pd.DataFrame(met | sums)


def _list_spread(
    tally: Tally, groups: pd.DataFrame, number: SmallArray, region: IntArray, *, full: bool
) -> Iterator[pd.DataFrame]:
    """List the same of records that stand at several places; whole ones once in each region.

    Many rows at a time, and all of a record, for they may be very many.
    """
    found, region = find_groups(tally, groups), region.astype(np.int32)
    for start, end in pairwise(_cut_records(tally.records["record"].to_numpy())):
        own = found[start:end]
        kept, records = own >= 0, tally.records.iloc[start:end]
        units = RECORD_UNITS // records["size"].to_numpy()[kept].astype(np.int64)
        units *= records["addresses"].to_numpy()[kept]
        listed = pd.DataFrame(
            {
                "group": number[own[kept]],
                "region": region[records["location"].to_numpy()[kept]],
                "units": units,
            },
            copy=False,
        )
        if full:
            whole = listed.assign(record=records["record"].to_numpy()[kept], units=RECORD_UNITS)
            listed = whole.drop_duplicates(["record", "region"]).drop(columns="record")
        yield listed


def _cut_records(record: npt.NDArray[np.integer[Any]]) -> list[int]:
    """Cut rows into pieces, each with all rows of its records: where they begin, and the end."""
    edges = [0]
    for edge in range(_AT_ONCE, len(record), _AT_ONCE):
        while edge > edges[-1] and record[edge] == record[edge - 1]:
            edge -= 1  # noqa: PLW2901
        edges.append(edge)
    return [*edges, len(record)]
