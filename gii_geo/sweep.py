"""One run's regions at other radii: which merge, split, appear and vanish."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from gii_geo.project import LON_LAT
from gii_geo.records.count import sum_locations
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.cluster.check import check_radius
from gii_geo.regions.density import prepare_density
from gii_geo.regions.economies import print_economies, share_economies, share_land
from gii_geo.regions.follow import Followed, Previous, follow_regions
from gii_geo.regions.merge import find_gaps, merge_clusters
from gii_geo.regions.name import name_regions
from gii_geo.regions.outline import measure_area, outline_regions
from gii_geo.regions.rank import rank_regions
from gii_geo.tables import KINDS, RECORD_UNITS, REGIONS

if TYPE_CHECKING:
    from gii_geo.result import Result
    from gii_geo.settings import Settings

RADII_KM: Final = (5.0, 8.0, 10.0, 13.0, 15.0, 20.0, 30.0, 50.0)
"""Around WIPO's 13 km (2017) and 15 km (2018 to 2024): from a city's core to a whole corridor."""

_COLUMNS = [
    *("radius_km", *REGIONS, "activity", "cities", "event", "previous_region_id", "merged"),
    "geometry",
]


def sweep_radii(result: "Result", *, radii_km: Iterable[float] = RADII_KM) -> gpd.GeoDataFrame:
    """Find the regions of a run at other radii, all else as its settings say.

    The run's own radius is given as it is. Elsewhere the locations are clustered, merged over
    gaps, outlined, named and ranked anew; economies then go by coordinates, because the locations
    no longer know what their addresses named.

    Parameters
    ----------
    result : Result
        The run.
    radii_km : iterable of float
        Radii in km, above 0; each is taken once.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per radius and region, EPSG:4326, by radius and rank: ``radius_km``, the columns of
        `tables.REGIONS`, ``activity`` (share of all activity, 0 to 1), ``cities`` (list of (city,
        its own share of the region's activity), as `name.name_regions` lists what is held), and
        what the run calls it: ``event`` ("kept", "split" or "birth"), ``previous_region_id`` (the
        run's region that it is, or was split from; missing for a birth) and ``merged`` (further
        regions of the run that went into it, ";"-joined). A kept region keeps its region_id; the
        others are called by radius and number, such as 13km-1.

    Raises
    ------
    ValueError
        If another radius than the run's is asked for where that cannot be told from locations:
        with method "hdbscan", which has no radius, with full counting or with merging by links,
        which need the records.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> swept = sweep_radii(result, radii_km=[15])
    >>> swept["event"].unique().tolist()
    ['kept']
    """
    own_km = result.settings.radius_km
    chosen = check_radii(radii_km, settings=result.settings)
    if result.locations.empty:  # no region at any radius
        chosen = [own_km]
    if not chosen:
        msg = "Invalid radii_km []. Must be at least one."
        raise ValueError(msg)
    swept = [
        _take_own(result) if radius_km == own_km else _sweep_radius(result, radius_km)
        for radius_km in chosen
    ]
    table = pd.concat([part for part in swept if len(part)] or swept[:1], ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=LON_LAT)


def check_radii(radii_km: Iterable[float], *, settings: "Settings") -> list[float]:
    """Refuse radii that are none, and settings under which locations alone do not make regions.

    Parameters
    ----------
    radii_km : iterable of float
        Radii in km, above 0.
    settings : Settings
        The settings of the run.

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
    >>> import gii_geo
    >>> check_radii([20, 5, 20], settings=gii_geo.Settings())
    [5.0, 20.0]
    """
    chosen = sorted({_read_radius(radius_km) for radius_km in radii_km})
    if any(radius_km != settings.radius_km for radius_km in chosen):
        _check_settings(settings)
    return chosen


def _read_radius(radius_km: float) -> float:
    """Refuse what is no radius."""
    try:
        number = float(radius_km)
    except (TypeError, ValueError):
        msg = f"Invalid radius_km {radius_km!r}. Must be a number greater than 0."
        raise ValueError(msg) from None
    check_radius(number)
    return number


def _check_settings(settings: "Settings") -> None:
    """Refuse settings under which the locations alone do not make the regions."""
    refused = {"method": "hdbscan", "counting": "full"}
    for name, value in refused.items():
        if getattr(settings, name) == value:
            msg = f"Invalid {name} {value!r}. Must be another to sweep the radius of a result."
            raise ValueError(msg)
    if settings.min_link_share is not None:
        msg = (
            f"Invalid min_link_share {settings.min_link_share}. Must be None to sweep the radius "
            "of a result."
        )
        raise ValueError(msg)


def _take_own(result: "Result") -> pd.DataFrame:
    """Give the run's own regions as the sweep gives the others."""
    regions = result.regions
    activity = result.locations.groupby("region_id")["activity"].sum()
    return pd.DataFrame(regions).assign(
        radius_km=result.settings.radius_km,
        activity=regions["region_id"].map(activity).astype("float64"),
        cities=regions["region_id"].map(result.cities).astype("object"),
        event=pd.Series("kept", index=regions.index, dtype="str"),
        previous_region_id=regions["region_id"],
        merged=pd.Series("", index=regions.index, dtype="str"),
    )


def _sweep_radius(result: "Result", radius_km: float) -> pd.DataFrame:
    """Find the regions of one other radius."""
    locations = pd.DataFrame(result.locations.drop(columns=["cluster", "region_id", "geometry"]))
    weighed, minimum = prepare_density(locations, **result.settings.density)
    locations["cluster"] = cluster_locations(weighed, radius_km=radius_km, min_weight=minimum)
    count = locations["cluster"].nunique()
    region_of_cluster = merge_clusters(count, find_gaps(locations, gap_km=result.settings.gap_km))
    locations["region"] = locations["cluster"].map(region_of_cluster).astype("Int64")
    units = sum_locations(locations, by="region")
    ranking = rank_regions(
        units, totals=_world_totals(result), score_weights=result.settings.score_weights
    )
    outlines = outline_regions(locations, radius_km=radius_km)
    regions = units[["locations", "addresses"]].join(ranking)
    named = name_regions(locations)
    regions["name"], regions["cities"] = named["name"], named["held"]
    regions["activity"] = locations.groupby("region")["activity"].sum()
    regions["economies"] = _print_economies(locations, result.settings.min_economy_share)
    regions["geometry"], regions["area_km2"] = outlines, measure_area(outlines)
    regions["radius_km"] = radius_km
    previous = Previous(
        result.regions[["region_id", "name", "geometry"]], result.provenance["last_region_id"]
    )
    regions = _tell_fate(regions, follow_regions(regions, locations, previous))
    return regions.sort_values(["rank", "region_id"])[_COLUMNS]


def _world_totals(result: "Result") -> dict[str, int]:
    """Give what the shares are shares of, per kind, in units, as the run did."""
    if result.settings.share_of == "all":
        records = result.accounts.kinds["records"].reindex(list(KINDS), fill_value=0)
        return {kind: int(records[kind]) * RECORD_UNITS for kind in KINDS}
    return {kind: int(result.locations[f"{kind}_weight"].sum()) for kind in KINDS}


def _print_economies(locations: pd.DataFrame, min_share: float) -> pd.Series:
    """List the economies of each region by the coordinates of its locations."""
    unnamed = pd.DataFrame(
        {
            "location": range(len(locations)),
            "economy": pd.Series(None, index=range(len(locations)), dtype="str"),
            "activity": locations["activity"].to_numpy(),
        }
    )
    shares = share_economies(locations, unnamed)
    shares["location_share"] = share_land(locations, unnamed, shares)
    return print_economies(shares, min_share=min_share)


def _tell_fate(regions: pd.DataFrame, followed: Followed) -> pd.DataFrame:
    """Say what each region is to the run: kept, split or born, and what merged into it."""
    events = followed.events.set_index("region_id")
    fate = events[events["event"].isin(["kept", "split", "birth"])]
    merged = events[events["event"] == "merge"]["previous_region_id"]
    merged = merged.groupby(level=0).agg(";".join)
    ids = followed.region_ids
    regions = regions.assign(
        event=ids.map(fate["event"]).astype("str"),
        previous_region_id=ids.map(fate["previous_region_id"]).astype("str"),
        merged=ids.map(merged).astype("str").fillna(""),
    ).sort_values("rank", kind="stable")
    kept = regions["event"] == "kept"
    called = [
        f"{radius_km:g}km-{number}"
        for radius_km, number in zip(regions["radius_km"], (~kept).cumsum(), strict=True)
    ]
    regions["region_id"] = regions["previous_region_id"].where(
        kept, pd.Series(called, index=regions.index, dtype="str")
    )
    return regions
