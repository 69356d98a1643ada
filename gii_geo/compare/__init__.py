"""Our regions beside a published ranking, or beside those of an earlier run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy  # its statistics take a second to import: they are when they are asked for

from gii_geo import project
from gii_geo.compare.comparison import FIRST as FIRST
from gii_geo.compare.comparison import Comparison as Comparison
from gii_geo.compare.economies import compare_economies as compare_economies
from gii_geo.compare.economies import count_economies as count_economies
from gii_geo.compare.ground import place_cities as place_cities
from gii_geo.compare.overlay import Polygons as Polygons
from gii_geo.compare.overlay import polygons as polygons
from gii_geo.demo import DEMO_NOTICE, find_notice
from gii_geo.published import find_complete
from gii_geo.ranges import check_given
from gii_geo.regions.overlap import find_partners, measure_overlap, pair_regions
from gii_geo.tables import check_table, describe_kinds, list_kinds, order_kinds
from gii_geo.trust.delineations import compare_delineations as compare_delineations

_UNKNOWN: Final = "not in the reference"
_NOT_KNOWN: Final = "not in what is known of the reference"

_REGIONS: Final = {
    **dict.fromkeys(("region_id", "name", "economies"), "s"),
    "rank": "i",
    "score": "f",
}
_PUBLISHED: Final = {"rank": "i", "name": "s", "economies": "s"}
_LOCATIONS: Final = {"lon": "f", "lat": "f", "region_id": "s", "activity": "f"}

IntArray = npt.NDArray[np.int64]


def compare_regions(
    regions: gpd.GeoDataFrame,
    locations: pd.DataFrame,
    published: pd.DataFrame,
    *,
    radius_km: float,
    score_weights: Mapping[str, float] | None = None,
) -> Comparison:
    """Hold our regions against a published ranking, matched by place.

    A published region is where the first of its cities is that lies in the outline of one of our
    regions, or within the radius of its locations, and has an economy in common with it. If
    several are in the same one of ours, it matches the one whose first city it is, inside rather
    than beside it, and of the better rank; the others are merged into that one.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Our regions by rank: the columns of `tables.REGIONS` and outlines, EPSG:4326.
    locations : pandas.DataFrame
        Our locations: ``lon``, ``lat`` in degrees, ``region_id`` (missing outside regions),
        ``activity`` and ``<kind>_addresses``.
    published : pandas.DataFrame
        From `published.read_published`.
    radius_km : float
        How far from a region's locations its city may lie, in km, greater than 0; the radius that
        the clusters were found with.
    score_weights : mapping of str to float, optional
        Weight of each kind in our score; one by default.

    Returns
    -------
    Comparison
        Reasons why a published region is not found: unknown place; no data (no address within the
        radius of its first city); below the threshold (addresses, but no region); other economies
        (a region, but of others); merged into another.

    Raises
    ------
    TypeError
        If a table, a column, the radius or the weights are of another type.
    ValueError
        If a column is missing or the radius is not greater than 0.

    Examples
    --------
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"region_id": "R0001", "rank": 1, "name": "Rhine", "economies": "CH;FR"}
    ...     | {"patent_share": 0.5, "deal_share": 0.5, "score": 1.0},
    ...     geometry=[box(7.5, 47.5, 7.7, 47.6)],
    ...     index=[0],
    ...     crs="EPSG:4326",
    ... )
    >>> locations = pd.DataFrame(
    ...     {"lon": 7.6, "lat": 47.55, "region_id": "R0001", "activity": 1.0}
    ...     | {"patent_addresses": 9, "deal_addresses": 9},
    ...     index=[0],
    ... )
    >>> published = pd.DataFrame(
    ...     {"rank": [7, 8], "name": ["Basel", "Oulu"], "economies": ["CH", "FI"]}
    ... ).assign(patent_share=0.1, score=0.1)
    >>> comparison = compare_regions(regions, locations, published, radius_km=15)
    >>> comparison.matches[["reference_name", "name", "rank_difference"]]
      reference_name   name  rank_difference
    0          Basel  Rhine               -6
    1           Oulu    NaN             <NA>
    >>> comparison.describe()[-1]
    'Not found: 8 Oulu: no data: no address within 15 km.'
    """
    _check_run(regions, locations)
    check_table(published, _PUBLISHED, name="published")
    weights = {} if score_weights is None else score_weights
    check_given("score_weights", weights, Mapping, must="map kind to weight, such as {'deal': 0.5}")
    cities = place_cities(published, regions, locations, radius_km=radius_km)
    reasons = cities.drop_duplicates("row")["reason"].to_list()

    there = cities[cities["region"] >= 0]
    claims = there.drop_duplicates("row").sort_values(["place", "is_beside", "row"])
    winner: dict[int, int] = {}
    match = np.full(len(published), -1)
    for row, region in claims[["row", "region"]].to_numpy().tolist():
        first = winner.setdefault(region, row)
        if first == row:
            match[row], reasons[row] = region, None
        else:
            merged, taken = _title(regions, region), _title(published, first)
            reasons[row] = f"merged into {merged}, matched to {taken}"
    ranks = set(published["rank"])
    is_whole = find_complete(ranks) == max(ranks, default=0)
    notes = [_UNKNOWN if is_whole else _NOT_KNOWN] * len(regions)
    for city, row, region in there[["city", "row", "region"]].to_numpy()[::-1].tolist():
        notes[region] = f"{city} is part of {_title(published, row)}"
    comparison = _compare(regions, published, match, (reasons, notes))
    return replace(comparison, caution=_caution(regions, published, weights))


def compare_runs(
    regions: gpd.GeoDataFrame, locations: pd.DataFrame, earlier: gpd.GeoDataFrame
) -> Comparison:
    """Hold our regions against those of an earlier run, matched by the activity they share.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Our regions by rank: the columns of `tables.REGIONS` and outlines, EPSG:4326.
    locations : pandas.DataFrame
        Our locations: ``lon``, ``lat`` in degrees, ``region_id`` (missing outside regions) and
        ``activity``.
    earlier : geopandas.GeoDataFrame
        Regions of the earlier run, like `regions`.

    Returns
    -------
    Comparison
        Reasons why an earlier region is not found: no data (no activity in its outline); below
        the threshold (activity, but no region); merged into another.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import gii_geo
    >>> addresses = pd.DataFrame({"kind": "patent", "lon": [7.59, 7.6], "lat": [47.56, 47.55]})
    >>> result = gii_geo.find_regions(addresses, gii_geo.Settings(min_addresses=2))
    >>> compare_runs(result.regions, result.locations, result.regions).matches["rank"].tolist()
    [1]
    """
    _check_run(regions, locations)
    _check_regions(earlier, name="earlier")
    if earlier.crs is not None:
        earlier = earlier.to_crs(project.LON_LAT)
    row_of = pd.Series(range(len(regions)), regions["region_id"])
    located = locations.assign(region=locations["region_id"].map(row_of).astype("Int64"), all=0)
    outlines = earlier.geometry.reset_index(drop=True)
    overlap = measure_overlap(located, outlines)
    pairs = pair_regions(overlap)
    match = np.full(len(earlier), -1)
    match[pairs.to_numpy(np.int64)] = pairs.index.to_numpy(np.int64)

    reasons: list[str | None] = ["no data"] * len(earlier)
    for row in measure_overlap(located, outlines, by="all")["outline"]:
        reasons[row] = "below the threshold"
    merged = find_partners(overlap, "outline")
    for row, region in merged[["outline", "region"]].to_numpy().tolist():
        reasons[row] = f"merged into {_title(regions, region)}"
    for row in pairs:
        reasons[row] = None
    notes = [_UNKNOWN] * len(regions)
    split = find_partners(overlap, "region")
    for row, region in split[["outline", "region"]].to_numpy().tolist():
        notes[region] = f"part of {_title(earlier, row)}"
    return _compare(regions, earlier, match, (reasons, notes))


def _check_run(regions: gpd.GeoDataFrame, locations: pd.DataFrame) -> None:
    _check_regions(regions, name="regions")
    check_table(locations, _LOCATIONS, name="locations")


def _check_regions(regions: pd.DataFrame, *, name: str) -> None:
    """Refuse a table without what every region has, or with shares that are no numbers."""
    check_table(regions, _REGIONS, name=name)
    check_table(regions, {f"{kind}_share": "f" for kind in list_kinds(regions)}, name=name)


def _caution(
    regions: pd.DataFrame, published: pd.DataFrame, score_weights: Mapping[str, float]
) -> str | None:
    """Say which kinds our score counts and the reference's, as far as it is known, does not."""
    known = list_kinds(published, known=True)
    without = [
        kind
        for kind in list_kinds(regions)
        if kind not in known and score_weights.get(kind, 1) and regions[f"{kind}_share"].gt(0).any()
    ]
    if not known or not without:
        return None
    names = " and ".join(kind.title.lower() for kind in describe_kinds(without))
    weights = " ".join(f"{kind}=0" for kind in without)
    return (
        f"The reference knows no shares of {names}, which count in the score here: a run with "
        f"--weight {weights} leaves them out."
    )


def _title(ranking: pd.DataFrame, row: int) -> str:
    """Name a row of a ranking by rank and name."""
    return f"{ranking['rank'].iloc[row]} {ranking['name'].iloc[row]}"


def _compare(
    regions: gpd.GeoDataFrame,
    reference: pd.DataFrame,
    match: IntArray,
    reasons: tuple[list[str | None], list[str]],
) -> Comparison:
    """Put the rankings beside each other, given our row for each of the reference, -1 for none.

    The reasons are for the rows of the reference, then for ours.
    """
    ours = pd.DataFrame(regions.drop(columns=regions.geometry.name)).reset_index(drop=True)
    whole = [name for name in ("rank", "rank_low", "rank_high") if name in ours]
    ours = ours.astype(dict.fromkeys(whole, "Int64"))
    matched = ours.reindex(match).reset_index(drop=True)
    reference = reference.reset_index(drop=True)
    table = pd.DataFrame(index=reference.index)
    for column in ("rank", "name", "economies", "score"):
        table[f"reference_{column}"] = reference[column]
    sets = [name for name in ("rank_low", "rank_high") if name in ours]
    for column in ("region_id", "rank", *sets, "name", "economies", "score"):
        table[column] = matched[column]
    both = matched["rank"].notna()
    table["rank_difference"] = matched["rank"] - reference["rank"].astype("Int64")
    for side in ("reference_rank", "rank"):
        among = table.loc[both, side].rank(method="min")
        table[f"{side}_among_matched"] = among.reindex(table.index).astype("Int64")
    kinds = order_kinds((*list_kinds(matched), *list_kinds(reference)))
    for column in (*(f"{kind}_share" for kind in kinds), "score"):
        known = column in matched and column in reference
        table[f"{column}_difference"] = matched[column] - reference[column] if known else np.nan
    table["reason"] = pd.Series(reasons[0], dtype="str")

    apart = ours.assign(reason=reasons[1])[~ours.index.isin(match)]
    apart = apart[apart["rank"] <= reference["rank"].max()].reset_index(drop=True)
    columns = ["region_id", "rank", "name", "economies", "score", "reason"]
    ranks = table.loc[both, ["reference_rank", "rank"]].to_numpy(np.float64).T
    notice = find_notice(regions, reference)
    table.attrs = {"notes": [notice] if notice else []}
    correlations = (np.nan, np.nan) if notice == DEMO_NOTICE else _correlate(*ranks)
    return Comparison(table, apart[columns], *correlations, notice=notice)


def _correlate(a: project.FloatArray, b: project.FloatArray) -> tuple[float, float]:
    """Give Spearman's rho and Kendall's tau-b, missing where a side has not two ranks."""
    if min(len(np.unique(a)), len(np.unique(b))) < 2:  # noqa: PLR2004  # no order to compare
        return np.nan, np.nan
    rho = scipy.stats.spearmanr(a, b).statistic
    return float(rho), float(scipy.stats.kendalltau(a, b).statistic)
