"""How the scores of regions vary together: exactly, from the records that were counted."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.jit import kernel
from gii_geo.regions.form import count_groups, count_totals
from gii_geo.regions.sums import sum_groups
from gii_geo.regions.tally import Tally
from gii_geo.regions.touch import UNITS, Codes, Few, SmallArray, list_columns
from gii_geo.tables import RECORD_UNITS
from gii_geo.trust.together import Together, choose_groups, find_groups, sum_apart, sum_together

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Covariances = Mapping[tuple[str, str], FloatArray]


def covary_shares(
    tally: Tally,
    region: IntArray,
    settings: Any,  # noqa: ANN401
) -> dict[tuple[str, str], FloatArray]:
    """Give the covariance of the regions' shares of the world, kind by kind.

    Regions are held as they are, records are drawn anew. Record r has the part w_rj in region j
    (with full counting 1 if it touches it) and v_r of what shares are shares of (1, or with
    `share_of="placed"` its placed part), so that p_j = sum_r w_rj / sum_r v_r and

        Cov_ij = sum_r (w_ri - p_i v_r) (w_rj - p_j v_r) / (sum_r v_r)^2.

    Where records hang together, as one applicant's do, groups are drawn anew instead: the products
    are those of the groups' sums, a record without a group being one of its own, times G / (G - 1)
    for G groups. A group that has records of several kinds brings all of them, so that the shares
    of two kinds vary together by the products of its sums of either. A kind of a single group tells
    nothing of how groups differ: its records, as those of a kind without groups, are taken as
    independent.

    Parameters
    ----------
    tally : Tally
        What counts.
    region : numpy.ndarray of int64, shape (n,)
        Region of each of its locations, numbered from 0, -1 outside.
    settings : Settings or Picked
        counting and share_of.

    Returns
    -------
    dict of (str, str) to numpy.ndarray of float64, shape (regions, regions)
        Of each kind with itself, and of two kinds that have groups in common what both directions
        come to together; symmetric. Only kinds of which anything counts.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> formed = result.formed
    >>> shares = covary_shares(formed.tally, formed.delineation.region, result.settings)
    >>> bool(shares["patent", "patent"][0, 1] < 0)  # what one has the other lacks
    True
    """
    full = settings.counting == "full"
    sums = count_groups(tally, region, name="region", counting=settings.counting)
    totals = count_totals(tally, settings)
    groups = choose_groups(tally)
    products = _multiply_parts(tally, groups, region, regions=len(sums), full=full)
    together = sum_together(tally, groups, region, settings, regions=len(sums))
    covariance: dict[tuple[str, str], FloatArray] = {}
    deviating: dict[str, tuple[Together, FloatArray]] = {}
    for kind in tally.kinds:
        total = totals[kind] / RECORD_UNITS
        if not total:
            continue
        both, own, placed = products[kind]
        held = sums[f"{kind}_weight"].to_numpy(np.float64) / RECORD_UNITS
        grouped = together.get(kind)
        if full or settings.share_of == "all":
            own, placed = held, total  # every record in the denominator is 1 there
            if grouped:
                own = own - grouped.held.sum(axis=0)
                placed -= float(grouped.counted.sum())
        if grouped:
            both = both + (grouped.held.T @ grouped.held).toarray()
            own = own + grouped.held.T @ grouped.counted
            placed += float(grouped.counted @ grouped.counted)
        share = held / total
        cross = np.outer(share, own)
        spread = both - cross - cross.T + placed * np.outer(share, share)
        covariance[kind, kind] = spread / total**2 * (grouped.factor if grouped else 1)
        if grouped:
            deviating[kind] = (grouped.scale(np.sqrt(grouped.factor) / total), share)
    for kind, other in combinations(deviating, 2):
        if len(np.intersect1d(deviating[kind][0].names, deviating[other][0].names)):
            across = _multiply_kinds(*deviating[kind], *deviating[other])
            covariance[kind, other] = across + across.T
    return covariance


def _multiply_kinds(
    one: Together, share: FloatArray, other: Together, other_share: FloatArray
) -> FloatArray:
    """Sum over the groups that two kinds have in common what these deviate by in either."""
    _, a, b = np.intersect1d(one.names, other.names, assume_unique=True, return_indices=True)
    held, other_held = one.held[a], other.held[b]
    counted, other_counted = one.counted[a], other.counted[b]
    products: FloatArray = (
        (held.T @ other_held).toarray()
        - np.outer(held.T @ other_counted, other_share)
        - np.outer(share, other_held.T @ counted)
        + counted @ other_counted * np.outer(share, other_share)
    )
    return products


def covary_scores(
    shares: Covariances, score_weights: Mapping[str, float], *, regions: int
) -> FloatArray:
    """Give the covariance of the scores: kinds vary together as far as groups have both.

    Parameters
    ----------
    shares : mapping of (str, str) to numpy.ndarray of float64, shape (regions, regions)
        From `covary_shares`.
    score_weights : mapping of str to float
        Weight of each kind's share in the score; 1 where not named.
    regions : int
        How many there are.

    Returns
    -------
    numpy.ndarray of float64, shape (regions, regions)
        Symmetric.

    Examples
    --------
    >>> covary_scores({("deal", "deal"): np.array([[0.25]])}, {"deal": 2.0}, regions=1).tolist()
    [[1.0]]
    """
    total = np.zeros((regions, regions))
    for (kind, other), covariance in shares.items():
        weight = score_weights.get(kind, 1.0) * score_weights.get(other, 1.0)
        total += weight * covariance
    return total


def _multiply_parts(
    tally: Tally, groups: pd.DataFrame, region: IntArray, *, regions: int, full: bool
) -> dict[str, tuple[FloatArray, FloatArray, float]]:
    """Sum over records without a group, per kind: w_i w_j, v w_j and v v, v the placed part."""
    records = tally.records
    if len(groups):
        records = records[find_groups(tally, groups) < 0]
    words = list(records["kind"].cat.categories)
    shape = (len(words), regions)
    both, own, placed = _multiply_spread(region, shape, full, *list_columns(records))
    products = {}
    for kind in tally.kinds:
        square = sum_apart(tally, groups, kind, full=full)
        held: FloatArray = sum_groups(square, region, regions)
        a: FloatArray = np.diag(held).astype(np.float64)
        b = held
        c = float(square.sum())
        if kind in words:
            code = words.index(kind)
            a, b, c = a + both[code], b + own[code], c + float(placed[code])
        products[kind] = (a, b, c)
    return products


@kernel
def _multiply_spread(  # noqa: PLR0913, PLR0917  # one argument a column
    region: IntArray,
    shape: tuple[int, int],
    full: bool,  # noqa: FBT001
    kind: Codes,
    record: SmallArray,
    location: SmallArray,
    addresses: Few,
    size: Few,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Go through the records that stand at several locations, one after the other."""
    kinds, regions = shape
    both = np.zeros((kinds, regions, regions))
    own = np.zeros((kinds, regions))
    placed = np.zeros(kinds)
    last = np.full(regions, -1, np.int64)
    held = np.zeros(regions)
    touched = np.empty(regions, np.int64)
    start = 0
    while start < len(record):
        count, stop, everywhere = 0, start, 0.0
        # As scores have it: whole units of each address, the leftover is nobody's.
        each = UNITS // size[start] / UNITS
        while stop < len(record) and record[stop] == record[start]:
            g = region[location[stop]]
            everywhere += addresses[stop] * each
            if g >= 0:
                if last[g] != record[start]:
                    last[g], held[g] = record[start], 0.0
                    touched[count] = g
                    count += 1
                held[g] = 1.0 if full else held[g] + addresses[stop] * each
            stop += 1
        everywhere = 1.0 if full else everywhere
        k = kind[start]
        placed[k] += everywhere * everywhere
        for i in range(count):
            a = touched[i]
            own[k, a] += everywhere * held[a]
            for j in range(count):
                both[k, a, touched[j]] += held[a] * held[touched[j]]
        start = stop
    return both, own, placed
