"""The batch job: a folder a run, a pointer that only success moves, codes a scheduler reads."""

import fcntl
import importlib.util
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from gii_geo.export import read_run
from gii_geo.result import Result

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
    spec = importlib.util.spec_from_file_location("regenerate_clusters", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


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


@pytest.fixture
def go(script: ModuleType, caplog: pytest.LogCaptureFixture) -> Go:
    caplog.set_level(logging.INFO, logger="regenerate")
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

    def fail(*_: object) -> None:
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
        patch.setattr(Result, "write", lambda *_: 1 / 0)
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
    (job.parent / "deals.parquet").unlink()
    assert go(job, "--dry-run") == 2


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
        ("[inputs]\npatent = 'a'", r"Invalid key patent in \[inputs\] of .* Must be patents,"),
        ("[inputs]\ndemo = true\nnew = 1", r"Invalid new 1 in \[inputs\] of .* a path or a list"),
        ("[inputs]\nNew = 'a'", r"Invalid kind 'New'. Must be patent, publication, deal, "),
        ("rnus = 'x'", r"Invalid key rnus in .*\. Must be runs, source, "),
        ("", r"Invalid \[inputs\] of .*\. Must name files under patents, "),
        ("runs = 3", r"Invalid runs 3 in .*\. Must be a text"),
        ("inputs = 'x.csv'", r"Invalid inputs 'x.csv' in .*\. Must be a table"),
        ("[inputs]\npatents = [3]", r"Invalid patents \[3\] in \[inputs\] of .* a path or a list"),
        ("geocode = 'yes'", r"Invalid geocode 'yes' in .*\. Must be true or false"),
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
    first = script.name_folder(tmp_path)
    for taken in (first.name, f"{first.name}-2"):
        (tmp_path / taken).mkdir()
    assert script.name_folder(tmp_path).name not in {first.name, f"{first.name}-2"}


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
