"""Text tables as programs and people save them: read, or refused in one true sentence."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

import gii_geo
from gii_geo.tables import InputError

ROWS = [f"p{row},Zürich,8.541,47.377,2019" for row in range(30)]
HEADER = "record_id,city,lon,lat,year"
LINES = [HEADER, *ROWS]
TEXT = "\n".join(LINES) + "\n"


def end(lines: list[str], mark: str = "\n") -> bytes:
    return (mark.join(lines) + mark).encode()


READ = {
    "a line for Excel": end(["sep=,", *LINES]),
    "a line for Excel, tabs": b"sep=\t\r\n" + TEXT.replace(",", "\t").encode(),
    "a line for Excel, semicolons": b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
    "a title": end(["Export of 2024-05-01", *LINES]),
    "a title with empty cells": end(["Export of 2024-05-01,,,,", *LINES]),
    "two titles and a blank line": end(["Report", "made by X, Y", "", *LINES]),
    "remarks": end(["# source: X", "# licence, none", *LINES]),
    "an empty first line": end(["", *LINES]),
    "a name over two lines": end(['record_id,"city', '(town)",lon,lat,year', *ROWS]),
    "mixed line ends": end([*LINES[:3]]) + end(LINES[3:], "\r\n"),
    "line ends of the old Mac": end(LINES, "\r"),
    "line breaks in Windows' cells": end(
        [line.replace("Zürich", '"Zü\nrich"') for line in LINES], "\r\n"
    ),
    "quotes after a backslash": end(
        [HEADER, *(row.replace("Zürich", r'"the \"old\" town"') for row in ROWS)]
    ),
    "blanks before quotes": end(
        [HEADER, *(row.replace("Zürich", ' "Zürich, ZH"') for row in ROWS)]
    ),
    "delimiters at the end": end([HEADER, *(f"{row},," for row in ROWS)]),
    "a name more than cells": end([f"{HEADER},", *ROWS]),
    "rows of delimiters": end([*LINES, ",,,,", ",,,,"]),
    "bars": TEXT.replace(",", "|").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16, the other way round": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 without its mark": TEXT.encode("utf-16-le"),
    "a mark before the names": TEXT.encode("utf-8-sig"),
    "Windows-1252": TEXT.replace("Zürich", "Zürich–Œ€").encode("cp1252"),
    "UTF-8 with lines of Windows-1252": end(LINES[:9]) + "\n".join(LINES[9:]).encode("cp1252"),
    "packed": gzip.compress(TEXT.encode("utf-16"), mtime=0),
}


def _mark(first: str, last: str, *, at: int = 20) -> list[str]:
    """Give the lines with a quotation mark in row 5 and one in a row further down."""
    lines = list(LINES)
    lines[5] = first.format(lines[5])
    lines[at] = last.format(lines[at])
    return lines


SWALLOWED = {
    "the last cells": end(_mark('{},"foo', '{},bar"')).replace(b"year", b"year,note"),
    "the first cells": end(_mark('"{}', '"{}')),
    "neighbours": end(_mark('"{}', '"{}', at=6)),
    "tabs, names alone": end(_mark('"{}', '"{}')).replace(b",", b"\t"),
    "another encoding": end(_mark('"{}', '"{}')).decode().encode("cp1252"),
}


@pytest.mark.parametrize("name", SWALLOWED)
def test_two_stray_quotation_marks_swallow_no_rows(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"from about row 5 on\. Must close every quotation mark"):
        read(tmp_path / "a.csv", SWALLOWED[name])


@pytest.mark.parametrize(
    ("line", "reason"),
    [("# page 2,,,,", "a remark"), (HEADER, "the names of the columns again")],
)
@pytest.mark.parametrize("mark", ["\n", "\r\n"])
def test_remarks_and_names_amid_the_rows_are_in_no_denominator(
    line: str, reason: str, mark: str, tmp_path: Path
) -> None:
    world = read(tmp_path / "a.csv", end([*LINES[:5], line, *LINES[5:]], mark))
    assert world.rejects[["row", "reason"]].values.tolist() == [[5, f"unreadable line: {reason}"]]
    assert int(world.accounts["records"].sum()) == len(ROWS)


def test_a_row_whose_id_begins_with_a_number_sign_is_one(tmp_path: Path) -> None:
    world = read(tmp_path / "a.csv", end([HEADER, *(f"#{row}" for row in ROWS)]))
    assert int(world.places["rows"].sum()) == len(ROWS)


def test_a_cell_of_several_lines_with_commas_is_one_cell(tmp_path: Path) -> None:
    lines = [
        line.replace("Zürich", '"ETH, Zürich,\nRämistrasse 101, 8001,\nCH, EU"') for line in LINES
    ]
    world = read(tmp_path / "a.csv", end(lines))
    assert int(world.places["rows"].sum()) == len(ROWS)


def read(path: Path, content: bytes, **options: Any) -> gii_geo.World:
    path.write_bytes(content)
    return gii_geo.read_world({"patent": path}, **options)


@pytest.mark.parametrize("shape", READ)
def test_thirty_good_rows_are_thirty_records(shape: str, tmp_path: Path) -> None:
    world = read(tmp_path / "a.csv", READ[shape])
    assert world.accounts["records"].sum() == 30
    assert world.places["rows"].sum() == 30
    assert world.places["year"].tolist() == [2019]
    assert world.rejects.empty


@pytest.mark.parametrize("missing", ["#N/A", r"\N", "-", "n/a", "nan", "?", "NULL", "", "—"])
def test_a_cell_that_says_nothing_is_missing(missing: str, tmp_path: Path) -> None:
    line = f"q,x,{missing},{missing},{missing}"
    world = read(tmp_path / "a.csv", end([*LINES, line]))
    (lost,) = world.rejects.to_dict("records")
    assert (lost["record_id"], lost["row"]) == ("q", 31)
    assert lost["reason"] in ("no coordinates", "coordinates are NaN")


REFUSED = {
    "a cell lacks": (
        end([HEADER, *(row.rpartition(",")[0] for row in ROWS)]),
        r"row 1\. Must have 5 cells, one for each column .* found 4 cells \(and so in 30 of 30",
    ),
    "names of rows, as R writes them": (
        end([HEADER, *(f'"{row}",{cells}' for row, cells in enumerate(ROWS))]),
        r"row 1\. Must have 5 cells, .*; found 6 cells",
    ),
    "decimal commas between commas": (
        end(["lon,lat", *["8,541,47,377"] * 30]),
        r"row 1\. Must have 2 cells, .*; found 4 cells",
    ),
    "decimal commas": (
        end(["lon;lat", *["8,541;47,377"] * 30]),
        r"Invalid lon '8,541' in .*, row 1\. Must be a number with a decimal point\.",
    ),
    "names only": (end([HEADER]), r"Must have at least one row; found none\."),
    "a name twice": (
        end(["lon,lat,lon", "8,47,9"]),
        r"Must have one column lon; found several of this name",
    ),
    "Cyrillic of one byte a letter": (
        end(LINES).decode().replace("Zürich", "Москва").encode("cp1251"),
        "found letters of another encoding: save it as UTF-8",
    ),
    "Japanese": (
        end(LINES).decode().replace("Zürich", "東京都").encode("shift_jis"),
        "found letters of another encoding: save it as UTF-8",
    ),
    "zero bytes amid": (TEXT.encode()[:99] + b"\0" * 99 + TEXT.encode()[99:], "as in half a copy"),
    "packed twice": (gzip.compress(gzip.compress(TEXT.encode())), "found a packed file within"),
    "GeoJSON in UTF-16": (
        '{"type": "FeatureCollection", "features": []}'.encode("utf-16"),
        "found JSON in UTF-16: save it as UTF-8",
    ),
    "UTF-32": (TEXT.encode("utf-32"), "Must be Parquet, CSV in UTF-8 or GeoJSON"),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_true_sentence(shape: str, tmp_path: Path) -> None:
    content, sentence = REFUSED[shape]
    with pytest.raises(InputError, match=sentence) as raised:
        read(tmp_path / "a.csv", content)
    assert "Parser" not in str(raised.value)
    assert "Error" not in str(raised.value)


def test_a_footer_is_no_record(tmp_path: Path) -> None:
    world = read(tmp_path / "a.csv", end([*LINES, "Total: 30 rows"]))
    assert world.accounts["records"].sum() == 30
    assert world.rejects["reason"].tolist() == ["unreadable line: 1 cell, must be 5"]
    assert world.rejects["row"].tolist() == [31]


def test_letters_beyond_ascii_far_down_in_a_file_are_read_and_told(tmp_path: Path) -> None:
    lines = [HEADER, *(f"p{row},Basel,7.59,47.56,2019" for row in range(20_000)), ROWS[0]]
    content = "\n".join(lines).encode("cp1252")
    world = read(tmp_path / "a.csv", content)
    assert world.accounts["records"].sum() == 20_000  # the last one has the id of the first
    assert world.places["rows"].sum() == 20_001
    assert world.provenance["notes"] == ["a.csv: lines that are no UTF-8 are read as Windows-1252"]


def test_rows_are_numbered_below_the_names_in_odd_files_too(tmp_path: Path) -> None:
    lines = ["Title", HEADER, *ROWS[:3], "cut", ",,,,", "q,x,,,2019"]
    world = read(tmp_path / "a.csv", end(lines))
    assert world.rejects[["row", "reason"]].to_numpy().tolist() == [
        [4, "unreadable line: 1 cell, must be 5"],
        [6, "no coordinates"],
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_first_line_that_is_longer_than_what_is_looked_at_is_refused(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"record_id,l{'x' * 140_000}\na,8\n".encode(encoding))
    with pytest.raises(InputError, match="Must have lon and lat; found record_id, lxxx"):
        gii_geo.read_world({"patent": path})


BARE = [f"p{number},8.5,47.3" for number in range(5)]


@pytest.mark.parametrize("above", [1, 5, 40])
def test_rows_above_the_names_are_refused(above: int, tmp_path: Path) -> None:
    lines = [*(f"a{number},8.5,47.3" for number in range(above)), "record_id,lon,lat", *BARE]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    told = r"Must have the names of its columns above all rows; found the row 'a0,8\.5,47\.3' above"
    with pytest.raises(InputError, match=told):
        gii_geo.read_world({"patent": tmp_path / "a.csv"})


@pytest.mark.parametrize("title", ["Source, PATSTAT, 2024", "1,,", "Table 1", "2024"])
def test_a_title_above_the_names_is_stepped_over(title: str, tmp_path: Path) -> None:
    lines = [title, "record_id,lon,lat", *BARE]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    assert gii_geo.read_world({"patent": tmp_path / "a.csv"}).accounts["rows"].tolist() == [5]


@pytest.mark.parametrize("mark", [",", ";"])
def test_names_in_quotation_marks_behind_blanks_are_names(mark: str, tmp_path: Path) -> None:
    names, cells = ["record_id", "lon", "lat", "year", "field"], ["p0", 8.5, 47.3, 2019, "Optics"]
    text = "\n".join(f"{mark} ".join(f'"{cell}"' for cell in line) for line in (names, cells))
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    world = gii_geo.read_world({"patent": tmp_path / "a.csv"})
    assert world.places["year"].tolist() == [2019]
    assert world.labels["cell"].tolist() == ["Optics"]


@pytest.mark.parametrize("cell", ["'8.541", "8.5'", "47'22"])
def test_an_apostrophe_in_a_coordinate_is_told_as_it_stands(cell: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"lon,lat\n{cell},47.3\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"Invalid lon '{cell}' in .*Must be a number\.$"):
        gii_geo.read_world({"patent": tmp_path / "a.csv"})


@pytest.mark.parametrize("rule", ["---,---,---", ":--,--:,:-:", "====,====,===="])
def test_a_line_drawn_below_the_names_is_no_record(rule: str, tmp_path: Path) -> None:
    lines = ["record_id,lon,lat", rule.replace(":-:", ":--:"), *BARE]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    accounts = gii_geo.read_world({"patent": tmp_path / "a.csv"}).accounts
    assert accounts[["rows", "records"]].to_numpy().tolist() == [[5, 5]]


@pytest.mark.parametrize(("names", "mark"), [(";", ","), (",", ";"), (",", "\t")])
def test_names_parted_otherwise_than_rows_are_refused(
    names: str, mark: str, tmp_path: Path
) -> None:
    lines = ["record_id,lon,lat".replace(",", names), *(line.replace(",", mark) for line in BARE)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    told = rf"Must part its names as its rows, by {mark!r}; found the names 'record_id"
    with pytest.raises(InputError, match=re.escape(told).replace(r"\ ", " ")):
        gii_geo.read_world({"patent": tmp_path / "a.csv"})


def test_the_numbers_of_the_columns_above_the_names_are_no_row(tmp_path: Path) -> None:
    lines = ["1,2,3", "record_id,lon,lat", *BARE]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    assert gii_geo.read_world({"patent": tmp_path / "a.csv"}).accounts["rows"].tolist() == [5]
