"""Worlds that could as well have been: coarse addresses spread over their city, records redrawn."""

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.density import share_activity
from gii_geo.regions.jit import kernel
from gii_geo.regions.sites import Sites
from gii_geo.regions.tally import Tally

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PLACES: Final = 256
"""Places around a city's centre, all as likely, that stand for a normal distribution: a large
city's addresses come to no more locations than these."""

_GLOBE_KM: Final = 6371.0088
"""Mean radius of the earth (IUGG)."""

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
    """

    tally: Tally
    origin: IntArray


class _Spots(NamedTuple):
    """Places that coarse addresses came to: city, place around it, and what of each kind.

    ``spot`` is the spot of every coarse address, city by city and kind by kind.
    """

    city: IntArray
    place: IntArray
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
        return Drawn(tally, np.arange(len(tally.locations)))
    coarse = {name: table.to_numpy(np.int64) for name, table in tally.coarse.items()}
    cities = np.flatnonzero(coarse["addresses"].any(axis=1))
    of_cities = [coarse[name][cities] for name in ("addresses", "weight", "records")]
    chosen = rng.integers(0, PLACES, int(of_cities[0].sum()), dtype=np.uint16)
    turn = rng.uniform(0, 2 * math.pi, len(cities))
    spots = _Spots(*_settle(*of_cities, chosen, PLACES))
    lon, lat = _place_spots(
        tally.sites.lon[cities][spots.city],
        tally.sites.lat[cities][spots.city],
        position_km * _SPREAD[spots.place],
        _GOLDEN * spots.place + turn[spots.city],
    )
    held = {
        name: _list_kinds(tally, name) - coarse[name] for name in ("addresses", "weight", "records")
    }
    fixed = np.flatnonzero(held["addresses"].any(axis=1))
    for name in held:
        held[name] = np.concatenate([held[name][fixed], getattr(spots, name)])
    origin = np.concatenate([fixed, cities[spots.city]])
    sites = Sites(
        np.concatenate([tally.sites.lon[fixed], lon]), np.concatenate([tally.sites.lat[fixed], lat])
    )
    records = tally.records.iloc[:0]
    if with_records:
        records = _move_records(tally, cities, spots, fixed, rng)
    return Drawn(
        replace(
            tally,
            locations=_make_locations(tally, sites, held["addresses"], held["weight"]),
            records=records,
            alone=pd.DataFrame(dict(zip(tally.kinds, held["records"].T, strict=True))),
            sites=sites,
            world_location=tally.world_location[origin],
        ),
        origin,
    )


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
    return Drawn(
        replace(
            tally,
            locations=_make_locations(tally, sites, drawn[rows], _list_kinds(tally, "weight")[rows]),
            records=records[kept].assign(location=moved[location[kept]].astype(np.int32)),
            alone=tally.alone.iloc[rows].reset_index(drop=True),
            sites=sites,
            world_location=tally.world_location[rows],
        ),
        rows,
    )


def _list_kinds(tally: Tally, name: str) -> IntArray:
    """Give addresses, weight or lone records of each location, a column a kind."""
    if name == "records":
        return tally.alone[list(tally.kinds)].to_numpy(np.int64)
    return tally.locations[[f"{kind}_{name}" for kind in tally.kinds]].to_numpy(np.int64)


def _make_locations(
    tally: Tally, sites: Sites, addresses: IntArray, weight: IntArray
) -> pd.DataFrame:
    """Make a tally's table of locations."""
    columns: dict[str, npt.NDArray[np.float64] | IntArray] = {"lon": sites.lon, "lat": sites.lat}
    for name, table in (("addresses", addresses), ("weight", weight)):
        for k, kind in enumerate(tally.kinds):
            columns[f"{kind}_{name}"] = np.ascontiguousarray(table[:, k])
    locations = pd.DataFrame(columns)
    return locations.assign(activity=share_activity(locations))


def _space_places() -> FloatArray:
    """Space the places from the centre as a normal distribution does: in standard deviations.

    The squared distance in the plane is exponential of mean 2: each place stands for one of
    `PLACES` parts of it that are as likely, at its mean, so that the variance is the normal one's.
    """
    edge = np.arange(PLACES + 1) / PLACES
    left = 1 - edge
    # The integral of -2 log(left) over left, from each edge to the next.
    whole = 2 * (left - left * np.log(np.maximum(left, 1e-300)))
    return np.asarray(np.sqrt(PLACES * (whole[:-1] - whole[1:])))


_SPREAD: Final = _space_places()


def _place_spots(
    lon: FloatArray, lat: FloatArray, distance_km: FloatArray, bearing: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Go a distance along a great circle, from each place."""
    away = distance_km / _GLOBE_KM
    here, east = np.radians(lat), np.sin(bearing) * np.sin(away)
    up = np.sin(here) * np.cos(away) + np.cos(here) * np.sin(away) * np.cos(bearing)
    there = np.arcsin(np.clip(up, -1.0, 1.0))
    turned = np.arctan2(east * np.cos(here), np.cos(away) - np.sin(here) * up)
    far = lon + np.degrees(turned)
    return (far + 180.0) % 360.0 - 180.0, np.degrees(there)


@kernel
def _settle(
    addresses: IntArray,
    weight: IntArray,
    records: IntArray,
    chosen: npt.NDArray[np.uint16],
    places: int,
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Put the coarse addresses of each city, kind by kind, on the places chosen for them."""
    cities, kinds = addresses.shape
    most = 0
    for c in range(cities):
        most += min(addresses[c].sum(), places)
    city, place = np.empty(most, np.int64), np.empty(most, np.int64)
    held = np.zeros((3, most, kinds), np.int64)
    spot = np.empty(len(chosen), np.int64)
    seat = np.empty(places, np.int64)
    count, at = 0, 0
    for c in range(cities):
        seat[:] = -1
        for k in range(kinds):
            many = addresses[c, k]
            for i in range(many):
                p = chosen[at]
                if seat[p] < 0:
                    seat[p] = count
                    city[count], place[count] = c, p
                    count += 1
                s = seat[p]
                held[0, s, k] += 1
                # What does not divide goes to the first ones, a unit each.
                held[1, s, k] += weight[c, k] // many + (i < weight[c, k] % many)
                held[2, s, k] += records[c, k] // many + (i < records[c, k] % many)
                spot[at] = s
                at += 1
    return city[:count], place[:count], held[0, :count], held[1, :count], held[2, :count], spot


def _move_records(
    tally: Tally, cities: IntArray, spots: _Spots, fixed: IntArray, rng: np.random.Generator
) -> pd.DataFrame:
    """Put the addresses of records on spots: each is coarse as likely as its location's are."""
    records = tally.records
    column = np.array([tally.kinds.index(word) for word in records["kind"].cat.categories] or [0])
    code = records["kind"].cat.codes.to_numpy(np.int64)
    location = records["location"].to_numpy(np.int64)
    city = np.full(len(tally.locations), -1, dtype=np.int64)
    city[cities] = np.arange(len(cities))
    many = tally.coarse["addresses"].to_numpy(np.int64)[cities]
    start = np.r_[0, np.cumsum(many.ravel())[:-1]].reshape(many.shape)

    times = np.where(city[location] >= 0, records["addresses"].to_numpy(np.int64), 1)
    row = np.repeat(np.arange(len(records)), times)
    kind, place = column[code[row]], location[row]
    of_city = city[place]
    inside = np.maximum(of_city, 0)
    coarse = np.where(of_city >= 0, many[inside, kind], 0)
    is_coarse = rng.random(len(row)) * _list_kinds(tally, "addresses")[place, kind] < coarse
    pick = start[inside, kind] + (rng.random(len(row)) * coarse).astype(np.int64)
    at = np.full(len(tally.locations), -1, dtype=np.int64)
    at[fixed] = np.arange(len(fixed))
    moved = np.where(is_coarse, len(fixed) + spots.spot[np.where(is_coarse, pick, 0)], at[place])
    addresses = np.where(of_city[:] >= 0, 1, records["addresses"].to_numpy(np.int64)[row])
    return records.iloc[row].assign(
        location=moved.astype(np.int32), addresses=addresses.astype(np.int32)
    )
