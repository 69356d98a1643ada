"""Which clusters or regions the records touch: one pass over records, compiled."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.jit import kernel, part
from gii_geo.tables import RECORD_UNITS

IntArray = npt.NDArray[np.int64]
SmallArray = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8] | npt.NDArray[np.int16]
Few = npt.NDArray[np.uint8] | SmallArray

COLUMNS: Final = ("kind", "record", "location", "addresses", "size")
"""Of records, in the order that kernels take them."""

_FREE: Final = -1
_FIRST_SIZE: Final = 1 << 12
UNITS: Final = np.int64(RECORD_UNITS)
"""Units of a record in a kernel: its small numbers, uncompiled, take no larger one of Python's."""


class Pairs(NamedTuple):
    """Pairs of groups that records touch both of, in the order of the pairs.

    ``a`` and ``b`` are the groups, a < b; ``records`` counts the records, ``weight_a`` and
    ``weight_b`` are the units of these records on either side.
    """

    a: IntArray
    b: IntArray
    records: IntArray
    weight_a: IntArray
    weight_b: IntArray


def list_columns(records: pd.DataFrame, names: Sequence[str] = COLUMNS) -> list[Any]:
    """List the columns of records that kernels take, none of them copied: they are large.

    Parameters
    ----------
    records : pandas.DataFrame
        As `World.records`.
    names : sequence of str, default `COLUMNS`
        Which ones.

    Returns
    -------
    list of numpy.ndarray of whole numbers, shape (n,)
        Kinds by their codes; addresses and size are of one type, for which a kernel is compiled.

    Examples
    --------
    >>> records = pd.DataFrame({"addresses": [1, 2], "size": [3, 300]})
    >>> [column.dtype.name for column in list_columns(records, ["addresses", "size"])]
    ['int32', 'int32']
    """
    few = [name for name in ("addresses", "size") if name in names]
    is_few = all(records[name].dtype == np.uint8 for name in few)
    types: dict[str, Any] = dict.fromkeys(few, np.uint8) if is_few else {}
    return [
        np.asarray(records[name].cat.codes)
        if name == "kind"
        else records[name].to_numpy(types.get(name, np.int32))
        for name in names
    ]


def count_touching(records: pd.DataFrame, group: IntArray, *, groups: int) -> IntArray:
    """Count the records of each kind that have an address in each group.

    Parameters
    ----------
    records : pandas.DataFrame
        One row per record and location, a record's rows together: kind (category), record and
        location.
    group : numpy.ndarray of int64, shape (n,)
        Group of each location, -1 for none.
    groups : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray of int64, shape (kinds, groups)
        By the code of the kind's category.

    Examples
    --------
    >>> records = pd.DataFrame({"record": [0, 0, 0], "location": [0, 1, 2]}, dtype="int32")
    >>> records["kind"] = pd.Categorical(["deal"] * 3)
    >>> count_touching(records, np.array([0, 0, 1]), groups=2).tolist()
    [[1, 1]]
    """
    shape = (len(records["kind"].cat.categories), groups)
    return _count_touching(group, shape, *list_columns(records, COLUMNS[:3]))


def pair_touching(records: pd.DataFrame, group: IntArray, *, groups: int) -> Pairs:
    """Pair the groups that records touch, and sum up the records of each pair.

    Parameters
    ----------
    records : pandas.DataFrame
        One row per record and location, a record's rows together: record, location, addresses
        (there) and size (addresses of the whole record).
    group : numpy.ndarray of int64, shape (n,)
        Group of each location, -1 for none.
    groups : int
        How many groups there are.

    Returns
    -------
    Pairs
        Every pair that has a record in common.

    Examples
    --------
    >>> columns = {"record": [0, 0], "location": [0, 1], "addresses": [1, 2], "size": [3, 3]}
    >>> pairs = pair_touching(pd.DataFrame(columns, dtype="int32"), np.array([1, 0]), groups=2)
    >>> (pairs.weight_a / RECORD_UNITS).tolist(), pairs.records.tolist()
    ([0.6666666666666666], [1])
    """
    key, sums = _pair_touching(group, groups, *list_columns(records, COLUMNS[1:]))
    taken = np.flatnonzero(key != _FREE)
    taken = taken[np.argsort(key[taken])]
    key, sums = key[taken], sums[taken]
    return Pairs(key // max(groups, 1), key % max(groups, 1), *sums.T)


def square_touching(
    records: pd.DataFrame, group: IntArray, *, groups: int
) -> npt.NDArray[np.float64]:
    """Sum the squares of what records have in each group.

    Parameters
    ----------
    records : pandas.DataFrame
        One row per record and location, a record's rows together: kind (category), record,
        location, addresses (there) and size (addresses of the whole record).
    group : numpy.ndarray of int64, shape (n,)
        Group of each location, -1 for none.
    groups : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray of float64, shape (kinds, groups)
        By the code of the kind's category; a record that is whole in a group has 1.

    Examples
    --------
    >>> columns = {"record": [0, 0], "location": [0, 1], "addresses": [1, 1], "size": [2, 2]}
    >>> records = pd.DataFrame(columns, dtype="int32").assign(kind=pd.Categorical(["deal"] * 2))
    >>> square_touching(records, np.array([0, 0]), groups=1).tolist()
    [[1.0]]
    """
    shape = (len(records["kind"].cat.categories), groups)
    return _square_touching(group, shape, *list_columns(records))


@kernel
def _square_touching(  # noqa: PLR0913, PLR0917  # one argument a column
    group: IntArray,
    shape: tuple[int, int],
    kind: Codes,
    record: SmallArray,
    location: SmallArray,
    addresses: Few,
    size: Few,
) -> npt.NDArray[np.float64]:
    """Sum squares: what a group has of the record that it saw last is added up by its binomial."""
    squares = np.zeros(shape, np.float64)
    last = np.full(shape[1], -1, np.int64)
    held = np.zeros(shape[1], np.float64)
    for i in range(len(record)):
        g = group[location[i]]
        if g >= 0:
            if last[g] != record[i]:
                last[g], held[g] = record[i], 0.0
            part_here = addresses[i] / size[i]
            squares[kind[i], g] += part_here * (part_here + 2 * held[g])
            held[g] += part_here
    return squares


@kernel
def _count_touching(
    group: IntArray,
    shape: tuple[int, int],
    kind: Codes,
    record: SmallArray,
    location: SmallArray,
) -> IntArray:
    """Count each record once in each group: a group remembers the last record that it saw."""
    counted = np.zeros(shape, np.int64)
    last = np.full(shape[1], -1, np.int64)
    for i in range(len(record)):
        g = group[location[i]]
        if g >= 0 and last[g] != record[i]:
            last[g] = record[i]
            counted[kind[i], g] += 1
    return counted


@kernel
def _pair_touching(  # one argument a column
    group: IntArray,
    groups: int,
    record: SmallArray,
    location: SmallArray,
    addresses: Few,
    size: Few,
) -> tuple[IntArray, IntArray]:
    """Sum the pairs of each record's groups in a table that grows."""
    key = np.full(_FIRST_SIZE, _FREE, np.int64)
    sums = np.zeros((_FIRST_SIZE, 3), np.int64)
    used = 0
    last = np.full(groups, -1, np.int64)
    held = np.zeros(groups, np.int64)
    touched = np.empty(groups, np.int64)
    start = 0
    while start < len(record):
        count, stop = 0, start
        while stop < len(record) and record[stop] == record[start]:
            g = group[location[stop]]
            if g >= 0:
                if last[g] != record[start]:
                    last[g], held[g] = record[start], 0
                    touched[count] = g
                    count += 1
                held[g] += addresses[stop] * (UNITS // size[stop])
            stop += 1
        start = stop
        for i in range(count):
            for j in range(i):
                a, b = min(touched[i], touched[j]), max(touched[i], touched[j])
                if 2 * used >= len(key):
                    key, sums = _grow(key, sums)
                slot = _find_slot(key, a * groups + b)
                if key[slot] == _FREE:
                    key[slot] = a * groups + b
                    used += 1
                sums[slot, 0] += 1
                sums[slot, 1] += held[a]
                sums[slot, 2] += held[b]
    return key, sums


@part
def _find_slot(key: IntArray, wanted: int) -> int:
    """Find where a key is, or the free place where it belongs: a table of 2**k places."""
    slot = (wanted * 0x9E3779B97F4A7C1 >> 20) & (len(key) - 1)
    while key[slot] != _FREE and key[slot] != wanted:
        slot = (slot + 1) & (len(key) - 1)
    return slot


@part
def _grow(key: IntArray, sums: IntArray) -> tuple[IntArray, IntArray]:
    """Move everything to a table of twice the size."""
    wider = np.full(2 * len(key), _FREE, np.int64)
    moved = np.zeros((2 * len(key), 3), np.int64)
    for i in range(len(key)):
        if key[i] != _FREE:
            slot = _find_slot(wider, key[i])
            wider[slot] = key[i]
            for k in range(3):  # a row at once takes seconds to compile
                moved[slot, k] = sums[i, k]
    return wider, moved
