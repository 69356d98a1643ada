"""US patent grants in XML: every inventor of the sample, and nothing from a hostile file."""

import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from gii_geo.records.sources.address_table import COLUMNS
from gii_geo.records.sources.uspto import read_uspto
from gii_geo.tables import InputError

PLACE = ("city", "state", "country")
DOCTYPE = '<!DOCTYPE us-patent-grant SYSTEM "us-patent-grant-v42-2006-08-23.dtd" [ ]>'


def grant(number: str, places: str, *, doctype: str = DOCTYPE, year: int = 2012) -> str:
    """Write a grant, its inventors as 'City,State,CC', parted by bars, in the way of 2012."""
    inventors = "".join(
        f"""<applicant sequence="001" app-type="applicant-inventor" designation="us-only">
        <addressbook><last-name>Doe</last-name><address><city>{city}</city><state>{state}</state>
        <country>{country}</country></address></addressbook>
        <nationality><country>omitted</country></nationality>
        <residence><country>XX</country></residence></applicant>"""
        for city, state, country in (place.split(",") for place in places.split("|"))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    {doctype}
    <us-patent-grant lang="EN" country="US"><us-bibliographic-data-grant>
    <publication-reference><document-id><country>US</country><doc-number>{number}</doc-number>
    <kind>B2</kind><date>{year}0103</date></document-id></publication-reference>
    <application-reference appl-type="utility"><document-id><doc-number>29372679</doc-number>
    <date>{year - 2}1222</date></document-id></application-reference>
    <references-cited><citation><patcit><document-id><doc-number>3616552</doc-number>
    <date>19711100</date></document-id></patcit></citation></references-cited>
    <parties><applicants><applicant app-type="applicant"><addressbook><address><city>Heir</city>
    <country>US</country></address></addressbook></applicant>{inventors}</applicants>
    <agents><agent><addressbook><address><city>Agent</city></address></addressbook></agent></agents>
    </parties></us-bibliographic-data-grant>
    <description><p>A better mouse trap &mdash; &#8212; it is.</p></description>
    </us-patent-grant>
"""


def grant_of_2013(number: str, inventors: str) -> str:
    """Write a grant in the way since 2013, where applicants are named apart from inventors."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <us-patent-grant><us-bibliographic-data-grant>
    <publication-reference><document-id><doc-number>{number}</doc-number><date>20130416</date>
    </document-id></publication-reference>
    <us-parties><us-applicants><us-applicant app-type="applicant-inventor"><addressbook><address>
    <city>Applicant</city></address></addressbook></us-applicant></us-applicants>
    <inventors>{inventors}</inventors></us-parties>
    </us-bibliographic-data-grant></us-patent-grant>"""


def write(folder: Path, *documents: str, name: str = "ipg120103.xml") -> Path:
    path = folder / name
    path.write_text("".join(documents), encoding="utf-8")
    return path


def rows(relation: duckdb.DuckDBPyRelation, columns: str) -> list[tuple[object, ...]]:
    return relation.order("file, row, city").select(columns).fetchall()


@pytest.fixture(scope="module")
def sample(shared_data: Path) -> duckdb.DuckDBPyRelation:
    return read_uspto(shared_data / "formats" / "uspto_grants_xml_sample.tar.gz", types="all")


@pytest.fixture(scope="module")
def by_tree(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Parse the whole of every document into a tree: number -> year, then each inventor's place."""
    import tarfile  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("uspto")
    with tarfile.open(shared_data / "formats" / "uspto_grants_xml_sample.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    found = {}
    for path in folder.rglob("*.xml"):
        for text in re.split(rb"(?=<\?xml )", path.read_bytes()):
            tree = ET.fromstring(text) if text.strip() else None  # noqa: S314
            if tree is None or tree.tag != "us-patent-grant":
                continue
            head = tree.find("us-bibliographic-data-grant")
            assert head is not None
            published = "publication-reference/document-id/"
            inventors = [
                *head.findall("parties/applicants/applicant[@app-type='applicant-inventor']"),
                *head.findall("us-parties/inventors/inventor"),
            ]
            places = ["/".join(map(str, _place(one))) for one in inventors]
            year = str(head.findtext(f"{published}date"))[:4]
            found[str(head.findtext(f"{published}doc-number"))] = [year, *sorted(places)]
    return found


def _place(inventor: ET.Element) -> list[str | None]:
    texts = [inventor.findtext(f"addressbook/address/{name}") for name in PLACE]
    return [None if text is None else text.strip() for text in texts]


@pytest.mark.shared_data
def test_the_sample_has_the_inventors_that_a_tree_of_each_document_has(
    sample: duckdb.DuckDBPyRelation, by_tree: dict[str, list[str]]
) -> None:
    found: dict[str, list[str]] = {}
    placed = sample.filter("problem IS NULL").select("record_id, year, city, division, country")
    for number, year, *place in placed.fetchall():
        found.setdefault(number, [str(year)]).append("/".join(map(str, place)))
    assert {number: [one[0], *sorted(one[1:])] for number, one in found.items()} == by_tree
    assert len(by_tree) == 464
    assert sum(len(one) - 1 for one in by_tree.values()) == 965
    years = Counter(one[0] for one in by_tree.values())
    assert [years[str(year)] for year in range(2005, 2014)] == [25] * 4 + [38, 36, 35, 230, 25]


@pytest.mark.shared_data
def test_what_else_is_in_the_sample_is_told(sample: duckdb.DuckDBPyRelation) -> None:
    problems = sample.filter("problem IS NOT NULL")
    told = Counter(problem.split(":")[0] for (problem,) in problems.select("problem").fetchall())
    # 546 grants in all, 464 of them different ones.
    listings = {"left out, sequence listing": 14}
    others = {"repeated record": 546 - 464, "no patent grant of 2005 or later": 5}
    assert told == listings | others
    assert problems.sum('"count"').fetchall() == [(0,)]


@pytest.mark.shared_data
def test_the_types_of_the_sample_are_those_that_a_pattern_finds(shared_data: Path) -> None:
    path = shared_data / "formats" / "uspto_grants_xml_sample.tar.gz"
    found = read_uspto(path).filter("starts_with(problem, 'left out, type')")
    told = Counter(problem for (problem,) in found.select("problem").fetchall())
    kinds = {"left out, type design": "D", "left out, type plant": "P", "left out, type sir": "H"}
    for number, problem, count in found.select('record_id, problem, "count"').fetchall():
        assert (number[0], count) == (kinds[problem], 0)
    assert told == {
        "left out, type design": 259,
        "left out, type plant": 1,
        "left out, type sir": 1,
    }
    utility = read_uspto(path).filter('"count" > 0').aggregate("count(DISTINCT record_id)")
    assert utility.fetchall() == [(464 - 261,)]


@pytest.mark.shared_data
def test_economies_are_the_countries_of_the_sample(sample: duckdb.DuckDBPyRelation) -> None:
    assert sample.filter("problem IS NULL AND economy IS DISTINCT FROM country").fetchall() == []
    (found,) = sample.filter("problem IS NULL").select("count(DISTINCT economy)").fetchall()
    assert found == (32,)


def test_a_grant_gives_a_row_for_each_inventor(tmp_path: Path) -> None:
    path = write(tmp_path, grant("08087209", "San Jose,CA,US|Zürich,,CH"))
    relation = read_uspto(path)
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS
    start = ("patent", "08087209", None, None)
    end = (*[None] * 5, str(path), 1)  # neither classes nor assignees
    assert relation.order("city").fetchall() == [
        (*start, "US", 2012, None, 1, "San Jose", "CA", "US", *end),
        (*start, "CH", 2012, None, 1, "Zürich", None, "CH", *end),
    ]


def test_since_2013_inventors_are_named_apart_from_applicants(tmp_path: Path) -> None:
    one = "<addressbook><address><city>Basel</city><country>CH</country></address></addressbook>"
    text = grant_of_2013(
        "1", f"<inventor>{one}</inventor><deceased-inventor>{one}</deceased-inventor>"
    )
    assert rows(read_uspto(write(tmp_path, text)), "city, year") == [("Basel", 2013)] * 2


def test_the_year_is_that_of_the_grant_or_of_its_filing(tmp_path: Path) -> None:
    path = write(tmp_path, grant("1", "Basel,,CH"))
    assert rows(read_uspto(path), "year") == [(2012,)]
    assert rows(read_uspto(path, year="filed"), "year") == [(2010,)]
    with pytest.raises(ValueError, match=r"Invalid year 'published'\. Must be granted or filed"):
        read_uspto(path, year="published")  # type: ignore[arg-type]


def test_packed_or_not_and_in_pieces_of_any_size_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [grant(str(number), "Basel,,CH|Bern,,CH") for number in range(1, 6)]
    expected = [(str(number), "CH", number) for number in range(1, 6) for _ in range(2)]
    path = write(tmp_path, *documents)
    with zipfile.ZipFile(tmp_path / "ipg120103.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "ipg120103.xml")
    for size in (2**20, 1000, 7, 1):
        monkeypatch.setattr("gii_geo.records.sources.uspto._CHUNK_BYTES", size)
        for source in (path, tmp_path / "ipg120103.zip"):
            assert rows(read_uspto(source), "record_id, economy, row") == expected


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda text: text.replace("</applicants>", ""), "broken record: mismatched tag"),
        (lambda text: text[: text.index("<parties>")], "broken record: cut off before its end"),
        (lambda text: text[:-30], "broken record: cut off before its end"),
        (lambda text: text.replace("Basel", "Ba\x01sel"), "broken record: not well-formed"),
    ],
)
def test_a_broken_document_is_told_and_takes_no_other_with_it(
    tmp_path: Path, damage: object, problem: str
) -> None:
    assert callable(damage)
    broken = damage(grant("2", "Basel,,CH"))
    path = write(tmp_path, grant("1", "Bern,,CH"), broken, grant("3", "Zug,,CH"))
    relation = read_uspto(path)
    assert rows(relation, "record_id, city, row, count") == [
        ("1", "Bern", 1, 1),
        (None, None, 2, 1),
        ("3", "Zug", 3, 1),
    ]
    ((told,),) = relation.filter("problem IS NOT NULL").select("problem").fetchall()
    assert told.startswith(problem)


def bare(text: str, *, doctype: bool = False) -> str:
    """Cut the declaration off a grant, and the document type if it is not to stay."""
    text = text[text.index("<!DOCTYPE") :]
    return text if doctype else text[text.index("<us-patent-grant ") :]


LINES = {
    "<!-- next -->\n": [1, 2],
    "\n<?page 3?>": [1, 2],
    "\ufeff<!-- next > --> <?page?>\r\n": [1, 2],
    "==> ipg200114.xml <==\n": [1, 3],
    "<<< next >>>\n": [1, 3],
    "<!-- next --> next\n": [1, 3],
}
"""What may stand between grants, and where they then are among what is told."""

LISTING = "<sequence-cwu id='S'><p>ACGT</p></sequence-cwu>"


@pytest.mark.parametrize(
    ("pieces", "places"),
    [
        ([bare(grant(n, "Bern,,CH|Zug,,CH")) for n in "123"], [1, 2, 3]),
        ([bare(grant(n, "Bern,,CH|Zug,,CH"), doctype=True) for n in "123"], [1, 2, 3]),
        ([grant("1", "Bern,,CH|Zug,,CH"), bare(grant("2", "Bern,,CH|Zug,,CH"))], [1, 2]),
        ([bare(grant("1", "Bern,,CH|Zug,,CH")), grant("2", "Bern,,CH|Zug,,CH")], [1, 2]),
        ([LISTING, bare(grant("1", "Bern,,CH|Zug,,CH"))], [2]),
        ([bare(grant("1", "Bern,,CH|Zug,,CH")), LISTING, grant("2", "Bern,,CH|Zug,,CH")], [1, 3]),
        (
            ['<?xml version="1.0"?><all>', *(bare(grant(n, "Bern,,CH|Zug,,CH")) for n in "12")],
            [2, 3],
        ),
        ([bare(grant(n, "Bern,,CH|Zug,,CH")).strip() for n in "12"], [1, 2]),
        (["\r\n", *(grant(n, "Bern,,CH|Zug,,CH").replace("\n", "\r\n") for n in "12")], [1, 2]),
        (["\ufeff" + grant(n, "Bern,,CH|Zug,,CH") for n in "12"], [1, 2]),
        ([grant("1", "Bern,,CH|Zug,,CH"), "\n### 2\n", grant("2", "Bern,,CH|Zug,,CH")], [1, 3]),
        *(
            (["<!-- all -->", *(one(n, "Bern,,CH|Zug,,CH") + line for n in "12")], places)
            for line, places in LINES.items()
            for one in (grant, lambda *given: bare(grant(*given)))
        ),
        ([grant(n, "Bern,,CH|Zug,,CH").replace("grant>", "grant \n>") for n in "12"], [1, 2]),
    ],
    ids=[
        *("bare", "types", "bare second", "bare first", "after a listing", "around a listing"),
        *("within one root", "on one line", "windows", "marks of joined files", "lines between"),
        *(f"{kind} {line.strip()}" for line in LINES for kind in ("between", "between bare")),
        "blanks in the end",
    ],
)
@pytest.mark.parametrize("size", [2**20, 1000, 7, 1])
def test_every_grant_is_read_however_the_documents_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[str], places: list[int], size: int
) -> None:
    monkeypatch.setattr("gii_geo.records.sources.uspto._CHUNK_BYTES", size)
    path = tmp_path / "ipg120103.xml"
    path.write_bytes("".join(pieces).encode())
    relation = read_uspto(path)
    found = relation.filter('"count" > 0').order("row, city").select("record_id, city, row")
    assert found.fetchall() == [
        (str(number), city, row)
        for number, row in enumerate(places, start=1)
        for city in ("Bern", "Zug")
    ]


def test_what_stands_around_grants_in_one_root_is_no_record(tmp_path: Path) -> None:
    grants = [bare(grant(number, "Bern,,CH")) for number in "12"]
    path = write(tmp_path, "<grants>", *grants, "</grants>\n")
    relation = read_uspto(path)
    assert relation.sum('"count"').fetchall() == [(2,)]
    told = "no patent grant of 2005 or later: grants"
    problems = rows(relation.filter("problem IS NOT NULL"), "row, count, problem")
    assert problems == [(1, 0, told), (4, 0, told)]


def test_a_bare_grant_that_is_broken_takes_no_other_with_it(tmp_path: Path) -> None:
    cut = bare(grant("2", "Basel,,CH"))
    cut = cut[: cut.index("<parties>")]
    path = write(tmp_path, bare(grant("1", "Bern,,CH")), cut, bare(grant("3", "Zug,,CH")))
    assert rows(read_uspto(path), "record_id, row, count") == [
        ("1", 1, 1),
        (None, 2, 1),
        ("3", 3, 1),
    ]


def test_names_of_characters_are_no_fault_of_a_grant_without_its_type(tmp_path: Path) -> None:
    path = write(
        tmp_path, bare(grant("1", "Bern,,CH").replace("<parties>", "<p>&mdash;</p><parties>"))
    )
    assert rows(read_uspto(path), "record_id, city") == [("1", "Bern")]


def test_weekly_zips_are_read_side_by_side(tmp_path: Path) -> None:
    for week, number in (("120103", "1"), ("120110", "2")):
        with zipfile.ZipFile(tmp_path / f"ipg{week}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"ipg{week}.xml", bare(grant(number, "Bern,,CH"), doctype=True))
    assert rows(read_uspto(tmp_path), "record_id, row") == [("1", 1), ("2", 1)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HHHHHT     APS1        ISSUE - 960102\nPATN\nWKU  054790001\n", "HHHHHT APS1 ISSUE"),
        ("PATN\nWKU  039300005\nSRC  5\n", "PATN WKU 039300005"),
        ("patent_id\tcity\n1\tBern\n", "patent_id city 1 Bern"),
        ('{"patents": []}', "patents"),
    ],
    ids=["APS", "APS without a head", "table", "JSON"],
)
def test_text_that_is_no_xml_is_refused_by_what_it_starts_with(
    tmp_path: Path, text: str, found: str
) -> None:
    path = write(tmp_path, text, name="pftaps19960102_wk01.txt")
    with pytest.raises(InputError, match=rf"wk01\.txt\. Must be XML in UTF-8, as .*{found}"):
        read_uspto(path)


def test_a_file_of_broken_grants_alone_is_refused(tmp_path: Path) -> None:
    broken = [grant(number, "Bern,,CH").replace("</applicants>", "") for number in "12"]
    with pytest.raises(InputError, match=r"Must hold records that count; found only broken rec"):
        read_uspto(write(tmp_path, *broken))
    assert rows(read_uspto(write(tmp_path, *broken, grant("3", "Bern,,CH"))), "count") == [(1,)] * 3


def test_a_wrong_encoding_is_told_and_takes_no_other_with_it(tmp_path: Path) -> None:
    wrong = grant("2", "Zürich,,CH").encode("latin-1")
    path = tmp_path / "a.xml"
    path.write_bytes(grant("1", "Bern,,CH").encode() + wrong + grant("3", "Zug,,CH").encode())
    assert rows(read_uspto(path), "record_id, problem IS NULL") == [
        ("1", True),
        (None, False),
        ("3", True),
    ]


def test_a_mark_of_the_encoding_is_no_document(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(grant("1", "Bern,,CH"), encoding="utf-8-sig")
    assert rows(read_uspto(path), "record_id, row") == [("1", 1)]


def test_a_file_cut_anywhere_gives_the_documents_before_the_cut(tmp_path: Path) -> None:
    documents = [grant(str(number), "Bern,,CH") for number in range(1, 4)]
    text = "".join(documents)
    ends = [len("".join(documents[:number]).rstrip()) for number in range(1, 4)]
    for cut in range(ends[0], len(text), 331):
        relation = read_uspto(write(tmp_path, text[:cut]))
        whole = [str(number) for number, end in enumerate(ends, start=1) if end <= cut]
        found = relation.filter("problem IS NULL").select("record_id").fetchall()
        assert [number for (number,) in found] == whole
        left = text[max([0, *(end for end in ends if end <= cut)]) : cut].strip()
        assert len(relation.filter("problem IS NOT NULL")) == bool(left)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://localhost/a.dtd"> %a;',
    ],
    ids=["bomb", "external", "parameter"],
)
def test_a_document_that_declares_entities_is_refused(tmp_path: Path, declared: str) -> None:
    bomb = grant("1", "&a;,,CH", doctype=f"<!DOCTYPE us-patent-grant [{declared}]>")
    with pytest.raises(InputError, match=r"ipg120103\.xml\. Must not declare entities; found a"):
        read_uspto(write(tmp_path, bomb))


def test_the_drawings_that_an_old_document_declares_are_no_entities_to_fear(
    tmp_path: Path,
) -> None:
    doctype = '<!DOCTYPE PATDOC [<!NOTATION T SYSTEM "t"><!ENTITY D SYSTEM "d.tif" NDATA T>]>'
    old = f'<?xml version="1.0"?>{doctype}<PATDOC></PATDOC>'
    told = rows(read_uspto(write(tmp_path, old, grant("1", "Bern,,CH"))), "problem, count")
    assert told == [("no patent grant of 2005 or later: PATDOC", 0), (None, 1)]
    with pytest.raises(InputError, match=r"Must hold records that count; found only no patent gr"):
        read_uspto(write(tmp_path, old, old))


def test_a_patent_read_before_is_told_and_counts_once(tmp_path: Path) -> None:
    first = write(tmp_path, grant("1", "Bern,,CH|Zug,,CH"), name="1.xml")
    again = write(tmp_path, grant("2", "Basel,,CH"), grant("1", "Bern,,CH"), name="2.xml")
    relation = read_uspto([first, again])
    assert rows(relation, "record_id, city, count") == [
        ("1", "Bern", 1),
        ("1", "Zug", 1),
        ("2", "Basel", 1),
        ("1", None, 0),
    ]
    (told,) = relation.filter("count = 0").select("problem, file, row, year").fetchall()
    problem = f"repeated record: read before in {first}, record 1"
    assert told == (problem, str(again), 2, 2012)


def test_grants_without_a_number_are_each_a_record_with_all_its_inventors(tmp_path: Path) -> None:
    path = write(tmp_path, grant(" ", "Bern,,CH|Basel,,CH"), grant("", "Zug,,CH"))
    assert rows(read_uspto(path), "record_id, city, count") == [
        (f"{path}, record 1", "Basel", 1),
        (f"{path}, record 1", "Bern", 1),
        (f"{path}, record 2", "Zug", 1),
    ]


def test_a_file_of_comments_alone_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<!-- nothing came -->")
    with pytest.raises(InputError, match=r"a\.xml\. Must hold records that count; found none\."):
        read_uspto(tmp_path / "a.xml")


def test_a_patent_without_inventors_is_a_record_with_a_problem(tmp_path: Path) -> None:
    relation = read_uspto(write(tmp_path, grant_of_2013("1", "")))
    assert rows(relation, "record_id, count, problem") == [("1", 1, "no inventor")]


def test_sequence_listings_are_left_out_and_counted(tmp_path: Path) -> None:
    listing = '<?xml version="1.0"?><sequence-cwu id="S"><p>ACGT</p></sequence-cwu>'
    path = write(tmp_path, grant("1", "Bern,,CH"), listing, grant("2", "Zug,,CH"))
    told: list[str] = []
    relation = read_uspto(path, progress=told.append)
    assert rows(relation, "record_id, row, count, problem") == [
        ("1", 1, 1, None),
        (None, 2, 0, "left out, sequence listing"),
        ("2", 3, 1, None),
    ]
    assert told == [f"reading {path}", f"{path}: 3 records, 1 of them left out"]


def test_inventions_count_and_other_patents_are_left_out_by_their_type(tmp_path: Path) -> None:
    """WIPO counts PCT applications: inventions, no designs and no plants."""
    one = grant("1", "Bern,,CH")
    design = grant("D2", "Zug,,CH").replace('appl-type="utility"', 'appl-type="design"')
    path = write(tmp_path, one.replace(' appl-type="utility"', ""), design, grant("3", "Chur,,CH"))
    assert rows(read_uspto(path), "record_id, city, count, problem") == [
        ("1", "Bern", 1, None),  # it does not say
        ("D2", None, 0, "left out, type design"),
        ("3", "Chur", 1, None),
    ]
    assert rows(read_uspto(path, types="all"), "city") == [("Bern",), ("Zug",), ("Chur",)]
    assert rows(read_uspto(path, types=["design"]), "city") == [("Bern",), ("Zug",), (None,)]
    with pytest.raises(InputError, match=r"count by the source options; found only left out, typ"):
        read_uspto(write(tmp_path, design), types=["utility"])


def test_codes_are_kept_as_they_stand_so_that_what_is_none_is_noted(tmp_path: Path) -> None:
    relation = read_uspto(write(tmp_path, grant("1", "Belgrade,,YU|Bern,,ch|Bonn,,Germany")))
    assert sorted(rows(relation, "country, economy"), key=str) == [
        ("Germany", None),
        ("YU", "YU"),
        ("ch", "CH"),
    ]


def test_a_web_page_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "<!DOCTYPE html><html><body>Sign in</body></html>")
    with pytest.raises(
        InputError, match=r"ipg120103\.xml\. Must be the downloaded data; found a web"
    ):
        read_uspto(path)


def test_an_empty_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w"):
        pass
    with pytest.raises(InputError, match=r"a\.zip\. Must hold \.xml files; found none"):
        read_uspto(tmp_path / "a.zip")


def test_the_table_can_go_to_the_users_own_connection(tmp_path: Path) -> None:
    path = write(tmp_path, grant("1", "Bern,,CH"))
    with duckdb.connect() as connection:
        first, second = (read_uspto(path, connection=connection) for _ in range(2))
        both = first.union(second)
        assert both.select("city").fetchall() == [("Bern",)] * 2
        assert both.select("city").fetchall() == [("Bern",)] * 2
        assert connection.sql("FROM first JOIN second USING (record_id)").shape[0] == 1


@pytest.mark.parametrize(
    ("city", "read_city"),
    [
        ("Z&uuml;rich", "Zürich"),
        ("Malm&ouml;", "Malmö"),
        ("&Lstrok;&oacute;d&zacute;", "Łódź"),
        ("A&amp;B", "A&B"),
        ("Z&unheardof;rich", "Z&unheardof;rich"),
        ("Bas<b>el</b>", "Basel"),
        ("<i>S<sub>ã</sub>o</i> Paulo", "São Paulo"),
        ("Basel<state>X</state>", "BaselX"),
    ],
)
@pytest.mark.parametrize("doctype", [DOCTYPE, ""])
def test_a_city_is_read_with_the_letters_and_the_markup_in_it(
    tmp_path: Path, city: str, read_city: str, doctype: str
) -> None:
    write(tmp_path, grant("1", f"{city},ST,CH|Bern,BE,CH", doctype=doctype))
    found = rows(read_uspto(tmp_path), "city, division, country, problem")
    assert sorted(found, key=lambda row: row[0] == "Bern") == [
        (read_city, "ST", "CH", None),
        ("Bern", "BE", "CH", None),
    ]


@pytest.mark.parametrize("odd", ["<!-- bad -- comment -->", "INFO reading 2", "\x0c"])
def test_a_grant_with_a_fault_before_its_root_is_in_the_denominator(
    odd: str, tmp_path: Path
) -> None:
    first, rest = grant("1", "Basel,,CH").split("\n", 1)
    faulty = f"{first}\n{odd}\n{rest}"
    found = read_uspto(write(tmp_path, faulty, grant("2", "Bern,,CH")))
    assert rows(found, 'record_id, "count"') == [(None, 1), ("2", 1)]
