"""The whole method on one page: addresses -> locations -> clusters -> regions."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gii_geo.accounts import settle_accounts
from gii_geo.demo import DEMO_CREDIT, DEMO_NOTICE, demo_path
from gii_geo.records.count import count_whole, make_locations, sum_locations
from gii_geo.records.engine import Engine
from gii_geo.records.intake import Intake, Reading, describe_files, take_in
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.density import (
    prepare_density,
    share_activity,
    share_coarse,
    share_each_address,
)
from gii_geo.regions.economies import ECONOMIES_CREDIT, print_economies, share_economies, share_land
from gii_geo.regions.follow import follow_regions, read_previous
from gii_geo.regions.link import link_clusters
from gii_geo.regions.merge import choose_merges, find_gaps, merge_clusters
from gii_geo.regions.name import name_regions
from gii_geo.regions.outline import measure_area, outline_regions
from gii_geo.regions.places import GEONAMES_CREDIT
from gii_geo.regions.population import check_people, count_people, describe_gaps, rate_regions
from gii_geo.regions.rank import rank_regions
from gii_geo.result import Result, finish_economies, finish_locations, finish_regions
from gii_geo.settings import Settings
from gii_geo.tables import CITY_LEVEL, KINDS, RECORD_UNITS

CREDITS: Final = (GEONAMES_CREDIT, ECONOMIES_CREDIT)
"""Whom every result owes something to."""

_LIBRARIES: Final = (
    *("gii-geo", "duckdb", "geopandas", "narwhals", "numba", "numpy"),
    *("pandas", "pyarrow", "pyproj", "scipy", "shapely"),
)


def find_regions(  # noqa: PLR0913  # one argument a question that a run answers
    addresses: object,
    settings: Settings | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    source: str = "columns",
    geocode: bool = False,
    cache: str | Path | None = None,
    previous: str | Path | None = None,
    population: str | Path | pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> Result:
    """Find, outline, name and rank the regions in which addresses cluster.

    Parameters
    ----------
    addresses : object
        Path(s), a folder, or a pandas, Polars, pyarrow, DuckDB or Spark table, with a column
        `kind`; or a mapping of kind ("patent", "publication", "deal") to any of these.
    settings : Settings, optional
        Every number of the method; by default `Settings()`.
    columns : mapping of str to str, optional
        Role (lon, lat, record_id, economy, year, count, kind, precision, city, region, country,
        address) to the input's own column.
    source : str, default "columns"
        Whose files they are: "columns" for any table, else one of `suppliers.READERS`.
    geocode : bool, default False
        Whether to find the coordinates of addresses that have only text (city, region, country,
        address); needs the extra `geocode`.
    cache : str or pathlib.Path, optional
        Folder that keeps what was read of suppliers' files: unchanged, they are read only once.
    previous : str or pathlib.Path, optional
        Folder of an earlier run: a region that was there keeps its region_id.
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
    settings = settings or Settings()
    tell = progress or (lambda _: None)
    before = read_previous(previous) if previous else None
    if population is not None:
        check_people(population)
    kept = Path(cache) if cache else None
    reading = Reading(columns or {}, source=source, geocode=geocode, cache=kept)

    with Engine() as engine:
        intake = take_in(engine, addresses, settings, reading=reading, tell=tell)

        tell(f"counting {intake.collapsed['rows'].sum():,} addresses")
        locations, location_economies = make_locations(intake.collapsed)
        locations["activity"] = share_activity(locations)
        each = location_economies["kind"].map(share_each_address(locations))
        location_economies["activity"] = location_economies["addresses"] * each

        tell(f"clustering {len(locations):,} locations")
        locations["cluster"] = _cluster(locations, settings)

        tell(f"linking and merging {_count_clusters(locations):,} clusters")
        links = _link(intake, locations, settings)
        region_of_cluster = merge_clusters(
            _count_clusters(locations), links[links["reason"].notna()]
        )
        locations["region"] = locations["cluster"].map(region_of_cluster).astype("Int64")
        units = _sum_regions(intake, locations, settings)
        totals = _world_totals(intake, locations, settings)

    tell(f"ranking {len(units):,} regions")
    accounts = settle_accounts(intake.collapsed, intake.records, intake.left_out, locations)
    ranking = rank_regions(units, totals=totals, score_weights=settings.score_weights)
    regions = units[["locations", "addresses"]].join(ranking)

    tell(f"naming {len(regions):,} regions")
    named = name_regions(locations)
    regions["name"] = named["name"]
    economies = share_economies(locations, location_economies)
    economies["location_share"] = share_land(locations, location_economies, economies)
    regions["economies"] = print_economies(economies, min_share=settings.min_economy_share)

    if intake.has_precision:
        regions[CITY_LEVEL] = share_coarse(locations, location_economies)

    tell(f"outlining {len(regions):,} regions")
    outlines = outline_regions(locations, radius_km=settings.radius_km)
    regions["geometry"], regions["area_km2"] = outlines, measure_area(outlines)

    notes = list(intake.notes)
    if population is not None:
        tell(f"counting people in {len(regions):,} regions")
        people = count_people(outlines, population)
        regions = regions.join(rate_regions(regions, people["population"]))
        notes += describe_gaps(people, regions["name"])

    followed = follow_regions(regions, locations, before)
    ids = followed.region_ids
    return Result(
        regions=finish_regions(regions, ids),
        clusters=_finish_clusters(locations, region_of_cluster, ids),
        locations=finish_locations(locations, ids),
        links=links,
        economies=finish_economies(economies, ids),
        cities=named["held"].set_axis(ids[named.index]),
        events=followed.events,
        rejects=intake.rejects,
        accounts=accounts,
        settings=settings,
        provenance={
            "inputs": describe_files((*intake.files, *_population_file(population))),
            "last_region_id": followed.last_region_id,
            **_describe_run(notes, is_demo=demo_path() in intake.files),
        },
    )


def _cluster(locations: pd.DataFrame, settings: Settings) -> pd.Series:
    """Cluster the locations by the settings' density."""
    if locations.empty:  # every row was rejected or left out
        return pd.Series([], index=locations.index, name="cluster", dtype="Int64")
    weighed, minimum = prepare_density(locations, **settings.density)
    return cluster_locations(
        weighed, radius_km=settings.radius_km, min_weight=minimum, method=settings.method
    )


def _link(intake: Intake, locations: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Pair the clusters that are close or share records, and choose which merge."""
    shared = link_clusters(intake.weighed, locations)
    widest = max(settings.gap_km, settings.max_link_km) if len(shared) else settings.gap_km
    return choose_merges(
        find_gaps(locations, gap_km=widest),
        shared,
        gap_km=settings.gap_km,
        min_link_share=settings.min_link_share,
        max_link_km=settings.max_link_km,
    )


def _sum_regions(intake: Intake, locations: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Sum the locations of each region; with full counting a record is whole in each of them."""
    sums = sum_locations(locations, by="region")
    if settings.counting == "fractional":
        return sums
    whole = count_whole(intake.weighed, locations, by="region")
    return sums.assign(**{name: whole[name] for name in whole.columns})


def _world_totals(intake: Intake, locations: pd.DataFrame, settings: Settings) -> dict[str, int]:
    """Give what the shares are shares of, per kind, in units: every record or the placed ones."""
    if settings.share_of == "all":
        records = intake.records.groupby("kind")["records"].sum().reindex(KINDS, fill_value=0)
        return {kind: int(records[kind]) * RECORD_UNITS for kind in KINDS}
    world = locations.assign(world=0)
    if settings.counting == "fractional":
        units = sum_locations(world, by="world")
    else:
        units = count_whole(intake.weighed, world, by="world")
    return {kind: int(units[f"{kind}_weight"].sum()) for kind in KINDS}


def _count_clusters(locations: pd.DataFrame) -> int:
    """Count the clusters, whose ids run from 0."""
    return int(locations["cluster"].max()) + 1 if locations["cluster"].notna().any() else 0


def _finish_clusters(
    locations: pd.DataFrame, region_of_cluster: pd.Series, ids: pd.Series
) -> pd.DataFrame:
    """Sum up the clusters and say which region each belongs to."""
    sums = sum_locations(locations, by="cluster")
    sums["region_id"] = region_of_cluster.map(ids).astype("str")
    return sums[["region_id", "locations", "addresses"]].reset_index()


def _population_file(population: object) -> list[Path]:
    """Give the file that the people were counted from, if it was one."""
    return [Path(population)] if isinstance(population, str | Path) else []


def _describe_run(notes: list[str], *, is_demo: bool) -> dict[str, Any]:
    """Tell what the run was made with; nothing in it changes from run to run."""
    return {
        "notes": [*([DEMO_NOTICE] if is_demo else []), *notes],
        "versions": {name: version(name) for name in _LIBRARIES},
        "credits": [*CREDITS, *([DEMO_CREDIT] if is_demo else [])],
    }
