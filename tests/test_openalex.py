"""OpenAlex's works: a row for each author and institution, placed by the institutions' file."""

import csv
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gii_geo.records.sources import openalex
from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.openalex import read_openalex
from gii_geo.tables import InputError

OPENALEX = "https://openalex.org/"
BASEL = {"city": "Basel", "country_code": "CH", "country": "Switzerland", "region": None}
INSTITUTIONS = [
    {"id": f"{OPENALEX}I1", "geo": BASEL | {"latitude": 47.56, "longitude": 7.59}},
    {"id": f"{OPENALEX}I2", "geo": {"city": None, "country_code": "FR", "latitude": None}},
]


def author(
    institutions: str = "", texts: tuple[str, ...] = (), countries: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Write an authorship; institutions as 'I1 CH, I2 FR', each with the text of its place."""
    named = [one.split(" ") for one in institutions.split(", ")] if institutions else []
    return {
        "author": {"id": f"{OPENALEX}A1"},
        "institutions": [
            {"id": OPENALEX + id_, "display_name": f"Name of {id_}", "country_code": country}
            for id_, country in named
        ],
        "countries": list(countries),
        "raw_affiliation_strings": list(texts),
        "affiliations": [
            {"raw_affiliation_string": text, "institution_ids": [OPENALEX + id_]}
            for text, (id_, _) in zip(texts, named, strict=False)
        ],
    }


def work(number: int, *authors: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Write a work with what a real one has besides."""
    return {
        "id": f"{OPENALEX}W{number}",
        "doi": None,
        "publication_year": 2024,
        "type": "article",
        "authorships": list(authors),
        "abstract_inverted_index": {"id": [1]},
        "referenced_works": [f"{OPENALEX}W99"],
    } | fields


def write(path: Path, *objects: dict[str, Any] | str) -> Path:
    lines = [
        one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in objects
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_export(path: Path, *rows: dict[str, str]) -> Path:
    names = ["id", "authorships.countries", "authorships.institutions.display_name"]
    names += ["authorships.institutions.id", "display_name", "publication_year", "type"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(source: Any, columns: str, **options: Any) -> list[tuple[Any, ...]]:
    relation = read_openalex(source, **options)
    return relation.order("file, row, address, lon").select(columns).fetchall()


@pytest.fixture(scope="module")
def sample(shared_data: Path) -> Path:
    return shared_data / "formats" / "openalex_web_export_sample.csv"


@pytest.mark.shared_data
def test_the_sample_has_the_institutions_that_the_csv_module_reads(sample: Path) -> None:
    expected = {}
    with sample.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = row["authorships.institutions.display_name"].split("|")
            ids = row["authorships.institutions.id"].split("|")
            placed = Counter(name for name, id_ in zip(names, ids, strict=True) if id_)
            number = row["id"].removeprefix(OPENALEX)
            expected[number] = (int(row["publication_year"]), placed)
    found: dict[str, tuple[int, Counter[str]]] = {}
    for number, year, name in read(sample, "record_id, year, address"):
        found.setdefault(number, (year, Counter()))[1].update([] if name is None else [name])
    assert found["W2998021954"] == expected["W2998021954"] == (2020, Counter())
    assert found == expected
    assert len(found) == 8
    assert sum(placed.total() for _, placed in found.values()) == 20


@pytest.mark.shared_data
def test_economies_of_the_sample_are_paired_by_hand(sample: Path) -> None:
    relation = read_openalex(sample)
    counted = relation.aggregate("economy, count(*)").fetchall()
    known = {"IT": 5, "IN": 4, "ES": 3, "MY": 4, "PK": 1, "NG": 2, "TR": 1, None: 1}
    assert dict(counted) == known
    (karachi,) = relation.filter("economy = 'PK'").select("address, record_id").fetchall()
    assert karachi == ("Sukkur IBA University", "W4206935846")


def test_institutions_stand_where_their_file_says(tmp_path: Path) -> None:
    works = write(tmp_path / "works.jsonl", work(1, author("I1 CH", ("Univ Basel, Basel",))))
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    relation = read_openalex(tmp_path)
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    place = ("Basel", None, "Switzerland", None, "city", None)
    assert relation.fetchall() == [
        ("publication", "W1", 7.59, 47.56, "CH", 2024, 1, *place, str(works), 1)
    ]


def test_without_a_position_the_text_of_the_affiliation_is_kept(tmp_path: Path) -> None:
    texts = ("Univ Lyon, Lyon, France", "ETH Zürich")
    path = write(tmp_path / "works.jsonl", work(1, author("I2 FR, I3 CH", texts)))
    institutions = write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    columns = "lon, economy, country, address"
    expected = [(None, "CH", "CH", "ETH Zürich"), (None, "FR", "FR", "Univ Lyon, Lyon, France")]
    assert read([path, institutions], columns) == expected
    assert read(path, columns) == expected


def test_an_institution_without_a_text_is_kept_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "works.jsonl", work(1, author("I3 ch")))
    assert read(path, "economy, address") == [("CH", "Name of I3")]


def test_an_author_without_an_institution_has_a_row_for_each_text(tmp_path: Path) -> None:
    authors = (
        author("I1 CH", ("Univ Basel",)),
        author(texts=("A, Bern", "B, Bern"), countries=("CH",)),
        author(texts=("C, Bern or Lyon",), countries=("CH", "FR")),
        author(),
    )
    path = write(tmp_path / "works.jsonl", work(1, *authors))
    assert read(path, "record_id, economy, address") == [
        ("W1", "CH", "A, Bern"),
        ("W1", "CH", "B, Bern"),
        ("W1", None, "C, Bern or Lyon"),
        ("W1", "CH", "Univ Basel"),
    ]


def test_a_work_without_addresses_is_a_record_with_a_problem(tmp_path: Path) -> None:
    works = [work(1), work(2, author()), work(3, authorships=None)]
    path = write(tmp_path / "works.jsonl", *works)
    found = read(path, 'record_id, problem, "count", year')
    assert found == [(f"W{number}", "no affiliation", 1, 2024) for number in (1, 2, 3)]


def test_the_snapshot_is_read_as_downloaded(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data / "works/updated_date=2024-01-01/part_000.gz", work(1, author("I1 CH")))
    write(data / "works/updated_date=2024-01-02/part_000.gz", work(2, author("I1 CH")))
    write(data / "institutions/updated_date=2024-01-01/part_000.gz", *INSTITUTIONS)
    person = {"id": f"{OPENALEX}A1", "last_known_institutions": [{"id": f"{OPENALEX}I1"}]}
    write(data / "authors/updated_date=2024-01-01/part_000.gz", person)
    (data / "works/manifest").write_text("{}")
    assert read(tmp_path, "record_id, city") == [("W1", "Basel"), ("W2", "Basel")]


def test_the_export_takes_positions_from_the_institutions_too(tmp_path: Path) -> None:
    row = {"id": f"{OPENALEX}W1", "publication_year": "2024"}
    row |= {"authorships.institutions.id": f"{OPENALEX}I1|{OPENALEX}I9"}
    row |= {"authorships.institutions.display_name": "Univ Basel|Univ | Bern"}
    write_export(tmp_path / "works.csv", row | {"authorships.countries": "CH|CH|CH"})
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    # As the names hold a bar, it is not plain which is whose.
    expected = [(7.59, "CH", "Basel", None, 2024), (None, "CH", None, None, 2024)]
    assert read(tmp_path, "lon, economy, city, address, year") == expected


@pytest.mark.parametrize(
    ("countries", "institutions", "economies"),
    [
        ("CH|FR", "I1|I2", ["CH", "FR"]),
        ("CH||FR", "I1||I2", ["CH", "FR"]),
        ("CH|CH", "I1|I2|I3", ["CH"] * 3),
        ("CH|FR", "I1|I2|I3", [None] * 3),
        ("", "I1|I2", [None] * 2),
        ("|CH", "I1|", ["CH"]),
    ],
)
def test_economies_go_to_institutions_where_it_is_plain(
    tmp_path: Path, countries: str, institutions: str, economies: list[str | None]
) -> None:
    row = {"id": "W1", "authorships.countries": countries}
    row |= {"authorships.institutions.id": institutions}
    path = write_export(tmp_path / "works.csv", row)
    assert [economy for (economy,) in read(path, "economy")] == economies


def test_works_can_be_taken_by_type(tmp_path: Path) -> None:
    works = [work(1, author("I1 CH")), work(2, type="dataset"), work(3, type=None)]
    path = write(tmp_path / "works.jsonl", *works, "broken")
    told: list[str] = []
    assert read(path, "record_id, row", types=["Article"], progress=told.append) == [
        ("W1", 1),
        (None, 4),
    ]
    assert told[-1] == f"{path}: 4 works, 2 of them of another type"
    rows = [{"id": f"W{number}", "type": kind} for number, kind in enumerate(("article", "book"))]
    path = write_export(tmp_path / "works.csv", *rows)
    assert read(path, "record_id, row", types=["book"]) == [("W1", 2)]


def test_types_that_no_work_has_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "works.jsonl", work(1))
    with pytest.raises(InputError, match=r"Invalid types articles\. Must be types of the works"):
        read_openalex(path, types=["articles"])
    with pytest.raises(TypeError, match=r"Invalid types 'article'\. Must be a collection"):
        read_openalex(path, types="article")


def test_broken_lines_are_told_and_take_no_other_with_them(tmp_path: Path) -> None:
    good = [work(number, author("I1 CH")) for number in range(1, 4)]
    broken = ['{"id": "https://open', "[1, 2]", "5", '{"id": 7}', '{"meta": {"count": 1}}']
    path = write(tmp_path / "works.jsonl", good[0], *broken, "", good[1], "\x00", good[2])
    assert read(path, 'record_id, problem, row, "count"') == [
        ("W1", None, 1, 1),
        *((None, "broken record: no JSON of a work", row, 1) for row in range(2, 7)),
        ("W2", None, 7, 1),
        (None, "broken record: no JSON of a work", 8, 1),
        ("W3", None, 9, 1),
    ]


def test_a_field_of_another_type_spoils_itself_only(tmp_path: Path) -> None:
    works = [
        work(1, author("I1 CH"), publication_year="soon"),
        work(2, authorships="none"),
        work(3, author("I1 CH")),
    ]
    path = write(tmp_path / "works.jsonl", *works)
    assert read(path, "record_id, year, problem") == [
        ("W1", None, None),
        ("W2", 2024, "no affiliation"),
        ("W3", 2024, None),
    ]


def test_a_line_in_another_encoding_takes_no_other_with_it(tmp_path: Path) -> None:
    lines = [
        json.dumps(work(number, author(texts=("Zürich",))), ensure_ascii=False)
        for number in range(1, 4)
    ]
    path = tmp_path / "works.jsonl"
    text = [lines[0].encode(), lines[1].encode("latin-1"), lines[2].encode()]
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(text))
    assert read(path, "record_id, address") == [(f"W{number}", "Zürich") for number in (1, 2, 3)]


def test_a_broken_row_of_the_export_takes_no_other_with_it(tmp_path: Path) -> None:
    rows = [
        {"id": f"W{number}", "authorships.institutions.id": "I1", "display_name": 'A\n"b"'}
        for number in range(1, 4)
    ]
    path = write_export(tmp_path / "works.csv", *rows)
    text = path.read_text(encoding="utf-8").replace('"W2","","","I1"', '"W2","","I1')
    path.write_text(text, encoding="utf-8")
    found = read(path, "record_id, problem")
    assert found[0] == ("W1", None)
    assert found[-1] == ("W3", None)
    assert set(found[1:-1]) == {(None, "broken record: no row")}


def test_a_cut_file_gives_the_works_before_the_cut_and_says_so(tmp_path: Path) -> None:
    random.seed(1)
    works = [work(number, author(f"I{random.randrange(10**9)} CH")) for number in range(1, 2_001)]
    path = write(tmp_path / "part_000.gz", *works)
    packed = path.read_bytes()
    path.write_bytes(packed[: len(packed) // 2])
    *good, cut, broken = read(path, 'record_id, problem, row, "count"')
    assert 900 < len(good) < 1_100
    assert good == [(f"W{row}", None, row, 1) for row in range(1, len(good) + 1)]
    assert cut == (None, "broken record: no JSON of a work", len(good) + 1, 1)
    assert broken[1].startswith("broken file: Compressed file ended before")
    assert broken[2:] == (len(good) + 2, 0)


def test_in_batches_of_any_size_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = [work(number, author("I1 CH"), author("I2 FR")) for number in range(1, 50)]
    path = write(tmp_path / "works.jsonl", *works[:20], "broken", *works[20:])
    expected = read(path, "* EXCLUDE (file)")
    assert len(expected) == 2 * 49 + 1
    for size in (1, 1_000, 10_000):
        monkeypatch.setattr(openalex, "BATCH_CHARACTERS", size)
        assert read(path, "* EXCLUDE (file)") == expected


def test_a_work_read_before_counts_once(tmp_path: Path) -> None:
    first = write(tmp_path / "1.jsonl", work(1, author("I1 CH"), author("I1 CH")))
    again = write(tmp_path / "2.jsonl", work(2, author("I1 CH")), work(1, author("I1 CH")))
    assert read(tmp_path, 'record_id, "count", problem, file, row') == [
        ("W1", 1, None, str(first), 1),
        ("W1", 1, None, str(first), 1),
        ("W2", 1, None, str(again), 1),
        ("W1", 0, f"repeated record: read before in {first}, record 1", str(again), 2),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("works.jsonl", "", r"works\.jsonl\. Must not be empty"),
        ("works.csv", "<html></html>", r"works\.csv\. Must be the downloaded data; found a web"),
        ("works.csv", "a,b\n1,2", r"Must hold works of OpenAlex, as JSON lines or the CSV export"),
        ("authors.jsonl", '{"id": "https://openalex.org/A1"}', r"Must hold works of OpenAlex"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_openalex(tmp_path / name)
