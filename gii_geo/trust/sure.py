"""How sure the ranks of a question are: its records' covariance, then rank sets."""

from typing import Any

import pandas as pd

from gii_geo.regions.form import Formed
from gii_geo.trust.covariance import covary_scores, covary_shares
from gii_geo.trust.rank_sets import find_rank_sets


def rank_surely(
    formed: Formed,
    settings: Any,  # noqa: ANN401
    *,
    simultaneous: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell the ranks that regions may have, were other records of the same process counted.

    Regions are held as they are. Records are taken as independent of each other: where they hang
    together (one applicant, one laboratory) these are the narrowest fair sets.

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
