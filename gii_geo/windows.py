"""Ranks over time: the same method on one window of years after the other."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd

from gii_geo.given import take_settings
from gii_geo.pipeline import find_regions, form_regions
from gii_geo.progress import Pace, choose_tell
from gii_geo.ranges import check_given, check_span, show_value
from gii_geo.records.intake import read_world
from gii_geo.regions.form import Formed
from gii_geo.regions.overlap import measure_overlap, pair_regions
from gii_geo.regions.tally import know_kinds
from gii_geo.result import Result
from gii_geo.settings import Settings
from gii_geo.tables import DataWarning, InputError, call_kind, order_kinds
from gii_geo.world import World

Window = tuple[int, int]
Kinds = Literal["common", "each"]

_NAMED: Final = ["region_id", "name", "economies"]
_COLUMNS: Final = [
    *("window", *_NAMED, "rank", "score", "shared_activity", "kinds", "without"),
]
_TYPES: Final = {
    **dict.fromkeys(("window", *_NAMED, "kinds", "without"), "str"),
    "rank": "int64",
    **dict.fromkeys(("score", "shared_activity"), "float64"),
}


def rank_windows(
    addresses: object,
    windows: Sequence[Window],
    settings: Settings | None = None,
    *,
    columns: Mapping[str, Any] | None = None,
    kinds: Kinds = "common",
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Rank the regions of each window of years, and follow them back in time.

    A region of an earlier window is the same as one of the last window if the two share most
    activity, one to one (see `overlap.pair_regions`). What is none of the last window's, because
    it died on the way, is named by the latest window that has it. A window in which nothing lies is
    passed over, and a `DataWarning` names it.

    Parameters
    ----------
    addresses : object
        A `World`, or what `read_world` takes; the addresses need a year.
    windows : sequence of (int, int)
        First and last year of each window, at least one, in the order of the result. They replace
        the settings' years of every kind.
    settings : Settings, optional
        Every other number of the method.
    columns : mapping of str to str, optional
        Role to the input's own column.
    kinds : {"common", "each"}, default "common"
        Whether every window ranks on the kinds that all of them have, so that ranks can be held
        against each other, or each on all that it has.
    progress : callable, optional
        Is told the name of each stage as it begins.

    Returns
    -------
    pandas.DataFrame
        One row per window and region: window ("2018-2020"), region_id (of the last window; of a
        region that died the window and a number, such as 2018-2020-1), name and economies, rank,
        score, shared_activity (0 to 1: the part of the region's activity that lies in the outline
        it is known by), kinds (that the window ranks on, ";"-joined) and without (kinds that are
        asked for and that it has no record of). Windows in their order, regions by rank.

    Raises
    ------
    ValueError
        If there is no window, one stands twice or is none, they have no kind in common, or a kind
        that is asked for is unknown.

    Warns
    -----
    DataWarning
        If nothing lies in a window, or the settings name years.

    Examples
    --------
    >>> patents = pd.DataFrame({"lon": 8.5, "lat": 47.4, "year": [2018] * 5 + [2021] * 9})
    >>> settings = Settings(min_addresses=5)
    >>> rank_windows({"patent": patents}, [(2018, 2019), (2021, 2022)], settings)["rank"].tolist()
    [1, 1]
    """
    spans = _name_windows(windows)
    tell = choose_tell(progress)
    settings = take_settings(settings)
    if settings.years:
        told = " and ".join(call_kind(kind) for kind in settings.years)
        msg = (
            f"The windows take the place of the years of {told}: what is said of them is not used."
        )
        warnings.warn(msg, DataWarning, stacklevel=2)
    world = addresses if isinstance(addresses, World) else read_world(addresses, columns=columns)
    know_kinds(world, settings.kinds or ())
    asked = order_kinds(settings.kinds or world.kinds)
    held = {window: _list_held(world, span, asked) for window, span in spans.items()}
    counted = _choose_kinds(held, kinds)
    if empty := ", ".join(window for window, found in held.items() if not found):
        warnings.warn(f"No record that counts lies in {empty}.", DataWarning, stacklevel=2)
    known: gpd.GeoDataFrame | None = None
    tables = {}
    pace = Pace(len(spans))
    for number, (window, span) in enumerate(reversed(spans.items())):
        tell(pace.tell(f"window {window}", f"window {window}", number))
        chosen = counted[window]
        if not held[window]:
            continue
        question = settings.replace(kinds=chosen, years=dict.fromkeys(chosen, span))
        if known is None:
            known = find_regions(world, question).regions[[*_NAMED, "geometry"]]
        formed = form_regions(world, question, tell=tell)
        table = _follow_back(formed, known)
        if len(table) < len(formed.ranking):
            died = _name_died(find_regions(world, question), table.index, window)
            known = gpd.GeoDataFrame(pd.concat([known, died], ignore_index=True), crs=known.crs)
            table = _follow_back(formed, known)
        without = [kind for kind in asked if kind not in held[window]]
        tables[window] = table.sort_values(["rank", "region_id"]).assign(
            window=window, kinds=";".join(chosen), without=";".join(without)
        )
    parts = [tables[window] for window in spans if len(tables.get(window, ()))]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _TYPES.items()})
    return pd.concat(parts, ignore_index=True)[_COLUMNS].astype(_TYPES)


def _name_windows(windows: Sequence[Window]) -> dict[str, Window]:
    """Name windows by their years."""
    check_given("windows", windows, Iterable, must="be a list of a first and a last year each")
    spans = {}
    for window in windows:
        check_span("window", window)
        first, last = map(int, window)
        name = f"{first}-{last}"
        if name in spans:
            msg = f"Invalid window {name}, given twice. Must be given once."
            raise ValueError(msg)
        spans[name] = (first, last)
    if not spans:
        msg = "Invalid windows []. Must be at least one first and last year."
        raise ValueError(msg)
    return spans


def _list_held(world: World, span: Window, asked: tuple[str, ...]) -> tuple[str, ...]:
    """List the kinds, of those asked for, that have a record in a window."""
    accounts = world.accounts
    inside = accounts["year"].between(*span).fillna(value=False).to_numpy(dtype=bool)
    held = set(accounts["kind"][inside & (accounts["records"] > 0).to_numpy()])
    return order_kinds(held & set(asked))


def _choose_kinds(held: Mapping[str, tuple[str, ...]], kinds: str) -> dict[str, tuple[str, ...]]:
    """Choose the kinds that each window ranks on."""
    if kinds not in ("common", "each"):
        msg = f"Invalid kinds {show_value(kinds)}. Must be common or each."
        raise ValueError(msg)
    some = [set(found) for found in held.values() if found]
    common = order_kinds(set.intersection(*some)) if some else ()
    if kinds == "common" and some and not common:
        listed = (f"{window} has {', '.join(found)}" for window, found in held.items() if found)
        told = "; ".join(listed)
        msg = f"Invalid windows. Must have a kind in common, or rank on the kinds of each; {told}."
        raise InputError(msg)
    return {window: (common if kinds == "common" else found) for window, found in held.items()}


def _follow_back(formed: Formed, known: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find known regions among those of one window, by number: rank, score, and who they are.

    Outlines of several windows may overlap.
    """
    overlap = measure_overlap(formed.delineation.locations, known.geometry, is_apart=False)
    pairs = pair_regions(overlap)
    shared = overlap.set_index(["region", "outline"])["region_share"]
    theirs = known.iloc[pairs.to_numpy(dtype="int64")][_NAMED].set_index(pairs.index)
    part = shared.reindex(list(zip(pairs.index, pairs, strict=True))).to_numpy()
    found: pd.DataFrame = theirs.join(formed.ranking[["rank", "score"]]).assign(
        shared_activity=part
    )
    return found


def _name_died(result: Result, found: pd.Index, window: str) -> gpd.GeoDataFrame:
    """Give the regions of a window that no later one has, named by it in the order of ranks."""
    ids = result.followed.region_ids
    died = result.regions[result.regions["region_id"].isin(ids[~ids.index.isin(found)])]
    called = [f"{window}-{number}" for number in range(1, len(died) + 1)]
    return died[[*_NAMED, "geometry"]].assign(region_id=pd.array(called, dtype="str"))
