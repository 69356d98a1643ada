"""Other people's borders: polygons counted and ranked as regions are, and beside them."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.compare.area_files import MENDED, NAME
from gii_geo.compare.areas import find_members, read_areas
from gii_geo.compare.leaps import find_wide, show_areas
from gii_geo.given import check_result
from gii_geo.project import LON_LAT
from gii_geo.ranges import show_value
from gii_geo.regions.form import count_groups, count_totals
from gii_geo.regions.rank import rank_regions
from gii_geo.tables import DataWarning, InputError, call_kind

IntArray = npt.NDArray[np.int64]

Count = Callable[[IntArray], pd.DataFrame]
"""Sums locations, addresses and units of each kind by the group of each location."""

_CROSS: Final = [
    *("region_id", "name", "polygon", "activity", "region_share", "polygon_share", "jaccard"),
]


class Counted(Protocol):
    """What is needed of a result, see `result.Result`."""

    @property
    def formed(self) -> Any:  # noqa: ANN401
        """The regions by number."""

    @property
    def settings(self) -> Any:  # noqa: ANN401
        """The question."""

    @property
    def locations(self) -> gpd.GeoDataFrame:
        """The locations with their regions."""

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """The regions."""


@dataclass(frozen=True, eq=False)
class Polygons:
    """Polygons counted as regions are, and beside these.

    Attributes
    ----------
    ranking : geopandas.GeoDataFrame
        One row a polygon, ordered by rank: polygon (its name), rank, counts and shares by kind,
        score, locations, addresses and its geometry (EPSG:4326).
    cross : pandas.DataFrame
        One row per region and polygon that share activity, by region and then the most first:
        region_id and name (missing for what is in no region), polygon (missing for what is in
        none), activity (share of all), region_share (of the region's), polygon_share (of the
        polygon's) and jaccard (what is in both over what is in either).
    outside : dict of str to float
        By kind, the share (0 to 1) of the placed record weight that lies in no polygon.
    overlapping : pandas.DataFrame
        Pairs of polygons that share locations: polygon_a, polygon_b, locations and activity. What
        they share is counted in each.
    wide : tuple of str
        Polygons with an edge wider than 180 degrees, which may be meant to go the other way.
    mended : tuple of str
        Polygons whose outline crossed itself, as that of a bow tie.
    """

    ranking: gpd.GeoDataFrame
    cross: pd.DataFrame
    outside: dict[str, float]
    overlapping: pd.DataFrame
    wide: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    def describe(self) -> list[str]:
        """Say in a few sentences what was found.

        Returns
        -------
        list of str
            Sentences.
        """
        held = int((self.ranking["locations"] > 0).sum())
        many = len(self.ranking)
        told = [f"{many:,} polygon{'s' * (many != 1)}, {held:,} with addresses."]
        parts = [
            f"{share:.2%} of the {call_kind(kind)}" for kind, share in self.outside.items() if share
        ]
        told.append(f"In no polygon: {', '.join(parts) or 'nothing'} of what is placed.")
        told += [] if held else [self._ask_where()]
        if len(self.overlapping):
            first, pairs = self.overlapping.iloc[0], len(self.overlapping)
            told.append(
                f"{pairs:,} pair{'s' * (pairs != 1)} of polygons overlap{'s' * (pairs == 1)}, "
                f"most {first['polygon_a']} "
                f"and {first['polygon_b']} ({first['locations']:,} locations): what they share is "
                "counted in each, so that polygons add up to more than there is."
            )
        if self.wide:
            told.append(
                f"An edge of {', '.join(self.wide)} is wider than 180 degrees and was taken so: if "
                "it is to cross the antimeridian, cut it there or write 181 for -179."
            )
        if self.mended:
            told.append(f"Mended where it crossed itself: {', '.join(self.mended)}.")
        return told

    def _ask_where(self) -> str:
        """Ask about polygons that hold nothing."""
        west, south, east, north = self.ranking.total_bounds
        return (
            f"The polygons hold nothing: they reach from {west:.4g} to {east:.4g} degrees east and "
            f"{south:.4g} to {north:.4g} north: another system (CRS), or do latitudes come first?"
        )


def polygons(
    result: Counted,
    polygons: object,
    *,
    name: str | None = None,
    layer: str | None = None,
    overlapping: Literal["count", "refuse"] = "count",
) -> Polygons:
    """Count and rank polygons of one's own as regions are, and hold the two side by side.

    Records are counted, and weighed against the same totals, as in the result: by its settings of
    counting, share_of and score_weights. A location on a common border is in the first of the two.

    Parameters
    ----------
    result : Result
        From `find_regions`.
    polygons : str, pathlib.Path or geopandas.GeoDataFrame
        A file or table of polygons in any reference system: NUTS, functional urban areas, states.
    name : str, optional
        Column to call them by; by default one that looks like it, else they are numbered.
    layer : str, optional
        Of a file that has several.
    overlapping : {"count", "refuse"}, default "count"
        Whether a location inside of several polygons counts in each of them, or is refused.

    Returns
    -------
    Polygons
        Ranking of the polygons, the cross-table with the regions, and what lies in none.

    Raises
    ------
    TypeError
        If the result is none.
    InputError
        If the polygons cannot be used, or overlap and are not to.

    Warns
    -----
    DataWarning
        If no location lies in any of them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import gii_geo
    >>> from shapely import box
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> halves = {"name": ["west", "east"]}
    >>> boxes = [box(-180, -90, 0, 90), box(0, -90, 180, 90)]
    >>> table = gpd.GeoDataFrame(halves, geometry=boxes, crs="EPSG:4326")
    >>> beside = gii_geo.compare.polygons(result, table)
    >>> beside.ranking["polygon"].tolist(), beside.outside["patent"]
    (['east', 'west'], 0.0)
    """
    check_result(result)
    areas = read_areas(polygons, name=name, layer=layer)
    beside = hold_areas(result, areas, overlapping=overlapping)
    if len(result.locations) and not beside.ranking["locations"].any():
        warnings.warn(beside._ask_where(), DataWarning, stacklevel=2)  # noqa: SLF001
    return beside


def hold_areas(result: Counted, areas: gpd.GeoDataFrame, *, overlapping: str = "count") -> Polygons:
    """Hold polygons that are read beside a result.

    Parameters
    ----------
    result : Result
        From `find_regions`.
    areas : geopandas.GeoDataFrame
        From `areas.read_areas`.
    overlapping : {"count", "refuse"}, default "count"
        Whether polygons may share locations.

    Returns
    -------
    Polygons
        See there.
    """
    tally, settings = result.formed.tally, result.settings
    return hold_polygons(
        result.locations,
        result.regions,
        areas,
        count=lambda group: count_groups(tally, group, name="polygon", counting=settings.counting),
        totals=count_totals(tally, settings),
        score_weights=settings.score_weights,
        overlapping=overlapping,
    )


def hold_polygons(  # noqa: PLR0913  # one argument a part of the question
    locations: gpd.GeoDataFrame,
    regions: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    *,
    count: Count,
    totals: Mapping[str, int],
    score_weights: Mapping[str, float],
    overlapping: str = "count",
) -> Polygons:
    """Hold polygons beside regions, given how locations are counted.

    Parameters
    ----------
    locations : geopandas.GeoDataFrame
        lon, lat, activity, `<kind>_weight` and region_id.
    regions : pandas.DataFrame
        region_id and name.
    areas : geopandas.GeoDataFrame
        From `areas.read_areas`.
    count : callable
        Given the polygon of each location (-1 for none), sums what each holds.
    totals : mapping of str to int
        World total per kind, in units.
    score_weights : mapping of str to float
        Weight of each kind in the score.
    overlapping : {"count", "refuse"}, default "count"
        Whether polygons may share locations.

    Returns
    -------
    Polygons
        See there.

    Raises
    ------
    InputError
        If polygons overlap and are not to.
    ValueError
        If `overlapping` is another word.
    """
    if overlapping not in ("count", "refuse"):
        msg = f"Invalid overlapping {show_value(overlapping)}. Must be count or refuse."
        raise ValueError(msg)
    lon, lat = (locations[axis].to_numpy(np.float64) for axis in ("lon", "lat"))
    location, area = find_members(areas, lon, lat)
    activity = locations["activity"].to_numpy(np.float64)
    shared = _list_overlapping(location, area, activity, areas[NAME])
    if overlapping == "refuse" and len(shared):
        first = shared.iloc[0]
        msg = (
            f"Invalid polygons {first['polygon_a']} and {first['polygon_b']}, which share "
            f"{first['locations']:,} locations. Must not overlap; found {len(shared):,} such pairs."
        )
        raise InputError(msg)
    units = _count_areas(location, area, count, areas=len(areas), locations=len(locations))
    ranking = rank_regions(
        units.drop(columns=["locations", "addresses"]), totals=totals, score_weights=score_weights
    )
    counted = units[["locations", "addresses"]]
    table = ranking.assign(polygon=areas[NAME], **counted).reset_index(drop=True)
    front = ["polygon", "rank"]
    table = table[[*front, *(name for name in table if name not in front)]]
    table = gpd.GeoDataFrame(table, geometry=show_areas(areas).to_numpy(), crs=LON_LAT)
    outside = np.ones(len(locations), dtype=bool)
    outside[location] = False
    placed = {kind: locations[f"{kind}_weight"].to_numpy() for kind in totals}
    return Polygons(
        table.sort_values(["rank", "polygon"], ignore_index=True),
        _cross(locations, regions, location, area, areas[NAME]),
        {
            kind: int(weight[outside].sum()) / int(weight.sum())
            for kind, weight in placed.items()
            if weight.any()
        },
        shared,
        find_wide(areas),
        tuple(areas.loc[areas[MENDED], NAME]),
    )


def _count_areas(
    location: IntArray, area: IntArray, count: Count, *, areas: int, locations: int
) -> pd.DataFrame:
    """Count polygons in as few rounds as are needed for none of a round to overlap."""
    turn = _take_turns(location, area, areas)
    parts = []
    for number in range(int(turn.max(initial=0)) + 1):
        own = turn[area] == number
        group = np.full(locations, -1, dtype=np.int64)
        group[location[own]] = area[own]
        parts.append(count(group).reindex(np.flatnonzero(turn == number), fill_value=0))
    return pd.concat(parts).sort_index().astype("int64")


def _take_turns(location: IntArray, area: IntArray, areas: int) -> IntArray:
    """Give each polygon the first round in which no earlier one overlaps it."""
    turn = np.zeros(areas, dtype=np.int64)
    meets: dict[int, set[int]] = {}
    for a, b in np.unique(_pair_members(location, area)[:, :2], axis=0).tolist():
        meets.setdefault(b, set()).add(a)
    for b in sorted(meets):
        taken = {int(turn[a]) for a in meets[b]}
        turn[b] = next(number for number in range(len(taken) + 1) if number not in taken)
    return turn


def _pair_members(location: IntArray, area: IntArray) -> IntArray:
    """List the pairs of polygons at each location that several hold: a < b, and the location."""
    times = np.bincount(location, minlength=1)
    several = times[location] > 1
    held = pd.DataFrame({"location": location[several], "area": area[several]})
    both = held.merge(held, on="location")
    both = both[both["area_x"] < both["area_y"]]
    return both[["area_x", "area_y", "location"]].to_numpy(np.int64)


def _list_overlapping(
    location: IntArray,
    area: IntArray,
    activity: npt.NDArray[np.float64],
    names: "pd.Series[str]",
) -> pd.DataFrame:
    """List the pairs of polygons that share locations, those with the most first."""
    pairs = pd.DataFrame(_pair_members(location, area), columns=["a", "b", "location"])
    pairs["activity"] = activity[pairs["location"].to_numpy()]
    sums = pairs.groupby(["a", "b"]).agg(
        locations=("location", "size"), activity=("activity", "sum")
    )
    sums = sums.reset_index().sort_values(
        ["locations", "a", "b"], ascending=[False, True, True], ignore_index=True
    )
    named = {
        f"polygon_{side}": names.array.take(sums[side].to_numpy(np.int64)) for side in ("a", "b")
    }
    return sums[["locations", "activity"]].assign(**named)[
        ["polygon_a", "polygon_b", "locations", "activity"]
    ]


def _cross(
    locations: pd.DataFrame,
    regions: pd.DataFrame,
    location: IntArray,
    area: IntArray,
    names: "pd.Series[str]",
) -> pd.DataFrame:
    """Sum the activity that regions and polygons share, both ways."""
    activity = locations["activity"].to_numpy(np.float64)
    region = pd.Index(regions["region_id"]).get_indexer(locations["region_id"])
    held = np.zeros(len(locations), dtype=bool)
    held[location] = True
    rest = np.flatnonzero(~held)
    pairs = pd.DataFrame(
        {
            "region": region[np.concatenate([location, rest])],
            "area": np.concatenate([area, np.full(len(rest), -1)]),
            "activity": activity[np.concatenate([location, rest])],
        }
    ).sort_values("activity", kind="stable")  # sums of floats hang on the order they are added in
    both = pairs.groupby(["region", "area"])["activity"].sum().reset_index()
    both = both[(both["activity"] > 0) & ((both["region"] >= 0) | (both["area"] >= 0))]
    own = pd.DataFrame({"region": region, "activity": activity}).sort_values("activity")
    of_region = own.groupby("region")["activity"].sum()
    of_area = pairs.groupby("area")["activity"].sum()
    in_region = both["region"].map(of_region).where(both["region"] >= 0)
    in_area = both["area"].map(of_area).where(both["area"] >= 0)
    both = both.assign(
        region_share=both["activity"] / in_region,
        polygon_share=both["activity"] / in_area,
        jaccard=both["activity"] / (in_region + in_area - both["activity"]),
    )
    order = both.assign(last=both["region"].where(both["region"] >= 0, len(regions)))
    order = order.sort_values(["last", "activity", "area"], ascending=[True, False, True])
    for column, source, number in (
        ("region_id", regions["region_id"], "region"),
        ("name", regions["name"], "region"),
        ("polygon", names, "area"),
    ):
        order[column] = source.astype("str").array.take(order[number].to_numpy(), allow_fill=True)
    return order[_CROSS].reset_index(drop=True)
