"""Make the regions anew from a settings file, for a scheduler such as cron or systemd.

    python scripts/regenerate_clusters.py regenerate.toml [--dry-run]

The settings file; its paths are relative to it:

    runs = "runs"                      # folder of the runs
    # source = "openalex"              # whose files they are, see gii-geo run --help
    # geocode = true                   # find coordinates by text
    # population = "population.tif"

    [inputs]                           # files or folders, one or a list, per kind ...
    patents = "patents.parquet"
    publications = ["publications_1.csv", "publications_2.csv"]
    deals = "deals.csv"
    # trademark = "trademarks.csv"     # ... further kinds by their word ...
    # addresses = "all.parquet"        # ... or together, with a column kind
    # demo = true                      # ... or the built-in world

    [columns]                          # where a column has another name (deal.year = "founded")
    lon = "longitude"

    # [source_options]                 # what the source's reader is asked besides
    # types = "all"

    [settings]                         # as in gii-geo run --settings
    radius_km = 15

Each run goes into a folder of its own, named after its start in UTC. `runs/latest` points to the
last one that succeeded; the next one takes its region ids from there. One line a stage goes to the
standard error, with the seconds it took. Two runs at once in one folder are locked out.

A run that crashes leaves `latest` alone and is simply started again. What was read of suppliers'
files (`source`) is kept in `runs/.read` for it, because that takes longer than all the rest: a
quarter of an hour for a year of patent grants in XML, at 33 MB a second. The other stages are done
anew; together they take seconds, or a minute and a half for 30 million addresses.

Exit codes: 0 done; 1 a fault, with traceback; 2 an input or a setting must be mended, trying
again is of no use; 75 another run has the lock, try again later (EX_TEMPFAIL of sysexits.h).
"""

import argparse
import difflib
import fcntl
import logging
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import gii_geo
from gii_geo.cli.options import choose_sources
from gii_geo.cli.summary import call_kind
from gii_geo.compare import compare_runs
from gii_geo.export import read_run
from gii_geo.paths import check_folder
from gii_geo.records.reading import ReadOptions, check_inputs
from gii_geo.regions.follow import EVENTS, read_previous
from gii_geo.regions.population import check_people
from gii_geo.tables import PLURAL, InputError, check_kind

DONE, FAULT, BAD_INPUT, LOCKED = 0, 1, 2, 75
TEXT, PATHS, SWITCH, TABLE = "a text", "a path or a list of paths", "true or false", "a table"
KEYS = {
    **dict.fromkeys(("runs", "source", "population"), TEXT),
    **dict.fromkeys(("inputs", "columns", "settings", "source_options"), TABLE),
    "geocode": SWITCH,
    "allow_contradictions": SWITCH,
}
INPUTS = {**dict.fromkeys((*PLURAL.values(), "addresses"), PATHS), "demo": SWITCH}
READING = ("columns", "source", "source_options", "geocode", "allow_contradictions")
"""Keys that say how the inputs are read."""

LEFT_BEHIND = ".20*Z*-*"
MOVERS = 5

log = logging.getLogger("regenerate")


@dataclass(frozen=True)
class Job:
    """What the settings file asks for."""

    runs: Path
    inputs: Any
    settings: gii_geo.Settings
    options: dict[str, Any]

    @property
    def latest(self) -> Path:
        """The pointer to the last run that succeeded."""
        return self.runs / "latest"

    @property
    def cache(self) -> Path | None:
        """The folder of what was read of suppliers' files."""
        return self.runs / ".read" if self.reading.supplier else None

    @property
    def reading(self) -> ReadOptions:
        """How the inputs are read."""
        return ReadOptions.choose(
            **{key: self.options[key] for key in READING if key in self.options}
        )


class LockedError(RuntimeError):
    """Another run is at work."""


class Stopwatch:
    """Writes one line a stage once it is over, with the seconds it took."""

    def __init__(self) -> None:
        self.start, self.stage = time.monotonic(), ""

    def __call__(self, stage: str) -> None:
        """End the stage and begin another."""
        now = time.monotonic()
        if self.stage:
            log.info("%s: %.1f s", self.stage, now - self.start)
        self.start, self.stage = now, stage


def read_job(path: Path) -> Job:
    """Read the settings file; paths are relative to it."""
    if not path.is_file():
        msg = f"Invalid settings file {path}. Must be a file that exists."
        raise InputError(msg)
    try:
        asked = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"Invalid settings file {path}. Must be TOML; {error}."
        raise InputError(msg) from error
    check_keys(asked, KEYS, str(path))
    inputs, columns = asked.get("inputs", {}), asked.get("columns", {})
    kinds = name_kinds(inputs)
    check_keys(inputs, INPUTS | dict.fromkeys(kinds, PATHS), f"[inputs] of {path}")
    of_kinds = {key: TABLE if isinstance(value, dict) else TEXT for key, value in columns.items()}
    check_keys(columns, of_kinds, f"[columns] of {path}")
    if not any(inputs.values()):
        msg = f"Invalid [inputs] of {path}. Must name files under {', '.join(INPUTS)} = true."
        raise InputError(msg)
    folder = path.absolute().parent
    options = {key: asked[key] for key in READING if key in asked}
    if "population" in asked:
        options["population"] = folder / asked["population"]
    files = {kind: find_paths(folder, inputs.get(name)) for name, kind in kinds.items()}
    return Job(
        runs=check_folder(folder / asked.get("runs", "runs")),
        inputs=choose_sources(
            files, find_paths(folder, inputs.get("addresses")), demo=inputs.get("demo", False)
        ),
        settings=gii_geo.Settings.from_mapping(asked.get("settings", {})),
        options=options,
    )


def name_kinds(inputs: dict[str, Any]) -> dict[str, str]:
    """Give the kind that each input stands for: WIPO's by their plural, others by their word."""
    known = {name: kind for kind, name in PLURAL.items()}
    # What is nearly another key is that key misspelt, not a kind.
    further = [key for key in inputs if not difflib.get_close_matches(key, INPUTS, cutoff=0.8)]
    return known | {key: check_kind(key) for key in further}


def check_keys(asked: dict[str, Any], known: dict[str, str], where: str) -> None:
    """Refuse a key that is not known and a value of another type."""
    for key, value in asked.items():
        if key not in known:
            msg = f"Invalid key {key} in {where}. Must be {', '.join(known)}."
            raise InputError(msg)
        paths = value if isinstance(value, list) else [value]
        fits = {
            TEXT: isinstance(value, str),
            PATHS: all(isinstance(path, str) for path in paths),
            SWITCH: isinstance(value, bool),
            TABLE: isinstance(value, dict),
        }
        if not fits[known[key]]:
            msg = f"Invalid {key} {value!r} in {where}. Must be {known[key]}."
            raise InputError(msg)


def find_paths(folder: Path, named: str | list[str] | None) -> list[Path]:
    """Give the paths that one or several names stand for."""
    return [folder / name for name in ([named] if isinstance(named, str) else named or [])]


def find_previous(job: Job) -> Path | None:
    """Find the run before; a pointer that leads nowhere is refused, for ids would start anew."""
    if not job.latest.is_symlink():
        return None
    folder = job.latest.resolve()
    read_previous(folder)
    return folder


def rehearse(job: Job) -> None:
    """Say what a run would do, and refuse what it would refuse before it reads the rows."""
    for file in check_inputs(job.inputs, options=job.reading):
        log.info("%s, %s bytes", file, f"{file.stat().st_size:,}")
    if "population" in job.options:
        check_people(job.options["population"])
    log.info("previous run: %s", find_previous(job) or "none")
    log.info("would write into %s", job.runs)


@contextmanager
def lock(runs: Path) -> Iterator[None]:
    """Keep a second run out; the system opens the lock when this process ends, however it does."""
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / ".lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"another run holds {file.name}"
            raise LockedError(msg) from None
        yield


def regenerate(job: Job) -> Path:
    """Run, write into a folder of its own, point to it."""
    started, start = time.monotonic(), time.time()
    folder = name_folder(job.runs)
    clear_up(job.runs)
    previous = find_previous(job)
    log.info("previous run: %s", previous or "none")
    tell = Stopwatch()
    result = gii_geo.find_regions(
        *(job.inputs, job.settings),
        **job.options,
        cache=job.cache,
        previous=previous,
        progress=tell,
    )
    tell("writing files")
    files = result.write(folder)
    tell("comparing with the previous run")
    log_counts(result)
    if previous is not None:
        log_movers(result, previous)
    tell("")
    point_to(job.latest, folder)
    if job.cache is not None:
        forget(job.cache, before=start)
    seconds = time.monotonic() - started
    log.info("%d files in %s: %.1f s in all", len(files), folder, seconds)
    return folder


def clear_up(runs: Path) -> None:
    """Remove what a run left behind that was killed as it wrote; the lock is ours."""
    for path in runs.glob(LEFT_BEHIND):
        shutil.rmtree(path)
        log.info("removed %s, left by a run that was killed", path)


def name_folder(runs: Path) -> Path:
    """Name a folder after the time; a second one in the same second gets a number."""
    stem = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    return next(runs / name for name in names if not (runs / name).exists())


def point_to(latest: Path, folder: Path) -> None:
    """Let the pointer lead to the folder, in one step, so that a reader always finds a run."""
    beside = latest.with_name(".latest")
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.name, target_is_directory=True)
    beside.replace(latest)


def forget(cache: Path, *, before: float) -> None:
    """Remove what was read of files that this run no longer had; what it had, it has touched."""
    for path in filter(Path.is_file, cache.iterdir()):
        if path.stat().st_mtime < before:
            path.unlink()


def log_counts(result: gii_geo.Result) -> None:
    """Write how much there was at each level, and what became of the regions before."""
    for kind, row in result.accounts.kinds.iterrows():
        parts = ("rows", "rows_located", "rows_rejected", "rows_left_out")
        read, located, rejected, left_out = (f"{row[part]:,}" for part in parts)
        log.info(
            "%s: %s rows read, %s located, %s rejected, %s left out",
            *(call_kind(str(kind)), read, located, rejected, left_out),
        )
    sizes = {name: len(getattr(result, name)) for name in ("locations", "clusters", "regions")}
    log.info(", ".join(f"{size:,} {name}" for name, size in sizes.items()))
    events = result.events["event"].value_counts()
    log.info(", ".join(f"{events.get(event, 0):,} {event}" for event in EVENTS))


def log_movers(result: gii_geo.Result, previous: Path) -> None:
    """Write which regions rose and fell most since the run before."""
    before, _, _ = read_run(previous)
    locations = pd.DataFrame(result.locations.drop(columns=result.locations.geometry.name))
    matches = compare_runs(result.regions, locations, before).matches.dropna(subset="rank")
    moved = matches[matches["rank_difference"] != 0]
    order = moved["rank_difference"].abs().sort_values(ascending=False, kind="stable").index
    for row in moved.loc[order].head(MOVERS).to_dict("records"):
        log.info(
            "moved: %s %s, rank %d to %d",
            *(row["region_id"], row["name"], row["reference_rank"], row["rank"]),
        )
    log.info("%s of %s regions changed rank", f"{len(moved):,}", f"{len(matches):,}")


def main(words: list[str] | None = None) -> int:
    """Run the job; the exit code tells a scheduler what to do next."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("settings", type=Path, help="TOML file")
    parser.add_argument("--dry-run", action="store_true", help="check the job and write nothing")
    asked = parser.parse_args(words)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)  # the libraries below only speak up when something is wrong
    try:
        job = read_job(asked.settings)
        if asked.dry_run:
            rehearse(job)
        else:
            with lock(job.runs):
                regenerate(job)
    except LockedError as error:
        log.error("locked: %s", error)  # noqa: TRY400  # no fault, no traceback
        return LOCKED
    except Exception as error:
        if isinstance(error, InputError) or str(error).startswith("Invalid "):
            log.error("%s", error)  # noqa: TRY400  # the sentence says it all
            return BAD_INPUT
        log.exception("fault")
        return FAULT
    return DONE


if __name__ == "__main__":
    sys.exit(main())
