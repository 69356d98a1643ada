"""Measure gii-geo's clustering beside its peers, on a made-up world of addresses.

Every run is a process of its own: it loads arrays, runs once on a few rows (imports and compiling
do not count), then once on the world. Needs the extras ``bench`` and ``geocode``:

    python scripts/benchmark.py --quick
    python scripts/benchmark.py --out benchmark.md

Writes a Markdown table and, beside it, a plot of CPU seconds against rows.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmark_world import CITIES, make_world

Array = npt.NDArray[Any]
Found = tuple[Array, Array | None]
"""Labels (-1 for none) and, where the method tells, which rows are core."""

RADIUS_KM = 15.0
TABLE_BYTES = 24
"""A row of the table that `cluster_locations` takes, which a run makes first: it is input."""

MINIMUM_AT_30M = 4500
"""Addresses within the radius; scaled with the number of rows."""


# ----------------------------------------------------------------------------------- the methods


def to_table(lon_lat: Array, weight: Array) -> pd.DataFrame:
    """Make the table that `cluster_locations` takes."""
    return pd.DataFrame({"lon": lon_lat[:, 0], "lat": lon_lat[:, 1], "density_weight": weight})


def to_xyz(lon_lat: Array) -> Array:
    """Project to geocentric metres."""
    from gii_geo import project  # noqa: PLC0415

    return project.to_geocentric(lon_lat[:, 0], lon_lat[:, 1])


def run_rows(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Run the estimator of gii-geo."""
    from gii_geo.regions.cluster import GeoDBSCAN  # noqa: PLC0415

    model = GeoDBSCAN(RADIUS_KM, minimum).fit(lon_lat, sample_weight=weight)
    core = np.zeros(len(lon_lat), dtype=bool)
    core[model.core_sample_indices_] = True
    return model.labels_, core


def run_locations(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Run the step of gii-geo."""
    from gii_geo.regions.cluster import cluster_locations  # noqa: PLC0415

    locations = to_table(lon_lat, weight)
    cluster = cluster_locations(locations, radius_km=RADIUS_KM, min_weight=minimum)
    return cluster.to_numpy(dtype=np.int64, na_value=-1), None


def run_tree(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Build the merge tree of gii-geo, all radii at once, and cut it at one."""
    from gii_geo.regions.cluster import merge_tree  # noqa: PLC0415

    cut = merge_tree(to_table(lon_lat, weight), min_weight=minimum).cut(RADIUS_KM)
    return cut.to_numpy(dtype=np.int64, na_value=-1), None


def run_hdbscan_locations(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Run gii-geo's HDBSCAN."""
    from gii_geo.regions.cluster import cluster_locations  # noqa: PLC0415

    locations = to_table(lon_lat, weight)
    cluster = cluster_locations(locations, radius_km=0, min_weight=minimum, method="hdbscan")
    return cluster.to_numpy(dtype=np.int64, na_value=-1), None


def run_sklearn(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Run scikit-learn's DBSCAN on geocentric metres."""
    from sklearn.cluster import DBSCAN  # noqa: PLC0415

    model = DBSCAN(eps=RADIUS_KM * 1000, min_samples=minimum)
    model.fit(to_xyz(lon_lat), sample_weight=weight)
    core = np.zeros(len(lon_lat), dtype=bool)
    core[model.core_sample_indices_] = True
    return model.labels_, core


def run_dbscan(lon_lat: Array, weight: Array, minimum: int) -> Found:  # noqa: ARG001
    """Run the dbscan package, which knows no weights, on geocentric metres."""
    from dbscan import DBSCAN  # noqa: PLC0415

    labels, core = DBSCAN(to_xyz(lon_lat), RADIUS_KM * 1000, min_samples=minimum)
    return np.asarray(labels), np.asarray(core, dtype=bool)


def run_fast_hdbscan(lon_lat: Array, weight: Array, minimum: int) -> Found:
    """Run fast_hdbscan on geocentric metres."""
    from fast_hdbscan import HDBSCAN  # noqa: PLC0415

    model = HDBSCAN(min_cluster_size=minimum, min_samples=minimum)
    return model.fit(to_xyz(lon_lat), sample_weight=weight.astype(np.float32)).labels_, None


def run_hdbscan(lon_lat: Array, weight: Array, minimum: int) -> Found:  # noqa: ARG001
    """Run hdbscan, which knows no weights, on geocentric metres."""
    from hdbscan import HDBSCAN  # noqa: PLC0415

    # One process, or its CPU time would go uncounted.
    model = HDBSCAN(min_cluster_size=minimum, min_samples=minimum, core_dist_n_jobs=1)
    return model.fit(to_xyz(lon_lat)).labels_, None


@dataclass(frozen=True)
class Method:
    """Something to measure.

    ``most_rows`` keeps a run on a larger world from asking for more than an hour or 20 GB.
    """

    name: str
    run: Callable[[Array, Array, int], Found]
    level: str
    most_rows: int = 30_000_000
    dbscan: bool = True


METHODS = {
    "gii-rows": Method("**gii-geo** `GeoDBSCAN`", run_rows, "rows"),
    "dbscan": Method("dbscan", run_dbscan, "rows"),
    "sklearn-rows": Method("scikit-learn `DBSCAN`", run_sklearn, "rows", 1_000_000),
    "gii": Method("**gii-geo** `cluster_locations`", run_locations, "locations"),
    "sklearn": Method("scikit-learn `DBSCAN`, weights", run_sklearn, "locations"),
    "gii-tree": Method("**gii-geo** `merge_tree`, cut", run_tree, "locations"),
    "gii-hdbscan": Method(
        '**gii-geo** `method="hdbscan"`', run_hdbscan_locations, "locations", dbscan=False
    ),
    "fast_hdbscan": Method("fast_hdbscan, weights", run_fast_hdbscan, "locations", dbscan=False),
    "hdbscan": Method("hdbscan", run_hdbscan, "rows", 100_000, dbscan=False),
}


# ---------------------------------------------------------------------------------- measuring one


def measure(method: str, world: Path, minimum: int, found: Path) -> None:
    """Run one method on one world in this process; print what it took."""
    data = np.load(world)
    lon_lat, weight = data["lon_lat"], data["weight"]
    run = METHODS[method].run
    few = np.random.default_rng(0).normal(size=(300, 2)) * 0.1
    run(few, np.ones(300, np.int64), 5)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    labels, core = run(lon_lat, weight, minimum)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    np.savez(found, labels=labels, core=labels >= 0 if core is None else core)
    took = {
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall": wall,
        "mb": after.ru_maxrss / 1024,
        "grown_mb": (after.ru_maxrss - before.ru_maxrss) / 1024,
        "clusters": int(labels.max()) + 1,
        "tells_core": core is not None,
    }
    print(json.dumps(took))


def measure_apart(
    method: str, world: Path, minimum: int, limits: argparse.Namespace
) -> dict[str, Any]:
    """Run one method in a process of its own, within limits of memory and time."""

    def limit_memory() -> None:
        most = int(limits.most_gb * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    found = world.with_suffix(f".{method}.{minimum}.npz")
    command = [sys.executable, __file__, "--measure", method, str(world), str(minimum), str(found)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            timeout=limits.most_seconds,
            preexec_fn=limit_memory,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {limits.most_seconds:.0f} s"}
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or [f"signal {-done.returncode}"]
        short = any(word in done.stderr for word in ("MemoryError", "bad_alloc", "allocate"))
        return {"failed": f"out of {limits.most_gb:.0f} GB" if short else words[0][:60]}
    return {**json.loads(done.stdout.splitlines()[-1]), "found": found}


# ------------------------------------------------------------------------------------- all of them


def save_worlds(rows: int, folder: Path) -> dict[str, Path]:
    """Save a world as rows and as distinct locations with weights."""
    lon_lat = make_world(rows)
    worlds = {level: folder / f"{level}-{rows}.npz" for level in ("rows", "locations")}
    np.savez(worlds["rows"], lon_lat=lon_lat, weight=np.ones(rows, np.int64))
    frame = pd.DataFrame(lon_lat, columns=["lon", "lat"])
    count = frame.groupby(["lon", "lat"], sort=False).size()
    np.savez(
        worlds["locations"],
        lon_lat=np.column_stack([count.index.get_level_values(k) for k in (0, 1)]),
        weight=count.to_numpy(np.int64),
    )
    return worlds


def is_exact(found: Path, other: Path) -> str:
    """Say whether two results have the same core rows and put the same ones of them together."""
    one, two = np.load(found), np.load(other)
    flags = np.count_nonzero(one["core"] != two["core"])
    if flags:
        return f"no: {flags:,} core flags differ"
    core = one["core"]
    pairs = pd.DataFrame({"one": one["labels"][core], "two": two["labels"][core]})
    pairs = pairs.drop_duplicates()
    same = pairs["one"].is_unique and pairs["two"].is_unique
    return "yes" if same else "no: other clusters"


def judge(method: Method, result: dict[str, Any], reference: dict[str, Any]) -> str:
    """Judge a result against another of the same rows."""
    if not method.dbscan:
        return "another question"
    if "found" not in result or "found" not in reference:
        return ""
    if not result["tells_core"]:
        mine, theirs = np.load(result["found"])["labels"], np.load(reference["found"])["labels"]
        return "yes" if (mine == theirs).all() else "no"
    return is_exact(result["found"], reference["found"])


def compare_methods(sizes: list[int], folder: Path, limits: argparse.Namespace) -> pd.DataFrame:
    """Measure every method on worlds of every size."""
    records = []
    for rows in sizes:
        worlds = save_worlds(rows, folder)
        locations = len(np.load(worlds["locations"])["weight"])
        minimum = max(2, MINIMUM_AT_30M * rows // 30_000_000)
        # Both are judged by gii-geo's estimator; scikit-learn tells whether that is right.
        reference = {
            level: measure_apart("gii-rows", worlds[level], minimum, limits) for level in worlds
        }
        for key, method in METHODS.items():
            if rows > method.most_rows:
                continue
            result = measure_apart(key, worlds[method.level], minimum, limits)
            exact = judge(method, result, reference[method.level])
            records.append(
                {"method": key, "rows": rows, "locations": locations, **result, "exact": exact}
            )
            print(
                f"{rows:>11,} {key:<14}", {k: v for k, v in result.items() if k != "found"}, exact
            )
        for path in folder.iterdir():
            path.unlink()
    return pd.DataFrame(records)


def try_minimums(
    rows: int, minimums: list[int], folder: Path, limits: argparse.Namespace
) -> pd.DataFrame:
    """Measure our step where every address has coordinates of its own, at several minimums."""
    world = folder / f"distinct-{rows}.npz"
    np.savez(world, lon_lat=make_world(rows, distinct=True), weight=np.ones(rows, np.int64))
    records = []
    for minimum in minimums:
        result = measure_apart("gii", world, minimum, limits)
        if "grown_mb" in result:
            result["bytes"] = result["grown_mb"] * 2**20 / rows - TABLE_BYTES
        records.append({"rows": rows, "minimum": minimum, **result})
        print(f"{rows:>11,} distinct       ", minimum, result)
    return pd.DataFrame(records)


# ---------------------------------------------------------------------------------------- writing


PREAMBLE = f"""\
Made-up addresses in {CITIES:,} cities, radius {RADIUS_KM:.0f} km, minimum {MINIMUM_AT_30M:,} at
30 million addresses and in proportion below; written by `scripts/benchmark.py` on {os.cpu_count()}
cores. One process each, from arrays in memory to labels; imports and compiling left out. MB is the
whole process at its peak, input included. *Rows* are raw addresses, *locations* their distinct
coordinates with weights. Exact: the same core rows and the same clusters of them as gii-geo, so
scikit-learn's line tells whether gii-geo is."""


def write_table(compared: pd.DataFrame, distinct: pd.DataFrame, out: Path) -> None:
    """Write the Markdown page."""
    lines = [
        "# Clustering, measured",
        "",
        PREAMBLE,
        "",
        "| rows | locations | on | method | CPU s | wall s | MB | clusters | exact |",
        "|---:|---:|---|---|---:|---:|---:|---:|---|",
    ]
    for row in compared.to_dict("records"):
        method = METHODS[row["method"]]
        if isinstance(row.get("failed"), str):
            numbers = f"{row['failed']} | | | |"
        else:
            numbers = f"{row['cpu']:.2f} | {row['wall']:.2f} | {row['mb']:,.0f} |"
            numbers += f" {row['clusters']:,.0f} |"
        lines.append(
            f"| {row['rows']:,} | {row['locations']:,} | {method.level} | {method.name} |"
            f" {numbers} {row['exact']} |"
        )
    lines += ["", "Every address at coordinates of its own (`cluster_locations`):", ""]
    lines += ["| rows | minimum | CPU s | wall s | bytes a row beyond input |"]
    lines += ["|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row['rows']:,} | {row['minimum']:,} | {row['cpu']:.2f} | {row['wall']:.2f} |"
        f" {row['bytes']:.0f} |"
        for row in distinct.to_dict("records")
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def plot_times(compared: pd.DataFrame, out: Path) -> None:
    """Plot CPU seconds against rows."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for key, method in METHODS.items():
        mine = compared[(compared["method"] == key) & compared["cpu"].notna()]
        ours = key.startswith("gii")
        axes.loglog(
            mine["rows"],
            mine["cpu"],
            marker="o" if ours else "s",
            linewidth=2.2 if ours else 1.0,
            linestyle="-" if method.dbscan else ":",
            label=f"{method.name.replace('*', '').replace('`', '')} ({method.level})",
        )
    axes.set(xlabel="addresses", ylabel="CPU seconds")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(out, dpi=150)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("benchmark.md"), help="Markdown table")
    parser.add_argument("--quick", action="store_true", help="small worlds only")
    parser.add_argument("--most-gb", type=float, default=16, help="memory of one run")
    parser.add_argument("--most-seconds", type=float, default=900, help="time of one run")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        method, world, minimum, found = arguments.measure
        measure(method, Path(world), int(minimum), Path(found))
        return
    sizes = [30_000, 100_000] if arguments.quick else [100_000, 1_000_000, 10_000_000, 30_000_000]
    rows = 300_000 if arguments.quick else 10_000_000
    minimums = [1, 10, 100, 1500, 5000, 20_000, 50_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        compared = compare_methods(sizes, Path(folder), arguments)
        distinct = try_minimums(rows, minimums, Path(folder), arguments)
    write_table(compared, distinct, arguments.out)
    plot_times(compared, arguments.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
