"""Exports of the Web of Science: one row per author and address, of articles in science."""

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.web_of_science import read_web_of_science
from gii_geo.tables import SEVERAL_JOIN, InputError

C1 = """[Smith, J; Doe, K] Univ Oxford, Dept Phys, Oxford OX1 3PU, England.
   [Doe, K] MIT, Cambridge, MA 02139 USA."""
EVERYTHING: dict[str, Any] = {"articles_only": False, "science_only": False}


def tagged(number: int, c1: str = C1, **fields: str) -> str:
    """Write a record as plain text."""
    fields = {"DT": "Article", "PY": "2024", "WC": "Physics, Applied"} | fields
    lines = [f"{tag} {text}" for tag, text in fields.items() if text]
    c1 = f"C1 {c1}\n" if c1 else ""
    return "\n".join(["PT J", f"UT WOS:{number}", *lines]) + f"\n{c1}ER\n\n"


def export(*records: str) -> str:
    return f"FN Clarivate Analytics Web of Science\nVR 1.0\n{''.join(records)}EF"


def table(*rows: dict[str, str]) -> str:
    """Write records as tab-delimited text, with the tab at the end that the site writes."""
    names = ["PT", "AU", "TI", "DT", "C1", "PY", "WC", "SC", "UT"]
    lines = ["\t".join(names)]
    lines += ["\t".join([*(row.get(name, "") for name in names), ""]) for row in rows]
    return "\n".join(lines)


def read(
    path: Path, text: str | bytes, columns: str = "record_id, country, row", **options: Any
) -> list[tuple[Any, ...]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    relation = read_web_of_science(path, **options)
    return relation.order("row, address").select(columns).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "savedrecs.txt"


def count_by_pattern(text: str) -> dict[str, tuple[str, Counter[str]]]:
    """Count with patterns over the whole text: UT -> year, and authors at each address."""
    found = {}
    for record in re.findall(r"^PT .*?^ER", text, re.DOTALL | re.MULTILINE):
        ut = re.findall(r"^UT (\S+)", record, re.MULTILINE)[0]
        year = re.findall(r"^PY (\d+)", record, re.MULTILINE)[0]
        c1 = re.findall(r"^C1 (.*?)^(?=[A-Z])", record, re.DOTALL | re.MULTILINE)
        authors: Counter[str] = Counter()
        for line in (c1[0] if c1 else "").splitlines():
            names, bracket, address = line.strip().rpartition("]")
            authors[address.strip().rstrip(".")] += names.count(";") + 1 if bracket else 1
        found[ut] = year, authors
    return found


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "records", "addresses"),
    [("wos_plaintext_sample.txt", 8, 29), ("wos_tagged_example.txt", 49, 346)],
)
def test_the_samples_have_the_authors_and_addresses_that_patterns_find(
    shared_data: Path, name: str, records: int, addresses: int
) -> None:
    sample = shared_data / "formats" / name
    expected = count_by_pattern(sample.read_text(encoding="utf-8"))
    relation = read_web_of_science(sample, articles_only=False, science_only=False)
    found: dict[str, tuple[str, Counter[str]]] = {}
    for ut, year, address in relation.select("record_id, year, address").fetchall():
        one = found.setdefault(ut, (str(year), Counter()))
        one[1].update([] if address is None else [address])
    assert found == expected
    assert len(found) == records
    assert sum(authors.total() for _, authors in found.values()) == addresses


@pytest.mark.shared_data
def test_organisations_and_fields_of_the_sample_are_those_told_by_hand(shared_data: Path) -> None:
    relation = read_web_of_science(
        shared_data / "formats" / "wos_plaintext_sample.txt", **EVERYTHING
    )
    found = relation.aggregate("record_id, organisation, count(*)").fetchall()
    one = {("Univ Technol Sarawak", 1)}
    assert {row[1:] for row in found if row[0] == "WOS:001702577900001"} == one
    named = Counter({organisation: 0 for _, organisation, _ in found})
    for _, organisation, number in found:
        named[organisation] += number
    assert len(named) == 15
    assert named.total() == 29
    some = ("Zhejiang Chinese Med Univ", "Univ Huelva", "Otto von Guericke Univ")
    assert [named[name] for name in some] == [5, 3, 1]
    fields = dict(relation.select("record_id, field").distinct().fetchall())
    assert len(fields) == 8
    civil = ("Engineering, Civil", "Geosciences, Multidisciplinary", "Remote Sensing")
    assert fields["WOS:001702577900001"] == SEVERAL_JOIN.join(civil)
    assert fields["WOS:000870236000001"] == "Psychology, Educational"


@pytest.mark.shared_data
def test_articles_in_science_are_told_from_the_others_in_the_sample(shared_data: Path) -> None:
    told: list[str] = []
    sample = shared_data / "formats" / "wos_plaintext_sample.txt"
    relation = read_web_of_science(sample, progress=told.append)
    # By hand: one in educational psychology, one in library science, one in education.
    left_out = ("WOS:000870236000001", "WOS:000502717900001", "WOS:001186408000010")
    others = relation.filter("starts_with(problem, 'left out')").select('record_id, "count"')
    assert set(others.fetchall()) == {(number, 0) for number in left_out}
    assert relation.filter(f"record_id IN {left_out}").sum('"count"').fetchall() == [(0,)]
    assert told[-1].endswith("8 records, 3 of them left out")


@pytest.mark.shared_data
def test_a_record_of_the_sample_without_addresses_is_told(shared_data: Path) -> None:
    relation = read_web_of_science(shared_data / "formats" / "wos_tagged_example.txt")
    problems = relation.filter("problem IS NOT NULL").select("record_id, problem, row, year")
    assert problems.fetchall() == [("WOS:000271658000007", "no address", 38, 2009)]


def test_there_is_a_row_for_each_author_and_address(path: Path) -> None:
    path.write_text(export(tagged(1)))
    relation = read_web_of_science(path)
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    oxford = ("England", "Univ Oxford, Dept Phys, Oxford OX1 3PU, England")
    mit = ("USA", "MIT, Cambridge, MA 02139 USA")
    start = ("publication", "WOS:1", None, None, None, 2024, None, 1, None, None)
    rows = [
        (*start, *place, None, "Physics, Applied", organisation, None, str(path), 1)
        for place, organisation in ((mit, "MIT"), (oxford, "Univ Oxford"), (oxford, "Univ Oxford"))
    ]
    assert relation.order("address").fetchall() == rows


def test_plain_and_tab_delimited_text_are_the_same(path: Path) -> None:
    c1 = C1.replace(".\n   ", "; ").rstrip(".")
    row = {"PT": "J", "DT": "Article", "PY": "2024", "WC": "Physics, Applied", "UT": "WOS:1"}
    columns = "record_id, year, country, address, field, organisation, row"
    assert read(path, table(row | {"C1": c1}), columns) == read(path, export(tagged(1)), columns)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_workbook_saved_as_csv_is_the_same(path: Path, delimiter: str) -> None:
    cells = {
        "Publication Type": "J",
        "Article Title": 'On "light", again',
        "Document Type": "Article",
        "Addresses": C1.replace(".\n   ", "; ").rstrip("."),
        "Publication Year": "2024",
        "WoS Categories": "Physics, Applied",
        "UT (Unique WOS ID)": "WOS:1",
    }
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=delimiter)
    rows.writerows([cells, cells.values(), [""] * len(cells)])
    columns = "record_id, year, country, address, field, organisation, row"
    assert read(path, text.getvalue(), columns) == read(path, export(tagged(1)), columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_encoding_does_not_matter(path: Path, encoding: str) -> None:
    c1 = "[Müller, H] Univ Zürich, Zürich, Switzerland."
    text = export(tagged(1, c1)).replace("\n", "\r\n").encode(encoding)
    assert read(path, text, "address") == [("Univ Zürich, Zürich, Switzerland",)]


def test_addresses_without_authors_are_one_row_each(path: Path) -> None:
    c1 = "Univ Florida, Gainesville, FL 32611 USA.\n   Univ Fed Uberlandia,\n   MG, Brazil."
    addresses = [("Univ Fed Uberlandia, MG, Brazil",), ("Univ Florida, Gainesville, FL 32611 USA",)]
    assert read(path, export(tagged(1, c1)), "address") == addresses
    row = {"PT": "J", "UT": "1", "C1": "Univ Florida, FL 32611 USA; Univ Bern, Switzerland"}
    assert read(path, table(row), "country") == [("Switzerland",), ("USA",)]


@pytest.mark.parametrize(
    ("tail", "country"),
    [
        ("Gainesville, FL 32611 USA", "USA"),
        ("Newton, GA USA", "USA"),
        ("Beijing 100084, Peoples R China", "Peoples R China"),
        ("Hong Kong, Hong Kong, Peoples R China", "Hong Kong"),
        ("Hong Kong, Peoples R China", "Hong Kong"),
        ("Macau, Peoples R China", "Macau"),
        ("Taipei, Taiwan", "Taiwan"),
        ("Seoul, South Korea", "South Korea"),
    ],
)
def test_the_country_is_the_tail_of_the_address(path: Path, tail: str, country: str) -> None:
    assert read(path, export(tagged(1, f"[Doe, J] Univ, {tail}.")), "country") == [(country,)]


@pytest.mark.parametrize(
    ("fields", "left_out"),
    [
        ({"DT": "Article; Early Access"}, None),
        ({"DT": "Article; Proceedings Paper"}, None),
        ({"DT": "Review"}, "type review"),
        ({"DT": "Data Paper; Book Chapter"}, "type book chapter; data paper"),
        ({"DT": ""}, None),
        ({"WC": "Economics; Management"}, "neither science nor technology"),
        ({"WC": "Economics; Statistics & Probability"}, None),
        ({"WC": "Information Science &\n   Library Science"}, "neither science nor technology"),
        ({"WC": "Psychology", "SC": "Psychology"}, None),
        ({"WC": "", "SC": "Psychology"}, "neither science nor technology"),
        ({"WC": "", "SC": "Psychology; Neurosciences & Neurology"}, None),
        ({"WC": "", "SC": ""}, None),
    ],
)
def test_articles_in_science_count_by_default(
    path: Path, fields: dict[str, str], left_out: str | None
) -> None:
    text = export(tagged(1, **fields), tagged(2))
    told = None if left_out is None else f"left out, {left_out}"
    found = read(path, text, 'record_id, problem, "count"')
    assert {one[1:] for one in found if one[0] == "WOS:1"} == {(told, int(told is None))}
    assert {one[1:] for one in read(path, text, 'row, problem, "count"', **EVERYTHING)} == {
        (None, 1)
    }


def test_each_filter_can_be_lifted_by_itself(path: Path) -> None:
    text = export(tagged(1, DT="Review"), tagged(2, WC="Economics"))
    found = read(path, text, 'record_id, "count"', articles_only=False, science_only=True)
    assert set(found) == {("WOS:1", 1), ("WOS:2", 0)}
    found = read(path, text, 'record_id, "count"', articles_only=True, science_only=False)
    assert set(found) == {("WOS:1", 0), ("WOS:2", 1)}
    with pytest.raises(InputError, match=r"by the source options; found only left out, .*; left"):
        read(path, text)


def test_an_article_in_press_takes_the_year_of_its_early_access(path: Path) -> None:
    assert set(read(path, export(tagged(1, PY="", EA="FEB 2026")), "year")) == {(2026,)}


def test_a_record_without_accession_number_is_still_one_record(path: Path) -> None:
    text = export(tagged(1), tagged(2, DI="10.1/a")).replace("UT WOS:1\n", "").replace("WOS:2", "")
    assert set(read(path, text, "record_id")) == {(f"{path}, record 1",), ("10.1/a",)}


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (tagged(2).replace("PY 2024", "2024"), "broken record: no field starts '2024'"),
        (tagged(2).replace("ER\n", ""), "broken record: it has no ER"),
        (tagged(2).replace("PT J\n", ""), "broken record: it has no PT"),
        ("??\n", "broken record: it has no ER"),
    ],
)
def test_a_broken_record_is_told_and_takes_no_other_with_it(
    path: Path, broken: str, problem: str
) -> None:
    text = export(tagged(1), broken, tagged(3))
    rows = read(path, text, "record_id, problem, row, count")
    assert (
        rows == [("WOS:1", None, 1, 1)] * 3 + [(None, problem, 2, 1)] + [("WOS:3", None, 3, 1)] * 3
    )


def test_an_accession_number_of_before_2011_is_the_one_of_today(path: Path) -> None:
    old = tagged(1).replace("UT WOS:", "UT ISI:")
    assert read(path, export(tagged(1), old), "record_id, count")[-1] == ("WOS:1", 0)


def test_a_broken_row_is_told_and_takes_no_other_with_it(path: Path) -> None:
    good = {"PT": "J", "UT": "1", "C1": 'Univ "Bern, Bern, Switzerland'}
    lines = table(good, good, good | {"UT": "3"}).split("\n")
    text = "\n".join([*lines[:2], lines[2].rpartition("\t\t")[0], lines[3]])
    assert read(path, text, "record_id, problem, row") == [
        ("1", None, 1),
        (None, "broken record: 7 cells instead of 9", 2),
        ("3", None, 3),
    ]


def test_a_file_cut_anywhere_gives_the_records_before_the_cut(path: Path) -> None:
    records = [tagged(number) for number in range(1, 4)]
    text = export(*records)
    ends = [text.index(record) + record.index("\nER") + 3 for record in records]
    for cut in range(ends[0], len(text) - 1, 23):
        rows = read(path, text[:cut], "record_id, problem, count")
        whole = [f"WOS:{number}" for number, end in enumerate(ends, start=1) if end <= cut]
        found = [record for record, problem, _ in rows if problem is None]
        assert found == [number for number in whole for _ in range(3)]
        assert "broken file: no EF at its end, it may be cut off" in {row[1] for row in rows}
        assert sum(count for _, problem, count in rows if problem) <= 1


def test_a_record_in_two_exports_counts_once(tmp_path: Path) -> None:
    for name, numbers in (("1.txt", (1, 2)), ("2.txt", (2, 3))):
        (tmp_path / name).write_text(export(*map(tagged, numbers)))
    relation = read_web_of_science(tmp_path)
    placed = relation.filter("problem IS NULL").select("record_id").fetchall()
    assert Counter(number for (number,) in placed) == {"WOS:1": 3, "WOS:2": 3, "WOS:3": 3}
    (told,) = relation.filter("problem IS NOT NULL").select("problem, file, row, count").fetchall()
    first, again = tmp_path / "1.txt", tmp_path / "2.txt"
    assert told == (f"repeated record: read before in {first}, record 2", str(again), 1, 0)


@pytest.mark.parametrize("text", ["a,b,c\n1,2,3", "Author\tTitle\nDoe\tA", "Hello"])
def test_another_file_is_refused(path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"savedrecs\.txt\. Must be a Web of Science export"):
        read(path, text)


def test_a_web_page_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"Must be the downloaded data; found a web page"):
        read(path, "<!DOCTYPE html>\n<html></html>")


def test_the_relation_outlives_its_making(path: Path) -> None:
    path.write_text(export(tagged(1)))
    relation = read_web_of_science(path)
    path.unlink()
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    assert len(relation) == len(relation.filter("row = 1")) == 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"WC": "Remote Sensing; Engineering, Civil"}, "Engineering, Civil|Remote Sensing"),
        ({"WC": " Optics ;; Optics;Acoustics;"}, "Acoustics|Optics"),
        ({"WC": "Geosciences,\n   Multidisciplinary"}, "Geosciences, Multidisciplinary"),
        ({"WC": "Optics", "SC": "Physics"}, "Optics"),
        ({"WC": "", "SC": "Physics; Chemistry"}, "Chemistry|Physics"),
        ({"WC": " ; ", "SC": "Physics"}, "Physics"),
        ({"WC": "=HYPERLINK(1)\x1f<b>"}, "=HYPERLINK(1) <b>"),
        ({"WC": ""}, None),
    ],
)
def test_the_field_is_the_categories_else_the_areas(
    path: Path, fields: dict[str, str], expected: str | None
) -> None:
    expected = expected and expected.replace("|", SEVERAL_JOIN)
    assert read(path, export(tagged(1, **fields)), "field") == [(expected,)] * 3


@pytest.mark.parametrize(
    ("c1", "organisation"),
    [
        ("[Sato, A] Univ Tokyo, Dept Phys, Tokyo, Japan.", "Univ Tokyo"),
        ("[Sato, A]  Univ  Tokyo ,Tokyo, Japan.", "Univ Tokyo"),
        ("Univ Tokyo, Tokyo, Japan.", "Univ Tokyo"),
        ("[Sato, A; Ito, B] CNRS UMR 5, Inst [X], Paris, France.", "CNRS UMR 5"),
        ("[Sato, A] <script>alert(1)</script>, Paris, France.", "<script>alert(1)</script>"),
        ("[Sato, A] , Paris, France.", None),
        ("[Sato, A] Japan.", None),
    ],
)
def test_the_organisation_stands_before_the_first_comma(
    path: Path, c1: str, organisation: str | None
) -> None:
    found = read(path, export(tagged(1, c1)), "organisation")
    assert set(found) == {(organisation,)}


def test_exports_that_were_joined_are_read_as_they_are_one_by_one(path: Path) -> None:
    whole = [("WOS:1", None), ("WOS:2", None)]
    for parts in (
        [export(tagged(1, "[A] ETH, Zurich, Switzerland.")), export(tagged(2, "[A] X, Bern."))],
        [table({"UT": f"WOS:{number}", "C1": "[A] ETH, Zurich"}) for number in (1, 2)],
    ):
        for between in ("\n\ufeff", "\n", "\ufeff", "", " \n"):
            assert read(path, between.join(parts), "record_id, problem") == whole


def test_an_export_that_is_cut_off_before_its_end_takes_no_other_with_it(path: Path) -> None:
    cut = export(tagged(1)).removesuffix("\n\nEF")
    assert read(path, cut + "\ufeff" + export(tagged(2)), "record_id, problem") == [
        *[("WOS:1", None)] * 3,
        *[("WOS:2", None)] * 3,
    ]


def test_tables_that_were_joined_though_their_columns_differ_are_refused(path: Path) -> None:
    joined = table({"UT": "WOS:1"}) + "\nPT\tUT\tC1\tPY\nJ\tWOS:2\t[A] ETH, Zurich\t2024"
    with pytest.raises(InputError, match="Must have one header; found another behind it"):
        read(path, joined)


def test_addresses_in_one_line_of_plain_text_are_told_apart(path: Path) -> None:
    c1 = "[A; B] Univ Oxford, Oxford, England; [B] ETH, Zurich, Switzerland."
    assert read(path, export(tagged(1, c1)), "country, address") == [
        ("Switzerland", "ETH, Zurich, Switzerland"),
        *[("England", "Univ Oxford, Oxford, England")] * 2,
    ]


def test_what_was_retracted_never_counts(tmp_path: Path) -> None:
    record = "PT J\nDT {}\nC1 ETH, Zurich, Switzerland.\nPY 2020\nUT W:{}\nER\n\n"
    types = ("Article", "Article; Retracted Publication")
    text = "".join(record.format(type_, number) for number, type_ in enumerate(types))
    (tmp_path / "a.txt").write_text(f"FN Clarivate\nVR 1.0\n{text}EF\n", encoding="utf-8")
    for articles_only in (True, False):
        relation = read_web_of_science(tmp_path / "a.txt", articles_only=articles_only)
        found = relation.order("record_id").select('problem, "count"').fetchall()
        assert found == [(None, 1), ("left out, retracted", 0)]


@pytest.mark.parametrize("header", ["PT\tAU\tPY\tUT", "Publication Type,Publication Year"])
def test_an_export_without_addresses_is_refused_by_what_it_lacks(path: Path, header: str) -> None:
    with pytest.raises(InputError, match=r"Must have addresses \(C1\) and .*; found no C1\."):
        read(path, f"{header}\n")
