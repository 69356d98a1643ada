"""Years as texts, numbers and dates; a year that is not known, and a column of none."""

import datetime as dt
import io
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.records.engine import Engine
from gii_geo.records.lazy import collect
from gii_geo.records.sources.address_table import AddressTable, Record
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.columns import read_columns
from gii_geo.regions.tally import count_world
from gii_geo.tables import InputError

PLACE = {"lon": 8.5, "lat": 47.4}

YEARS: dict[Any, int | None] = {
    "2019": 2019,
    " 2019 ": 2019,
    "2019.0": 2019,
    "2019-03-15": 2019,
    "2019/03/15": 2019,
    "2019-03": 2019,
    "2019-03-15T10:30:00+0100": 2019,
    "2019-03-15 10:30:00.1234": 2019,
    "20190315": 2019,
    "20190315.0": 2019,
    "201903": 2019,
    "20190315103000": 2019,
    "15/03/2019": 2019,
    "3/15/2019": 2019,
    "15.03.2019": 2019,
    "15/03/2019 10:30": 2019,
    "15 Mar 2019": 2019,
    "March 15, 2019": 2019,
    "FY2019": 2019,
    "15-Mar-19": None,
    "43539": None,
    "20191345": None,
    "201913": None,
    "1552608000": None,
    "19": None,
    "0": None,
    "9999": None,
    "2,019": None,
    "2018; 2019": None,
    "2018-19": None,
    "2010s": None,
    "2019sep15": 2019,
    "2018/19": None,
    "2011-12": 2011,
    "2018-09": 2018,
    "-2018": None,  # as the number is none
    "1999-2019": None,
    "2019-03-15 / 2020-04-01": None,
    "10/2018-03/2019": None,
    "published 2018, granted 2019": None,
    "2019/20": None,
    "2019-03-15T10:30:00+1900": 2019,
    "15 Mar 2019 1030": None,
    "1665": 1665,
    "2562": None,
    "1398/12/24": None,
    "2999-12-31": None,
    "soon": None,
}
NUMBERS = {2019: 2019, 201903: 2019, 20190315: 2019} | dict.fromkeys((43539, 2562, 0, 9999, -5))


def read(source: object) -> list[tuple[int | None, str | None]]:
    with Engine() as engine:
        (opened,) = engine.open_source(source)
        rows = collect(read_columns(opened, kind="deal").table)
    return [
        (None if pd.isna(year) else int(year), None if pd.isna(text) else text)
        for year, text in zip(rows["year"], rows["year_text"], strict=True)
    ]


def test_a_year_is_the_same_from_every_engine_and_type(tmp_path: Path) -> None:
    texts = pd.DataFrame({**PLACE, "year": list(YEARS)})
    texts.to_csv(tmp_path / "a.csv", index=False)
    texts.to_parquet(tmp_path / "a.parquet")
    lazy = pl.DataFrame(texts).lazy()
    for source in (texts, lazy, pl.DataFrame(texts), tmp_path / "a.csv", tmp_path / "a.parquet"):
        assert dict(zip(YEARS, [year for year, _ in read(source)], strict=True)) == YEARS
        assert all((year is None) <= (text is not None) for year, text in read(source))
    numbers = pd.DataFrame({**PLACE, "year": list(NUMBERS)})
    for dtype in ("int64", "float64", "Int64"):
        frame = numbers.astype({"year": dtype})
        for source in (frame, pl.DataFrame(frame).lazy()):
            assert [year for year, _ in read(source)] == list(NUMBERS.values())
    dates = pd.DataFrame({**PLACE, "year": [dt.date(2019, 3, 15), None]})
    never = pd.DataFrame({**PLACE, "year": [dt.date(9999, 12, 31)]})
    for source in (never, pl.DataFrame(never).lazy()):
        assert read(source) == [(None, "9999-12-31")]
    stamps = pd.DataFrame({**PLACE, "year": pd.to_datetime(["2019-03-15", None])})
    for source in (dates, stamps, pl.DataFrame(dates).lazy(), pl.DataFrame(stamps).lazy()):
        assert read(source) == [(2019, None), (None, None)]


@pytest.mark.parametrize("value", ["15-Mar-19", "43539", "19", "x", 43539, 1552608000])
def test_a_column_most_of_whose_values_are_no_year_is_refused_naming_one(
    value: object, tmp_path: Path
) -> None:
    frame = pd.DataFrame({**PLACE, "year": [value] * 30 + [str(value)[:0] or None]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (frame, pl.DataFrame(frame).lazy(), tmp_path / "a.csv", tmp_path / "a.parquet"):
        with pytest.raises(InputError, match=rf"Invalid year '{value}.* found none in 30 of 30"):
            gii_geo.read_world({"deal": source})


def test_a_supplier_s_year_is_read_as_a_cell_of_a_table_is() -> None:
    table = AddressTable(None, "deal", None)
    file = SourceFile("a", io.BufferedReader(io.BytesIO()))
    table.add_file(file, (Record(year=text) for text in YEARS))
    found = table.finish().order("row").select("year, year_text").fetchall()
    texts = {text: None if year else text.strip() for text, year in YEARS.items()}
    assert found == list(zip(YEARS.values(), texts.values(), strict=True))


@pytest.mark.parametrize("date", ["20122019", "2018; 2019", "2018-2019", "1653000000", "43539"])
def test_a_supplier_s_dates_that_are_none_are_refused_naming_the_cell(
    date: str, tmp_path: Path
) -> None:
    deals = "company_permalink,company_country_code,company_city,funding_round_type,funded_at\n"
    deals += f"/c,USA,New York,series-a,{date}\n" * 9
    works = (
        "id,authorships.institutions.display_name,authorships.institutions.id,publication_year\n"
    )
    works += "".join(f"W{number},ETH Zurich,I1,{date}\n" for number in range(9))
    place = "g_location_disambiguated.tsv", "location_id\tlatitude\tlongitude\nL1\t47.56\t7.59\n"
    people = "g_inventor_disambiguated.tsv", "patent_id\tinventor_id\tlocation_id\n7\ti1\tL1\n"
    patents = "g_patent.tsv", f"patent_id\tpatent_type\tpatent_date\n7\tutility\t{date}\n"
    article = f"FN x\nPT J\nDT Article\nC1 ETH, Zurich, Switzerland.\nPY {date}\nUT 1\nER\nEF\n"
    sources = {
        "crunchbase": ("deal", [("rounds.csv", deals)]),
        "patentsview": ("patent", [place, people, patents]),
        "web_of_science": ("publication", [("savedrecs.txt", article)]),
    }
    if date.isdecimal():
        sources["openalex"] = ("publication", [("works.csv", works)])
    for source, (kind, files) in sources.items():
        (tmp_path / source).mkdir()
        for name, text in files:
            (tmp_path / source / name).write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=rf"Invalid year '{date}' in .*, row 1\. Must be a "):
            gii_geo.read_world({kind: tmp_path / source}, source=source)


def test_one_file_of_serial_numbers_is_not_hidden_by_a_larger_one(tmp_path: Path) -> None:
    pd.DataFrame({**PLACE, "year": [2019] * 90}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({**PLACE, "year": [43539] * 9}).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(InputError, match=r"Invalid year '43539' in .*b\.csv, row 1\."):
        gii_geo.read_world({"deal": tmp_path})


ROWS = [
    ("a", 8.5, "2019"),
    ("b", 8.5, "2018"),
    ("c", 8.5, "x19"),
    ("d", None, "x19"),
    ("e", 7.0, ""),
    ("e", 7.1, "x"),
    ("f", 7.0, "2019-01-02"),
    ("f", 7.1, "x"),
    ("g", None, "2019"),
]


def ask(years: dict[str, tuple[int, int]], *, without: list[str]) -> gii_geo.Result:
    frame = pd.DataFrame(ROWS, columns=["record_id", "lon", "year"]).assign(lat=47.4)
    settings = gii_geo.Settings(min_addresses=1, min_share=None, years=years)
    return gii_geo.find_regions({"deal": frame.drop(columns=without)}, settings)


def test_an_unknown_year_is_a_reason_of_its_own_only_where_years_are_asked_for() -> None:
    result = ask({}, without=[])
    assert result.rejects["reason"].tolist() == ["no coordinates"] * 2
    assert int(result.accounts.kinds.loc["deal", "records"]) == 7
    assert "4 of 8 rows have a text that is no year, such as 'x19' in row 3" in str(
        result.provenance["notes"]
    )

    result = ask({"deal": (2019, 2019)}, without=[])
    reasons = result.accounts.reasons.set_index("reason")["rows"].to_dict()
    assert reasons == {"no coordinates": 1, "year not known": 4}  # c, d and both rows of e
    row = result.accounts.kinds.loc["deal"]
    assert (row["rows"], row["rows_left_out"], row["rows_rejected"]) == (9, 1, 5)
    assert row["records"] == 3  # a, f and g: what may be of any year is in no denominator
    assert result.accounts.is_exact()
    assert len(result.rejects) == row["rows_rejected"]
    told = result.rejects[result.rejects["reason"].str.contains("year")]
    assert sorted(told["reason"]) == [
        *("year not known", "year not known", "year not known: x", "year not known: x19")
    ]
    assert set(told["record_id"].dropna()) == {"c", "d", "e"}


def test_without_ids_each_row_is_known_or_not_by_itself() -> None:
    result = ask({"deal": (2019, 2019)}, without=["record_id"])
    row = result.accounts.kinds.loc["deal"]
    assert result.accounts.is_exact()
    assert len(result.rejects) == row["rows_rejected"] == 6
    assert (result.rejects["reason"].str.contains("year not known")).sum() == 5
    assert row["records"] == 3  # what may be of any year is in no denominator


def test_a_world_counts_the_rows_it_rejects_by_reason_and_none_for_its_year_alone(
    tmp_path: Path,
) -> None:
    rows = ["8.5,47.4,2019"] * 20 + ["8.5,47.4,soon", "8.5,47.4,later", ",47.4,2019", "8.5,95,2019"]
    (tmp_path / "a.csv").write_text("lon,lat,year\n" + "\n".join(rows) + "\n", encoding="utf-8")
    world = gii_geo.read_world({"deal": tmp_path / "a.csv"})
    expected = {"latitude beyond 90 degrees": 1, "no coordinates": 1}
    assert world.count_rejected().to_dict() == expected
    assert len(world.rejects) == 4
    assert repr(world).endswith("rows rejected: 2")


@pytest.mark.parametrize("spot", [(None, None), (8.9, 45.1), (8.9, 95.0)])
@pytest.mark.parametrize("year", [None, -5])
def test_a_row_without_id_and_year_is_in_no_denominator_placed_or_not(
    spot: tuple[float | None, float | None], year: int | None
) -> None:
    known = pd.DataFrame({"lon": [7.51, 7.52, 7.53], "lat": 47.56, "year": 2018.0})
    other = pd.DataFrame({"lon": [spot[0]] * 3, "lat": [spot[1]] * 3, "year": [year] * 3})
    table = pd.concat([known, other.astype("float64")], ignore_index=True)
    settings = gii_geo.Settings(min_addresses=3, years={"patent": (2018, 2018)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gii_geo.DataWarning)
        result = gii_geo.find_regions({"patent": table}, settings)
    kinds = result.accounts.kinds.loc["patent"]
    assert kinds["records"] == len(known)
    assert result.regions["patent_share"].tolist() == [1.0]
    assert len(result.rejects) in (0, len(other))  # placed, with nothing for a year: not listed


def test_groups_count_no_more_records_of_a_window_than_there_are() -> None:
    known = pd.DataFrame({"lon": [7.51, 7.52, 7.53], "lat": 47.56, "year": 2018.0, "group": "g"})
    lost = pd.DataFrame({"lon": [None] * 3, "lat": None, "year": None, "group": ["g", "h", "h"]})
    table = pd.concat([known, lost.astype({"lon": float, "lat": float, "year": float})])
    world = gii_geo.read_world({"patent": table})
    for years, records in (({}, 6), ({"patent": (2018, 2018)}, 3)):
        tally = count_world(world, years=years)
        assert tally.totals.loc["patent", "records"] == records
        assert tally.groups["records"].sum() == records


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_ids_that_begin_anew_in_each_year_are_told(engine: str) -> None:
    row = {**PLACE, "record_id": list(map(str, range(30)))}
    frame = pd.concat([pd.DataFrame({**row, "year": year}) for year in (2018, 2019)])
    apart = pd.concat([frame, pd.DataFrame({**row, "year": 2018}).assign(record_id="x")])
    for table, told in ((frame, "30 of 30 deals"), (apart, "30 of 31 deals")):
        source = pl.DataFrame(table).lazy() if engine == "polars" else table
        with pytest.warns(gii_geo.DataWarning, match=f"{told} have addresses of several years"):
            result = gii_geo.find_regions(
                {"deal": source}, gii_geo.Settings(years={"deal": (2019, 2019)})
            )
        assert any(told in warning for warning in result.provenance["warnings"])
    world = gii_geo.read_world({"deal": frame.assign(record_id=range(60))})
    assert world.provenance["warnings"] == []
