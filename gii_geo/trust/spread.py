"""Addresses that are known by their city alone, spread around its centre."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.jit import kernel, part
from gii_geo.regions.sites import Sites
from gii_geo.regions.tally import Tally
from gii_geo.trust.drawn import Drawn, keep_addresses, list_kinds, make_locations

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

PLACES: Final = 32
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


@dataclass(frozen=True, eq=False)
class Spread:
    """What is known of a run's coarse addresses before any of them is drawn.

    Attributes
    ----------
    tally : Tally
        What counts.
    position_km : float
        Standard deviation of a position in km, north-south as east-west.
    cities : numpy.ndarray of int64, shape (c,)
        Rows of the locations with coarse addresses.
    coarse : dict of str to numpy.ndarray of int64, shape (c, kinds)
        Addresses, weight and lone records that are coarse there.
    fixed : numpy.ndarray of int64, shape (f,)
        Rows of the locations with others.
    rest : dict of str to numpy.ndarray of int64, shape (f, kinds)
        What is not coarse there.
    """

    tally: Tally
    position_km: float
    cities: IntArray
    coarse: dict[str, IntArray]
    fixed: IntArray
    rest: dict[str, IntArray]

    @classmethod
    def prepare(
        cls, tally: Tally, position_km: float, movable: npt.NDArray[np.bool_] | None = None
    ) -> "Spread":
        """Part what is placed by city alone from what is placed better.

        Parameters
        ----------
        tally : Tally
            What counts.
        position_km : float
            Standard deviation in km, 0 or more.
        movable : numpy.ndarray of bool, shape (n,), optional
            Locations whose coarse addresses matter; those of others stay. By default all.

        Returns
        -------
        Spread
            Ready to be drawn from.
        """
        coarse = {name: table.to_numpy(np.int64) for name, table in tally.coarse.items()}
        if movable is not None:
            coarse = {name: table * movable[:, None] for name, table in coarse.items()}
        rest = {name: list_kinds(tally, name) - table for name, table in coarse.items()}
        cities = np.flatnonzero(coarse["addresses"].any(axis=1))
        fixed = np.flatnonzero(rest["addresses"].any(axis=1))
        return cls(
            tally,
            position_km,
            cities,
            {name: table[cities] for name, table in coarse.items()},
            fixed,
            {name: table[fixed] for name, table in rest.items()},
        )

    def draw(self, rng: np.random.Generator) -> "Moved":
        """Spread every address that is placed by city alone around where it was put.

        Each is drawn by itself from a normal distribution, for which `PLACES` places around the
        centre stand, turned by an angle of each city's own. Weight and records that stand there
        alone are shared out evenly over a city's addresses of a kind.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        Moved
            The world as drawn; what all its locations sum up to is the same.
        """
        tally, cities, fixed = self.tally, self.cities, self.fixed
        whole = tally.sites
        if not (self.position_km and len(cities)):
            return Moved(self, keep_addresses(tally), None, rng)
        spots = _Spots(
            *_settle(
                np.stack([self.coarse[name] for name in _COLUMNS]),
                (np.column_stack([whole.lon[cities], whole.lat[cities]]), whole.xyz[cities]),
                1000 * self.position_km * _PLACES_AROUND,
                rng.uniform(0, 2 * math.pi, len(cities)),
                rng.integers(0, PLACES, int(self.coarse["addresses"].sum()), dtype=np.uint16),
            )
        )
        addresses, weight, alone = (
            np.concatenate([self.rest[name], getattr(spots, name)]) for name in _COLUMNS
        )
        lon, lat = spots.lon_lat.T
        sites = Sites.at(
            np.concatenate([whole.lon[fixed], lon]),
            np.concatenate([whole.lat[fixed], lat]),
            np.concatenate([whole.xyz[fixed], spots.xyz]),
        )
        origin = np.concatenate([fixed, cities[spots.city]])
        locations, activity = make_locations(tally, sites, addresses, weight)
        moved = replace(
            tally,
            locations=locations,
            records=tally.records.iloc[:0],
            _alone=pd.DataFrame(dict(zip(tally.kinds, alone.T, strict=True))),
            sites=sites,
            world_location=tally.world_location[origin],
        )
        return Moved(self, Drawn(moved, origin, activity), spots, rng)


@dataclass(frozen=True, eq=False)
class Moved:
    """A world whose coarse addresses were drawn.

    Attributes
    ----------
    spread : Spread
        What it was drawn from.
    drawn : Drawn
        The world, without the records that stand at several locations.
    """

    spread: Spread
    drawn: Drawn
    _spots: _Spots | None
    _rng: np.random.Generator

    @cached_property
    def recorded(self) -> Drawn:
        """The same with these records, which full counting and links need."""
        if self._spots is None:
            return self.drawn
        records = _move_records(self.spread, self._spots, self._rng)
        return replace(self.drawn, tally=replace(self.drawn.tally, records=records))


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

FARTHEST: Final = float(np.linalg.norm(_PLACES_AROUND, axis=1).max())
"""How far an address moves at most, in standard deviations."""


@kernel
def _settle(
    amounts: IntArray,
    centres: tuple[FloatArray, FloatArray],
    places: FloatArray,
    turn: FloatArray,
    chosen: npt.NDArray[np.uint16],
) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
    """Put the coarse addresses of each city, kind by kind, on the places chosen for them."""
    addresses, weight, records = amounts[0], amounts[1], amounts[2]
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
                    _place_spot((lon_lat, xyz), count, centres, c, frame, places[p])
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
    spots: tuple[FloatArray, FloatArray],
    row: int,
    centres: tuple[FloatArray, FloatArray],
    c: int,
    frame: tuple[float, ...],
    place: FloatArray,
) -> None:
    """Go east and north from a centre, on the plane that touches the globe there."""
    lon_lat, xyz = spots
    sin_east, cos_east, sin_north, cos_north, sin_turn, cos_turn, lon_m, lat_m = frame
    east = cos_turn * place[0] - sin_turn * place[1]
    north = sin_turn * place[0] + cos_turn * place[1]
    xyz[row, 0] = centres[1][c, 0] - east * sin_east - north * sin_north * cos_east
    xyz[row, 1] = centres[1][c, 1] + east * cos_east - north * sin_north * sin_east
    xyz[row, 2] = centres[1][c, 2] + north * cos_north
    lon = centres[0][c, 0] + east / lon_m
    lon_lat[row, 0] = lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon  # noqa: PLR2004
    lon_lat[row, 1] = min(max(centres[0][c, 1] + north / lat_m, -90.0), 90.0)


def _move_records(spread: Spread, spots: _Spots, rng: np.random.Generator) -> pd.DataFrame:
    """Put the addresses of records on spots: each is coarse as likely as its location's are."""
    records, fixed, many = spread.tally.records, spread.fixed, spread.coarse["addresses"]
    city = np.full(len(spread.tally.locations), -1, dtype=np.int64)
    city[spread.cities] = np.arange(len(spread.cities))
    at = np.full(len(city), -1, dtype=np.int64)
    at[fixed] = np.arange(len(fixed))
    words, code = records["kind"].cat.categories, records["kind"].cat.codes.to_numpy(np.int64)
    column = np.array([spread.tally.kinds.index(word) for word in words], dtype=np.int64)
    addresses = records["addresses"].to_numpy(np.int64)
    row, location, there = _deal_records(
        column[code],
        records["location"].to_numpy(np.int64),
        addresses,
        (city, at, len(fixed) + spots.spot),
        (
            list_kinds(spread.tally, "addresses"),
            many,
            np.r_[0, many.ravel().cumsum()[:-1]].reshape(many.shape).astype(np.int64),
        ),
        rng.random(int(addresses.sum())),
    )
    return pd.DataFrame(
        {
            "kind": pd.Categorical.from_codes(code[row], categories=words),
            **{name: records[name].to_numpy()[row] for name in ("record", "size")},
            "location": location.astype(np.int32),
            "addresses": there.astype(np.int32),
        }
    )


@kernel
def _deal_records(
    kind: IntArray,
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
        here, k = location[r], kind[r]
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
