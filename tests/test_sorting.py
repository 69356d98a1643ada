"""Rows that are alike, summed: against pandas, however far their keys are apart."""

import numpy as np
import pandas as pd
import pytest

from gii_geo import sorting
from gii_geo.sorting import Pile, Radix, sum_alike


@pytest.mark.parametrize("widest", [3, 2**40, 2**58, 2**61])
def test_rows_are_summed_in_the_order_of_their_keys(widest: int) -> None:
    # By one number and the row in it, by one number without, and by each key in turn.
    rng = np.random.default_rng(2)
    near = rng.integers(-2, 2, 400)
    far = rng.choice([-1, 0, widest], 400)
    values = {"rows": rng.integers(0, 9, 400), "weight": rng.integers(-(2**40), 2**40, 400)}
    keys, sums = sum_alike({"far": far, "near": near}, values)
    table = pd.DataFrame({"far": far, "near": near, **values})
    expected = table.groupby(["far", "near"]).agg(rows=("rows", "sum"), weight=("weight", "sum"))
    pd.testing.assert_frame_equal(pd.DataFrame({**keys, **sums}), expected.reset_index())


def test_no_rows_have_no_sums() -> None:
    keys, sums = sum_alike({"kind": np.empty(0, np.int64)}, {"rows": []})
    assert len(keys["kind"]) == len(sums["rows"]) == 0


@pytest.mark.parametrize("most", [1, 40, 10**6])
def test_numbers_that_come_piece_by_piece_are_counted(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_MOST_LOOSE", most)
    rng = np.random.default_rng(5)
    number, times = rng.integers(0, 40, 300), np.where(rng.random(300) < 0.9, 1, 5)
    pile = Pile()
    for part in np.split(np.arange(300), 10):
        pile.add(number[part], times[part])
    numbers, counts = pile.take()
    expected = pd.Series(times).groupby(number).sum()
    assert numbers.tolist() == expected.index.tolist()
    assert counts.tolist() == expected.tolist()


def test_a_pile_of_nothing_is_empty() -> None:
    assert [column.tolist() for column in Pile().take()] == [[], []]


def test_numbers_are_packed_in_one_up_to_its_bits() -> None:
    columns = [np.array([-3, 2]), np.array([5, 5]), np.array([0, 2**40])]
    radix = Radix([-3, 5, 0], [6, 1, 2**40 + 1])
    packed = radix.pack(np.zeros(2, np.int64), columns)
    assert packed.tolist() == [0, 5 * (2**40 + 1) + 2**40]
    assert [column.tolist() for column in radix.unpack(packed)] == [c.tolist() for c in columns]
    assert radix.fits
    assert not Radix([0, 0], [2**31, 2**31]).fits
