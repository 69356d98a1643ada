"""Rows of whole numbers that are alike in some columns, summed in the order of these."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_MOST_KEYS: Final = 2**62
"""Combinations of keys that one number can tell apart."""


def sum_alike(
    keys: Mapping[str, IntArray], values: Mapping[str, Any]
) -> tuple[dict[str, IntArray], dict[str, IntArray], IntArray]:
    """Sum the rows that have the same keys.

    Parameters
    ----------
    keys : mapping of str to numpy.ndarray of int64, shape (n,)
        What they are put in order by, the first column first.
    values : mapping of str to array of int64, shape (n,)
        What is summed.

    Returns
    -------
    keys : dict of str to numpy.ndarray of int64, shape (m,)
        Each combination once, in order.
    sums : dict of str to numpy.ndarray of int64, shape (m,)
        What it comes to.
    first : numpy.ndarray of int64, shape (m,)
        A row of each.

    Examples
    --------
    >>> keys, sums, _ = sum_alike({"kind": np.array([1, 0, 1])}, {"rows": np.array([2, 3, 4])})
    >>> keys["kind"].tolist(), sums["rows"].tolist()
    ([0, 1], [3, 6])
    """
    order = _order_rows(list(keys.values()))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in keys.values():
        ordered = key[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(new)
    sums = {
        name: np.add.reduceat(np.asarray(value, dtype=np.int64)[order], starts)
        if len(starts)
        else np.empty(0, np.int64)
        for name, value in values.items()
    }
    first = order[starts]
    return {name: key[first] for name, key in keys.items()}, sums, first


def _order_rows(keys: list[IntArray]) -> IntArray:
    """Put rows in the order of several keys: by one number where one holds them all.

    Where it holds the row as well, numbers are sorted by themselves, a third of the time.
    """
    lows = [int(key.min(initial=0)) for key in keys]
    spans = [int(key.max(initial=0)) - low + 1 for key, low in zip(keys, lows, strict=True)]
    if math.prod(spans) >= _MOST_KEYS:
        return np.lexsort(keys[::-1])
    whole = np.zeros(len(keys[0]), dtype=np.int64)
    for key, low, span in zip(keys, lows, spans, strict=True):
        whole *= span
        whole += key
        whole -= low
    bits = len(whole).bit_length()
    if math.prod(spans) >= _MOST_KEYS >> bits:
        return np.argsort(whole, kind="stable")
    whole <<= bits
    whole |= np.arange(len(whole))
    whole.sort()
    whole &= (1 << bits) - 1
    return whole
