"""The accounts: both identities by hand, and every way to break them."""

import json

import numpy as np
import pytest

import gii_geo
from gii_geo.accounts import Accounts, settle_accounts
from gii_geo.regions.tally import count_world
from gii_geo.tables import RECORD_UNITS

HALF = RECORD_UNITS // 2


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Accounts:
    """Settle a small world.

    One patent half in a region and half unlocated, one wholly outside, one of 25 addresses in the
    region; a publication row with an unknown count; two deal rows left out; a line not readable.
    """
    rows = ["patent,half,8.5,47.4,1", "patent,half,,,1", "patent,out,-8.5,47.4,1"]
    rows += ["patent,team,8.5,47.4,1"] * 25
    rows += ["publication,none,8.5,47.4,0", *["deal,,8.5,47.4,1"] * 2, "patent"]
    path = tmp_path_factory.mktemp("accounts") / "a.csv"
    path.write_text("kind,record_id,lon,lat,count\n" + "\n".join(rows) + "\n", encoding="utf-8")
    tally = count_world(gii_geo.read_world(path), kinds=("patent", "publication"))
    return settle_accounts(tally, np.where(tally.locations["lon"] > 0, 0, -1))


def test_every_row_and_every_unit_is_where_it_should_be(accounts: Accounts) -> None:
    assert accounts.is_exact()
    table = accounts.kinds
    assert table.index.tolist() == ["patent", "publication", "deal", "unknown"]
    assert table["rows"].tolist() == [28, 1, 2, 1]
    assert table["rows_located"].tolist() == [27, 0, 0, 0]
    assert table["rows_rejected"].tolist() == [1, 1, 0, 1]
    assert table["rows_left_out"].tolist() == [0, 0, 2, 0]
    assert table["records"].tolist() == [3, 0, 0, 0]
    patent = table.loc["patent"]
    assert patent["units_in_regions"] == HALF + RECORD_UNITS // 25 * 25
    assert patent["units_outside_regions"] == RECORD_UNITS
    assert patent["units_unlocated"] == HALF
    assert patent["units_undivided"] == RECORD_UNITS % 25
    assert set(table.dtypes.astype(str)) == {"int64"}


def test_reasons_are_counted_by_kind(accounts: Accounts) -> None:
    reasons = accounts.reasons
    assert reasons["kind"].tolist() == ["patent", "publication", "unknown"]
    assert reasons["rows"].tolist() == [1, 1, 1]
    assert reasons["weight"].tolist() == [HALF, 0, 0]


@pytest.mark.parametrize(
    "column",
    [
        *("rows", "rows_left_out", "rows_rejected", "rows_located", "records"),
        *("units_in_regions", "units_outside_regions", "units_unlocated", "units_undivided"),
    ],
)
def test_one_row_or_one_unit_too_many_anywhere_is_noticed(column: str, accounts: Accounts) -> None:
    kinds = accounts.kinds.copy()
    kinds.loc["patent", column] += 1
    assert not Accounts(kinds, accounts.reasons).is_exact()


def test_sums_beyond_int64_are_not_taken_for_right(accounts: Accounts) -> None:
    kinds = accounts.kinds.copy()
    kinds.loc["patent", "records"] = 2**62
    assert not Accounts(kinds, accounts.reasons).is_exact()


def test_the_accounts_are_plain_values_that_keep_every_digit(accounts: Accounts) -> None:
    values = accounts.to_dict()
    again = json.loads(json.dumps(values))
    assert again == values
    assert values["exact"] is True
    assert values["record_units"] == RECORD_UNITS
    patent = values["kinds"]["patent"]
    parts = values["identity"].split(" = ")[1].split(" + ")
    assert sum(patent[part] for part in parts) == patent["records"] * RECORD_UNITS
