"""Technology fields of patents: grants worked out by hand, and every way a class is written."""

import re
from importlib import resources
from pathlib import Path

import pytest

from gii_geo.records.sources.patentsview import read_patentsview
from gii_geo.records.sources.technology import find_field, read_concordance, read_fields
from gii_geo.records.sources.uspto import read_uspto
from gii_geo.tables import SEVERAL_JOIN

AUDIO, CHEMICAL, COMPUTER = "Audio-visual technology", "Chemical engineering", "Computer technology"
DIGITAL, TELECOM = "Digital communication", "Telecommunications"
BIO, FINE, PHARMA = "Biotechnology", "Organic fine chemistry", "Pharmaceuticals"
GOODS, SURFACE = "Other consumer goods", "Surface technology, coating"
BASIC, MEASURING = "Basic materials chemistry", "Measurement"

GRANTS = {
    "06837063": (
        "F25D 2312|F25D 2700|F28D 1500|H05K  720",
        (AUDIO, GOODS, "Thermal processes and apparatus"),
    ),
    "06837520": ("B60R 2234", ("Transport",)),
    "06838391": ("H01L 21302|H01L 21461", ("Semiconductors",)),
    "06838578": ("C07C24900", (FINE,)),
    "07156140": ("B32B 37/00|B65B 9/04", ("Handling", SURFACE)),
    "07158578": ("H04L 5/12|H03H 7/40", ("Basic communication processes", DIGITAL)),
    "07315006": (
        "H01H 3/20|G05G 5/06",
        ("Electrical machinery, apparatus, energy", "Mechanical elements"),
    ),
    "07521044": ("A61K 38/43|C12N 9/00|C07K 14/00", (BIO, PHARMA)),
    "07643552": ("H04N 7/12|H04N 13/04|H04N 15/00|H04N 9/47|H04B 1/66", (AUDIO, TELECOM)),
    "07643954": (
        "H04L 7/00|G06F 5/06|G06F 1/04|G01F 1/12|G06F 19/00",
        (COMPUTER, DIGITAL, MEASURING),
    ),
    "07863250": ("C07H 21/02|C07H 21/04|A01N 43/04|A61K 31/70", (BASIC, FINE, PHARMA)),
    "07863256": (
        "A61K 31/728|A61K 9/50|C08B 37/00",
        ("Macromolecular chemistry, polymers", PHARMA),
    ),
    "08088364": ("A61K 8/00", (FINE,)),
    "08088480": ("D06N 7/04|C09J 7/02|B32B 7/12", (BASIC, GOODS, SURFACE)),
    "08088760": ("A61K 31/422|A61K 31/496|C07D 263/54|C07D 413/02|A61P 35/00", (FINE, PHARMA)),
    "08089342": (
        "B60R 25/00|G05B 19/00|G06F 7/00|G08B 29/00|G08C 19/00|H04B 1/00|H04Q 1/00|H04W 24/00",
        (COMPUTER, "Control", DIGITAL, TELECOM, "Transport"),
    ),
    "08090141": ("G06K 9/00|H04N 1/40|G09C 3/00", (COMPUTER, "Control", TELECOM)),
    "08418612": ("B41C 1/05|G03F 7/20", ("Optics", "Textile and paper machines")),
    "08419845": ("B01D 46/00", ("Environmental technology",)),
    "08420016": ("B06B 1/00|A61L 2/00|B01F 11/00", (CHEMICAL, "Medical technology")),
    "08420021": (
        "B01J 19/08|B01J 19/12|G01N 27/00|F02P 23/00",
        (CHEMICAL, "Engines, pumps, turbines", MEASURING),
    ),
    "08420318": ("C12Q 1/68|B01D 59/50|C12P 19/34|C12M 1/00|C07H 21/00", (BIO, CHEMICAL, FINE)),
}
"""US grants of 2005 to 2013: their classes, and their fields by hand from Schmoch (2008), table 2.

The only class of them that WIPO has moved since is H04N 7, from Telecommunications.
"""


def write_classes(symbols: str, scheme: str = "ipcr") -> str:
    """Write classes as grants do: with strokes in elements of their own, else as in 2005."""
    if "/" not in symbols:
        first, *others = symbols.split("|")
        further = "".join(
            f"<further-classification>{one}</further-classification>" for one in others
        )
        return (
            "<classification-ipc><edition>07</edition>"
            f"<main-classification>{first}</main-classification>{further}</classification-ipc>"
        )
    elements = "".join(
        f"<classification-{scheme}><section>{one[0]}</section><class>{one[1:3]}</class>"
        f"<subclass>{one[3]}</subclass><main-group>{one[4:].split('/')[0].strip()}</main-group>"
        f"<subgroup>{one.split('/')[1]}</subgroup></classification-{scheme}>"
        for one in symbols.split("|")
    )
    return f"<classifications-{scheme}>{elements}</classifications-{scheme}>"


def write_grant(number: str, head: str, assignees: str = "") -> str:
    """Write a grant with two inventors; others' classes and names stand around its own."""
    inventor = (
        "<inventor><addressbook><address><city>Bern</city></address></addressbook></inventor>"
    )
    other = write_classes("A62D 1/00") + write_classes("A62D  100")
    return f"""<us-patent-grant><us-bibliographic-data-grant>
    <publication-reference><document-id><doc-number>{number}</doc-number><date>20130416</date>
    </document-id></publication-reference>{head}
    <classification-national><main-classification>A62D 100</main-classification>
    </classification-national><us-references-cited><us-citation>{other}</us-citation>
    </us-references-cited><references-cited>{other}</references-cited>
    <field-of-search>{other}</field-of-search>
    <us-parties><us-applicants><us-applicant><addressbook><orgname>Applicant</orgname></addressbook>
    </us-applicant></us-applicants><inventors>{inventor * 2}</inventors><agents><agent><addressbook>
    <orgname>Agent</orgname></addressbook></agent></agents></us-parties>
    <assignees>{assignees}</assignees></us-bibliographic-data-grant></us-patent-grant>"""


def read_rows(path: Path, *grants: str) -> list[tuple[str, str | None, str | None]]:
    path.write_text("".join(grants), encoding="utf-8")
    found = read_uspto(path).order("row").select("record_id, field, organisation").fetchall()
    assert found[::2] == found[1::2]  # the same on each inventor's row
    return found[::2]


@pytest.mark.parametrize("number", GRANTS)
def test_a_grant_has_the_fields_worked_out_by_hand(tmp_path: Path, number: str) -> None:
    symbols, fields = GRANTS[number]
    grant = write_grant(number, write_classes(symbols))
    expected = SEVERAL_JOIN.join(fields)
    assert read_rows(tmp_path / "ipg.xml", grant) == [(number, expected, None)]
    assert read_fields(symbols.split("|")) == expected


@pytest.mark.shared_data
def test_the_grants_of_the_sample_have_the_fields_worked_out_by_hand(shared_data: Path) -> None:
    relation = read_uspto(shared_data / "formats" / "uspto_grants_xml_sample.tar.gz", types="all")
    rows = relation.filter("problem IS NULL").select("record_id, field").distinct().fetchall()
    found = dict(rows)
    assert len(found) == len(rows) == 464
    assert {number: found[number] for number in GRANTS} == {
        number: SEVERAL_JOIN.join(fields) for number, (_, fields) in GRANTS.items()
    }
    assert sum(field is not None for field in found.values()) == 205  # designs have no classes


def test_the_concordance_has_each_class_once_and_wipo_s_35_fields() -> None:
    concordance = read_concordance()
    file = resources.files("gii_geo") / "data" / "technology_fields.csv"
    lines = file.read_text("utf-8").splitlines()
    symbols = re.findall(r"\b[A-H]\d\d[A-Z]\d*\b", "\n".join(lines[1:]))
    assert len(symbols) == len(set(symbols)) == len(concordance)
    assert len(set(concordance.values())) == 35
    # WIPO's table lists the groups of A61K and G01N (23 and 21 of them), here the subclass is one.
    moved = sum(len(line.split(",")[-1].split()) for line in lines[1:])
    assert len(symbols) - moved - 2 + 23 + 21 == 761


@pytest.mark.parametrize(
    ("symbol", "field"),
    [
        ("H04N 7/18", AUDIO),
        ("H04N  718", AUDIO),
        ("H04N 718", AUDIO),  # its blanks were taken for one
        ("H04N007/18", AUDIO),
        ("h04n 7/18", AUDIO),
        ("  H04N 7/18 ", AUDIO),
        ("H04N 21/00", DIGITAL),
        ("H04N 2100", DIGITAL),
        ("H04N 1/00", TELECOM),
        ("H04N 23/00", AUDIO),
        ("H04N 99/00", None),
        ("H04N", None),
        ("G01N 33/48", "Analysis of biological materials"),
        ("G01N2021/17", MEASURING),
        ("A61K  716", FINE),
        ("A61K 816", FINE),
        ("A61K 31/00", PHARMA),
        ("H10K 10/00", "Semiconductors"),
        ("Y02E 10/50", None),
        ("D14/138", None),
        ("H04", None),
        ("", None),
        ("'; DROP TABLE patents; --", None),
        ("G06F", COMPUTER),
        ("C13B 5/00", "Other special machines"),
        ("C13B 50/00", "Food chemistry"),
        ("E01F 8/00", "Environmental technology"),
        ("E01F 13/00", "Civil engineering"),
        ("A62D 1/00", "Machine tools"),
    ],
)
def test_a_class_is_read_however_it_is_written(symbol: str, field: str | None) -> None:
    assert find_field(symbol) == field


@pytest.mark.parametrize(
    ("head", "field"),
    [
        (write_classes("H01L 21/00") + write_classes("H04L 9/40", "cpc"), "Semiconductors"),
        (write_classes("H04L 9/40|Y02E 10/50", "cpc"), DIGITAL),
        (write_classes("G16Y 10/00") + write_classes("H04L 9/40", "cpc"), DIGITAL),
        (write_classes("Y02E 10/50", "cpc"), None),
        ("", None),
        ("<classifications-ipcr><classification-ipcr/></classifications-ipcr>", None),
    ],
    ids=["IPC first", "CPC", "no field of the IPC", "unknown", "none", "empty"],
)
def test_the_ipc_goes_before_the_cpc(tmp_path: Path, head: str, field: str | None) -> None:
    assert read_rows(tmp_path / "ipg.xml", write_grant("1", head)) == [("1", field, None)]


def test_a_cpc_group_of_a_grant_is_read_in_its_main_and_further_classes(tmp_path: Path) -> None:
    main = write_classes("H04N 21/4", "cpc").replace("classifications-cpc", "main-cpc")
    further = write_classes("A61K 8/1", "cpc").replace("classifications-cpc", "further-cpc")
    grant = write_grant("1", f"<classifications-cpc>{main}{further}</classifications-cpc>")
    assert read_rows(tmp_path / "a.xml", grant) == [("1", f"{DIGITAL}{SEVERAL_JOIN}{FINE}", None)]


def test_organisations_are_the_assignees(tmp_path: Path) -> None:
    names = ["Zeta\n  AG", "R&amp;D &lt;b&gt; GmbH", "Zeta AG", " ", "=1+1"]
    book = "<addressbook><orgname>{}</orgname><address><city>X</city></address></addressbook>"
    assignees = "".join(f"<assignee>{book.format(name)}</assignee>" for name in names[:3])
    assignees += "".join(f"<assignee><orgname>{name}</orgname></assignee>" for name in names[3:])
    assignees += "<assignee><addressbook><last-name>Doe</last-name></addressbook></assignee>"
    expected = SEVERAL_JOIN.join(["=1+1", "R&D <b> GmbH", "Zeta AG"])
    assert read_rows(tmp_path / "a.xml", write_grant("1", "", assignees), write_grant("2", "")) == [
        ("1", None, expected),
        ("2", None, None),
    ]


PATENTSVIEW = {
    "g_inventor_disambiguated": "patent_id\tinventor_id\tlocation_id\n"
    + "".join(f"{patent}\ti{place}\tL1\n" for patent in range(1, 6) for place in range(2)),
    "g_location_disambiguated": "location_id\tdisambig_city\tdisambig_state\tdisambig_country\t"
    "latitude\tlongitude\nL1\tBasel\t\tCH\t47.56\t7.59\n",
    "g_patent": "patent_id\tpatent_type\tpatent_date\n"
    + "".join(f"{patent}\tutility\t2013-04-16\n" for patent in range(1, 6)),
    "g_ipc_at_issue": "patent_id\tipc_sequence\tsection\tipc_class\tsubclass\tmain_group\t"
    "subgroup\n"
    "1\t0\tH\t04\tN\t21\t00\n1\t1\tH\t04\tN\t007\t00\n1\t2\tH\t04\tN\t5\t00\n"
    "2\t0\tA\t1\tn\t1\t00\n3\t0\tG\t16\tY\t1\t00\n9\t0\tH\t01\tL\t1\t00\n",
    "g_cpc_current": "patent_id\tcpc_sequence\tcpc_subclass\tcpc_group\tcpc_type\n"
    "1\t0\tH01L\tH01L1/00\tinventional\n3\t0\tA61K\tA61K8/02\tadditional\n"
    "3\t1\tA61K\tA61K31/00\tadditional\n4\t0\tG01N\tG01N2201/12\tadditional\n5\t0\tY02E\tY02E1/00\t\n",
    "g_cpc_at_issue": "patent_id\tcpc_sequence\tcpc_version_indicator\tcpc_subclass\tcpc_group\n"
    "5\t0\t2013-01-01\tH01L\tH01L1/00\n",
    "g_assignee_disambiguated": "patent_id\tassignee_id\tdisambig_assignee_organization\t"
    "location_id\n"
    "1\ta\tZeta  AG\tL1\n1\tb\t=cmd|' /C calc'!A0\tL1\n1\tc\tZeta AG\tL1\n2\td\t\tL1\n",
}


def read_tables(folder: Path, *without: str) -> list[tuple[object, ...]]:
    for name, text in PATENTSVIEW.items():
        if name not in without:
            (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    found = (
        read_patentsview(folder).order("row").select("record_id, field, organisation").fetchall()
    )
    assert found[::2] == found[1::2]
    return found[::2]


def test_patentsview_s_tables_give_fields_and_organisations(tmp_path: Path) -> None:
    organisations = SEVERAL_JOIN.join(["=cmd|' /C calc'!A0", "Zeta AG"])
    assert read_tables(tmp_path) == [
        ("1", SEVERAL_JOIN.join([AUDIO, DIGITAL]), organisations),
        ("2", BASIC, None),
        ("3", SEVERAL_JOIN.join([FINE, PHARMA]), None),
        ("4", MEASURING, None),
        ("5", None, None),
    ]


def test_without_its_tables_patentsview_has_neither(tmp_path: Path) -> None:
    found = read_tables(tmp_path, "g_ipc_at_issue", "g_cpc_current", "g_assignee_disambiguated")
    assert found == [(str(patent), None, None) for patent in range(1, 6)]


def test_the_two_tables_of_classes_are_read_as_a_class_by_itself_is(tmp_path: Path) -> None:
    """Every class of the concordance, and groups that it does not name."""
    symbols = [*read_concordance(), "H04N99", "H01L7", "A61K2300", "Z99Z1"]
    numbered = list(enumerate(symbols, start=1))
    inventors = "".join(f"{number}\ti\tL1\n" for number, _ in numbered)
    ipc = "".join(
        f"{number}\t{one[0]}\t{one[1:3]}\t{one[3]}\t{one[4:] or '1'}\n"
        for number, one in numbered
        if number % 2
    )
    cpc = "".join(
        f"{number}\t{one[:4]}\t{one[:4]}{one[4:] or '1'}/00\n"
        for number, one in numbered
        if not number % 2
    )
    texts = PATENTSVIEW | {
        "g_inventor_disambiguated": f"patent_id\tinventor_id\tlocation_id\n{inventors}",
        "g_ipc_at_issue": f"patent_id\tsection\tipc_class\tsubclass\tmain_group\n{ipc}",
        "g_cpc_current": f"patent_id\tcpc_subclass\tcpc_group\n{cpc}",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.tsv").write_text(text, encoding="utf-8")
    relation = read_patentsview(tmp_path, year=None, types="all").filter('"count" > 0')
    found = dict(relation.select("record_id, field").fetchall())
    expected = {
        str(number): find_field(f"{one[:4]}{one[4:] or '1'}/00") for number, one in numbered
    }
    assert found == expected
    assert sum(field is None for field in expected.values()) == 2
