"""What cannot be placed, and the one spelling of what can."""

import math
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gii_geo
from conftest import RunCli
from gii_geo.memory import check_room, find_free
from gii_geo.records.screen import (
    NO_COUNT,
    NO_PLACE,
    UNKNOWN_KIND,
    UNREAD,
    check_grid,
    screen_addresses,
)
from gii_geo.tables import InputError

SCHEMA = pa.schema(
    [
        *(("kind", pa.string()), ("lon", pa.float64()), ("lat", pa.float64())),
        *(("count", pa.int64()), ("unread", pa.string())),
    ]
)


def screen(engine: str, *, per_degree: int | None = None, **values: Any) -> dict[str, Any]:
    """Screen one address in central Zurich with some values changed."""
    row = {"kind": "patent", "lon": 8.54, "lat": 47.38, "count": 1, "unread": None} | values
    table = pa.Table.from_pylist([row], schema=SCHEMA)
    lazy: Any = pl.DataFrame(table).lazy() if engine == "polars" else duckdb.from_arrow(table)
    screened = screen_addresses(nw.from_native(lazy).lazy(), per_degree=per_degree)
    rows = screened.collect("pyarrow").to_native()
    found: dict[str, Any] = rows.to_pylist()[0]
    return found


REASONS = [
    ({"lat": 90.001}, "latitude beyond 90 degrees"),
    ({"lat": -91.0}, "latitude beyond 90 degrees"),
    ({"lon": 180.5}, "longitude beyond 180 degrees"),
    ({"lon": -181.0}, "longitude beyond 180 degrees"),
    ({"lon": math.inf}, "longitude beyond 180 degrees"),
    ({"lon": math.nan}, "coordinates are NaN"),
    ({"lat": math.nan}, "coordinates are NaN"),
    ({"lon": None}, NO_PLACE),
    ({"lat": None, "lon": math.nan}, NO_PLACE),
    ({"lon": 0.0, "lat": 0.0}, "at exactly 0, 0"),
    ({"lon": -0.0, "lat": 0.0}, "at exactly 0, 0"),
    ({"count": 0}, NO_COUNT),
    ({"count": -3}, NO_COUNT),
    ({"count": None}, NO_COUNT),
    ({"count": 1_000_000_001}, NO_COUNT),
    ({"kind": "book"}, None),
    ({"kind": None}, UNKNOWN_KIND),
    ({"unread": "lon east"}, UNREAD),
    ({"kind": None, "lat": 91.0}, UNKNOWN_KIND),
    ({"kind": "book", "lat": 91.0}, "latitude beyond 90 degrees"),
    ({}, None),
    ({"count": 1_000_000_000}, None),
    ({"lon": 0.0}, None),
    ({"lat": 0.0}, None),
    ({"lat": 90.0}, None),
    ({"lon": -180.0}, None),
]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize(("values", "reason"), REASONS)
def test_an_address_gets_the_first_reason_that_holds(
    engine: str, values: dict[str, Any], reason: str | None
) -> None:
    assert screen(engine, **values)["reason"] == reason


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize(
    ("lon", "lat", "spelled"),
    [
        (180.0, -16.8, (-180.0, -16.8)),
        (-180.0, -16.8, (-180.0, -16.8)),
        (77.0, 90.0, (0.0, 90.0)),
        (180.0, -90.0, (0.0, -90.0)),
        (-0.0, 51.5, (0.0, 51.5)),
        (36.8, -0.0, (36.8, 0.0)),
        (179.999999, 10.0, (179.999999, 10.0)),
    ],
)
def test_one_point_has_one_spelling(
    engine: str, lon: float, lat: float, spelled: tuple[float, float]
) -> None:
    found = screen(engine, lon=lon, lat=lat)
    assert str((found["lon"], found["lat"])) == str(spelled)  # as text, -0.0 is not 0.0


def test_what_cannot_be_placed_keeps_its_coordinates() -> None:
    found = screen("duckdb", lon=180.0, lat=95.0)
    assert (found["lon"], found["lat"]) == (180.0, 95.0)


def test_no_row_is_lost() -> None:
    rows = pd.DataFrame(
        {name: [values.get(name) for values, _ in REASONS] for name in SCHEMA.names}
    )
    rows["count"] = rows["count"].astype("Int64")
    table = pa.Table.from_pandas(rows, schema=SCHEMA)
    assert len(screen_addresses(nw.from_native(duckdb.from_arrow(table)).lazy()).collect()) == 26


GRID = [
    # degrees, points to a degree, the nearest point
    ((8.5404, 47.3796), 1000, (8.54, 47.38)),
    ((0.125, -0.125), 4, (0.25, 0.0)),  # exactly between two: east and north
    ((-0.375, 0.375), 4, (-0.25, 0.5)),
    ((179.9, 10.1), 4, (-180.0, 10.0)),  # over the antimeridian
    ((179.875, 10.0), 4, (-180.0, 10.0)),
    ((-179.9, 10.0), 4, (-180.0, 10.0)),
    ((-179.875, 10.0), 4, (-179.75, 10.0)),
    ((77.0, 89.9), 4, (0.0, 90.0)),  # onto a pole, which has one longitude
    ((77.0, -89.9), 4, (0.0, -90.0)),
    ((0.1, -0.1), 4, (0.0, 0.0)),  # not "at exactly 0, 0": it was not
    ((1.1, 2.6), 1, (1.0, 3.0)),
]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize(("given", "per_degree", "point"), GRID)
def test_an_address_moves_to_the_nearest_point_of_the_grid(
    engine: str, given: tuple[float, float], per_degree: int, point: tuple[float, float]
) -> None:
    row = screen(engine, lon=given[0], lat=given[1], per_degree=per_degree)
    assert row["reason"] is None
    assert [str(row["lon"]), str(row["lat"])] == [str(degrees) for degrees in point]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_grid_lets_what_is_rejected_be(engine: str) -> None:
    for values in ({"lat": 90.0001}, {"lon": math.inf}, {"lon": 0.0, "lat": 0.0}):
        row, plain = (screen(engine, **values, per_degree=many) for many in (100, None))
        assert row == plain
        assert row["reason"]
    assert screen(engine, lon=math.nan, per_degree=100)["reason"] == "coordinates are NaN"


@pytest.mark.parametrize("grid_deg", [0, -0.1, 2, 0.3, 1e-7, math.nan, math.inf, "0.1", True])
def test_a_grid_that_does_not_divide_a_degree_is_refused(grid_deg: Any) -> None:
    with pytest.raises(InputError, match="Must be a whole part of a degree"):
        check_grid(grid_deg)


def test_a_world_on_a_grid_is_that_of_coordinates_written_so(tmp_path: Path) -> None:
    """Two of three addresses meet at one point; the option is told and can be repeated."""
    table = pd.DataFrame({"kind": "deal", "lon": [8.541, 8.539, 8.52], "lat": 47.38})
    world = gii_geo.read_world(table, grid_deg=0.01)
    assert world.locations.to_numpy().tolist() == [[8.52, 47.38], [8.54, 47.38]]
    assert world.places["addresses"].tolist() == [1, 2]
    assert world.provenance["options"]["grid_deg"] == 0.01
    assert any(
        "a grid of 0.01 degrees, at most 0.79 km off" in n for n in world.provenance["notes"]
    )
    for form in (pl.DataFrame(table), pl.DataFrame(table).lazy(), pa.Table.from_pandas(table)):
        other = gii_geo.read_world(form, grid_deg=0.01)
        pd.testing.assert_frame_equal(other.places, world.places)
        pd.testing.assert_frame_equal(other.locations, world.locations)
    world.write(tmp_path)
    with pytest.raises(InputError, match="Invalid grid_deg beside"):
        gii_geo.read_world(tmp_path, grid_deg=0.01)
    assert "grid_deg" not in gii_geo.read_world(table).provenance["options"]


@pytest.mark.parametrize("command", ["read", "run"])
def test_a_grid_is_asked_for_on_the_command_line(
    command: str, tmp_path: Path, run_cli: RunCli
) -> None:
    pd.DataFrame({"lon": [8.541, 8.539, 8.52], "lat": 47.38}).to_csv(tmp_path / "a.csv")
    words = ["--deals", tmp_path / "a.csv", "--out", tmp_path / "out", "--grid-deg"]
    said = run_cli(command, *words, 0.01)
    assert said.exit_code == 0, said.stderr
    table = pd.read_parquet(tmp_path / "out" / "locations.parquet")
    assert table["lon"].tolist() == [8.52, 8.54]
    assert run_cli(command, *words, 0.3).stderr.startswith("gii-geo: Invalid grid_deg 0.3. Must be")


def test_more_locations_than_memory_holds_are_refused_with_the_figures() -> None:
    check_room(2_000_000, free=1_000_000_000)
    check_room(10**9, free=None)
    with pytest.raises(InputError, match=r"2,000,001 distinct .*1\.0 GB of about 0\.5 kB"):
        check_room(2_000_001, free=1_000_000_000)


def write_system(root: Path, **files: str) -> Path:
    """Write what a system tells of its memory; a double underscore parts folders."""
    for name, text in {
        "proc__meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n",
        **files,
    }.items():
        path = root.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_free_is_what_the_machine_has_where_nothing_limits_it(tmp_path: Path) -> None:
    assert find_free(tmp_path / "elsewhere") is None
    assert find_free(write_system(tmp_path / "bare")) == 8000 * 1024
    none = {"proc__self__cgroup": "0::/user\n", "sys__fs__cgroup__user__memory.max": "max\n"}
    none["sys__fs__cgroup__user__memory.current"] = "5\n"
    assert find_free(write_system(tmp_path / "max", **none)) == 8000 * 1024


@pytest.mark.parametrize("inside", ["/", "/docker/abc", "/../.."])
def test_a_container_allows_less_than_the_machine_has(inside: str, tmp_path: Path) -> None:
    # Copies of files give way, so they count as free; of two groups the tighter one holds.
    second = {
        "proc__self__cgroup": f"0::{inside}\n",
        "sys__fs__cgroup__memory.max": "5000\n",
        "sys__fs__cgroup__memory.current": "3000\n",
        "sys__fs__cgroup__memory.stat": "anon 2500\ninactive_file 400\n",
    }
    assert find_free(write_system(tmp_path / "second", **second)) == 5000 - 3000 + 400
    folder = "sys__fs__cgroup__memory__"
    first = {
        "proc__self__cgroup": f"9:cpu:/\n4:blkio,memory:{inside}\n0::/\n",
        f"{folder}memory.limit_in_bytes": "7000\n",
        f"{folder}memory.usage_in_bytes": "3000\n",
        f"{folder}memory.stat": "total_inactive_file 100\n",
        f"{folder}docker__abc__memory.limit_in_bytes": "6000\n",
        f"{folder}docker__abc__memory.usage_in_bytes": "3000\n",
    }
    tighter = 3000 if inside == "/docker/abc" else 4100
    assert find_free(write_system(tmp_path / "first", **first)) == tighter


def test_nothing_is_free_in_a_container_over_its_limit(tmp_path: Path) -> None:
    over = {"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__memory.max": "5\n"}
    assert (
        find_free(write_system(tmp_path, **over, **{"sys__fs__cgroup__memory.current": "6"})) == 0
    )
