"""Rows that are alike, summed: against pandas, however far their keys are apart."""

import numpy as np
import pandas as pd
import pytest

from gii_geo import sorting
from gii_geo.sorting import Pile, sum_alike


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
def test_rows_that_come_piece_by_piece_are_summed(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_MOST_LOOSE", most)
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.integers(-1, 4, (300, 3)), columns=["place", "text", "records"])
    pile = Pile({"place": np.int32, "text": np.int16, "records": np.int64})
    for start in range(0, 300, 30):
        part = table.iloc[start : start + 30]
        pile.add({name: part[name].to_numpy() for name in ("text", "records", "place")})
    taken = pile.take()
    assert [column.dtype for column in taken.values()] == [np.int32, np.int16, np.int64]
    pd.testing.assert_frame_equal(
        pd.DataFrame(taken),
        table.groupby(["place", "text"], as_index=False).sum(),
        check_dtype=False,
    )


def test_a_pile_of_nothing_is_empty() -> None:
    assert [
        len(column) for column in Pile({"place": np.int8, "rows": np.int64}).take().values()
    ] == [0, 0]
