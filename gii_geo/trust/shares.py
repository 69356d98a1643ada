"""What draws come to: how often a region is found, where it ranks, what it merges with, and why."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, triu

from gii_geo.pick import print_setting
from gii_geo.tables import FIRST_HUNDRED
from gii_geo.trust.draw import POSITIONS, Plan
from gii_geo.trust.outcome import Outcome, Places

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

EDGE: Final = 0.05
"""Part of the draws beyond either end of the middle 90 %."""

_ROUNDING: Final = 1e-9


def find_middle(rank: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the ends of the middle 90 % of ranks: at most 5 % of them lie beyond either.

    Parameters
    ----------
    rank : numpy.ndarray of float64, shape (draws, regions)
        Ranks, missing where a region is not found.

    Returns
    -------
    low, high : numpy.ndarray of float64, shape (regions,)
        Ranks that occur; missing where a region is never found.

    Examples
    --------
    >>> low, high = find_middle(np.arange(1.0, 21.0).reshape(-1, 1))
    >>> low.tolist(), high.tolist()
    ([2.0], [19.0])
    """
    if not len(rank):
        nowhere = np.full(rank.shape[1], np.nan)
        return nowhere, nowhere.copy()
    ranks = np.sort(rank, axis=0)  # missing ones last
    found = (~np.isnan(rank)).sum(axis=0)
    beyond = (found * EDGE + _ROUNDING).astype(np.int64)
    last = np.maximum(found - 1 - beyond, 0)
    low, high = (np.take_along_axis(ranks, row[None], axis=0)[0] for row in (beyond, last))
    return low, high


def count_merges(holders: IntArray, own: pd.DataFrame) -> pd.DataFrame:
    """Count in how many draws two regions of the run lie in one region.

    Parameters
    ----------
    holders : numpy.ndarray of int64, shape (draws, regions)
        Number of the region of the draw that holds each region of the run, -1 for none.
    own : pandas.DataFrame
        region_id, name and rank of each region of the run, by its number.

    Returns
    -------
    pandas.DataFrame
        One row a pair, most often first: region_id and name of the better ranked, other_id and
        other_name, share (of the draws, 0 to 1).

    Examples
    --------
    >>> own = pd.DataFrame({"region_id": ["R1", "R2"], "name": ["Oulu", "Bern"], "rank": [2, 1]})
    >>> count_merges(np.array([[0, 0], [0, 1]]), own).values.tolist()
    [['R2', 'Bern', 'R1', 'Oulu', 0.5]]
    """
    draw, region = np.nonzero(holders >= 0)
    order = own.sort_values(["rank", "region_id"]).index.to_numpy(np.int64)
    place = np.empty(len(own), dtype=np.int64)
    place[order] = np.arange(len(own))
    most = int(holders.max(initial=0)) + 1
    one = np.ones(len(draw), dtype=np.int64)
    column = draw * most + holders[draw, region]
    held = csr_array((one, (place[region], column)), shape=(len(own), len(holders) * most))
    pairs = triu(held @ held.T, k=1).tocoo()
    ids, names = (own[name].to_numpy()[order] for name in ("region_id", "name"))
    columns = {
        "region_id": ids[pairs.row],
        "name": names[pairs.row],
        "other_id": ids[pairs.col],
        "other_name": names[pairs.col],
        "share": pairs.data / max(len(holders), 1),
    }
    table = pd.DataFrame(columns).iloc[np.lexsort((pairs.col, pairs.row, -pairs.data))]
    return table.reset_index(drop=True).astype(
        {
            **dict.fromkeys(("region_id", "name", "other_id", "other_name"), "str"),
            "share": "float64",
        }
    )


def tabulate_regions(outcomes: Sequence[Outcome], own: pd.DataFrame) -> pd.DataFrame:
    """Tabulate how often each region of the run is found, at which rank, and what it merges with.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Draws of one kind.
    own : pandas.DataFrame
        region_id, name and rank of each region of the run, by its number.

    Returns
    -------
    pandas.DataFrame
        `stability.Stability.regions`, by rank.
    """
    shape = (len(outcomes), len(own))
    rank = np.array([outcome.rank for outcome in outcomes]).reshape(shape)
    jaccard = np.array([outcome.jaccard for outcome in outcomes]).reshape(shape)
    low, high = find_middle(rank)
    draws = max(len(outcomes), 1)
    merges = count_merges(stack_holders(outcomes, own), own)
    other = {"region_id": "other_id", "name": "other_name", "other_id": "region_id"}
    other["other_name"] = "name"
    both = pd.concat([merges, merges.rename(columns=other)], ignore_index=True)
    both = both.sort_values("share", ascending=False, kind="stable")
    most = both.drop_duplicates("region_id").set_index("region_id").reindex(own["region_id"])
    table = own.assign(
        found_share=(~np.isnan(rank)).sum(axis=0) / draws,
        rank_5=pd.array(low).astype("Int64"),
        rank_95=pd.array(high).astype("Int64"),
        jaccard=jaccard.sum(axis=0) / draws,
        merged_with=most["other_id"].array,
        merged_name=most["other_name"].array,
        merged_share=most["share"].fillna(0.0).to_numpy(np.float64),
    )
    return table.sort_values(["rank", "region_id"], ignore_index=True)


def stack_holders(outcomes: Sequence[Outcome], own: pd.DataFrame) -> IntArray:
    """Put what holds the regions of the run in each draw under each other.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Draws of one kind.
    own : pandas.DataFrame
        The regions of the run.

    Returns
    -------
    numpy.ndarray of int64, shape (draws, regions)
        Number of the draw's region, -1 for none.
    """
    holders = np.array([outcome.holder for outcome in outcomes], dtype=np.int64)
    return holders.reshape(len(outcomes), len(own))


def weigh_choices(outcomes: Sequence[Outcome], own: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Tell by how much each choice alone moves the ranks of the first hundred.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Draws of everything, and of each choice alone.
    own : pandas.DataFrame
        The regions of the run by number, with their rank.
    plan : Plan
        What was drawn from what.

    Returns
    -------
    pandas.DataFrame
        `stability.Stability.choices`.
    """
    first = own["rank"].to_numpy() <= FIRST_HUNDRED
    base = own["rank"].to_numpy(np.float64)[first]
    everything = [one.rank[first] for one in outcomes if not one.task.choice]
    rows = []
    for name in plan.drawn:
        alone = [one for one in outcomes if one.task.choice == name]
        others = [one for one in alone if name == POSITIONS or one.settings != plan.settings]
        ranks = np.array([one.rank[first] for one in others]).reshape(len(others), len(base))
        change = np.abs(ranks - base)
        change = change[~np.isnan(change)]
        rows.append(
            {
                "choice": name,
                "drawn_from": describe_choice(plan, name),
                "draws": len(others),
                "mean_change": change.mean() if len(change) else np.nan,
                "most_change": change.max(initial=0.0) if len(change) else np.nan,
                "explained": _explain([one.rank[first] for one in alone], everything),
            }
        )
    columns = ["choice", "drawn_from", "draws", "mean_change", "most_change", "explained"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"choice": "str", "drawn_from": "str", "draws": "int64"}
        | dict.fromkeys(columns[3:], "float64")
    )
    return table.sort_values("mean_change", ascending=False, kind="stable", ignore_index=True)


def _explain(alone: list[FloatArray], everything: list[FloatArray]) -> float:
    """Divide the variance of ranks in some draws by that in others, summed over regions."""
    spread = [_vary(np.array(ranks)) for ranks in (alone, everything) if len(ranks)]
    if len(spread) < 2 or not np.nansum(spread[1]):  # noqa: PLR2004
        return float("nan")
    both = ~np.isnan(spread[0] + spread[1])
    whole = spread[1][both].sum()
    return float(spread[0][both].sum() / whole) if whole else float("nan")


def _vary(rank: FloatArray) -> FloatArray:
    """Give the variance of each region's rank over the draws in which it is found."""
    found = ~np.isnan(rank)
    number = found.sum(axis=0)
    ranks = np.where(found, rank, 0.0)
    mean = ranks.sum(axis=0) / np.maximum(number, 1)
    apart = np.where(found, ranks - mean, 0.0)
    return np.where(number > 1, (apart**2).sum(axis=0) / np.maximum(number - 1, 1), np.nan)


def describe_choice(plan: Plan, name: str) -> str:
    """Say what a choice is drawn from.

    Parameters
    ----------
    plan : Plan
        What is drawn from what.
    name : str
        The choice.

    Returns
    -------
    str
        Such as "12 to 18 km".
    """
    if name in plan.ranges:
        low, high = plan.ranges[name]
        return f"{low:g} to {high:g} {'times' if name == 'minimum' else 'km'}"
    weights = {kind: plan.settings.score_weights.get(kind, 1.0) for kind in plan.kinds}
    return {
        "density_weight": "addresses or balanced",
        "counting": "fractional or full",
        "score_weights": f"around {print_setting(weights)}",
        POSITIONS: f"{plan.position_km:g} km around the centre of a city",
    }[name]


def tabulate_draws(outcomes: Sequence[Outcome], plan: Plan) -> pd.DataFrame:
    """Tabulate the settings of each draw, and how many regions it has.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Draws of everything.
    plan : Plan
        What was drawn from what.

    Returns
    -------
    pandas.DataFrame
        `stability.Stability.draws`.
    """
    names = ("radius_km", "min_addresses", "min_share", "gap_km", "density_weight", "counting")
    types = {
        "draw": "int64",
        **dict.fromkeys(("radius_km", "min_share", "gap_km"), "float64"),
        "min_addresses": "Int64",
        **dict.fromkeys(("density_weight", "counting"), "str"),
        "regions": "int64",
    }
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        weights = outcome.settings.score_weights
        rows.append(
            {
                "draw": outcome.task.number,
                **{name: getattr(outcome.settings, name) for name in names},
                **{f"{kind}_score_weight": weights.get(kind, 1.0) for kind in plan.kinds},
                "regions": outcome.regions,
            }
        )
    columns = ["draw", *names, *(f"{kind}_score_weight" for kind in plan.kinds), "regions"]
    return pd.DataFrame(rows, columns=columns).astype(types)


def tabulate_pairs(outcomes: Sequence[Outcome], places: Places) -> pd.DataFrame:
    """Tabulate how often pairs of places lie in one region.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Draws of everything.
    places : Places
        The pairs.

    Returns
    -------
    pandas.DataFrame
        `stability.Stability.pairs`.
    """
    together = np.array([outcome.together for outcome in outcomes], dtype=np.float64)
    together = together.reshape(len(outcomes), len(places.names))
    table = pd.DataFrame(places.names, columns=["place_a", "place_b"], dtype="str")
    return table.assign(together=together.sum(axis=0) / max(len(outcomes), 1))
