"""What cannot be placed, and the one spelling of what can."""

import math
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gii_geo.records.screen import NO_COUNT, NO_PLACE, UNKNOWN_KIND, UNREAD, screen_addresses

SCHEMA = pa.schema(
    [
        *(("kind", pa.string()), ("lon", pa.float64()), ("lat", pa.float64())),
        *(("count", pa.int64()), ("unread", pa.string())),
    ]
)


def screen(engine: str, **values: Any) -> dict[str, Any]:
    """Screen one address in central Zurich with some values changed."""
    row = {"kind": "patent", "lon": 8.54, "lat": 47.38, "count": 1, "unread": None} | values
    table = pa.Table.from_pylist([row], schema=SCHEMA)
    lazy: Any = pl.DataFrame(table).lazy() if engine == "polars" else duckdb.from_arrow(table)
    rows = screen_addresses(nw.from_native(lazy).lazy()).collect("pyarrow").to_native()
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
