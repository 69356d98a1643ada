"""Region ids that stay with their regions from run to run, and what became of each region."""

import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gii_geo.regions.overlap import Side, find_partners, measure_overlap, pair_regions
from gii_geo.tables import InputError, check_table

EVENTS: Final = ("kept", "split", "merge", "birth", "death")
"""What can become of a region, in the order of the table of events."""

_REGION_ID: Final = re.compile(r"^R\d{4,}$")
_RANKED: Final = {"rank": "i", "name": "s"}
_NONE_YET: Final = "R0000"


@dataclass(frozen=True)
class Previous:
    """What a run must know of the one before it.

    Attributes
    ----------
    regions : geopandas.GeoDataFrame
        region_id, name and geometry (EPSG:4326), by rank.
    last_region_id : str
        The highest region id ever given; no id up to it is given again.
    """

    regions: gpd.GeoDataFrame
    last_region_id: str


@dataclass(frozen=True)
class Followed:
    """The ids of a run's regions, and what became of the regions before.

    Attributes
    ----------
    region_ids : pandas.Series
        ``region_id`` on the index of the regions.
    last_region_id : str
        The highest region id ever given, to be written for the next run.
    overlap, kept, names, earlier
        What the table of events is made from.
    """

    region_ids: pd.Series
    last_region_id: str
    overlap: pd.DataFrame = field(repr=False)
    kept: pd.Series = field(repr=False)
    names: pd.Series = field(repr=False)
    earlier: gpd.GeoDataFrame = field(repr=False)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every region of either run once, and what became of it.

        The columns are event (see `EVENTS`), region_id, name, previous_region_id, previous_name,
        activity (what the two share, in the unit of the locations), region_share, previous_share
        (of the activity of each, 0 to 1). A split names the region it came from, a merge the one
        it went into.
        """
        return _list_events(self.overlap, self.kept, self.names, self.region_ids, self.earlier)


def read_previous(folder: str | Path) -> Previous:
    """Read what a run must know of the one before it.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder that the run before wrote.

    Returns
    -------
    Previous
        Its regions and the highest region id ever given.

    Raises
    ------
    InputError
        If the folder lacks regions.parquet or run.json, or their ids are none or occur twice.
    """
    folder = Path(folder)
    files = [folder / "regions.parquet", folder / "run.json"]
    for file in files:
        if not file.is_file():
            msg = f"Invalid previous run {folder}. Must hold {file.name}."
            raise InputError(msg)
    regions = gpd.read_parquet(files[0], columns=["region_id", "name", "geometry"])
    last = json.loads(files[1].read_text(encoding="utf-8")).get("last_region_id")
    ids = [*regions["region_id"], last]
    wrong = [region_id for region_id in ids if not _REGION_ID.match(str(region_id))]
    if wrong:
        msg = f"Invalid region id {wrong[0]} in {folder}. Must be R and a number, such as R0001."
        raise InputError(msg)
    if not regions["region_id"].is_unique:
        msg = f"Invalid previous run {folder}. Must give each region an id of its own."
        raise InputError(msg)
    highest = max(ids, key=_number)
    if highest != last:
        msg = f"Invalid last_region_id {last} in {folder}. Must be the highest; found {highest}."
        raise InputError(msg)
    return Previous(regions, last)


def _no_regions() -> gpd.GeoDataFrame:
    """Make the regions of the run before the first."""
    nothing = {"region_id": pd.Series(dtype="str"), "name": pd.Series(dtype="str")}
    return gpd.GeoDataFrame(nothing, geometry=[], crs="EPSG:4326")


_NONE_BEFORE: Final = Previous(_no_regions(), _NONE_YET)


def follow_regions(
    regions: pd.DataFrame, locations: pd.DataFrame, previous: Previous | None = None
) -> Followed:
    """Give each region the id it had before; ids of new regions go on where the last one ended.

    A region keeps the id of the earlier region with which it shares most activity, one to one,
    see `overlap.pair_regions`. Of the others, a region at least half of which lies in earlier
    outlines is a split, else a birth; an earlier region whose land's activity is at least half in
    regions was merged, else it is a death. An id is never given twice.

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
    overlap, kept = _compare(locations, previous) if previous else _nothing_kept()
    previous = previous or _NONE_BEFORE
    ids = dict(zip(kept.index, kept, strict=True))
    last = _number(previous.last_region_id)
    for region in regions.index[np.argsort(regions["rank"].to_numpy(), kind="stable")]:
        if region not in ids:
            last += 1
            ids[region] = f"R{last:04d}"
    region_ids = pd.Series(
        [ids[region] for region in regions.index], regions.index, dtype="str", name="region_id"
    )
    return Followed(region_ids, f"R{last:04d}", overlap, kept, regions["name"], previous.regions)


def _compare(locations: pd.DataFrame, previous: Previous) -> tuple[pd.DataFrame, pd.Series]:
    """Measure what regions share with those before, and pair those that are the same."""
    overlap = measure_overlap(locations, previous.regions.set_index("region_id").geometry)
    return overlap, pair_regions(overlap)


@cache
def _nothing_kept() -> tuple[pd.DataFrame, pd.Series]:
    """Give what the first run shares with the one before it."""
    columns = {"lon": "f8", "lat": "f8", "activity": "f8", "region": "Int64"}
    nowhere = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return _compare(nowhere, _NONE_BEFORE)


def _number(region_id: str) -> int:
    return int(region_id[1:])


def _list_events(
    overlap: pd.DataFrame,
    kept: pd.Series,
    names: pd.Series,
    region_ids: pd.Series,
    earlier: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """List what became of every region of either run."""
    was = overlap["region"].map(kept).eq(overlap["outline"])
    new = _judge(overlap, "region", region_ids.index.difference(kept.index), ("split", "birth"))
    lost = earlier["region_id"][~earlier["region_id"].isin(kept)]
    old = _judge(overlap, "outline", pd.Index(lost), ("merge", "death"))
    events = pd.concat([overlap[was].assign(event="kept"), new, old], ignore_index=True)
    events["region_id"] = events["region"].map(region_ids)
    events["name"] = events["region"].map(names)
    events["previous_region_id"] = events["outline"]
    events["previous_name"] = events["outline"].map(earlier.set_index("region_id")["name"])
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
