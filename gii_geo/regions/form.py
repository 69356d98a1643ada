"""How regions are formed: delineated, counted, ranked, described. Every question goes through here.

Each stage is handed the settings that it hangs on and no others (`Settings.pick`), so that what it
gave can be kept and taken again while they stay the same.
"""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.borders import code_economies, list_codes
from gii_geo.memory import give_back
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.density import prepare_density, share_coarse
from gii_geo.regions.economies import share_economies, share_land
from gii_geo.regions.gap import find_gaps
from gii_geo.regions.link import link_clusters
from gii_geo.regions.merge import choose_merges, merge_clusters
from gii_geo.regions.name import name_regions
from gii_geo.regions.outline import measure_area, outline_regions
from gii_geo.regions.rank import rank_regions
from gii_geo.regions.sums import sum_groups, sum_locations
from gii_geo.regions.tally import Tally
from gii_geo.regions.touch import count_touching, pair_touching
from gii_geo.tables import RECORD_UNITS

IntArray = npt.NDArray[np.int64]

COUNTED: Final = ("kinds", "years")
"""Settings that say what of the world counts."""

CLUSTERED: Final = (
    *(*COUNTED, "radius_km", "density_weight", "min_addresses", "min_share", "method"),
)
"""Settings that the clusters hang on."""

DELINEATED: Final = (*CLUSTERED, "gap_km", "min_link_share", "max_link_km")
"""Settings that the regions hang on."""

RANKED: Final = ("counting", "share_of", "score_weights")
"""Settings that, besides, the ranks hang on."""


@dataclass(frozen=True, eq=False)
class Delineation:
    """Which cluster and region every location is in.

    Attributes
    ----------
    locations : pandas.DataFrame
        The tally's locations with cluster and region (numbers, missing outside).
    links : pandas.DataFrame
        Pairs of clusters that are close or share records, from `merge.choose_merges`.
    region_of_cluster : pandas.Series
        Region by cluster.
    """

    locations: pd.DataFrame
    links: pd.DataFrame
    region_of_cluster: pd.Series

    @property
    def cluster(self) -> IntArray:
        """Cluster of each location, -1 outside."""
        return self.locations["cluster"].to_numpy(np.int64, na_value=-1)

    @property
    def region(self) -> IntArray:
        """Region of each location, -1 outside."""
        return self.locations["region"].to_numpy(np.int64, na_value=-1)


@dataclass(frozen=True, eq=False)
class Description:
    """What regions are called, where they lie and what they cover.

    Attributes
    ----------
    regions : pandas.DataFrame
        By region: name, area_km2 and city_level_share.
    outlines : geopandas.GeoSeries
        By region, EPSG:4326.
    cities : pandas.Series
        By region, the cities that hold its activity: list of (city, its own share, 0 to 1).
    economies : pandas.DataFrame
        region, economy, share and location_share.
    """

    regions: pd.DataFrame
    outlines: gpd.GeoSeries
    cities: pd.Series
    economies: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Formed:
    """Regions by number, ranked but without a name: all that a question about ranks needs.

    Attributes
    ----------
    tally : Tally
        What of the world counts.
    delineation : Delineation
        Which region every location is in.
    ranking : pandas.DataFrame
        By region: locations, addresses, rank, records, shares and score.
    """

    tally: Tally
    delineation: Delineation
    ranking: pd.DataFrame


def weigh_locations(tally: Tally, settings: Any) -> tuple[pd.DataFrame, int]:  # noqa: ANN401
    """Weigh locations for the density search.

    Parameters
    ----------
    tally : Tally
        What counts.
    settings : Settings or Picked
        density_weight, min_addresses and min_share.

    Returns
    -------
    weighed : pandas.DataFrame
        The tally's locations with density_weight.
    minimum : int
        What makes a location dense, in the same units.
    """
    return prepare_density(
        tally.locations,
        density_weight=settings.density_weight,
        min_addresses=settings.min_addresses,
        min_share=settings.min_share,
    )


def cluster_world(tally: Tally, settings: Any) -> pd.Series:  # noqa: ANN401
    """Find the dense clusters of a tally's locations.

    Parameters
    ----------
    tally : Tally
        What counts.
    settings : Settings or Picked
        `CLUSTERED`.

    Returns
    -------
    pandas.Series
        `cluster` on the index of the tally's locations, missing for none.
    """
    locations = tally.locations
    if locations.empty:  # every row was rejected or left out
        return pd.Series([], index=locations.index, name="cluster", dtype="Int64")
    weighed, minimum = weigh_locations(tally, settings)
    return cluster_locations(
        weighed,
        radius_km=settings.radius_km,
        min_weight=minimum,
        method=settings.method,
        layout=tally.sites.lay(),
    )


def delineate(tally: Tally, cluster: pd.Series, settings: Any) -> Delineation:  # noqa: ANN401
    """Merge the clusters that belong together into regions.

    Parameters
    ----------
    tally : Tally
        What counts.
    cluster : pandas.Series
        From `cluster_world`.
    settings : Settings or Picked
        `DELINEATED`.

    Returns
    -------
    Delineation
        Cluster and region of every location, and the links between clusters.
    """
    locations = tally.locations.assign(cluster=cluster)
    number = cluster.to_numpy(np.int64, na_value=-1)
    clusters = int(number.max(initial=-1)) + 1
    weight = np.zeros(clusters, dtype=np.int64)
    for kind in tally.kinds if len(tally.records) else ():
        weight += sum_groups(locations[f"{kind}_weight"].to_numpy(), number, clusters)
    links = link_clusters(pair_touching(tally.records, number, groups=clusters), weight)
    widest = max(settings.gap_km, settings.max_link_km) if len(links) else settings.gap_km
    pairs = choose_merges(
        find_gaps(locations, gap_km=widest, xyz=tally.sites.xyz),
        links,
        gap_km=settings.gap_km,
        min_link_share=settings.min_link_share,
        max_link_km=settings.max_link_km,
    )
    region_of_cluster = merge_clusters(clusters, pairs[pairs["reason"].notna()])
    region = np.append(region_of_cluster.to_numpy(np.int64), -1)[number]
    locations["region"] = pd.arrays.IntegerArray(region, region < 0)
    return Delineation(locations, pairs, region_of_cluster)


def count_groups(
    tally: Tally, group: IntArray, *, name: str, counting: str = "fractional"
) -> pd.DataFrame:
    """Sum locations by cluster or region.

    Parameters
    ----------
    tally : Tally
        What counts.
    group : numpy.ndarray of int64, shape (n,)
        Cluster or region of each location, -1 outside.
    name : str
        What the index is called.
    counting : {"fractional", "full"}
        A record is split over its addresses, or counts whole in every group it touches.

    Returns
    -------
    pandas.DataFrame
        By group, ascending from 0: locations, addresses (of all kinds) and `<kind>_weight` (units).
    """
    sums = sum_locations(tally.locations, tally.kinds, group, name=name)
    if counting == "fractional":
        return sums
    touching = count_touching(tally.records, group, groups=len(sums))
    words = list(tally.records["kind"].cat.categories)
    for kind in tally.kinds:
        whole = sum_groups(tally.alone[kind].to_numpy(), group, len(sums))
        whole += touching[words.index(kind)] if kind in words else 0
        sums[f"{kind}_weight"] = whole * RECORD_UNITS
    return sums


def count_regions(tally: Tally, delineation: Delineation, counting: str) -> pd.DataFrame:
    """Count what each region holds.

    Parameters
    ----------
    tally : Tally
        What counts.
    delineation : Delineation
        Which region every location is in.
    counting : {"fractional", "full"}
        A record is split over its addresses, or counts whole in every region it touches.

    Returns
    -------
    pandas.DataFrame
        By region, ascending: locations, addresses (of all kinds) and `<kind>_weight` (units).
    """
    return count_groups(tally, delineation.region, name="region", counting=counting)


def count_totals(tally: Tally, settings: Any) -> dict[str, int]:  # noqa: ANN401
    """Give what the shares are shares of, per kind, in units: every record or the placed ones.

    Parameters
    ----------
    tally : Tally
        What counts.
    settings : Settings or Picked
        share_of and counting.

    Returns
    -------
    dict of str to int
        Units per kind.
    """
    if settings.share_of == "all":
        records = tally.totals["records"]
        return {kind: int(records[kind]) * RECORD_UNITS for kind in tally.kinds}
    everywhere = np.zeros(len(tally.locations), dtype=np.int64)
    world = count_groups(tally, everywhere, name="world", counting=settings.counting)
    return {kind: int(world[f"{kind}_weight"].sum()) for kind in tally.kinds}


def rank(tally: Tally, units: pd.DataFrame, settings: Any) -> pd.DataFrame:  # noqa: ANN401
    """Turn what regions hold into shares of the world, scores and ranks.

    Parameters
    ----------
    tally : Tally
        What counts.
    units : pandas.DataFrame
        From `count_regions`.
    settings : Settings or Picked
        `RANKED`.

    Returns
    -------
    pandas.DataFrame
        By region: locations and addresses, and what `rank.rank_regions` gives.
    """
    totals = count_totals(tally, settings)
    ranking = rank_regions(units, totals=totals, score_weights=settings.score_weights)
    for place, name in enumerate(("locations", "addresses")):
        ranking.insert(place, name, units[name])
    return ranking


def name(tally: Tally, delineation: Delineation) -> pd.DataFrame:
    """Name regions.

    Parameters
    ----------
    tally : Tally
        What counts.
    delineation : Delineation
        Which region every location is in.

    Returns
    -------
    pandas.DataFrame
        By region: name, cities and held, as `name.name_regions` gives them.
    """
    return name_regions(
        delineation.locations,
        nearest=tally.sites.find_places,
        xyz=tally.sites.xyz,
    )


def describe(
    tally: Tally, delineation: Delineation, *, radius_km: float, has_precision: bool
) -> Description:
    """Name regions, share them out over economies and outline them.

    Parameters
    ----------
    tally : Tally
        What counts.
    delineation : Delineation
        Which region every location is in.
    radius_km : float
        Radius of the density search, in km.
    has_precision : bool
        Whether it is known how well addresses are placed.

    Returns
    -------
    Description
        Names, cities, economies and outlines.
    """
    locations, sites = delineation.locations, tally.sites

    def locate(rows: IntArray) -> pd.Categorical:
        code = sites.recall("economy", rows, lambda some: code_economies(some.lon, some.lat).codes)
        return pd.Categorical.from_codes(code, list_codes())

    named = name(tally, delineation)
    give_back()
    told = tally.list_economies()
    economies = share_economies(locations, told, locate=locate)
    economies["location_share"] = share_land(locations, told, economies, locate=locate)
    regions = named[["name"]].copy()
    if has_precision:
        regions["city_level_share"] = share_coarse(locations, told)
    del told  # large
    give_back()
    outlines = outline_regions(locations, radius_km=radius_km, xyz=sites.xyz)
    regions["area_km2"] = measure_area(outlines)
    return Description(regions, outlines, named["held"], economies)
