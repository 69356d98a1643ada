"""How much activity the regions of one run share with the outlines of another."""

from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gii_geo.tables import check_table

Side = Literal["region", "outline"]

SAME_SHARE: Final = 0.5
"""Two regions can be the same if at least this share of the activity of one lies in the other."""


def measure_overlap(
    locations: pd.DataFrame, outlines: gpd.GeoSeries, *, by: str = "region", is_apart: bool = True
) -> pd.DataFrame:
    """Measure how much activity of each region lies inside each outline of another run.

    Only this run's locations are weighed, in both directions, so the periods of the two runs need
    not be the same and coordinates may have moved a little. Neither the earlier run's weights nor
    areas count: an outline is as large as its margins make it.

    Parameters
    ----------
    locations : pandas.DataFrame
        One row a location of this run: ``lon``, ``lat`` in degrees, ``activity`` (float, 0 or
        more, in any unit) and the column `by`, missing for a location outside every region.
    outlines : geopandas.GeoSeries
        Polygons of the other run's regions, EPSG:4326, by its ids in the index.
    by : str, default "region"
        Column that holds a location's region.
    is_apart : bool, default True
        Whether the outlines are of one time, so that a location lies in one of them; else it
        counts in each that holds it.

    Returns
    -------
    pandas.DataFrame
        One row a pair that shares activity, most of it first: ``region``, ``outline`` (an index
        value of `outlines`), ``activity`` (the region's inside the outline), ``region_share`` (of
        all the region has, 0 to 1) and ``outline_share`` (of all that lies in the outline, in
        regions or not, 0 to 1).

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing.

    Examples
    --------
    >>> locations = pd.DataFrame({
    ...     "lon": [0.0, 1.0, 2.0], "lat": 0.0, "region": [7, 7, 8], "activity": [3.0, 1.0, 1.0]
    ... })
    >>> outlines = gpd.GeoSeries([shapely.box(-1, -1, 0.5, 1)], index=["R0001"], crs="EPSG:4326")
    >>> measure_overlap(locations, outlines)
       region outline  activity  region_share  outline_share
    0       7   R0001       3.0          0.75            1.0
    """
    check_table(locations, {"lon": "f", "lat": "f", "activity": "f"}, name="locations")
    if outlines.empty:  # nothing to look for
        columns = {"region": locations[by].array[:0], "outline": outlines.index[:0]}
        shares = dict.fromkeys(("activity", "region_share", "outline_share"), np.empty(0))
        return pd.DataFrame({**columns, **shares})
    points = np.asarray(shapely.points(locations[["lon", "lat"]].to_numpy(np.float64)))
    # The tree holds the points: a polygon is prepared once and then tested against many of them.
    polygon, point = shapely.STRtree(points).query(outlines.to_numpy(), predicate="intersects")
    if is_apart:
        point, first = np.unique(point, return_index=True)  # on a common border the first one wins
        polygon = polygon[first]
    held = pd.DataFrame({"region": locations[by].array, "activity": locations["activity"].array})
    inner = held.take(point).assign(place=polygon)
    return _share_activity(held, inner, names=outlines.index)


def cross_regions(
    region: Any,  # noqa: ANN401
    place: npt.NDArray[np.int64],
    activity: npt.NDArray[np.float64],
    *,
    names: pd.Index,
) -> pd.DataFrame:
    """Sum the activity that regions of two runs share, location by location.

    Parameters
    ----------
    region : pandas array, shape (n,)
        Region of each location in this run, missing outside.
    place : numpy.ndarray of int64, shape (n,)
        Its region in the other run, by its place in `names`, -1 outside.
    activity : numpy.ndarray of float64, shape (n,)
        Activity of each location, 0 or more.
    names : pandas.Index
        What the other run calls its regions.

    Returns
    -------
    pandas.DataFrame
        As `measure_overlap`.

    Examples
    --------
    >>> cross_regions(
    ...     pd.array([7, 7], "Int64"), np.array([0, -1]), np.ones(2), names=pd.Index(["R0001"])
    ... )
       region outline  activity  region_share  outline_share
    0       7   R0001       1.0           0.5            1.0
    """
    held = pd.DataFrame({"region": region, "place": place, "activity": activity})
    return _share_activity(held, held[held["place"] >= 0], names=names)


def _share_activity(held: pd.DataFrame, inner: pd.DataFrame, *, names: pd.Index) -> pd.DataFrame:
    """Sum what regions and places share, given all locations and those in each place."""
    # Sorted by value first: a sum of floats depends on the order they are added in.
    held, inner = (
        part.sort_values("activity", kind="stable", ignore_index=True) for part in (held, inner)
    )
    of_region = held.groupby("region")["activity"].sum()
    of_outline = inner.groupby("place")["activity"].sum()
    inner = inner[inner["activity"] > 0]
    shared = inner.groupby(["region", "place"])["activity"].sum().reset_index()
    shared["region_share"] = shared["activity"] / shared["region"].map(of_region)
    shared["outline_share"] = shared["activity"] / shared["place"].map(of_outline)
    order = ["activity", "place", "region"]
    shared = shared.sort_values(order, ascending=[False, True, True], ignore_index=True)
    shared = shared.astype(dict.fromkeys(("region_share", "outline_share"), "float64"))
    shared.insert(1, "outline", names.take(shared.pop("place").to_numpy()))
    return shared


def pair_regions(overlap: pd.DataFrame) -> pd.Series:
    """Pair each region with the outline that is the same region, one to one.

    The pair that shares most activity goes first, and whom it takes is taken. A pair needs at
    least `SAME_SHARE` of the activity of one of the two, so that a region that shrinks, grows or
    swallows another stays the same, while one that only grazes an outline does not become it.

    Parameters
    ----------
    overlap : pandas.DataFrame
        From `measure_overlap`.

    Returns
    -------
    pandas.Series
        ``outline``, indexed by ``region``: the paired ones, most shared activity first.

    Examples
    --------
    >>> overlap = pd.DataFrame({
    ...     "region": [1, 2, 2],
    ...     "outline": ["a", "a", "b"],
    ...     "region_share": [1.0, 0.6, 0.4],
    ...     "outline_share": [0.7, 0.3, 1.0],
    ... })
    >>> pair_regions(overlap).to_dict()
    {1: 'a', 2: 'b'}
    """
    same = overlap[overlap[["region_share", "outline_share"]].max(axis=1) >= SAME_SHARE]
    pairs: dict[object, object] = {}
    taken: set[object] = set()
    for region, outline in zip(same["region"], same["outline"], strict=True):
        if region not in pairs and outline not in taken:
            pairs[region] = outline
            taken.add(outline)
    index = pd.Index(list(pairs), name="region", dtype=overlap["region"].dtype)
    return pd.Series(list(pairs.values()), index, overlap["outline"].dtype, name="outline")


def find_partners(overlap: pd.DataFrame, side: Side) -> pd.DataFrame:
    """Find what the other run knows already, each with the partner it shares most with.

    Parameters
    ----------
    overlap : pandas.DataFrame
        From `measure_overlap`.
    side : {"region", "outline"}
        Whether to look at this run's regions or at the other run's outlines.

    Returns
    -------
    pandas.DataFrame
        Rows of `overlap`, one for each on that side of whose activity at least `SAME_SHARE` lies in
        the other run's outlines, or in this run's regions.

    Examples
    --------
    >>> overlap = pd.DataFrame({
    ...     "region": [1, 2, 2], "outline": ["a", "a", "b"], "region_share": [0.2, 0.4, 0.3],
    ... })
    >>> find_partners(overlap, "region")["outline"].to_list()
    ['a']
    """
    known = overlap.groupby(side)[f"{side}_share"].transform("sum") >= SAME_SHARE
    return overlap[known].drop_duplicates(side)
