"""What a question gives back: its tables, made when they are asked for."""

import html
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NoReturn, TypeVar

import geopandas as gpd
import pandas as pd

from gii_geo.about import describe_result
from gii_geo.accounts import Accounts, keep_accounts, list_rejects
from gii_geo.demo import NOTICES
from gii_geo.finish import finish_economies, finish_locations, finish_regions
from gii_geo.inside.contents import list_profiles, list_shared
from gii_geo.inside.profile import list_first
from gii_geo.project import LON_LAT
from gii_geo.ranges import show_value
from gii_geo.regions.follow import Followed
from gii_geo.regions.form import DELINEATED, Description, Formed, count_groups
from gii_geo.regions.outline import outline_for_maps
from gii_geo.settings import Settings
from gii_geo.tables import TOP_VALUES, DataWarning, InputError
from gii_geo.trust.sure import rank_surely
from gii_geo.world import World

TABLES: Final = (
    *("cities", "clusters", "contradictions", "economies", "events", "links", "locations"),
    *("profiles", "collaboration", "rejects", "retired"),
)
"""The tables beside the regions, each a file of its own."""


Frame = TypeVar("Frame", bound=pd.DataFrame)


class Copied(cached_property[Frame]):
    """A table that is made when it is first asked for; whoever asks gets a copy of its own.

    What is done to that copy, such as sorting it in place, does not reach the answers that are made
    of the table later. It takes no room: pandas copies a column when it is written to.
    """

    def __get__(self, instance: Any, owner: type | None = None) -> Any:  # noqa: ANN401
        """Give the copy."""
        made = super().__get__(instance, owner)
        return made if instance is None else made.copy(deep=False)

    def __set__(self, instance: Any, value: object) -> NoReturn:  # noqa: ANN401
        """Refuse another table in its place."""
        msg = f"Invalid assignment to {self.attrname}. Must be made on a copy of your own."
        raise AttributeError(msg)


@dataclass(frozen=True, eq=False)
class Answer:
    """The regions of a question and everything they were made from.

    Attributes
    ----------
    settings : Settings
        The numbers of the question.
    world : World
        What was asked.
    provenance : dict of str to Any
        Inputs with checksums, options, versions, notes and credits.
    formed, described, followed
        The regions by number, as the stages gave them.
    numbered : pandas.DataFrame
        The same with all columns of `regions` but their rank sets.
    ask : callable
        Answers the same question with other settings.
    form : callable
        Delineates and ranks with other settings, without names or outlines.
    """

    settings: Settings
    world: World
    provenance: dict[str, Any]
    formed: Formed = field(repr=False)
    described: Description = field(repr=False)
    followed: Followed = field(repr=False)
    numbered: pd.DataFrame = field(repr=False)
    ask: Callable[[Settings], Any] = field(repr=False)
    form: Callable[[Settings], Formed] = field(repr=False)

    @Copied
    def regions(self) -> gpd.GeoDataFrame:
        """One row a region, ordered by rank, EPSG:4326.

        The columns are in `tables.region_columns`, and behind the rank those of
        `tables.RANK_SETS`, unless the settings go without; at the end `tables.TOP_VALUES`, where
        they are asked for.
        """
        regions = self.numbered
        if self.settings.rank_sets:
            regions = regions.join(self.find_sets(confidence=self.settings.confidence))
        if self.settings.top_values:
            first = list_first(self.profiles)
            regions = regions.assign(
                **{name: self.followed.region_ids.map(first[name]) for name in TOP_VALUES}
            )
        return finish_regions(
            regions,
            self.followed.region_ids,
            kinds=self.formed.tally.kinds,
            notes=self.provenance["notes"],
        )

    @Copied
    def regions_map(self) -> gpd.GeoDataFrame:
        """The regions with outlines for maps: broad, without arms to single locations.

        All else is as in `regions`, whose exact outlines contain every location; the area, too, is
        that of the exact one.
        """
        outlines = self.world.keep(
            "outlines for maps",
            self.settings.pick(*DELINEATED),
            lambda: outline_for_maps(
                self.formed.delineation.locations,
                radius_km=self.settings.radius_km,
                xyz=self.formed.tally.sites.xyz,
            ),
        )
        number = pd.Series(self.followed.region_ids.index, self.followed.region_ids.array)
        shapes = outlines.loc[number.loc[self.regions["region_id"]]].array
        drawn: gpd.GeoDataFrame = self.regions.set_geometry(shapes)
        drawn.attrs = self.regions.attrs
        return drawn

    def find_sets(
        self, *, confidence: float, simultaneous: bool = False, by: str = "score"
    ) -> pd.DataFrame:
        """Give the rank sets of the regions by number, see `trust.sure.rank_surely`."""
        is_word = isinstance(by, str) and by in ("score", "intensity")
        by_people = is_word and by == "intensity"
        people = self.numbered.get("population") if by_people else None
        if not is_word or (by_people and (people is None or not (people > 0).any())):
            msg = (
                f"Invalid by {show_value(by)}. Must be score, or intensity where people are known."
            )
            raise ValueError(msg)
        return rank_surely(
            self.world,
            self.formed,
            self.settings,
            confidence=confidence,
            simultaneous=simultaneous,
            people=people,
        )

    @Copied
    def clusters(self) -> pd.DataFrame:
        """One row a density cluster: cluster, region_id, locations, addresses."""
        delineation = self.formed.delineation
        sums = count_groups(self.formed.tally, delineation.cluster, name="cluster")
        ids = delineation.region_of_cluster.map(self.followed.region_ids)
        sums.insert(0, "region_id", ids.astype("str"))
        table: pd.DataFrame = sums[["region_id", "locations", "addresses"]].reset_index()
        return table

    @Copied
    def locations(self) -> gpd.GeoDataFrame:
        """One row a distinct coordinate pair, a point in EPSG:4326.

        The columns are lon, lat (degrees), addresses and record weight (units, 5,354,228,880 a
        record) per kind, activity (share of all, 0 to 1), cluster and region_id.
        """
        table = self.location_table
        points = gpd.points_from_xy(table["lon"], table["lat"])
        return gpd.GeoDataFrame(table, geometry=points, crs=LON_LAT)

    @Copied
    def location_table(self) -> pd.DataFrame:
        """The `locations` without their points, which take as much room as all else."""
        return finish_locations(self.formed.delineation.locations, self.followed.region_ids)

    @Copied
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

    @Copied
    def economies(self) -> pd.DataFrame:
        """One row per region and economy with its share of the region's activity."""
        return finish_economies(self.described.economies, self.followed.region_ids)

    @Copied
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

    @Copied
    def profiles(self) -> pd.DataFrame:
        """What the records of each region are about, whose they are, and where they stand.

        One row per region_id, kind, what ("field", "organisation" or "city") and value: records
        (fractional), share (of the region's), held (part of the value's in the world that is here),
        world_share, specialisation (share over world_share) and its interval; see
        `inside.profile.profile_regions`.
        """
        return list_profiles(
            self.formed, self.followed.region_ids, confidence=self.settings.confidence
        )

    @Copied
    def collaboration(self) -> pd.DataFrame:
        """Who works with whom: the records that two regions share.

        One row per region_a, region_b (its id comes behind) and kind: records (whole ones that
        touch both), weight_a and weight_b (what these hold on either side), share_a and share_b
        (their part of all that touch the side), expected (by chance) and ratio; see
        `inside.collaborate.share_records`.
        """
        return list_shared(self.formed, self.followed.region_ids)

    @Copied
    def events(self) -> pd.DataFrame:
        """What became of each region of either run: `regions.follow.EVENTS`."""
        return self.followed.events

    @Copied
    def retired(self) -> gpd.GeoDataFrame:
        """Regions of earlier runs that are no more: region_id, name and their last outline."""
        return self.followed.retired

    @Copied
    def rejects(self) -> pd.DataFrame:
        """One row an address that has no place, or no year where years are asked for."""
        kinds = set(self.settings.kinds or self.formed.tally.kinds)
        return list_rejects(self.world, kinds, self.settings.years)

    @cached_property
    def accounts(self) -> Accounts:
        """Where every row and record went."""
        delineated = self.settings.pick(*DELINEATED)
        return keep_accounts(self.world, self.formed.tally, self.formed.delineation, delineated)

    @Copied
    def contradictions(self) -> pd.DataFrame:
        """One row per source, kind and economy named that addresses lie far outside of."""
        return self.accounts.contradictions

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the question: it is asked again where it is wanted, and has the same answer."""
        return _ask_again, (self.ask, self.settings)

    def number(self, region_id: str) -> int:
        """Give the number of a region in `formed`, or refuse what is none."""
        ids = self.followed.region_ids
        numbers = ids.index[ids == region_id] if isinstance(region_id, str) else []
        if not len(numbers):
            found = f"R0001 to {self.provenance['last_region_id']}" if len(self.regions) else "none"
            msg = (
                f"Invalid region_id {show_value(region_id)}. Must be a region of the result; "
                f"found {found}."
            )
            raise InputError(msg)
        return int(numbers[0])

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

    @property
    def credit(self) -> str:
        """What to write below a picture of the regions: notices of packaged data, then credits."""
        told = [note for note in self.provenance["notes"] if note in NOTICES]
        return " ".join([*told, *self.provenance["credits"]])


def _ask_again(ask: Callable[[Settings], Answer], settings: Settings) -> Answer:
    """Ask a question that was pickled, without the warnings that were given when it was asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return ask(settings)
