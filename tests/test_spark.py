"""Spark, for real: the same world to the byte, and one sentence for its faults."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import py4j.protocol
import pyarrow as pa
import pytest
from test_again import check_same, draw

import gii_geo
from conftest import DRAWS, LONG_RUN
from gii_geo.records import intake
from gii_geo.records.engine import Engine
from gii_geo.records.home import _number_records
from gii_geo.records.lazy import collect
from gii_geo.records.rejects import REJECTS
from gii_geo.records.sources.columns import read_columns
from gii_geo.records.spark import Shelf
from gii_geo.tables import InputError

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # less compiling: tests are short
CONF = {
    "spark.master": "local[2,4]",  # a task that fails is tried again
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.extraJavaOptions": QUICK,
}
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "scripts" / "read_on_cluster.py"
TABLES = (
    *("locations", "places", "records", "groups", "labels", "accounts"),
    *("contradictions", "rejects"),
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession  # noqa: PLC0415  # an extra

    builder = SparkSession.builder.appName("tests")
    for name, value in CONF.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = builder.getOrCreate()
        yield session
        session.stop()


@pytest.fixture
def spark_table(spark: Any) -> Any:
    """Make a table of Spark of a pandas one."""
    return lambda frame: spark.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False))


def write(world: gii_geo.World, folder: Path) -> dict[str, bytes]:
    world.write(folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def assert_same(one: gii_geo.World, other: gii_geo.World) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@LONG_RUN
def test_the_built_in_world_is_the_same_to_the_byte(
    spark: Any, demo_world: gii_geo.World, tmp_path: Path
) -> None:
    del spark  # a session that stands is taken
    world = gii_geo.read_world(gii_geo.demo_path(), engine="spark")
    assert write(world, tmp_path / "spark") == write(demo_world, tmp_path / "duckdb")


@pytest.mark.shared_data
@LONG_RUN
def test_the_real_files_are_the_same_to_the_byte(
    spark: Any, real_files: dict[str, Any], tmp_path: Path
) -> None:
    del spark
    world = gii_geo.read_world(**real_files, engine="spark")
    assert write(world, tmp_path / "spark") == write(
        gii_geo.read_world(**real_files), tmp_path / "b"
    )


@pytest.mark.parametrize("grid_deg", [None, pytest.param(0.5, marks=LONG_RUN)])
def test_whoever_holds_a_table_reads_the_same_of_it(
    spark_table: Any, small_world: pd.DataFrame, grid_deg: float | None
) -> None:
    """Rejects, groups, labels, records at several places, and rows without an id among them."""
    rng = np.random.default_rng(3)
    table = small_world.assign(
        group=[f"Group {number}" for number in rng.integers(0, 90, len(small_world))],
        precision=rng.choice(["city", "street"], len(small_world)),
        field=rng.choice(["Optics", "Food; Optics", "n/a", " Food"], len(small_world)),
        count=rng.integers(1, 4, len(small_world)),
    )
    table.loc[::97, "lat"] = 91.0
    table.loc[::61, "record_id"] = None
    table.loc[::83, "count"] = 0
    table.loc[5:9, "record_id"] = "ALONE AND LOST"
    table.loc[5:9, "lon"] = None
    asked: Any = {"columns": {"record_id": "record_id"}, "grid_deg": grid_deg}
    wanted = gii_geo.read_world(table, **asked)
    assert len(wanted.groups)
    assert wanted.labels["cell"].cat.categories.tolist() == ["Food", "Food\x1fOptics", "Optics"]
    assert len(wanted.rejects) > 50
    forms = {
        "spark": spark_table(table),
        "polars": pl.DataFrame(table),
        "polars lazy": pl.DataFrame(table).lazy(),
        "pyarrow": pa.Table.from_pandas(table),
        "duckdb": duckdb.connect().from_df(table),
    }
    for name, form in forms.items():
        found = gii_geo.read_world(form, **asked)
        for part in TABLES[:-1]:
            pd.testing.assert_frame_equal(getattr(found, part), getattr(wanted, part), obj=name)
        rejects = [world.rejects.drop(columns="row") for world in (found, wanted)]
        pd.testing.assert_frame_equal(
            *(part.sort_values([*part.columns], ignore_index=True) for part in rejects), obj=name
        )


CELLS = pd.DataFrame(
    {
        "lon": ["8.5", " 8.5 ", "+8.5", "85e-1", ".5", "5.", "\t7.6", "7.6\u00a0", "n/a", None, ""],
        "lat": ["47.4", "inf", "-Infinity", "1e400", "0x1F", "1,5", "east", "--", "nan", "1", "1d"],
        "record_id": [
            "\u00a0A",
            "A\t",
            "7.0",
            "007",
            "1e5",
            "NaN",
            " ",
            "B\u3000",
            "\ufeffB",
            "-",
            "Ä",
        ],
        "year": [
            *("2019", " 2019.0", "2019-03-15", "15/03/2019", "201903", "20190315", "March 2019"),
            *("2019T10:00", "99", "unknown", "2019-03-15 10:30:00"),
        ],
        "count": ["1", "2.0", " 3", "2e0", "0", "0.5", "1e30", "inf", "many", None, "-1"],
        "economy": ["ch", " CH", "ch\u00a0", "", None, "\tch", "zz", "é", "Ch", "cH", "CH"],
        "group": ["\u00a0X", "x ", "X", "7.0", "7", "", None, "N/A", "y\u2003", "y", "Y"],
        "precision": ["city", " City", "city\u00a0", "", None, "\tcity", "x", "x", "x", "x", "x"],
    }
)


def test_a_cell_says_the_same_to_every_engine(spark_table: Any) -> None:
    read = {}
    forms = {"duckdb": CELLS, "polars": pl.DataFrame(CELLS).lazy(), "spark": spark_table(CELLS)}
    for name, form in forms.items():
        with Engine() as engine:
            [opened] = engine.open_source(form)
            table = collect(
                read_columns(opened, kind="deal", columns={"record_id": "record_id"}).table
            ).drop(columns="row")
        read[name] = table.astype(object).where(table.notna(), None)
    wanted = read.pop("duckdb")
    assert wanted["lon"].tolist()[:8] == [8.5, 8.5, 8.5, 8.5, 0.5, 5.0, 7.6, 7.6]
    assert wanted["record_id"].tolist() == [
        *("A", "A", "7", "007", "1e5", None, None, "B", "B", None, "Ä")
    ]
    for name, table in read.items():
        pd.testing.assert_frame_equal(table, wanted, check_dtype=False, obj=name)


def test_ids_that_differ_in_signs_alone_are_told_alike(spark_table: Any) -> None:
    numbers = range(4_100_000, 4_100_012)
    ids = [spelling.format(number) for spelling in ("us{}b2", "US-0{:,} B2") for number in numbers]
    table = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ids, "kind": "patent"})
    wanted = gii_geo.read_world(table).provenance["warnings"]
    assert "24 of 24 patents have an id that another has but for signs" in wanted[0]
    told = gii_geo.read_world(spark_table(table)).provenance["warnings"]
    assert [warning.partition(": ")[2] for warning in told] == [wanted[0].partition(": ")[2]]


def test_numbers_that_are_none_are_rejected_alike(spark_table: Any) -> None:
    table = pd.DataFrame(
        {
            "kind": "deal",
            "lon": [1.0, 2.0, 3.0, 4.0, np.nan, 6.0, 7.0, 8.0],
            "lat": 5.0,
            "count": [1.0, np.inf, -np.inf, np.nan, 1.0, 1e300, 1.0, 1.0],
            "year": [2019.0, np.nan, np.inf, -np.inf, 1e300, 2019.5, 2020.0, 2020.0],
        }
    )
    wanted = gii_geo.read_world(table)
    for form in (spark_table(table), pl.DataFrame(table).lazy()):
        found = gii_geo.read_world(form)
        pd.testing.assert_frame_equal(found.accounts, wanted.accounts)
        reasons = [sorted(world.rejects["reason"]) for world in (found, wanted)]
        assert reasons[0] == reasons[1]


@LONG_RUN
def test_of_many_rejects_the_first_come_home_and_all_are_counted(
    spark_table: Any, small_world: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = small_world.copy()
    table.loc[::9, "lat"] = 91.0
    table.loc[::27, "record_id"] = None
    wanted = gii_geo.read_world(table)
    many = int(wanted.count_rejected().sum())
    monkeypatch.setattr(intake, "MOST_LISTED", 20)
    found = gii_geo.read_world(spark_table(table))
    for name in TABLES[:-1]:
        pd.testing.assert_frame_equal(getattr(found, name), getattr(wanted, name))
    by = [*REJECTS[:-2]]
    first = wanted.rejects.drop(columns="row").sort_values(by, ignore_index=True).head(20)
    pd.testing.assert_frame_equal(found.rejects.drop(columns="row"), first)
    assert many > 100
    assert any(
        f"of {many:,} rejected rows the first 20 are" in n for n in found.provenance["notes"]
    )


INSTANTS = ["2018-12-31T23:30:00Z", "2019-01-01T00:30:00Z", "2019-06-01T12:00:00Z"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_year_is_that_of_utc_whatever_the_time_zone_of_the_session(
    spark: Any, spark_table: Any, zone: str
) -> None:
    instants = pd.to_datetime(pd.Series(INSTANTS))
    table = pd.DataFrame({"kind": "deal", "lon": 8.5, "lat": 47.4, "year": instants})
    was = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        found = gii_geo.read_world(spark_table(table))
    finally:
        spark.conf.set("spark.sql.session.timeZone", was)
    for other in (table, pl.DataFrame(table).lazy()):
        assert_same(found, gii_geo.read_world(other))
    assert found.places["year"].tolist() == [2018, 2019]
    assert found.places["addresses"].tolist() == [1, 2]


@LONG_RUN
def test_regions_are_the_same_for_drawn_settings(
    spark_table: Any, small_world: pd.DataFrame
) -> None:
    rng = np.random.default_rng(40)
    tables = (spark_table(small_world), small_world)
    asked = [gii_geo.find_regions(table, gii_geo.Settings(min_addresses=60)) for table in tables]
    for _ in range(max(2, DRAWS)):
        settings = gii_geo.Settings(**draw(rng, 30))
        check_same(*(one.ask(settings) for one in asked))


@LONG_RUN
def test_a_task_that_fails_and_is_tried_again_changes_nothing(
    spark_table: Any, small_world: pd.DataFrame, small_read: gii_geo.World
) -> None:
    def fail_at_first(batches: Any) -> Any:  # goes to the worker as it stands
        from pyspark import TaskContext  # noqa: PLC0415

        if TaskContext.get().attemptNumber() == 0:
            msg = "first attempt"
            raise RuntimeError(msg)
        yield from batches

    table = spark_table(small_world)
    assert_same(gii_geo.read_world(table.mapInArrow(fail_at_first, table.schema)), small_read)


@LONG_RUN
def test_what_spark_kept_and_was_set_to_is_let_go(
    spark: Any, spark_table: Any, small_world: pd.DataFrame
) -> None:
    name = "spark.sql.requireAllClusterKeysForCoPartition"
    was = spark.conf.get(name, None)
    gii_geo.read_world(spark_table(small_world))
    assert spark.conf.get(name, None) == was
    assert not spark.sparkContext._jsc.getPersistentRDDs()


@pytest.mark.parametrize("kinds", [["patent"], ["publication", "patent"]])
def test_records_that_came_home_are_numbered_in_the_order_of_their_bytes(kinds: list[str]) -> None:
    rng = np.random.default_rng(5)
    kind, name = rng.choice(kinds, 300), rng.choice([*(f"é{n}" for n in range(70)), "z", "Z"], 300)
    parts = (pa.chunked_array([part[:90], part[90:]]) for part in (kind, name))
    keys = [(one.encode(), other.encode()) for one, other in zip(kind, name, strict=True)]
    assert _number_records(*parts).tolist() == [sorted({*keys}).index(key) for key in keys]


def test_a_spark_that_died_does_not_hide_the_first_error() -> None:
    asked = []

    def answer_no(*_: str) -> None:
        asked.append(len(asked))
        raise ConnectionRefusedError if len(asked) == 1 else py4j.protocol.Py4JNetworkError

    died = SimpleNamespace(unpersist=answer_no, conf=SimpleNamespace(set=answer_no))
    Shelf([died, died], [(died, "true")]).clear()
    assert asked == [0, 1, 2]


@LONG_RUN
def test_tables_by_name_and_paths_with_a_scheme_are_sparks(
    spark_table: Any, small_world: pd.DataFrame, tmp_path: Path, run_cli: Any
) -> None:
    spark_table(small_world).createOrReplaceTempView("addresses")
    assert_same(gii_geo.read_world("addresses", engine="spark"), gii_geo.read_world(small_world))
    small_world.iloc[:1100].to_parquet(tmp_path / "a.parquet")
    small_world.iloc[1100:].to_parquet(tmp_path / "b.parquet")
    out = tmp_path / "world"
    said = run_cli("read", "--engine", "spark", "--addresses", tmp_path.as_uri(), "--out", out)
    assert said.exit_code == 0, said.stderr
    assert_same(gii_geo.read_world(out), gii_geo.read_world(small_world))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no engine": ({"engine": "flink"}, "Invalid engine 'flink'. Must be duckdb or spark."),
    "settings without": ({"spark": {"a": 1}}, "Must be left out, or engine spark."),
    "supplier": ({"engine": "spark", "source": "openalex"}, "Must be columns: suppliers' files"),
    "other session": (
        {"engine": "spark", "spark": {"spark.executor.memory": "9g"}},
        "beside a session that stands. Must be set where the session is begun; it has none.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.usefixtures("spark")
def test_what_cannot_be_asked_is_refused(name: str) -> None:
    options, sentence = REFUSED[name]
    with pytest.raises(InputError) as refused:
        gii_geo.read_world(gii_geo.demo_path(), **options)
    assert sentence in str(refused.value)


def test_what_spark_cannot_read_is_refused_in_one_sentence(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"Invalid file .*a\.csv for Spark\. Must be Parquet"):
        gii_geo.read_world({"deal": tmp_path / "a.csv"}, engine="spark")
    for place in ("no_such_table", "file:///no/such/place", "nowhere:///x"):
        with pytest.raises(InputError, match="Must be a table or a path of Spark's; ") as refused:
            gii_geo.read_world({"deal": place}, engine="spark")
        assert "\n" not in str(refused.value)
    frame = spark.sql(
        "SELECT assert_true(id < 5) IS NULL AS kind, 1.0 AS lon, 2.0 AS lat, id FROM range(9)"
    )
    with pytest.raises(InputError, match="Must be readable to its end") as refused:
        gii_geo.read_world(frame.selectExpr("if(kind, 'deal', 'x') AS kind", "lon", "lat"))
    assert "\n" not in str(refused.value)


@LONG_RUN
def test_spark_connect_gives_the_same_bytes(small_world: pd.DataFrame, tmp_path: Path) -> None:
    """A server of Spark Connect is begun, and the command reads by it."""
    path = tmp_path / "patents.parquet"
    small_world.drop(columns="kind").to_parquet(path)
    words = ["read", "--engine", "spark", "--patents", path, "--out", tmp_path / "world"]
    environment = {**os.environ, "SPARK_REMOTE": "local[2]", "SPARK_LOCAL_IP": "127.0.0.1"}
    environment["JAVA_TOOL_OPTIONS"] = QUICK
    done = subprocess.run(
        [Path(sys.executable).with_name("gii-geo"), *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {file.name: file.read_bytes() for file in sorted((tmp_path / "world").iterdir())}
    assert found == write(gii_geo.read_world({"patent": path}), tmp_path / "duckdb")


def run_alone(words: list[object], folder: Path) -> dict[str, bytes]:
    """Run a process that begins a Spark of its own and writes a world; give its files."""
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("SPARK_REMOTE", None)
    done = subprocess.run(
        [*map(str, words)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@LONG_RUN
def test_the_example_of_the_docs_runs_under_spark_submit(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "patents.parquet"
    small_world.drop(columns="kind").to_parquet(path)
    submit = [Path(sys.executable).with_name("spark-submit"), "--master", "local[2]"]
    words = [*submit, EXAMPLE, "--patents", path, "--out", tmp_path / "world"]
    found = run_alone(words, tmp_path / "world")
    assert found == write(gii_geo.read_world({"patent": path}), tmp_path / "duckdb")


DIES = """
import os, signal, sys
from pathlib import Path
import gii_geo, pandas as pd, pyarrow as pa
from pyspark.sql import SparkSession

source, marks, out = map(Path, sys.argv[1:])
builder = SparkSession.builder.master("local-cluster[2,1,1024]")
conf = {"executor.memory": "512m", "sql.shuffle.partitions": "2", "ui.enabled": "false",
        "log.level": "OFF", "sql.execution.arrow.maxRecordsPerBatch": "100"}
for name, value in conf.items():
    builder = builder.config(f"spark.{name}", value)
session = builder.getOrCreate()

def die(batches):
    for number, batch in enumerate(batches):
        yield batch
        if number == 1:
            kill()

def kill():
    for mark in ("first", "second", "third"):
        try:
            (marks / mark).touch(exist_ok=False)
        except FileExistsError:
            continue
        if mark != "second":
            daemon = os.getppid()
            stat = Path(f"/proc/{daemon}/stat").read_text()
            executor = int(stat.rpartition(")")[2].split()[1])
            assert "java" in Path(f"/proc/{executor}/comm").read_text()
            os.kill(executor, signal.SIGKILL)
        return

table = session.createDataFrame(pa.Table.from_pandas(pd.read_parquet(source)))
gii_geo.read_world(table.repartition(2).mapInArrow(die, table.schema)).write(out)
"""


@LONG_RUN
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the executor in /proc")
def test_executors_that_die_change_nothing(small_world: pd.DataFrame, tmp_path: Path) -> None:
    """Two of them are killed amid their rows: one as places are found, one as records are."""
    small_world.to_parquet(tmp_path / "all.parquet")
    marks = tmp_path / "marks"
    marks.mkdir()
    words = [sys.executable, "-c", DIES, tmp_path / "all.parquet", marks, tmp_path / "world"]
    found = run_alone(words, tmp_path / "world")
    assert sorted(mark.name for mark in marks.iterdir()) == ["first", "second", "third"]
    assert found == write(gii_geo.read_world(small_world), tmp_path / "duckdb")
