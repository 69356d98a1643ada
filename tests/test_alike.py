"""Rows that are alike are screened once, and come to the same as each by itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.world import World

TABLES = ("locations", "places", "accounts", "groups", "labels")


def draw_rows(seed: int) -> pd.DataFrame:
    """Draw rows that repeat, many of them impossible or written in two ways."""
    rng = np.random.default_rng(seed)
    few = {
        "kind": ["patent", "deal"],
        "lon": [8.5, 180.0, -180.0, 0.0, -0.0, np.nan, 181.0, None],
        "lat": [47.4, 90.0, -90.0, 0.0, -0.0, 95.0, None],
        "economy": ["CH", "ch", "US", None],
        "year": ["2019", "2020", "soon", None],
        "count": [1, 3, 0, 10**4, 10**9 + 1, None],
        "precision": ["city", "CITY", "street", None],
        "organisation": ["Works 1", "works 1", "Works 2", None],
    }
    drawn = {name: rng.choice(len(values), 900) for name, values in few.items()}
    rows = pd.DataFrame({name: [few[name][k] for k in row] for name, row in drawn.items()})
    return pd.concat([rows, rows.sample(frac=1, random_state=seed)], ignore_index=True)


def check_same(one: World, other: World) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)


@pytest.mark.parametrize("grid_deg", [None, 0.5])
def test_rows_alike_come_to_the_same_as_each_by_itself(grid_deg: float | None) -> None:
    rows = draw_rows(1)
    asked: Any = {"grid_deg": grid_deg, "allow_contradictions": True}
    together = gii_geo.read_world(rows, **asked)
    assert together.accounts["rows"].sum() == len(rows) > 2 * len(together.places) > 0
    each = gii_geo.read_world(pl.from_pandas(rows).lazy(), **asked)  # row by row
    check_same(together, each)


def test_rows_alike_in_several_files_and_a_table_are_one_world(tmp_path: Path) -> None:
    rows = draw_rows(2).assign(kind="patent")
    own = [rows.iloc[:600], rows.iloc[600:1200].drop(columns="precision"), rows.iloc[1200:]]
    for number, part in enumerate(own):
        part.to_parquet(tmp_path / f"{number}.parquet")
    together = gii_geo.read_world({"patent": tmp_path}, allow_contradictions=True)
    lazy = pl.from_pandas(pd.concat(own)).lazy()
    each = gii_geo.read_world({"patent": lazy}, allow_contradictions=True)
    check_same(together, each)
