"""Rows of whole numbers that are alike in some columns, summed in the order of these."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


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
    order = np.lexsort(tuple(keys.values())[::-1])
    ordered = {name: key[order] for name, key in keys.items()}
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key) != 0 for key in ordered.values()], axis=0)
    starts = np.flatnonzero(new)
    sums = {
        name: np.add.reduceat(np.asarray(value, dtype=np.int64)[order], starts)
        if len(starts)
        else np.empty(0, np.int64)
        for name, value in values.items()
    }
    return {name: key[starts] for name, key in ordered.items()}, sums, order[starts]
