"""Counts that are no whole numbers, and ids that are numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.records import named
from gii_geo.records.engine import Engine
from gii_geo.records.lazy import collect
from gii_geo.records.sources.columns import read_columns
from gii_geo.tables import InputError

PLACE = {"lon": 8.5, "lat": 47.4}


@pytest.mark.parametrize("count", [0.5, 1.25, 1e-3, 2.000001])
def test_decimal_counts_are_refused_at_the_door(count: float, tmp_path: Path) -> None:
    frame = pd.DataFrame({**PLACE, "count": [1.0, 2.0, count]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (frame, pl.DataFrame(frame).lazy(), tmp_path / "a.csv", tmp_path / "a.parquet"):
        with pytest.raises(InputError, match=r"Invalid count '.*Must be a whole number of address"):
            gii_geo.read_world({"deal": source})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1_000", r"Invalid count '1_000' in .*, row 2\. Must be a number\."),
        ("many", r"Invalid count 'many' in .*, row 2\. Must be a number\."),
        ("1,5", r"Invalid count '1,5' in .*, row 2\. Must be a number with a decimal point\."),
        ("1;5", r"Invalid count '1;5' in .*Must be one number: split the cell into a row for"),
        ("0.5", r"Invalid count '0\.5' in .*, row 2\. Must be a whole number of addresses"),
    ],
)
def test_a_text_that_is_no_count_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'lon,lat,count\n1,2,1\n1,2,"{text}"\n', encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world({"deal": tmp_path / "a.csv"})


def test_whole_counts_are_read_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat,count\n1,2,2\n1,2,2.0\n1,2,2e0\n", encoding="utf-8")
    world = gii_geo.read_world({"deal": tmp_path / "a.csv"})
    assert world.places["addresses"].tolist() == [6]


def test_rejects_keep_the_count_that_could_not_be_read() -> None:
    frame = pd.DataFrame({**PLACE, "count": [1.0, float("inf"), -2.0, None]})
    for source in (frame, pl.DataFrame(frame).lazy()):
        world = gii_geo.read_world({"deal": source})
        reasons = sorted(world.rejects["reason"])
        bare = "count is not a whole number from 1 to 1,000,000,000"
        assert reasons == [bare, bare, f"{bare}: inf"]
        assert -2 in world.rejects["count"].dropna().tolist()
        short = world.accounts["reason"].dropna().astype(str)
        assert set(short) == {bare}


IDS = {
    "floats": ([7.0, 10989680.0, 2.0**53, 1.5], ["7", "10989680", "9007199254740992", "1.5"]),
    "integers": ([7, 10989680, 2**53, 0], ["7", "10989680", "9007199254740992", "0"]),
    "texts": (["7.0", "10989680.0", "007", "10.1000"], ["7", "10989680", "007", "10.1000"]),
    "zeros": (["7.00", "-7.0", "A7.0", "1.0.0"], ["7", "-7", "A7.0", "1.0.0"]),
    "nothing": (["NaN", r"\N", "-", "#N/A"], [None] * 4),
}


@pytest.mark.parametrize("name", IDS)
def test_a_whole_number_is_one_id_however_it_is_written(name: str, tmp_path: Path) -> None:
    given, ids = IDS[name]
    frame = pd.DataFrame({**PLACE, "record_id": given})
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (frame, pl.DataFrame(frame), pl.DataFrame(frame).lazy(), tmp_path / "a.parquet"):
        with Engine() as engine:
            (opened,) = engine.open_source(source)
            found = collect(read_columns(opened, kind="deal").table)["record_id"]
        assert [None if pd.isna(text) else text for text in found] == ids


ROUNDED = {
    "a spreadsheet": [f"1.2345{row % 3}E+15" for row in range(30)],
    "with a comma": ["1,23E+12 "] * 30,
    "floats": [1e16 + row for row in range(30)],
    "short floats": np.arange(30, dtype="float32") + 2**24,
}


def test_a_number_in_other_digits_is_told_by_what_it_must_be(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n\uff18.\uff15,47\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1\. Must be a number in the digits 0 to 9\."):
        gii_geo.read_world({"deal": tmp_path / "a.csv"})


@pytest.mark.parametrize("name", ROUNDED)
def test_ids_that_were_rounded_are_refused(name: str) -> None:
    frame = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ROUNDED[name]})
    for source in (frame, pl.DataFrame(frame).lazy()):
        with pytest.raises(InputError, match=r"Invalid record_id .* in 30 of the first 30 rows"):
            gii_geo.read_world({"patent": source})


@pytest.mark.parametrize("turn", [1, -1])
def test_a_few_ids_that_were_rounded_are_told(turn: int) -> None:
    ids = [*("5E10", "7E-3", "1e5", "US1E+7x"), *map(str, range(2000)), "1.5E+12", "1.5E+12"]
    table = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ids[::turn]})
    world = gii_geo.read_world({"patent": table})
    told = "1 record_id is a rounded number, such as '1.5e+12' (2 addresses): records may be one."
    assert any(warning.endswith(told) for warning in world.provenance["warnings"])
    assert world.accounts["records"].sum() == 2005


SPELLED = {
    "grouped": "{:,}",
    "with zeros in front": "{:09d}",
    "with an economy": ("US{}B2", "US-{:08d}-B2"),
    "with blanks": ("us {:,} b2", "US{}B2"),
    "as an address": ("10.1000%2f{}", "10.1000/{}"),
    "as an application": ("US 2013/{} A1", "US2013{}A1"),
    "with a dash of type": ("10\u20132013\u2013{}", "10-2013{}"),
    "as a UUID": ("01234567-89ab-cdef-0123-45678{}", "0123456789abcdef012345678{}"),
}


@pytest.mark.parametrize("name", SPELLED)
def test_ids_that_differ_in_signs_or_zeros_alone_are_told(name: str) -> None:
    one, other = SPELLED[name] if isinstance(SPELLED[name], tuple) else ("{}", SPELLED[name])
    numbers = range(4_100_000, 4_100_012)
    ids = [spelling.format(number) for spelling in (one, other) for number in numbers]
    table = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ids, "kind": "patent"})
    pair = sorted(repr(spelling.format(numbers[0]).lower()) for spelling in (one, other))
    told = f"24 of 24 patents have an id that another has but for signs or zeros, such as {pair[0]}"
    told += f" and {pair[1]}: are they one record?"
    for source in (table, pl.DataFrame(table).lazy()):
        warnings = gii_geo.read_world(source).provenance["warnings"]
        assert [warning.partition(": ")[2] for warning in warnings] == [told]


def test_of_many_ids_those_that_end_alike_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "MOST_ASKED", 200)
    ids = [form.format(number) for form in ("{}", "{:,}") for number in range(1000, 1120)]
    table = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ids, "kind": "patent"})
    [told] = gii_geo.read_world(table).provenance["warnings"]
    assert "24 of 24 patents whose id ends in 7 have an id that another has but for" in told


@pytest.mark.parametrize(
    "form",
    [
        *("A-{}-{}", "{}.{}", "10.1000/{}_{}", "{}/{:04d}", "{}{:05d}"),
        *(
            "{:02x}{:02x}",
            "10.3847/1538-4357/ab{:02x}{:02x}",
            "6{:07x}{:03x}",
        ),  # in letters and zeros
    ],
)
def test_ids_of_several_numbers_are_not_taken_for_alike(form: str) -> None:
    ids = [form.format(first, second) for first in range(1, 181) for second in range(1, 181)]
    table = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ids})
    assert not gii_geo.read_world({"patent": table}).provenance["warnings"]


def test_a_file_of_rounded_ids_among_others_is_told(tmp_path: Path) -> None:
    for name, ids in (("a", [f"P{row}" for row in range(1500)]), ("b", ROUNDED["a spreadsheet"])):
        table = pd.DataFrame({**PLACE, "record_id": ids}, index=range(len(ids)))
        table.to_parquet(tmp_path / f"{name}.parquet")
    warnings = gii_geo.read_world({"patent": tmp_path}).provenance["warnings"]
    assert any("3 record_ids are rounded numbers" in warning for warning in warnings)


def test_one_file_with_floats_and_one_with_integers_are_the_same_records(tmp_path: Path) -> None:
    pd.DataFrame({**PLACE, "record_id": range(30)}).to_csv(tmp_path / "a.csv", index=False)
    other = pd.DataFrame({"lon": 8.6, "lat": 47.4, "record_id": [float(row) for row in range(30)]})
    other.to_csv(tmp_path / "b.csv", index=False)
    world = gii_geo.read_world({"patent": tmp_path})
    assert world.accounts["records"].sum() == 30


@pytest.mark.parametrize("lacking", [None, 0])
@pytest.mark.parametrize("count", [2**53 + 1, 2**63 - 1])
def test_a_count_beyond_all_bounds_is_rejected_as_it_is(count: int, lacking: int | None) -> None:
    """What is missing beside it makes whole numbers floating ones, which round it."""
    rows = {"lon": [7.5, 7.5, 7.6], "lat": [47.5] * 3, "record_id": ["a", "a", "b"]}
    counts = pd.array([1, count, lacking], "Int64")
    world = gii_geo.read_world({"patent": pd.DataFrame({**rows, "count": counts})})
    assert world.rejects["count"].tolist()[0] == count
