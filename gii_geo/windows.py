"""Ranks over time: the same method on one window of years after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from gii_geo.pipeline import find_regions
from gii_geo.regions.overlap import measure_overlap, pair_regions
from gii_geo.result import Result
from gii_geo.settings import Settings
from gii_geo.tables import KINDS

_COLUMNS: Final = ["window", "region_id", "name", "economies", "rank", "score", "shared_activity"]


def rank_windows(
    addresses: object,
    windows: Sequence[tuple[int, int]],
    settings: Settings | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Rank the regions of each window of years, and follow those of the last one back in time.

    The last window's regions name the rows. An earlier window's region is the same if the two share
    most activity, one to one (see `overlap.pair_regions`).

    Parameters
    ----------
    addresses : object
        What `find_regions` takes; the addresses need a year.
    windows : sequence of (int, int)
        First and last year of each window, at least one, in the order of the result. They replace
        the settings' years of every kind.
    settings : Settings, optional
        Every other number of the method.
    columns : mapping of str to str, optional
        Role to the input's own column.
    progress : callable, optional
        Is told the name of each stage as it begins.

    Returns
    -------
    pandas.DataFrame
        One row per window and region of the last window found in it: window ("2018-2020"),
        region_id, name and economies (of the last window), rank, score, shared_activity (0 to 1:
        the part of the earlier region's activity that lies in the last window's outline). Windows
        in their order, regions by their rank in it.

    Raises
    ------
    ValueError
        If there is no window.

    Examples
    --------
    >>> import gii_geo
    >>> ranks = rank_windows(gii_geo.demo_path(), [(2018, 2019), (2021, 2022)])
    >>> ranks.pivot(index="region_id", columns="window", values="rank").loc["R0001"].tolist()
    [1.0, 1.0]
    """
    if not windows:
        msg = "Invalid windows []. Must be at least one first and last year."
        raise ValueError(msg)
    tell = progress or (lambda _: None)
    settings = settings or Settings()
    results = {}
    for first, last in windows:
        name = f"{first}-{last}"
        tell(f"window {name}")
        years = dict.fromkeys(KINDS, (first, last))
        results[name] = find_regions(addresses, settings.replace(years=years), columns=columns)
    reference = list(results.values())[-1].regions
    parts = [_follow_back(window, result, reference) for window, result in results.items()]
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def _follow_back(window: str, result: Result, reference: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the reference's regions among those of one window."""
    row_of = pd.Series(range(len(result.regions)), result.regions["region_id"])
    located = result.locations.assign(
        region=result.locations["region_id"].map(row_of).astype("Int64")
    )
    overlap = measure_overlap(located, reference.geometry.reset_index(drop=True))
    pairs = pair_regions(overlap)
    ours = result.regions.iloc[pairs.index.to_numpy()][["rank", "score"]].reset_index(drop=True)
    theirs = reference.iloc[pairs.to_numpy()][["region_id", "name", "economies"]]
    shared = overlap.set_index(["region", "outline"])["region_share"]
    part = shared.reindex(list(zip(pairs.index, pairs, strict=True))).to_numpy()
    table = ours.join(theirs.reset_index(drop=True)).assign(window=window, shared_activity=part)
    ordered: pd.DataFrame = table.sort_values(["rank", "region_id"], ignore_index=True)
    return ordered
