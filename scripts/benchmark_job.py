"""Measure the whole job beside what DuckDB alone needs to group the same file.

A made-up world of addresses as Parquet -> ranked regions with all their files, by `gii-geo run`,
imports and all, stage by stage; beside it, in the same run, DuckDB sums the addresses at each place
and no more. With record ids, two or three addresses are on a record. Every run is a process of its
own; MB is the peak of it and all its children together. With labels every address has one of 35
fields and one of 20,000 organisations, 98 in 100 of which are among the eight of its neighbourhood:
as real ones, half of them the first of its place, a quarter the second, and fields likewise each
organisation's own (`few`); or any of the eight, and any field (`many`). DuckDB sums places, places
by field and places by organisation. `--spark` reads the same worlds by Spark on two cores besides
(`gii-geo read --engine spark`, JVM and all). Every world has about 1,000 regions, with a larger
`--min-share` fewer; their outlines, names and files take the same time at any size. Needs the
extra ``geocode``:

    python scripts/benchmark_job.py --rows 1000000 --spark
    python scripts/benchmark_job.py --out data/benchmark/job.md

Writes a Markdown table and, beside it, a plot of CPU seconds against addresses.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pandas as pd
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

FIELDS, ORGANISATIONS, NEAR = 35, 20_000, 8
"""How many there are of each, and how many organisations a neighbourhood has."""

LABELS = ("few", "many")
"""How many organisations and fields the addresses of one place have."""

SHARE_NEXT = 0.5
"""Of a place's addresses that are not its first organisation's, and so on; of fields likewise."""

SHARE_ELSEWHERE = 0.02
"""Addresses of an organisation that may stand anywhere: each is in some thirty regions."""

GROUP = "SELECT lon, lat, count(*) AS addresses FROM {file} GROUP BY ALL"
LABELLED = """SELECT lon, lat, field, organisation, count(*) AS addresses FROM {file}
GROUP BY GROUPING SETS ((lon, lat), (lon, lat, field), (lon, lat, organisation))"""
WEIGH = """SELECT lon, lat, count(*) AS addresses, sum({units} // size) AS weight FROM {file}
JOIN (SELECT record_id, count(*) AS size FROM {file} GROUP BY ALL) USING (record_id) GROUP BY ALL"""
STAGES = {
    "reading": "reading",
    "clustering": "clustering, ranks",
    "linking": "clustering, ranks",
    "ranking": "clustering, ranks",
    "naming": "names, outlines",
    "writing": "files",
}
"""First word of what a run says of a stage, to what it is called here."""

TICK_S = 0.1
SPARK_CONF = (
    "spark.master=local[2]",
    "spark.driver.memory=4g",
    "spark.driver.extraJavaOptions=-XX:+UseParallelGC -XX:CompileThresholdScaling=3",
)
RUN_SQL = "import duckdb, sys; duckdb.sql('CREATE TABLE places AS ' + sys.argv[1])"


@dataclass
class Cost:
    """What a process and its children took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """CPU seconds by stage."""


def write_world(
    rows: int, path: Path, *, has_records: bool = False, labels: str | None = None
) -> None:
    """Write a world of addresses, two or three of them on a record or with labels if so asked."""
    lon_lat = make_world(min(rows, MOST_PLACED))
    rng = np.random.default_rng(2)
    count = int(len(lon_lat) / ADDRESSES_PER_RECORD)
    order = np.lexsort(np.floor(lon_lat).T)
    record = np.empty(len(lon_lat), dtype=np.int64)
    record[order] = np.arange(len(lon_lat)) // ADDRESSES_PER_RECORD
    far = rng.random(len(lon_lat)) < SHARE_FAR
    record[far] = rng.integers(0, count, np.count_nonzero(far))
    texts = ["record_id"] * has_records + ["field", "organisation"] * bool(labels)
    types = [pa.float64(), pa.float64(), *(pa.string() for _ in texts)]
    schema = pa.schema(list(zip(["lon", "lat", *texts], types, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, len(lon_lat)):
            part = lon_lat[: rows - first]
            columns = [pa.array(part[:, 0]), pa.array(part[:, 1])]
            if has_records:
                columns.append(pa.array(record[: len(part)] + first).cast(pa.string()))
            if labels:
                columns += draw_labels(part, rng, is_few=labels == "few")
            writer.write_table(pa.table(columns, schema=schema), row_group_size=500_000)


def draw_labels(
    lon_lat: np.ndarray[Any, Any], rng: np.random.Generator, *, is_few: bool
) -> list[pa.Array]:
    """Draw a field and an organisation for each address."""
    count = len(lon_lat)
    column, row = np.floor(lon_lat * 10).astype(np.int64).T
    place = np.floor(lon_lat * 1e5).astype(np.int64).sum(axis=1)
    near = place + rng.geometric(1 - SHARE_NEXT, count) if is_few else rng.integers(0, NEAR, count)
    number = (column * 7_919 + row * 104_729 + near % NEAR) % ORGANISATIONS
    far = rng.random(count) < SHARE_ELSEWHERE
    number[far] = rng.integers(0, ORGANISATIONS, np.count_nonzero(far))
    if is_few:
        field = (number + rng.geometric(1 - SHARE_NEXT, count)) % FIELDS
    else:
        field = rng.integers(0, FIELDS, count)
    return [
        pa.array(np.char.mod(text, np.arange(many))).take(pa.array(own))
        for text, many, own in (
            ("Field %d", FIELDS, field),
            ("Works %d", ORGANISATIONS, number),
        )
    ]


def list_tree(root: int) -> Iterator[tuple[int, float, float]]:
    """Give process, CPU seconds and megabytes of a process and all below it, by /proc."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    below: dict[int, list[int]] = {}
    told = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            cells = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        below.setdefault(int(cells[1]), []).append(int(entry.name))
        used = (int(cells[11]) + int(cells[12])) / ticks
        told[int(entry.name)] = (used, int(cells[21]) * page / 2**20)
    open_ones = [root]
    while open_ones:
        process = open_ones.pop()
        open_ones += below.get(process, [])
        if process in told:
            yield (process, *told[process])


def measure(words: list[str]) -> Cost:
    """Run a command and measure it, its children and its stages."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # noqa: S603
    cost, used, ended = Cost(), dict[int, float](), Event()

    def watch() -> None:
        while not ended.wait(TICK_S):
            tree = list(list_tree(process.pid))
            used.update({one: cpu_s for one, cpu_s, _ in tree})
            cost.peak_mb = max(cost.peak_mb, sum(mb for _, _, mb in tree))

    watching = Thread(target=watch)
    watching.start()
    stage, since, said = "", 0.0, []
    for line in process.stderr or ():
        said.append(line)
        if not line.startswith("{"):
            continue
        known = STAGES.get(str(json.loads(line).get("stage", "")).partition(" ")[0])
        if known is None or known == stage:
            continue
        used.update({one: cpu_s for one, cpu_s, _ in list_tree(process.pid)})
        spent = sum(used.values())
        # Imports and what comes before the first stage are of the first.
        if stage:
            cost.stages[stage], since = spent - since, spent
        stage = known
    _, status, own = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watching.join()
    if status:
        msg = f"{words} ended with {process.returncode}: {''.join(said[-5:])}"
        raise RuntimeError(msg)
    cost.wall_s = time.monotonic() - start
    # Of the process itself the kernel knows the last tick too; of children /proc does.
    others = sum(cpu_s for one, cpu_s in used.items() if one != process.pid)
    cost.cpu_s = max(own.ru_utime + own.ru_stime, used.get(process.pid, 0.0) + others)
    cost.peak_mb = max(cost.peak_mb, own.ru_maxrss / 1024)
    if stage:
        cost.stages[stage] = cost.cpu_s - since
    return cost


def compare(
    rows: int, folder: Path, *, records: str, spark: bool, asked: Sequence[str] = ()
) -> dict[str, Any]:
    """Measure all on one world, with what else the run is asked; give a row of the table."""
    world = folder / "world.parquet"
    has_records = records == "with ids"
    labels = next((many for many in LABELS if records.endswith(many)), None)
    # By a process of its own: what that held would count as the first memory of those below.
    given = {"has_records": has_records, "labels": labels}
    writer = get_context("spawn").Process(target=write_world, args=(rows, world), kwargs=given)
    writer.start()
    writer.join()
    bare = WEIGH if has_records else LABELLED if labels else GROUP
    sql = bare.format(file=f"'{world}'", units=RECORD_UNITS)
    peer = measure([sys.executable, "-c", RUN_SQL, sql])
    words = ["--patents", str(world), "--log", "json", "--out"]
    job = measure([str(GII_GEO), "run", *words, str(folder / "out"), *asked])
    told = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    row = {"addresses": rows, "records": records, "regions": told["regions"]}
    row |= {"wall s": job.wall_s, "CPU s": job.cpu_s, "MB": job.peak_mb}
    row |= {name: job.stages.get(name, 0.0) for name in STAGES.values()}
    row |= {"DuckDB: wall s": peer.wall_s, "DuckDB: CPU s": peer.cpu_s, "DuckDB: MB": peer.peak_mb}
    row["x"] = job.cpu_s / peer.cpu_s
    if spark:
        conf = [word for one in SPARK_CONF for word in ("--spark-conf", one)]
        on_spark = [str(GII_GEO), "read", "--engine", "spark", *conf, *words]
        read = measure([*on_spark, str(folder / "spark")])
        row |= {"Spark: wall s": read.wall_s, "Spark: CPU s": read.cpu_s, "Spark: MB": read.peak_mb}
    return row


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write the Markdown page."""
    doc = (__doc__ or "").split("Needs")[0].strip()
    note = (
        f"Measured on {os.cpu_count()} cores; behind MB stand CPU seconds of stages; x is "
        "the ratio of the job's CPU seconds to DuckDB's; Spark's columns are of reading alone."
    )
    lines = ["# The whole job, measured", "", doc, "", note, "", *tell_rows(table), ""]
    lines.append(f"![CPU seconds against addresses]({out.with_suffix('.png').name})")
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def tell_rows(table: pd.DataFrame) -> list[str]:
    """Give a table as lines of Markdown."""
    cells = table.astype(object)
    for name in cells:
        form = "{:,.0f}" if name.endswith(("MB", "addresses", "regions")) else "{:,.1f}"
        cells[name] = [
            one if isinstance(one, str) else "" if pd.isna(one) else form.format(one)
            for one in cells[name]
        ]
    lines = [list(cells.columns), *cells.to_numpy().tolist()]
    told = [f"| {' | '.join(line)} |" for line in lines]
    return [told[0], "|---:|---|" + "---:|" * (len(cells.columns) - 2), *told[1:]]


def plot_times(table: pd.DataFrame, out: Path) -> None:
    """Plot CPU seconds against addresses."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    names = {
        "CPU s": "gii-geo run",
        "Spark: CPU s": "gii-geo read, Spark",
        "DuckDB: CPU s": "DuckDB",
    }
    for records, part in table.groupby("records", sort=False):
        for column, name in names.items():
            mine = part[part[column].notna()] if column in part else part.iloc[:0]
            if mine.empty:
                continue
            ours = column != "DuckDB: CPU s"
            axes.loglog(
                mine["addresses"],
                mine[column],
                marker="o" if ours else "s",
                linewidth=2.2 if ours else 1.0,
                linestyle={"none": "-", "with ids": ":"}.get(str(records), "--"),
                label=f"{name} ({records.replace('none', 'no ids')})",
            )
    axes.set(xlabel="addresses", ylabel="CPU seconds")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(out, dpi=150)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description="Measure the whole job beside DuckDB's grouping.")
    sizes = [1_000_000, 10_000_000, 30_000_000, 100_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=sizes)
    parser.add_argument("--ids", choices=("none", "all", "both"), default="both")
    parser.add_argument("--labels", choices=LABELS, help="without ids, but with labels")
    parser.add_argument("--spark", action="store_true", help="read by Spark on two cores besides")
    parser.add_argument("--min-share", help="of the run: the larger, the fewer regions")
    parser.add_argument("--out", type=Path, help="Markdown file; printed in any case")
    parser.add_argument("--kept", type=Path, help="CSV of rows measured before, and now")
    asked = parser.parse_args()
    kept = asked.kept
    measured = pd.read_csv(kept).to_dict("records") if kept and kept.exists() else []
    ids = {"none": ["none"], "all": ["with ids"], "both": ["none", "with ids"]}[asked.ids]
    further = ["--min-share", asked.min_share] if asked.min_share else []
    ids = [f"none, labels: {asked.labels}"] if asked.labels else ids
    for rows in asked.rows:
        for records in ids:
            with tempfile.TemporaryDirectory() as folder:
                row = compare(
                    *(rows, Path(folder)), records=records, spark=asked.spark, asked=further
                )
            measured.append(row)
            print(*tell_rows(pd.DataFrame([row])), sep="\n", flush=True)
            if kept:
                pd.DataFrame(measured).to_csv(kept, index=False)
    if asked.out:
        table = pd.DataFrame(measured).sort_values(
            ["addresses", "records"], ascending=[True, False]
        )
        write_table(table, asked.out)
        plot_times(table, asked.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
