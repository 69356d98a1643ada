"""What a question gives back: tables, settings, accounts and where they came from."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gii_geo import explorer, export
from gii_geo.about import describe_result
from gii_geo.accounts import Accounts, list_rejects, settle_accounts
from gii_geo.explorer import Page
from gii_geo.finish import finish_economies, finish_locations
from gii_geo.regions.assign import assign_points
from gii_geo.regions.cluster import MergeTree, merge_tree
from gii_geo.regions.follow import Followed
from gii_geo.regions.form import Description, Formed, count_groups, weigh_locations
from gii_geo.settings import Settings
from gii_geo.sweep import sweep_radii
from gii_geo.tables import InputError
from gii_geo.trust.sure import rank_surely
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
    form : callable
        Delineates and ranks with other settings, without names or outlines.
    """

    regions: gpd.GeoDataFrame
    settings: Settings
    world: World
    provenance: dict[str, Any]
    formed: Formed = field(repr=False)
    described: Description = field(repr=False)
    followed: Followed = field(repr=False)
    ask: Callable[[Settings], "Result"] = field(repr=False)
    form: Callable[[Settings], Formed] = field(repr=False)

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
        sums = count_groups(self.formed.tally, delineation.cluster, name="cluster")
        ids = delineation.region_of_cluster.map(self.followed.region_ids)
        sums.insert(0, "region_id", ids.astype("str"))
        table: pd.DataFrame = sums[["region_id", "locations", "addresses"]].reset_index()
        return table

    @cached_property
    def locations(self) -> gpd.GeoDataFrame:
        """One row a distinct coordinate pair.

        The columns are lon, lat (degrees), addresses and record weight (units, 5,354,228,880 a
        record) per kind, activity (share of all, 0 to 1), cluster and region_id.
        """
        return finish_locations(self.formed.delineation.locations, self.followed.region_ids)

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a pair of clusters that share records or merged.

        The columns are cluster_a, cluster_b, the region and its name on either side, the reason of
        a merger, the gap, the shared records and the nearest locations.
        """
        links = self.formed.delineation.links.copy()
        ids = self.formed.delineation.region_of_cluster.map(self.followed.region_ids)
        names = self.regions.set_index("region_id")["name"]
        for place, side in ((2, "a"), (4, "b")):
            region_id = links[f"cluster_{side}"].map(ids).astype("str")
            links.insert(place, f"region_id_{side}", region_id)
            links.insert(place + 1, f"name_{side}", region_id.map(names).astype("str"))
        return links

    @cached_property
    def economies(self) -> pd.DataFrame:
        """One row per region and economy with its share of the region's activity."""
        return finish_economies(self.described.economies, self.followed.region_ids)

    @cached_property
    def cities(self) -> pd.DataFrame:
        """One row per region and city: region_id, city, share (its own of the activity, 0 to 1).

        The ten largest of at least 2 % are listed.
        """
        held = self.described.cities
        ids = self.followed.region_ids[held.index].array
        rows = [(one, *city) for one, cities in zip(ids, held, strict=True) for city in cities]
        table = pd.DataFrame(rows, columns=["region_id", "city", "share"])
        table = table.astype({"region_id": "str", "city": "str", "share": "float64"})
        return table.sort_values("region_id", kind="stable", ignore_index=True)

    @property
    def events(self) -> pd.DataFrame:
        """What became of each region of either run: `regions.follow.EVENTS`."""
        return self.followed.events

    @property
    def retired(self) -> gpd.GeoDataFrame:
        """Regions of earlier runs that are no more: region_id, name and their last outline."""
        return self.followed.retired

    @cached_property
    def rejects(self) -> pd.DataFrame:
        """One row an address that has no place, or no year where years are asked for."""
        kinds = set(self.settings.kinds or self.formed.tally.kinds)
        return list_rejects(self.world, kinds, self.settings.years)

    @cached_property
    def accounts(self) -> Accounts:
        """Where every row and record went."""
        contradictions = self.world.contradictions
        return settle_accounts(self.formed.tally, self.formed.delineation.region, contradictions)

    @property
    def contradictions(self) -> pd.DataFrame:
        """One row per source, kind and economy named that addresses lie far outside of."""
        return self.accounts.contradictions

    def __repr__(self) -> str:
        """Say what was found in four lines."""
        return "\n".join(describe_result(self))

    def _repr_html_(self) -> str:
        """Say the same in a notebook, with the first ten regions."""
        columns = ["rank", "name", "economies", "score"]
        table = self.regions.head(10)[columns].to_html(index=False, float_format="{:.4f}".format)
        lines = "<br>".join(html.escape(line) for line in describe_result(self))
        return f"<p>{lines}</p>{table}"

    @property
    def activity_share(self) -> float:
        """Share (0 to 1) of all placed activity, balanced over kinds, that lies in regions."""
        locations = self.formed.delineation.locations
        return float(locations.loc[locations["region"].notna(), "activity"].sum())

    def rank_sets(self, *, simultaneous: bool = False, confidence: float = 0.95) -> pd.DataFrame:
        """Tell how sure the ranks are: which ones other records of the same process could give.

        Confidence sets after Mogstad, Romano, Shaikh and Wilhelm (2024), from the covariance of the
        scores over the records that were counted, regions held as they are. Where a column `group`
        says which records hang together, such as one applicant's or one laboratory's, whole groups
        are drawn; where none is given, records are taken as independent, and the sets are the
        narrowest fair ones.

        Parameters
        ----------
        simultaneous : bool, default False
            Whether all sets hold at once at this confidence, or each row's own by itself.
        confidence : float, default 0.95
            From 0.5 to 0.999.

        Returns
        -------
        pandas.DataFrame
            In the order of `regions`: region_id, name, rank, rank_low and rank_high (the best and
            the worst that it may be), and top_100: "surely", "maybe" or "no".

        Raises
        ------
        InputError
            If the confidence is out of its range.

        Examples
        --------
        >>> import gii_geo
        >>> sets = gii_geo.find_regions(gii_geo.demo_path()).rank_sets()
        >>> sets["rank_low"].head(3).tolist(), sets["rank_high"].head(3).tolist()
        ([1, 1, 3], [2, 2, 3])
        """
        sets = rank_surely(
            self.formed, self.settings, simultaneous=simultaneous, confidence=confidence
        )
        by_id = sets.set_axis(self.followed.region_ids[sets.index].astype("str"))
        table = pd.DataFrame(self.regions[["region_id", "name", "rank"]])
        return table.join(by_id, on="region_id")

    def members(self, region_id: str) -> gpd.GeoDataFrame:
        """Give the locations of one region, the most active first.

        Parameters
        ----------
        region_id : str
            Such as "R0001".

        Returns
        -------
        geopandas.GeoDataFrame
            Rows of `locations`.

        Raises
        ------
        InputError
            If there is no such region.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> bool(len(result.members("R0001")) == result.regions["locations"].iloc[0])
        True
        """
        if region_id not in set(self.regions["region_id"]):
            found = f"R0001 to {self.provenance['last_region_id']}" if len(self.regions) else "none"
            msg = f"Invalid region_id {region_id!r}. Must be a region of the result; found {found}."
            raise InputError(msg)
        own = self.locations[self.locations["region_id"] == region_id]
        return own.sort_values("activity", ascending=False, kind="stable", ignore_index=True)

    def assign(self, table: pd.DataFrame) -> pd.Series:
        """Find the region of each row of any table of points.

        Parameters
        ----------
        table : pandas.DataFrame or geopandas.GeoDataFrame
            ``lon`` and ``lat`` in degrees, or points in any reference system.

        Returns
        -------
        pandas.Series
            ``region_id`` on the table's index, missing outside every region. A point at a location
            of the result is where the location is; any other is where an outline covers it.

        Raises
        ------
        InputError
            If the table has neither lon and lat nor points.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> result.assign(pd.DataFrame({"lon": [139.69, 0.0], "lat": [35.69, 0.0]})).tolist()
        ['R0002', nan]
        """
        outlines = self.regions.set_index("region_id").geometry
        return assign_points(table, self.locations, outlines)

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
        weighed, minimum = weigh_locations(self.formed.tally, self.settings)
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
            "cities": self.cities,
            "clusters": self.clusters,
            "contradictions": self.contradictions,
            "economies": self.economies,
            "events": self.events,
            "links": self.links,
            "locations": self.locations,
            "rejects": self.rejects,
            "retired": self.retired,
        }
        radii = self._sweep(radii_km)
        pages = {"explorer.html": partial(explorer.write_page, self, radii=radii)}
        return export.write_files(folder, regions=self.regions, tables=tables, run=run, pages=pages)

    def _sweep(self, radii_km: Sequence[float]) -> gpd.GeoDataFrame | None:
        """Find the regions at further radii, if there are any."""
        return sweep_radii(self, radii_km=radii_km) if radii_km else None
