"""Records at several places, however they are kept: the same world, part by part too."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.records import named, standing
from gii_geo.records.limits import Limits


def make(left_out: str = "", rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "kind": rng.choice(["patent", "deal"], rows),
            "lon": rng.choice([8.5, -0.1, 139.7, np.nan], rows),
            "lat": rng.choice([47.4, 35.7], rows),
            "record_id": rng.choice(["A'1", "é2", "b 3", *map(str, range(200)), None], rows),
            "year": rng.choice([2019, 2020], rows),
            "count": rng.choice([1, 3], rows),
            "field": rng.choice(["Optics", "Energy", None], rows),
        }
    )
    if left_out == "lon":  # none is rejected, and each row is one address
        return table.dropna(subset="lon").drop(columns="count")
    return table.drop(columns=left_out) if left_out else table


def assert_same(one: gii_geo.World, other: gii_geo.World) -> None:
    for name in ("locations", "places", "records", "labels", "accounts"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)
    assert len(one.records)


@pytest.mark.parametrize("left_out", ["", "year", "count", "field", "lon", "kind"])
def test_what_all_rows_share_is_not_kept(left_out: str, tmp_path: Path) -> None:
    table, path = make(left_out), tmp_path / "rows.parquet"
    table.to_parquet(path)
    lazy = pl.from_pandas(table).lazy()
    of_one = left_out == "kind"
    expected = gii_geo.read_world({"deal": lazy} if of_one else lazy)
    for source in (table, path):
        assert_same(gii_geo.read_world({"deal": source} if of_one else source), expected)


@pytest.mark.parametrize("most", [1, 7, 100])
def test_records_joined_part_by_part_are_the_same(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = gii_geo.read_world(make())
    parts = []

    def part_records(*given: object) -> object:
        for part in parted(*given):
            parts.append(part)
            yield part

    parted = named._part_records
    monkeypatch.setattr(named, "_part_records", part_records)
    monkeypatch.setattr(Limits, "most_joined", most)
    monkeypatch.setattr(Limits, "most_sorted", max(most // 3, 1))
    assert_same(gii_geo.read_world(make()), expected)
    assert len(parts) > 1


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_records_taken_piece_by_piece_are_the_same(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make()
    # Two places at one pair of coordinates, and years that are known late alone.
    table["economy"] = np.where(np.arange(len(table)) % 3, "CH", None)
    table["year"] = table["year"].where(table["record_id"].isin(["98", "99"])).astype("Int64")
    table.loc[0, "count"] = 300
    expected = gii_geo.read_world(table, allow_contradictions=True)
    assert expected.records["year"].notna().any()
    assert expected.records["size"].max() > 255
    monkeypatch.setattr(standing, "_ROWS_AT_ONCE", rows)
    assert_same(gii_geo.read_world(table, allow_contradictions=True), expected)


def test_what_a_record_has_at_one_pair_of_coordinates_is_one_row() -> None:
    spots = [(8.5, 47.4, "CH"), (8.5, 47.4, None), (8.5, 47.4, "DE"), (2.3, 48.9, "FR")]
    table = pd.DataFrame(spots * 2, columns=["lon", "lat", "economy"]).assign(kind="deal")
    table["record_id"] = ["a"] * 4 + ["b"] * 4
    records = gii_geo.read_world(table).records
    columns = ["record", "location", "addresses", "size"]
    assert records[columns].to_numpy().tolist() == [
        *([0, 0, 1, 4], [0, 1, 3, 4], [1, 0, 1, 4], [1, 1, 3, 4])
    ]
    assert records["year"].isna().all()
