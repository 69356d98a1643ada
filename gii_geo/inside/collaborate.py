"""Who works with whom: the records that two regions share, beside what chance would give."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.form import count_groups
from gii_geo.regions.tally import Tally
from gii_geo.regions.touch import Pairs, pair_touching
from gii_geo.tables import RECORD_UNITS

IntArray = npt.NDArray[np.int64]

_ROUNDS: Final = 1000


def share_records(tally: Tally, region: IntArray, *, regions: int) -> pd.DataFrame:
    """Count the records that two regions share, kind by kind.

    Chance leaves every region the number of records that it shares (one for each partner on a
    record) and nothing else: what a and b would share is x_a x_b, the factors such that every
    region's adds up to what it shares (quasi-independence; Goodman 1968, Journal of the American
    Statistical Association 63, pages 1091-1131). The ratio to it is the probabilistic affinity of
    Zitt, Bassecoulard and Okubo (2000, Scientometrics 47, pages 627-657), a region being no partner
    of itself: above 1 two regions work together more than their sizes tell.

    Parameters
    ----------
    tally : Tally
        What counts.
    region : numpy.ndarray of int64, shape (n,)
        Region of each of its locations, -1 outside.
    regions : int
        How many regions there are.

    Returns
    -------
    pandas.DataFrame
        One row per pair and kind with a record in common: region_a < region_b, kind, records (whole
        ones that touch both), weight_a and weight_b (what these records hold on either side, in
        records), share_a and share_b (their part, 0 to 1, of the records that touch the side),
        expected (records by chance) and ratio (records over expected).
    """
    touching = count_groups(tally, region, name="region", counting="full")
    touching = touching.reindex(pd.RangeIndex(regions), fill_value=0)
    parts = []
    for kind in tally.kinds:
        records = tally.records[(tally.records["kind"] == kind).to_numpy()]
        pairs = pair_touching(records, region, groups=regions)
        whole = touching[f"{kind}_weight"].to_numpy() // RECORD_UNITS
        a, b = whole[pairs.a], whole[pairs.b]
        expected = _expect(pairs, regions)
        parts.append(
            pd.DataFrame(
                {
                    "region_a": pairs.a,
                    "region_b": pairs.b,
                    "kind": kind,
                    "records": pairs.records,
                    "weight_a": pairs.weight_a / RECORD_UNITS,
                    "weight_b": pairs.weight_b / RECORD_UNITS,
                    "share_a": pairs.records / a,
                    "share_b": pairs.records / b,
                    "expected": expected,
                    "ratio": pairs.records / expected,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["region_a", "region_b"], kind="stable", ignore_index=True)


def _expect(pairs: Pairs, regions: int) -> npt.NDArray[np.float64]:
    """Tell how many records each pair would share by chance."""
    shared = np.bincount(pairs.a, pairs.records, regions) + np.bincount(
        pairs.b, pairs.records, regions
    )
    factor = np.sqrt(shared)
    for _ in range(_ROUNDS):
        others = factor.sum() - factor
        found = np.divide(shared, others, where=others > 0, out=np.zeros(regions))
        factor = np.sqrt(factor * found)  # half-way: else two regions would swap for ever
    expected: npt.NDArray[np.float64] = factor[pairs.a] * factor[pairs.b]
    return expected
