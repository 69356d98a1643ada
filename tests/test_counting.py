"""What counts and what does not, told by the result of the whole method; every number by hand."""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo import Settings
from gii_geo.tables import MOST_ADDRESSES, RECORD_UNITS

ZURICH, PARIS = (8.54, 47.37), (2.35, 48.86)


def patents(*rows: tuple[tuple[float, float], dict[str, Any]]) -> pd.DataFrame:
    """Make patents at places, with what else a row says."""
    table = [{"kind": "patent", "lon": lon, "lat": lat} | more for (lon, lat), more in rows]
    return pd.DataFrame(table)


def test_a_row_of_as_many_addresses_as_may_be_counts_them_all() -> None:
    assert MOST_ADDRESSES == 10**9
    result = gii_geo.find_regions(patents((ZURICH, {"count": 10**9})))
    assert result.rejects.empty
    assert result.accounts.kinds.loc["patent", "records"] == 10**9
    assert result.regions["patents"].tolist() == [1e9]
    assert result.regions["addresses"].tolist() == [10**9]
    assert result.accounts.is_exact()


def test_one_record_may_have_as_many_addresses_as_may_be() -> None:
    # 5,354,228,880 units make five for each of 10^9 addresses, and 354,228,880 are left.
    rows = patents((ZURICH, {"count": 10**9, "record_id": "a"}))
    result = gii_geo.find_regions(rows, columns={"record_id": "record_id"})
    kinds = result.accounts.kinds.loc["patent"]
    assert kinds["records"] == 1
    assert kinds["addresses_located"] == 10**9
    assert kinds["units_in_regions"] == 5 * 10**9
    assert kinds["units_undivided"] == RECORD_UNITS - 5 * 10**9 == 354_228_880
    assert result.accounts.is_exact()


@pytest.mark.parametrize("form", ["pandas", "polars lazy", "csv"])
def test_a_row_of_one_address_too_many_is_rejected_and_counts_for_none(
    form: str, tmp_path: Path
) -> None:
    table = patents((ZURICH, {"count": 10**9 + 1}), (ZURICH, {"count": 3}))
    source: Any = table
    if form == "polars lazy":
        source = pl.DataFrame(table).lazy()
    elif form == "csv":
        source = tmp_path / "a.csv"
        table.to_csv(source, index=False)
    result = gii_geo.find_regions(source)
    assert result.rejects["reason"].tolist() == [
        "count is not a whole number from 1 to 1,000,000,000"
    ]
    kinds = result.accounts.kinds.loc["patent"]
    assert (kinds["rows_rejected"], kinds["rows_located"]) == (1, 1)
    assert kinds["records"] == kinds["addresses_located"] == 3
    assert kinds["units_unlocated"] == 0
    assert result.regions["patents"].tolist() == [3]
    assert result.accounts.is_exact()


@pytest.mark.parametrize("share_of", ["all", "placed"])
@pytest.mark.parametrize("count", [None, 10**9 + 1])
def test_a_rejected_row_never_counts_for_a_record_counted_whole(
    count: int | None, share_of: Any
) -> None:
    # The rejected rows stand at places that count: b at Paris is one of them, c has no other row.
    rows = patents(
        (ZURICH, {"record_id": "a", "count": 2}),
        (PARIS, {"record_id": "a", "count": 1}),
        (ZURICH, {"record_id": "a", "count": count}),
        (ZURICH, {"record_id": "b", "count": 1}),
        (PARIS, {"record_id": "b", "count": count}),
        (ZURICH, {"record_id": "c", "count": count}),
        (PARIS, {"record_id": "c", "count": count}),
    ).astype({"count": "Int64"})
    settings = Settings(min_addresses=1, counting="full", share_of=share_of)
    result = gii_geo.find_regions(rows, settings, columns={"record_id": "record_id"})
    assert len(result.rejects) == 4
    assert result.regions[["economies", "patents", "patent_share"]].to_numpy().tolist() == [
        ["CH", 2, 1],
        ["FR", 1, 0.5],
    ]
    assert result.accounts.is_exact()


def test_precision_is_read_in_any_case() -> None:
    words = ["City", "CITY", "city", "Region", "COUNTRY", "street", "Building", None]
    rows = [(ZURICH, {"precision": word}) for word in words]
    result = gii_geo.find_regions(patents(*rows))
    # Five of eight addresses are no better placed than in the middle of their city.
    assert result.regions["city_level_share"].tolist() == [5 / 8]
