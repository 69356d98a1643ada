"""What rows say their records are about and whose they are: cells of labels, and their sums."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import empty_table
from gii_geo.records.lazy import collect, lift_table
from gii_geo.records.sorting import sum_alike
from gii_geo.records.sources.values import BLANKS, NOTHING
from gii_geo.records.standing import YEAR_UNKNOWN, find_locations
from gii_geo.tables import LABELS, RECORD_UNITS, SEVERAL_JOIN

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.int64]

NO_CELL: Final = -1
"""Stands for a cell without a label."""

_SHOWN: Final = 3
_PART: Final = re.compile(r"[;|]")
_NOTHING: Final = re.compile(re.sub(r"\\x\{(\w{4})\}", r"\\u\1", NOTHING))  # as Python writes it
_WHOLE: Final = re.compile(r"-?[0-9]+\.0+")
_SUMS: Final = ("weight", "records", "square")


def read_cell(text: str) -> str:
    r"""Read a cell of labels: each once, in the order of the alphabet.

    Parameters
    ----------
    text : str
        One label, several parted by ``;`` or ``|``, or by `SEVERAL_JOIN` where they were a list.

    Returns
    -------
    str
        The labels, `SEVERAL_JOIN` between them; "" where there is none.

    Examples
    --------
    >>> read_cell("Optics; Digital  communication;Optics").split("\x1f")
    ['Digital communication', 'Optics']
    """
    return SEVERAL_JOIN.join(sorted(set(_list_parts(text))))


def read_owner(text: str) -> str:
    """Read the group that a cell of organisations stands for: its first, in lower case.

    Parameters
    ----------
    text : str
        As `read_cell` takes it.

    Returns
    -------
    str
        The group; "" where there is none.

    Examples
    --------
    >>> read_owner("Bolt; Acme")
    'bolt'
    """
    return next(iter(_list_parts(text)), "").lower()


def _list_parts(text: str) -> list[str]:
    """List the labels of a cell; a whole number is one however it is written."""
    parts = text.split(SEVERAL_JOIN) if SEVERAL_JOIN in text else _PART.split(text)
    bare = [" ".join(part.strip(BLANKS).split()) for part in parts]
    told = [part for part in bare if part and not _NOTHING.match(part)]
    return [part.partition(".")[0] if _WHOLE.fullmatch(part) else part for part in told]


@dataclass
class Cells:
    """The distinct cells of labels of all sources, numbered as they are met.

    Attributes
    ----------
    numbers : dict of str to dict of str to int
        By what the cells are of ("field", "organisation", "group"): number by cell.
    """

    numbers: dict[str, dict[str, int]] = field(default_factory=dict)

    def meet(
        self, slim: Table, column: str, readers: Mapping[str, Callable[[str], str]]
    ) -> pd.DataFrame:
        """Give the distinct cells of a column their numbers.

        Parameters
        ----------
        slim : narwhals.LazyFrame
            From `count.slim_addresses`.
        column : str
            One of its texts.
        readers : mapping of str to callable
            By what the numbers are called: how a cell is read.

        Returns
        -------
        pandas.DataFrame
            The column with each text once, and behind it the numbers, in the order of the readers;
            `NO_CELL` where a cell says nothing.
        """
        known = slim.select(column).filter(~nw.col(column).is_null())
        texts = collect(known.group_by(column).agg(rows=nw.len()))[column]  # as `unique`, but quick
        met = pd.DataFrame({column: pd.array(texts.tolist(), "str")})
        for name, read in readers.items():
            numbers = self.numbers.setdefault(name, {})
            cells = [read(text) for text in met[column].tolist()]
            for cell in sorted(set(cells) - {"", *numbers}):
                numbers[cell] = len(numbers)
            met[f"__{name}"] = [numbers.get(cell, NO_CELL) for cell in cells]
        return met

    def order(self, name: str) -> tuple[list[str], IntArray]:
        """Put cells in the order of the alphabet.

        Parameters
        ----------
        name : str
            What they are of.

        Returns
        -------
        cells : list of str
            All of them.
        place : numpy.ndarray of int64, shape (n + 1,)
            Where each number comes to stand; `NO_CELL` stays itself.
        """
        numbers = self.numbers.get(name, {})
        cells = sorted(numbers)
        place = np.full(len(cells) + 1, NO_CELL)
        place[[numbers[cell] for cell in cells]] = np.arange(len(cells))
        return cells, place


def note_labels(cells: Cells) -> list[str]:
    """Tell of labels that stand apart though they may be one, and of columns that have none.

    Parameters
    ----------
    cells : Cells
        The cells of all sources.

    Returns
    -------
    list of str
        Sentences that name an example.

    Examples
    --------
    >>> note_labels(Cells({"field": {"Optics": 0, "optics": 1}, "organisation": {}}))[0]
    'field: 1 label is spelt in several letter cases (such as Optics, optics), each by itself'
    """
    notes = []
    for name in LABELS:
        if (own := cells.numbers.get(name)) is None:
            continue
        if not own:
            notes.append(f"{name}: the column names none in any row, so no profile tells of it")
        spelt: dict[str, set[str]] = {}
        for label in {part for cell in own for part in cell.split(SEVERAL_JOIN)}:
            spelt.setdefault(label.casefold(), set()).add(label)
        several = sorted(sorted(ways) for ways in spelt.values() if len(ways) > 1)
        if several:
            many = "1 label is" if len(several) == 1 else f"{len(several):,} labels are"
            shown = ", ".join(several[0][:_SHOWN])
            notes.append(
                f"{name}: {many} spelt in several letter cases (such as {shown}), each by itself"
            )
    return notes


def put_numbers(slim: Table, met: pd.DataFrame) -> Table:
    """Put the numbers of cells in the place of their texts.

    Parameters
    ----------
    slim : narwhals.LazyFrame
        Rows of the table that the cells were met in.
    met : pandas.DataFrame
        From `Cells.meet`.

    Returns
    -------
    narwhals.LazyFrame
        The same rows with the numbers; `NO_CELL` where there is no text.
    """
    column, *names = met.columns
    joined = slim.join(lift_table(met, like=slim), on=column, how="left")
    numbers = {name.removeprefix("__"): nw.coalesce(name, nw.lit(NO_CELL)) for name in names}
    told = {name: number.cast(nw.Int64) for name, number in numbers.items()}
    return joined.with_columns(**told).drop(*names)


def weigh_whole(sums: pd.DataFrame) -> pd.DataFrame:
    """Weigh what stands in one place each.

    Parameters
    ----------
    sums : pandas.DataFrame
        records, whole numbers.

    Returns
    -------
    pandas.DataFrame
        The same with weight and square, in units.
    """
    units = sums["records"] * RECORD_UNITS
    return sums.assign(weight=units, square=units)


def stack_labels(sums: pd.DataFrame, name: str, spots: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give sums by place and cell the columns that those of all sources have.

    Parameters
    ----------
    sums : pandas.DataFrame
        kind, year, the cell's number under its name, weight and, of records that stand here alone,
        records and square; place, or lon and lat.
    name : str
        What the cell is of.
    spots : pandas.DataFrame, optional
        Each place's lon and lat, in the order of their numbers.

    Returns
    -------
    pandas.DataFrame
        what (its place among the labels), kind, lon, lat, year, cell and the sums.
    """
    if spots is not None:
        place = sums["place"].to_numpy(np.int64)
        sums = sums.assign(**{axis: spots[axis].to_numpy()[place] for axis in ("lon", "lat")})
    lacking = {column: 0 for column in _SUMS if column not in sums}
    told = sums.assign(
        what=np.int8(LABELS.index(name)),
        kind=sums["kind"].astype("category"),
        cell=sums[name].to_numpy(np.int32),
        **lacking,
    )
    return told[["what", "kind", "lon", "lat", "year", "cell", *_SUMS]]


def number_labels(stacked: pd.DataFrame, locations: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Sum what stands at one location in one year under one cell of labels.

    Parameters
    ----------
    stacked : pandas.DataFrame
        From `stack_labels`, of all sources.
    locations : pandas.DataFrame
        lon and lat, in order.
    cells : Cells
        What the numbers of cells stand for.

    Returns
    -------
    pandas.DataFrame
        The table of a world.
    """
    if stacked.empty:
        return empty_table("labels")
    kind = stacked["kind"].astype("category").cat
    kinds = sorted(kind.categories)
    what = stacked["what"].to_numpy(np.int64)
    number = stacked["cell"].to_numpy(np.int64, copy=True)
    texts: list[str] = []
    for code, name in enumerate(LABELS):
        own, place = cells.order(name)
        number[what == code] = place[number[what == code]] + len(texts)
        texts += own
    keys = {
        "what": what,
        "kind": pd.Index(kinds).get_indexer(kind.categories).astype(np.int64)[kind.codes],
        "location": find_locations(stacked, locations),
        "year": stacked["year"].astype("Int64").fillna(YEAR_UNKNOWN).to_numpy(np.int64),
        "cell": number,
    }
    head, sums, _ = sum_alike(keys, {name: stacked[name] for name in _SUMS})
    cell, named = pd.factorize(pd.Index(texts, dtype="str"), sort=True)  # one may be of both
    return pd.DataFrame(
        {
            "what": pd.Categorical.from_codes(head["what"], pd.Index(LABELS)),
            "kind": pd.Categorical.from_codes(head["kind"], pd.Index(kinds)),
            "location": head["location"],
            "year": pd.arrays.IntegerArray(head["year"], head["year"] == YEAR_UNKNOWN),
            "cell": pd.Categorical.from_codes(cell[head["cell"]], named),
            **sums,
        }
    )
