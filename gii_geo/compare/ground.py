"""Where the cities of a published ranking lie among our regions."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree

from gii_geo import project
from gii_geo.published import find_cities
from gii_geo.ranges import check_number
from gii_geo.tables import check_table, list_kinds

_PUBLISHED: Final = {"name": "s", "economies": "s"}

IntArray = npt.NDArray[np.int64]


def place_cities(
    published: pd.DataFrame, regions: gpd.GeoDataFrame, locations: pd.DataFrame, *, radius_km: float
) -> pd.DataFrame:
    """Find the region of ours that each city of a published name lies in, or beside.

    A city lies in a region whose outline holds it, else beside the region of the nearest location
    within the radius; the two must have an economy in common.

    Parameters
    ----------
    published : pandas.DataFrame
        Columns ``name`` and ``economies``, such as `published.read_published` returns.
    regions : geopandas.GeoDataFrame
        Our regions: region_id, rank, name, economies and outlines, EPSG:4326.
    locations : pandas.DataFrame
        Our locations: ``lon``, ``lat`` in degrees, ``region_id`` (missing outside regions) and
        ``<kind>_addresses``.
    radius_km : float
        How far a city may lie from a region's locations, in km, greater than 0.

    Returns
    -------
    pandas.DataFrame
        What `published.find_cities` returns, and ``region`` (row number in `regions`, -1 for none),
        ``is_beside`` and ``reason`` (why there is none, else missing).

    Raises
    ------
    TypeError
        If the radius is no number, what is published no table, or a column of another type.
    ValueError
        If the radius is not greater than 0, or a column is missing.
    """
    check_number("radius_km", radius_km, above=0)
    check_table(published, _PUBLISHED, name="published")
    ground = _Ground.survey(regions, locations, radius_km)
    cities = find_cities(published)
    codes = [set(published["economies"].iloc[row].split(";")) for row in cities["row"]]
    lon_lat = cities[["lon", "lat"]].to_numpy(np.float64)
    cities[["region", "is_beside", "reason"]] = [
        ground.place(*city) for city in zip(lon_lat, codes, strict=True)
    ]
    return cities


@dataclass(frozen=True)
class _Ground:
    """Where our addresses and regions are; a region is its row number."""

    regions: gpd.GeoDataFrame
    economies: list[set[str]]
    outlines: shapely.STRtree
    locations: KDTree
    region: IntArray
    addresses: IntArray
    radius_km: float

    @classmethod
    def survey(
        cls, regions: gpd.GeoDataFrame, locations: pd.DataFrame, radius_km: float
    ) -> "_Ground":
        """Prepare the search."""
        row_of = pd.Series(range(len(regions)), regions["region_id"])
        addresses = [f"{kind}_addresses" for kind in list_kinds(locations)]
        return cls(
            regions,
            [set(codes.split(";")) for codes in regions["economies"]],
            shapely.STRtree(regions.geometry.to_numpy()),
            KDTree(project.to_geocentric(locations["lon"], locations["lat"])),
            np.asarray(locations["region_id"].map(row_of).fillna(-1), dtype=np.int64),
            locations[addresses].to_numpy(np.int64).sum(axis=1),
            radius_km,
        )

    def place(
        self, lon_lat: project.FloatArray, economies: set[str]
    ) -> tuple[int, bool, str | None]:
        """Find a city's region, whether it is beside it, and why it has none."""
        if np.isnan(lon_lat).any():
            return -1, True, "unknown place"
        xyz = project.to_geocentric(lon_lat[:1], lon_lat[1:])[0]
        near = np.array(self.locations.query_ball_point(xyz, 1000 * self.radius_km), dtype=np.int64)
        apart = np.linalg.norm(self.locations.data[near] - xyz, axis=1)
        far_first = np.argsort(-apart)  # the nearest location of a region stays
        distance = dict(
            zip(self.region[near][far_first].tolist(), apart[far_first].tolist(), strict=True)
        )
        distance.pop(-1, None)
        inside = self.outlines.query(shapely.Point(lon_lat), predicate="intersects")
        distance |= dict.fromkeys(inside.tolist(), 0.0)
        addresses = int(self.addresses[near].sum())
        fitting = [region for region in distance if self.economies[region] & economies]
        if fitting:
            best = min(fitting, key=lambda region: (distance[region], region))
            return best, distance[best] > 0, None
        if distance:
            nearest = min(distance, key=lambda region: (distance[region], region))
            rank, name, codes = self.regions[["rank", "name", "economies"]].iloc[nearest]
            return -1, True, f"other economies: {rank} {name} ({codes})"
        if addresses:
            where = f"within {self.radius_km:g} km"
            return -1, True, f"below the threshold: {addresses:,} addresses {where}, no region"
        return -1, True, f"no data: no address within {self.radius_km:g} km"
