"""Make the regions anew from a settings file, for a scheduler such as cron or systemd.

    gii-geo regenerate job.toml [--dry-run] [--quiet] [--log json]
    gii-geo regenerate job.toml --roll-back [DATE]
    gii-geo regenerate job.toml --release [DATE]

The settings file; its paths are relative to it:

    runs = "runs"                      # folder of the runs
    # keep = 30                        # old runs that stay beside the latest; all by default
    # source = "openalex"              # whose files they are, see gii-geo run --help
    # geocode = true                   # find coordinates by text; or a table [geocode], such as
                                       # min_confidence = 0.8, gazetteer = "own.csv"
    # allow_contradictions = true      # go on though most addresses lie outside their economy
    # grid_deg = 0.001                 # addresses go to the nearest point of this grid
    # population = "population.tif"

    # [duckdb]                         # what DuckDB may use; no result hangs on it
    # memory = "2GB"                   # 768MB by default
    # threads = 4                      # one a core by default
    # spill = "/scratch"               # folder on a disk for what memory does not hold

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

    [gate]                             # how bad a night may be; these are the defaults
    max_rejected_share = 0.2           # of a kind's rows
    max_lost_share = 0.1               # of what a kind had placed in the last good run
    max_gained_share = 0.5             # as much more than that
    max_contradicting_share = 0.05     # of a kind's addresses: far outside the economy they name
    min_regions = 1
    max_deaths_share = 0.1             # of the regions of the last good run

Each run goes into a folder of its own, named after its start in UTC. `runs/latest` points to the
last good one; the next one takes its region ids from there. A run that does not pass the gate
stays in its folder with a file HELD_BACK that says why, as run.json does under `held_back`;
`latest` stays where it was and the exit code is 3. docs/batch_job.md has the bounds, the marks and
the commands.

One line a stage goes to the standard error, with the time in UTC and the seconds it took, and the
notes, warnings and movers among the first hundred; with --quiet only what is wrong. With --log json
a line is an object: time, level, message, and of a stage its name, seconds and known figures (rows,
done, of, seconds_left). Two runs at once in one folder are locked out.

A run that crashes leaves `latest` alone and is simply started again. What was read of suppliers'
files (`source`) is kept in `runs/.read` for it, because that takes longer than all the rest: a
quarter of an hour for a year of patent grants in XML, at 33 MB a second. The other stages are done
anew; together they take seconds, or a minute and a half for 30 million addresses.

Exit codes: 0 done; 1 a fault, of the machine in one sentence, of ours with traceback; 2 an input
or a setting must be mended, trying again is of no use; 3 the run was held back by the gate; 75
another run has the lock, try again later (EX_TEMPFAIL of sysexits.h); 130 and 143 ended by SIGINT
or SIGTERM.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gii_geo.batch.folders import LockedError, lock, release, roll_back
from gii_geo.batch.job import read_job
from gii_geo.batch.night import LOGGER, HeldBackError, regenerate, rehearse
from gii_geo.faults import FAULT, judge
from gii_geo.sink import Sink

DONE, HELD_BACK, LOCKED = 0, 3, 75

log = logging.getLogger(LOGGER)


def main(words: Sequence[str] | None = None, *, name: str | None = None) -> int:
    """Do what is asked; the exit code tells a scheduler what to do next.

    By default the words are those of the process, and it is called by the name of its script.
    """
    asked = read_words(words, name)
    start_log(quiet=asked.quiet, form=asked.log)
    try:
        act(asked)
    except HeldBackError as error:
        log.error("held back: %s", error)  # noqa: TRY400  # no fault, no traceback
        return HELD_BACK
    except LockedError as error:
        log.error("locked: %s", error)  # noqa: TRY400
        return LOCKED
    except (Exception, KeyboardInterrupt) as error:
        if (judged := judge(error)) is None:
            log.exception("fault")
            return FAULT
        code, told = judged
        log.error("%s", told)  # noqa: TRY400  # the sentence says it all
        return code
    return DONE


def read_words(words: Sequence[str] | None, name: str | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog=name, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("settings", type=Path, help="TOML file")
    parser.add_argument("--quiet", action="store_true", help="log only what is wrong")
    parser.add_argument(
        "--log", choices=("text", "json"), default="text", help="form of the log on stderr"
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--dry-run", action="store_true", help="check the job and write nothing")
    for way, text in (
        ("--roll-back", "point to an earlier good run: the one before, or the last one of DATE"),
        ("--release", "let a run out that was held back: the last one, or that of DATE"),
    ):
        ways.add_argument(way, nargs="?", const="", metavar="DATE", help=text)
    return parser.parse_args(words)


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, message, and the figures of a stage."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        told = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "stage", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def start_log(*, quiet: bool, form: str = "text") -> None:
    """Log to the standard error, the time in UTC."""
    plain = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter = JsonFormatter() if form == "json" else plain
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(Sink(sys.stderr))
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    # The libraries below only speak up when something is wrong.
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def act(asked: argparse.Namespace) -> None:
    """Run, rehearse, roll back or release."""
    job = read_job(asked.settings)
    if asked.dry_run:
        rehearse(job)
        return
    with lock(job.runs):
        if asked.roll_back is not None:
            log.info("rolled back: latest is %s", roll_back(job.runs, asked.roll_back).name)
        elif asked.release is not None:
            log.info("released: latest is %s", release(job.runs, asked.release).name)
        else:
            regenerate(job)
