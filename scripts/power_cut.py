"""Cut the power of runs, and count what is lost: it must be nothing.

    python scripts/power_cut.py [--cuts 60] [--seed 1]

As root on Linux: the disk is an ext4 file system in a file. A run is stopped at a step (the
beginning of a stage, a rename), at a time drawn at random, or up to a second after its end; what
the disk had been given by then is copied, not what the system still held in memory. The copy is
mounted, as after a power cut, and must hold the old run whole, the new one whole, or a run.json
that says it is unfinished; the new one where the run had ended. The next run must then end well.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kill_runs import FRESH, hash_run, judge, run_child, run_to_step, run_whole, write_input

OPTIONS = "loop,noauto_da_alloc"
"""Without the file system's own guess that a rename wants its data first."""


@contextlib.contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """Mount a disk's image; what runs write goes into a folder of it."""
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", OPTIONS, str(image), str(at)], check=True)  # noqa: S603, S607
    try:
        yield at / "out"
    finally:
        subprocess.run(["umount", str(at)], check=True)  # noqa: S603, S607


def is_stopped(process: int) -> bool:
    """Tell whether a process stands still."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def cut(  # noqa: PLR0913  # one argument a choice of when
    source: Path, out: Path, image: Path, copy: Path, *, stop: int, seconds: float, after: float
) -> bool:
    """Run until a step, a time or a while after its end, copy the disk; tell if it had ended."""
    here, there = FRESH.Pipe(duplex=False)
    child = FRESH.Process(target=run_to_step, args=(source, out, stop, there, signal.SIGSTOP))
    child.start()
    there.close()
    here.recv()
    until = time.monotonic() + seconds
    while not (ended := here.poll(0.005)) and time.monotonic() < until:
        if is_stopped(child.pid or 0):
            break
    if ended:
        time.sleep(after)
    else:
        os.kill(child.pid or 0, signal.SIGSTOP)
    subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)  # noqa: S603, S607
    child.kill()
    child.join()
    return ended


def drive(cuts: int, seed: int, room: Path) -> dict[str, int]:
    """Cut runs, and count what became of the folder."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    image, copy, at = room / "disk", room / "copy", room / "at"
    with image.open("wb") as file:
        file.truncate(256 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)  # noqa: S603, S607
    sources = [write_input(room / f"{number}.csv", number) for number in (1, 2)]
    with mounted(image, at) as out:
        steps, took, whole = run_whole(sources, out)
    hows = ("at a step", "at a time", "after the end")
    tally = dict.fromkeys((*hows, "old", "new", "marked", "lost", "next", "left"), 0)
    for number in range(cuts):
        new = number % 2
        how = hows[number % 3]
        stop = number % steps if how == "at a step" else -1
        seconds = rng.uniform(0, took) if how == "at a time" else 600.0
        with mounted(image, at) as out:
            ended = cut(
                sources[new],
                out,
                image,
                copy,
                stop=stop,
                seconds=seconds,
                after=rng.choice((0.0, rng.uniform(0, 1))),
            )
        copy.replace(image)
        with mounted(image, at) as out:
            found = judge(out, whole)
            if found == "whole":
                found = "new" if hash_run(out) == whole[new] else "old"
            if ended and found != "new":
                print("ended, and then", found, file=sys.stderr)
                found = "lost"
            tally[how] += 1
            tally[found] += 1
            run_child(sources[new], out)
            tally["next"] += judge(out, {whole[new]}) == "whole"
            tally["left"] += sum(".gii-geo-" in path.name for path in at.iterdir())
    return tally


def main() -> int:
    """Cut and print what was found; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = drive(asked.cuts, asked.seed, Path(folder))
    print(json.dumps(tally))
    return int(tally["lost"] + tally["left"] > 0 or tally["next"] < asked.cuts)


if __name__ == "__main__":
    sys.exit(main())
