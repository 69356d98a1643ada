"""Numbers summed by group: one pass, compiled."""

from typing import Any

import numpy as np
import numpy.typing as npt

from gii_geo.regions.jit import kernel

IntArray = npt.NDArray[np.int64]


@kernel
def sum_groups(values: npt.NDArray[Any], group: IntArray, groups: int) -> npt.NDArray[Any]:
    """Sum numbers by group.

    Parameters
    ----------
    values : numpy.ndarray of int64 or float64, shape (n,)
        The numbers.
    group : numpy.ndarray of int64, shape (n,)
        Group of each, from 0, -1 for none.
    groups : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray of the type of the numbers, shape (groups,)
        The sum of each, in the order of the rows.

    Examples
    --------
    >>> sum_groups(np.array([5, 6, 7]), np.array([1, -1, 1]), 2).tolist()
    [0, 12]
    """
    total = np.zeros(groups, values.dtype)
    for i in range(len(values)):
        if group[i] >= 0:
            total[group[i]] += values[i]
    return total
