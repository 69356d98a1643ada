"""Make the built-in world: about 400,000 made-up addresses around real cities.

    python scripts/make_demo_world.py [OUT.parquet]

Every address is invented. Real are the places they are scattered around and, for the rows of
``data/demo/regions.csv`` marked *published*, the share of the world that a region holds once it is
clustered (WIPO, Global Innovation Index). The rules and the assumed figures are explained in
``data/demo/README.md``. The clustering here is scikit-learn's, so that the file does not depend on
the code that is tried out on it. The same versions of the libraries give the same bytes.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from demo_geography import (
    KINDS,
    ROOT,
    SEED,
    BoolArray,
    FloatArray,
    IntArray,
    Places,
    Points,
    Regions,
    activity_per_head,
    catch_places,
    make_regions,
    pull_places,
    read_places,
    read_targets,
    scatter_points,
)
from demo_labels import draw_fields, draw_organisations
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from sklearn.cluster import DBSCAN

from gii_geo.project import to_geocentric

RECORDS: Final = (60_000, 44_500, 49_000)
FIRST_YEAR: Final = (2018, 2017, 2020)
YEAR_SHARES: Final = (0.18, 0.19, 0.20, 0.21, 0.22)
EXTRA_ADDRESSES: Final = (1.5, 3.5, 0.0)
"""Mean number of addresses of a record beyond its first."""
MOST_ADDRESSES: Final = (15, 30, 1)
TWO_REGIONS: Final = (0.10, 0.25, 0.0)
"""Share of the records that reach into a second region; a fourth of them into a third."""
COMMUTERS: Final = (0.40, 0.15, 0.0)
"""Share of the addresses elsewhere in the region than at the record's own place there."""
PARTNERS: Final = 400
"""Records reach into the regions of this many largest masses, near ones first."""
PARTNER_KM: Final = 250.0
FAR_PARTNERS: Final = 0.15

UNPLACED: Final = 0.015
NO_ECONOMY: Final = 0.04
BAD: Final = ((None, 91.0), (200.0, None), (0.0, 0.0), (np.nan, np.nan), (None, -123.45678))
"""Impossible coordinates, longitude and latitude; None keeps the right one."""
BAD_EACH: Final = 4

RADIUS_KM: Final = 15.0
MIN_SHARE: Final = 1e-4
GAP_KM: Final = 5.0
ROUNDS: Final = 5
"""Rounds of calibration; each clusters the world once."""


@dataclass(frozen=True)
class World:
    """The geography that records are drawn on."""

    places: Places
    regions: Regions
    points: Points
    pull: FloatArray
    by_region: IntArray
    """The places, region after region."""
    offset: IntArray
    """Where each region's places begin in ``by_region``."""


def make_world() -> World:
    """Lay out places, regions and points."""
    places = read_places()
    per_head = activity_per_head(places)
    regions = make_regions(places, per_head)
    catchment = catch_places(places, regions.anchors, regions.reach_km)
    pull = pull_places(places, regions, catchment, per_head)
    rows = np.array(RECORDS) * (1 + np.array(EXTRA_ADDRESSES))
    expected = (pull * regions.mass[catchment.region] * rows).sum(axis=1)
    by_region = np.argsort(catchment.region, kind="stable")
    offset = np.searchsorted(catchment.region[by_region], np.arange(len(regions.mass) + 1))
    return World(places, regions, scatter_points(places, expected), pull, by_region, offset)


@dataclass(frozen=True)
class Records:
    """Records of one kind, grouped by home region, and their addresses."""

    home: IntArray
    rank: IntArray
    """Number of the record among those of its home."""
    addresses: IntArray
    """How many addresses each record has."""
    record: IntArray
    """The record of each address."""
    place: IntArray
    point: IntArray
    placed: BoolArray


def draw_partners(world: World, k: int, home: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw another region for each home: heavy ones, and among them near ones."""
    mass = world.regions.mass[:-1, k]
    heavy = np.argsort(-mass, kind="stable")[:PARTNERS]
    xyz = np.array([world.places.xyz[ids[0]] for ids in world.regions.anchors])
    u = rng.random(home.size)
    partner = np.empty_like(home)
    for region in np.unique(home):
        distance = np.linalg.norm(xyz[heavy] - xyz[region], axis=1)
        weight = mass[heavy] * (FAR_PARTNERS + np.exp(-distance / PARTNER_KM))
        weight[heavy == region] = 0
        own = home == region
        partner[own] = heavy[np.searchsorted(np.cumsum(weight) / weight.sum(), u[own])]
    return partner


def draw_places(world: World, k: int, region: IntArray, u: FloatArray) -> IntArray:
    """Draw a place of each region by its pull on a kind."""
    total = np.concatenate([[0], np.cumsum(world.pull[world.by_region, k])])
    low, high = total[world.offset[region]], total[world.offset[region + 1]]
    found = np.searchsorted(total, low + u * (high - low), side="right") - 1
    return world.by_region[np.clip(found, world.offset[region], world.offset[region + 1] - 1)]


def draw_records(world: World, k: int, capacity: IntArray) -> Records:
    """Draw candidates, as many of each home region as its capacity says."""
    rng = np.random.default_rng([SEED, 4, k])
    home = np.repeat(np.arange(capacity.size), capacity)
    rank = np.arange(home.size) - np.repeat(np.cumsum(capacity) - capacity, capacity)
    regional = home < len(world.regions.anchors)
    u = np.where(regional, rng.random(home.size), 1)
    n_sites = 1 + (u < TWO_REGIONS[k]) + (u < TWO_REGIONS[k] / 4)
    site = np.column_stack([home, home, home])
    for j in (1, 2):
        wide = n_sites > j
        site[wide, j] = draw_partners(world, k, home[wide], rng)
    size = rng.poisson(EXTRA_ADDRESSES[k] * rng.gamma(1.5, 1 / 1.5, home.size))
    addresses = np.clip(1 + size, n_sites, MOST_ADDRESSES[k])
    record = np.repeat(np.arange(home.size), addresses)
    nth = np.arange(record.size) - np.repeat(np.cumsum(addresses) - addresses, addresses)
    u = rng.random((record.size, 5))
    # One address at each site, the others mostly at the first.
    which = np.where(nth < n_sites[record], nth, (u[:, 0] ** 1.6 * n_sites[record]).astype(int))
    own_place = rng.random((home.size, 3))[record, which]
    pick = np.where(u[:, 1] < COMMUTERS[k], u[:, 2], own_place)
    place = draw_places(world, k, site[record, which], pick)
    first = world.points.first
    point = first[place] + ((first[place + 1] - first[place]) * u[:, 3] ** 1.7).astype(int)
    return Records(home, rank, addresses, record, place, point, u[:, 4] >= UNPLACED)


def split_total(share: FloatArray, total: int) -> IntArray:
    """Split a total into whole parts, by largest remainder."""
    exact = share / share.sum() * total
    parts = np.floor(exact).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: total - parts.sum()]] += 1
    return parts


def find_regions(points: Points, weight: FloatArray) -> IntArray:
    """Cluster at the default settings and join clusters near each other; -1 is none."""
    used = np.flatnonzero(weight)
    xyz = to_geocentric(points.lon[used], points.lat[used]) / 1000
    model = DBSCAN(eps=RADIUS_KM, min_samples=1, algorithm="kd_tree")
    label = model.fit(xyz, sample_weight=weight[used] / MIN_SHARE).labels_
    inside = label >= 0
    pairs = label[inside][cKDTree(xyz[inside]).query_pairs(GAP_KM, output_type="ndarray")]
    pairs = np.unique(pairs, axis=0)
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(label.max() + 1,) * 2)
    region = np.full(weight.size, -1)
    region[used[inside]] = connected_components(graph, directed=False)[1][label[inside]]
    return region


def measure(world: World, drawn: list[Records], keep: list[BoolArray]) -> FloatArray:
    """Cluster the kept records; return the fractional share of each calibrated region."""
    n_points = world.points.lon.size
    weight, inside = np.zeros(n_points), np.zeros((n_points, 3))
    for k, records in enumerate(drawn):
        chosen = keep[k][records.record] & records.placed
        at, record = records.point[chosen], records.record[chosen]
        weight += np.bincount(at, minlength=n_points) / at.size / 3
        inside[:, k] = np.bincount(at, 1 / records.addresses[record], n_points) / keep[k].sum()
    region = find_regions(world.points, weight)
    anchors = [ids[0] for ids in world.regions.anchors[: world.regions.calibrated]]
    own = region[world.points.first[anchors]]
    return np.array([inside[region == number].sum(axis=0) * (number >= 0) for number in own])


def calibrate(world: World) -> tuple[list[Records], list[BoolArray], FloatArray]:
    """Choose how many records are at home in each region, so that the shares meet the targets.

    The candidates are drawn once: the first n of a region are the same whatever n is chosen.
    """
    regions, n = world.regions, world.regions.calibrated
    capacity = np.ceil(1.5 * regions.mass * RECORDS).astype(np.int64) + 30
    drawn = [draw_records(world, k, capacity[:, k]) for k in range(3)]
    mass = regions.mass.copy()
    for _ in range(ROUNDS):
        keep = []
        for k, records in enumerate(drawn):
            count = split_total(mass[:, k], RECORDS[k])
            keep.append(records.rank < count[records.home])
        share = measure(world, drawn, keep)
        print(f"Largest miss: {100 * np.abs(share - regions.mass[:n]).max():.3f} % of the world")
        mass[:n] *= np.clip(regions.mass[:n] / np.maximum(share, 1e-9), 0.5, 2)
        mass[n:] *= (1 - mass[:n].sum(axis=0)) / mass[n:].sum(axis=0)
    return drawn, keep, share


def lay_out(world: World, k: int, records: Records, keep: BoolArray) -> pa.Table:
    """Write the kept records as address rows, a few of them spoilt."""
    rng = np.random.default_rng([SEED, 5, k])
    rows = np.flatnonzero(keep[records.record])
    number = (np.cumsum(keep) - 1)[records.record[rows]]
    point, place, placed = records.point[rows], records.place[rows], records.placed[rows]
    lon, lat = world.points.lon[point], world.points.lat[point]
    spoilt = rng.choice(np.flatnonzero(placed), (len(BAD), BAD_EACH), replace=False)
    for at, (bad_lon, bad_lat) in zip(spoilt, BAD, strict=True):
        lon[at] = lon[at] if bad_lon is None else bad_lon
        lat[at] = lat[at] if bad_lat is None else bad_lat
    year = FIRST_YEAR[k] + rng.choice(len(YEAR_SHARES), keep.sum(), p=YEAR_SHARES)
    home = records.home[keep]
    fields = draw_fields(k, home)
    precision = np.where(point == world.points.first[place], "city", "postcode")
    return pa.table(
        {
            "kind": np.full(rows.size, KINDS[k]),
            "record_id": [f"{KINDS[k][:3]}{i:06d}" for i in number],
            "lon": pa.array(lon, mask=~placed),
            "lat": pa.array(lat, mask=~placed),
            "economy": pa.array(
                world.places.economy[place], mask=rng.random(rows.size) < NO_ECONOMY
            ),
            "year": year[number].astype(np.int16),
            "precision": pa.array(precision, mask=~placed),
            "field": [fields[i] for i in number.tolist()],
            "organisation": draw_organisations(k, home, number, place),
        }
    )


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet, small."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in table.column_names if name != "record_id"],
        column_encoding={"record_id": "DELTA_BYTE_ARRAY"},
        dictionary_pagesize_limit=1 << 22,
    )


def main() -> None:
    """Make the world, write it, and print how near it comes to its targets."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "gii_geo/data/demo_world.parquet"
    world = make_world()
    drawn, keep, share = calibrate(world)
    table = pa.concat_tables(lay_out(world, k, drawn[k], keep[k]) for k in range(3))
    write_table(table, out)
    print(f"{table.num_rows} rows, {out.stat().st_size / 1e6:.2f} MB: {out}")
    rows, target = read_targets()
    print("Percent of the world: patents, publications, deals; target and after clustering")
    for row, goal, got in zip(rows, 100 * target, 100 * share, strict=True):
        pairs = (f"{a:8.3f} {b:7.3f}" for a, b in zip(goal, got, strict=True))
        print(f"{row['name']:30}", *pairs)


if __name__ == "__main__":
    main()
