"""One run's regions at other radii: which merge, split, appear and vanish."""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import geopandas as gpd
import pandas as pd

from gii_geo.given import check_result
from gii_geo.project import LON_LAT
from gii_geo.ranges import LEAST_RADIUS_KM, check_flag, check_number, show_value
from gii_geo.regions.follow import Followed, Previous, follow_regions
from gii_geo.regions.form import Description, Formed
from gii_geo.settings import MAX_RADIUS_KM, Settings

RADII_KM: Final = (5.0, 8.0, 10.0, 13.0, 15.0, 20.0, 30.0, 50.0)
"""Around WIPO's 13 km (2017) and 15 km (2018 to 2024): from a city's core to a whole corridor."""

_FURTHER: Final = (
    *("activity", "cities", "economy_shares", "event", "previous_region_id", "merged", "geometry"),
)
"""Columns of a swept region behind those of a region."""


class Swept(Protocol):
    """What a sweep needs of a result, see `result.Result`."""

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """The regions."""

    @property
    def regions_map(self) -> gpd.GeoDataFrame:
        """The regions with outlines for maps."""

    @property
    def settings(self) -> Settings:
        """The question."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where they come from."""

    @property
    def formed(self) -> Formed:
        """The regions by number."""

    @property
    def described(self) -> Description:
        """Their names and outlines."""

    @property
    def followed(self) -> Followed:
        """Their ids."""

    @property
    def economies(self) -> pd.DataFrame:
        """The economies of each region."""

    def again(self, **changes: Any) -> "Swept":  # noqa: ANN401
        """Ask the same with some settings changed."""

    def form(self, settings: Settings) -> Formed:
        """Delineate and rank with other settings, without names or outlines."""


def sweep_radii(
    result: Swept, *, radii_km: Iterable[float] = RADII_KM, for_maps: bool = False
) -> gpd.GeoDataFrame:
    """Find the regions of a run at other radii, all else as its settings say.

    Each radius is asked of the run's world as `Result.again` does, so that all is what a run at
    that radius says, and then followed to the run.

    Parameters
    ----------
    result : Result
        The run.
    radii_km : iterable of float
        Radii in km, above 0; each is taken once.
    for_maps : bool, default False
        Whether the outlines are those for maps (`Result.regions_map`), or the exact ones.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per radius and region, EPSG:4326, by radius and rank: ``radius_km``, the columns of
        `tables.REGIONS`, ``activity`` (share of all activity, 0 to 1), ``cities`` (list of (city,
        its own share of the region's activity), as `name.name_regions` lists what is held),
        ``economy_shares`` (the same of the economies that are printed), and
        what the run calls it: ``event`` ("kept", "split" or "birth"), ``previous_region_id`` (the
        run's region that it is, or was split from; missing for a birth) and ``merged`` (further
        regions of the run that went into it, ";"-joined). A kept region keeps its region_id; the
        others are called by radius and number, such as 13km-1.

    Raises
    ------
    TypeError
        If it is no result.
    ValueError
        If a radius is none.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> swept = sweep_radii(result, radii_km=[15])
    >>> swept["event"].unique().tolist()
    ['kept']
    """
    check_result(result)
    check_flag("for_maps", for_maps)
    chosen = check_radii(radii_km)
    if result.formed.tally.locations.empty:  # no region at any radius
        chosen = [result.settings.radius_km]
    if not chosen:
        msg = "Invalid radii_km []. Must be at least one."
        raise ValueError(msg)
    swept = [_sweep_radius(result, radius_km, for_maps=for_maps) for radius_km in chosen]
    table = pd.concat([part for part in swept if len(part)] or swept[:1], ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=LON_LAT)


def check_radii(radii_km: Iterable[float]) -> list[float]:
    """Refuse radii that are none.

    Parameters
    ----------
    radii_km : iterable of float
        Radii in km, above 0.

    Returns
    -------
    list of float
        Each radius once, ascending.

    Raises
    ------
    ValueError
        As `sweep_radii`.

    Examples
    --------
    >>> check_radii([20, 5, 20])
    [5.0, 20.0]
    """
    if isinstance(radii_km, str | bytes) or not isinstance(radii_km, Iterable):
        msg = f"Invalid radii_km {show_value(radii_km)}. Must be a list of radii."
        raise TypeError(msg)
    return sorted({_read_radius(radius_km) for radius_km in radii_km})


def _read_radius(radius_km: float) -> float:
    """Refuse what is no radius."""
    try:
        check_number("radius_km", radius_km, least=LEAST_RADIUS_KM, most=MAX_RADIUS_KM)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return float(radius_km)


def _sweep_radius(result: Swept, radius_km: float, *, for_maps: bool) -> pd.DataFrame:
    """Find the regions of one radius."""
    if radius_km == result.settings.radius_km:
        fate = {"event": "kept", "previous_region_id": result.regions["region_id"], "merged": ""}
        return _complete(result, fate, for_maps=for_maps)
    other = result.again(radius_km=radius_km)
    formed = other.formed
    previous = Previous(
        result.regions[["region_id", "name", "geometry"]], result.provenance["last_region_id"]
    )
    regions = formed.ranking.join(other.described.regions["name"])
    followed = follow_regions(regions, formed.delineation.locations, previous)
    number = pd.Series(regions.index, other.followed.region_ids)
    fates = _tell_fate(regions, followed, radius_km).loc[number[other.regions["region_id"]]]
    columns = {name: fates[name].array for name in fates}
    swept = _complete(other, columns, for_maps=for_maps)
    return swept.sort_values(["rank", "region_id"])


def _complete(other: Swept, columns: dict[str, Any], *, for_maps: bool) -> pd.DataFrame:
    """Add to the regions of one radius what they hold, and what they are to the run."""
    ids = other.regions["region_id"]
    locations = other.formed.delineation.locations
    activity = locations["activity"].groupby(locations["region"]).sum()
    activity.index = other.followed.region_ids[activity.index]
    cities = other.described.cities
    cities = cities.set_axis(other.followed.region_ids[cities.index])
    table = pd.DataFrame(other.regions_map if for_maps else other.regions).assign(
        radius_km=other.settings.radius_km,
        activity=ids.map(activity).astype("float64"),
        cities=ids.map(cities).astype("object"),
        economy_shares=ids.map(_share_printed(other)).astype("object"),
        **columns,
    )
    texts = dict.fromkeys(("event", "previous_region_id", "merged"), "str")
    own = other.regions.columns.drop("geometry")
    return table.astype(texts)[["radius_km", *own, *_FURTHER]]


def _share_printed(other: Swept) -> pd.Series:
    """List the shares of the economies that are printed, by region_id."""
    regions = other.regions
    printed = dict(zip(regions["region_id"], regions["economies"].str.split(";"), strict=True))
    shares: dict[str, list[list[object]]] = {region_id: [] for region_id in printed}
    columns = other.economies[["region_id", "economy", "share"]]
    for region_id, economy, share in columns.itertuples(index=False):
        if economy in printed.get(region_id, []):
            shares[region_id].append([economy, share])
    return pd.Series(shares, dtype="object")


def _tell_fate(regions: pd.DataFrame, followed: Followed, radius_km: float) -> pd.DataFrame:
    """Say what each region is to the run: kept, split or born, and what merged into it."""
    events = followed.events.set_index("region_id")
    fate = events[events["event"].isin(["kept", "split", "birth"])]
    merged = events[events["event"] == "merge"]["previous_region_id"]
    merged = merged.groupby(level=0).agg(";".join)
    ids = followed.region_ids
    regions = (
        regions[["rank"]]
        .assign(
            event=ids.map(fate["event"]).astype("str"),
            previous_region_id=ids.map(fate["previous_region_id"]).astype("str"),
            merged=ids.map(merged).astype("str").fillna(""),
        )
        .sort_values("rank", kind="stable")
    )
    kept = regions["event"] == "kept"
    called = [f"{radius_km:g}km-{number}" for number in (~kept).cumsum()]
    regions["region_id"] = regions["previous_region_id"].where(
        kept, pd.Series(called, index=regions.index, dtype="str")
    )
    return regions.drop(columns="rank")
