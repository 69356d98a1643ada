"""Hashes of 64 bits to the numbers of what they are of."""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from gii_geo.jit import kernel

HashArray = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.int64]


class Lookup(NamedTuple):
    """Numbers by hash: a table with open addressing, at most half full.

    ``hashes`` and ``numbers`` are its slots, the number -1 in one that is empty; ``many`` is how
    many hashes there are, and ``is_unique`` tells whether no two of them are the same.

    Examples
    --------
    >>> lookup = Lookup.of(np.array([7, 40, 5], dtype=np.uint64))
    >>> packed = np.array([1, 0])
    >>> lookup.pack(np.array([5, 40], dtype=np.uint64), packed), packed.tolist()
    (True, [5, 1])
    """

    hashes: HashArray
    numbers: npt.NDArray[np.int32]
    many: int
    is_unique: bool

    @classmethod
    def of(cls, hashes: HashArray) -> Self:
        """Make the table.

        Parameters
        ----------
        hashes : numpy.ndarray of uint64, shape (n,)
            In the order of their numbers, from 0.

        Returns
        -------
        Lookup
            The table.
        """
        slots = 1 << (2 * len(hashes)).bit_length()
        held, numbers = np.zeros(slots, np.uint64), np.full(slots, -1, np.int32)
        return cls(held, numbers, len(hashes), bool(_fill(hashes, held, numbers)))

    def pack(self, hashes: HashArray, whole: IntArray) -> bool:
        """Pack the numbers of hashes behind others, as `sorting.Radix` does.

        Parameters
        ----------
        hashes : numpy.ndarray of uint64, shape (n,)
            The hashes.
        whole : numpy.ndarray of int64, shape (n,)
            What is packed so far; is written to.

        Returns
        -------
        bool
            Whether all of them are known.
        """
        return bool(_pack(hashes, self.hashes, self.numbers, self.many, whole))


@kernel
def _fill(hashes: Any, held: Any, numbers: Any) -> bool:  # noqa: ANN401
    """Put hashes in their slots; tell whether no two are the same."""
    last, one = np.uint64(len(held) - 1), np.uint64(1)
    for number in range(len(hashes)):
        slot = hashes[number] & last
        while numbers[slot] >= 0:
            if held[slot] == hashes[number]:
                return False
            slot = (slot + one) & last
        held[slot] = hashes[number]
        numbers[slot] = number
    return True


@kernel
def _pack(hashes: Any, held: Any, numbers: Any, many: int, whole: Any) -> bool:  # noqa: ANN401
    """Pack the numbers of hashes; tell whether all are known."""
    last, one = np.uint64(len(held) - 1), np.uint64(1)
    for row in range(len(hashes)):
        slot = hashes[row] & last
        while numbers[slot] >= 0 and held[slot] != hashes[row]:
            slot = (slot + one) & last
        if numbers[slot] < 0:
            return False
        whole[row] = whole[row] * many + numbers[slot]
    return True
