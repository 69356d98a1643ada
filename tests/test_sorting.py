"""Rows that are alike, summed: against pandas, however far their keys are apart."""

import numpy as np
import pandas as pd
import pytest

from gii_geo.records.sorting import sum_alike


@pytest.mark.parametrize("widest", [3, 2**40, 2**58, 2**61])
def test_rows_are_summed_in_the_order_of_their_keys(widest: int) -> None:
    # By one number and the row in it, by one number without, and by each key in turn.
    rng = np.random.default_rng(2)
    near = rng.integers(-2, 2, 400)
    far = rng.choice([-1, 0, widest], 400)
    values = {"rows": rng.integers(0, 9, 400), "weight": rng.integers(-(2**40), 2**40, 400)}
    keys, sums, first = sum_alike({"far": far, "near": near}, values)
    table = pd.DataFrame({"far": far, "near": near, **values})
    expected = table.groupby(["far", "near"]).agg(
        rows=("rows", "sum"), weight=("weight", "sum"), first=("rows", lambda own: own.index[0])
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame({**keys, **sums, "first": first}), expected.reset_index()
    )


def test_no_rows_have_no_sums() -> None:
    keys, sums, first = sum_alike({"kind": np.empty(0, np.int64)}, {"rows": []})
    assert len(keys["kind"]) == len(sums["rows"]) == len(first) == 0
