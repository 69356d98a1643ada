"""The economy that an address names held against the one that its coordinates lie in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.borders import find_outside, locate_economies
from gii_geo.packing import empty_table, pack_table
from gii_geo.ranges import show_value
from gii_geo.records.economy_codes import read_economy_codes
from gii_geo.records.oddities import LEAST_NOTED, note_middles, note_radians, note_sea, part_kinds
from gii_geo.tables import InputError

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

BEYOND_KM: Final = 50.0
"""An address this far outside the economy it names contradicts it; less is coarse placing."""

_NAMIBIA: Final = "NA"
"""Its code, which some programs write for what is missing."""

LEAST_REFUSED: Final = 10
"""Contradicting rows that prove a source wrong if they are most of it; fewer prove nothing."""

NOTED_SHARE: Final = 0.01
"""Part of a kind's addresses that is worth a note if it contradicts ..."""

NOTED_OF_ECONOMY: Final = 0.1
"""... or part of those of one economy, of at least so many."""

_FILES: Final = 3
"""Files that are named."""

_REPAIRS: Final[dict[str, Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]]] = {
    "longitude and latitude exchanged": lambda lon, lat: (lat, lon),
    "radians for degrees": lambda lon, lat: (np.degrees(lon), np.degrees(lat)),
    "longitudes without their sign": lambda lon, lat: (-lon, lat),
    "latitudes without their sign": lambda lon, lat: (lon, -lat),
    "both without their sign": lambda lon, lat: (-lon, -lat),
}


@dataclass(frozen=True)
class Checked:
    """Places of one source whose economies were held against their coordinates.

    Attributes
    ----------
    economy : pandas.Series
        Code of ISO 3166-1 on the index of the places; missing where none is named, or it is no
        code, or the coordinates contradict it: they then decide.
    contradictions : pandas.DataFrame
        As `World.contradictions` has them.
    notes : list of str
        Sentences for the summary.
    warnings : list of str
        Those of them that nobody may miss.
    wrong : pandas.DataFrame
        The places that contradict: kind, lon, lat and economy as it is written.
    """

    economy: "pd.Series[Any]"
    contradictions: pd.DataFrame
    notes: list[str]
    warnings: list[str]
    wrong: pd.DataFrame


def check_economies(places: pd.DataFrame, name: str, *, allowed: bool = False) -> Checked:
    """Hold the economies that a source names against where its addresses lie.

    Parameters
    ----------
    places : pandas.DataFrame
        lon, lat (degrees), kind, economy ("" where none is named), rows and addresses.
    name : str
        What the source is called.
    allowed : bool, default False
        Whether to go on although most addresses contradict.

    Returns
    -------
    Checked
        Codes, contradictions and notes.

    Raises
    ------
    InputError
        If most addresses of a kind that name an economy lie more than `BEYOND_KM` outside it.

    Examples
    --------
    >>> places = pd.DataFrame({
    ...     "lon": [11.6, 48.1], "lat": [48.1, 11.6], "kind": "patent", "economy": "DE",
    ...     "rows": [90, 10], "addresses": [90, 10],
    ... })
    >>> check_economies(places, "a.csv").notes
    ['a.csv: 10 of 100 patent addresses lie more than 50 km outside the economy that they name
    (DE 10, most of them in SO): longitude and latitude exchanged? That would put 10 of them right.
    Their coordinates decide']
    """
    named = places["economy"] != ""
    economy = _read_all(places["economy"])
    notes = _note_strange(places[named & economy.isna()], name)
    coded = places.assign(economy=economy)
    if economy.hasnans:  # else no copy of what may be large
        coded = coded[economy.notna()]
    lon, lat = coded["lon"].to_numpy(np.float64), coded["lat"].to_numpy(np.float64)
    outside = find_outside(lon, lat, coded["economy"], beyond_km=BEYOND_KM)
    stray = outside & (coded["economy"] == _NAMIBIA).to_numpy()
    if stray.any() and _explain(coded[stray])[0] is None:
        notes.append(_note_missing(coded[stray], name))
        economy.loc[coded.index[stray]] = None
        coded, outside = coded[~stray], outside[~stray]
    wrong = coded[outside]
    found = _list_contradictions(wrong, name)
    if not allowed:
        _refuse_most(coded, found, name)
    warnings = _note_contradictions(coded, found, name)
    contradicting = set(found["kind"])
    for kind, of_kind in part_kinds(places):
        warnings += note_radians(of_kind, kind, name) if kind not in contradicting else []
    for kind, of_kind in part_kinds(places if economy.isna().all() else places[economy.isna()]):
        warnings += note_sea(of_kind, kind, name)
    inside = coded.assign(addresses=coded["addresses"].where(~outside, 0))  # no copy of the rest
    notes += [*warnings, *note_middles(inside, name)]
    economy.loc[wrong.index] = None
    told = places.loc[wrong.index, ["kind", "lon", "lat", "economy"]].drop_duplicates()
    return Checked(economy, found, notes, warnings, told)


def note_files(counted: pd.DataFrame, name: str) -> list[str]:
    """Tell which of several files the contradictions of a source are in, if most of a file's are.

    Parameters
    ----------
    counted : pandas.DataFrame
        Of each file (its path): rows that name an economy, and wrong, those that contradict it.
    name : str
        What the source is called.

    Returns
    -------
    list of str
        A sentence, or none.

    Examples
    --------
    >>> counted = pd.DataFrame({"file": ["a.csv", "b.csv"], "rows": [90, 20], "wrong": [0, 20]})
    >>> note_files(counted, "a.csv and 1 more")
    ['a.csv and 1 more: of these, 20 of 20 rows are in b.csv']
    """
    most = counted[(counted["wrong"] >= LEAST_REFUSED) & (2 * counted["wrong"] > counted["rows"])]
    most = most.sort_values(["wrong", "file"], ascending=[False, True])
    if most.empty:
        return []
    told = [f"{row.wrong:,} of {row.rows:,} rows are in {row.file}" for row in most.itertuples()]
    more = [f"and {len(told) - _FILES:,} files more"] if len(told) > _FILES else []
    return [f"{name}: of these, {', '.join([*told[:_FILES], *more])}"]


def _read_all(texts: pd.Series) -> "pd.Series[Any]":
    """Read codes and names of economies, of which many are the same, as categories."""
    words = texts.astype("category").cat
    number, codes = pd.factorize(read_economy_codes(pd.Series(words.categories)), sort=True)
    coded = pd.Categorical.from_codes(np.append(number, -1)[words.codes], pd.Index(codes))
    return pd.Series(coded, texts.index, name="economy")


def check_exchanged(
    rejects: pd.DataFrame, places: pd.DataFrame, *, allowed: bool = False
) -> list[str]:
    """Tell of rejected rows that exchanging longitude and latitude would put into their economy.

    Parameters
    ----------
    rejects : pandas.DataFrame
        Rejected rows: kind, lon, lat, economy and file.
    places : pandas.DataFrame
        kind and rows of what is placed.
    allowed : bool, default False
        Whether to go on although most rows are so.

    Returns
    -------
    list of str
        One sentence a kind, where that explains most of what is rejected for its latitude.

    Raises
    ------
    InputError
        If it explains most rows of a kind.
    """
    beyond = rejects[(rejects["lat"].abs() > 90) & (rejects["lon"].abs() <= 90)]  # noqa: PLR2004
    codes = read_economy_codes(beyond["economy"])
    beyond = beyond[codes.notna() & (beyond["lat"].abs() <= 180)]  # noqa: PLR2004
    codes = codes[beyond.index]
    right = ~find_outside(beyond["lat"], beyond["lon"], codes, beyond_km=BEYOND_KM)
    told = []
    for kind, rows in beyond.assign(right=right).groupby("kind"):
        if 2 * (many := int(rows["right"].sum())) <= len(rows):
            continue
        files = _name_files(rows[rows["right"]])
        of_kind = int(places.loc[places["kind"] == kind, "rows"].sum())
        of_kind += int((rejects["kind"] == kind).sum())
        if not allowed and many >= LEAST_REFUSED and 2 * many > of_kind:
            msg = (
                f"Invalid coordinates in {files}. Must lie in the economies that the rows name; "
                f"{many:,} of {of_kind:,} {kind} rows have a latitude beyond 90 degrees and lie "
                "there if longitude and latitude are exchanged. Mend the columns, or allow "
                "contradictions (--allow-contradictions) to leave these rows out."
            )
            raise InputError(msg)
        told.append(
            f"{files}: {many:,} {kind} rows are rejected for a latitude beyond 90 degrees, and lie "
            "in the economy that they name if longitude and latitude are exchanged: exchanged?"
        )
    return told


def note_no_degrees(rejects: pd.DataFrame) -> list[str]:
    """Tell of rejected rows whose coordinates are so large that they are no degrees at all.

    Parameters
    ----------
    rejects : pandas.DataFrame
        Rejected rows: kind, lon, lat and file.

    Returns
    -------
    list of str
        One sentence a kind, where there are at least `LEAST_NOTED`; sentinels such as -999 are one
        place and no such rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"lon": [950000.0 + row for row in range(10)], "lat": 6003000.0})
    >>> note_no_degrees(rows.assign(kind="patent", file="a.csv"))
    ['a.csv: 10 patent rows are rejected for coordinates such as 950000, 6003000, which are no
    degrees: metres of a projection, or degrees without their point?']
    """
    spot = ["lon", "lat"]
    large = rejects[rejects[spot].abs().max(axis=1) > 360]  # noqa: PLR2004  # a full turn
    words = (
        "{}: {:,} {} rows are rejected for coordinates such as {:.15g}, {:.15g}, which are no "
        "degrees: metres of a projection, or degrees without their point?"
    )
    return [
        words.format(_name_files(rows), len(rows), kind, *rows[spot].iloc[0])
        for kind, rows in large.groupby("kind")
        if len(rows[spot].drop_duplicates()) >= LEAST_NOTED
    ]


def _name_files(rows: pd.DataFrame) -> str:
    """Name the files of some rows: the first in the order of the alphabet, and how many more."""
    files = sorted(rows["file"].fillna("table").unique())
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1:,} more"


def _note_missing(stray: pd.DataFrame, name: str) -> str:
    """Tell of addresses whose NA stands for a missing economy, for nothing leads to Namibia."""
    many = f"{int(stray['addresses'].sum()):,} addresses"
    return f"{name}: {many} have NA for their economy and lie elsewhere than in Namibia: not known"


def _note_strange(strange: pd.DataFrame, name: str) -> list[str]:
    """Tell of economies that there are none of; the coordinates decide for them."""
    if strange.empty:
        return []
    addresses, such = int(strange["addresses"].sum()), min(map(str, strange["economy"].unique()))
    note = (
        f"{name}: {addresses:,} addresses name an economy that is no code or name of one of today, "
        f"such as {show_value(such)}; their coordinates decide"
    )
    return [note]


def _explain(wrong: pd.DataFrame) -> tuple[str | None, BoolArray]:
    """Find what would put most of the contradicting addresses right, if at least half of them."""
    lon, lat = wrong["lon"].to_numpy(np.float64), wrong["lat"].to_numpy(np.float64)
    addresses = wrong["addresses"].to_numpy(np.int64)
    best: tuple[str | None, BoolArray] = (None, np.zeros(len(wrong), dtype=bool))
    most = (addresses.sum() + 1) // 2
    for words, repair in _REPAIRS.items():
        east, north = repair(lon, lat)
        right = (np.abs(east) <= 180) & (np.abs(north) <= 90)  # noqa: PLR2004
        codes = wrong["economy"].to_numpy()[right]
        right[right] = ~find_outside(east[right], north[right], codes, beyond_km=BEYOND_KM)
        if (explained := int(addresses[right].sum())) >= max(most, 1):
            best, most = (words, right), explained + 1
    return best


def _list_contradictions(wrong: pd.DataFrame, name: str) -> pd.DataFrame:
    """List what contradicts itself by kind and economy, and what explains that of a kind."""
    if wrong.empty:
        return empty_table("contradictions")
    by_kind = [_list_of_kind(of_kind, name) for _, of_kind in part_kinds(wrong)]
    return pack_table(pd.concat(by_kind, ignore_index=True), "contradictions")


def _list_of_kind(wrong: pd.DataFrame, name: str) -> pd.DataFrame:
    """List what contradicts itself of one kind."""
    explanation, explained = _explain(wrong)
    located = pd.Series(locate_economies(wrong["lon"], wrong["lat"]), wrong.index, dtype="str")
    table = wrong.assign(
        located=located.fillna(""),
        locations=wrong["lon"].astype("str") + " " + wrong["lat"].astype("str"),
        explained=np.where(explained, wrong["addresses"], 0),
    )
    by = ["kind", "economy"]
    sums = table.groupby(by).agg(
        locations=("locations", "nunique"),
        rows=("rows", "sum"),
        addresses=("addresses", "sum"),
        explained=("explained", "sum"),
    )
    where = table.groupby([*by, "located"])[["addresses"]].sum().reset_index()
    where = where.sort_values(["addresses", "located"], ascending=[False, True])
    sums["located"] = where.drop_duplicates(by).set_index(by)["located"].replace("", None)
    return sums.reset_index().assign(source=name, explanation=explanation)


def _refuse_most(coded: pd.DataFrame, found: pd.DataFrame, name: str) -> None:
    """Refuse a source most of whose addresses of a kind contradict the economy that they name."""
    for kind, wrong in found.groupby("kind"):
        many, rows = int(wrong["addresses"].sum()), int(wrong["rows"].sum())
        named = coded.loc[coded["kind"] == kind, ["rows", "addresses"]].sum()
        if rows < LEAST_REFUSED or 2 * rows <= named["rows"]:
            continue
        msg = (
            f"Invalid coordinates in {name}. Must lie in the economies that the rows name; "
            f"{many:,} of {named['addresses']:,} {kind} addresses lie more than {BEYOND_KM:g} km "
            f"outside ({_tell_economies(wrong)}){_ask(wrong)} Mend the columns, or allow "
            "contradictions (--allow-contradictions) to let the coordinates decide."
        )
        raise InputError(msg)


def _note_contradictions(coded: pd.DataFrame, found: pd.DataFrame, name: str) -> list[str]:
    """Tell of contradictions where they matter, a sentence a kind."""
    notes = []
    for kind, rows in found.groupby("kind"):
        of_kind = coded[coded["kind"] == kind]
        by_economy = of_kind.groupby("economy")["addresses"].sum()
        share = rows["addresses"].to_numpy() / by_economy[rows["economy"]].to_numpy()
        wrong, named = int(rows["addresses"].sum()), int(by_economy.sum())
        swept = (share > NOTED_OF_ECONOMY) & (rows["addresses"] >= LEAST_NOTED)
        if wrong > NOTED_SHARE * named or swept.any():
            notes.append(
                f"{name}: {wrong:,} of {named:,} {kind} addresses lie more than {BEYOND_KM:g} km "
                f"outside the economy that they name ({_tell_economies(rows)}){_ask(rows)} Their "
                "coordinates decide"
            )
    return notes


def _tell_economies(found: pd.DataFrame) -> str:
    """Name the three economies with most contradicting addresses, and where these lie."""
    sums = found.groupby("economy", as_index=False).agg({"addresses": "sum", "located": "first"})
    sums = sums.sort_values(["addresses", "economy"], ascending=[False, True])
    told = []
    for economy, addresses, located in sums.head(3).itertuples(index=False):
        where = "at sea" if pd.isna(located) else f"in {located}"
        told.append(f"{economy} {addresses:,}, most of them {where}")
    return "; ".join([*told, *(["..."] if len(sums) > len(told) else [])])


def _ask(found: pd.DataFrame) -> str:
    """Ask whether the explanation holds."""
    explained, words = int(found["explained"].sum()), found["explanation"].iloc[0]
    if pd.isna(words) or not explained:
        return "."
    return f": {words}? That would put {explained:,} of them right."
