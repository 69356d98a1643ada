"""Fill small disks while runs write to them, and count what is lost: it must be nothing.

    python scripts/full_disk.py [--sizes 20] [--seed 1]

As root on Linux: the disks are mounts of tmpfs. Runs of the command line write their output, spill,
or keep what they read on a disk that has so many bytes left, from none to more than they need. They
must end well, or by exit code 1 and one sentence; the old output stays whole and nothing is left
behind.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd
from kill_runs import FRESH, hash_run, judge, write_input

from gii_geo import cli

FULL = re.compile("^gii-geo: .*(No space left on device|it is full)")
ASKED = ["--min-addresses", "5", "--no-rank-sets"]


class Disk:
    """A small disk, which can be left with so many bytes."""

    def __init__(self, at: Path) -> None:
        self.at = at
        at.mkdir()
        self._mount("size=256m")
        (at / "full").write_bytes(bytes(4096))  # a disk of no size has no end

    def _mount(self, options: str) -> None:
        words = ["mount", "-t", "tmpfs", "-o", options, "none", str(self.at)]
        subprocess.run(words, check=True)  # noqa: S603

    def leave(self, free: int) -> None:
        """Make it just so large that so many bytes are free."""
        told = os.statvfs(self.at)
        used = (told.f_blocks - told.f_bfree) * told.f_frsize
        self._mount(f"remount,size={used + free}")

    def widen(self) -> None:
        """Give it room again."""
        self._mount("remount,size=256m")

    def close(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "--lazy", str(self.at)], check=True)  # noqa: S603, S607


def command(words: list[str], log: Path, told: Connection) -> None:
    """Run the command line, what it says in a file."""
    sys.argv = ["gii-geo", *words]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    told.send("ready")
    cli.main()


def run(words: list[object], log: Path) -> int | None:
    """Run the command line in a process of its own; give its exit code."""
    here, there = FRESH.Pipe(duplex=False)
    child = FRESH.Process(target=command, args=([*map(str, words)], log, there))
    child.start()
    there.close()
    here.recv()
    child.join(300)
    return child.exitcode


def write_rows(path: Path) -> Path:
    """Write a packed table, which is unpacked to the spill folder."""
    rng = random.Random(3)  # noqa: S311  # no secret
    rows = [(rng.randint(-3, 3), rng.randint(40, 44), f"r{n // 2}") for n in range(200_000)]
    pd.DataFrame(rows, columns=["lon", "lat", "record_id"]).to_csv(path, index=False)
    return path


def write_deals(path: Path) -> Path:
    """Write rounds of Crunchbase, which are kept in the cache."""
    rows = [(f"/company/{n}", "seed", "2013-01-03", "Basel", "CHE") for n in range(3000)]
    names = ["company_permalink", "funding_round_type", "funded_at", "company_city"]
    pd.DataFrame(rows, columns=[*names, "company_country_code"]).to_csv(path, index=False)
    return path


def fill(
    what: str, words: Callable[[Path, Path], list[object]], sizes: list[int], room: Path
) -> dict[str, int]:
    """Run on disks that have so many bytes left."""
    asked = room / what
    asked.mkdir()
    disk, log = Disk(asked / "disk"), asked / "log"
    out = (disk.at if what == "output" else asked) / "out"
    tally = dict.fromkeys(("runs", "done", "refused", "untold", "lost", "left"), 0)
    try:
        run(["run", "--addresses", write_input(asked / "old.csv", 1), "--out", out, *ASKED], log)
        whole = {hash_run(out)}
        for free in sizes:
            disk.leave(free)
            code = run(["run", *words(disk.at, out), *ASKED], log)
            disk.widen()
            told = log.read_text(encoding="utf-8").splitlines()
            tally["runs"] += 1
            if code == 0:
                whole.add(hash_run(out))
                tally["done"] += 1
            elif code == 1 and FULL.search(told[-1]):
                tally["refused"] += 1
            else:
                tally["untold"] += 1
                print(what, free, code, told[-2:], file=sys.stderr)
            tally["lost"] += judge(out, whole) != "whole"
            left = [*asked.iterdir(), *disk.at.iterdir(), *out.iterdir()]
            tally["left"] += sum("gii-geo-" in path.name for path in left)
            shutil.rmtree(disk.at / "cache", ignore_errors=True)
    finally:
        disk.close()
    return tally


def main() -> int:
    """Fill the disks and print what was found; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, lost = random.Random(asked.seed), 0  # noqa: S311  # no secret
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        new, rows = write_input(room / "new.csv", 2), write_rows(room / "rows.csv.bz2")
        deals = write_deals(room / "rounds.csv")
        asks: dict[str, tuple[int, Callable[[Path, Path], list[object]]]] = {
            "output": (1_000_000, lambda _, out: ["--addresses", new, "--out", out]),
            "spill": (
                3_000_000,
                lambda at, out: ["--patents", rows, "--out", out, "--spill", at],
            ),
            "cache": (
                40_000,
                lambda at, out: [
                    *("--deals", deals, "--source", "crunchbase"),
                    *("--cache", at / "cache", "--out", out),
                ],
            ),
        }
        for what, (most, words) in asks.items():
            sizes = [0, *sorted(rng.sample(range(4096, most), asked.sizes - 2)), 2 * most]
            tally = fill(what, words, sizes, room)
            print(json.dumps({what: tally}), flush=True)
            lost += tally["lost"] + tally["left"] + tally["untold"]
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
