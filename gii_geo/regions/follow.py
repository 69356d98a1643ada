"""Region ids that stay with their regions from run to run, and what became of each region."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gii_geo.kept import read_kept, read_told
from gii_geo.owned import check_intact
from gii_geo.ranges import check_given
from gii_geo.regions.overlap import SAME_SHARE, Side, find_partners, measure_overlap, pair_regions
from gii_geo.tables import InputError, check_table

EVENTS: Final = ("kept", "split", "merge", "return", "birth", "death")
"""What can become of a region, in the order of the table of events."""

RETIRED: Final = ("region_id", "name", "geometry")
"""What following needs of a region that is no more."""

_REGION_ID: Final = re.compile(r"^R\d{4,}$")
_RANKED: Final = {"rank": "i", "name": "s"}
_READ: Final = ("regions.parquet", "run.json", "retired.parquet")
_NONE_YET: Final = "R0000"


def _no_regions() -> gpd.GeoDataFrame:
    """Make the regions of the run before the first."""
    nothing = {"region_id": pd.Series(dtype="str"), "name": pd.Series(dtype="str")}
    return gpd.GeoDataFrame(nothing, geometry=[], crs="EPSG:4326")


@dataclass(frozen=True)
class Previous:
    """What a run must know of the one before it.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        region_id, name and geometry (EPSG:4326), by rank.
    last_region_id : str
        The highest region id ever given; no id up to it is given again.
    retired : geopandas.GeoDataFrame
        The same columns of regions of still earlier runs that are no more, as they were last.
    """

    regions: gpd.GeoDataFrame
    last_region_id: str
    retired: gpd.GeoDataFrame = field(default_factory=_no_regions)


@dataclass(frozen=True)
class Followed:
    """The ids of a run's regions, and what became of the regions before.

    Attributes
    ----------
    region_ids : pandas.Series
        ``region_id`` on the index of the regions.
    last_region_id : str
        The highest region id ever given, to be written for the next run.
    overlap, kept, returned, names, previous
        What the tables of events and of retired regions are made from.
    """

    region_ids: pd.Series
    last_region_id: str
    overlap: pd.DataFrame = field(repr=False)
    kept: pd.Series = field(repr=False)
    returned: pd.DataFrame = field(repr=False)
    names: pd.Series = field(repr=False)
    previous: Previous = field(repr=False)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every region of either run once, and what became of it.

        The columns are event (see `EVENTS`), region_id, name, previous_region_id, previous_name,
        activity (what the two share, in the unit of the locations), region_share, previous_share
        (of the activity of each, 0 to 1). A split names the region it came from, a merge the one
        it went into; a return is a region that was retired.
        """
        return _list_events(self)

    @cached_property
    def retired(self) -> gpd.GeoDataFrame:
        """Regions of earlier runs that are no more, ordered by id: region_id, name, geometry."""
        both = [self.previous.regions, self.previous.retired]
        known = pd.concat(both, ignore_index=True)[[*RETIRED]]
        gone = known[~known["region_id"].isin(self.region_ids)]
        order = gone["region_id"].map(_number).sort_values(kind="stable").index
        return gpd.GeoDataFrame(gone.loc[order].reset_index(drop=True), crs="EPSG:4326")


def read_previous(folder: str | Path | Sequence[str | Path]) -> Previous:
    """Read what a run must know of the one before it.

    Parameters
    ----------
    folder : str, pathlib.Path or a sequence of these
        The folder that the run before wrote. Of several the first is the run before; whatever ids
        the others gave besides are retired.

    Returns
    -------
    Previous
        Its regions, those retired, and the highest region id ever given.

    Raises
    ------
    InputError
        If it is no folder, or one lacks regions.parquet or run.json, or their ids are none or occur
        twice.
    """
    folders = _list_folders(folder)
    previous, *others = [_read_folder(Path(one)) for one in folders]
    further = [part for one in others for part in (one.regions, one.retired)]
    retired = pd.concat([previous.retired, *further]).drop_duplicates("region_id")
    retired = retired[~retired["region_id"].isin(previous.regions["region_id"])]
    last = max((one.last_region_id for one in (previous, *others)), key=_number)
    return Previous(previous.regions, last, gpd.GeoDataFrame(retired.reset_index(drop=True)))


def list_files(folder: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """List the files that `read_previous` reads.

    Parameters
    ----------
    folder : str, pathlib.Path or a sequence of these
        As `read_previous` takes it.

    Returns
    -------
    tuple of pathlib.Path
        Those that are there.
    """
    folders = _list_folders(folder)
    files = [Path(one) / name for one in folders for name in _READ]
    return tuple(file for file in files if file.is_file())


def _list_folders(folder: str | Path | Sequence[str | Path]) -> list[str | Path]:
    """List one folder or several, and refuse what is none."""
    given: Any = folder
    is_several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    folders: list[str | Path] = [*given] if is_several else [given]
    must = "be the folder of an earlier run, or a list of these"
    for one in folders:
        check_given("previous", one, str | Path, must=must, error=InputError)
    return folders


def _read_folder(folder: Path) -> Previous:
    """Read what one folder tells; runs of before the record of retired regions have none."""
    *files, kept = [folder / name for name in _READ]
    for file in files:
        if not file.is_file():
            msg = f"Invalid previous run {folder}. Must hold {file.name}."
            raise InputError(msg)
    told = read_told(files[1])
    check_intact(folder, told, [files[0].name, kept.name])
    regions = read_kept(files[0], columns=RETIRED)
    retired = read_kept(kept, columns=RETIRED) if kept.is_file() else _no_regions()
    last = told.get("last_region_id")
    given = [*regions["region_id"], *retired["region_id"]]
    ids = [*given, last]
    wrong = [region_id for region_id in ids if not _REGION_ID.match(str(region_id))]
    if wrong:
        msg = f"Invalid region id {wrong[0]} in {folder}. Must be R and a number, such as R0001."
        raise InputError(msg)
    if len(set(given)) < len(given):
        msg = f"Invalid previous run {folder}. Must give each region an id of its own."
        raise InputError(msg)
    highest = max(ids, key=_number)
    if highest != last:
        msg = f"Invalid last_region_id {last} in {folder}. Must be the highest; found {highest}."
        raise InputError(msg)
    return Previous(regions, last, retired)


_NONE_BEFORE: Final = Previous(_no_regions(), _NONE_YET)


def follow_regions(
    regions: pd.DataFrame, locations: pd.DataFrame, previous: Previous | None = None
) -> Followed:
    """Give each region the id it had before; ids of new regions go on where the last one ended.

    A region keeps the id of the earlier region with which it shares most activity, one to one,
    see `overlap.pair_regions`. Of the others, one that is a retired region by the same rule comes
    back under its id, unless at least half of the activity of the retired one's land is still in
    regions that kept other ids. Of the rest, a region at least half of which lies in earlier
    outlines is a split, else a birth; an earlier region whose land's activity is at least half in
    regions was merged, else it is a death. An id is never given to another region.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row a region, by its number in the index: ``rank`` and ``name``.
    locations : pandas.DataFrame
        ``lon``, ``lat`` in degrees, ``region`` (number, missing outside regions), ``activity``.
    previous : Previous, optional
        The run before; without it the ids start at R0001, by rank.

    Returns
    -------
    Followed
        Ids, events and the highest id ever given.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing.

    Examples
    --------
    >>> regions = pd.DataFrame({"rank": [2, 1], "name": ["Basel", "Paris"]})
    >>> locations = pd.DataFrame({
    ...     "lon": [7.6, 2.3], "lat": [47.6, 48.9], "region": [0, 1], "activity": [1.0, 2.0]
    ... })
    >>> follow_regions(regions, locations).region_ids.to_dict()
    {0: 'R0002', 1: 'R0001'}
    """
    check_table(regions, _RANKED, name="regions")
    check_table(locations, {"region": "i"}, name="locations")
    overlap, kept, returned = _compare(locations, previous) if previous else _nothing_kept()
    previous = previous or _NONE_BEFORE
    ids = {**dict(kept.items()), **dict(zip(returned["region"], returned["outline"], strict=True))}
    last = _number(previous.last_region_id)
    for region in regions.index[np.argsort(regions["rank"].to_numpy(), kind="stable")]:
        if region not in ids:
            last += 1
            ids[region] = f"R{last:04d}"
    region_ids = pd.Series(
        [ids[region] for region in regions.index], regions.index, dtype="str", name="region_id"
    )
    return Followed(region_ids, f"R{last:04d}", overlap, kept, returned, regions["name"], previous)


def _outline(regions: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give the outlines of regions by their ids."""
    return regions.set_index("region_id").geometry


def _find_returned(
    locations: pd.DataFrame, kept: pd.Series, retired: gpd.GeoSeries
) -> pd.DataFrame:
    """Pair what no region of the run before is with the retired: rows of their overlap."""
    overlap = measure_overlap(locations, retired, is_apart=False)
    is_kept = overlap["region"].isin(kept.index)
    held = overlap[is_kept].groupby("outline")["outline_share"].sum()
    taken = held.index[held >= SAME_SHARE]
    free = overlap[~is_kept & ~overlap["outline"].isin(taken)]
    return free[free["region"].map(pair_regions(free)).eq(free["outline"])]


def _compare(
    locations: pd.DataFrame, previous: Previous
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Measure what regions share with those before; pair those that are the same or return."""
    overlap = measure_overlap(locations, _outline(previous.regions))
    kept = pair_regions(overlap)
    return overlap, kept, _find_returned(locations, kept, _outline(previous.retired))


@cache
def _nothing_kept() -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Give what the first run shares with the one before it."""
    columns = {"lon": "f8", "lat": "f8", "activity": "f8", "region": "Int64"}
    nowhere = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return _compare(nowhere, _NONE_BEFORE)


def _number(region_id: str) -> int:
    return int(region_id[1:])


def _list_events(followed: Followed) -> pd.DataFrame:
    """List what became of every region of either run."""
    overlap, kept, returned = followed.overlap, followed.kept, followed.returned
    names, region_ids, previous = followed.names, followed.region_ids, followed.previous
    was = overlap["region"].map(kept).eq(overlap["outline"])
    fresh = region_ids.index.difference(kept.index).difference(pd.Index(returned["region"]))
    new = _judge(overlap, "region", fresh, ("split", "birth"))
    lost = previous.regions["region_id"][~previous.regions["region_id"].isin(kept)]
    old = _judge(overlap, "outline", pd.Index(lost), ("merge", "death"))
    parts = [overlap[was].assign(event="kept"), new, returned.assign(event="return"), old]
    events = pd.concat(parts, ignore_index=True)
    events["region_id"] = events["region"].map(region_ids)
    events["name"] = events["region"].map(names)
    events["previous_region_id"] = events["outline"]
    known = pd.concat([previous.regions, previous.retired]).set_index("region_id")["name"]
    events["previous_name"] = events["outline"].map(known)
    events["previous_share"] = events["outline_share"]
    texts = ["event", "region_id", "name", "previous_region_id", "previous_name"]
    numbers = ["activity", "region_share", "previous_share"]
    types = dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64")
    events = events[list(types)].astype(types)
    order = ["event", "region_id", "previous_region_id"]
    return events.sort_values(order, key=_number_column, ignore_index=True)


def _number_column(column: pd.Series) -> pd.Series:
    """Turn events, or ids, into the numbers they are sorted by."""
    if column.name == "event":
        return column.map(EVENTS.index)
    return column.str.removeprefix("R").astype("float64")


def _judge(
    overlap: pd.DataFrame, side: Side, unpaired: pd.Index, events: tuple[str, str]
) -> pd.DataFrame:
    """Tell the unpaired that the other run knows, each with its largest partner, from the rest."""
    known = find_partners(overlap[overlap[side].isin(unpaired)], side)
    alone = pd.DataFrame({side: unpaired.difference(pd.Index(known[side]))})
    return pd.concat([known.assign(event=events[0]), alone.assign(event=events[1])])
