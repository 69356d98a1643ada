"""How sure the ranks of a question are: its records' covariance, then rank sets."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import list_runs
from gii_geo.ranges import check_confidence
from gii_geo.regions.form import DELINEATED, RANKED, Formed
from gii_geo.regions.tally import Tally
from gii_geo.settings import Settings
from gii_geo.tables import FIRST_HUNDRED, RANK_SETS
from gii_geo.trust.covariance import Covariances, covary_scores, covary_shares
from gii_geo.trust.rank_sets import NOTHING, find_rank_sets
from gii_geo.trust.together import choose_groups, count_independent
from gii_geo.world import World

FloatArray = npt.NDArray[np.float64]

FEW: Final = 40
"""Records or groups of a kind below which a normal distribution is too narrow: two tied towns are
told apart in 7 % of the worlds with 20 groups where 5 % is promised, in 14 % with 5."""

MOST_REGIONS: Final = 1500
"""Of more regions the rank sets are not told: their time grows with the square and the cube."""


def rank_surely(
    world: World,
    formed: Formed,
    settings: Any,  # noqa: ANN401
    *,
    confidence: float,
    simultaneous: bool = False,
    people: "pd.Series[Any] | None" = None,
) -> pd.DataFrame:
    """Tell the ranks that regions may have, were other records of the same process counted.

    Regions are held as they are. Where a column of groups says which records hang together (one
    applicant, one laboratory), groups are drawn anew; else records are taken as independent, and
    these are the narrowest fair sets (`describe_unsure`).

    Parameters
    ----------
    world : World
        What was asked; it keeps what was found.
    formed : Formed
        Regions by number, ranked.
    settings : Settings
        The question.
    confidence : float
        From 0.5 to 0.999.
    simultaneous : bool, default False
        Whether all sets hold at once, or each row's own by itself.
    people : pandas.Series, optional
        By region, for ranks by score per head; regions where it is missing or 0 are left out.

    Returns
    -------
    pandas.DataFrame
        By region: rank_low and rank_high (the best and the worst rank) and top_100: whether it is
        "surely", "maybe" or not ("no") among the first hundred. Missing for more regions than
        `MOST_REGIONS`.

    Raises
    ------
    ValueError
        If the confidence is out of its range.
    """
    check_confidence(confidence)
    if len(formed.ranking) > MOST_REGIONS:
        return _tell_none(formed)
    asked = {"confidence": confidence, "simultaneous": simultaneous}
    find = partial(_find_kept, world, formed, settings, people, **asked)
    if people is not None:
        return find()
    return world.keep("rank sets", (settings.pick(*DELINEATED, *RANKED), *asked.values()), find)


def _find_kept(
    world: World,
    formed: Formed,
    settings: Any,  # noqa: ANN401
    people: "pd.Series[Any] | None",
    **asked: Any,  # noqa: ANN401
) -> pd.DataFrame:
    """Find the rank sets from the covariance that the world keeps."""
    return _find_sets(formed, settings, covary_ranking(world, formed, settings), people, **asked)


def rank_apart(formed: Formed, settings: Any, **asked: Any) -> pd.DataFrame:  # noqa: ANN401
    """Tell the same as `rank_surely` of a ranking of its own, of which nothing is kept.

    Parameters
    ----------
    formed : Formed
        Regions by number, ranked.
    settings : Settings
        The question.
    **asked : Any
        confidence and simultaneous.

    Returns
    -------
    pandas.DataFrame
        As `rank_surely` gives it.

    Raises
    ------
    ValueError
        If the confidence is out of its range.
    """
    check_confidence(asked["confidence"])
    if len(formed.ranking) > MOST_REGIONS:
        return _tell_none(formed)
    shares = covary_shares(formed.tally, formed.delineation.region, settings)
    return _find_sets(formed, settings, _covary(shares, formed, settings), None, **asked)


def _is_unknowable(tally: Tally, settings: Any) -> bool:  # noqa: ANN401
    """Tell whether a kind that weighs something is of one record, which cannot vary."""
    records = tally.totals["records"]
    return any(records[kind] == 1 and settings.score_weights.get(kind, 1) for kind in tally.kinds)


def _tell_none(formed: Formed) -> pd.DataFrame:
    """Give the rank sets of too many regions: all are missing."""
    unknown = pd.DataFrame(index=formed.ranking.index, columns=list(RANK_SETS))
    return unknown.astype({"rank_low": "Int64", "rank_high": "Int64", "top_100": "str"})


def _find_sets(
    formed: Formed,
    settings: Any,  # noqa: ANN401
    covariance: FloatArray,
    people: "pd.Series[Any] | None",
    **asked: Any,  # noqa: ANN401
) -> pd.DataFrame:
    """Find the rank sets by score, or by score per head of people who are held fixed."""
    heads = np.ones(len(formed.ranking)) if people is None else people.to_numpy(np.float64)
    known = heads > 0  # a missing number is not
    index = formed.ranking.index[known]
    if _is_unknowable(formed.tally, settings):
        told = "maybe" if len(index) > FIRST_HUNDRED else "surely"
        every = {"rank_low": 1, "rank_high": len(index), "top_100": told}
        return pd.DataFrame(every, index=index).astype({"top_100": "str"})
    ratio = np.divide(1.0, heads, where=known, out=np.zeros(len(heads)))[known]
    covariance = covariance[np.ix_(known, known)]
    score = formed.ranking["score"].to_numpy()[known] / _find_largest(formed, settings) * ratio
    sets = find_rank_sets(score, covariance * np.outer(ratio, ratio), **asked)
    first = pd.Series(sets.first, index=index, dtype="str")
    return pd.DataFrame(
        {"rank_low": sets.low, "rank_high": sets.high, "top_100": first}, index=index
    )


def note_unsure(world: World, formed: Formed, settings: Any) -> list[str]:  # noqa: ANN401
    """Give the notes on a question's rank sets, which hang on no weight and no way of counting.

    Parameters
    ----------
    world : World
        What was asked; it keeps them.
    formed : Formed
        Regions by number.
    settings : Settings
        The question.

    Returns
    -------
    list of str
        From `describe_unsure`; none without rank sets.
    """
    if not settings.rank_sets:
        return []
    return world.keep(
        "unsure",
        settings.pick(*DELINEATED),
        lambda: describe_unsure(formed.tally, len(formed.ranking)),
    )


def describe_unsure(tally: Tally, regions: int) -> list[str]:
    """Say what is to be known of the ranks that regions may have.

    Parameters
    ----------
    tally : Tally
        What counts.
    regions : int
        How many regions there are.

    Returns
    -------
    list of str
        That they are not told, if there are too many; or of which kinds records are taken as
        independent of each other, if any, and of which there are too few.

    Examples
    --------
    >>> import gii_geo
    >>> from gii_geo.regions.tally import count_world
    >>> tally = count_world(gii_geo.read_world(gii_geo.demo_path()), kinds=("deal",))
    >>> describe_unsure(tally, 274)
    []
    >>> describe_unsure(tally, 9_399)
    ['The ranks that regions may have are told for up to 1,500 regions; found 9,399: ...']
    """
    if regions > MOST_REGIONS:
        told = f"The ranks that regions may have are told for up to {MOST_REGIONS:,} regions"
        return [f"{told}; found {regions:,}: a larger minimum gives fewer."]
    if not regions:
        return []
    groups = choose_groups(tally)
    several, named = ({*list_runs(table["kind"])} for table in (groups, tally.groups))
    counts = count_independent(tally, groups)
    notes = []
    if alone := [kind for kind in counts if kind not in several]:
        why = "no column group" if not named & set(alone) else "no two groups"
        told = f"Rank sets take the records of {_join(alone)} as independent ({why})"
        notes.append(f"{told}: the narrowest fair sets.")
    if few := [kind for kind, count in counts.items() if count < FEW]:
        told = ", ".join(f"{counts[kind]:,} of {kind}" for kind in few)
        notes.append(
            f"Rank sets are too sure where little is independent: found {told}, must be {FEW} "
            "records or groups."
        )
    return notes


def _join(words: Sequence[str]) -> str:
    """Join words as a sentence does."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def print_rank(region: Mapping[Any, Any]) -> str:
    """Print a region's rank with those that it may have.

    Parameters
    ----------
    region : mapping
        rank and, where they are told, rank_low and rank_high.

    Returns
    -------
    str
        The rank alone where no other is told.

    Examples
    --------
    >>> print_rank({"rank": 7, "rank_low": 6, "rank_high": 9})
    '7 (6–9)'
    """
    rank, low, high = (region.get(name) for name in ("rank", "rank_low", "rank_high"))
    is_sure = low is None or pd.isna(low) or low == high
    return f"{rank}" if is_sure else f"{rank} ({low}–{high})"


class Ranked(Protocol):
    """What a comparison needs of a result, see `result.Result`."""

    @property
    def world(self) -> World:
        """What was asked."""

    @property
    def formed(self) -> Formed:
        """The regions by number."""

    @property
    def settings(self) -> Settings:
        """The question."""


def compare_pair(result: Ranked, number: int, other: int) -> float:
    """Tell with what confidence one region's score is above another's: one-sided, this pair alone.

    Parameters
    ----------
    result : Result
        The result.
    number, other : int
        Numbers of two regions.

    Returns
    -------
    float
        From 0 to 1; 0.5 for a tie, and where a kind is of one record, which leaves every rank open.
    """
    if _is_unknowable(result.formed.tally, result.settings):
        return 0.5
    score = result.formed.ranking["score"]
    largest = _find_largest(result.formed, result.settings)
    apart = float(score.loc[number] - score.loc[other]) / largest
    covariance = covary_ranking(result.world, result.formed, result.settings)
    a, b = (score.index.to_list().index(one) for one in (number, other))
    both = covariance[a, a] + covariance[b, b]
    noise = both - 2 * covariance[a, b]
    if noise <= NOTHING * both:
        return 0.5 + 0.5 * float(np.sign(apart))
    return 0.5 + 0.5 * math.erf(apart / math.sqrt(2 * noise))


def covary_ranking(world: World, formed: Formed, settings: Any) -> FloatArray:  # noqa: ANN401
    """Give the covariance of the scores of a question's regions.

    Parameters
    ----------
    world : World
        What was asked; it keeps the covariance of the shares for other weights.
    formed : Formed
        Regions by number, ranked.
    settings : Settings
        The question.

    Returns
    -------
    numpy.ndarray of float64, shape (regions, regions)
        Symmetric, in the order of the ranking; of scores over the largest weight, so that no number
        overflows.
    """
    shares = world.keep(
        "covariance",
        settings.pick(*DELINEATED, "counting", "share_of"),
        lambda: covary_shares(formed.tally, formed.delineation.region, settings),
    )
    return _covary(shares, formed, settings)


def _covary(
    shares: Covariances,
    formed: Formed,
    settings: Any,  # noqa: ANN401
) -> FloatArray:
    """Give the covariance of the scores over the largest weight."""
    largest = _find_largest(formed, settings)
    weights = {kind: settings.score_weights.get(kind, 1.0) / largest for kind, _ in shares}
    return covary_scores(shares, weights, regions=len(formed.ranking))


def _find_largest(formed: Formed, settings: Any) -> float:  # noqa: ANN401
    """Find the largest weight of a kind that has records, 1 where all are 0."""
    records = formed.tally.totals["records"]
    counted = [kind for kind in formed.tally.kinds if records[kind]]
    weights = [settings.score_weights.get(kind, 1.0) for kind in counted]
    return max(weights, default=1.0) or 1.0
