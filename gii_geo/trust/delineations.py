"""How alike two delineations are: which regions share activity, and how much of all agrees.

Jaccard, P., Étude comparative de la distribution florale, Bull. Soc. Vaud. Sci. Nat. 37 (1901); as
between delineations of cities: de Bellefon, Combes, Duranton, Gobillon and Gorin, Delineating urban
areas using building density, Journal of Urban Economics 2021. Hubert, L. and Arabie, P., Comparing
partitions, Journal of Classification 2 (1985).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.given import check_result
from gii_geo.jit import kernel
from gii_geo.regions.overlap import SAME_SHARE
from gii_geo.regions.sums import sum_groups

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Delineated(Protocol):
    """What a comparison of delineations needs of a result, see `result.Result`."""

    @property
    def location_table(self) -> pd.DataFrame:
        """Every location with its region_id and activity."""

    @property
    def regions(self) -> Any:  # noqa: ANN401  # a GeoDataFrame
        """The regions by rank."""


class Crossing(NamedTuple):
    """Activity that the regions of two delineations share, each numbered from 0.

    ``a`` and ``b`` are the pairs of regions that share any, by a, then b; ``shared`` is what they
    share, ``of_a`` and ``of_b`` what every region has.
    """

    a: IntArray
    b: IntArray
    shared: npt.NDArray[Any]
    of_a: npt.NDArray[Any]
    of_b: npt.NDArray[Any]

    @property
    def jaccard(self) -> FloatArray:
        """Of each pair what both have, as a part of what any of the two has (0 to 1)."""
        either = self.of_a[self.a] + self.of_b[self.b] - self.shared
        return np.asarray(self.shared / either, dtype=np.float64)

    def find_holders(self) -> IntArray:
        """Give for each region of a the region of b that holds at least half of it, -1 for none.

        Returns
        -------
        numpy.ndarray of int64, shape (regions of a,)
            Of two that hold exactly half the first.
        """
        holds = self.shared >= SAME_SHARE * self.of_a[self.a]
        holder = np.full(len(self.of_a), -1, dtype=np.int64)
        holder[self.a[holds][::-1]] = self.b[holds][::-1]
        return holder

    def find_same(self) -> IntArray:
        """Give for each region of a the region of b that is the same, -1 for none.

        Two regions are the same if what they share is at least half of either.

        Returns
        -------
        numpy.ndarray of int64, shape (regions of a,)
            Each of b at most once.
        """
        half = np.maximum(self.of_a[self.a], self.of_b[self.b]) * SAME_SHARE
        pairs = np.flatnonzero(self.shared >= half)
        # Only exact halves can be claimed twice: the larger goes first, then the first.
        pairs = pairs[np.argsort(-self.shared[pairs], kind="stable")]
        pairs = pairs[np.sort(np.unique(self.a[pairs], return_index=True)[1])]
        pairs = pairs[np.sort(np.unique(self.b[pairs], return_index=True)[1])]
        same = np.full(len(self.of_a), -1, dtype=np.int64)
        same[self.a[pairs]] = self.b[pairs]
        return same


@dataclass(frozen=True, eq=False)
class Agreement:
    """How alike two delineations of the same locations are.

    Attributes
    ----------
    pairs : pandas.DataFrame
        One row a pair of regions that share activity, most first: region_id, other_id, activity
        (shared, of all, 0 to 1), region_share and other_share (part of either that is shared, 0 to
        1) and jaccard (part that is shared of what any of the two has, 0 to 1).
    adjusted_rand : float
        Adjusted Rand index over activity: 1 if both part all activity alike, 0 if they agree no
        more than by chance; missing where neither has a region.
    """

    pairs: pd.DataFrame
    adjusted_rand: float


def compare_delineations(result: Delineated, other: Delineated) -> Agreement:
    """Tell how alike the regions of two results are, by the activity of the first.

    Locations are the same if they have the same coordinates; where the other result has none, it
    has no region. The Jaccard index of two regions is the activity that both have as a part of what
    any of the two has. The adjusted Rand index (Hubert and Arabie 1985) asks of each two locations
    whether both delineations put them into one region or both do not, two locations counting with
    the product of their activities; a location outside every region is alone.

    Parameters
    ----------
    result : Result
        The one whose activity counts.
    other : Result
        The other one, of other settings or another world.

    Returns
    -------
    Agreement
        Table of pairs and the index of all.

    Raises
    ------
    TypeError
        If one is no result.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> wide = compare_delineations(result, result.again(radius_km=18))
    >>> same = compare_delineations(result, result)
    >>> 0.9 < wide.adjusted_rand < 1, same.adjusted_rand, bool((same.pairs["jaccard"] == 1).all())
    (True, 1.0, True)
    """
    check_result(result)
    check_result(other, name="other")
    own = result.location_table[["lon", "lat", "region_id", "activity"]]
    place = pd.MultiIndex.from_frame(other.location_table[["lon", "lat"]])
    row = place.get_indexer(pd.MultiIndex.from_frame(own[["lon", "lat"]]))
    names = [pd.Index(side.regions["region_id"].sort_values()) for side in (result, other)]
    region = names[0].get_indexer(own["region_id"]).astype(np.int64)
    theirs = np.append(names[1].get_indexer(other.location_table["region_id"]), -1)[row]
    activity = own["activity"].to_numpy(np.float64)
    theirs = theirs.astype(np.int64)
    crossing = cross_activity(region, theirs, activity, regions=(len(names[0]), len(names[1])))
    pairs = pd.DataFrame(
        {
            "region_id": names[0].take(crossing.a),
            "other_id": names[1].take(crossing.b),
            "activity": crossing.shared.astype(np.float64),
            "region_share": crossing.shared / crossing.of_a[crossing.a],
            "other_share": crossing.shared / crossing.of_b[crossing.b],
            "jaccard": crossing.jaccard,
        }
    ).sort_values("activity", ascending=False, kind="stable", ignore_index=True)
    return Agreement(pairs, rate_agreement(region, theirs, activity))


def cross_activity(
    a: IntArray, b: IntArray, activity: npt.NDArray[Any], *, regions: tuple[int, int]
) -> Crossing:
    """Sum the activity that the regions of two delineations share.

    Parameters
    ----------
    a, b : numpy.ndarray of int64, shape (n,)
        Region of each location in either, numbered from 0, -1 outside.
    activity : numpy.ndarray, shape (n,)
        Of each location: whole numbers are summed exactly.
    regions : tuple of int
        How many regions either has.

    Returns
    -------
    Crossing
        What is shared by whom.

    Examples
    --------
    >>> a, b = np.array([0, 0, 1, -1]), np.array([0, 1, 1, 1])
    >>> crossing = cross_activity(a, b, np.array([3, 1, 4, 8]), regions=(2, 2))
    >>> crossing.shared.tolist(), crossing.of_b.tolist(), crossing.jaccard.round(2).tolist()
    ([3, 1, 4], [3, 13], [0.75, 0.06, 0.31])
    """
    of_a, of_b = (
        sum_groups(activity, group, count) for group, count in zip((a, b), regions, strict=True)
    )
    return Crossing(*_cross(a, b, activity, regions), of_a, of_b)


@kernel
def _cross(
    a: IntArray, b: IntArray, activity: npt.NDArray[Any], regions: tuple[int, int]
) -> tuple[IntArray, IntArray, npt.NDArray[Any]]:
    """Sum activity by pair of regions: those of one region of a stand together."""
    stop = np.zeros(regions[0] + 1, np.int64)
    for i in range(len(activity)):
        if a[i] >= 0 and b[i] >= 0 and activity[i] > 0:
            stop[a[i] + 1] += 1
    stop = stop.cumsum()
    rows = np.empty(stop[-1], np.int64)
    start = stop[:-1].copy()
    for i in range(len(activity)):
        if a[i] >= 0 and b[i] >= 0 and activity[i] > 0:
            rows[start[a[i]]] = i
            start[a[i]] += 1
    shared = np.zeros(regions[1], activity.dtype)
    pairs, sums = np.empty((len(rows), 2), np.int64), np.empty(len(rows), activity.dtype)
    count = 0
    for r in range(regions[0]):
        members = rows[stop[r] : stop[r + 1]]
        for i in members:
            shared[b[i]] += activity[i]
        for k in np.unique(b[members]):
            pairs[count, 0], pairs[count, 1], sums[count] = r, k, shared[k]
            shared[k] = 0
            count += 1
    return pairs[:count, 0].copy(), pairs[:count, 1].copy(), sums[:count].copy()


def rate_agreement(a: IntArray, b: IntArray, activity: npt.NDArray[Any]) -> float:
    """Give the adjusted Rand index of two delineations over activity.

    With P the sum, over pairs of locations, of the product of their activities, once of those in
    one region of both (P_ab), of a (P_a), of b (P_b), and of all pairs (P):

        (P_ab - P_a P_b / P) / ((P_a + P_b) / 2 - P_a P_b / P)

    With every activity 1 these are Hubert and Arabie's numbers of pairs.

    Parameters
    ----------
    a, b : numpy.ndarray of int64, shape (n,)
        Region of each location in either, numbered from 0; -1 outside, where each is alone.
    activity : numpy.ndarray, shape (n,)
        Of each location.

    Returns
    -------
    float
        At most 1; missing where neither has two locations in a region.

    Examples
    --------
    >>> a, b = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    >>> round(rate_agreement(a, b, np.ones(4)), 3)
    0.571
    """
    weight = activity / max(float(activity.max(initial=0)), 1e-300)  # no overflow, no underflow
    most = int(b.max(initial=-1)) + 1
    in_both = np.where((a >= 0) & (b >= 0), a * max(most, 1) + b, -1)
    together, of_a, of_b = (_pair_up(group, weight) for group in (in_both, a, b))
    everything = _pair_up(np.zeros(len(a), dtype=np.int64), weight)
    if not of_a + of_b:
        return float("nan")
    chance = of_a * of_b / everything
    most_agree = (of_a + of_b) / 2
    return 1.0 if most_agree == chance else (together - chance) / (most_agree - chance)


def _pair_up(group: IntArray, weight: FloatArray) -> float:
    """Sum the product of the weights of each two members of a group, over all groups."""
    inside = group >= 0
    _, slot = np.unique(group[inside], return_inverse=True)
    total = np.bincount(slot, weight[inside])
    own = np.bincount(slot, weight[inside] ** 2)
    return float((total**2 - own).sum() / 2)
