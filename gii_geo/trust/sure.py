"""How sure the ranks of a question are: its records' covariance, then rank sets."""

from typing import Any

import pandas as pd

from gii_geo.regions.form import Formed
from gii_geo.regions.tally import Tally
from gii_geo.trust.covariance import covary_scores, covary_shares
from gii_geo.trust.rank_sets import find_rank_sets
from gii_geo.trust.together import choose_groups


def rank_surely(
    formed: Formed,
    settings: Any,  # noqa: ANN401
    *,
    simultaneous: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell the ranks that regions may have, were other records of the same process counted.

    Regions are held as they are. Where a column of groups says which records hang together (one
    applicant, one laboratory), groups are drawn anew; else records are taken as independent, and
    these are the narrowest fair sets (`note_independent`).

    Parameters
    ----------
    formed : Formed
        Regions by number, ranked.
    settings : Settings or Picked
        `form.RANKED`.
    simultaneous : bool, default False
        Whether all sets hold at once, or each row's own by itself.
    confidence : float, default 0.95
        From 0.5 to 0.999.

    Returns
    -------
    pandas.DataFrame
        By region: rank_low and rank_high (the best and the worst rank) and top_100: whether it is
        "surely", "maybe" or not ("no") among the first hundred.

    Raises
    ------
    InputError
        If the confidence is out of its range.
    """
    score = formed.ranking["score"].to_numpy()
    shares = covary_shares(formed.tally, formed.delineation.region, settings)
    covariance = covary_scores(shares, settings.score_weights, regions=len(score))
    sets = find_rank_sets(score, covariance, confidence=confidence, simultaneous=simultaneous)
    table = {"rank_low": sets.low, "rank_high": sets.high}
    return pd.DataFrame(table, index=formed.ranking.index).assign(
        top_100=pd.Series(sets.first, index=formed.ranking.index, dtype="str")
    )


def note_independent(tally: Tally) -> str | None:
    """Say of which kinds records are taken as independent of each other.

    Parameters
    ----------
    tally : Tally
        What counts.

    Returns
    -------
    str or None
        A sentence; None where every kind that counts has groups.

    Examples
    --------
    >>> import gii_geo
    >>> from gii_geo.regions.tally import count_world
    >>> world = gii_geo.read_world(gii_geo.demo_path())
    >>> note_independent(count_world(world, kinds=("deal",)))
    'Rank sets take the records of deal as independent of each other ...: the narrowest fair sets'
    """
    grouped = set(choose_groups(tally)["kind"])
    records = tally.totals["records"]
    alone = [kind for kind in tally.kinds if records[kind] and kind not in grouped]
    if not alone:
        return None
    kinds = f"{', '.join(alone[:-1])} and {alone[-1]}" if len(alone) > 1 else alone[0]
    return (
        f"Rank sets take the records of {kinds} as independent of each other (no column group): "
        "the narrowest fair sets"
    )
