"""Rows of whole numbers that are alike in some columns, summed in the order of these."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_MOST_KEYS: Final = 2**62
"""Combinations of keys that one number can tell apart."""

_MOST_LOOSE: Final = 1 << 23
"""Rows of a pile that are not summed yet."""


def sum_alike(
    keys: Mapping[str, IntArray], values: Mapping[str, Any]
) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
    """Sum the rows that have the same keys.

    Parameters
    ----------
    keys : mapping of str to numpy.ndarray of whole numbers, shape (n,)
        What they are put in order by, the first column first.
    values : mapping of str to array of int64, shape (n,)
        What is summed.

    Returns
    -------
    keys : dict of str to numpy.ndarray of whole numbers, shape (m,)
        Each combination once, in order.
    sums : dict of str to numpy.ndarray of int64, shape (m,)
        What it comes to.

    Examples
    --------
    >>> keys, sums = sum_alike({"kind": np.array([1, 0, 1])}, {"rows": np.array([2, 3, 4])})
    >>> keys["kind"].tolist(), sums["rows"].tolist()
    ([0, 1], [3, 6])
    """
    order, starts = _order_rows(list(keys.values()))
    sums = {
        name: np.add.reduceat(np.asarray(value, dtype=np.int64)[order], starts)
        if len(starts)  # which it does not take without
        else np.empty(0, np.int64)
        for name, value in values.items()
    }
    first = order[starts]
    return {name: key[first] for name, key in keys.items()}, sums


class Pile:
    """Rows that come piece by piece; those that are alike are summed, lest they stand in memory.

    Parameters
    ----------
    types : mapping of str to type
        The columns in few bytes: what rows are put in order by, and last what is summed.

    Examples
    --------
    >>> pile = Pile({"place": np.int32, "rows": np.int64})
    >>> pile.add({"place": np.array([7, 5, 7]), "rows": np.array([1, 1, 2])})
    >>> {name: column.tolist() for name, column in pile.take().items()}
    {'place': [5, 7], 'rows': [1, 3]}
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self._parts: list[dict[str, Any]] = [
            {name: np.empty(0, kind) for name, kind in types.items()}
        ]
        self._loose = 0

    def add(self, rows: Mapping[str, IntArray]) -> None:
        """Add rows.

        Parameters
        ----------
        rows : mapping of str to numpy.ndarray of whole numbers, shape (n,)
            The columns.
        """
        self._parts.append({name: rows[name].astype(kind) for name, kind in self._types.items()})
        self._loose += len(self._parts[-1][next(iter(self._types))])
        settled = len(self._parts[0][next(iter(self._types))])
        if self._loose >= max(_MOST_LOOSE, settled // 2):
            self._settle()

    def take(self) -> dict[str, Any]:
        """Give the sums.

        Returns
        -------
        dict of str to numpy.ndarray of whole numbers, shape (m,)
            The columns, in order.
        """
        self._settle()
        return self._parts[0]

    def _settle(self) -> None:
        """Sum all that there is so far."""
        whole = {
            name: np.concatenate([part.pop(name) for part in self._parts]) for name in self._types
        }
        *_, last = whole
        values = {last: whole.pop(last)}
        keys, sums = sum_alike(whole, values)
        self._parts, self._loose = [keys | sums], 0


def _order_rows(keys: list[IntArray]) -> tuple[IntArray, IntArray]:
    """Put rows in the order of several keys; give it, and where in it others begin.

    By one number where one holds all keys. Where it holds the row as well, numbers are sorted by
    themselves, a third of the time.
    """
    if not len(keys[0]):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lows = [int(key.min()) for key in keys]
    spans = [int(key.max()) - low + 1 for key, low in zip(keys, lows, strict=True)]
    if math.prod(spans) >= _MOST_KEYS:
        order = np.lexsort(keys[::-1])
        return order, _find_starts(*(key[order] for key in keys))
    whole = np.zeros(len(keys[0]), dtype=np.int64)
    for key, low, span in zip(keys, lows, spans, strict=True):
        if span > 1:
            whole *= span
            whole += key
            whole -= low
    if (whole[1:] >= whole[:-1]).all():
        return np.arange(len(whole)), _find_starts(whole)
    bits = len(whole).bit_length()
    if math.prod(spans) >= _MOST_KEYS >> bits:
        order = np.argsort(whole, kind="stable")
        return order, _find_starts(whole[order])
    whole <<= bits
    whole |= np.arange(len(whole))
    whole.sort()
    starts = _find_starts(whole >> bits)
    whole &= (1 << bits) - 1
    return whole, starts


def _find_starts(*ordered: IntArray) -> IntArray:
    """Find the rows that differ from the one before."""
    new = np.zeros(len(ordered[0]), dtype=bool)
    new[:1] = True
    for key in ordered:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)
