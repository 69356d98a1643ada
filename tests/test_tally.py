"""What of a small world counts, and what it comes to, by hand."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

import gii_geo
from gii_geo import World
from gii_geo.inside.labels import narrow_tally
from gii_geo.regions.tally import Tally, check_years, choose_rows, count_world, know_kinds
from gii_geo.tables import RECORD_UNITS, InputError

A, B, C = 7.5, 7.6, 7.7
"""Longitudes of three places at Basel, where three economies meet."""

ROWS: list[tuple[object, ...]] = [
    ("patent", "alone", A, "CH", 2019, None, 2, "x", "g"),
    ("patent", "coarse", A, "CH", 2018, "city", 3, "x", "g"),
    ("patent", "spread", A, "FR", 2019, None, 1, "x", "g"),
    ("patent", "spread", B, "CH", 2019, "city", 3, "y", "g"),
    ("patent", "undated", B, None, None, None, 1, None, None),
    ("deal", "here", B, None, 2019, "city", 1, "x", "h"),
    ("deal", "half", B, "DE", 2020, None, 1, "y", "h"),
    ("deal", "half", None, None, 2020, None, 1, "y", "h"),
    ("deal", "lost", None, None, 2020, None, 1, "y", "h"),
    ("deal", "some day", None, None, None, None, 1, None, None),
    ("deal", None, None, None, None, None, 1, None, None),
    ("publication", "third", C, "FR", 2020, None, 1, None, "h"),
]
NAMES = ["kind", "record_id", "lon", "economy", "year", "precision", "count", "field", "group"]


@cache
def read() -> World:
    table = pd.DataFrame(ROWS, columns=NAMES).assign(lat=47.55).astype({"year": "Int64"})
    return gii_geo.read_world(table, columns={"record_id": "record_id"})


@cache
def count() -> Tally:
    return count_world(read())


def in_records(units: pd.DataFrame) -> list[list[float]]:
    """Give patents and deals of each location, in records."""
    return (units[["patent", "deal"]] / RECORD_UNITS).to_numpy().tolist()


def list_table(table: pd.DataFrame) -> list[list[object]]:
    """List the rows of a table, missing ones as None."""
    plain = table.astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


def test_addresses_weight_and_activity_of_each_location_are_summed() -> None:
    tally = count()
    assert tally.kinds == ("patent", "publication", "deal")
    assert tally.locations["lon"].tolist() == [A, B, C]
    assert tally.locations["patent_addresses"].tolist() == [6, 4, 0]
    assert tally.locations["publication_addresses"].tolist() == [0, 0, 1]
    assert tally.locations["deal_addresses"].tolist() == [0, 2, 0]
    weight = tally.locations.filter(like="_weight") / RECORD_UNITS
    assert weight["patent_weight"].tolist() == [2.25, 1.75, 0]
    assert weight["deal_weight"].tolist() == [0, 1.5, 0]
    # A third of each kind's addresses: of patents 6 of 10 and 4 of 10.
    assert tally.locations["activity"].tolist() == pytest.approx([0.6 / 3, 1.4 / 3, 1 / 3])
    assert tally.world_location.tolist() == [0, 1, 2]
    assert tally.sites.lon.tolist() == [A, B, C]


def test_whole_records_and_their_squares_are_kept_apart_from_spread_ones() -> None:
    assert count().alone[["patent", "deal"]].to_numpy().tolist() == [[2, 0], [1, 2], [0, 0]]
    # Half of a deal is placed: a half times a half.
    assert in_records(count().squares) == [[2, 0], [1, 1.25], [0, 0]]
    assert count().rows.to_dict() == {"deal": 2, "patent": 5, "publication": 1}


def test_what_is_placed_no_better_than_by_city_is_told() -> None:
    coarse = count().coarse
    assert coarse["addresses"][["patent", "deal"]].to_numpy().tolist() == [[3, 0], [3, 1], [0, 0]]
    assert in_records(coarse["weight"]) == [[1, 0], [0.75, 1], [0, 0]]
    assert coarse["records"][["patent", "deal"]].to_numpy().tolist() == [[1, 0], [0, 1], [0, 0]]


def test_each_location_has_a_row_of_each_economy_and_kind() -> None:
    economies = count().list_economies()
    assert list_table(economies.drop(columns="activity")) == [
        [0, "CH", "patent", 5, 3],
        [0, "FR", "patent", 1, 0],
        [1, "CH", "patent", 3, 3],
        [1, "DE", "deal", 1, 0],
        [1, None, "deal", 1, 1],
        [1, None, "patent", 1, 0],
        [2, "FR", "publication", 1, 0],
    ]
    third = np.array([0.5, 0.1, 0.3, 0.5, 0.5, 0.1, 1]) / 3
    assert economies["activity"].tolist() == pytest.approx(third.tolist())


def test_all_that_counts_is_taken_without_a_copy() -> None:
    for tally in (count(), count_world(read(), kinds=("publication", "patent", "deal"))):
        assert tally.records is read().records
        assert tally.groups is read().groups
        assert tally.labels is read().labels


def test_one_kind_stands_at_its_own_locations_numbered_anew() -> None:
    tally = count_world(read(), kinds=("deal",))
    assert tally.kinds == ("patent", "publication", "deal")
    assert tally.locations["lon"].tolist() == tally.sites.lon.tolist() == [B]
    assert tally.locations.index.tolist() == [0]
    assert tally.world_location.tolist() == [1]
    assert tally.locations["patent_addresses"].tolist() == [0]
    assert tally.locations["deal_addresses"].tolist() == [2]
    assert tally.locations["activity"].tolist() == [1]
    assert tally.records.empty
    assert list_table(tally.groups[["kind", "location", "records"]]) == [
        ["deal", None, 1],
        ["deal", 0, 1],
        ["deal", 0, 1],
    ]
    assert list_table(tally.labels[["kind", "location", "cell"]]) == [
        ["deal", 0, "x"],
        ["deal", 0, "y"],
    ]
    assert tally.rows.to_dict() == {"deal": 2}
    assert tally.list_economies()["location"].tolist() == [0, 0]


def test_records_of_two_places_keep_them_where_others_are_gone() -> None:
    tally = count_world(read(), kinds=("patent", "publication"))
    assert tally.locations["lon"].tolist() == [A, B, C]
    tally = count_world(read(), years={"patent": (2018, 2018), "deal": (2020, 2020)})
    assert tally.locations["lon"].tolist() == [A, B, C]
    assert tally.records.empty
    tally = count_world(read(), kinds=("publication", "deal"))
    assert tally.locations["lon"].tolist() == [B, C]
    assert tally.groups["location"].dropna().tolist() == [0, 0, 1]


def test_years_leave_out_what_is_before_after_or_not_known() -> None:
    tally = count_world(read(), years={"patent": (2019, 2019)})
    assert tally.locations["patent_addresses"].tolist() == [3, 3, 0]
    assert tally.locations["deal_addresses"].tolist() == [0, 2, 0]
    assert list_table(tally.records[["location", "addresses"]]) == [[0, 1], [1, 3]]
    assert tally.records.columns.tolist() == read().records.columns.tolist()
    assert tally.records.index.tolist() == [0, 1]


def test_where_nothing_of_a_kind_stands_its_groups_stand_nowhere() -> None:
    rows = [("patent", A, "g"), ("deal", None, "h")]
    table = pd.DataFrame(rows, columns=["kind", "lon", "group"]).assign(lat=47.55)
    tally = count_world(gii_geo.read_world(table), kinds=("deal",))
    assert len(tally.locations) == 0
    assert list_table(tally.groups[["kind", "location"]]) == [["deal", None]]


def test_years_of_a_kind_that_does_not_count_reject_none_of_it() -> None:
    totals = count_world(read(), kinds=("deal",), years={"patent": (2019, 2019)}).totals
    assert totals["rows_left_out"].tolist() == [5, 1, 0, 0]
    assert totals["rows_rejected"].tolist() == [0, 0, 4, 0]


def test_what_came_in_is_told_by_kind_and_by_reason() -> None:
    totals = count().totals.drop(columns="units_undivided")
    assert totals.index.tolist() == ["patent", "publication", "deal", "unknown"]
    assert totals.to_numpy().tolist() == [
        [5, 0, 0, 4, 0],
        [1, 0, 0, 1, 0],
        [6, 0, 4, 5, 3.5 * RECORD_UNITS],
        [0, 0, 0, 0, 0],
    ]
    assert list_table(count().reasons) == [["deal", "no coordinates", 4, 3.5 * RECORD_UNITS]]


def test_years_leave_out_known_ones_and_reject_unknown_ones() -> None:
    tally = count_world(read(), kinds=("deal", "patent"), years={"deal": (2019, 2019)})
    totals = tally.totals.drop(columns="units_undivided")
    assert totals.to_numpy().tolist() == [
        [5, 0, 0, 4, 0],
        [1, 1, 0, 0, 0],
        # What may be of any year weighs nothing, of a record or none.
        [6, 3, 2, 1, 0],
        [0, 0, 0, 0, 0],
    ]
    assert list_table(tally.reasons) == [["deal", "year not known", 2, 0]]


def test_one_field_is_left_with_its_part_of_the_records() -> None:
    tally = narrow_tally(count(), "x")
    weight = tally.locations.filter(like="_weight") / RECORD_UNITS
    assert weight["patent_weight"].tolist() == [2.25, 0, 0]
    assert weight["deal_weight"].tolist() == [0, 1, 0]
    assert tally.locations["patent_addresses"].tolist() == [6, 4, 0]
    assert tally.alone[["patent", "deal"]].to_numpy().tolist() == [[2, 0], [0, 1], [0, 0]]
    assert in_records(tally.squares) == [[2, 0], [0, 1], [0, 0]]
    assert tally.records["location"].tolist() == [0]
    assert len(tally.groups) == len(tally.labels) == 0
    assert tally.totals["records"].tolist() == [3, 0, 1, 0]
    assert tally.totals["rows"].tolist() == [5, 1, 6, 0]
    assert set(tally.totals.dtypes) == {np.dtype(np.int64)}


def test_a_row_counts_by_its_kind_and_the_years_of_its_kind() -> None:
    table = pd.DataFrame(
        {
            "kind": ["deal", "deal", "deal", "deal", "patent", "publication"],
            "year": pd.array([2018, 2019, 2021, None, None, 2019], "Int16"),
        }
    )
    choose: Callable[..., np.ndarray] = choose_rows
    years = {"deal": (2019, 2020)}
    chosen = choose(table, {"deal", "patent"}, years, year="year").tolist()
    assert chosen == [False, True, False, False, True, False]
    spared = np.array([True, False, True, True, False, False])
    chosen = choose(table, {"deal", "patent"}, years, year="year", spared=spared).tolist()
    assert chosen == [False, True, False, True, True, False]


def test_a_kind_that_is_not_there_is_refused() -> None:
    assert know_kinds(read(), ("deal",)) == ("patent", "publication", "deal")
    with pytest.raises(InputError, match=r"Invalid kind 'mark'\. Must be in the world; found pat"):
        know_kinds(read(), ("deal", "mark"))
    for asked in ({"kinds": ("mark",)}, {"years": {"mark": (2019, 2020)}}):
        with pytest.raises(InputError, match="Invalid kind 'mark'"):
            count_world(read(), **asked)


def test_years_of_a_kind_without_a_column_of_them_are_refused() -> None:
    check_years(read(), ("deal",))
    table = pd.DataFrame({"kind": ["deal"], "lon": [A], "lat": [47.55]})
    undated = gii_geo.read_world(table)
    check_years(undated, ("patent",))
    with pytest.raises(InputError, match="Invalid years of deal"):
        check_years(undated, ("deal",))
