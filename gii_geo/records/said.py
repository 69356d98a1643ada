"""What the cells of labels say of places: summed on an engine, then source by source."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import SUMS, concat_arrays, empty_table
from gii_geo.records.labels import NO_CELL, Cells
from gii_geo.records.single import Single
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN, find_locations
from gii_geo.sorting import sum_alike
from gii_geo.tables import LABELS, RECORD_UNITS

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Said:
    """What the cells of one label, or of groups, say of the places of a source.

    Attributes
    ----------
    name : str
        What the cells are of.
    kinds : list of str
        Each once.
    spots : pandas.DataFrame
        Each place's lon and lat, in the order of their numbers.
    sums : dict of str to numpy.ndarray, shape (n,)
        kind, place and cell (their numbers), year and records; and, where these do not each stand
        at one place with all their addresses, weight and square.
    """

    name: str
    kinds: list[str]
    spots: pd.DataFrame
    sums: dict[str, Any]

    @classmethod
    def take(cls, summed: pd.DataFrame, name: str, spots: pd.DataFrame) -> Self:
        """Take sums of records as an engine gives them.

        Parameters
        ----------
        summed : pandas.DataFrame
            kind, place, year, the cell's number under its name, weight and, of records that stand
            here alone, records and square.
        name : str
            What the cells are of.
        spots : pandas.DataFrame
            As the attribute.

        Returns
        -------
        Said
            The same in few bytes.
        """
        kind = summed["kind"].astype("category").cat
        sums = {
            "kind": kind.codes.to_numpy(np.int16),
            "place": summed["place"].to_numpy(np.int32),
            "cell": summed[name].to_numpy(np.int32),
            "year": summed["year"].astype("Int16").fillna(YEAR_UNKNOWN).to_numpy(np.int16),
        }
        for column in SUMS:
            zero = column not in summed
            sums[column] = np.zeros(len(summed), int) if zero else summed[column].to_numpy(np.int64)
        return cls(name, list(kind.categories), spots, sums)

    @classmethod
    def read(
        cls,
        single: Single,
        cells: Cells,
        name: str,
        read: Callable[[str], str],
        *,
        placed: bool = False,
    ) -> Self:
        """Read the cells of addresses each of which is a record of its own.

        Parameters
        ----------
        single : single.Single
            Their sums.
        cells : labels.Cells
            Gives the cells their numbers.
        name : str
            What the cells are read for: labels, or groups.
        read : callable
            How one is read.
        placed : bool, default False
            Whether what stands at no place is left out.

        Returns
        -------
        Said
            What they say of places, and of none (`NOWHERE`).
        """
        number = cells.number(name, single.texts, read).astype(np.int32)
        cell = number[single.sums["text"]]
        told = cell != NO_CELL
        if placed:
            told &= single.sums["place"] != NOWHERE
        sums = {key: single.sums[key][told] for key in ("kind", "place", "year", "records")}
        return cls(name, single.kinds, single.spots, {**sums, "cell": cell[told]})

    def locate(self, kinds: list[str], locations: pd.DataFrame) -> dict[str, Any]:
        """Put a world's numbers in the place of the source's own.

        Parameters
        ----------
        kinds : list of str
            Of the world, each once.
        locations : pandas.DataFrame
            Of the world: lon and lat, in order.

        Returns
        -------
        dict of str to numpy.ndarray, shape (n,)
            kind and location (their numbers; `NOWHERE` for no place), and year.
        """
        at = np.append(find_locations(self.spots, locations), NOWHERE).astype(np.int32)
        kind = pd.Index(kinds).get_indexer(pd.Index(self.kinds)).astype(np.int16)
        return {
            "kind": kind[self.sums["kind"]],
            "location": at[self.sums["place"]],  # NOWHERE is the last
            "year": self.sums["year"],
        }

    def weigh(self, name: str) -> IntArray:
        """Give one of the sums, of whole records too.

        Parameters
        ----------
        name : {"weight", "records", "square"}
            Which one.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            Units, or records.
        """
        known: IntArray | None = self.sums.get(name)
        return self.sums["records"] * RECORD_UNITS if known is None else known


def number_labels(said: list[Said], locations: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Sum what stands at one location in one year under one cell of labels.

    Parameters
    ----------
    said : list of Said
        Of all sources; it is emptied, lest what is large stands in memory twice.
    locations : pandas.DataFrame
        lon and lat, in order.
    cells : Cells
        What the numbers of cells stand for.

    Returns
    -------
    pandas.DataFrame
        The table of a world.
    """
    full = [one for one in said if len(one.sums["cell"])]
    said.clear()
    if not full:
        return empty_table("labels")
    kinds = sorted({kind for one in full for kind in one.kinds})
    is_whole = not any("weight" in one.sums for one in full)
    sums = ["records"] if is_whole else [*SUMS]
    told, texts = [], list[str]()
    for name in LABELS:
        own, order = cells.order(name)
        parts = [one for one in full if one.name == name]
        full = [one for one in full if one.name != name]
        if parts:
            told.append(_sum_said(parts, sums, locations, kinds, order, first=len(texts)))
            parts.clear()
        texts += own
    columns = {key: np.concatenate([one.pop(key) for one in told]) for key in [*told[0]]}
    if is_whole:
        columns["weight"] = columns["square"] = columns["records"] * RECORD_UNITS
    cell, named = pd.factorize(pd.Index(texts, dtype="str"), sort=True)  # one may be of both
    cell = cell.astype(np.int32)
    return pd.DataFrame(
        {
            "what": pd.Categorical.from_codes(columns["what"], pd.Index(LABELS)),
            "kind": pd.Categorical.from_codes(columns["kind"], pd.Index(kinds)),
            "location": columns["location"],
            "year": pd.arrays.IntegerArray(columns["year"], columns["year"] == YEAR_UNKNOWN),
            "cell": pd.Categorical.from_codes(cell[columns["cell"]], named),
            **{name: columns[name] for name in SUMS},
        },
        copy=False,
    )


def _sum_said(
    parts: list[Said],
    sums: list[str],
    locations: pd.DataFrame,
    kinds: list[str],
    order: IntArray,
    *,
    first: int,
) -> dict[str, Any]:
    """Sum what the cells of one label say, in order; the first cell has the number given."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for one in parts:
        for key, column in one.locate(kinds, locations).items():
            columns[key].append(column)
        columns["cell"].append((order[one.sums["cell"]] + first).astype(np.int32))
        for name in sums:
            columns[name].append(one.weigh(name))
    keys = {key: concat_arrays(columns.pop(key)) for key in [*columns] if key not in sums}
    values = {name: concat_arrays(columns.pop(name)) for name in sums}
    head, summed = sum_alike(keys, values, consume=True)
    what = np.full(len(head["kind"]), LABELS.index(parts[0].name), np.int16)
    return {"what": what, **head, **summed}
