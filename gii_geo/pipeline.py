"""The whole method on one page: addresses -> a world -> clusters -> regions."""

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from gii_geo.accounts import keep_accounts
from gii_geo.alarms import find_alarms, find_idle, note_nowhere
from gii_geo.borders import ECONOMIES_CREDIT
from gii_geo.given import take_settings
from gii_geo.memory import check_room, find_free
from gii_geo.places import GEONAMES_CREDIT
from gii_geo.progress import choose_tell, tell_nobody
from gii_geo.records.inputs import describe_files
from gii_geo.records.intake import read_world
from gii_geo.records.reading import ReadOptions
from gii_geo.regions import form
from gii_geo.regions.economies import print_economies
from gii_geo.regions.follow import Previous, follow_regions, list_files, read_previous
from gii_geo.regions.form import Description, Formed
from gii_geo.regions.population import check_people, count_people, describe_gaps, rate_regions
from gii_geo.regions.tally import Tally, check_years, count_world, know_kinds
from gii_geo.result import Result
from gii_geo.settings import Settings
from gii_geo.tables import DataWarning, InputError
from gii_geo.trust.sure import note_unsure
from gii_geo.world import World

CREDITS: Final = (GEONAMES_CREDIT, ECONOMIES_CREDIT)
"""Whom every result owes something to."""

MOST_REGIONS: Final = 10_000
"""What is outlined in a minute. WIPO ranks 100 regions; Europe has 1,500 of level NUTS 3."""

Tell = Callable[[str], None]

_LIBRARIES: Final = (
    *("gii-geo", "duckdb", "geopandas", "narwhals", "numba", "numpy"),
    *("pandas", "pyarrow", "pyproj", "scipy", "shapely"),
)


def find_regions(  # noqa: PLR0913  # one argument a question that a run answers
    addresses: object,
    settings: Settings | None = None,
    *,
    columns: Mapping[str, Any] | None = None,
    source: str = "columns",
    source_options: Mapping[str, Any] | None = None,
    geocode: bool | Mapping[str, Any] = False,
    cache: str | Path | None = None,
    allow_contradictions: bool = False,
    grid_deg: float | None = None,
    duckdb: Mapping[str, Any] | None = None,
    previous: str | Path | Sequence[str | Path] | None = None,
    population: str | Path | pd.DataFrame | None = None,
    progress: Tell | None = None,
) -> Result:
    """Find, outline, name and rank the regions in which addresses cluster.

    Parameters
    ----------
    addresses : object
        A `World`, or whatever `read_world` makes one of: path(s), a folder, or a pandas, Polars,
        pyarrow, DuckDB or Spark table, with a column `kind`; or a mapping of kind ("patent",
        "publication", "deal" or any further word) to any of these.
    settings : Settings, optional
        Every number of the question; by default `Settings()`.
    columns : mapping of str to str, optional
        Role (lon, lat, record_id, economy, year, count, kind, precision, group, field,
        organisation, city, region, country, address) to the input's own column; a role of one
        kind is written ``deal.year``.
    source : str, default "columns"
        Whose files they are: "columns" for any table, else one of `suppliers.READERS`.
    source_options : mapping of str to Any, optional
        What the supplier's reader is asked besides.
    geocode : bool or mapping of str to Any, default False
        Whether to find the coordinates of addresses that have only text (city, region, country,
        address), or how: ``{"min_confidence": 0.8}``, and the further options of
        `records.geocode_options.GeocodeOptions`; needs the extra `geocode`.
    cache : str or pathlib.Path, optional
        Folder that keeps what was read of suppliers' files: unchanged, they are read only once.
    allow_contradictions : bool, default False
        Whether to go on if most addresses of a source lie far outside the economy that they name.
    grid_deg : float, optional
        Moves every address to the nearest point of a grid of so many degrees, see `read_world`.
    duckdb : mapping of str to Any, optional
        What DuckDB may use: memory ("512MB"; 768MB by default), threads, and spill (a folder on a
        disk for what memory does not hold). Nothing that is read hangs on it.
    previous : str, pathlib.Path or a sequence of these, optional
        Folder of an earlier run: a region that was there keeps its region_id. Ids that further
        folders gave are not given to other regions.
    population : str, pathlib.Path or pandas.DataFrame, optional
        People: a raster such as GHS-POP, or a table or file with lon, lat and population.
    progress : callable, optional
        Is told the name of each stage as it begins.

    Returns
    -------
    Result
        Regions, locations, clusters, links, rejects and accounts.

    Raises
    ------
    InputError
        If an input cannot be used; the message names the file, the column and what must hold.

    Examples
    --------
    >>> import gii_geo
    >>> result = gii_geo.find_regions(gii_geo.demo_path())
    >>> result.regions["name"].iloc[0]
    'Shenzhen–Hong Kong–Guangzhou'
    """
    settings = take_settings(settings)
    tell = choose_tell(progress)
    reading: dict[str, Any] = {
        "columns": columns,
        "source": source,
        "source_options": source_options,
        "geocode": geocode,
        "cache": cache,
        "allow_contradictions": allow_contradictions,
        "grid_deg": grid_deg,
        "duckdb": duckdb,
    }
    options = ReadOptions.choose(**reading)
    if population is not None:
        check_people(population)
    before = read_previous(previous) if previous else None
    if isinstance(addresses, World):
        options.refuse_any("handed in")
        world = addresses
    else:
        world = read_world(addresses, **reading, progress=tell)
    told: dict[str, Any] = {
        "previous": _tell_previous(previous) if previous else None,
        "population": None if population is None else _tell_people(population),
    }
    if previous:
        told["previous_files"] = describe_files(list_files(previous))
    question = Question(world, before, population, told, tell)
    return question.answer(settings)


def form_regions(world: World, settings: Settings, *, tell: Tell) -> Formed:
    """Delineate, count and rank regions; what was found for other questions is taken again.

    Parameters
    ----------
    world : World
        The world.
    settings : Settings
        The question.
    tell : callable
        Is told the name of each stage as it begins.

    Returns
    -------
    Formed
        Regions by number.

    Raises
    ------
    FaultError
        If the accounts do not balance.
    InputError
        If a kind is neither in the world nor one of WIPO's, or is asked by years and has no
        column of them.
    """
    check_question(world, settings)
    counted = settings.pick(*form.COUNTED)
    clustered = settings.pick(*form.CLUSTERED)
    delineated = settings.pick(*form.DELINEATED)

    tally = world.keep(
        "tally", counted, lambda: count_world(world, kinds=counted.kinds, years=counted.years)
    )

    tell(f"clustering {len(tally.locations):,} locations")
    cluster = world.keep("cluster", clustered, lambda: _cluster(tally, clustered))

    tell(f"linking and merging {cluster.max() + 1 if cluster.notna().any() else 0:,} clusters")
    delineation = world.keep(
        "delineation", delineated, lambda: form.delineate(tally, cluster, delineated)
    )
    _check_regions(delineation, settings)
    units = world.keep(
        "units",
        (delineated, settings.counting),
        lambda: form.count_regions(tally, delineation, settings.counting),
    )

    tell(f"ranking {len(units):,} regions")
    ranking = form.rank(tally, units, settings.pick(*form.RANKED))
    keep_accounts(world, tally, delineation, delineated).check()
    return Formed(tally, delineation, ranking)


def _cluster(tally: Tally, clustered: Any) -> pd.Series:  # noqa: ANN401
    """Find the clusters, if memory holds the locations."""
    check_room(len(tally.locations), free=find_free())
    return form.cluster_world(tally, clustered)


def check_question(world: World, settings: Settings) -> None:
    """Refuse a question that names what a world does not have.

    Parameters
    ----------
    world : World
        The world; of its tables nothing is asked.
    settings : Settings
        The question.

    Raises
    ------
    InputError
        If a kind is neither in the world nor one of WIPO's, or is asked by years and has no
        column of them.
    """
    know_kinds(world, (*settings.score_weights, *(settings.kinds or ()), *settings.years))
    check_years(world, settings.years)


def _check_regions(delineation: form.Delineation, settings: Settings) -> None:
    """Refuse what would be outlined for hours: locations that are each a region of its own."""
    regions = delineation.region_of_cluster.nunique()
    if regions > MOST_REGIONS:
        msg = (
            f"Invalid radius_km {settings.radius_km:g} with this minimum. Must give at most "
            f"{MOST_REGIONS:,} regions; found {regions:,}: raise the minimum or the radius."
        )
        raise InputError(msg)


def describe_regions(
    world: World, settings: Settings, formed: Formed, *, tell: Tell
) -> Description:
    """Name and outline regions, or take what was found for another question.

    Parameters
    ----------
    world : World
        The world.
    settings : Settings
        The question.
    formed : Formed
        From `form_regions`.
    tell : callable
        Is told the name of the stage.

    Returns
    -------
    Description
        Names, cities, economies and outlines.
    """
    tell(f"naming and outlining {len(formed.ranking):,} regions")
    return world.keep(
        "description",
        settings.pick(*form.DELINEATED),
        lambda: form.describe(
            formed.tally,
            formed.delineation,
            radius_km=settings.radius_km,
            has_precision=world.provenance["has_precision"],
        ),
    )


@dataclass(frozen=True, eq=False)
class Question:
    """A world, and what stays the same while settings change.

    Attributes
    ----------
    world : World
        The world.
    before : Previous or None
        The run before, whose ids regions keep.
    population : str, pathlib.Path, pandas.DataFrame or None
        People, as `find_regions` takes them.
    told : dict of str to Any
        Options of the run, for run.json.
    tell : callable
        Is told the name of each stage as it begins.
    """

    world: World
    before: Previous | None
    population: str | Path | pd.DataFrame | None
    told: dict[str, Any]
    tell: Tell

    def answer(self, settings: Settings) -> Result:
        """Ask the world for its regions.

        Parameters
        ----------
        settings : Settings
            Every number of the question.

        Returns
        -------
        Result
            The answer.
        """
        world, tell = self.world, self.tell
        formed = form_regions(world, settings, tell=tell)
        described = describe_regions(world, settings, formed, tell=tell)
        regions = formed.ranking.assign(**described.regions, geometry=described.outlines)
        regions["economies"] = world.keep(
            "economies",
            settings.pick(*form.DELINEATED, "min_economy_share"),
            lambda: print_economies(described.economies, min_share=settings.min_economy_share),
        )
        notes = [*world.provenance["notes"], *note_unsure(world, formed, settings)]
        notes += note_nowhere(regions)
        if self.population is not None:
            tell(f"counting people in {len(regions):,} regions")
            people = self._count_people(settings, described)
            regions = regions.join(rate_regions(regions, people["population"]))
            notes += describe_gaps(people, regions["name"])
        delineated = settings.pick(*form.DELINEATED)
        alarms = [
            *world.provenance.get("warnings", ()),
            *world.keep("alarms", delineated, lambda: find_alarms(formed, delineated)),
            *find_idle(formed.tally, settings),
        ]
        for alarm in alarms:
            warnings.warn(alarm, DataWarning, stacklevel=3)
        followed = follow_regions(regions, formed.delineation.locations, self.before)
        return Result(
            settings=settings,
            world=world,
            provenance={
                "inputs": [
                    *world.provenance["inputs"],
                    *describe_files(_list_files(self.population)),
                ],
                "options": {**world.provenance["options"], **self.told},
                "last_region_id": followed.last_region_id,
                "notes": notes,
                "warnings": alarms,
                "versions": dict(_list_versions()),
                "credits": [*CREDITS, *world.provenance["credits"]],
            },
            formed=formed,
            described=described,
            followed=followed,
            numbered=regions,
            ask=self.answer,
            form=lambda changed: form_regions(world, changed, tell=tell_nobody),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without who is told of progress."""
        return Question, (self.world, self.before, self.population, self.told, tell_nobody)

    def _count_people(self, settings: Settings, described: Description) -> pd.DataFrame:
        """Count people, or take what was counted for another question about the same regions."""
        population: Any = self.population
        return self.world.keep(
            "people",
            (settings.pick(*form.DELINEATED), id(population)),
            lambda: count_people(described.outlines, population),
        )


@cache
def _list_versions() -> tuple[tuple[str, str], ...]:
    """Give the versions of the libraries that numbers hang on."""
    return tuple((name, version(name)) for name in _LIBRARIES)


def _list_files(population: object) -> tuple[Path, ...]:
    """Give the file that the people were counted from, if it was one."""
    return (Path(population),) if isinstance(population, str | Path) else ()


def _tell_previous(previous: str | Path | Sequence[str | Path]) -> str | list[str]:
    """Name the folders of earlier runs."""
    return str(previous) if isinstance(previous, str | Path) else [str(one) for one in previous]


def _tell_people(population: str | Path | pd.DataFrame) -> str:
    """Name what the people were counted from."""
    if isinstance(population, pd.DataFrame):
        rows = np.sort(pd.util.hash_pandas_object(population, index=False).to_numpy())
        return f"table {hashlib.sha256(rows.tobytes()).hexdigest()}"
    return str(population)
