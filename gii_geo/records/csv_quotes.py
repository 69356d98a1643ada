"""Quotation marks of a text table: which line ends they may hold, and which they swallowed."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

MAX_ROW_LINES: Final = 200
"""Lines that one row may have within quotes; past that, its first quote is taken for a slip."""

_NUMBER: Final = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_SURE_NUMBERS: Final = 2
_SURE_LINES: Final = 3


def is_number(cell: str) -> bool:
    """Tell whether a cell has nothing but a number.

    Parameters
    ----------
    cell : str
        The cell.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> is_number(" 8.5 "), is_number("EP1")
    (True, False)
    """
    return _NUMBER.fullmatch(cell.strip()) is not None


def has_end_within(lines: bytes, *, is_open: bool) -> bool:
    r"""Tell whether a line ends between two quotation marks.

    Parameters
    ----------
    lines : bytes
        Whole lines.
    is_open : bool
        Whether they begin between two quotation marks.

    Returns
    -------
    bool
        Whether one does.

    Examples
    --------
    >>> tuple(has_end_within(lines, is_open=False) for lines in (b'"a","b"\nc\n', b'"a\nb"\n'))
    (False, True)
    """
    if b'"' not in lines:
        return is_open and b"\n" in lines
    marks = np.frombuffer(lines, dtype=np.uint8)
    quotes, ends = (np.flatnonzero(marks == ord(sign)) for sign in ('"', "\n"))
    before = np.searchsorted(quotes, ends) + is_open
    return bool((before % 2).any())


def holds_rows(cells: Sequence[str | None], *, delimiter: str) -> bool:
    r"""Tell whether whole rows stand in a cell, between two quotation marks that are no pair.

    Parameters
    ----------
    cells : sequence of str or None
        A row.
    delimiter : str
        What parts two cells.

    Returns
    -------
    bool
        True where a line in a cell has at least as many cells as the row, and numbers where the row
        has some. A comma may stand in any text: with fewer than two numbers it takes three lines.

    Examples
    --------
    >>> holds_rows(["1", "8.5", "foo\n2,8.6,bar\n3,8.7,"], delimiter=",")
    True
    >>> holds_rows(["1", "8.5", "ETH,\nZurich, Switzerland\n"], delimiter=",")
    False
    """
    texts = [cell or "" for cell in cells]
    numbers = [at for at, cell in enumerate(texts) if is_number(cell)]
    lines = [line.split(delimiter) for cell in texts if "\n" in cell for line in cell.splitlines()]
    alike = sum(
        len(line) >= len(texts) and all(is_number(line[at]) for at in numbers) for line in lines
    )
    if len(texts) == 1 or (delimiter == "," and not numbers):
        return False
    is_sure = delimiter != "," or len(numbers) >= _SURE_NUMBERS
    return alike >= (1 if is_sure else _SURE_LINES)
