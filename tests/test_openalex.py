"""OpenAlex's works: a row for each author and institution, placed by the institutions' file."""

import csv
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gii_geo import read_world
from gii_geo.records.sources import openalex
from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.openalex import read_openalex
from gii_geo.tables import InputError

OPENALEX = "https://openalex.org/"
NAMES = "authorships.institutions.display_name"
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
    named = read(sample, "address, organisation, field")
    assert len(named) == 20 + 1
    assert all([name, None] == row for name, *row in named)  # it has topics, but no fields


@pytest.mark.shared_data
def test_economies_of_the_sample_are_paired_by_hand(sample: Path) -> None:
    """All works but one have one country; of MY and PK it is not told which is whose."""
    relation = read_openalex(sample)
    counted = relation.aggregate("economy, count(*)").fetchall()
    assert dict(counted) == {"IT": 5, "IN": 4, "ES": 3, "NG": 2, "TR": 1, None: 5 + 1}
    (other,) = relation.filter("address = 'Sukkur IBA University'").select("economy").fetchall()
    assert other == (None,)


def test_institutions_stand_where_their_file_says(tmp_path: Path) -> None:
    works = write(tmp_path / "works.jsonl", work(1, author("I1 CH", ("Univ Basel, Basel",))))
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    relation = read_openalex(tmp_path)
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    place = ("Basel", None, "Switzerland", None, "city", None, "Name of I1", None)
    assert relation.fetchall() == [
        ("publication", "W1", 7.59, 47.56, "CH", 2024, None, 1, *place, str(works), 1)
    ]


def test_an_organisation_is_the_institution_s_own_and_none_where_only_a_text_is(
    tmp_path: Path,
) -> None:
    two = author("I1 CH, I2 FR", ("Univ Basel, Basel; Univ Lyon, Lyon",))
    two["institutions"][0]["display_name"] = " Universit\u00e4t\u00a0\n Basel\u001f"
    two["institutions"][1]["display_name"] = "=cmd|' /C calc'!A0"
    nameless = author("I3 DE")
    nameless["institutions"][0]["display_name"] = None
    write(tmp_path / "works.jsonl", work(1, two, author("", ("Lab X, Bern",)), nameless))
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    found = read_openalex(tmp_path).select("economy, organisation").fetchall()
    assert sorted(found, key=str) == [
        ("CH", "Universität Basel"),
        ("DE", None),
        ("FR", "=cmd|' /C calc'!A0\x1f"),  # the bar parts no names
        (None, None),
    ]


def topic(name: str | None) -> dict[str, Any]:
    return {"id": "T1", "display_name": "Topic", "field": {"id": "f/1", "display_name": name}}


CONCEPTS = [
    {"display_name": "Deep learning", "level": 3},
    {"display_name": "Physics", "level": 0},
    {"display_name": "Biology", "level": 0},
]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"primary_topic": topic("Engineering"), "topics": [topic("Medicine")]}, "Engineering"),
        ({"primary_topic": None, "topics": [topic("Medicine"), topic("Arts")]}, "Medicine"),
        ({"primary_topic": topic(None), "topics": [], "concepts": CONCEPTS}, "Physics"),
        ({"concepts": CONCEPTS}, "Physics"),
        ({"concepts": CONCEPTS[:1]}, None),
        ({"primary_topic": topic(" Earth  and\tSpace\x1f")}, "Earth and Space"),
        ({"primary_topic": "x", "topics": {"a": 1}, "concepts": [{"level": "high"}, 5]}, None),
        ({}, None),
    ],
)
def test_the_field_is_that_of_the_primary_topic_else_of_the_next_best(
    tmp_path: Path, fields: dict[str, Any], expected: str | None
) -> None:
    works = [work(1, author("I1 CH, I2 FR"), **fields), work(2, author("I1 CH"))]
    path = write(tmp_path / "works.jsonl", *works)
    assert read(path, "record_id, field") == [("W1", expected)] * 2 + [("W2", None)]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("primary_topic.field.display_name", "Medicine", "Medicine"),
        ("topics.field.display_name", "Energy|Medicine", "Energy"),
        ("topics.field.display_name", "", None),
        ("primary_topic.display_name", "Data Analysis with R", None),
    ],
)
def test_an_export_has_a_field_where_it_has_that_of_a_topic(
    tmp_path: Path, column: str, cell: str, expected: str | None
) -> None:
    row = exported(1, "CH|CH", "I1|I2", "A|  B") | {"display_name": cell}
    path = rename(write_export(tmp_path / "works.csv", row), "display_name", column)
    found = read_openalex(path).order("organisation").select("field, organisation").fetchall()
    assert found == [(expected, "A"), (expected, "B")]


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


def test_a_work_without_the_key_of_authors_is_in_no_denominator(tmp_path: Path) -> None:
    works = [work(1, author("I1 CH")), work(2), work(3, authorships=None), work(4), work(5)]
    del works[1]["authorships"], works[4]["authorships"]
    works[4]["type"] = "review"
    path = write(tmp_path / "works.jsonl", *works)
    assert read(path, 'record_id, problem, "count"') == [
        ("W1", None, 1),
        ("W2", "broken record: no key authorships", 0),
        ("W3", "no affiliation", 1),
        ("W4", "no affiliation", 1),
        ("W5", "broken record: no key authorships", 0),
    ]


@pytest.mark.parametrize("dated", [True, False])
def test_a_version_without_the_key_of_authors_takes_the_place_of_none(
    tmp_path: Path, *, dated: bool
) -> None:
    works = [work(1), work(1, author("I1 CH"))]
    del works[0]["authorships"]
    for one, day in zip(works, (2, 1), strict=True):
        one.update({"updated_date": f"2024-05-0{day}"} if dated else {})
    path = write(tmp_path / "works.jsonl", *works)
    problem = f"repeated record: read before in {path}, record 2"
    assert read(path, 'economy, problem, "count"') == [(None, problem, 0), ("CH", None, 1)]


def test_years_of_an_export_that_are_none_are_told_as_those_of_a_table(tmp_path: Path) -> None:
    rows = [
        {"id": f"{OPENALEX}W{place}", NAMES: "Univ Basel", "publication_year": year}
        for place, year in enumerate(["2018", "2018; 2019", "20180315", ""], start=1)
    ]
    write_export(tmp_path / "works.csv", *rows)
    found = read(tmp_path / "works.csv", "record_id, year, year_text")
    assert found == [
        ("W1", 2018, None),
        ("W2", None, "2018; 2019"),
        ("W3", 2018, None),
        ("W4", None, None),
    ]


def test_a_file_of_works_without_the_key_of_authors_is_refused(tmp_path: Path) -> None:
    works = [work(1), work(2)]
    for one in works:
        del one["authorships"]
    write(tmp_path / "a.jsonl", work(3, author("I1 CH")))
    write(tmp_path / "b.jsonl", *works, "{broken")
    message = r"b\.jsonl\. Must have the key authorships in its works; found 2 without it\."
    with pytest.raises(InputError, match=message):
        read_openalex(tmp_path)


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
    expected = [(None, "CH", None, "Univ | Bern", 2024), (7.59, "CH", "Basel", None, 2024)]
    assert read(tmp_path, "lon, economy, city, address, year") == expected


def exported(number: int, countries: str, institutions: str, names: str = "") -> dict[str, str]:
    """Write a row of the export."""
    return {
        "id": f"{OPENALEX}W{number}",
        "authorships.countries": countries,
        "authorships.institutions.id": institutions,
        "authorships.institutions.display_name": names,
        "type": "article",
        "publication_year": "2024",
    }


@pytest.mark.parametrize(
    ("works", "economies"),
    [
        ([("CH|FR", "I1|I2")], {"I1": None, "I2": None}),  # the countries may be in any order
        ([("CH||FR", "I1||I2")], {"I1": None, "I2": None}),
        ([("CH|CH", "I1|I2|I3")], {"I1": "CH", "I2": "CH", "I3": "CH"}),
        ([("CH|FR", "I1|I2|I3")], {"I1": None, "I2": None, "I3": None}),
        ([("", "I1|I2")], {"I1": None, "I2": None}),
        ([("|CH", "I1|")], {"I1": "CH"}),
        ([("|CH", "I1|"), ("CH|FR", "I1|I2")], {"I1": "CH", "I2": None}),
        ([("CH|FR", "I1|I2"), ("FR|IT", "I2|I3")], {"I1": None, "I2": "FR", "I3": None}),
        ([("CH", "I1"), ("FR", "I1")], {"I1": None}),  # they contradict each other
        ([("CH", "I1"), ("", "I1")], {"I1": "CH"}),
        ([("GB|US", "I1|I2"), ("GB|US", "I1|I2")], {"I1": None, "I2": None}),
    ],
)
def test_an_institution_lies_in_the_one_country_that_all_its_works_have(
    tmp_path: Path, works: list[tuple[str, str]], economies: dict[str, str | None]
) -> None:
    rows = [exported(number, *one) for number, one in enumerate(works)]
    path = write_export(tmp_path / "works.csv", *rows)
    relation = read_openalex(path)
    assert relation.filter("problem IS NOT NULL").fetchall() == []
    found: dict[str, set[str | None]] = {}
    ids = [one.split("|") for _, one in works]
    for row, economy in relation.select("row, economy").fetchall():
        found.setdefault(str(row), set()).add(economy)
    wanted = [{economies[id_] for id_ in one if id_} for one in ids]
    assert [found[str(row)] for row in range(1, len(works) + 1)] == wanted


@pytest.mark.parametrize(
    ("countries", "ids", "names"),
    [
        ("CH;FR", "I1;I2", "Univ A;Univ B"),
        ("CH; FR", f"{OPENALEX}I1; {OPENALEX}I2", "Univ A; Univ B"),
        ("['CH', 'FR']", f"['{OPENALEX}I1', '{OPENALEX}I2']", ""),
        ("CH,FR", "I1,I2", ""),
        ("CH;FR", "", "Univ A;Univ B"),
    ],
)
def test_institutions_that_another_program_parted_otherwise_are_not_one(
    tmp_path: Path, countries: str, ids: str, names: str
) -> None:
    works = [exported(1, countries, ids, names), exported(2, "CH", "I1" if ids else "", "Univ A")]
    relation = read_openalex(write_export(tmp_path / "works.csv", *works))
    found = relation.order("row, address").select("row, economy, address").fetchall()
    second = (None, None) if not names else ("Univ A", "Univ B")
    assert sorted(found, key=str) == sorted(
        [(1, "CH", second[0]), (1, None, second[1]), (2, "CH", "Univ A")], key=str
    )


def test_the_one_text_of_2022_is_an_address(tmp_path: Path) -> None:
    text = {"institutions": [], "raw_affiliation_string": "Univ Basel, Basel, Switzerland"}
    empty = {"institutions": [], "raw_affiliation_strings": [], "raw_affiliation_string": ""}
    write(tmp_path / "a.jsonl", {"id": f"{OPENALEX}W1", "authorships": [text]})
    write(tmp_path / "b.jsonl", {"id": f"{OPENALEX}W2", "authorships": [empty]})
    assert read(tmp_path, "record_id, address, problem") == [
        ("W1", "Univ Basel, Basel, Switzerland", None),
        ("W2", None, "no affiliation"),
    ]


def test_the_order_of_the_works_does_not_change_an_economy(tmp_path: Path) -> None:
    works = [("GB|US", "I1|I2"), ("GB", "I1"), ("US|CA", "I2|I3"), ("CA|CA", "I3|I4")]
    rows = [exported(number, *one, names="") for number, one in enumerate(works)]
    expected = None
    for turn in range(len(rows)):
        turned = [*rows[turn:], *rows[:turn]]
        path = write_export(tmp_path / "works.csv", *turned)
        relation = read_openalex(path).order("record_id, economy")
        found = relation.select("record_id, economy, problem").fetchall()
        expected = expected or found
        assert found == expected
    assert expected is not None
    assert {economy for _, economy, _ in expected} == {"GB", "US", "CA"}


@pytest.mark.parametrize(
    ("ids", "names", "addresses"),
    [
        ("I1", "GFZ | Helmholtz Centre Potsdam", ["GFZ | Helmholtz Centre Potsdam"]),
        ("I1", "A|B", [None]),
        ("I1|I2", "A | B|C", ["A | B", "C"]),
        ("I1|I2|I3", "A | B|C|D | E | F", ["A | B", "C", "D | E | F"]),
        ("I1||I2", "A||B", ["A", "B"]),
        ("I1|I2", "A|B|C", [None, None]),  # it is not plain which bar is whose
        ("", "A | B|C", ["A | B", "C"]),
    ],
)
def test_a_bar_in_a_name_parts_no_names(
    tmp_path: Path, ids: str, names: str, addresses: list[str | None]
) -> None:
    path = write_export(tmp_path / "works.csv", exported(1, "DE", ids, names))
    found = read(path, "address, economy")
    assert sorted(found, key=str) == sorted(((name, "DE") for name in addresses), key=str)


@pytest.mark.parametrize("names", ["A|B", "A;B", "['A', 'B']", "A|B|C"])
def test_one_institution_beside_several_names_has_the_name_of_none(
    tmp_path: Path, names: str
) -> None:
    path = write_export(tmp_path / "works.csv", exported(1, "GB|CH", f"{OPENALEX}I1", names))
    problem = "no name of the institution: it is not plain which of the names is whose"
    assert read(path, "address, organisation, problem") == [(None, None, problem)]
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    assert read(tmp_path, "city, problem") == [("Basel", None)]


def test_an_institution_whose_name_is_empty_lacks_it_by_itself(tmp_path: Path) -> None:
    path = write_export(tmp_path / "works.csv", exported(1, "CH", "I1|I2", "A|"))
    assert read(path, "address, problem") == [("A", None), (None, None)]


def test_an_institution_of_uncertain_country_lies_in_one_of_those_that_its_works_name(
    tmp_path: Path,
) -> None:
    """There is a Queens in New York, which none of the works names."""
    names = "Queen's University Belfast|Queen's University"
    rows = [exported(number, "GB|CA", "I1|I2", names) for number in range(3)]
    rows.append(exported(3, "US|CA", "I3|I4", "Boston College, Boston|Chicago Lab, Chicago, IL"))
    path = write_export(tmp_path / "works.csv", *rows)
    assert set(read(path, "address, economy, country")) == {
        ("Queen's University Belfast", None, "CA|GB"),
        ("Queen's University", None, "CA|GB"),
        ("Boston College, Boston", None, "CA|US"),
        ("Chicago Lab, Chicago, IL", None, "CA|US"),
    }
    world = read_world({"publication": path}, source="openalex")
    assert world.locations[["lon", "lat"]].round().to_numpy().tolist() == [
        [-88, 42],
        [-71, 42],
        [-6, 55],
    ]
    assert world.rejects["reason"].tolist() == ["place not found"] * 3


@pytest.mark.parametrize(
    ("countries", "economies"),
    [
        ("GBR", "GB"),
        ("United Kingdom", "GB"),
        ("UK|gb", "GB"),
        ("EL", "GR"),
        ("Korea, Rep.", "KR"),
        ("['Korea, Rep.', 'KOR']", "KR"),
        ("Côte d'Ivoire", "CI"),
        ("NA", "NA"),
        ("GBR|None", "GB"),
        ("United Kingdom; Switzerland", "CH|GB"),
        ("GBR, CHE", "CH|GB"),
        ("GBR|Utopia", "GB|Utopia"),
        ("Utopia", "Utopia"),
    ],
)
def test_countries_are_read_by_their_codes_and_names_and_what_is_none_is_left(
    tmp_path: Path, countries: str, economies: str
) -> None:
    path = write_export(tmp_path / "works.csv", exported(1, countries, "I1", "A"))
    economy = None if "|" in economies else economies
    assert read(path, "economy, country") == [(economy, economies)]


def test_an_institution_whose_country_is_not_known_is_placed_in_no_other(tmp_path: Path) -> None:
    rows = [exported(1, "Utopia", "I1", "ETH Zurich"), exported(2, "CHE", "I2", "Univ Geneva")]
    path = write_export(tmp_path / "works.csv", *rows)
    world = read_world({"publication": path}, source="openalex")
    assert world.rejects[["row", "economy", "reason"]].to_numpy().tolist() == [
        [1, "UTOPIA", "place not found"]
    ]


def rename(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'"{old}"', f'"{new}"', 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("new", ["workid", "work_id", "openalex", "doi"])
def test_an_export_without_ids_is_refused_by_the_column_it_lacks(tmp_path: Path, new: str) -> None:
    path = rename(write_export(tmp_path / "works.csv", exported(1, "CH", "I1", "A")), "id", new)
    with pytest.raises(
        InputError, match=rf"works\.csv\. Must have the column id of .*found {new}, "
    ):
        read_openalex(path)


def test_an_export_without_institutions_is_refused_by_the_column_it_lacks(tmp_path: Path) -> None:
    path = write_export(tmp_path / "works.csv", exported(1, "CH", "I1", "A"))
    path = rename(rename(path, "authorships.institutions.id", "a"), NAMES, "b")
    with pytest.raises(InputError, match=rf"Must have the column {NAMES} of OpenAlex's export"):
        read_openalex(path)
    write(tmp_path / "institutions.jsonl", *INSTITUTIONS)
    with pytest.raises(InputError, match=r"Must have the column authorships\.institutions\.id of"):
        read_openalex(tmp_path)


def test_an_export_of_ids_is_refused_for_its_names_where_no_file_places_them(
    tmp_path: Path,
) -> None:
    path = rename(write_export(tmp_path / "works.csv", exported(1, "CH", "I1", "A")), NAMES, "x")
    with pytest.raises(InputError, match=rf"works\.csv\. Must have the column {NAMES} of"):
        read_openalex(path)


@pytest.mark.parametrize("column", ["id", "authorships.countries", NAMES, "publication_year"])
def test_an_export_that_has_a_column_twice_is_refused_if_it_is_read(
    tmp_path: Path, column: str
) -> None:
    row = exported(1, "CH", "I1", "A") | {"display_name": "2"}
    path = rename(write_export(tmp_path / "works.csv", row), "display_name", column.upper())
    message = rf"works\.csv\. Must have one column {column}; found several of this name: rename all"
    with pytest.raises(InputError, match=message):
        read_openalex(path)
    assert read(rename(path, column.upper(), "x"), "record_id") == [("W1",)]


@pytest.mark.parametrize(
    ("column", "follows"),
    [
        ("authorships.countries", "no institution has its economy from the export"),
        ("type", "works of every type count"),
        ("publication_year", "no work has a year"),
    ],
)
def test_a_column_that_an_export_can_do_without_is_told(
    tmp_path: Path, column: str, follows: str
) -> None:
    row = exported(1, "CH", "I1", "A")
    path = rename(write_export(tmp_path / "works.csv", row), column, "x")
    assert read(path, 'record_id, problem, "count"') == [
        (None, f"no column {column}: {follows}", 0),
        ("W1", None, 1),
    ]
    lacks = {"authorships.countries": "economy", "type": "precision", "publication_year": "year"}
    assert read(path, lacks[column])[1] == (None,)


@pytest.mark.parametrize(
    "column", ["authorships.institutions.id", "authorships.institutions.display_name"]
)
def test_ids_or_names_of_institutions_are_enough(tmp_path: Path, column: str) -> None:
    row = exported(1, "CH|CH", "I1|I2", "A|B")
    rename(write_export(tmp_path / "works.csv", row), column, "x")
    write(tmp_path / "institutions.jsonl", INSTITUTIONS[0])
    assert [economy for (economy,) in read(tmp_path, "economy")] == ["CH", "CH"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_export_saved_by_another_program_is_the_same(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    names = ["ID", "Type", "authorships.institutions.id", NAMES, "authorships.countries"]
    rows = [[" https://openalex.org/W1 ", "article", "I1", "Université", "FR"]]
    text = "\r\n".join(delimiter.join(row) for row in (names, *rows))
    (tmp_path / "works.csv").write_bytes(text.encode(encoding))
    found = read(tmp_path / "works.csv", "record_id, address, economy")
    assert found[1:] == [("W1", "Université", "FR")]


def test_articles_count_and_works_of_other_types_are_left_out_by_their_type(
    tmp_path: Path,
) -> None:
    """WIPO counts original research articles. A work that does not tell its type counts."""
    works = [
        work(1, author("I1 CH")),
        work(2, type="Dataset"),
        work(3, type=None),
        work(4, type=""),
    ]
    path = write(tmp_path / "works.jsonl", *works, "{broken")
    told: list[str] = []
    columns = 'record_id, row, problem, "count", year'
    assert read(path, columns, progress=told.append) == [
        ("W1", 1, None, 1, 2024),
        ("W2", 2, "left out, type dataset", 0, 2024),
        ("W3", 3, "no affiliation", 1, 2024),
        ("W4", 4, "no affiliation", 1, 2024),
        (None, 5, "broken record: no JSON of a work", 1, None),
    ]
    assert told[-1] == f"{path}: 5 works, 1 of them left out"
    others = [(1, "left out, type article", 0), (2, "no affiliation", 1)]
    assert read(path, 'row, problem, "count"', types=["dataset"])[:2] == others
    assert read(path, 'row, "count"', types="all") == [(row, 1) for row in range(1, 6)]


def test_works_of_an_export_are_left_out_by_their_type_too(tmp_path: Path) -> None:
    rows = [
        exported(n, "CH", "I1", "A") | {"type": t} for n, t in enumerate(("Article", "book", ""))
    ]
    path = write_export(tmp_path / "works.csv", *rows)
    columns = 'record_id, problem, "count"'
    assert read(path, columns) == [
        ("W0", None, 1),
        ("W1", "left out, type book", 0),
        ("W2", None, 1),
    ]
    assert read(path, columns, types=["book"])[0] == ("W0", "left out, type article", 0)


def test_types_that_no_work_has_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "works.jsonl", work(1))
    with pytest.raises(
        InputError, match=r"by the source options; found only left out, type article"
    ):
        read_openalex(path, types=["articles"])
    with pytest.raises(TypeError, match=r"Invalid types 'article'\. Must be 'all' or a collection"):
        read_openalex(path, types="article")


def test_broken_lines_are_told_and_take_no_other_with_them(tmp_path: Path) -> None:
    """Only a line that may have been a work is a record; the others are in no denominator."""
    good = [work(number, author("I1 CH")) for number in range(1, 4)]
    no_work = ["[1, 2]", "5", '{"id": 7}', '{"id": "https://openalex.org/A1"}', '"results": [', "}"]
    broken = ['{"id": "https://open', "{broken"]
    path = write(tmp_path / "works.jsonl", good[0], *broken, *no_work, "", good[1], "\x00", good[2])
    assert read(path, 'record_id, problem, row, "count"') == [
        ("W1", None, 1, 1),
        *((None, "broken record: no JSON of a work", row, 1) for row in (2, 3)),
        *((None, "no work: something else in JSON", row, 0) for row in range(4, 10)),
        ("W2", None, 10, 1),
        (None, "no work: something else in JSON", 11, 0),
        ("W3", None, 12, 1),
    ]


SHAPES: dict[str, Any] = {
    "lines": lambda works: "\n".join(map(json.dumps, works)),
    "array": json.dumps,
    "indented array": lambda works: json.dumps(works, indent=1),
    "array, a work a line": lambda works: "[\n" + ",\n".join(map(json.dumps, works)) + "\n]\n",
    "page": lambda works: json.dumps({"meta": {"count": 9}, "results": works}),
    "page that begins with numbers": lambda works: json.dumps(
        {"count": 9, "next": None, "results": works}
    ),
    "indented page": lambda works: json.dumps({"meta": {"count": 9}, "results": works}, indent=2),
    "page with groups": lambda works: json.dumps(
        {"results": works, "group_by": [{"key": "W8", "count": 1}], "meta": {"id": [{}]}},
        indent="\t",
    ),
    "indented works": lambda works: "\n".join(json.dumps(one, indent=4) for one in works),
    "works on one line": lambda works: "".join(map(json.dumps, works)),
    "pages below each other": lambda works: "\n".join(
        json.dumps({"meta": {}, "results": [one]}, indent=indent)
        for one, indent in zip(works, (2, None, 1), strict=True)
    ),
    "pages a line": lambda works: "\n".join(
        json.dumps({"meta": {}, "results": [one]}) for one in works
    ),
    "array of pages": lambda works: json.dumps([{"meta": {}, "results": [one]} for one in works]),
    "array of arrays": lambda works: json.dumps([[one] for one in works], indent=1),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_works_are_read_in_whatever_shape_they_were_saved(tmp_path: Path, shape: str) -> None:
    works = [
        work(n, author("I1 CH", ('}{ \\"Zürich\\" [',)), title='"results": [{', biblio={"a": [{}]})
        for n in (1, 2, 3)
    ]
    expected = [(f"W{row}", "CH", '}{ \\"Zürich\\" [', None, row, 1) for row in range(1, 4)]
    text = SHAPES[shape](works)
    columns = 'record_id, economy, address, problem, row, "count"'
    ways = [("\n", "utf-8"), ("\r\n", "utf-8-sig"), ("\r", "utf-16")]
    for number, (end, encoding) in enumerate(ways):
        data = text.replace("\n", end).encode(encoding)
        path = tmp_path / f"{number}.json"
        path.write_bytes(gzip.compress(data) if number % 2 else data)
        assert read(path, columns) == expected


def test_lines_and_a_saved_page_in_one_folder_are_all_read(tmp_path: Path) -> None:
    first = [work(number, author("I1 CH")) for number in range(30)]
    second = [work(number, author("I1 CH")) for number in range(30, 60)]
    write(tmp_path / "a.jsonl", *first)
    write(tmp_path / "page2.json", json.dumps({"meta": {"page": 2}, "results": second}, indent=2))
    relation = read_openalex(tmp_path)
    assert relation.sum('"count"').fetchall() == [(60,)]
    assert relation.aggregate("count(DISTINCT record_id)").fetchall() == [(60,)]
    assert relation.filter("problem IS NOT NULL").fetchall() == []


def test_institutions_are_read_from_a_saved_page(tmp_path: Path) -> None:
    write(tmp_path / "works.jsonl", work(1, author("I1 CH")))
    page = {"meta": {}, "results": INSTITUTIONS}
    write(tmp_path / "institutions.json", json.dumps(page, indent=2))
    assert read(tmp_path, "city") == [("Basel",)]


def test_a_page_cut_anywhere_gives_the_works_before_the_cut_and_no_other_record(
    tmp_path: Path,
) -> None:
    works = [work(number, author("I1 CH")) for number in (1, 2, 3)]
    text = json.dumps({"meta": {}, "results": works}, indent=1)
    ends = [text.index(json.dumps(f"{OPENALEX}W{number}")) for number in (2, 3)]
    for cut in range(ends[0] + 40, len(text), 97):
        path = write(tmp_path / "page.json", text[:cut])
        whole = [number for number, end in zip((1, 2), ends, strict=True) if end <= cut]
        found = read(path, 'record_id, "count"')
        assert [number for number, _ in found[: len(whole)]] == [f"W{number}" for number in whole]
        assert sum(count for _, count in found) <= len(whole) + 1


def test_a_file_that_is_nothing_of_openalex_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", work(1, author("I1 CH")))
    write(tmp_path / "page9.json", '{"meta": {"count": 1}, "results": []}')
    write(tmp_path / "page10.json", '{"error": "Rate limit", "message": "429"}')
    told = "no work: neither works nor institutions in the file"
    assert read(tmp_path, 'problem, "count"') == [(None, 1), (told, 0), (told, 0)]


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
    assert set(found[1:-1]) == {
        (None, "broken record: more or fewer cells than columns"),  # it has the work's id
        (None, "no work: no row of the export"),
    }


@pytest.mark.parametrize(
    ("countries", "institutions", "texts", "expected"),
    [
        ("GB", "", "Univ X; Lab, Oxford, UK", [("Univ X; Lab, Oxford, UK", "GB", "GB")]),
        (
            "GB|CH",
            "",
            "X | Y, Bern|Z, Bath",
            [("X | Y, Bern", None, "CH|GB"), ("Z, Bath", None, "CH|GB")],
        ),
        ("GB", "|", "['X, Bath', '']", [("X, Bath", "GB", "GB")]),
        ("", "", "X, Bath", [("X, Bath", None, None)]),
        ("GB", "I1", "X, Bath", [("A", "GB", "GB")]),
        ("GB", "", " | ", []),
    ],
)
def test_the_texts_of_an_export_are_addresses_where_it_has_no_institutions(
    tmp_path: Path,
    countries: str,
    institutions: str,
    texts: str,
    expected: list[tuple[str | None, ...]],
) -> None:
    row = exported(1, countries, institutions, "A" if institutions == "I1" else institutions)
    path = write_export(tmp_path / "works.csv", row | {"display_name": texts})
    rename(path, "display_name", "authorships.raw_affiliation_strings")
    wanted = [(*one, None) for one in expected] or [(None, None, None, "no affiliation")]
    found = read(path, "address, economy, country, problem")
    assert [(*one[:2], one[2] if expected else None, one[3]) for one in found] == wanted


def test_a_footer_and_rows_of_delimiters_are_in_no_denominator(tmp_path: Path) -> None:
    """A row that names institutions may have been a work, though its id is spoilt."""
    rows = [exported(1, "CH", "I1", "A"), exported(2, "CH", "I1", "A") | {"id": "1E+09"}]
    path = write_export(tmp_path / "works.csv", *rows)
    footer = "Exported from OpenAlex on 2025-01-01"
    path.write_text(f"{path.read_text()},,,,,,\n{footer}\n{footer},,,,,,\n , ,,,,,\n")
    assert read(path, 'row, problem, "count"') == [
        (1, None, 1),
        (2, "broken record: no id of a work in the column id", 1),
        (4, "no work: no row of the export", 0),
        (5, "no work: no row of the export", 0),
    ]


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
        ("works.csv", "a,b\n1,2", r"Must hold works of OpenAlex, as JSON or the CSV export"),
        ("authors.jsonl", '{"id": "https://openalex.org/A1"}', r"Must hold works of OpenAlex"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_openalex(tmp_path / name)


def test_of_several_versions_of_a_work_the_newest_counts(tmp_path: Path) -> None:
    days = {"2023-05-01": "2023-05-01", "2025-02-03": "2025-02-03T04:05:06.7", "2024-01-01": ""}
    for year, (day, updated) in enumerate(days.items(), start=2021):
        version = work(1, author("I1 CH"), publication_year=year)
        version |= {"updated_date": updated} if updated else {}
        write(tmp_path / "works" / f"updated_date={day}" / "part_000.gz", version)
    told = [
        (year, count, (problem or "").split(" in ")[0])
        for year, count, problem in read(tmp_path, "year, count, problem")
    ]
    assert told == [
        (2022, 0, "repeated record: newer"),  # a record is of one year
        (2022, 0, "repeated record: read before"),  # it does not say how new it is
        (2022, 1, ""),
    ]


def test_exports_that_were_joined_have_no_record_for_a_header(tmp_path: Path) -> None:
    path = write_export(tmp_path / "a.csv", exported(1, "CH", "I1"))
    other = write_export(tmp_path / "b.csv", exported(2, "CH", "I1"))
    path.write_text(path.read_text() + "\ufeff" + other.read_text(), encoding="utf-8")
    other.unlink()
    assert read(path, "record_id, problem") == [("W1", None), ("W2", None)]


def test_a_company_s_name_is_no_town(tmp_path: Path) -> None:
    """Hitachi is a town in Japan, but not where the company is."""
    company = author("I1 JP")
    company["institutions"][0]["display_name"] = "Hitachi (Japan)"
    write(tmp_path / "works.jsonl", work(1, company))
    row = exported(2, "JP", "I1", "Hitachi (Japan)")
    write_export(tmp_path / "works.csv", row, exported(3, "SG", "I2", "ST (3M) Lab (STL)"))
    assert read(tmp_path, "record_id, economy, address, organisation") == [
        ("W2", "JP", "Japan", "Hitachi (Japan)"),
        ("W3", "SG", "ST (3M) Lab (STL)", "ST (3M) Lab (STL)"),
        ("W1", "JP", "Japan", "Hitachi (Japan)"),
    ]


def test_the_one_text_of_an_author_is_the_institution_s_before_works_told_which_is_whose(
    tmp_path: Path,
) -> None:
    text = "Univ X, Basel, Switzerland"
    of_2023 = author("I1 CH", (text,)) | {"affiliations": None}
    of_2022 = author("I1 CH") | {"raw_affiliation_string": text}
    two = author("I1 CH, I2 CH", ("Univ X, Basel", "Univ Y, Bern")) | {"affiliations": None}
    write(tmp_path / "w.jsonl", work(1, of_2023), work(2, of_2022), work(3, two))
    assert read(tmp_path, "record_id, address") == [
        ("W1", text),
        ("W2", text),
        ("W3", "Name of I1"),
        ("W3", "Name of I2"),
    ]


def test_works_whose_authors_the_interface_cut_off_are_told(tmp_path: Path) -> None:
    cut = {"is_authors_truncated": True}
    works = [work(1, author("I1 CH"), author("I1 CH"), **cut), work(2, author("I1 CH"))]
    works += [work(3, author("I1 CH"), **cut), work(4, author("I1 CH"), type="review", **cut)]
    write(tmp_path / "page.jsonl", *works)
    told = {one[:2] for one in read(tmp_path, "record_id, problem, count") if not one[2]}
    problem = "authors cut off after the first 100"
    assert told == {("W1", problem), ("W3", problem), ("W4", "left out, type review")}


def test_exports_that_were_joined_though_their_columns_differ_are_refused(tmp_path: Path) -> None:
    path = write_export(tmp_path / "a.csv", exported(1, "CH", "I1"))
    lines = path.read_text().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in lines]
    path.write_text("\n".join([*lines, *turned]))
    message = rf"Invalid file {path}\. Must have one header; found another behind it"
    with pytest.raises(InputError, match=message):
        read(path, "record_id")


def test_the_line_that_tells_excel_the_delimiter_is_no_header(tmp_path: Path) -> None:
    rows = ["sep=;", f"id;{NAMES};authorships.institutions.id", "W1;Univ A|Univ B;I1|I2"]
    (tmp_path / "a.csv").write_text("\r\n".join(rows))
    assert read(tmp_path, "record_id, address")[-2:] == [("W1", "Univ A"), ("W1", "Univ B")]


@pytest.mark.parametrize(
    ("ids", "names", "expected"),
    [
        ("['I1', 'I2']", "['ETH | Zürich', 'MIT']", [("ETH | Zürich", "CH"), ("MIT", None)]),
        ('["I1", "I2"]', '["O\'Neil; Inc", "MIT"]', [("MIT", None), ("O'Neil; Inc", "CH")]),
        ("['I1', None]", "['ETH', None]", [("ETH", "CH")]),
        ("[None, 'I1', nan]", "[None, 'ETH', nan]", [("ETH", "CH")]),
        ("[]", "['ETH', 'MIT']", [("ETH", None), ("MIT", None)]),
        ("['I1']", "[]", [(None, "CH")]),
        ("I1|I2", "['ETH', 'MIT']", [("ETH", "CH"), ("MIT", None)]),
        ("['I1', 'I2']", "ETH|MIT", [("ETH", "CH"), ("MIT", None)]),
        ("[]", "[]", []),
        ("[None]", "[None, None]", []),
    ],
)
def test_lists_that_were_written_as_text_are_read_as_bars_are(
    tmp_path: Path, ids: str, names: str, expected: list[tuple[str | None, str | None]]
) -> None:
    ids = ids.replace("I", f"{OPENALEX}I")
    certain = exported(2, "['CH']", f"['{OPENALEX}I1']", "['ETH']")
    path = write_export(tmp_path / "a.csv", exported(1, "['CH', 'US']", ids, names), certain)
    relation = read_openalex(path).filter("row = 1").order("address")
    found = relation.select("address, economy, organisation, problem").fetchall()
    assert [one[:2] for one in found if one[3] is None] == expected
    assert {one[3] for one in found} == ({None} if expected else {"no affiliation"})
    assert not any("[" in (one[2] or "") for one in found)


@pytest.mark.parametrize("fields", ["Medicine|Physics", "['Medicine', 'Physics']"])
def test_the_first_topic_of_an_export_gives_the_field(tmp_path: Path, fields: str) -> None:
    rows = [f"id\t{NAMES}\ttopics.field.display_name", f"W1\tETH\t{fields}"]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    assert read(tmp_path, "field")[-1] == ("Medicine",)


@pytest.mark.parametrize("texts", [None, [], [""]])
def test_the_texts_of_affiliations_are_addresses_where_no_others_are(
    tmp_path: Path, texts: list[str] | None
) -> None:
    named = [{"raw_affiliation_string": text, "institution_ids": []} for text in ("X, Bern", "")]
    one = {"institutions": [], "raw_affiliation_strings": texts, "affiliations": named}
    none = {"institutions": [], "raw_affiliation_strings": texts, "affiliations": named[1:]}
    write(tmp_path / "works.jsonl", work(1, one), work(2, none))
    assert read(tmp_path, "record_id, address, problem") == [
        ("W1", "X, Bern", None),
        ("W2", None, "no affiliation"),
    ]


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        ('"publication_date":"2019-03-15"', 2019),
        ('"publication_year":2020,"publication_date":"2019-03-15"', 2020),
        ('"publication_year":2020,"publication_date":"x"', 2020),
    ],
)
def test_a_work_without_its_year_has_that_of_its_date(
    dates: str, year: int, tmp_path: Path
) -> None:
    place = '"authorships":[{"raw_affiliation_strings":["ETH, Zurich, Switzerland"]}]'
    work = f'{{"id":"https://openalex.org/W1",{dates},"type":"article",{place}}}'
    (tmp_path / "a.jsonl").write_text(work, encoding="utf-8")
    world = read_world({"publication": tmp_path / "a.jsonl"}, source="openalex")
    assert world.places["year"].tolist() == [year]


HEADER = (
    "id,authorships.countries,authorships.institutions.display_name,"
    "authorships.institutions.id,publication_year,type"
)


@pytest.mark.parametrize(
    "row",
    [
        "https://openalex.org/W2,US,University of California, Berkeley,I4,2020,article",
        "https://openalex.org/W2,US,MIT,I4,2020",
        'https://openalex.org/W2,US,"MIT,I4,2020,article',
    ],
)
def test_a_work_whose_row_has_other_cells_is_broken_and_counts(row: str, tmp_path: Path) -> None:
    good = "https://openalex.org/W1,CH,ETH Zurich,I3,2020,article"
    (tmp_path / "works.csv").write_text(f"{HEADER}\n{good}\n{row}\nTotal: 2", encoding="utf-8")
    world = read_world({"publication": tmp_path}, source="openalex")
    assert world.accounts["records"].sum() == 2
    reasons = world.rejects["reason"].tolist()
    assert sorted(reasons) == [
        "broken record: more or fewer cells than columns",
        "no work: no row of the export",
    ]


def test_what_was_retracted_never_counts(tmp_path: Path) -> None:
    works = [work(n, author("I1 CH"), is_retracted=n == 2, type="article") for n in (1, 2)]
    path = write(tmp_path / "works.jsonl", *works)
    for types in (["article"], "all"):
        assert read(path, 'record_id, problem, "count"', types=types) == [
            ("W1", None, 1),
            ("W2", "left out, retracted", 0),
        ]
    names = "id,authorships.institutions.display_name,authorships.institutions.id,is_retracted,type"
    rows = [
        f"{OPENALEX}{w},ETH,{OPENALEX}I1,{told},article"
        for w, told in (("w1", "False"), ("W2", "True"))
    ]
    (tmp_path / "export.csv").write_text("\n".join([names, *rows]), encoding="utf-8")
    found = read(tmp_path / "export.csv", 'record_id, problem, "count"')
    assert [row for row in found if row[0]] == [("W1", None, 1), ("W2", "left out, retracted", 0)]
