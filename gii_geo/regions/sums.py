"""Numbers summed by group: one pass, compiled."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.jit import kernel

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


def sum_locations(
    locations: pd.DataFrame, kinds: Sequence[str], group: IntArray, *, name: str
) -> pd.DataFrame:
    """Sum locations by group, a record split over its addresses.

    Parameters
    ----------
    locations : pandas.DataFrame
        `<kind>_addresses` and `<kind>_weight` (units).
    kinds : sequence of str
        The kinds.
    group : numpy.ndarray of int64, shape (n,)
        Group of each location, -1 outside.
    name : str
        What the index is called.

    Returns
    -------
    pandas.DataFrame
        By group, ascending from 0: locations, addresses (of all kinds) and `<kind>_weight` (units).
    """
    groups = int(group.max(initial=-1)) + 1

    def add(column: str) -> IntArray:
        return sum_groups(locations[column].to_numpy(), group, groups)

    addresses = sum(
        (add(f"{kind}_addresses") for kind in kinds), start=np.zeros(groups, dtype=np.int64)
    )
    sums = {"locations": np.bincount(group[group >= 0], minlength=groups), "addresses": addresses}
    sums |= {f"{kind}_weight": add(f"{kind}_weight") for kind in kinds}
    return pd.DataFrame(sums, index=pd.RangeIndex(groups, name=name)).astype("int64")
