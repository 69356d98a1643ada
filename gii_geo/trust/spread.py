"""Worlds that could as well have been: coarse addresses spread over their city, records redrawn."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.density import weigh_density
from gii_geo.regions.jit import kernel, part
from gii_geo.regions.sites import Sites
from gii_geo.regions.tally import Tally

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PLACES: Final = 256
"""Places around a city's centre, all as likely, that stand for a normal distribution: a large
city's addresses come to no more locations than these."""

_SEMI_MAJOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563
_ECCENTRICITY2: Final = _FLATTENING * (2 - _FLATTENING)
"""The ellipsoid of WGS 84."""

_NO_POLE: Final = 1e-3
"""Least cosine of a latitude: nobody works within 6 km of a pole."""

_COLUMNS: Final = ("addresses", "weight", "records")

_GOLDEN: Final = math.pi * (3 - math.sqrt(5))
"""The golden angle, by which each place is turned from the one before."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A world as it was drawn, and which location of the run each of its locations stands for.

    Attributes
    ----------
    tally : Tally
        Fit for the stages of `regions.form` that delineate and rank, and for nothing else.
    origin : numpy.ndarray of int64, shape (n,)
        Row of each of its locations in the run's.
    activity : numpy.ndarray of int64, shape (n,)
        Activity of each of its locations, in units: exactly the run's, wherever it has moved to.
    """

    tally: Tally
    origin: IntArray
    activity: IntArray


class _Spots(NamedTuple):
    """Places that coarse addresses came to: city, coordinates, and what of each kind.

    ``spot`` is the spot of every coarse address, city by city and kind by kind.
    """

    city: IntArray
    lon_lat: FloatArray
    xyz: FloatArray
    addresses: IntArray
    weight: IntArray
    records: IntArray
    spot: IntArray


def has_coarse(tally: Tally) -> bool:
    """Tell whether any address that counts is placed no better than by city.

    Parameters
    ----------
    tally : Tally
        What counts.

    Returns
    -------
    bool
        Whether there is one.
    """
    return bool(tally.coarse["addresses"].to_numpy().any())


def keep_addresses(tally: Tally) -> Drawn:
    """Leave every address where it is.

    Parameters
    ----------
    tally : Tally
        What counts.

    Returns
    -------
    Drawn
        The run's own world.
    """
    activity = weigh_density(tally.locations, density_weight="balanced").to_numpy()
    return Drawn(tally, np.arange(len(tally.locations)), activity)


def spread_addresses(
    tally: Tally, position_km: float, rng: np.random.Generator, *, with_records: bool
) -> Drawn:
    """Spread every address that is placed by city alone around where it was put.

    Each is drawn by itself from a normal distribution, for which `PLACES` places around the centre
    stand, turned by an angle of each city's own. Weight and records that stand there alone are
    shared out evenly over a city's addresses of a kind.

    Parameters
    ----------
    tally : Tally
        What counts.
    position_km : float
        Standard deviation in km, north-south as east-west, 0 or more; 0 moves nothing.
    rng : numpy.random.Generator
        Where the draws come from.
    with_records : bool
        Whether records that stand at several locations are needed: for full counting and links.
        Without, there are none.

    Returns
    -------
    Drawn
        The world as drawn; what all locations sum up to is the same.
    """
    if not (position_km and has_coarse(tally)):
        return keep_addresses(tally)
    coarse = {name: table.to_numpy(np.int64) for name, table in tally.coarse.items()}
    cities = np.flatnonzero(coarse["addresses"].any(axis=1))
    of_cities = [coarse[name][cities] for name in _COLUMNS]
    sites = tally.sites
    spots = _Spots(
        *_settle(
            of_cities[0],
            of_cities[1],
            of_cities[2],
            (np.column_stack([sites.lon[cities], sites.lat[cities]]), sites.xyz[cities]),
            1000 * position_km * _PLACES_AROUND,
            rng.uniform(0, 2 * math.pi, len(cities)),
            rng.integers(0, PLACES, int(of_cities[0].sum()), dtype=np.uint16),
        )
    )
    held = {name: _list_kinds(tally, name) - coarse[name] for name in _COLUMNS}
    fixed = np.flatnonzero(held["addresses"].any(axis=1))
    for name in _COLUMNS:
        held[name] = np.concatenate([held[name][fixed], getattr(spots, name)])
    origin = np.concatenate([fixed, cities[spots.city]])
    lon, lat = spots.lon_lat.T
    sites = Sites.at(
        np.concatenate([sites.lon[fixed], lon]),
        np.concatenate([sites.lat[fixed], lat]),
        np.concatenate([sites.xyz[fixed], spots.xyz]),
    )
    records = tally.records.iloc[:0]
    if with_records:
        records = _move_records(tally, cities, spots, fixed, rng)
    locations, activity = _make_locations(tally, sites, held["addresses"], held["weight"])
    moved = replace(
        tally,
        locations=locations,
        records=records,
        alone=pd.DataFrame(dict(zip(tally.kinds, held["records"].T, strict=True))),
        sites=sites,
        world_location=tally.world_location[origin],
    )
    return Drawn(moved, origin, activity)


def redraw_records(tally: Tally, rng: np.random.Generator) -> Drawn:
    """Let every record count as often as a Poisson number of mean 1 says.

    That is a bootstrap of the records: good for how often a region is found, but not for ranks,
    whose resampled spans fail near ties (Xie, Singh and Zhang 2009). Of the records that stand at a
    location alone the number is drawn, and their addresses with it. Weights and links stay.

    Parameters
    ----------
    tally : Tally
        What counts.
    rng : numpy.random.Generator
        Where the draws come from.

    Returns
    -------
    Drawn
        The world as drawn, without the locations at which nothing counts any more.
    """
    records = tally.records
    code = records["kind"].cat.codes.to_numpy(np.int64)
    words = list(records["kind"].cat.categories)
    location = records["location"].to_numpy(np.int64)
    number, row = np.unique(records["record"].to_numpy(np.int64), return_inverse=True)
    times = rng.poisson(1.0, len(number))[row]
    addresses = records["addresses"].to_numpy(np.int64)
    drawn = np.zeros((len(tally.locations), len(tally.kinds)), dtype=np.int64)
    for k, kind in enumerate(tally.kinds):
        alone = tally.alone[kind].to_numpy(np.int64)
        rest = tally.locations[f"{kind}_addresses"].to_numpy(np.int64).copy()
        of_kind = code == (words.index(kind) if kind in words else -2)
        np.subtract.at(rest, location[of_kind], addresses[of_kind])
        many = np.rint(rng.poisson(alone) * (rest / np.maximum(alone, 1)))
        drawn[:, k] = many.astype(np.int64)
        np.add.at(drawn[:, k], location[of_kind], (times * addresses)[of_kind])
    rows = np.flatnonzero(drawn.any(axis=1))
    sites = tally.sites.take(rows)
    moved = np.full(len(tally.locations), -1, dtype=np.int64)
    moved[rows] = np.arange(len(rows))
    kept = moved[location] >= 0
    weight = _list_kinds(tally, "weight")[rows]
    locations, _ = _make_locations(tally, sites, drawn[rows], weight)
    redrawn = replace(
        tally,
        locations=locations,
        records=records[kept].assign(location=moved[location[kept]].astype(np.int32)),
        alone=tally.alone.iloc[rows].reset_index(drop=True),
        sites=sites,
        world_location=tally.world_location[rows],
    )
    return Drawn(redrawn, rows, keep_addresses(tally).activity[rows])


def _list_kinds(tally: Tally, name: str) -> IntArray:
    """Give addresses, weight or lone records of each location, a column a kind."""
    if name == "records":
        return tally.alone[list(tally.kinds)].to_numpy(np.int64)
    return tally.locations[[f"{kind}_{name}" for kind in tally.kinds]].to_numpy(np.int64)


def _make_locations(
    tally: Tally, sites: Sites, addresses: IntArray, weight: IntArray
) -> tuple[pd.DataFrame, IntArray]:
    """Make a tally's table of locations; give the activity in units besides."""
    columns: dict[str, npt.NDArray[Any]] = {"lon": sites.lon, "lat": sites.lat}
    for name, table in (("addresses", addresses), ("weight", weight)):
        for k, kind in enumerate(tally.kinds):
            columns[f"{kind}_{name}"] = np.ascontiguousarray(table[:, k])
    locations = pd.DataFrame(columns)
    activity = weigh_density(locations, density_weight="balanced").to_numpy()
    locations["activity"] = activity / max(int(activity.sum()), 1)
    return locations, activity


def _space_places() -> FloatArray:
    """Put places around a centre as a normal distribution does: east and north, in deviations.

    The squared distance from the centre is exponential with mean 2: each place stands for one of
    `PLACES` parts of it that are as likely, at its mean, so that the variance is the normal one's.
    """
    left = 1 - np.arange(PLACES + 1) / PLACES
    whole = 2 * (left - left * np.log(np.maximum(left, 1e-300)))  # integral of -2 log(left)
    away = np.sqrt(PLACES * (whole[:-1] - whole[1:]))
    turn = _GOLDEN * np.arange(PLACES)
    return np.column_stack([away * np.cos(turn), away * np.sin(turn)])


_PLACES_AROUND: Final = _space_places()


@kernel
def _settle(
    addresses: IntArray,
    weight: IntArray,
    records: IntArray,
    centres: tuple[FloatArray, FloatArray],
    places: FloatArray,
    turn: FloatArray,
    chosen: npt.NDArray[np.uint16],
) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
    """Put the coarse addresses of each city, kind by kind, on the places chosen for them."""
    cities, kinds = addresses.shape
    most = 0
    for c in range(cities):
        most += min(addresses[c].sum(), len(places))
    city = np.empty(most, np.int64)
    lon_lat, xyz = np.empty((most, 2)), np.empty((most, 3))
    held = np.zeros((3, most, kinds), np.int64)
    spot = np.empty(len(chosen), np.int64)
    seat = np.empty(len(places), np.int64)
    count, at = 0, 0
    for c in range(cities):
        seat[:] = -1
        frame = _find_frame(centres[0][c, 0], centres[0][c, 1], turn[c])
        for k in range(kinds):
            many = addresses[c, k]
            for i in range(many):
                p = chosen[at]
                if seat[p] < 0:
                    seat[p] = count
                    city[count] = c
                    _place_spot(lon_lat, xyz, count, centres, c, frame, places[p])
                    count += 1
                s = seat[p]
                held[0, s, k] += 1
                # What does not divide goes to the first ones, a unit each.
                held[1, s, k] += weight[c, k] // many + (i < weight[c, k] % many)
                held[2, s, k] += records[c, k] // many + (i < records[c, k] % many)
                spot[at] = s
                at += 1
    return (
        *(city[:count], lon_lat[:count], xyz[:count]),
        *(held[0, :count], held[1, :count], held[2, :count], spot),
    )


@part
def _find_frame(lon: float, lat: float, turn: float) -> tuple[float, ...]:
    """Find east and north at a place, the turn, and how many metres make a degree."""
    east, north = math.radians(lon), math.radians(lat)
    sine = math.sin(north)
    level = 1 - _ECCENTRICITY2 * sine * sine
    degree = math.radians(_SEMI_MAJOR_M / math.sqrt(level))
    return (
        *(math.sin(east), math.cos(east), sine, math.cos(north), math.sin(turn), math.cos(turn)),
        *(degree * max(math.cos(north), _NO_POLE), degree * (1 - _ECCENTRICITY2) / level),
    )


@part
def _place_spot(
    lon_lat: FloatArray,
    xyz: FloatArray,
    row: int,
    centres: tuple[FloatArray, FloatArray],
    c: int,
    frame: tuple[float, ...],
    place: FloatArray,
) -> None:
    """Go east and north from a centre, on the plane that touches the globe there."""
    sin_east, cos_east, sin_north, cos_north, sin_turn, cos_turn, lon_m, lat_m = frame
    east = cos_turn * place[0] - sin_turn * place[1]
    north = sin_turn * place[0] + cos_turn * place[1]
    xyz[row, 0] = centres[1][c, 0] - east * sin_east - north * sin_north * cos_east
    xyz[row, 1] = centres[1][c, 1] + east * cos_east - north * sin_north * sin_east
    xyz[row, 2] = centres[1][c, 2] + north * cos_north
    lon = centres[0][c, 0] + east / lon_m
    lon_lat[row, 0] = lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon  # noqa: PLR2004
    lon_lat[row, 1] = min(max(centres[0][c, 1] + north / lat_m, -90.0), 90.0)


def _move_records(
    tally: Tally, cities: IntArray, spots: _Spots, fixed: IntArray, rng: np.random.Generator
) -> pd.DataFrame:
    """Put the addresses of records on spots: each is coarse as likely as its location's are."""
    records = tally.records
    words = list(records["kind"].cat.categories)
    city = np.full(len(tally.locations), -1, dtype=np.int64)
    city[cities] = np.arange(len(cities))
    at = np.full(len(tally.locations), -1, dtype=np.int64)
    at[fixed] = np.arange(len(fixed))
    many = tally.coarse["addresses"].to_numpy(np.int64)[cities]
    start = np.r_[0, np.cumsum(many.ravel())[:-1]].reshape(many.shape)
    addresses = records["addresses"].to_numpy(np.int64)
    row, location, there = _deal_records(
        np.array([tally.kinds.index(word) for word in words], dtype=np.int64),
        records["kind"].cat.codes.to_numpy(np.int64),
        records["location"].to_numpy(np.int64),
        addresses,
        (city, at, len(fixed) + spots.spot),
        (_list_kinds(tally, "addresses"), many, start),
        rng.random(int(addresses.sum())),
    )
    columns = {name: records[name].to_numpy()[row] for name in ("record", "size")}
    kind = pd.Categorical.from_codes(records["kind"].cat.codes.to_numpy()[row], words)
    moved = {"location": location.astype(np.int32), "addresses": there.astype(np.int32)}
    return pd.DataFrame({"kind": kind, **columns, **moved})


@kernel
def _deal_records(
    column: IntArray,
    code: IntArray,
    location: IntArray,
    addresses: IntArray,
    places: tuple[IntArray, IntArray, IntArray],
    counts: tuple[IntArray, IntArray, IntArray],
    chance: FloatArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Draw which address of its location each address of a record is, and so where it went."""
    city, at, spot = places
    everywhere, many, start = counts
    row = np.empty(len(chance), np.int64)
    place = np.empty(len(chance), np.int64)
    there = np.empty(len(chance), np.int64)
    count = 0
    for r in range(len(location)):
        here, k = location[r], column[code[r]]
        c = city[here]
        coarse = many[c, k] if c >= 0 else 0
        if not coarse:
            row[count], place[count], there[count] = r, at[here], addresses[r]
            count += 1
            continue
        for _ in range(addresses[r]):
            pick = int(chance[count] * everywhere[here, k])
            row[count], there[count] = r, 1
            place[count] = spot[start[c, k] + pick] if pick < coarse else at[here]
            count += 1
    return row[:count], place[:count], there[:count]
