"""What can be asked of the answer to a question, and how it is written."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from gii_geo import explorer, export
from gii_geo.about import describe_run
from gii_geo.answer import TABLES, Answer
from gii_geo.explorer import Page
from gii_geo.finish import finish_field, finish_sets
from gii_geo.inside.contents import form_field
from gii_geo.memory import give_back
from gii_geo.ranges import check_flag, check_given
from gii_geo.regions.assign import assign_points
from gii_geo.regions.cluster import MergeTree, merge_tree
from gii_geo.regions.form import weigh_locations
from gii_geo.sweep import check_radii, sweep_radii
from gii_geo.trust.explain import Explanation, explain_region
from gii_geo.trust.stability import measure_stability
from gii_geo.trust.sure import compare_pair, rank_apart


class Result(Answer):
    """The regions of a question and everything they were made from; tables are made when asked for.

    Its tables are ``regions``, ``regions_map``, ``clusters``, ``locations``, ``links``,
    ``economies``, ``cities``, ``profiles``, ``collaboration``, ``events``, ``retired``, ``rejects``
    and ``contradictions``, each a copy that is the asker's own; beside them stand ``accounts``,
    ``settings``, ``world`` and ``provenance`` (inputs with checksums, options, versions, notes,
    warnings and credits).
    """

    def again(self, **changes: Any) -> "Result":  # noqa: ANN401
        """Ask the same with some settings changed: only what hangs on them is done anew.

        Parameters
        ----------
        **changes : Any
            Settings to change, as `Settings.replace` takes them. A mapping takes the place of the
            former one: ``score_weights={"deal": 0}`` leaves the other kinds their usual weight.

        Returns
        -------
        Result
            What `find_regions` gives for these settings. Its regions are numbered anew, by rank:
            `compare_runs` and `sweep_settings` tell which of them is which.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> result.again(score_weights={"deal": 0}).regions["name"].iloc[0]
        'Tokyo–Yokohama'
        """
        again: Result = self.ask(self.settings.replace(**changes))
        return again

    def rank_sets(
        self,
        *,
        simultaneous: bool = False,
        confidence: float | None = None,
        by: Literal["score", "intensity"] = "score",
    ) -> pd.DataFrame:
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
        confidence : float, optional
            From 0.5 to 0.999; by default that of the settings.
        by : {"score", "intensity"}, default "score"
            What is ranked; by intensity, the people are held fixed and regions without any known
            are left out.

        Returns
        -------
        pandas.DataFrame
            In the order of `regions`: region_id, name, rank, rank_low and rank_high (the best and
            the worst that it may be), and top_100: "surely", "maybe" or "no". The latter is told of
            all regions at once, so that it may be "maybe" where a region's own set is clear.

        Raises
        ------
        ValueError
            If the confidence is out of its range, `simultaneous` is neither True nor False, or
            people are not known.

        Examples
        --------
        >>> import gii_geo
        >>> sets = gii_geo.find_regions(gii_geo.demo_path()).rank_sets()
        >>> sets["rank_low"].head(3).tolist(), sets["rank_high"].head(3).tolist()
        ([1, 1, 3], [2, 2, 4])
        """
        chosen = self.settings.confidence if confidence is None else confidence
        simultaneous = check_flag("simultaneous", simultaneous)
        sets = self.find_sets(confidence=chosen, simultaneous=simultaneous, by=by)
        return finish_sets(self.regions, sets, self.followed.region_ids, by=by)

    def rank_field(self, field: str, *, confidence: float | None = None) -> pd.DataFrame:
        """Rank the regions by one field, such as "Digital communication", regions as they are.

        Counts are fractional and shares are of the placed records of the field; a record of several
        fields counts in each by its part. Kinds weigh as in the settings.

        Parameters
        ----------
        field : str
            One that the addresses name, in any letter case.
        confidence : float, optional
            Of the rank sets, from 0.5 to 0.999; by default that of the settings.

        Returns
        -------
        pandas.DataFrame
            One row a region, ordered by rank: region_id, name, rank, rank_low and rank_high (the
            best and the worst that it may be, records taken as independent; missing beyond 1,500
            regions), records of the field and share of the world's by kind, and score.

        Raises
        ------
        InputError
            If no record that counts is of this field.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> table = result.rank_field("digital communication")
        >>> bool((table["rank_low"] <= table["rank"]).all())
        True
        """
        chosen = self.settings.confidence if confidence is None else confidence
        settings = self.settings.replace(counting="fractional", share_of="placed")
        formed = form_field(self.formed, field, settings)
        sets = rank_apart(formed, settings, confidence=chosen, simultaneous=False)
        return finish_field(
            self.regions,
            formed.ranking.join(sets.drop(columns="top_100")),
            self.followed.region_ids,
        )

    def confidence_above(self, region_id: str, other_id: str) -> float:
        """Tell with what confidence one region's score is above another's.

        Parameters
        ----------
        region_id, other_id : str
            Such as "R0001" and "R0002".

        Returns
        -------
        float
            From 0 to 1: one-sided, for this pair alone, records drawn anew as for `rank_sets`;
            0.5 for a tie, and where a kind is of one record, which leaves every rank open.

        Raises
        ------
        InputError
            If there is no such region.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> sure = result.confidence_above("R0001", "R0003")
        >>> sure > 0.9, round(sure + result.confidence_above("R0003", "R0001"), 9)
        (True, 1.0)
        """
        return compare_pair(self, self.number(region_id), self.number(other_id))

    def explain(self, region_id: str) -> Explanation:
        """Explain a region's rank: what its score is made of, and what the rank hangs on.

        Parameters
        ----------
        region_id : str
            Such as "R0001".

        Returns
        -------
        Explanation
            It prints as a few sentences. Its tables tell, by kind, the part of the score, the rank
            without the kind and how many records would bring it level with the next; economies,
            cities and largest locations; and what would be there if nothing merged.

        Raises
        ------
        InputError
            If there is no such region.

        Examples
        --------
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> result.explain("R0001").kinds[["kind", "rank_without"]].values.tolist()
        [['patent', 5], ['publication', 2], ['deal', 2]]
        """
        return explain_region(self, region_id)

    stability = measure_stability

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
        self.number(region_id)
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
        return assign_points(table, self.location_table, outlines)

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

    def write(
        self,
        folder: str | Path,
        *,
        radii_km: Sequence[float] = (),
        marks: Mapping[str, Callable[[Path], None]] | None = None,
    ) -> list[Path]:
        """Write every file of the result; old files stay until all new ones are whole.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made if it is missing.
        radii_km : sequence of float, default ()
            Further radii, in km, that a slider in explorer.html chooses from; each takes about as
            long as clustering and outlining.
        marks : mapping of str to callable, optional
            Further files by name, each with what writes it to a path.

        Returns
        -------
        list of pathlib.Path
            The files.

        Raises
        ------
        FaultError
            If the accounts do not balance: something was read two ways.
        InputError
            If a file there is an input or was not written by us.
        NotADirectoryError
            If `folder` is a file.
        TypeError
            If `marks` is no mapping.

        Examples
        --------
        >>> import tempfile
        >>> import gii_geo
        >>> result = gii_geo.find_regions(gii_geo.demo_path())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.suffix for path in result.write(folder) if path.stem == "regions"]
        ['.fgb', '.geojson', '.gpkg', '.parquet']
        """
        check_radii(radii_km)
        marks = {} if marks is None else marks
        check_given("marks", marks, Mapping, must="map the name of a file to what writes it")
        self.accounts.check()
        run = describe_run(self, radii_km=radii_km)
        layers = {"regions": self.regions, "regions_map": self.regions_map}
        give_back()  # before the tables, which are large
        tables = {
            name: self.location_table if name == "locations" else getattr(self, name)
            for name in TABLES
        }
        radii = self._sweep(radii_km)
        page = partial(explorer.write_page, self, radii=radii)
        pages: dict[str, Callable[[Path], None]] = {"explorer.html": page, **marks}
        return export.write_files(folder, **layers, tables=tables, run=run, pages=pages)

    def _sweep(self, radii_km: Sequence[float]) -> gpd.GeoDataFrame | None:
        """Find the regions at further radii, if there are any."""
        chosen = check_radii(radii_km)
        return sweep_radii(self, radii_km=chosen, for_maps=True) if chosen else None
