"""Why a region has its rank: what its score is made of, and what the rank hangs on."""

import html
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from gii_geo.regions.form import Formed, count_totals, name
from gii_geo.regions.rank import rank_regions
from gii_geo.settings import Settings
from gii_geo.tables import CITY_LEVEL, RECORD_UNITS, call_kind, describe_kinds, list_kinds
from gii_geo.trust.sure import print_rank

_DIGITS: Final = 6
"""Of a number of records, before it is made whole: what lies behind them is rounding."""

LARGEST: Final = 10
"""Locations that are told."""


class Explained(Protocol):
    """What an explanation needs of a result, see `result.Result`."""

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """The regions."""

    @property
    def settings(self) -> Settings:
        """The question."""

    @property
    def formed(self) -> Formed:
        """The regions by number."""

    @property
    def form(self) -> Callable[[Settings], Formed]:
        """What delineates and ranks with other settings."""

    @property
    def economies(self) -> pd.DataFrame:
        """The economies of each region."""

    @property
    def cities(self) -> pd.DataFrame:
        """The cities of each region."""

    @property
    def clusters(self) -> pd.DataFrame:
        """The clusters of each region."""

    def members(self, region_id: str, /) -> gpd.GeoDataFrame:
        """Give the locations of one region.

        Parameters
        ----------
        region_id : str
            Such as "R0001".

        Returns
        -------
        geopandas.GeoDataFrame
            Rows of `locations`.
        """


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a region's score is made of, and what its rank hangs on.

    Attributes
    ----------
    region : dict of str to Any
        Its row of `regions`, without the geometry.
    kinds : pandas.DataFrame
        One row a kind: kind, records, share (of the world), score_weight, points (weight times
        share), part (of the score, 0 to 1), rank_without (the rank if the kind did not count;
        missing where nothing else does) and records_to_pass (so many records more, of this kind
        alone and wholly here, would bring it level with the next region above; missing where none
        would, or where none is above).
    next_above : str or None
        The name of that region.
    economies, cities : pandas.DataFrame
        What of it lies in each: economy, share, location_share; city, share.
    locations : pandas.DataFrame
        The ten largest: lon, lat and share of its activity (0 to 1).
    parts : pandas.DataFrame
        One row a region that there would be here if nothing merged, the largest first: name, rank,
        score and share of its activity (0 to 1).
    """

    region: dict[str, Any]
    kinds: pd.DataFrame
    next_above: str | None
    economies: pd.DataFrame
    cities: pd.DataFrame
    locations: pd.DataFrame
    parts: pd.DataFrame = field(repr=False)

    def describe(self) -> list[str]:
        """Say it in a few sentences.

        Returns
        -------
        list of str
            Lines, the first of which names the region.
        """
        row, kinds = self.region, self.kinds
        parts = [f"{call_kind(k)} {part:.0%}" for k, part in _pair(kinds, "part")]
        without = [
            f"{rank:.0f} without {call_kind(k)}"
            for k, rank in _pair(kinds, "rank_without")
            if not pd.isna(rank)
        ]
        lines = [
            f"{print_rank(row)} {row['name']} ({row['economies'].replace(';', ' ')})",
            f"  score {row['score']:.4f}: {', '.join(parts)}",
            *([f"  rank {', '.join(without)}"] if without else []),
        ]
        if self.next_above is not None:
            more = [
                _count(math.ceil(round(records, _DIGITS)), k)
                for k, records in _pair(kinds, "records_to_pass")
                if not pd.isna(records)
            ]
            told = f": {' or '.join(more)} more would bring it level" if more else ""
            lines.append(f"  next above: {self.next_above}{told}")
        if len(self.parts) == 1:
            lines.append(f"  one cluster; if nothing merged, rank {self.parts['rank'].iloc[0]}")
        elif len(self.parts):
            best = self.parts.iloc[0]
            lines.append(
                f"  of {len(self.parts):,} clusters; if nothing merged, {best['name']} "
                f"({best['share']:.0%} of it) would be rank {best['rank']}"
            )
        if CITY_LEVEL in row:
            lines.append(f"  {row[CITY_LEVEL]:.0%} of its activity is placed by city only")
        return lines

    def __repr__(self) -> str:
        """Say it in a few lines."""
        return "\n".join(self.describe())

    def _repr_html_(self) -> str:
        """Say the same in a notebook, with the table of kinds."""
        lines = "<br>".join(html.escape(line) for line in self.describe())
        return f"<p>{lines}</p>{self.kinds.to_html(index=False)}"


def _count(records: int, kind: str) -> str:
    """Write a number of records: 1 patent, 2 patents."""
    return f"1 {kind.replace('_', ' ')}" if records == 1 else f"{records:,} {call_kind(kind)}"


def explain_region(result: Explained, region_id: str) -> Explanation:
    """Explain the rank of a region.

    Parameters
    ----------
    result : Result
        The result.
    region_id : str
        Such as "R0001".

    Returns
    -------
    Explanation
        What its score is made of, and what its rank hangs on.

    Raises
    ------
    InputError
        If there is no such region.
    """
    members = result.members(region_id)  # refused if there is none
    regions = pd.DataFrame(result.regions.drop(columns="geometry"))
    own = regions["region_id"].to_list().index(region_id)
    higher = np.flatnonzero(regions["score"] > regions["score"].iloc[own])
    above = int(higher[-1]) if len(higher) else None  # ordered by rank
    activity = members["activity"] / members["activity"].sum()
    largest = members[["lon", "lat"]].assign(share=activity).head(LARGEST)
    economies, cities = (
        table[table["region_id"] == region_id].drop(columns="region_id").reset_index(drop=True)
        for table in (result.economies, result.cities)
    )
    return Explanation(
        region={str(name): value for name, value in regions.iloc[own].to_dict().items()},
        kinds=_explain_kinds(result, regions, own, above),
        next_above=None if above is None else str(regions["name"].iloc[above]),
        economies=economies,
        cities=cities,
        locations=pd.DataFrame(largest),
        parts=_part(result, region_id),
    )


def weigh_kinds(regions: pd.DataFrame, score_weights: Mapping[str, float]) -> dict[str, float]:
    """Tell how far each kind makes the ranking: its part of the variance of the scores.

    Equal weights are not equal influence: shares of one kind may differ more between regions than
    those of another (OECD and JRC, Handbook on Constructing Composite Indicators, 2008, section 6).

    Parameters
    ----------
    regions : pandas.DataFrame
        `<kind>_share` and score.
    score_weights : mapping of str to float
        Weight of each kind's share in the score; 1 where not named.

    Returns
    -------
    dict of str to float
        By kind, the covariance of its weighted share and the score over the score's variance; they
        add up to 1. Empty where all scores are the same.

    Examples
    --------
    >>> regions = pd.DataFrame({"patent_share": [0.3, 0.0], "deal_share": [0.1, 0.0]})
    >>> weigh_kinds(regions.assign(score=regions.sum(axis=1)), {})
    {'patent': 0.75, 'deal': 0.25}
    """
    score = regions["score"].to_numpy(np.float64)
    apart = score - score.mean() if len(score) else score
    if not (apart @ apart > 0):
        return {}
    influence = {}
    for kind in list_kinds(regions):
        share = score_weights.get(kind, 1.0) * regions[f"{kind}_share"].fillna(0.0).to_numpy()
        influence[kind] = round(float(apart @ (share - share.mean()) / (apart @ apart)), 12)
    return influence


def _explain_kinds(
    result: Explained, regions: pd.DataFrame, own: int, above: int | None
) -> pd.DataFrame:
    """Tell what each kind is to the score and the rank of the region in a row."""
    weights = result.settings.score_weights
    totals = count_totals(result.formed.tally, result.settings)
    score = regions["score"].to_numpy(np.float64)
    kinds = describe_kinds(word for word, total in totals.items() if total)
    points = {
        word: weights.get(word, 1.0) * regions[f"{word}_share"].to_numpy(np.float64)
        for word in (kind.word for kind in kinds)
    }
    units = pd.DataFrame(
        {f"{kind.word}_weight": np.rint(regions[kind.plural] * RECORD_UNITS) for kind in kinds}
    )
    rows = []
    for kind in kinds:
        weight = weights.get(kind.word, 1.0)
        records = regions[kind.plural].to_numpy(np.float64)
        without = rank_regions(
            units.astype("int64"),
            totals={one.word: totals[one.word] for one in kinds},
            score_weights={**weights, kind.word: 0.0},
        )
        others = without["score"].to_numpy()
        to_pass = math.nan
        if above is not None:
            to_pass = _count_to_pass(
                records[own] - records[above],
                totals[kind.word] / RECORD_UNITS,
                weight=weight,
                lead=others[own] - others[above],
            )
        rows.append(
            {
                "kind": kind.word,
                "records": records[own],
                "share": regions[f"{kind.word}_share"].iloc[own],
                "score_weight": weight,
                "points": points[kind.word][own],
                "part": points[kind.word][own] / score[own] if score[own] else 0.0,
                "rank_without": int(without["rank"].iloc[own]) if others.any() else None,
                "records_to_pass": to_pass,
            }
        )
    return pd.DataFrame(rows).astype({"rank_without": "Int64"})


def _count_to_pass(more: float, total: float, *, weight: float, lead: float) -> float:
    """Count records of one kind that bring a region level with another: the world grows too.

    With x more the kind's shares differ by (more + x) / (total + x), weighted; the other kinds'
    points differ by the lead.
    """
    if weight + lead <= 0 or not total:
        return math.nan  # not by any number of this kind alone
    return max(-(weight * more + lead * total) / (weight + lead), 0.0)


def _part(result: Explained, region_id: str) -> pd.DataFrame:
    """Tell what regions there would be in a region's place if nothing merged."""
    unmerged = result.form(result.settings.replace(gap_km=0, min_link_share=None))
    clusters = result.clusters
    own = clusters.loc[clusters["region_id"] == region_id, "cluster"].to_numpy()
    locations = unmerged.delineation.locations
    activity = locations["activity"].groupby(locations["region"]).sum()
    numbers = unmerged.delineation.region_of_cluster.loc[own].to_numpy()
    table = unmerged.ranking.loc[numbers, ["rank", "score"]]
    table.insert(0, "name", name(unmerged.tally, unmerged.delineation)["name"].loc[numbers])
    table["share"] = (activity.loc[numbers] / activity.loc[numbers].sum()).to_numpy()
    return table.sort_values(["rank", "name"], kind="stable", ignore_index=True)


def _pair(kinds: pd.DataFrame, column: str) -> Any:  # noqa: ANN401
    """Give each kind with its value of a column."""
    return zip(kinds["kind"], kinds[column], strict=True)
