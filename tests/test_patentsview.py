"""PatentsView's bulk tables: inventors joined with their locations and their patents' years."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gii_geo.records.sources import blocks
from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.patentsview import read_patentsview
from gii_geo.tables import InputError

INVENTORS = "g_inventor_disambiguated"
LOCATIONS = "g_location_disambiguated"
TABLES: dict[str, list[tuple[str, ...]]] = {
    INVENTORS: [
        ("patent_id", "inventor_sequence", "inventor_id", "gender_code", "location_id"),
        ("10000000", "0", "fl:jo_ln:doe-1", "M", "L-1"),
        ("10000000", "1", "fl:ja_ln:roe-2", "F", "L-2"),
        ("D900001", "0", "fl:an_ln:poe-3", "", "L-3"),
        ("10000001", "0", "fl:al_ln:coe-4", "M", ""),
        ("10000001", "1", "fl:bo_ln:moe-5", "M", "L-9"),
    ],
    LOCATIONS: [
        (
            *("location_id", "disambig_city", "disambig_state", "disambig_country"),
            *("latitude", "longitude", "county", "state_fips", "county_fips"),
        ),
        ("L-1", "San Jose", "CA", "US", "37.33", "-121.89", "Santa Clara", "6", "85"),
        ("L-2", "Zürich", "", "CH", "47.37", "8.54", "", "", ""),
        ("L-3", "", "TX", "US", "31.5", "-99.3", "", "48", ""),
    ],
    "g_patent": [
        ("patent_id", "patent_type", "patent_date", "patent_title", "num_claims"),
        ("10000000", "utility", "2018-06-19", 'A "coherent" radar', "20"),
        ("10000001", "utility", "2018-06-19", "A mould", "15"),
        ("D900001", "design", "2020-10-27", "Overshoe", "1"),
    ],
    "g_application": [
        ("application_id", "patent_id", "patent_application_type", "filing_date", "rule_47_flag"),
        ("14/643719", "10000000", "14", "2015-03-10", "0"),
        ("29/372679", "D900001", "29", "2019-01-02", "0"),
    ],
    "g_assignee_disambiguated": [
        ("patent_id", "assignee_sequence", "assignee_id", "location_id"),
        ("10000000", "0", "a-1", "L-1"),
    ],
}


def write_text(name: str, mark: str = '"') -> str:
    """Write a table as PatentsView does, with quotes around every cell."""
    rows = [
        "\t".join(mark + cell.replace('"', '""') + mark for cell in row) for row in TABLES[name]
    ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of tables as downloaded, one zip file each."""
    for name in TABLES:
        with zipfile.ZipFile(tmp_path / f"{name}.tsv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}.tsv", write_text(name))
    return tmp_path


def replace(folder: Path, name: str, text: str | bytes) -> Path:
    """Put an unpacked table in the place of the zipped one."""
    (folder / f"{name}.tsv.zip").unlink()
    path = folder / f"{name}.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, columns: str, **options: Any) -> list[tuple[Any, ...]]:
    options = {"types": "all"} | options
    return read_patentsview(folder, **options).order("file, row").select(columns).fetchall()


def test_each_inventor_stands_at_a_location_in_a_year(folder: Path) -> None:
    relation = read_patentsview(folder, types="all")
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    file = f"{folder / INVENTORS}.tsv.zip/{INVENTORS}.tsv"
    nowhere = (None,) * 6
    unknown = f"location not in {LOCATIONS}"
    columns = "record_id, year, lon, lat, economy, city, division, precision, problem, row"
    assert relation.order("row").select(columns).fetchall() == [
        ("10000000", 2018, -121.89, 37.33, "US", "San Jose", "CA", "city", None, 1),
        ("10000000", 2018, 8.54, 47.37, "CH", "Zürich", None, "city", None, 2),
        ("D900001", 2020, -99.3, 31.5, "US", None, "TX", "division", None, 3),
        ("10000001", 2018, *nowhere, None, 4),
        ("10000001", 2018, *nowhere, unknown, 5),
    ]
    constant = relation.select('kind, "count", country, address, file').distinct().fetchall()
    same = ("patent", 1)
    assert set(constant) == {(*same, name, None, file) for name in ("US", "CH", None)}


def test_zipped_or_not_quoted_or_not_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    expected = read(folder, "* EXCLUDE (file)")
    assert len(expected) == 5
    for name in TABLES:
        replace(folder, name, write_text(name, mark=""))
    assert read(tmp_path, "* EXCLUDE (file)") == expected
    assert read(tmp_path / ".", "* EXCLUDE (file)") == expected


def test_in_blocks_of_any_size_it_is_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read(folder, "*")
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    assert read(folder, "*") == expected


@pytest.mark.parametrize("year", ["granted", "filed", None])
def test_utility_patents_count_and_the_others_are_left_out_by_their_type(
    folder: Path, year: str | None
) -> None:
    """WIPO counts PCT applications: inventions, no designs and no plants."""
    rows = read_patentsview(folder, year=year)  # type: ignore[arg-type]
    assert rows.order("row").select('record_id, "count", problem').fetchall() == [
        ("10000000", 1, None),
        ("10000000", 1, None),
        ("D900001", 0, "left out, type design"),
        ("10000001", 1, None),
        ("10000001", 1, f"location not in {LOCATIONS}"),
    ]
    design = read(folder, '"count", problem', types=["Design"], year=year)
    assert [count for count, _ in design] == [0, 0, 1, 0, 0]
    assert design[4] == (0, "left out, type utility")


def test_where_no_table_tells_the_types_all_count_and_a_row_says_so(folder: Path) -> None:
    text = write_text("g_patent").replace("patent_type", "kind")
    replace(folder, "g_patent", text)
    remark = (None, 0, "no patent_type in g_patent: all types count", 0)
    columns = 'record_id, "count", problem, row'
    assert read(folder, columns, types=["utility"])[0] == remark
    (folder / "g_patent.tsv").unlink()
    assert read(folder, columns, types=["utility"], year="filed")[0] == remark
    assert sum(count for _, count, *_ in read(folder, columns, types=["utility"], year=None)) == 5


def test_a_patent_that_is_in_no_table_of_patents_counts(folder: Path) -> None:
    lines = write_text("g_patent").splitlines()
    replace(folder, "g_patent", "\n".join(lines[:2]) + "\n")
    told, *rows = read(folder, '"count", problem', types=["utility"])
    assert told == (0, "2 of 3 patents not in g_patent.tsv: all of these count")
    assert [count for count, _ in rows] == [1] * 5


@pytest.mark.parametrize(("old", "new"), [("utility", "design"), ("2018-06-19", "2010-01-01")])
def test_a_patent_of_two_types_or_dates_is_refused(folder: Path, old: str, new: str) -> None:
    text = write_text("g_patent")
    row = text.splitlines()[1]
    replace(folder, "g_patent", f"{text}{row.replace(old, new)}\n{row}\n")
    told = r"Must tell one type and date of each patent; found 1 with two, such as '10000000'"
    with pytest.raises(InputError, match=told):
        read_patentsview(folder)


def test_types_that_no_patent_has_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"by the source options; found only left out, type util"):
        read_patentsview(folder, types=["utilty"])


def test_the_year_can_be_that_of_filing_or_none(folder: Path) -> None:
    assert read(folder, "year", year="filed") == [(2015,), (2015,), (2019,), (None,), (None,)]
    for name in ("g_patent", "g_application"):
        (folder / f"{name}.tsv.zip").unlink()
    assert read(folder, "year", year=None) == [(None,)] * 5
    with pytest.raises(ValueError, match=r"Invalid year 2018\. Must be granted, filed or None"):
        read(folder, "year", year=2018)


def test_a_table_that_is_missing_is_named(folder: Path) -> None:
    (folder / "g_patent.tsv.zip").unlink()
    with pytest.raises(InputError, match=rf"Must hold {LOCATIONS}, g_patent, {INVENTORS}; found "):
        read_patentsview(folder)


def test_a_table_that_is_there_twice_is_refused(folder: Path) -> None:
    (folder / f"{INVENTORS}.tsv").write_text(write_text(INVENTORS))
    with pytest.raises(InputError, match=rf"Invalid table {INVENTORS}\. Must be there once"):
        read_patentsview(folder)


def test_broken_lines_are_told_by_their_number_and_take_no_other_with_them(folder: Path) -> None:
    lines = write_text(INVENTORS).splitlines()
    lines[2:2] = ['"10000007"\t"0', "garbage"]
    lines[5:5] = ["\t".join(["x"] * 9)]
    replace(folder, INVENTORS, "\n".join(lines))
    problem = "broken record: {} cells instead of 5"
    assert read(folder, 'row, record_id, problem, "count", city') == [
        (1, "10000000", None, 1, "San Jose"),
        (2, "10000007", problem.format(2), 1, None),
        (3, None, problem.format(1), 1, None),
        (4, "10000000", None, 1, "Zürich"),
        (5, None, problem.format(9), 1, None),
        (6, "D900001", None, 1, None),
        (7, "10000001", None, 1, None),
        (8, "10000001", f"location not in {LOCATIONS}", 1, None),
    ]


def test_rows_keep_their_numbers_over_many_blocks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    header, first, *_ = write_text(INVENTORS).splitlines()
    broken = {1, 2, 70, 71, 399, 400}
    lines = [
        "broken" if row in broken else first.replace("10000000", f"{row}") for row in range(1, 401)
    ]
    replace(folder, INVENTORS, "\n".join([header, *lines]))
    with pytest.raises(InputError, match="found 394 of 394 that are not there: are ids written"):
        read_patentsview(folder)
    patents, patent, *_ = write_text("g_patent").splitlines()
    half = [patent.replace("10000000", f"{row}") for row in range(1, 301)]
    replace(folder, "g_patent", "\n".join([patents, *half]))  # a download that broke off
    with pytest.raises(InputError, match="found 98 of 394 that are not there: are ids written"):
        read_patentsview(folder)
    known = [patent.replace("10000000", f"{row}.0") for row in range(1, 401)]
    (folder / "g_patent.tsv").write_text(
        "\n".join([patents, *known])
    )  # as columns of floats are written
    found = dict(read(folder, "row, record_id"))
    assert found == {row: None if row in broken else str(row) for row in range(1, 401)}


def test_a_quote_that_is_never_closed_swallows_no_line(folder: Path) -> None:
    text = write_text(INVENTORS).replace('"10000000"\t"0"', '"10000000\t"0"')
    replace(folder, INVENTORS, text)
    assert read(folder, "record_id")[0] == ("10000000",)
    assert len(read(folder, "row")) == 5


def test_a_line_without_a_patent_is_told(folder: Path) -> None:
    replace(folder, INVENTORS, write_text(INVENTORS).replace("D900001", ""))
    assert read(folder, "record_id, problem")[2] == (None, "broken record: no patent_id")


def test_broken_lines_of_the_other_tables_are_remarks(folder: Path) -> None:
    paths = [
        replace(folder, name, write_text(name) + "broken\n") for name in (LOCATIONS, "g_patent")
    ]
    relation = read_patentsview(folder, types="all")
    remarks = relation.filter('"count" = 0').order("file").select("file, row, problem").fetchall()
    assert remarks == [
        (str(paths[0]), 4, "broken record: 1 cells instead of 9"),
        (str(paths[1]), 4, "broken record: 1 cells instead of 5"),
    ]
    assert len(relation) == 5 + 2


def test_a_location_listed_twice_does_not_double_its_inventors(folder: Path) -> None:
    for name in (LOCATIONS, "g_patent"):
        replace(folder, name, write_text(name) + write_text(name).split("\n", 1)[1])
    assert len(read_patentsview(folder)) == 5


def test_a_location_at_two_places_is_refused(folder: Path) -> None:
    again = write_text(LOCATIONS).replace('"L-3"', '"L-1"')
    replace(folder, LOCATIONS, again)
    with pytest.raises(InputError, match=r"Invalid location_id 'L-1' in .*, row 3. Must stand for"):
        read_patentsview(folder)


def test_a_city_in_another_encoding_spoils_no_other(folder: Path) -> None:
    text = write_text(LOCATIONS).encode("latin-1") + '"L-9"\t"Łódź"'.encode() + b'\t""' * 7
    replace(folder, LOCATIONS, text)
    assert [city for (city,) in read(folder, "city")] == ["San Jose", "Zürich", None, None, "Łódź"]


def test_a_coordinate_that_is_no_number_is_missing(folder: Path) -> None:
    replace(folder, LOCATIONS, write_text(LOCATIONS).replace("37.33", "north"))
    assert read(folder, "lon, lat, city")[0] == (-121.89, None, "San Jose")


def test_a_decimal_comma_is_refused(folder: Path) -> None:
    replace(folder, LOCATIONS, write_text(LOCATIONS).replace("-99.3", "-99,3"))
    message = (
        r"Invalid longitude '-99,3' in .*\.tsv, row 3\. Must be a number with a decimal point\."
    )
    with pytest.raises(InputError, match=message):
        read_patentsview(folder)


@pytest.mark.parametrize("name", [INVENTORS, LOCATIONS, "g_patent"])
def test_a_web_page_in_place_of_a_table_is_refused(folder: Path, name: str) -> None:
    replace(folder, name, "<!DOCTYPE html>\n<html>Sign in</html>")
    with pytest.raises(
        InputError, match=rf"{name}\.tsv\. Must be the downloaded data; found a web"
    ):
        read_patentsview(folder)


def test_a_cut_zip_file_is_refused(folder: Path) -> None:
    path = folder / f"{INVENTORS}.tsv.zip"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=rf"{INVENTORS}\.tsv\.zip\. Must be a whole zip file"):
        read_patentsview(folder)


def test_a_damaged_zip_file_is_refused(folder: Path) -> None:
    path = folder / f"{INVENTORS}.tsv.zip"
    with zipfile.ZipFile(path, "w") as archive:  # not packed, so that a letter can be changed
        archive.writestr(f"{INVENTORS}.tsv", write_text(INVENTORS))
    path.write_bytes(path.read_bytes().replace(b"jo_ln:doe", b"jo_ln:dox", 1))
    with pytest.raises(InputError, match=rf"{INVENTORS}\.tsv\. Must be whole; Bad CRC-32"):
        read_patentsview(folder)


def test_what_can_be_unpacked_of_a_cut_gzip_file_is_read_and_the_cut_is_told(
    folder: Path,
) -> None:
    (folder / f"{INVENTORS}.tsv.zip").unlink()
    packed = gzip.compress(write_text(INVENTORS).encode())
    (folder / f"{INVENTORS}.tsv.gz").write_bytes(packed[:-8])
    relation = read_patentsview(folder, types="all")
    assert len(relation.filter('"count" = 1')) == 5
    ((problem, row),) = relation.filter('"count" = 0').select("problem, row").fetchall()
    assert problem.startswith("broken file: Compressed file ended before")
    assert row == 6


def test_a_line_longer_than_a_block_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1_000)
    replace(folder, INVENTORS, write_text(INVENTORS) + "x" * 5_000)
    with pytest.raises(InputError, match=rf"{INVENTORS}\.tsv\. Must be a tab-separated table; "):
        read_patentsview(folder)


def test_progress_names_the_files_and_counts_their_lines(folder: Path) -> None:
    told: list[str] = []
    read_patentsview(folder, progress=told.append)
    assert [line.split("/")[-1] for line in told] == [
        f"{LOCATIONS}.tsv",
        "g_patent.tsv",
        "g_patent.tsv: 3 lines",
        f"{INVENTORS}.tsv",
        f"{INVENTORS}.tsv: 5 lines",
    ]


def test_the_table_can_go_to_the_users_own_connection(folder: Path) -> None:
    with duckdb.connect() as connection:
        first, second = (read_patentsview(folder, connection=connection) for _ in range(2))
        assert len(first.union(second)) == 10
        assert connection.sql("FROM first JOIN second USING (file, row)").shape[0] == 5


@pytest.mark.parametrize("options", [{}, {"types": "all"}, {"types": "all", "year": "filed"}])
def test_a_patent_that_was_withdrawn_never_counts(folder: Path, options: dict[str, Any]) -> None:
    withdrawn = {"patent_id": "withdrawn", "10000001": "1"}
    lines = write_text("g_patent").splitlines()
    marked = [f'{one}\t"{withdrawn.get(one.split(chr(34))[1], "0")}"' for one in lines]
    replace(folder, "g_patent", "\n".join(marked))
    found = read(folder, "record_id, problem, count", **options)
    assert {one for one in found if one[0] != "D900001"} == {
        ("10000000", None, 1),
        ("10000001", "left out, withdrawn", 0),
    }


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("quotes", ["", '"'])
def test_tables_that_were_joined_have_no_record_for_a_header(
    folder: Path, mark: str, quotes: str
) -> None:
    columns = "record_id, city, economy, year, problem"
    before = read(folder, columns)
    for name in TABLES:
        header, *rows = write_text(name, quotes).splitlines(keepends=True)
        replace(folder, name, "".join([header, *rows[:1], mark + header, *rows[1:]]))
    assert read(folder, columns) == before
    assert [row for (row,) in read(folder, "row")] == [1, 3, 4, 5, 6]


@pytest.mark.parametrize("name", [INVENTORS, LOCATIONS, "g_patent"])
@pytest.mark.parametrize("cells", [slice(None, None, -1), slice(1, None)])
def test_tables_that_were_joined_though_their_columns_differ_are_refused(
    folder: Path, name: str, cells: slice
) -> None:
    other = ["\t".join(line.split("\t")[cells]) for line in write_text(name).splitlines()]
    path = replace(folder, name, write_text(name) + "\n".join(other))
    message = rf"Invalid file {path}\. Must have one header; found another behind it"
    with pytest.raises(InputError, match=message):
        read(folder, "record_id")


def test_an_inventor_s_row_that_is_there_twice_counts_once(folder: Path) -> None:
    header, *lines = write_text(INVENTORS).splitlines(keepends=True)
    replace(folder, INVENTORS, "".join([header, *lines, *lines]))
    found = read(folder, 'row, record_id, "count", problem')
    names = ["10000000", "10000000", "D900001", "10000001", "10000001"]
    assert found[5:] == [
        (row, name, 0, f"repeated row: read before in row {row - 5}")
        for row, name in enumerate(names, start=6)
    ]
    (folder / f"{INVENTORS}.tsv").write_text(write_text(INVENTORS))
    assert read(folder, 'row, record_id, "count", problem') == found[:5]


def test_rows_that_differ_or_do_not_tell_the_inventor_are_each_an_inventor(folder: Path) -> None:
    rows = [
        *[("10000000", "2", "", "", "L-1")] * 2,  # two without an id
        *[("", "2", "i-1", "", "L-1")] * 2,  # of patents that are not told
        ("10000000", "3", "fl:jo_ln:doe-1", "", "L-8"),
        ("10000000", "3", "fl:jo_ln:doe-1", "", "L-9"),
    ]
    lines = ["\t".join(row) for row in rows]
    replace(folder, INVENTORS, write_text(INVENTORS) + "\n".join(lines))
    found = read(folder, '"count", problem')
    assert [count for count, _ in found] == [1] * 11
    assert not any((problem or "").startswith("repeated") for _, problem in found)


@pytest.mark.parametrize(
    ("name", "column"),
    [(LOCATIONS, "latitude"), (INVENTORS, "patent_id"), ("g_patent", "patent_date")],
)
def test_a_column_that_is_there_twice_is_refused(folder: Path, name: str, column: str) -> None:
    header, *lines = write_text(name).splitlines()
    twice = [f"{header}\t{column}", *(f"{line}\t1" for line in lines)]
    replace(folder, name, "\n".join(twice))
    with pytest.raises(InputError, match=rf"Must have one column {column}; found several"):
        read_patentsview(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda text: text.replace("latitude", "lat"),
            r"disambiguated\.tsv has no column latitude",
        ),
        (lambda text: text.replace("\t", ","), r"disambiguated\.tsv has no tabs between its names"),
    ],
)
def test_what_keeps_a_table_from_being_read_is_told(
    tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    for name in TABLES:
        text = write_text(name)
        (tmp_path / f"{name}.tsv").write_text(change(text) if name == LOCATIONS else text)
    with pytest.raises(InputError, match=told):
        read_patentsview(tmp_path)
