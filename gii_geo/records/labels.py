"""What rows say their records are about and whose they are: cells of labels."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.records.lazy import collect, lift_table
from gii_geo.records.sources.text_lists import read_bare_list
from gii_geo.records.sources.values import BLANKS, NOTHING, OWNED, PARTS
from gii_geo.tables import LABELS, SEVERAL_JOIN
from gii_geo.text import spell

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.int64]

NO_CELL: Final = -1
"""Stands for a cell without a label."""

_PLAIN: Final = re.compile(r"[^\W\d_][\w.,&'()/-]*(?: [\w.,&'()/-]+)*")
"""Most labels: words between single blanks, nothing to part or to trim."""

_SHOWN: Final = 3
_PART: Final = re.compile(PARTS)
_NOTHING: Final = re.compile(re.sub(r"\\x\{(\w{4})\}", r"\\u\1", NOTHING))  # as Python writes it
_WHOLE: Final = re.compile(r"-?[0-9]+\.0+")


def read_cell(text: str) -> str:
    r"""Read a cell of labels: each once, in the order of the alphabet.

    Parameters
    ----------
    text : str
        One label, several parted by ``;`` or ``|``, or by `SEVERAL_JOIN` where they were a list; or
        a list that a program wrote as a text, such as ``['Optics', 'Energy']``.

    Returns
    -------
    str
        The labels, `SEVERAL_JOIN` between them; "" where there is none.

    Examples
    --------
    >>> read_cell("Optics; Digital  communication;Optics").split("\x1f")
    ['Digital communication', 'Optics']
    """
    parts = _list_parts(text)
    return parts[0] if len(parts) == 1 else SEVERAL_JOIN.join(sorted(set(parts)))


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


def read_group(text: str) -> str:
    r"""Read the group that a cell stands for, in lower case.

    Parameters
    ----------
    text : str
        One group, whatever signs it has; several that were a list; or, with `OWNED` behind it, a
        cell of organisations.

    Returns
    -------
    str
        The group, of several the first; "" where there is none.

    Examples
    --------
    >>> read_group("Bolt; Acme"), read_group("Bolt\x1fAcme\x1f"), read_group("Bolt; Acme\x1e")
    ('bolt; acme', 'bolt', 'bolt')
    """
    if text.endswith(OWNED):
        return read_owner(text.removesuffix(OWNED))
    if SEVERAL_JOIN in text:
        return read_owner(text)
    return next(iter(_clean([spell(text)])), "").lower()


def _list_parts(text: str) -> list[str]:
    """List the labels of a cell."""
    text = spell(text)
    if _PLAIN.fullmatch(text):
        return [] if _NOTHING.match(text) else [text]
    return _clean(_split_cell(text))


def _clean(parts: list[str]) -> list[str]:
    """Leave out blanks, and what says nothing; a whole number is one however it is written."""
    bare = [" ".join(part.strip(BLANKS).split()) for part in parts]
    told = [part for part in bare if part and not _NOTHING.match(part)]
    return [part.partition(".")[0] if _WHOLE.fullmatch(part) else part for part in told]


def _split_cell(text: str) -> list[str]:
    """Split a cell into its labels as they are written."""
    if SEVERAL_JOIN in text:
        return text.split(SEVERAL_JOIN)
    listed = read_bare_list(text)
    return _PART.split(text) if listed is None else listed


@dataclass
class Cells:
    """The distinct cells of labels of all sources, numbered as they are met.

    Attributes
    ----------
    numbers : dict of str to dict of str to int
        By what the cells are of ("field", "organisation", "group"): number by cell.
    """

    numbers: dict[str, dict[str, int]] = field(default_factory=dict)

    def meet(self, slim: Table, name: str) -> pd.DataFrame:
        """Give the distinct cells of a column of labels their numbers.

        Parameters
        ----------
        slim : narwhals.LazyFrame
            From `count.slim_addresses`.
        name : str
            The column, which is what the numbers are called.

        Returns
        -------
        pandas.DataFrame
            The column with each text once, and its number; `NO_CELL` where a cell says nothing.
        """
        texts = list_texts(slim, name)
        met = pd.DataFrame({name: pd.array(texts, "str")})
        return met.assign(__number=self.number(name, texts, read_cell))

    def number(self, name: str, texts: Iterable[str], read: Callable[[str], str]) -> IntArray:
        """Read cells and give those that are new their numbers.

        Parameters
        ----------
        name : str
            What they are of.
        texts : iterable of str
            As they are written, shape (n,).
        read : callable
            How one is read.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            Their numbers; `NO_CELL` where one says nothing.
        """
        numbers = self.numbers.setdefault(name, {})
        cells = [read(text) for text in texts]
        for cell in sorted(set(cells) - {"", *numbers}):
            numbers[cell] = len(numbers)
        return np.array([numbers.get(cell, NO_CELL) for cell in cells], dtype=np.int64)

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


READ_GROUP: Final = {"organisation": read_owner, "group": read_group}
"""How the cells of a column that tells groups are read."""


def rank_cells(texts: Iterable[str], read: Callable[[str], str]) -> tuple[IntArray, list[str]]:
    """Read cells, and give each its place among them.

    Parameters
    ----------
    texts : iterable of str
        As they are written, shape (n,).
    read : callable
        How one is read.

    Returns
    -------
    places : numpy.ndarray of int64, shape (n,)
        Their places; `NO_CELL` where one says nothing.
    cells : list of str
        Each once, in the order of the alphabet.

    Examples
    --------
    >>> places, cells = rank_cells(["Bolt", "Acme", "-", "BOLT"], read_group)
    >>> places.tolist(), cells
    ([1, 0, -1, 1], ['acme', 'bolt'])
    """
    read_so = [read(text) for text in texts]
    cells = sorted(set(read_so) - {""})
    at = {cell: place for place, cell in enumerate(cells)}
    return np.array([at.get(cell, NO_CELL) for cell in read_so], dtype=np.int64), cells


def list_texts(slim: Table, name: str) -> list[str]:
    """List the distinct texts of a column.

    Parameters
    ----------
    slim : narwhals.LazyFrame
        A table that has it.
    name : str
        The column.

    Returns
    -------
    list of str
        Each once, in any order; what is missing is none.
    """
    known = slim.select(name).filter(~nw.col(name).is_null())
    texts = collect(known.group_by(name).agg(rows=nw.len()))[name]  # as `unique`, but quick
    return list(map(str, texts.tolist()))  # ten times as quick as to go through the column


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
    >>> for note in note_labels(Cells({"field": {"Optics": 0, "optics": 1}, "organisation": {}})):
    ...     print(note)
    field: 1 label is spelt in several letter cases (such as Optics, optics), each by itself
    organisation: the column names none in any row, so no profile tells of it
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


def put_numbers(slim: Table, met: pd.DataFrame, *names: str) -> Table:
    """Put numbers in the place of what they stand for, such as those of cells of their texts.

    Parameters
    ----------
    slim : narwhals.LazyFrame
        Rows of the table that it was met in.
    met : pandas.DataFrame
        One column or several with each value once, and behind them its numbers, a column for each
        name.
    *names : str
        What the columns of numbers are called; by default, of one, as the first of `met`.

    Returns
    -------
    narwhals.LazyFrame
        The same rows with the numbers; `NO_CELL` where nothing of it stands.
    """
    names = names or (str(met.columns[0]),)
    columns, numbers = [*met.columns[: -len(names)]], [*met.columns[-len(names) :]]
    joined = slim.join(lift_table(met, like=slim), on=columns, how="left")
    told = {
        name: nw.coalesce(number, nw.lit(NO_CELL)).cast(nw.Int64)
        for name, number in zip(names, numbers, strict=True)
    }
    return joined.with_columns(**told).drop(numbers)
