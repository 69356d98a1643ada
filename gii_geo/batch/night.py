"""One run of the batch job, from its inputs to the pointer, told line by line in a log."""

import logging
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import shapely

from gii_geo.batch import folders
from gii_geo.batch.job import Job
from gii_geo.compare import compare_runs
from gii_geo.export import read_run
from gii_geo.paths import check_folder
from gii_geo.pipeline import check_question, find_regions
from gii_geo.project import LON_LAT
from gii_geo.records.rehearse import rehearse_reading
from gii_geo.regions.follow import EVENTS, read_previous
from gii_geo.regions.population import check_people, count_people
from gii_geo.result import Result
from gii_geo.tables import FIRST_HUNDRED, DataWarning, call_kind

LOGGER: Final = "regenerate"
MOVERS: Final = 10

_SOMEWHERE: Final = gpd.GeoSeries([shapely.box(8.5, 47.3, 8.6, 47.4)], crs=LON_LAT)
"""A place to count people in, to see whether they can be counted."""

_log = logging.getLogger(LOGGER)


class HeldBackError(RuntimeError):
    """A run that did not pass the gate."""


class _Stopwatch:
    """Writes one line a stage once it is over, with the seconds it took."""

    def __init__(self) -> None:
        self.start, self.stage = time.monotonic(), ""

    def __call__(self, stage: str) -> None:
        """End the stage and begin another."""
        now = time.monotonic()
        if self.stage:
            seconds = now - self.start
            told = {
                "stage": getattr(self.stage, "name", self.stage),
                **getattr(self.stage, "known", {}),
                "seconds": round(seconds, 1),
            }
            _log.info("%s: %.1f s", self.stage, seconds, extra={"stage": told})
        self.start, self.stage = now, stage


def rehearse(job: Job) -> None:
    """Say what a run would do, and refuse what it would refuse before it reads the rows."""
    reading = job.reading
    if "population" in job.options:
        check_people(job.options["population"])
        count_people(_SOMEWHERE, job.options["population"])
    files, world = rehearse_reading(job.inputs, options=reading)
    if world is not None:
        check_question(world, job.settings)
    for file in files:
        _log.info("%s, %s bytes", file, f"{file.stat().st_size:,}")
    check_folder(job.runs, name="folder of runs")
    folders.check_pointer(job.runs)
    if job.cache is not None:
        check_folder(job.cache, name="cache")
    previous = folders.find_previous(job.runs)
    _log.info("previous run: %s", previous[0] if previous else "none")
    if previous:
        read_previous(previous)
        read_run(previous[0])
        _warn_changed(previous[0])
    _log.info("%s", job.gate)
    _log.info("would write into %s", job.runs)


def regenerate(job: Job) -> Path:
    """Run, write into a folder of its own and, if the gate lets it through, point to it."""
    started, start, began = time.monotonic(), time.time(), datetime.now(UTC)
    folders.check_pointer(job.runs)
    _log_removed(folders.clear_up(job.runs), "left by a run that was killed")
    folder = folders.name_folder(job.runs, began)
    if folder.name[: len(now := began.strftime(folders.STAMP))] > now:
        _log.warning("the clock stands before the last run, %s is named after it", folder.name)
    previous = folders.find_previous(job.runs)
    _log.info("previous run: %s", previous[0] if previous else "none")
    before = _look_back(job, previous) if previous else None
    tell = _Stopwatch()
    result = _find_regions(job, previous, tell)
    if before and before[1]["inputs"] == result.provenance["inputs"]:
        _log.warning("the inputs are the same bytes as those of %s", previous[0].name)
    result.provenance["started"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
    _log_counts(result)
    reasons = job.gate.judge(result, before[1] if before else None)
    if reasons:
        result.provenance["held_back"] = reasons
    tell("comparing with the previous run")
    if before:
        _log_movers(result, before[0])
    tell("writing files")
    files = result.write(folder, marks=folders.mark_held_back(reasons))
    tell("")
    if not reasons:
        folders.point_to(folder)
    _tidy(job, start)
    seconds = time.monotonic() - started
    _log.info("%d files in %s: %.1f s in all", len(files), folder, seconds)
    if reasons:
        stays = previous[0].name if previous else "none"
        msg = f"{folder.name}, latest stays {stays}: {'; '.join(reasons)}"
        raise HeldBackError(msg)
    return folder


def _look_back(job: Job, previous: list[Path]) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Read regions and run.json of the last good run, and tell what is not as it should be."""
    if not (job.runs / "latest").is_symlink():
        folders.point_to(previous[0])
        _log.warning("latest was gone; it leads to the last good run, %s, again", previous[0].name)
    for run in folders.mark_unpublished(previous):
        _log.warning("%s never went out, and is marked as rolled back: latest had not moved", run)
    for later in previous[1:]:
        _log.info("ids also taken over from: %s", later)
    regions, _, told = read_run(previous[0])
    _warn_changed(previous[0])
    return regions, told


def _warn_changed(run: Path) -> None:
    """Warn of files of the last good run that no run needs, and whoever reads `latest` has."""
    for name, what in folders.list_changed(run).items():
        _log.warning("%s is %s since the run wrote it", run / name, what)


def _find_regions(job: Job, previous: list[Path], tell: _Stopwatch) -> Result:
    """Run the method; its warnings are told from what the result keeps of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        result = find_regions(
            *(job.inputs, job.settings),
            **job.options,
            cache=job.cache,
            previous=previous[0] if len(previous) == 1 else previous or None,
            progress=tell,
        )
    tell("")
    for text in result.provenance.get("warnings", []):
        _log.warning("%s", text)
    for text in result.provenance["notes"]:
        _log.info("note: %s", text)
    return result


def _tidy(job: Job, start: float) -> None:
    """Remove old runs, and what was read of files that this run no longer had."""
    if job.cache is not None:
        files = filter(Path.is_file, job.cache.iterdir())
        unused = [path for path in files if path.stat().st_mtime < start]  # it touches what it has
        _log_removed({path: folders.remove(path) for path in unused}, "read of what is no more")
    if job.keep is not None:
        removed = folders.remove_old(job.runs, keep=job.keep)
        _log_removed(removed, f"older than the last {job.keep}")


def _log_removed(removed: dict[Path, str], because: str) -> None:
    """Write what was removed, and warn of what the system does not let go."""
    for path, why in removed.items():
        if why:
            _log.warning("cannot remove %s: %s", path, why)
        else:
            _log.info("removed %s, %s", path, because)


def _log_counts(result: Result) -> None:
    """Write how much there was at each level, and what became of the regions before."""
    for kind, row in result.accounts.kinds.iterrows():
        parts = ("rows", "rows_located", "rows_rejected", "rows_left_out")
        read, located, rejected, left_out = (f"{row[part]:,}" for part in parts)
        _log.info(
            "%s: %s rows read, %s located, %s rejected, %s left out",
            *(call_kind(str(kind)), read, located, rejected, left_out),
        )
    sizes = map(len, (result.location_table, result.clusters, result.regions))
    _log.info("%s locations, %s clusters, %s regions", *(f"{size:,}" for size in sizes))
    events = result.events["event"].value_counts()
    _log.info("%s", ", ".join(f"{events.get(event, 0):,} {event}" for event in EVENTS))


def _log_movers(result: Result, before: gpd.GeoDataFrame) -> None:
    """Write which regions of the first hundred came, left, rose and fell most."""
    if not len(result.regions):
        return
    matches = compare_runs(result.regions, result.location_table, before).matches
    was = matches[matches["reference_rank"] <= FIRST_HUNDRED]
    for row in was[was["rank"].isna()].to_dict("records"):
        _log.info("gone: %s, rank %d, %s", *(row[key] for key in _GONE))
    both = matches.dropna(subset="rank")
    first = both[both[["reference_rank", "rank"]].min(axis=1) <= FIRST_HUNDRED]
    moved = first[first["rank_difference"] != 0]
    order = moved["rank_difference"].abs().sort_values(ascending=False, kind="stable").index
    for row in moved.loc[order].head(MOVERS).to_dict("records"):
        _log.info("moved: %s %s, rank %d to %d", *(row[key] for key in _MOVED))
    ours = result.regions[result.regions["rank"] <= FIRST_HUNDRED]
    for row in ours[~ours["region_id"].isin(both["region_id"])].to_dict("records"):
        _log.info("new: %s %s, rank %d", *(row[key] for key in ("region_id", "name", "rank")))
    _log.info(
        "%s of %s regions among the first %d moved", f"{len(moved):,}", len(first), FIRST_HUNDRED
    )


_GONE: Final = ("reference_name", "reference_rank", "reason")
_MOVED: Final = ("region_id", "name", "reference_rank", "rank")
