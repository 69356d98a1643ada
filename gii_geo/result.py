"""What a run gives back: tables, settings, accounts and where they came from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gii_geo import explorer, export
from gii_geo.accounts import Accounts
from gii_geo.explorer import Page
from gii_geo.project import LON_LAT
from gii_geo.regions.cluster import MergeTree, merge_tree
from gii_geo.regions.density import prepare_density
from gii_geo.settings import Settings
from gii_geo.sweep import sweep_radii
from gii_geo.tables import CITY_LEVEL, INTENSITY, REGIONS


@dataclass(frozen=True)
class Result:
    """The regions of a run and everything they were made from.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, ordered by rank, EPSG:4326; the columns are in `tables.REGIONS`.
    clusters : pandas.DataFrame
        One row a density cluster: cluster, region_id, locations, addresses.
    locations : geopandas.GeoDataFrame
        One row a distinct coordinate pair: addresses and record weight per kind, cluster, region.
    links : pandas.DataFrame
        One row a pair of clusters that share records or merged: the reason of a merger, the gap,
        the shared records and the nearest locations.
    economies : pandas.DataFrame
        One row per region and economy with its share of the region's activity.
    cities : pandas.Series
        By region_id, the cities that hold its activity: list of (city, its own share, 0 to 1).
    events : pandas.DataFrame
        What became of each region of the run before: kept, split, merge, birth or death.
    rejects : pandas.DataFrame
        One row an address that has no place, with file, row and reason.
    accounts : Accounts
        Where every row and record went.
    settings : Settings
        The numbers of the method.
    provenance : dict of str to Any
        Inputs with checksums, versions, notes and credits.
    """

    regions: gpd.GeoDataFrame
    clusters: pd.DataFrame
    locations: gpd.GeoDataFrame
    links: pd.DataFrame
    economies: pd.DataFrame
    cities: pd.Series
    events: pd.DataFrame
    rejects: pd.DataFrame
    accounts: Accounts
    settings: Settings
    provenance: dict[str, Any]

    @property
    def activity_share(self) -> float:
        """Share (0 to 1) of all placed activity, balanced over kinds, that lies in regions."""
        inside = self.locations["region_id"].notna()
        return float(self.locations.loc[inside, "activity"].sum())

    def merge_tree(self) -> MergeTree:
        """Tell at which radius which places become one cluster, at the run's density.

        Returns
        -------
        MergeTree
            Of the run's locations: every radius at once, see `gii_geo.merge_tree`.

        Examples
        --------
        >>> import gii_geo
        >>> tree = gii_geo.find_regions(gii_geo.demo_path()).merge_tree()
        >>> joins = tree.joins((114.06, 22.55), (114.17, 22.28))  # Shenzhen and Hong Kong
        >>> bool(joins["radius_km"].iloc[0] < 15)
        True
        """
        weighed, minimum = prepare_density(self.locations, **self.settings.density)
        return merge_tree(weighed, min_weight=minimum)

    def explore(self, *, radii_km: Sequence[float] = ()) -> Page:
        """Give the page of the run: map, ranking and sliders, for a notebook to show.

        Parameters
        ----------
        radii_km : sequence of float, default ()
            Further radii, in km, that a slider on the page chooses from.

        Returns
        -------
        Page
            It shows itself in a notebook.

        Examples
        --------
        >>> import gii_geo
        >>> gii_geo.find_regions(gii_geo.demo_path()).explore().height_px
        760
        """
        return explorer.explore(self, radii=self._sweep(radii_km))

    def write(self, folder: str | Path, *, radii_km: Sequence[float] = ()) -> list[Path]:
        """Write every file of the result; old files stay until all new ones are whole.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made if it is missing.
        radii_km : sequence of float, default ()
            Further radii, in km, that a slider in explorer.html chooses from; each takes about as
            long as clustering and outlining.

        Returns
        -------
        list of pathlib.Path
            The files.

        Raises
        ------
        NotADirectoryError
            If `folder` is a file.

        Examples
        --------
        >>> import tempfile
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.suffix for path in result.write(folder) if path.stem == "regions"]
        ['.fgb', '.geojson', '.gpkg', '.parquet']
        """
        run = {
            "settings": self.settings.to_dict(),
            "accounts": self.accounts.to_dict(),
            "regions": len(self.regions),
            "clusters": len(self.clusters),
            "locations": len(self.locations),
            "activity_in_regions": self.activity_share,
            **self.provenance,
        }
        tables = {
            "clusters": self.clusters,
            "economies": self.economies,
            "events": self.events,
            "links": self.links,
            "locations": self.locations,
            "rejects": self.rejects,
        }
        radii = self._sweep(radii_km)
        pages = {"explorer.html": partial(explorer.write_page, self, radii=radii)}
        return export.write_files(folder, regions=self.regions, tables=tables, run=run, pages=pages)

    def _sweep(self, radii_km: Sequence[float]) -> gpd.GeoDataFrame | None:
        """Find the regions at further radii, if there are any."""
        return sweep_radii(self, radii_km=radii_km) if radii_km else None


def read_run(folder: str | Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, Any]]:
    """Read back the files of a run.

    Parameters
    ----------
    folder : str or pathlib.Path
        What `Result.write` wrote to.

    Returns
    -------
    regions : geopandas.GeoDataFrame
        The regions.
    locations : geopandas.GeoDataFrame
        The locations.
    run : dict of str to Any
        What run.json holds.

    Raises
    ------
    FileNotFoundError
        If the folder lacks one of the files.
    """
    folder = Path(folder)
    for name in ("regions.parquet", "locations.parquet", "run.json"):
        if not (folder / name).is_file():
            msg = f"Invalid run {folder}. Must be a folder that gii-geo run wrote; no {name} in it."
            raise FileNotFoundError(msg)
    regions = gpd.read_parquet(folder / "regions.parquet")
    locations = gpd.read_parquet(folder / "locations.parquet")
    return regions, locations, json.loads((folder / "run.json").read_text(encoding="utf-8"))


def finish_regions(regions: pd.DataFrame, ids: pd.Series) -> gpd.GeoDataFrame:
    """Put the regions in the order of their ranks and of the columns of every file.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row a region, by number: the columns of `tables.REGIONS` but the id, geometry, and
        population, intensity and intensity_rank if they are known.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, numbered from 0. Regions that share a rank go by their id.
    """
    table = regions.assign(region_id=ids.astype("str")).sort_values(["rank", "region_id"])
    known = [column for column in (*REGIONS, CITY_LEVEL, *INTENSITY) if column in table]
    table = table[[*known, "geometry"]].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=LON_LAT)


def finish_locations(locations: pd.DataFrame, ids: pd.Series) -> gpd.GeoDataFrame:
    """Give the locations the id of their region, and a geometry.

    Parameters
    ----------
    locations : pandas.DataFrame
        Columns lon, lat, region (number, missing outside) and whatever else is known.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, with region_id instead of region.
    """
    table = locations.assign(region_id=locations["region"].map(ids).astype("str"))
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table.drop(columns="region"), geometry=points, crs=LON_LAT)


def finish_economies(economies: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the shares of economies the ids of their regions.

    Parameters
    ----------
    economies : pandas.DataFrame
        region (number), economy, share and location_share.
    ids : pandas.Series
        `region_id`, by number.

    Returns
    -------
    pandas.DataFrame
        region_id, economy, share and location_share, ordered by id, largest share first.
    """
    table = economies.assign(region_id=economies["region"].map(ids).astype("str"))
    table = table.sort_values(["region_id", "share", "economy"], ascending=[True, False, True])
    columns = ["region_id", "economy", "share", "location_share"]
    return table[columns].reset_index(drop=True)
