"""Whole numbers summed by group: one pass, compiled."""

import numpy as np
import numpy.typing as npt

from gii_geo.regions.jit import kernel

IntArray = npt.NDArray[np.int64]


@kernel
def sum_groups(values: IntArray, group: IntArray, groups: int) -> IntArray:
    """Sum numbers by group.

    Parameters
    ----------
    values : numpy.ndarray of int64, shape (n,)
        The numbers.
    group : numpy.ndarray of int64, shape (n,)
        Group of each, from 0, -1 for none.
    groups : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray of int64, shape (groups,)
        The sum of each.

    Examples
    --------
    >>> sum_groups(np.array([5, 6, 7]), np.array([1, -1, 1]), 2).tolist()
    [0, 12]
    """
    total = np.zeros(groups, np.int64)
    for i in range(len(values)):
        if group[i] >= 0:
            total[group[i]] += values[i]
    return total
