"""Rows of whole numbers that are alike in some columns, summed in the order of these."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_MOST_KEYS: Final = 2**62
"""Combinations of keys that one number can tell apart."""

_MOST_LOOSE: Final = 1 << 25
"""Numbers of a pile that are not counted yet."""


def sum_alike(
    keys: dict[str, Any], values: dict[str, Any], *, consume: bool = False
) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
    """Sum the rows that have the same keys.

    Parameters
    ----------
    keys : dict of str to numpy.ndarray of whole numbers, shape (n,)
        What they are put in order by, the first column first.
    values : dict of str to array of int64, shape (n,)
        What is summed.
    consume : bool, default False
        Whether both are emptied on the way, lest what is large stands in memory twice.

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
    take = dict.pop if consume else dict.__getitem__
    sums = {
        name: np.add.reduceat(np.asarray(take(values, name), dtype=np.int64)[order], starts)
        if len(starts)  # which it does not take without
        else np.empty(0, np.int64)
        for name in [*values]
    }
    first = starts if isinstance(order, slice) else order[starts]
    return {name: take(keys, name)[first] for name in [*keys]}, sums


class Radix(NamedTuple):
    """How several whole numbers are packed in one, the first of them deciding most.

    ``lows`` are the least of each, ``spans`` how many values each may have from there on.

    Examples
    --------
    >>> radix = Radix([0, -1], [2, 10])
    >>> packed = radix.pack(np.zeros(2, np.int64), [np.array([0, 1]), np.array([-1, 8])])
    >>> packed.tolist(), [column.tolist() for column in radix.unpack(packed)]
    ([0, 19], [[0, 1], [-1, 8]])
    """

    lows: list[int]
    spans: list[int]

    @property
    def fits(self) -> bool:
        """Whether one number of 64 bits holds them all."""
        return math.prod(self.spans) < _MOST_KEYS

    def pack(self, whole: Any, columns: Sequence[Any]) -> Any:  # noqa: ANN401
        """Pack columns.

        Parameters
        ----------
        whole : numpy.ndarray of int64, shape (n,), or narwhals.Expr
            Zeros; an array is written to.
        columns : sequence of numpy.ndarray of whole numbers, shape (n,), or of narwhals.Expr
            The numbers.

        Returns
        -------
        numpy.ndarray of int64, shape (n,), or narwhals.Expr
            One number each.
        """
        for column, low, span in zip(columns, self.lows, self.spans, strict=True):
            if span > 1:
                whole *= span
                whole += column
                whole -= low
        return whole

    def unpack(self, whole: IntArray) -> list[IntArray]:
        """Give back what was packed.

        Parameters
        ----------
        whole : numpy.ndarray of int64, shape (n,)
            From `pack`.

        Returns
        -------
        list of numpy.ndarray of int64, shape (n,)
            The columns.
        """
        columns = []
        for low, span in zip(self.lows[::-1], self.spans[::-1], strict=True):
            whole, rest = np.divmod(whole, max(span, 1))
            columns.append(rest + low)
        return columns[::-1]

    def drop(self, place: int, whole: IntArray) -> tuple["Radix", IntArray]:
        """Leave out one of the columns.

        Parameters
        ----------
        place : int
            Which one, from 0.
        whole : numpy.ndarray of int64, shape (n,)
            From `pack`.

        Returns
        -------
        radix : Radix
            How the others are packed.
        whole : numpy.ndarray of int64, shape (n,)
            One number each.

        Examples
        --------
        >>> radix, whole = Radix([0, 5, 0], [2, 3, 10]).drop(1, np.array([27]))
        >>> [column.tolist() for column in radix.unpack(whole)]
        [[0], [7]]
        """
        lows, spans = ([*own[:place], *own[place + 1 :]] for own in (self.lows, self.spans))
        behind = math.prod(self.spans[place + 1 :])
        above = whole // (behind * self.spans[place])
        if behind > 1:
            above *= behind
            above += whole % behind
        return Radix(lows, spans), above


class Pile:
    """Whole numbers that come piece by piece, counted, lest those that are alike stand in memory.

    Examples
    --------
    >>> pile = Pile()
    >>> pile.add(np.array([7, 5, 7]), np.array([1, 1, 2]))
    >>> [column.tolist() for column in pile.take()]
    [[5, 7], [1, 3]]
    """

    def __init__(self) -> None:
        self._counted = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._once = np.empty(0, np.int64)
        self._loose = 0

    def add(self, numbers: IntArray, times: IntArray | None = None) -> None:
        """Add numbers.

        Parameters
        ----------
        numbers : numpy.ndarray of int64, shape (n,)
            The numbers.
        times : numpy.ndarray of int64, shape (n,), optional
            How often each is there; by default once.
        """
        if times is not None and (several := times != 1).any():
            self._join(numbers[several], times[several])
            numbers = numbers[~several]
        while len(numbers):
            if self._loose == len(self._once):
                self._make_room()
            some = numbers[: len(self._once) - self._loose]
            self._once[self._loose : self._loose + len(some)] = some
            self._loose += len(some)
            numbers = numbers[len(some) :]

    def take(self) -> tuple[IntArray, IntArray]:
        """Give what there is.

        Returns
        -------
        numbers : numpy.ndarray of int64, shape (m,)
            Each once, in order.
        times : numpy.ndarray of int64, shape (m,)
            How often.
        """
        self._settle()
        self._once = np.empty(0, np.int64)  # was large
        return self._counted

    def _make_room(self) -> None:
        """Count what is loose, and make room for as much as is counted, lest that is joined often.

        Room takes no memory before it is written to.
        """
        self._settle()
        room = max(_MOST_LOOSE, len(self._counted[0]))
        if room > len(self._once):
            self._once = np.empty(room, np.int64)

    def _settle(self) -> None:
        """Count what is there once each."""
        loose, self._loose = self._once[: self._loose], 0
        loose.sort()
        starts = np.flatnonzero(mark_new(loose))
        self._join(loose[starts], np.diff(starts, append=len(loose)))

    def _join(self, numbers: IntArray, times: IntArray) -> None:
        """Join numbers to those that are counted."""
        known, counts = self._counted
        if len(known):
            keys = {"number": np.concatenate([known, numbers])}
            joined, sums = sum_alike(keys, {"times": np.concatenate([counts, times])})
            numbers, times = joined["number"], sums["times"]
        self._counted = (numbers, times)


def _order_rows(keys: list[IntArray]) -> tuple[IntArray | slice, IntArray]:
    """Put rows in the order of several keys; give it, and where in it others begin.

    By one number where one holds all keys. Where it holds the row as well, numbers are sorted by
    themselves, a third of the time. Rows that are in order stay where they are: all of them, as a
    slice.
    """
    if not len(keys[0]):
        return slice(None), np.empty(0, np.int64)
    lows = [int(key.min()) for key in keys]
    radix = Radix(lows, [int(key.max()) - low + 1 for key, low in zip(keys, lows, strict=True)])
    if not radix.fits:
        order = np.lexsort(keys[::-1])
        return order, np.flatnonzero(mark_new(*(key[order] for key in keys)))
    whole = radix.pack(np.zeros(len(keys[0]), dtype=np.int64), keys)
    if (whole[1:] >= whole[:-1]).all():
        return slice(None), np.flatnonzero(mark_new(whole))
    bits = len(whole).bit_length()
    if math.prod(radix.spans) >= _MOST_KEYS >> bits:
        order = np.argsort(whole, kind="stable")
        return order, np.flatnonzero(mark_new(whole[order]))
    whole <<= bits
    whole |= np.arange(len(whole))
    whole.sort()
    starts = np.flatnonzero(mark_new(whole >> bits))
    whole &= (1 << bits) - 1
    return whole, starts


def mark_new(*ordered: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Mark the rows that differ from the one before, where rows that are alike stand together.

    Parameters
    ----------
    *ordered : numpy.ndarray, shape (n,)
        The columns by which they differ.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        The first row is one.

    Examples
    --------
    >>> mark_new(np.array([5, 5, 7]), np.array([1, 2, 2])).tolist()
    [True, True, True]
    """
    new = np.zeros(len(ordered[0]), dtype=bool)
    new[:1] = True
    for key in ordered:
        new[1:] |= key[1:] != key[:-1]
    return new
