"""Kill runs at every stage and at random times, and count what is lost: it must be nothing.

    python scripts/kill_runs.py [--kills 100] [--seed 1] [--service 50]

Each run goes into one folder and is ended by SIGKILL, at the beginning of a stage or at a time
drawn at random. Afterwards the folder must hold the old run whole, the new one whole, or a run.json
that says it is unfinished and is refused by every reader. A last run then must end well, and
nothing hidden may be left. With --service N runs of changed inputs are made in one process, and
two at once in threads; each result must be that of a process of its own.
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd

from gii_geo import Settings, find_regions
from gii_geo.export import read_run
from gii_geo.tables import InputError

SETTINGS = Settings(min_addresses=5, rank_sets=False)
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(
    ["gii_geo.pipeline", "gii_geo.result", "duckdb", "geopandas", "numba", "pyogrio"]
)
"""Processes of their own that need not import everything again."""


def run_to_step(source: Path, out: Path, stop: int, told: Connection) -> None:
    """Run and tell how many steps there are, or be killed at one of them."""
    steps = itertools.count()

    def step(*_: object) -> None:
        if next(steps) == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    def heed(put: Callable[..., object]) -> Callable[..., object]:
        def heeded(path: Path, target: Path) -> object:
            step()
            return put(path, target)

        return heeded

    for name in ("replace", "rename"):
        setattr(Path, name, heed(getattr(Path, name)))
    told.send("ready")
    find_regions(source, SETTINGS, progress=step).write(out)
    told.send(next(steps))


def write_input(path: Path, seed: int) -> Path:
    """Write addresses of three towns."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    towns = ((8.5, 47.4), (2.3, 48.9), (139.7, 35.7))
    rows = [(*rng.choice(towns), kind) for kind in ("patent", "deal") for _ in range(150)]
    pd.DataFrame(rows, columns=["lon", "lat", "kind"]).to_csv(path, index=False)
    return path


def hash_run(folder: Path) -> str:
    """Give a checksum of the tables of a run."""
    digest = hashlib.sha256()
    for name in ("regions.parquet", "locations.parquet", "ranking.csv"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def run_child(source: Path, out: Path, *, stop: int = -1, seconds: float | None = None) -> int:
    """Run in a process of its own, ended at a step or after some seconds; give its steps."""
    here, there = FRESH.Pipe(duplex=False)
    child = FRESH.Process(target=run_to_step, args=(source, out, stop, there))
    child.start()
    there.close()
    here.recv()
    if seconds is not None and not here.poll(seconds):
        child.kill()
    try:
        return int(here.recv())
    except EOFError:  # it was killed
        return -1
    finally:
        child.join()


def judge(out: Path, whole: set[str]) -> str:
    """Say what a killed run left: old or new whole, refused, or lost."""
    try:
        read_run(out)
    except InputError as error:
        return "marked" if "end" in str(error) else "lost"
    except FileNotFoundError:
        return "lost"
    return "whole" if hash_run(out) in whole else "lost"


def drive(kills: int, seed: int, room: Path) -> dict[str, int]:
    """Kill runs, and count what became of the folder."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    sources = [write_input(room / f"{number}.csv", number) for number in (1, 2)]
    whole, out = set(), room / "out"
    for source in sources:
        begun = time.monotonic()
        steps = run_child(source, out)
        took = time.monotonic() - begun
        whole.add(hash_run(out))
    tally = {"at a step": 0, "at a time": 0, "whole": 0, "marked": 0, "lost": 0, "left": 0}
    for number in range(kills):
        source = sources[number % 2]
        if number % 3:
            tally["at a step"] += 1
            run_child(source, out, stop=number % steps)
        else:
            tally["at a time"] += 1
            run_child(source, out, seconds=rng.uniform(0, took))
        tally[judge(out, whole)] += 1
    run_child(sources[0], out)
    tally["lost"] += judge(out, whole) != "whole"
    tally["left"] = sum(".gii-geo-" in path.name for path in room.iterdir())
    return tally


def serve(runs: int, room: Path) -> dict[str, float]:
    """Run again and again in one process, then two at once in threads."""

    def run(number: int, name: str) -> str:
        source = write_input(room / f"served_{number}.csv", number)
        find_regions(source, SETTINGS).write(room / name)
        return hash_run(room / name)

    peaks, differ = [], 0
    for number in range(runs):
        found = run(number, "served")
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        if number % max(1, runs // 5) == 0:
            run_child(room / f"served_{number}.csv", room / "fresh")
            differ += hash_run(room / "fresh") != found
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(run, (101, 102), ("first", "second")))
    differ += sum(
        run(number, "alone") != found for number, found in zip((101, 102), both, strict=True)
    )
    grown = peaks[-1] - peaks[min(len(peaks) - 1, 5)]
    return {"runs": runs, "differ": differ, "peak_mb": round(peaks[-1]), "grown_mb": round(grown)}


def main() -> int:
    """Do both and print what was found; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--service", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        killed = drive(asked.kills, asked.seed, Path(room)) if asked.kills else {}
        print(json.dumps(killed), flush=True)
        served = serve(asked.service, Path(room)) if asked.service else {}
        print(json.dumps(served), flush=True)
    return int(bool(killed.get("lost") or killed.get("left") or served.get("differ")))


if __name__ == "__main__":
    sys.exit(main())
