"""Shares of the world, score and rank of each region."""

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.tables import RECORD_UNITS, describe_kinds


def rank_regions(
    units: pd.DataFrame, *, totals: Mapping[str, int], score_weights: Mapping[str, float]
) -> pd.DataFrame:
    """Turn the record weight of each region into counts, shares, a score and a rank.

    The score is the sum over kinds of weight times share of the world total, as WIPO's printed
    columns of 2023 are (GII 2023, page 248). It is summed in whole numbers and rounded once, so
    that regions with the same score share a rank, whatever kinds it comes from.

    Parameters
    ----------
    units : pandas.DataFrame
        One row a region; columns `<kind>_weight`: record weight in units, whole numbers.
    totals : mapping of str to int
        World total per kind, in units, in the order of the columns; 0 where there are no records.
    score_weights : mapping of str to float
        Weight of each kind's share in the score; 1 where not named.

    Returns
    -------
    pandas.DataFrame
        On the index of `units`: rank, the plural of each kind, such as patents (fractional counts
        of records), `<kind>_share` (0 to 1; missing for a kind without records), score.

    Examples
    --------
    >>> units = pd.DataFrame({"patent_weight": [RECORD_UNITS, 0]})
    >>> rank_regions(units, totals={"patent": 4 * RECORD_UNITS}, score_weights={})
       rank  patents  patent_share  score
    0     1      1.0          0.25   0.25
    1     2      0.0          0.00   0.00
    """
    kinds = describe_kinds(totals)
    counts, shares = {}, {}
    for kind in kinds:
        total = totals[kind.word]
        weight = units[f"{kind.word}_weight"].to_numpy(np.float64)
        counts[kind.plural] = weight / RECORD_UNITS
        shares[f"{kind.word}_share"] = weight / total if total else np.full(len(units), np.nan)
    score = _sum_shares(units, totals, score_weights)
    rank = 1 + np.searchsorted(np.sort(-score), -score)  # one more than there are higher scores
    return pd.DataFrame({"rank": rank, **counts, **shares, "score": score}, index=units.index)


def _sum_shares(
    units: pd.DataFrame, totals: Mapping[str, int], score_weights: Mapping[str, float]
) -> npt.NDArray[np.float64]:
    """Sum weighted shares as fractions of one denominator, and round each sum once."""
    factors = {
        kind: Fraction(score_weights.get(kind, 1)) / int(total)
        for kind, total in totals.items()
        if total
    }
    whole = math.lcm(*(factor.denominator for factor in factors.values()))
    sums = np.zeros(len(units), dtype=object)
    for kind, factor in factors.items():
        sums += units[f"{kind}_weight"].to_numpy(np.int64).astype(object) * int(factor * whole)
    return np.array([one / whole for one in sums], dtype=np.float64)
