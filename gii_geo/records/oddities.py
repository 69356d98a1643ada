"""What is odd about where addresses lie: at sea, about 0, 0, on whole degrees, in a middle."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.borders import is_middle, locate_economies
from gii_geo.places import read_places
from gii_geo.project import to_geocentric

LEAST_NOTED: Final = 10
"""Addresses, or places, that are worth a note."""

MIDDLE_SHARE: Final = 0.1
"""Part of an economy's addresses of a kind at one coordinate that is worth a note ..."""

LEAST_MIDDLE: Final = 50
"""... if they are at least so many, it is the middle of the economy, and far from its cities."""

AT_SEA_SHARE: Final = 0.1
"""Part of the addresses that name no economy that may lie at sea: of real ones hardly any do."""

LOOKED_AT: Final = 2000
"""Places that are asked for it: half of them the largest."""

MIDDLE_KM: Final = 25.0
MIDDLE_PEOPLE: Final = 0.01
"""Far from its cities: none as near as `MIDDLE_KM` has this part of its people."""

_RADIANS: Final = (3.2, 1.6)

_SPOTS: Final = 10_000
"""Locations of a kind, or a few more, that are looked at for what most of them have alike."""

_KM_PER_DEGREE: Final = 111.2

_FILLED_SHARE: Final = 0.1
_FILLED_TIMES: Final = 5
"""One longitude, or latitude, of so many locations, and so much more often than any other."""

_MINUTES: Final = 0.6
_SQUARES: Final = 20
"""Where locations lie in so many squares of a degree, fractions are above 0.6 by chance."""

_AT_ONCE: Final = 1 << 20
"""Places that are hashed at a time."""
_BINS: Final = 1024
_MOST_BINS: Final = 1 << 22
_ROUNDING: Final = 1e-9


def part_kinds(places: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Part places by kind, lest what is odd about one is lost among the others.

    Parameters
    ----------
    places : pandas.DataFrame
        With a column kind.

    Yields
    ------
    tuple of str and pandas.DataFrame
        A kind, in the order of the alphabet, and its rows.
    """
    kinds = sorted(places["kind"].unique())
    for kind in kinds:
        yield kind, places if len(kinds) == 1 else places[places["kind"] == kind]  # no copy of all


def note_radians(places: pd.DataFrame, kind: str, name: str) -> list[str]:
    """Ask whether coordinates that all lie close to 0, 0 are radians.

    Parameters
    ----------
    places : pandas.DataFrame
        lon and lat in degrees, of one kind.
    kind : str
        The kind.
    name : str
        What the source is called.

    Returns
    -------
    list of str
        A sentence, or none.
    """
    lon, lat = _RADIANS
    if (places["lon"].abs() > lon).any() or (places["lat"].abs() > lat).any():
        return []
    if len(places[["lon", "lat"]].drop_duplicates()) < LEAST_NOTED:
        return []
    words = f"longitude 0 and {lat} of latitude 0, at sea: radians for degrees?"
    return [f"{name}: all {kind} coordinates lie within {lon} of {words}"]


def note_alike(places: pd.DataFrame, locations: pd.DataFrame) -> list[str]:
    """Ask about coordinates that have lost their decimals, or are one number read twice.

    Parameters
    ----------
    places : pandas.DataFrame
        kind, and location: the row of `locations`.
    locations : pandas.DataFrame
        lon and lat in degrees, each pair once.

    Returns
    -------
    list of str
        A sentence for each kind with at least `LEAST_NOTED` locations, most of which are so.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": range(1, 21), "lat": range(41, 61)}, dtype=float)
    >>> note_alike(pd.DataFrame({"kind": "patent", "location": range(20)}), locations)
    ['most patent coordinates are whole degrees, which is up to 78.6 km off: are decimals lost?']
    """
    told = []
    for kind, own in part_kinds(places):
        rows = own["location"].unique()
        if len(rows) >= LEAST_NOTED:
            step = max(1, len(rows) // _SPOTS)
            words = _tell_alike(locations.iloc[rows[::step]].to_numpy(np.float64))
            told += [f"{words[0]} {kind} coordinates {words[1]}"] if words else []
    return told


def _tell_alike(degrees: npt.NDArray[np.float64]) -> tuple[str, str] | None:
    """Tell how many of some coordinates are alike in what."""
    if np.mean(degrees[:, 0] == degrees[:, 1]) > 1 / 2:
        return "most", "have longitude and latitude alike: is one column read for both?"
    for per_degree, words in ((1, "are whole degrees"), (10, "have one decimal")):
        tick = degrees * per_degree
        if np.mean((np.abs(tick - np.rint(tick)) < _ROUNDING).all(axis=1)) > 1 / 2:
            off_km = _KM_PER_DEGREE / per_degree / np.sqrt(2)
            return "most", f"{words}, which is up to {off_km:.3g} km off: are decimals lost?"
    for values, name in zip(degrees.T, ("longitude", "latitude"), strict=True):
        held, times = np.unique(values, return_counts=True)
        first, other = np.sort(np.append(times, 0))[:-3:-1]
        if first >= max(LEAST_NOTED, _FILLED_SHARE * len(values), _FILLED_TIMES * other):
            value = held[times.argmax()]
            share = f"{100 * first / len(values):.0f} % of the"
            return share, f"have {name} {value:g}, at different places: is it filled in?"
    squares = len(np.unique(np.floor(degrees) @ [1000, 1]))
    if squares >= _SQUARES and (np.abs(degrees) % 1).max() < _MINUTES:
        return (
            "all",
            "have fractions below 0.6: are they degrees and minutes (48.35 for 48°35\N{PRIME})?",
        )
    return None


def note_sums(places: pd.DataFrame, rejects: pd.DataFrame) -> list[str]:
    """Ask about a row that holds as much as all others, or more: it may be their sum.

    Parameters
    ----------
    places : pandas.DataFrame
        kind, rows and addresses.
    rejects : pandas.DataFrame
        Rejected rows: kind, count and weight.

    Returns
    -------
    list of str
        A sentence for each kind with such a row, and at least `LEAST_NOTED` others.

    Examples
    --------
    >>> places = pd.DataFrame({"kind": "patent", "rows": 1, "addresses": range(15)})
    >>> note_sums(places, pd.DataFrame({"kind": ["patent"], "count": [105], "weight": [1]}))
    ['one of 16 patent rows holds 105 of all 210 addresses: is it a total?']
    """
    told = []
    for kind, own in part_kinds(places):
        weighs = (rejects["kind"] == kind) & (rejects["weight"] > 0)  # else its count is none
        lost = rejects.loc[weighs, "count"].to_numpy(np.int64)
        rows, addresses = (own[name].to_numpy(np.int64) for name in ("rows", "addresses"))
        all_rows, total = int(rows.sum()) + len(lost), int(addresses.sum() + lost.sum())
        most = int(addresses.argmax())
        largest = int(lost.max(initial=addresses[most] if rows[most] == 1 else 0))
        if all_rows > LEAST_NOTED and 2 * largest >= total:
            held = f"{largest:,} of all {total:,} addresses"
            told.append(f"one of {all_rows:,} {kind} rows holds {held}: is it a total?")
    return told


def note_sea(places: pd.DataFrame, kind: str, name: str) -> list[str]:
    """Tell of places that name no economy and lie in none, if many of the largest do.

    Parameters
    ----------
    places : pandas.DataFrame
        lon and lat in degrees, and addresses; all of one kind, and without an economy.
    kind : str
        The kind.
    name : str
        What the source is called.

    Returns
    -------
    list of str
        A sentence, or none.
    """
    addresses = int(places["addresses"].sum())
    if addresses < LEAST_NOTED:
        return []
    rows, stands_for = _draw_places(places["addresses"].to_numpy(np.int64), _hash_points(places))
    nowhere = pd.isna(locate_economies(places["lon"].iloc[rows], places["lat"].iloc[rows]))
    at_sea = round(float(stands_for[nowhere].sum()))
    if at_sea <= AT_SEA_SHARE * addresses:
        return []
    about = "" if len(rows) == len(places) else "about "
    told = f"{name}: {about}{at_sea:,} of {addresses:,} {kind} addresses that name no economy lie"
    return [f"{told} far out at sea: are signs of their coordinates lost, or are these exchanged?"]


def _draw_places(
    addresses: npt.NDArray[np.int64], drawn: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw places: those with the most addresses, and others by their hashes, whatever their order.

    Give their rows, and how many addresses each of them stands for.
    """
    if len(addresses) <= LOOKED_AT:
        return np.arange(len(addresses)), addresses.astype(np.float64)
    half = LOOKED_AT // 2
    most = addresses > np.partition(addresses, -half)[-half]
    others = np.flatnonzero(~most)
    last = np.partition(drawn[others], half - 1)[half - 1]
    some = others[drawn[others] <= last]
    rest = addresses[some] * (addresses[others].sum() / addresses[some].sum())
    return np.append(np.flatnonzero(most), some), np.append(addresses[most], rest)


def _hash_points(places: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """Hash where places are, piece by piece."""
    hashed = np.empty(len(places), dtype=np.uint64)
    lon, lat = (places[axis].to_numpy(np.float64) for axis in ("lon", "lat"))
    for start in range(0, len(places), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        hashed[part] = pd.util.hash_array(lon[part] + 1j * lat[part])
    return hashed


def note_middles(coded: pd.DataFrame, name: str) -> list[str]:
    """Name the middle of an economy where it holds many of its addresses, far from its people.

    Parameters
    ----------
    coded : pandas.DataFrame
        lon and lat in degrees, kind, economy (ISO 3166-1 alpha-2) and addresses.
    name : str
        What the source is called.

    Returns
    -------
    list of str
        A sentence each.
    """
    if coded.empty:
        return []
    by = ["kind", "economy"]
    totals = coded.groupby(by, observed=True)["addresses"].sum().rename("total")
    spots = coded.iloc[_sieve_spots(coded)].astype({"kind": "str", "economy": "str"})
    spots = spots.groupby([*by, "lon", "lat"])[["addresses"]].sum().reset_index()
    spots = spots.join(totals.rename(index=str), on=by)
    many = spots["addresses"].to_numpy() > MIDDLE_SHARE * spots["total"].to_numpy()
    spots = spots[many & (spots["addresses"] >= LEAST_MIDDLE)]
    spots = spots[is_middle(spots["lon"], spots["lat"], spots["economy"])]
    return [
        f"{name}: {addresses:,} of {total:,} {kind} addresses of {economy} lie at {lon:g}, "
        f"{lat:g}, in its middle and far from its cities: is only their economy known?"
        for kind, economy, lon, lat, addresses, total in spots.itertuples(index=False)
        if _is_far_from_cities(lon, lat, economy)
    ]


def _sieve_spots(coded: pd.DataFrame) -> npt.NDArray[np.int64]:
    """List the rows that may be of a spot with much of an economy's addresses.

    Spots are thrown together by their hashes: what is too little together is too little apart.
    """
    kind, economy = (coded[name].astype("category").cat for name in ("kind", "economy"))
    owners = len(kind.categories) * len(economy.categories)
    owner = kind.codes.to_numpy(np.int32) * np.int32(len(economy.categories))
    owner += economy.codes.to_numpy(np.int32)
    addresses = coded["addresses"].to_numpy(np.float64)
    total = np.bincount(owner, addresses, owners)
    bins = max(1, min(_BINS, _MOST_BINS // owners))
    place = owner * np.int32(bins) + (_hash_points(coded) % np.uint64(bins)).astype(np.int32)
    held = np.bincount(place, addresses, owners * bins)
    least = np.maximum(MIDDLE_SHARE * total, LEAST_MIDDLE) * (1 - _ROUNDING)
    return np.flatnonzero((held >= least.repeat(bins))[place])


def _is_far_from_cities(lon: float, lat: float, economy: str) -> bool:
    """Tell whether no city near a point has a notable part of the economy's people."""
    places = read_places()
    cities = places[(places["city"] == places.index) & (places["economy"] == economy)]
    gap_m = np.linalg.norm(
        to_geocentric(cities["lon"], cities["lat"]) - to_geocentric([lon], [lat]), axis=1
    )
    near = cities["population"][gap_m <= 1000 * MIDDLE_KM].max()
    return len(cities) > 0 and not near >= MIDDLE_PEOPLE * cities["population"].sum()
