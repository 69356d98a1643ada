"""Kill runs at every stage and at random times, and count what is lost: it must be nothing.

    python scripts/kill_runs.py [--kills 100] [--signals 80] [--service 50] [--pairs 5] [--seed 1]

Each run goes into one folder and is ended by SIGKILL, at the beginning of a stage or at a time
drawn at random. Afterwards the folder must hold the old run whole, the new one whole, or a run.json
that says it is unfinished and is refused by every reader. A last run then must end well, and
nothing hidden may be left. With --signals N runs of the command line are asked to end, by SIGTERM
and SIGINT at drawn times: the old run stays whole, or the new one is, and nothing is left. With
--service N runs of changed inputs are made in one process, whose memory must stay flat, and with
--pairs two at once in threads; each result must be that of a process of its own.
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd

from gii_geo import Settings, cli, find_regions
from gii_geo.export import read_run
from gii_geo.tables import InputError

SETTINGS = Settings(min_addresses=5, rank_sets=False)
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(
    ["gii_geo.pipeline", "gii_geo.result", "duckdb", "geopandas", "numba", "pyogrio"]
)
"""Processes of their own that need not import everything again."""


def run_to_step(
    source: Path, out: Path, stop: int, told: Connection, ends_by: int = signal.SIGKILL
) -> None:
    """Run and tell how many steps there are, or be killed, or stopped, at one of them."""
    steps = itertools.count()

    def step(*_: object) -> None:
        if next(steps) == stop:
            os.kill(os.getpid(), ends_by)

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
    towns = ((8.5, 47.4), (2.3, 48.9), (139.7, 35.7), (-0.1, 51.5), (-122.3, 37.8))[: 3 + seed % 3]
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


def judge(out: Path, whole: Collection[str]) -> str:
    """Say what a killed run left: old or new whole, refused, or lost."""
    try:
        read_run(out)
    except InputError as error:
        return "marked" if "end" in str(error) else "lost"
    except FileNotFoundError:
        return "lost"
    return "whole" if hash_run(out) in whole else "lost"


def run_whole(sources: list[Path], out: Path) -> tuple[int, float, list[str]]:
    """Run each input to its end; give a run's steps and seconds, and each one's checksum."""
    whole = []
    for source in sources:
        begun = time.monotonic()
        steps = run_child(source, out)
        took = time.monotonic() - begun
        whole.append(hash_run(out))
    return steps, took, whole


def drive(kills: int, seed: int, room: Path) -> dict[str, int]:
    """Kill runs, and count what became of the folder."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    sources = [write_input(room / f"{number}.csv", number) for number in (1, 2)]
    out = room / "out"
    steps, took, whole = run_whole(sources, out)
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


def run_command(source: Path, out: Path, told: Connection) -> None:
    """Run the command line, which ends by its exit code."""
    tempfile.tempdir = os.environ["TMPDIR"] = str(out.with_name("spill"))
    sys.argv = ["gii-geo", "run", "--addresses", str(source), "--out", str(out)]
    sys.argv += ["--min-addresses", "5", "--no-rank-sets", "--log", "json"]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(f"{out}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    told.send("ready")
    cli.main()


def signal_child(source: Path, out: Path, number: int, seconds: float) -> int | None:
    """Run the command line and send it a signal after some seconds; give its exit code."""
    here, there = FRESH.Pipe(duplex=False)
    child = FRESH.Process(target=run_command, args=(source, out, there))
    child.start()
    there.close()
    here.recv()
    child.join(seconds)
    if child.is_alive() and child.pid is not None:
        os.kill(child.pid, number)
    child.join(60)
    if child.is_alive():
        child.kill()
    return child.exitcode


def end(signals: int, seed: int, room: Path) -> dict[str, int]:
    """Ask runs to end by SIGTERM and SIGINT in turn, and count what they did and left."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    (room / "spill").mkdir()
    sources = [write_input(room / f"ended_{number}.csv", number) for number in (1, 2)]
    whole, out, took = set(), room / "ended", 0.0
    for source in sources:
        begun = time.monotonic()
        signal_child(source, out, signal.SIGTERM, 600)
        took = time.monotonic() - begun
        whole.add(hash_run(out))
    tally = dict.fromkeys(("SIGTERM", "SIGINT", "ended", "done", "other code", "lost", "left"), 0)
    for drawn in range(signals):
        number = (signal.SIGTERM, signal.SIGINT)[drawn % 2]
        tally[number.name] += 1
        code = signal_child(sources[drawn // 2 % 2], out, number, rng.uniform(0, 1.2 * took))
        known = {128 + number: "ended", 0: "done"}
        tally[known.get(code, "other code")] += 1
        if code not in known:
            print(number.name, code, Path(f"{out}.log").read_text()[-2000:], file=sys.stderr)
        tally["lost"] += judge(out, whole) != "whole"
        left = [path for path in room.iterdir() if ".gii-geo-" in path.name]
        left += [*(room / "spill").iterdir()]
        tally["left"] += len(left)
        for path in left:
            print("left", number.name, code, path.name, file=sys.stderr)
            shutil.rmtree(path)
    return tally


def measure_memory() -> int:
    """Tell what this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 2**20


def serve(runs: int, room: Path) -> dict[str, object]:
    """Run again and again in one process, each input another, beside processes of their own."""
    held, differ = [], 0
    for number in range(runs):
        source = write_input(room / f"served_{number}.csv", number)
        find_regions(source, SETTINGS).write(room / "served")
        held.append(measure_memory())
        run_child(source, room / "fresh")
        differ += hash_run(room / "fresh") != hash_run(room / "served")
        print(number, held[-1], differ, file=sys.stderr)
    return {"runs": runs, "differ": differ, "mb": held[:: max(1, runs // 10)], "last_mb": held[-1]}


def race(pairs: int, room: Path) -> dict[str, int]:
    """Run two at once in threads, into two folders and into one."""

    def run(number: int, name: str) -> str:
        find_regions(room / f"raced_{number}.csv", SETTINGS).write(room / name)
        return hash_run(room / name)

    differ = mixed = 0
    for pair in range(pairs):
        numbers = (1000 + 2 * pair, 1001 + 2 * pair)
        alone = []
        for number in numbers:
            run_child(write_input(room / f"raced_{number}.csv", number), room / "alone")
            alone.append(hash_run(room / "alone"))
        with ThreadPoolExecutor(2) as pool:
            differ += [*pool.map(run, numbers, ("first", "second"))] != alone
            for begun in [pool.submit(run, number, "both") for number in numbers]:
                begun.exception()  # the other may write while one of them looks at the folder
        mixed += judge(room / "both", set(alone)) != "whole"
    left = sum(".gii-geo-" in path.name for path in room.iterdir())
    return {"pairs": pairs, "differ": differ, "mixed": mixed, "left": left}


def main() -> int:
    """Do all and print what was found; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, number in (("kills", 100), ("signals", 80), ("service", 50), ("pairs", 5)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        arms = {
            "kills": lambda: drive(asked.kills, asked.seed, room),
            "signals": lambda: end(asked.signals, asked.seed, room),
            "service": lambda: serve(asked.service, room),
            "pairs": lambda: race(asked.pairs, room),
        }
        for name, arm in arms.items():
            told = arm() if getattr(asked, name) else {}
            print(json.dumps({name: told}), flush=True)
            found |= {f"{name} {key}": value for key, value in told.items()}
    faults = ("lost", "left", "differ", "mixed", "other code")
    return int(any(value for key, value in found.items() if key.endswith(faults)))


if __name__ == "__main__":
    sys.exit(main())
