"""Lines and rows of a text file, whatever its encoding, its line ends and its slips."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gii_geo.records.sources import lines
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.lines import read_lines, read_rows
from gii_geo.tables import InputError

CELLS = st.text("ab,\"'\n ;é", max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8)


def source(data: bytes) -> SourceFile:
    return SourceFile("a.txt", io.BufferedReader(io.BytesIO(data)))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_the_same_in_any_encoding_and_with_any_end(encoding: str, end: str) -> None:
    text = ["Zürich", "北京", "", "São Paulo"]
    assert list(read_lines(source(end.join(text).encode(encoding)))) == text


def test_a_wrong_byte_spoils_no_other_line() -> None:
    data = "Zürich\n".encode() + "Genève\n".encode("latin-1") + "Łódź\n".encode()
    assert list(read_lines(source(data))) == ["Zürich", "Genève", "Łódź"]


def test_a_file_from_an_old_mac_is_in_its_encoding() -> None:
    data = "Bogotá\rZürich\r".encode("mac_roman")
    assert list(read_lines(source(data))) == ["Bogotá", "Zürich"]


@pytest.mark.parametrize("data", [b"", b" \n\n ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"Invalid file a\.txt\. Must not be empty"):
        list(read_lines(source(data)))


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html>\n<p>", b"\n <HTML><body>", b"\xef\xbb\xbf<html lang='en'>"]
)
def test_a_web_page_is_refused(page: bytes) -> None:
    with pytest.raises(InputError, match="Must be the downloaded data; found a web page"):
        list(read_lines(source(page)))


def test_binary_data_is_refused() -> None:
    with pytest.raises(InputError, match="Must be text; found binary data"):
        list(read_lines(source(b"\xd0\xcf\x11\xe0\x00\x00")))


def test_a_byte_that_should_not_be_there_is_no_binary_data() -> None:
    assert list(read_lines(source(b"a\x00b\n" + b"c" * 1000))) == ["a\x00b", "c" * 1000]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_CHARACTERS", 1000)
    assert list(read_lines(source(b"a" * 1000 + b"\nb"))) == ["a" * 1000, "b"]
    with pytest.raises(InputError, match="Must have lines of at most 1,000 characters"):
        list(read_lines(source(b"a" * 1001)))


def write(rows: list[list[str]]) -> list[str]:
    """Write rows as CSV, and give the lines."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n").split("\n")


@given(ROWS)
def test_what_the_csv_module_writes_is_read(rows: list[list[str]]) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    assert list(read_rows(write(rows) if rows else [], columns=3)) == rows


@settings(max_examples=200)
@given(ROWS, st.integers(0, 8), st.sampled_from(["x", "a,b", "a,b,c,d", 'a,b,"c', 'a,"b"c,d']))
def test_a_broken_line_takes_no_row_with_it(rows: list[list[str]], at: int, broken: str) -> None:
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    at = min(at, len(rows))
    before, after = rows[:at], rows[at:]
    lines = [*write(before), broken, *write(after)]
    found = list(read_rows((line for line in lines if line), columns=3))
    # A quote that is never closed ends where the next one stands, if that makes a row.
    if broken != 'a,b,"c' or not any('"' in cell for row in after for cell in row):
        assert found == [*before, broken, *after]
    assert found[: len(before)] == before


def test_a_quote_that_is_never_closed_spoils_its_own_line_only() -> None:
    lines = ["1,Basel", '2,"Zug', *(f'{number},"Bern, CH"' for number in range(3, 500))]
    found = list(read_rows(lines, columns=2))
    assert found[:3] == [["1", "Basel"], '2,"Zug', ["3", "Bern, CH"]]
    assert len(found) == 499
    assert sum(isinstance(row, str) for row in found) == 1


def test_two_quotes_that_are_no_pair_spoil_their_own_lines_only() -> None:
    rows = [f"{number},Bern,{number}" for number in range(9)]
    lines = [*rows[:2], '2,Bern,"2', *rows[3:5], '"5,Bern,5', *rows[6:]]
    found = list(read_rows(lines, columns=3))
    assert [row for row in found if isinstance(row, str)] == [lines[2], lines[5]]
    assert [row[0] for row in found if not isinstance(row, str)] == list("0134678")


def test_a_quote_within_a_cell_is_a_letter() -> None:
    assert list(read_rows(['1,12" discs', "2,b"], columns=2)) == [["1", '12" discs'], ["2", "b"]]
