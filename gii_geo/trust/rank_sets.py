"""Rank sets: the ranks that the scores' own noise leaves open, sound at ties too.

Mogstad, Romano, Shaikh and Wilhelm, Inference for Ranks with Applications to Mobility across
Neighbourhoods and Academic Achievement across Countries, Review of Economic Studies 2024,
doi 10.1093/restud/rdad006. Resampled ranks are no such sets: they fail near ties (Xie, Singh and
Zhang, JASA 2009).
"""

import math
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gii_geo.jit import kernel, part
from gii_geo.ranges import check_confidence
from gii_geo.tables import FIRST_HUNDRED

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Draws = npt.NDArray[np.float32]

DRAWS: Final = 1000
"""As many draws as quantiles are taken from, and more for a higher confidence."""

SEED: Final = 1
"""Where the draws begin; the same sets every time."""

_SAFELY: Final = 4
"""By how much fewer draws exceed what is left out before the first step."""

_BLOCK: Final = 64

_LEAST_ABOVE: Final = 10
"""Draws above a quantile that it is taken from at least."""

NOTHING: Final = 1e-12
"""Part of two regions' variance below which that of their difference is rounding."""


class RankSets(NamedTuple):
    """The ranks that regions may have, in the order that their scores came in.

    ``low`` and ``high`` are the best and the worst rank of each, 1 being the best. ``first`` is
    "surely", "maybe" or "no": whether a region is among the first; one-sided and simultaneous, so
    that at this confidence all that are called "surely" are, and none that is is called "no".
    """

    low: IntArray
    high: IntArray
    first: npt.NDArray[np.object_]


def find_rank_sets(
    score: FloatArray,
    covariance: FloatArray,
    *,
    confidence: float = 0.95,
    simultaneous: bool = False,
    first: int = FIRST_HUNDRED,
    seed: int = SEED,
) -> RankSets:
    """Find for each region the ranks that it may have.

    Regions j and k differ where |score_j - score_k| / s_jk exceeds the quantile, over draws Z of
    mean 0 and the scores' covariance, of the largest |Z_j - Z_k| / s_jk of the pairs in question.
    Of a pair that differs the order that is shown is dropped, its reverse is not (it would be a
    wrong claim too), and the quantile is taken anew until none differs.

    Parameters
    ----------
    score : numpy.ndarray of float64, shape (n,)
        Of all regions found, not of the first hundred alone.
    covariance : numpy.ndarray of float64, shape (n, n)
        Of the scores.
    confidence : float, default 0.95
        From 0.5 to 0.999.
    simultaneous : bool, default False
        Whether all sets hold at once at this confidence, or each row's own by itself.
    first : int, default 100
        How many are the first.
    seed : int, default 1
        Where the draws begin.

    Returns
    -------
    RankSets
        The rank by score is never outside.

    Raises
    ------
    ValueError
        If the confidence is out of its range.

    Examples
    --------
    >>> sets = find_rank_sets(np.array([9.0, 1.2, 1.0]), np.eye(3), first=2)
    >>> sets.low.tolist(), sets.high.tolist(), sets.first.tolist()
    ([1, 2, 2], [1, 3, 3], ['surely', 'maybe', 'maybe'])
    """
    check_confidence(confidence)
    draws = max(DRAWS, math.ceil(_LEAST_ABOVE / (1 - confidence)))
    # Rounded so that no confidence is lost, but for what 1 - 0.95 is not 0.05.
    spared = int((1 - confidence) * draws + NOTHING * draws)
    field = _draw_field(score, covariance, draws=draws, seed=seed)
    others = max(len(score) - 1, 1)
    far, farthest = (_bound_quantile(confidence, pairs) for pairs in (others, others**2))
    # All pairs in both directions are also the family of the one-sided question.
    best, worst = low, high = field.restore(_rank_all(*field.arrays, spared, farthest))
    if not simultaneous:
        low, high = field.restore(_rank_each(*field.arrays, spared, far))
    told = np.where(worst <= first, "surely", np.where(best <= first, "maybe", "no"))
    return RankSets(low, high, told.astype(object))


def _bound_quantile(confidence: float, pairs: int) -> float:
    """Bound the largest difference of so many pairs by Bonferroni, for fewer draws above by far.

    Pairs beyond differ at the first step in any case, so that dropping the order that they show
    before it changes no set: what is left of the steps is the same.
    """
    return NormalDist().inv_cdf(1 - (1 - confidence) / (_SAFELY * 2 * pairs))


class _Field(NamedTuple):
    """Regions in the order of their scores: 1 / s of every pair, and draws.

    A pair without noise has the precision 0 if it is a tie, and infinity if it is known apart.
    """

    order: IntArray
    score: FloatArray
    precision: FloatArray
    drawn: Draws

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, Draws]:
        """What kernels take."""
        return self.score, self.precision, self.drawn

    def restore(self, ranks: IntArray) -> IntArray:
        """Put ranks in the order that the scores came in."""
        restored = np.empty_like(ranks)
        restored[self.order] = ranks
        return restored.T


def _draw_field(score: FloatArray, covariance: FloatArray, *, draws: int, seed: int) -> _Field:
    """Order regions by score, tell the pairs without noise, and draw."""
    order = np.argsort(-score, kind="stable")
    ranked = np.ascontiguousarray(score[order], dtype=np.float64)
    ordered = np.ascontiguousarray(covariance[np.ix_(order, order)], dtype=np.float64)
    own = np.maximum(np.diag(ordered), 0.0)  # what does not vary may be rounded below
    np.fill_diagonal(ordered, own)
    both = own[:, None] + own
    noise = both - 2 * ordered
    silent = noise <= NOTHING * both
    apart = np.abs(ranked[:, None] - ranked) > NOTHING * np.abs(ranked).max(initial=0)
    precision = 1 / np.sqrt(np.where(silent, 1.0, noise))
    precision[silent] = np.where(apart[silent], np.inf, 0.0)
    normal = np.random.default_rng(seed).standard_normal((len(score), draws))
    return _Field(order, ranked, precision, _correlate(ordered, normal))


@part
def _factor(covariance: FloatArray) -> FloatArray:
    """Factor a covariance (Cholesky): libraries sum in an order that hangs on the cores."""
    n = len(covariance)
    factor = covariance.copy()
    for j in range(n):
        if factor[j, j] <= NOTHING * covariance[j, j]:
            factor[j:, j] = 0.0  # all of it is in those before
            continue
        column = factor[:, j] / np.sqrt(factor[j, j])
        factor[j:, j] = column[j:]
        for i in range(j + 1, n):
            by = column[i]
            for k in range(j + 1, i + 1):
                factor[i, k] -= by * column[k]
    return factor


@kernel
def _correlate(covariance: FloatArray, normal: FloatArray) -> Draws:
    """Draw with a covariance, a few draws at once: they stay in the processor's cache."""
    n, draws = normal.shape
    factor = _factor(covariance)
    drawn = np.empty((n, draws), np.float32)
    for start in range(0, draws, _BLOCK):
        some = np.ascontiguousarray(normal[:, start : start + _BLOCK])
        for i in range(n):
            sums = np.zeros(some.shape[1])
            for j in range(i + 1):
                by = factor[i, j]
                for d in range(len(sums)):
                    sums[d] += by * some[j, d]
            for d in range(len(sums)):
                drawn[i, start + d] = sums[d]
    return drawn


@part
def _is_open(precision: float) -> bool:
    """Tell whether a pair has noise."""
    return 0.0 < precision < np.inf


@part
def _copy(source: Draws, target: Draws) -> None:
    """Copy draws one by one: all at once takes seconds to compile."""
    for d in range(len(source)):
        target[d] = source[d]


@part
def _widen(most: Draws, a: Draws, b: Draws, precision: float) -> None:
    """Raise the largest difference of each draw by that of one pair, in either direction.

    `fmax` and not `max`, which is compiled to a masked store: four times slower on some processors.
    """
    for d in range(len(most)):
        most[d] = np.fmax(abs(a[d] - b[d]) * np.float32(precision), most[d])


@part
def _reverse(most: Draws, high: Draws, low: Draws, precision: float) -> None:
    """Raise the largest difference of each draw by what the lower of a pair passes the higher."""
    for d in range(len(most)):
        most[d] = np.fmax((low[d] - high[d]) * np.float32(precision), most[d])


@part
def _find_quantile(most: Draws, spared: int) -> float:
    """Give the value that all but some draws do not exceed; the draws change their order."""
    wanted = len(most) - 1 - spared
    low, high = 0, len(most) - 1
    while low < high:  # what is wanted lies between: Hoare's selection
        middle = most[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while most[i] < middle:
                i += 1
            while most[j] > middle:
                j -= 1
            if i <= j:
                most[i], most[j] = most[j], most[i]
                i, j = i + 1, j - 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return float(most[wanted])


@kernel
def _rank_each(
    score: FloatArray, precision: FloatArray, drawn: Draws, spared: int, far: float
) -> IntArray:
    """Compare each region with all others, by quantiles of its own."""
    n = len(score)
    ranks = np.empty((n, 2), np.int64)
    most = np.empty(drawn.shape[1], np.float32)
    never, nothing = np.empty_like(most), np.zeros(drawn.shape[1], np.float32)
    rest = np.empty(n, np.int64)
    for j in range(n):
        left = 0
        _copy(nothing, never)
        low, high = 1, n
        for k in range(n):
            apart = abs(score[j] - score[k])
            if _is_open(precision[j, k]) and apart * precision[j, k] <= far:
                rest[left] = k
                left += 1
            elif precision[j, k] > 0.0:
                low += score[k] > score[j]
                high -= score[k] < score[j]
                if precision[j, k] < np.inf:
                    _reverse(never, drawn[min(j, k)], drawn[max(j, k)], precision[j, k])
        found = left > 0
        while found:
            _copy(never, most)
            for i in range(left):
                _widen(most, drawn[j], drawn[rest[i]], precision[j, rest[i]])
            quantile = _find_quantile(most, spared)
            kept = 0
            for i in range(left):
                k = rest[i]
                if abs(score[j] - score[k]) * precision[j, k] > quantile:
                    low += score[k] > score[j]
                    high -= score[k] < score[j]
                    _reverse(never, drawn[min(j, k)], drawn[max(j, k)], precision[j, k])
                else:
                    rest[kept] = k
                    kept += 1
            found = 0 < kept < left
            left = kept
        ranks[j, 0], ranks[j, 1] = low, high
    return ranks


def _rank_all(
    score: FloatArray, precision: FloatArray, drawn: Draws, spared: int, far: float
) -> IntArray:
    """Compare all pairs by one quantile."""
    apart = np.triu(precision > 0, 1)
    near = np.zeros_like(apart)
    for a in range(len(score)):
        ahead = score[a] - score[a:]
        near[a, a:] = ahead * precision[a, a:] <= far
    never = _reverse_all(apart & ~near & (precision < np.inf), precision, drawn)
    above = apart & ~_keep_open(score, precision, drawn, apart & near, never, spared)
    return np.stack([1 + above.sum(axis=0), len(score) - above.sum(axis=1)], axis=1)


@kernel
def _reverse_all(pairs: npt.NDArray[np.bool_], precision: FloatArray, drawn: Draws) -> Draws:
    """Give per draw by how much at most the lower of some pairs passes the higher."""
    most = np.zeros(drawn.shape[1], np.float32)
    for a in range(len(pairs)):
        for b in range(a + 1, len(pairs)):
            if pairs[a, b]:
                _reverse(most, drawn[a], drawn[b], precision[a, b])
    return most


@kernel
def _keep_open(  # one argument a part of the field
    score: FloatArray,
    precision: FloatArray,
    drawn: Draws,
    pairs: npt.NDArray[np.bool_],
    never: Draws,
    spared: int,
) -> npt.NDArray[np.bool_]:
    """Step down: give the pairs whose order stays open; `never` is raised by what is dropped."""
    n = len(score)
    kept = pairs.copy()
    found = True
    while found:
        found = False
        most = never.copy()
        for a in range(n):
            for b in range(a + 1, n):
                if kept[a, b]:
                    _widen(most, drawn[a], drawn[b], precision[a, b])
        quantile = _find_quantile(most, spared)
        for a in range(n):
            for b in range(a + 1, n):
                if kept[a, b] and (score[a] - score[b]) * precision[a, b] > quantile:
                    kept[a, b] = False
                    found = True
                    _reverse(never, drawn[a], drawn[b], precision[a, b])
    return kept
