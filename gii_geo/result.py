"""What a question gives back: tables, settings, accounts and where they came from."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gii_geo import explorer, export
from gii_geo.accounts import Accounts, settle_accounts
from gii_geo.explorer import Page
from gii_geo.project import LON_LAT
from gii_geo.regions import form
from gii_geo.regions.cluster import MergeTree, merge_tree
from gii_geo.regions.follow import Followed
from gii_geo.regions.form import Description, Formed
from gii_geo.regions.tally import UNREADABLE, choose_rows
from gii_geo.settings import Settings
from gii_geo.sweep import sweep_radii
from gii_geo.tables import CITY_LEVEL, INTENSITY, region_columns
from gii_geo.world import World


@dataclass(frozen=True, eq=False)
class Result:
    """The regions of a question and everything they were made from; tables are made when asked for.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, ordered by rank, EPSG:4326; the columns are in `tables.region_columns`.
    settings : Settings
        The numbers of the question.
    world : World
        What was asked.
    provenance : dict of str to Any
        Inputs with checksums, options, versions, notes and credits.
    formed, described, followed
        The regions by number, as the stages gave them.
    ask : callable
        Answers the same question with other settings.
    """

    regions: gpd.GeoDataFrame
    settings: Settings
    world: World
    provenance: dict[str, Any]
    formed: Formed = field(repr=False)
    described: Description = field(repr=False)
    followed: Followed = field(repr=False)
    ask: Callable[[Settings], "Result"] = field(repr=False)

    def again(self, **changes: Any) -> "Result":  # noqa: ANN401
        """Ask the same with some settings changed: only what hangs on them is done anew.

        Parameters
        ----------
        **changes : Any
            Settings to change, as `Settings.replace` takes them.

        Returns
        -------
        Result
            What `find_regions` gives for these settings.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> result.again(score_weights={"deal": 0}).regions["name"].iloc[0]
        'Tokyo–Yokohama'
        """
        return self.ask(self.settings.replace(**changes))

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """One row a density cluster: cluster, region_id, locations, addresses."""
        delineation = self.formed.delineation
        table = self.locations[["cluster"]].assign(
            locations=1,
            addresses=sum(self.locations[f"{kind}_addresses"] for kind in self.formed.tally.kinds),
        )
        inside = table[table["cluster"].notna()].astype({"cluster": "int64"})
        sums = inside.groupby("cluster")[["locations", "addresses"]].sum().astype("int64")
        ids = delineation.region_of_cluster.map(self.followed.region_ids)
        sums.insert(0, "region_id", ids.astype("str"))
        return sums.reset_index()

    @cached_property
    def locations(self) -> gpd.GeoDataFrame:
        """One row a distinct coordinate pair.

        The columns are lon, lat (degrees), addresses and record weight (units, 5,354,228,880 a
        record) per kind, activity (share of all, 0 to 1), cluster and region_id.
        """
        return _finish_locations(self.formed.delineation.locations, self.followed.region_ids)

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a pair of clusters that share records or merged.

        The columns are cluster_a, cluster_b, the reason of a merger, the gap, the shared records
        and the nearest locations.
        """
        return self.formed.delineation.links

    @cached_property
    def economies(self) -> pd.DataFrame:
        """One row per region and economy with its share of the region's activity."""
        return _finish_economies(self.described.economies, self.followed.region_ids)

    @cached_property
    def cities(self) -> pd.Series:
        """By region_id, the cities that hold its activity: list of (city, its own share)."""
        held = self.described.cities
        return held.set_axis(self.followed.region_ids[held.index])

    @property
    def events(self) -> pd.DataFrame:
        """What became of each region of the run before: kept, split, merge, birth or death."""
        return self.followed.events

    @cached_property
    def rejects(self) -> pd.DataFrame:
        """One row an address that has no place, with file, row and reason."""
        rejects, settings = self.world.rejects, self.settings
        counts = choose_rows(
            rejects,
            set(settings.kinds or self.formed.tally.kinds),
            settings.years,
            year="record_year",
        )
        unreadable = rejects["reason"].str.startswith(UNREADABLE).fillna(value=False)
        chosen = rejects[counts | unreadable.to_numpy(dtype=bool)]
        return chosen.drop(columns=["weight", "record_year"]).reset_index(drop=True)

    @cached_property
    def accounts(self) -> Accounts:
        """Where every row and record went."""
        return settle_accounts(self.formed.tally, self.formed.delineation.region)

    @property
    def activity_share(self) -> float:
        """Share (0 to 1) of all placed activity, balanced over kinds, that lies in regions."""
        locations = self.formed.delineation.locations
        return float(locations.loc[locations["region"].notna(), "activity"].sum())

    def list_settings(self) -> dict[str, Any]:
        """Give the settings as plain values, the kinds that count by their words.

        Returns
        -------
        dict of str to Any
            Names and values, as in run.json.

        Examples
        --------
        >>> import gii_geo
        >>> gii_geo.find_regions(gii_geo.demo_path()).list_settings()["kinds"]
        ['patent', 'publication', 'deal']
        """
        kinds = self.settings.kinds or self.formed.tally.kinds
        return {"kinds": list(kinds), **self.settings.to_dict()}

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
        weighed, minimum = form.weigh_locations(self.formed.tally, self.settings)
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
            "settings": self.list_settings(),
            "accounts": self.accounts.to_dict(),
            "regions": len(self.regions),
            "clusters": len(self.clusters),
            "locations": len(self.locations),
            "activity_in_regions": self.activity_share,
            **self.provenance,
            "options": {
                **self.provenance["options"],
                "radii_km": [float(radius_km) for radius_km in radii_km],
            },
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


def finish_regions(
    regions: pd.DataFrame, ids: pd.Series, *, kinds: Sequence[str]
) -> gpd.GeoDataFrame:
    """Put the regions in the order of their ranks and of the columns of every file.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row a region, by number: the columns of `tables.region_columns` but the id, geometry,
        and population, intensity and intensity_rank if they are known.
    ids : pandas.Series
        `region_id`, by number.
    kinds : sequence of str
        The kinds that have columns.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, numbered from 0. Regions that share a rank go by their id.
    """
    table = regions.assign(region_id=ids.astype("str")).sort_values(["rank", "region_id"])
    known = [
        column for column in (*region_columns(kinds), CITY_LEVEL, *INTENSITY) if column in table
    ]
    table = table[[*known, "geometry"]].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=LON_LAT)


def _finish_locations(locations: pd.DataFrame, ids: pd.Series) -> gpd.GeoDataFrame:
    """Give the locations the id of their region, and a geometry."""
    table = locations.assign(region_id=locations["region"].map(ids).astype("str"))
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table.drop(columns="region"), geometry=points, crs=LON_LAT)


def _finish_economies(economies: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the shares of economies the ids of their regions."""
    table = economies.assign(region_id=economies["region"].map(ids).astype("str"))
    table = table.sort_values(["region_id", "share", "economy"], ascending=[True, False, True])
    columns = ["region_id", "economy", "share", "location_share"]
    return table[columns].reset_index(drop=True)
