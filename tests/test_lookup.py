"""Hashes to numbers: held against a dictionary, hashes that crowd one slot too."""

import numpy as np
import pytest

from gii_geo.records.lookup import Lookup


@pytest.mark.parametrize("step", [1, 1 << 20, 1 << 60])
def test_numbers_are_those_of_a_dictionary(step: int) -> None:
    hashes = np.arange(12, dtype=np.uint64) * np.uint64(step) + np.uint64(2**64 - 3)
    lookup = Lookup.of(hashes)
    assert lookup.is_unique
    asked = np.random.default_rng(1).choice(hashes, 100)
    number = {int(own): row for row, own in enumerate(hashes)}
    whole = np.arange(100)
    assert lookup.pack(asked, whole)
    assert whole.tolist() == [row * 12 + number[int(own)] for row, own in enumerate(asked)]


def test_an_unknown_hash_is_told_and_so_is_one_that_is_there_twice() -> None:
    lookup = Lookup.of(np.array([0, 4, 8], dtype=np.uint64))
    assert not lookup.pack(np.array([4, 16], dtype=np.uint64), np.zeros(2, np.int64))
    assert not Lookup.of(np.array([5, 0, 5], dtype=np.uint64)).is_unique


def test_nothing_is_found_in_a_table_of_none() -> None:
    lookup = Lookup.of(np.empty(0, dtype=np.uint64))
    assert lookup.is_unique
    assert not lookup.pack(np.array([0], dtype=np.uint64), np.zeros(1, np.int64))
    assert lookup.pack(np.empty(0, dtype=np.uint64), np.empty(0, np.int64))
