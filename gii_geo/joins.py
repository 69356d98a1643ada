"""From which radius on places lie in one cluster, and from which on in one region."""

import itertools
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.given import check_result
from gii_geo.ranges import LEAST_RADIUS_KM
from gii_geo.result import Result

IntArray = npt.NDArray[np.int64]

RUNGS: Final = 16
"""Radii looked at on the way down from the one at which two places are surely together."""

_COLUMNS: Final = ["place_a", "place_b", "cluster_radius_km", "region_radius_km", "away_km"]


def find_joins(
    result: Result, *places: str | tuple[float, float], gap_km: float | None = None
) -> pd.DataFrame:
    """Find from which radius on each two places lie in one cluster, and in one region.

    All but the radius is as the run's settings say: the minimum that is dense, and what merges.

    Parameters
    ----------
    result : Result
        The run.
    *places : str or tuple of float
        Two places or more, each for the location nearest to it: names such as "Zürich" or
        "Cambridge, MA", or (lon, lat) in degrees.
    gap_km : float, optional
        The gap, in km, over which clusters merge; by default the run's own.

    Returns
    -------
    pandas.DataFrame
        One row a pair, by the region's radius: ``place_a``, ``place_b``; ``cluster_radius_km``,
        exact, from which on both are dense in one cluster; ``region_radius_km``, in whole metres,
        from which on both lie in one region; missing where the world does not weigh enough.
        ``away_km``, how far the farther of both lies from the location that stands for it: where
        that is a long way, the answer is of somewhere else.

    Raises
    ------
    TypeError
        If it is no result.
    ValueError
        If there are fewer than two places, one is not known by its name, the gap is negative, or
        the run's method has no radius.

    Notes
    -----
    Locations that are dense in one cluster stay so at every wider radius. Regions have no such
    rule: a location on the border of one cluster may be nearer to another at a wider radius, and
    the gap that it closed opens again. So the region's radius is sought from the cluster's
    downwards, in `RUNGS` even steps to the first at which the places are apart, then by halving: at
    the radius given they are together, a metre below they are apart, and at none that was looked at
    above are they apart.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> joins = find_joins(result, "Washington", "Baltimore", gap_km=5)
    >>> joins[["place_a", "cluster_radius_km", "region_radius_km"]].round(1)
               place_a  cluster_radius_km  region_radius_km
    0  Washington (DC)                9.3               8.4
    """
    check_result(result)
    if result.settings.method != "dbscan":
        msg = f"Invalid method {result.settings.method!r}. Must be dbscan, which has a radius."
        raise ValueError(msg)
    if len(places) < 2:  # noqa: PLR2004
        msg = f"Invalid places {places}. Must be two or more."
        raise ValueError(msg)
    gap_km = result.settings.gap_km if gap_km is None else gap_km
    settings = result.settings.replace(gap_km=gap_km)
    tree = result.merge_tree()
    names, rows, away_km = zip(*[tree.locate(place) for place in places], strict=True)

    at_radius = cache(
        lambda radius_m: result.form(
            settings.replace(radius_km=radius_m / 1000)
        ).delineation.region[list(rows)]
    )
    found = []
    for pair in itertools.combinations(range(len(places)), 2):
        ends = [(float(tree.lon[rows[k]]), float(tree.lat[rows[k]])) for k in pair]
        cluster_km = tree.joins(*ends)["radius_km"].max()  # missing in a world too light
        are_together = partial(_are_together, at_radius, pair)
        region_km = _find_least(are_together, cluster_km) if cluster_km >= 0 else math.nan
        farther_km = max(away_km[k] for k in pair)
        found.append((*(names[k] for k in pair), cluster_km, region_km, farther_km))
    table = pd.DataFrame(found, columns=_COLUMNS)
    return table.sort_values("region_radius_km", kind="stable", ignore_index=True)


def _are_together(
    at_radius: Callable[[int], IntArray], pair: tuple[int, int], radius_m: int
) -> bool:
    """Tell whether two places lie in one region at a radius."""
    one, other = at_radius(radius_m)[list(pair)]
    return bool(one == other >= 0)


def _find_least(are_together: Callable[[int], bool], surely_km: float) -> float:
    """Find the least whole number of metres, in km, from which on places are together."""
    high = math.ceil(surely_km * 1000)
    low = math.ceil(LEAST_RADIUS_KM * 1000) - 1  # no smaller radius can be asked for
    step = max(high // RUNGS, 1)
    for rung in range(high - step, low, -step):
        if not are_together(rung):
            low = rung
            break
        high = rung
    while high - low > 1:
        middle = (low + high) // 2
        if are_together(middle):
            high = middle
        else:
            low = middle
    return high / 1000
