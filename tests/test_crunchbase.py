"""Crunchbase's exports of several years: a row for each funding round, at its company's place."""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.crunchbase import read_crunchbase
from gii_geo.tables import InputError

OCTOBER = """company_permalink,company_country_code,company_state_code,company_region,company_city,\
funding_round_type,funded_at,raised_amount_usd
/company/waywire,USA,NY,New York,New York,series-a,2012-06-30,1750000
/company/vigo,FIN,,Helsinki,"Espoo, West",angel,2013-01-03,
/company/nowhere,,,,,other,,
"""
ROUNDS_2015 = """company_permalink,funding_round_permalink,funding_round_type,funded_at
/organization/a,/funding-round/1,venture,05-01-2015
/ORGANIZATION/B,/funding-round/2,seed,2014-10-14
/organization/c,/funding-round/3,venture,2013-10-14
"""
COMPANIES_2015 = """permalink,name,category_list,country_code,state_code,region,city
/Organization/A,"A, Inc.",Media,IND,16,Mumbai,Mumbai
/organization/b,B,Media,USA,CA,"SF Bay Area",Oakland
/organization/z,Z,Media,USA,CA,"SF Bay Area",Oakland
"""
ROUNDS_TODAY = """uuid,name,country_code,state_code,region,city,investment_type,announced_on,\
org_uuid
u-1,Seed - A,CHE,,Basel-Stadt,Basel,seed,2024-02-01,o-1
"""
ORGANIZATIONS = """uuid,name,country_code,state_code,region,city
o-1,A,CHE,,Zurich,Zürich
"""
INVESTMENTS = """company_permalink,investor_permalink,funding_round_type,funded_at,company_city
/company/waywire,/person/x,series-a,2012-06-30,New York
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def read(source: Path, columns: str, **options: Any) -> list[tuple[Any, ...]]:
    options = {"types": "all"} | options
    return read_crunchbase(source, **options).order("row").select(columns).fetchall()


@pytest.fixture(scope="module")
def october(shared_data: Path) -> Path:
    return shared_data / "formats" / "crunchbase_rounds_oct2013.csv"


@pytest.fixture(scope="module")
def by_pandas(october: Path) -> pd.DataFrame:
    return pd.read_csv(
        october, encoding="latin-1", lineterminator="\r", dtype=str, keep_default_na=False
    )


@pytest.mark.shared_data
def test_the_export_of_october_2013_is_what_pandas_reads(
    october: Path, by_pandas: pd.DataFrame
) -> None:
    found = read_crunchbase(october, types="all").order("row").df()
    assert len(found) == len(by_pandas) == 31_679
    assert found["problem"].isna().all()
    assert found["row"].tolist() == list(range(1, 31_680))
    assert found["country"].tolist() == by_pandas["company_country_code"].tolist()
    city = by_pandas["company_city"].str.strip()
    city = city.str.encode("latin-1").str.decode("mac_roman")  # Bogotá, as the old Mac writes it
    assert found["city"].fillna("").tolist() == city.tolist()
    assert found["year"].tolist() == by_pandas["funded_at"].str[:4].astype(int).tolist()
    assert found["record_id"].isna().all()


@pytest.mark.shared_data
def test_the_table_made_of_the_export_has_the_same_years_and_states(
    october: Path, shared_data: Path
) -> None:
    made = pd.read_parquet(shared_data / "deals_oct2013_us.parquet")
    found = read_crunchbase(october, types="all").order("row").df()
    assert found["year"].tolist() == made["funded_at"].astype("str").str[:4].astype(int).tolist()
    state = made["company_state_code"]
    assert found["division"][state.notna()].tolist() == state.dropna().tolist()


@pytest.mark.shared_data
def test_venture_capital_counts_and_every_other_round_is_left_out_by_its_type(
    october: Path, by_pandas: pd.DataFrame
) -> None:
    """WIPO counts venture-capital deals. The four numbers were counted in the column by hand."""
    found = read_crunchbase(october).order("row").df()
    assert found["row"].tolist() == list(range(1, 31_680))
    others = {"other": 2_921, "private-equity": 757, "post-ipo": 42, "crowdfunding": 30}
    left_out = {f"left out, type {name}": number for name, number in others.items()}
    assert found["problem"].value_counts().to_dict() == left_out
    assert sum(others.values()) == 3_750
    is_other = by_pandas["funding_round_type"].isin(others)
    assert found["problem"].notna().tolist() == is_other.tolist()
    assert found["count"].tolist() == (~is_other).astype(int).tolist()


@pytest.mark.shared_data
def test_rounds_can_be_taken_by_type(october: Path, by_pandas: pd.DataFrame) -> None:
    told: list[str] = []
    relation = read_crunchbase(october, types=["Series-A", "venture"], progress=told.append)
    kept = by_pandas["funding_round_type"].isin(["series-a", "venture"]).sum()
    assert relation.sum('"count"').fetchall() == [(kept,)] == [(6_523 + 7_941,)]
    assert told[-1].endswith(f"31,679 records, {31_679 - kept:,} of them left out")


def test_there_is_a_row_for_each_round(tmp_path: Path) -> None:
    relation = read_crunchbase(write(tmp_path, rounds=OCTOBER), types="all")
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    start, end = ("deal", None, None, None, None), [None] * 5
    file = str(tmp_path / "rounds.csv")
    assert relation.order("row").fetchall() == [
        (*start, 2012, None, 1, "New York", "NY", "USA", *end, file, 1),
        (*start, 2013, None, 1, "Espoo, West", "Helsinki", "FIN", *end, file, 2),
        (*start, None, None, 1, None, None, None, *end, file, 3),
    ]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encoding_and_line_ends_do_not_matter(tmp_path: Path, encoding: str, end: str) -> None:
    text = OCTOBER.replace("New York,series", "Zürich,series").replace("\n", end)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert read(tmp_path / "a.csv", "city") == [("Zürich",), ("Espoo, West",), (None,)]


def test_rounds_of_2015_take_the_places_of_their_companies(tmp_path: Path) -> None:
    write(tmp_path, rounds2=ROUNDS_2015, companies=COMPANIES_2015)
    places = read(tmp_path, "record_id, city, division, country, problem")
    assert read(tmp_path, "year") == [(2015,), (2014,), (2013,)]
    assert places == [
        ("/funding-round/1", "Mumbai", "16", "IND", None),
        ("/funding-round/2", "Oakland", "CA", "USA", None),
        ("/funding-round/3", None, None, None, "no company /organization/c"),
    ]


def test_rounds_without_any_place_are_refused(tmp_path: Path) -> None:
    write(tmp_path, rounds=ROUNDS_2015)
    with pytest.raises(InputError, match=r"Must tell the companies' cities .*; found neither"):
        read_crunchbase(tmp_path)


def test_the_export_of_today_is_read_from_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("organizations.csv", ORGANIZATIONS)
        archive.writestr("funding_rounds.csv", ROUNDS_TODAY)
    found = read(tmp_path / "export.zip", "record_id, city, division, country, year")
    assert found == [("u-1", "Basel", "Basel-Stadt", "CHE", 2024)]


def test_investments_are_not_taken_for_rounds(tmp_path: Path) -> None:
    write(tmp_path, investments=INVESTMENTS, rounds=OCTOBER)
    assert len(read_crunchbase(tmp_path)) == 3
    told = r"found investments, a row for each investor of a round \(column investor_permalink of"
    with pytest.raises(InputError, match=told):
        read_crunchbase(tmp_path / "investments.csv")
    (tmp_path / "investments.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"Must hold a CSV file of funding rounds; found none"):
        read_crunchbase(tmp_path / "investments.csv")


def test_a_broken_row_is_told_and_takes_no_other_with_it(tmp_path: Path) -> None:
    header, first, *others = OCTOBER.splitlines()
    broken = ['/company/cut,USA,NY,"New Yo', "garbage", "a,b,c,d,e,f,g,h,i"]
    write(tmp_path, rounds="\n".join([header, first, *broken, *others]))
    problem = "broken record: it must have 8 cells"
    assert read(tmp_path, "city, problem, row, count") == [
        ("New York", None, 1, 1),
        (None, problem, 2, 1),
        (None, "no round: no row of the export", 3, 0),
        (None, problem, 4, 1),
        ("Espoo, West", None, 5, 1),
        (None, None, 6, 1),
    ]


def test_what_stands_below_the_rounds_is_no_round(tmp_path: Path) -> None:
    header, first, *_ = OCTOBER.splitlines()
    below = ["Total: 1", "Sum" + "," * 7, "," * 7]
    write(tmp_path, rounds="\n".join([header, first, *below]))
    no_round = (None, "no round: no row of the export")
    assert read(tmp_path, "city, problem, count") == [
        ("New York", None, 1),
        *((*no_round, 0) for _ in range(2)),
    ]


def test_a_file_cut_anywhere_gives_the_rows_before_the_cut(tmp_path: Path) -> None:
    whole = [("New York", None), ("Espoo, West", None), (None, None)]
    data = OCTOBER.encode()
    for cut in range(len(b"\n".join(data.splitlines()[:2])) + 1, len(data), 5):
        (tmp_path / "rounds.csv").write_bytes(data[:cut])
        rows = read(tmp_path, "city, problem")
        lines = data[:cut].count(b"\n") - 1
        assert rows[:lines] == whole[:lines]
        assert len(rows) <= lines + 1


def test_what_can_be_unpacked_of_a_cut_file_is_read_and_the_cut_is_told(tmp_path: Path) -> None:
    header, first, *_ = OCTOBER.splitlines()
    lines = [header, *(first.replace("waywire", f"{number**7}") for number in range(2_000))]
    packed = gzip.compress("\n".join(lines).encode())
    (tmp_path / "rounds.csv.gz").write_bytes(packed[: len(packed) // 2])
    relation = read_crunchbase(tmp_path)
    good = len(relation.filter("problem IS NULL"))
    assert 800 < good < 1_200
    problems = relation.filter("problem IS NOT NULL AND row > 1").order("row")
    *_, last = problems.select("problem, count, row").fetchall()
    assert last[0].startswith("broken file: Compressed file ended before")
    assert last[1] == 0


def test_types_that_no_round_has_are_refused_and_those_there_are_named(tmp_path: Path) -> None:
    found = "left out, type angel.*left out, type other.*left out, type series-a"
    with pytest.raises(InputError, match=rf"records that count by the source options.*{found}"):
        read_crunchbase(write(tmp_path, rounds=OCTOBER), types=["B"])


def test_a_round_that_is_left_out_keeps_its_id_year_and_row_but_counts_for_nothing(
    tmp_path: Path,
) -> None:
    """Its company need not be there."""
    rounds = ROUNDS_2015.replace("/funding-round/3,venture", "/funding-round/3,debt_financing")
    write(tmp_path, rounds=rounds, companies=COMPANIES_2015)
    last = read_crunchbase(tmp_path).filter("row = 3").select('record_id, year, problem, "count"')
    told = "left out, type debt_financing"
    assert last.fetchall() == [("/funding-round/3", 2013, told, 0)]


@pytest.mark.parametrize(
    ("type_", "counts"),
    [
        *((name, 1) for name in ("venture", "Series_B", "series-c+", "angel", "seed", "pre_seed")),
        *((name, 0) for name in ("grant", "debt_financing", "post_ipo_equity", "private_equity")),
        ("", 1),  # it does not say
    ],
)
def test_what_is_venture_capital_is_told_by_the_type(
    tmp_path: Path, type_: str, counts: int
) -> None:
    text = OCTOBER.splitlines()[0] + f"\n/c/a,USA,NY,,New York,{type_},2012-06-30,\n"
    text += "/c/b,USA,NY,,New York,seed,2012-06-30,\n"
    relation = read_crunchbase(write(tmp_path, rounds=text)).order("row").select('"count"')
    assert relation.fetchall() == [(counts,), (1,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"rounds\.csv\. Must not be empty"),
        ("<!DOCTYPE html><html></html>", r"rounds\.csv\. Must be the downloaded data"),
        ("a,b\n1,2\n", r"Must hold a CSV file of funding rounds; found none"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_crunchbase(write(tmp_path, rounds=text))


@pytest.mark.shared_data
def test_october_2013_has_the_companies_and_categories_that_pandas_reads(
    october: Path, by_pandas: pd.DataFrame
) -> None:
    found = read_crunchbase(october, types="all").order("row").df()
    assert found["field"].fillna("").tolist() == by_pandas["company_category_code"].tolist()
    is_plain = by_pandas["company_name"].str.isascii() & ~by_pandas["company_name"].str.contains(
        r"  |[;|]"
    )
    names = by_pandas["company_name"].str.strip()[is_plain]
    assert len(names) > 31_000
    assert found["organisation"][is_plain].fillna("").tolist() == names.tolist()


FIELDS = "row, field, organisation"


def test_rounds_have_the_categories_of_their_row_before_those_of_the_companies_file(
    tmp_path: Path,
) -> None:
    rounds = """company_permalink,company_name,company_category_list,company_market,company_city,\
funding_round_type,funded_at
/o/a,"A, <b>Inc</b>",|Web|Curated  Web|Web|, News ,Basel,seed,2014-01-01
/o/b,=1+1,, News ,Basel,seed,2014-01-01
/o/c,,||,,Basel,seed,2014-01-01
/o/d,,,,Basel,seed,2014-01-01
"""
    companies = """permalink,name,category_list,country_code,city
/O/C,C,Music;Apps,CHE,Zug
"""
    write(tmp_path, rounds=rounds)
    own = [(1, "Curated Web\x1fWeb", "A, <b>Inc</b>"), (2, "News", "=1+1")]
    assert read(tmp_path, FIELDS) == [*own, (3, None, None), (4, None, None)]
    write(tmp_path, companies=companies)
    assert read(tmp_path, FIELDS) == [*own, (3, None, None), (4, None, None)]


def test_what_rounds_have_no_column_for_comes_from_the_companies(tmp_path: Path) -> None:
    write(tmp_path, rounds=ROUNDS_2015, companies=COMPANIES_2015)
    found = [(1, "Media", "A, Inc."), (2, "Media", "B"), (3, None, None)]
    assert read(tmp_path, FIELDS) == found


def test_today_s_rounds_are_placed_by_themselves_and_named_by_their_organisations(
    tmp_path: Path,
) -> None:
    organizations = """uuid,name,country_code,state_code,region,city,category_list
o-1,A,CHE,,Zurich,Zürich,"Mobile,Apps"
o-2,B,CHE,,Zurich,Zürich,Music
"""
    write(tmp_path, funding_rounds=ROUNDS_TODAY, organizations=organizations)
    assert read(tmp_path, f"city, {FIELDS}") == [("Basel", 1, "Apps\x1fMobile", "A")]
    named = ROUNDS_TODAY.replace("org_uuid", "org_uuid,org_name").replace("o-1", "o-1,A GmbH")
    write(tmp_path, funding_rounds=named)
    assert read(tmp_path, f"city, {FIELDS}") == [("Basel", 1, "Apps\x1fMobile", "A GmbH")]
    (tmp_path / "organizations.csv").unlink()
    assert read(tmp_path, f"city, {FIELDS}") == [("Basel", 1, None, "A GmbH")]


ROUNDS_DAILY = """uuid,permalink,country_code,city,investment_type,announced_on,org_uuid
u-1,seed-a,CHE,Basel,seed,2024-02-01,o-1
u-2,seed-b,,,seed,2024-02-01,o-1
"""
ORGANIZATIONS_DAILY = """uuid,name,permalink,country_code,city,category_list
o-1,A,a,CHE,Bern,Media
"""
ROUNDS_DECEMBER = """id,funding_round_id,object_id,funded_at,funding_round_type
1,7,c:4,2006-12-01,series-b
"""
OBJECTS_DECEMBER = """id,entity_type,name,permalink,category_code,country_code,city
c:4,Company,Digg,/company/digg,news,USA,San Francisco
"""


def test_companies_are_found_by_the_id_that_rounds_give_though_they_have_others(
    tmp_path: Path,
) -> None:
    daily = write(tmp_path, funding_rounds=ROUNDS_DAILY, organizations=ORGANIZATIONS_DAILY)
    found = read(daily, "record_id, city, country, field, organisation, problem")
    assert found == [
        ("u-1", "Basel", "CHE", "Media", "A", None),
        ("u-2", "Bern", "CHE", "Media", "A", None),  # a round without a place is its company's
    ]
    for path in tmp_path.iterdir():
        path.unlink()
    december = write(tmp_path, funding_rounds=ROUNDS_DECEMBER, objects=OBJECTS_DECEMBER)
    found = read(december, "record_id, city, country, field, organisation, problem")
    assert found == [("7", "San Francisco", "USA", "news", "Digg", None)]


def test_a_round_in_two_exports_counts_once(tmp_path: Path) -> None:
    write(tmp_path, january=ROUNDS_TODAY, march=ROUNDS_TODAY.replace("Basel,", "Bern,"))
    relation = read_crunchbase(tmp_path).order("file").select("city, count, problem")
    first, again = relation.fetchall()
    assert first == ("Basel", 1, None)
    assert again[:2] == (None, 0)
    assert again[2].startswith("repeated record: read before in")


def test_a_round_without_an_id_in_two_exports_counts_once(tmp_path: Path) -> None:
    """In one file alone, two rows that are alike are two rounds."""
    header, first, *others = OCTOBER.splitlines()
    later = first.replace("2012", "2013")
    one = [header, first, first, *others]
    saved = first.replace("1750000", "1750000.0").replace("series-a", "Series A")
    two = [header, first, *others, later, saved, first.upper()]
    write(tmp_path, a="\n".join(one), b="\n".join(two))
    relation = read_crunchbase(tmp_path, types="all").order("file, row")
    problems = relation.select("file, row, problem, count").fetchall()
    a, b = (str(tmp_path / name) for name in ("a.csv", "b.csv"))
    assert [row for row in problems if row[0] == a and not row[2]] == [
        (a, row, None, 1) for row in range(1, len(one))
    ]
    met = [(row, problem) for file, row, problem, count in problems if file == b and not count]
    again = "repeated record: read before in " + a
    assert met == [(1, f"{again}, record 1"), (2, f"{again}, record 3"), (5, f"{again}, record 2")]
    assert [row for file, row, problem, count in problems if file == b and count] == [
        3,  # without a day it cannot be told
        4,  # of another day
        6,  # once more than in the other file
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_an_export_saved_with_other_delimiters_is_the_same(tmp_path: Path, delimiter: str) -> None:
    write(tmp_path, rounds=ROUNDS_TODAY.replace(",", delimiter))
    assert read(tmp_path, "record_id, city, year") == [("u-1", "Basel", 2024)]


def test_exports_that_were_joined_have_no_record_for_a_header(tmp_path: Path) -> None:
    header, row = ROUNDS_TODAY.splitlines()
    quoted = ",".join(f'"{name}"' for name in header.split(","))
    parts = [header, row, "\ufeff" + header, row.replace("u-1", "u-2"), quoted, ""]
    parts += [row.replace("u-1", "u-3") + header, row.replace("u-1", "u-4")]  # no line end between
    write(tmp_path, rounds="\n".join(parts))
    found = read(tmp_path, "record_id, city, problem")
    assert found == [(f"u-{number}", "Basel", None) for number in (1, 2, 3, 4)]


def test_exports_that_were_joined_though_their_columns_differ_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path, rounds=ROUNDS_TODAY + "type,name,investment_type,announced_on\nseed,A,seed,2024"
    )
    with pytest.raises(InputError, match="must not be joined to one"):
        read(tmp_path, "record_id")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(
    tmp_path: Path, delimiter: str
) -> None:
    rounds = f"sep={delimiter}\n" + ROUNDS_TODAY.replace(",", delimiter)
    write(tmp_path, rounds=rounds + rounds.replace("u-1", "u-2"))
    found = read(tmp_path, "record_id, city, problem")
    assert found == [("u-1", "Basel", None), ("u-2", "Basel", None)]
