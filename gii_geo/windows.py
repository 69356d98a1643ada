"""Ranks over time: the same method on one window of years after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from gii_geo.pipeline import find_regions, form_regions
from gii_geo.records.intake import read_world
from gii_geo.regions.form import Formed
from gii_geo.regions.overlap import measure_overlap, pair_regions
from gii_geo.settings import Settings
from gii_geo.tables import KINDS, order_kinds
from gii_geo.world import World

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
        A `World`, or what `read_world` takes; the addresses need a year.
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
    for window in windows:
        if isinstance(window, str) or [type(year) for year in window] != [int, int]:
            msg = f"Invalid window {window!r}. Must be a first and a last year."
            raise ValueError(msg)
    tell = progress or (lambda _: None)
    settings = settings or Settings()
    world = addresses if isinstance(addresses, World) else read_world(addresses, columns=columns)
    asked = {}
    for first, last in windows:
        tell(f"window {first}-{last}")
        years = dict.fromkeys(order_kinds({*KINDS, *world.kinds}), (first, last))
        asked[f"{first}-{last}"] = settings.replace(years=years)
    reference = find_regions(world, list(asked.values())[-1]).regions
    parts = [
        _follow_back(window, form_regions(world, question, tell=tell), reference)
        for window, question in asked.items()
    ]
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def _follow_back(window: str, formed: Formed, reference: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the reference's regions among those of one window."""
    outlines = reference.geometry.reset_index(drop=True)
    overlap = measure_overlap(formed.delineation.locations, outlines)
    pairs = pair_regions(overlap)
    ours = formed.ranking.loc[pairs.index, ["rank", "score"]].reset_index(drop=True)
    theirs = reference.iloc[pairs.to_numpy()][["region_id", "name", "economies"]]
    shared = overlap.set_index(["region", "outline"])["region_share"]
    part = shared.reindex(list(zip(pairs.index, pairs, strict=True))).to_numpy()
    table = ours.join(theirs.reset_index(drop=True)).assign(window=window, shared_activity=part)
    ordered: pd.DataFrame = table.sort_values(["rank", "region_id"], ignore_index=True)
    return ordered
