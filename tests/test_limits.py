"""What DuckDB may use of the machine, and what progress tells: no result hangs on either."""

import hashlib
import json
import logging
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import gii_geo
from conftest import LONG_RUN, RunCli
from gii_geo import demo
from gii_geo.batch import command
from gii_geo.progress import Pace
from gii_geo.records import limits
from gii_geo.records.engine import Engine
from gii_geo.records.inputs import count_rows, describe_beside
from gii_geo.records.limits import Limits, find_memory
from gii_geo.tables import InputError


@pytest.fixture
def addresses(small_world: pd.DataFrame, tmp_path: Path) -> Path:
    """Write the small world as Parquet."""
    small_world.to_parquet(tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def hash_all(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@LONG_RUN
def test_every_file_has_the_same_bytes_whatever_duckdb_may_use(
    addresses: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    used = ["--memory", "128MB", "--threads", 1, "--spill", tmp_path / "spill", "--log", "json"]
    for name, words in {"as it is": [], "within limits": used}.items():
        given = ["--addresses", addresses, *words, "--out", tmp_path / name]
        assert run_cli("run", *given, "--min-addresses", 60).exit_code == 0
        assert run_cli("read", *given[:-1], tmp_path / f"{name}, read").exit_code == 0
    assert hash_all(tmp_path / "as it is") == hash_all(tmp_path / "within limits")
    assert hash_all(tmp_path / "as it is, read") == hash_all(tmp_path / "within limits, read")
    assert list((tmp_path / "spill").iterdir()) == []
    repeated = ["--repeat", tmp_path / "as it is", "--memory", "200MB", "--out", tmp_path / "again"]
    assert run_cli("run", *repeated).exit_code == 0
    assert hash_all(tmp_path / "as it is") == hash_all(tmp_path / "again")


def test_limits_reach_duckdb() -> None:
    with Engine(limits=Limits.choose({"memory": "256MB", "threads": 1})) as engine:
        asked = "SELECT current_setting('memory_limit'), current_setting('threads')"
        assert engine.connection.sql(asked).fetchall() == [("244.1 MiB", 1)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no unit": ({"memory": "512"}, "Invalid memory '512'. Must be a size with its unit, such as"),
    "no number": ({"memory": "lots"}, "Invalid memory 'lots'. Must be a size with its unit"),
    "negative": ({"memory": "-1GB"}, "Invalid memory '-1GB'. Must be a size with its unit"),
    "too small": ({"memory": "64MB"}, "Invalid memory 64MB. Must be at least 128MB."),
    "no thread": ({"threads": 0}, "Invalid threads 0. Must be a whole number, 1 to 1,024."),
    "less than none": ({"threads": -2}, "Invalid threads -2. Must be a whole number"),
    "too many": ({"threads": 10**9}, "Invalid threads 1000000000. Must be a whole number"),
    "a file": ({"spill": __file__}, "Must be a folder; .* is a file"),
    "no place to write": (
        {"spill": "/proc/nowhere"},
        "Invalid spill folder /proc/nowhere. Must be",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_limit_that_cannot_be_is_refused_before_anything_is_read(
    case: str, run_cli: RunCli, tmp_path: Path
) -> None:
    asked, sentence = REFUSED[case]
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(tmp_path / "nowhere.csv", duckdb=asked)
    words = [word for name, value in asked.items() for word in (f"--{name}={value}",)]
    told = [
        ("read", "--deals", "nowhere.csv", *words),
        ("run", "--deals", "nowhere.csv", *words),
        ("sweep", "--deals", "nowhere.csv", "--vary", "gap_km=1,2", *words),
        ("stability", "--deals", "nowhere.csv", *words),
        ("windows", "--deals", "nowhere.csv", "--windows", "2016-2018", *words),
    ]
    for words in told[:: 1 if case == "no thread" else 9]:
        said = run_cli(*words)
        assert said.exit_code == 2
        assert len(said.stderr.splitlines()) == 1
        assert said.stderr.startswith("gii-geo: Invalid ")
        assert "nowhere.csv" not in said.stderr


def test_no_other_limit_is_known_and_none_stands_beside_a_world(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"Invalid limit cores .* Must be memory, threads, spill"):
        gii_geo.read_world(small_world, duckdb={"cores": 2})
    gii_geo.read_world(small_world, duckdb={"memory": None}).write(tmp_path / "world")
    with pytest.raises(InputError, match=r"Invalid duckdb \(--memory, .*\) beside the world"):
        gii_geo.read_world(tmp_path / "world", duckdb={"threads": 1})


ENDS = {
    "memory": (duckdb.OutOfMemoryException("could not pin block of size 256.0 KiB"), "--memory"),
    "disk": (duckdb.OutOfMemoryException("failed to offload data block"), "another disk"),
    "full": (duckdb.IOException("Could not write: No space left on device"), "another disk"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("wrapped", [False, True])
def test_running_out_of_memory_or_disk_says_what_to_do(end: str, *, wrapped: bool) -> None:
    error, way = ENDS[end]

    def fail() -> None:
        with Engine():
            if wrapped:
                msg = "Must be readable"
                raise InputError(msg) from error
            raise error

    with pytest.raises(InputError, match=f"Invalid (memory|spill folder) .*{way}"):
        fail()


def test_duckdb_itself_runs_out_in_the_words_that_are_known(tmp_path: Path) -> None:
    def fill(**config: Any) -> None:
        with Engine(limits=Limits("128MB", 1, tmp_path)) as engine:
            for name, value in config.items():
                engine.connection.execute(f"SET {name} = '{value}'")
            engine.connection.execute(
                "CREATE TEMP TABLE a AS SELECT range AS i, random() AS r FROM range(12_000_000)"
            )

    with pytest.raises(InputError, match=r"Invalid spill folder .* it is full: name another disk"):
        fill(max_temp_directory_size="10MB")
    with pytest.raises(InputError, match=r"Invalid memory 128MB.* give more \(--memory\)"):
        fill(memory_limit="1MB")
    assert list(tmp_path.iterdir()) == []


MOUNTS = r"""/dev/sda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
tmpfs /my\040ram ramfs rw 0 0
/dev/sdb /tmp/disk ext4 rw 0 0
"""


def test_a_folder_in_memory_is_known_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    monkeypatch.setattr(limits, "_MOUNTS", mounts)
    folders = ("/tmp/a", "/tmp/disk/a", "/my ram", "/home", "/tmpfs")  # noqa: S108
    found = [find_memory(Path(folder)) for folder in folders]
    assert found == ["tmpfs", None, "ramfs", None, None]
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(limits.tempfile, "tempdir", str(tmp_path))
    assert find_memory(Limits().folder) is None
    assert "memory too (tmpfs)" in (Limits(spill=tmp_path).tell_spill([]) or "")


def test_spilling_is_told_where_there_may_be_any(addresses: Path, tmp_path: Path) -> None:
    mounts = Limits(spill=tmp_path)
    assert mounts.tell_spill([addresses]) is None
    assert "GB free" in (Limits("2KB", spill=tmp_path).tell_spill([addresses]) or "")


# Relations of the user's own, the built-in world handed in


def test_a_relation_of_another_connection_stands_beside_a_file(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    half = len(small_world) // 2
    small_world[:half].to_csv(tmp_path / "a.csv", index=False)
    theirs = duckdb.connect()
    rest = theirs.from_df(small_world[half:])
    expected = gii_geo.read_world(small_world)
    path = tmp_path / "a.csv"
    for source in ([path, rest], [[rest], path], [path, rest.limit(300), rest.limit(9999, 300)]):
        world = gii_geo.read_world(source)
        for name in ("locations", "places", "records"):
            pd.testing.assert_frame_equal(getattr(world, name), getattr(expected, name))
    assert theirs.sql("SHOW ALL TABLES").fetchall() == []
    broken = theirs.sql("SELECT 1.0 AS lon, 2.0 AS lat, error('no') AS kind")
    with pytest.raises(InputError, match="Must be readable to its end"):
        gii_geo.read_world([path, broken])


@LONG_RUN
def test_the_built_in_world_handed_in_keeps_its_notice() -> None:
    table = pd.read_parquet(gii_geo.demo_path())
    world = gii_geo.read_world(table)
    assert demo.DEMO_NOTICE in world.provenance["notes"]
    assert demo.DEMO_CREDIT in world.provenance["credits"]
    deals = table[table["kind"] == "deal"]
    assert demo.DEMO_NOTICE in gii_geo.read_world({"deal": deals}).provenance["notes"]
    fewer = gii_geo.read_world({"deal": deals[1:]})
    assert demo.DEMO_NOTICE not in fewer.provenance["notes"]


# Progress


def test_a_stage_is_a_text_with_figures() -> None:
    pace = Pace(4)
    first, second = (pace.tell("reading", "reading", done, rows=7) for done in (0, 2))
    assert (first, first.known) == ("reading", {"rows": 7, "done": 0, "of": 4})
    assert (second, second.known["seconds_left"]) == ("reading, 1 s left", 1)
    assert Pace(None).tell("reading", "reading", 2).known == {}


def test_rows_are_known_of_parquet_alone(addresses: Path, small_world: pd.DataFrame) -> None:
    small_world.to_csv(addresses.with_suffix(".csv"), index=False)
    assert count_rows([addresses, addresses]) == 2 * len(small_world)
    assert count_rows([addresses, addresses.with_suffix(".csv")]) is None
    assert count_rows([]) is None


def test_checksums_are_taken_beside_the_reading(addresses: Path) -> None:
    (told,) = describe_beside((addresses,)).result()
    assert told["sha256"] == hashlib.sha256(addresses.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=r"nowhere\. Must not change while it is read"):
        describe_beside((addresses.with_name("nowhere"),)).result()


ASKED: dict[str, list[object]] = {
    "run": [],
    "read": [],
    "sweep": ["--vary", "gap_km=0,5"],
    "stability": ["--draws", 2],
    "windows": ["--windows", "2010-2014", "2015-2019"],
}


@pytest.mark.parametrize("command", ASKED)
def test_progress_is_an_object_a_line(
    command: str, addresses: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    setting = {"read": [], "run": ["--min-addresses", 60]}
    words = setting.get(command, ["--set", "min_addresses=60"])
    given = ["--addresses", addresses, *words, *ASKED[command], "--out", tmp_path / "out"]
    said = run_cli(command, *given, "--log", "json")
    assert said.exit_code == 0
    told = [json.loads(line) for line in said.stderr.splitlines()]
    assert told[0] | {"time": ""} == {
        "time": "",
        "stage": "reading a.parquet",
        "rows": 2200,
        "done": 0,
        "of": 2200,
    }
    assert all(datetime.fromisoformat(one["time"]).utcoffset() is not None for one in told)
    if command in ("sweep", "windows"):
        assert [one["done"] for one in told if one.get("of") == 2] == [0, 1]


WRONG: dict[str, list[object]] = {
    "an input": ["run", "--deals", "nowhere.csv", "--log", "json"],
    "an option": ["run", "--log=json", "--no-such-option"],
    "a value": ["run", "--demo", "--threads", "x", "--log", "json"],
    "a command": ["walk", "--log", "json"],
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused_is_an_object_too(what: str, run_cli: RunCli) -> None:
    said = run_cli(*WRONG[what])
    assert said.exit_code == 2
    (told,) = (json.loads(line) for line in said.stderr.splitlines())
    assert told["level"] == "error"
    assert told["message"]


def test_another_form_of_log_is_refused(run_cli: RunCli) -> None:
    said = run_cli("run", "--demo", "--log", "xml")
    assert (said.exit_code, said.stderr) == (2, "gii-geo: Invalid log xml. Must be text or json.\n")


def test_the_job_logs_json_and_passes_limits_on(
    addresses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = tmp_path / "job.toml"
    told = f'[inputs]\naddresses = "{addresses}"\n[settings]\nmin_addresses = 60\n'
    job.write_text(f'{told}[duckdb]\nmemory = "128MB"\nspill = "spill"\n', encoding="utf-8")
    script = vars(command)
    record = logging.LogRecord("a", 20, "b", 1, "reading: %.1f s", (1.5,), None)
    record.stage = {"stage": "reading", "rows": 3, "seconds": 1.5}
    line = json.loads(script["JsonFormatter"]().format(record))
    assert (line["level"], line["message"], line["rows"]) == ("info", "reading: 1.5 s", 3)
    with warnings.catch_warnings():
        assert script["main"]([str(job), "--log", "json"]) == 0
    assert (tmp_path / "spill").is_dir()
    job.write_text(f'{told}[duckdb]\nmemory = "1MB"\n', encoding="utf-8")
    assert script["main"]([str(job)]) == 2
    capsys.readouterr()
