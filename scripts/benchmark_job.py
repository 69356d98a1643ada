"""Measure the whole job beside what DuckDB alone needs to group the same file.

A made-up world of addresses as Parquet -> ranked regions with all their files, by `gii-geo run`,
imports and all; beside it DuckDB sums the addresses at each place and no more; then the same in two
steps, `gii-geo read` and `gii-geo run` of the world that it wrote. Every run is a process of its
own; MB is its peak. Every world has about 1,000 regions; their outlines, names and files take the
same time at any size. Needs the extra ``geocode``:

    python scripts/benchmark_job.py --rows 1000000
    python scripts/benchmark_job.py --out data/benchmark/job.md
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmark_world import make_world

from gii_geo.tables import RECORD_UNITS

GII_GEO = Path(sys.executable).with_name("gii-geo")
MOST_PLACED = 10_000_000
"""Addresses made up; further ones are more records at the same places."""

ADDRESSES_PER_RECORD = 2.5
SHARE_FAR = 0.1
"""Addresses whose record may stand anywhere; the others share it with their neighbours."""

GROUP = "SELECT lon, lat, count(*) AS addresses FROM {file} GROUP BY ALL"
WEIGH = """SELECT lon, lat, count(*) AS addresses, sum({units} // size) AS weight FROM {file}
JOIN (SELECT record_id, count(*) AS size FROM {file} GROUP BY ALL) USING (record_id) GROUP BY ALL"""
RUN_SQL = "import duckdb, sys; duckdb.sql('CREATE TABLE places AS ' + sys.argv[1])"


class Cost(NamedTuple):
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def write_world(rows: int, path: Path, *, has_records: bool) -> None:
    """Write a world of addresses, two or three of them on a record if so asked."""
    lon_lat = make_world(min(rows, MOST_PLACED))
    rng = np.random.default_rng(2)
    count = int(len(lon_lat) / ADDRESSES_PER_RECORD)
    order = np.lexsort(np.floor(lon_lat).T)
    record = np.empty(len(lon_lat), dtype=np.int64)
    record[order] = np.arange(len(lon_lat)) // ADDRESSES_PER_RECORD
    far = rng.random(len(lon_lat)) < SHARE_FAR
    record[far] = rng.integers(0, count, np.count_nonzero(far))
    names = ["lon", "lat", *(["record_id"] if has_records else [])]
    types = [pa.float64(), pa.float64(), *([pa.string()] if has_records else [])]
    schema = pa.schema(list(zip(names, types, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, len(lon_lat)):
            part = lon_lat[: rows - first]
            columns = [pa.array(part[:, 0]), pa.array(part[:, 1])]
            if has_records:
                columns.append(pa.array(record[: len(part)] + first).cast(pa.string()))
            writer.write_table(pa.table(columns, schema=schema), row_group_size=500_000)


def measure(words: list[str]) -> Cost:
    """Run a command and measure it."""
    start = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        msg = f"{words} ended with {status}"
        raise RuntimeError(msg)
    cpu_s = used.ru_utime + used.ru_stime
    return Cost(time.monotonic() - start, cpu_s, used.ru_maxrss / 1024)


def compare(rows: int, folder: Path, *, has_records: bool) -> str:
    """Measure both on one world; give a row of the table."""
    world = folder / "world.parquet"
    write_world(rows, world, has_records=has_records)
    sql = (WEIGH if has_records else GROUP).format(file=f"'{world}'", units=RECORD_UNITS)
    peer = measure([sys.executable, "-c", RUN_SQL, sql])
    job = measure([str(GII_GEO), "run", "--patents", str(world), "--out", str(folder / "out")])
    kept = folder / "world"
    read = measure([str(GII_GEO), "read", "--patents", str(world), "--out", str(kept)])
    size = sum(file.stat().st_size for file in kept.iterdir()) / 1e6
    asked = measure([str(GII_GEO), "run", str(kept), "--out", str(folder / "asked")])
    cells = [f"{rows:,}", "with ids" if has_records else "none"]
    for cost in (job, peer, read, asked):
        cells += [f"{cost.wall_s:,.1f}", f"{cost.cpu_s:,.1f}", f"{cost.peak_mb:,.0f}"]
    return f"| {' | '.join([*cells, f'{size:,.1f}', f'{job.wall_s / peer.wall_s:.1f}'])} |"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description="Measure the whole job beside DuckDB's grouping.")
    sizes = [1_000_000, 10_000_000, 30_000_000, 100_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=sizes)
    parser.add_argument("--out", type=Path, help="Markdown file; printed in any case")
    asked = parser.parse_args()
    heads = ["addresses", "records"]
    for name in ("", "DuckDB: ", "read: ", "run of the world: "):
        heads += [f"{name}wall s", "CPU s", "MB"]
    heads += ["world on disk, MB", "x"]
    lines = [f"| {' | '.join(heads)} |", "|---:|---|" + "---:|" * (len(heads) - 2)]
    print(*lines, sep="\n")
    for rows in asked.rows:
        for has_records in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                lines.append(compare(rows, Path(folder), has_records=has_records))
            print(lines[-1], flush=True)
    if asked.out:
        doc = (__doc__ or "").split("Needs")[0].strip()
        note = f"{doc}\n\nMeasured on {os.cpu_count()} cores; x is the ratio of the wall times."
        asked.out.write_text(f"# The whole job, measured\n\n{note}\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
