"""Exports of the Web of Science, plain text or tab-delimited -> addresses."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

import duckdb

from gii_geo.records.csv_header import list_repeated
from gii_geo.records.sources.address_table import (
    AddressParts,
    AddressTable,
    Progress,
    Record,
)
from gii_geo.records.sources.archives import SourceFile, open_files
from gii_geo.records.sources.headers import Sheet, read_sheet, refuse_repeated, skip_headers
from gii_geo.records.sources.label_cells import join_values
from gii_geo.records.sources.left_out import RETRACTED, check_taken
from gii_geo.records.sources.lines import read_lines
from gii_geo.records.sources.wanted import Source
from gii_geo.records.sources.web_of_science_fields import OTHER_AREAS, OTHER_CATEGORIES
from gii_geo.tables import InputError
from gii_geo.world import LEFT_OUT

ENDINGS: Final = (".txt", ".tsv", ".csv", ".ciw")
"""How the names of its files end, in folders and archives."""

_TAG: Final = re.compile(r"[A-Z][A-Z0-9](?: |$)")
_READ: Final = ("PT", "C1", "PY", "EA", "UT", "DI", "DT", "WC", "SC")
"""The fields that are read."""

_NAMED: Final = {
    "addresses": "C1",
    "publication year": "PY",
    "early access date": "EA",
    "publication type": "PT",
    "ut (unique wos id)": "UT",
    "ut (unique id)": "UT",
    "doi": "DI",
    "document type": "DT",
    "wos categories": "WC",
    "web of science categories": "WC",
    "research areas": "SC",
}
"""What the workbook that the site exports calls the fields."""

_AUTHORS: Final = re.compile(r"\[(?P<authors>[^\]]*)\]\s*(?P<address>.*)", re.DOTALL)
_SEAM: Final = re.compile(r"(?<=^E[FR])\s*\ufeff?(?=(?:FN|VR|PT) )")
"""Where an export follows another that has no line end at its end."""

_RETRACTED: Final = "retracted publication"
"""One of a record's document types, beside the others."""

_OLD_ID: Final = re.compile(r"^ISI:")
"""How accession numbers began until 2011."""

_NEXT_AUTHORS: Final = re.compile(r";\s*(?=\[)")
_NEXT_ADDRESS: Final = re.compile(r";\s*")
_OWN_ECONOMIES: Final = ("Hong Kong", "Macau", "Macao")


def read_web_of_science(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    articles_only: bool = True,
    science_only: bool = True,
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    """Read the authors' addresses from exports of the Web of Science.

    The format is the field-tagged plain text (``FN``, ``PT`` to ``ER``, ``EF``) or the
    tab-delimited text that the site exports as "full record", as its help page "Web of Science Core
    Collection Field Tags" describes it, in UTF-8, UTF-16 or Latin-1; or its workbook ("Excel"),
    saved as CSV.

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        Text files, archives of them, or a folder, as downloaded.
    connection : duckdb.DuckDBPyConnection, optional
        Where the table goes; by default a new connection that lives as long as the relation.
    articles_only : bool, default True
        Leave out records whose document types (DT) do not include Article. One that was retracted
        never counts.
    science_only : bool, default True
        Leave out records all of whose categories (WC; research areas, SC, where there are none) lie
        in the social sciences, the arts or the humanities.
    progress : callable, optional
        Is told in a few words what is being read, and how many records are left out.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per author and address in C1: record_id is the accession number
        (UT), year that of publication (PY, else EA), address the text of the affiliation, country
        its tail, organisation what stands before its first comma (``Univ Tokyo``), field the
        record's categories (WC; research areas, SC, where there are none). There are neither
        coordinates nor economies. A record without addresses, a broken one, one that was read
        before and one that is left out is a row with its problem.

    Raises
    ------
    InputError
        If there is no such file, it is no such export, or all its records are left out.

    Notes
    -----
    A record that does not tell its type or its categories is kept. An address that names no authors
    (before 2008) is one row.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> text = '''FN Clarivate Analytics Web of Science
    ... PT J
    ... DT Article
    ... C1 [Smith, J; Doe, K] Univ Oxford, Dept Phys, Oxford OX1 3PU, England.
    ...    [Doe, K] ETH, Zurich, Switzerland.
    ... PY 2024
    ... UT WOS:000001
    ... ER
    ... EF'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "savedrecs.txt").write_text(text)
    ...     addresses = read_web_of_science(folder)
    >>> addresses.aggregate("record_id, country, count(*)").order("country").fetchall()
    [('WOS:000001', 'England', 2), ('WOS:000001', 'Switzerland', 1)]
    """
    table = AddressTable(connection, "publication", progress)
    wanted = _Wanted(articles_only, science_only)
    for file in open_files(source, endings=ENDINGS):
        table.add_file(file, _read_file(file, wanted))
    table.mark_repeats()
    return check_taken(table.finish(), source)


@dataclass(frozen=True)
class _Wanted:
    """Which records count."""

    articles_only: bool
    science_only: bool

    def leave_out(self, fields: Mapping[str, str]) -> str | None:
        """Say why a record is left out, if it is; one that does not say what it is counts."""
        types = _split_list(fields.get("DT"))
        if _RETRACTED in types:
            return RETRACTED
        if self.articles_only and types and "article" not in types:
            return f"{LEFT_OUT}type {'; '.join(sorted(types))}"
        categories, areas = _split_list(fields.get("WC")), _split_list(fields.get("SC"))
        is_science = not (categories or areas)
        is_science |= bool(categories - OTHER_CATEGORIES if categories else areas - OTHER_AREAS)
        if self.science_only and not is_science:
            return f"{LEFT_OUT}neither science nor technology"
        return None


def _split_list(text: str | None) -> frozenset[str]:
    """Split a field at its semicolons."""
    parts = (" ".join(part.split()).lower() for part in (text or "").split(";"))
    return frozenset(part for part in parts if part)


@dataclass(frozen=True)
class _Fields:
    """A record's fields by their tags, and the addresses in its C1."""

    fields: Mapping[str, str]
    addresses: list[str]


def _read_file(file: SourceFile, wanted: _Wanted) -> Iterator[Record]:
    """Read an export of either form."""
    lines = read_lines(file)
    first = next((line for line in lines if line.strip()), "")
    header = [name.strip() for name in first.split("\t")]
    found: Iterator[_Fields | Record]
    if {"PT", "C1", "PY"} <= set(header):
        refuse_repeated(_READ, list_repeated(header), where=file.name)
        below = skip_headers(lines, first, delimiter="\t", file=file.name)
        found = _read_table(header, below)
    elif _TAG.match(first) and len(header) == 1:
        found = _read_tagged(chain([first], lines))
    else:
        found = _read_sheet(read_sheet(chain([first], lines), file=file.name), first, file.name)
    for place, one in enumerate(found, start=1):
        if isinstance(one, Record):
            yield one
            continue
        record = _to_record(one, f"{file.name}, record {place}")
        if other := wanted.leave_out(one.fields):
            record = Record(record.record_id, record.year, problem=other, counts=False)
        yield record


def _read_tagged(lines: Iterable[str]) -> Iterator[_Fields | Record]:
    """Read the records of a plain-text export, each from its PT to its ER."""
    block: list[str] = []
    has_end = False
    for line in chain.from_iterable(map(_SEAM.split, lines)):
        tag = line[:3].strip()
        if tag == "PT" and block:
            yield Record(problem="broken record: it has no ER")
            block = []
        if tag == "ER":
            yield _read_block(block)
            block = []
        elif tag == "EF":
            has_end = True
        elif line.strip() and tag not in ("FN", "VR"):
            block.append(line)
    if block:
        yield Record(problem="broken record: cut off before its ER")
    if not has_end:
        yield Record(problem="broken file: no EF at its end, it may be cut off", counts=False)


def _read_block(block: list[str]) -> _Fields | Record:
    """Read the lines of one record."""
    fields: dict[str, list[str]] = {}
    tag = None
    for line in block:
        if _TAG.match(line):
            tag = line[:2]
            fields[tag] = [line[3:].strip()]
        elif line.startswith("   ") and tag is not None:
            fields[tag].append(line.strip())
        else:
            return Record(problem=f"broken record: no field starts {line[:20]!r}")
    if next(iter(fields), None) != "PT":
        return Record(problem="broken record: it has no PT")
    addresses: list[str] = []
    for line in fields.get("C1", []):
        # One address a line; an old export that breaks lines ends each with a full stop.
        if line.startswith("[") or not addresses or addresses[-1].endswith("."):
            addresses.append(line)
        else:
            addresses[-1] += f" {line}"
    addresses = [one for text in addresses for one in _NEXT_AUTHORS.split(text)]
    return _Fields({tag: " ".join(lines) for tag, lines in fields.items()}, addresses)


def _read_table(header: list[str], lines: Iterable[str]) -> Iterator[_Fields | Record]:
    """Read the records of a tab-delimited export, which has no quotes."""
    for line in lines:
        if not line.strip():
            continue
        cells = line.split("\t")
        # A row ends with a tab where the header need not.
        if len(cells) - len(header) not in (0, 1):
            problem = f"broken record: {len(cells)} cells instead of {len(header)}"
            yield Record(problem=problem)
            continue
        fields = dict(zip(header, cells, strict=False))
        yield _Fields(fields, _split_addresses(fields["C1"]))


def _read_sheet(sheet: Sheet, first: str, file: str) -> Iterator[_Fields | Record]:
    """Read the records of the site's workbook, saved as CSV."""
    tags = [_NAMED.get(name, name.upper()) for name in sheet.names]
    if lacking := {"C1", "PY"} - set(tags):
        if {"PT", "UT"} & set(tags):
            names = " and ".join(sorted(lacking))
            msg = f"Invalid file {file}. Must have addresses (C1) and years (PY); found no {names}."
            raise InputError(msg)
        msg = f"Invalid file {file}. Must be a Web of Science export, plain text, tab-delimited or "
        raise InputError(msg + f"its workbook saved as CSV; found {first[:60]!r}.")
    refuse_repeated(_READ, list_repeated(tags), where=file)
    return _read_rows(sheet.rows, tags)


def _read_rows(rows: Iterator[list[str] | str], tags: list[str]) -> Iterator[_Fields | Record]:
    """Read the rows of a workbook; one of empty cells is none."""
    for row in rows:
        if isinstance(row, str):
            yield Record(problem=f"broken record: it must have {len(tags)} cells")
        elif any(map(str.strip, row)):
            fields = dict(zip(tags, row, strict=False))
            yield _Fields(fields, _split_addresses(fields["C1"]))


def _split_addresses(c1: str) -> list[str]:
    """Split the cell of addresses of a table."""
    c1 = c1.strip()
    return (_NEXT_AUTHORS if c1.startswith("[") else _NEXT_ADDRESS).split(c1)


def _to_record(record: _Fields, unnamed: str) -> Record:
    """Give a row for each author and address; `unnamed` is the id of a record without one."""
    fields = record.fields
    places = tuple(place for text in record.addresses for place in _read_address(text))
    return Record(
        record_id=_OLD_ID.sub("WOS:", fields.get("UT", "")) or fields.get("DI") or unnamed,
        year=fields.get("PY", "").strip() or fields.get("EA"),
        places=places,
        problem=None if places else "no address",
        field=_read_fields(fields.get("WC")) or _read_fields(fields.get("SC")),
    )


def _read_fields(text: str | None) -> str | None:
    """Read categories or areas as they are written."""
    return join_values((text or "").split(";"))


def _read_address(text: str) -> Iterator[AddressParts]:
    """Give an address once for each of its authors."""
    match = _AUTHORS.fullmatch(text)
    authors = match["authors"].split(";") if match else [""]
    address = (match["address"] if match else text).strip().rstrip(".")
    if address:
        first, comma, _ = address.partition(",")
        organisation = join_values([first]) if comma else None
        place = AddressParts(
            country=_read_country(address), address=address, organisation=organisation
        )
        yield from (place for _ in authors)


def _read_country(address: str) -> str | None:
    """Read the country at the end of an address; Hong Kong and Macao stand by themselves."""
    parts = [part.strip() for part in address.split(",")]
    if parts[-1].endswith("USA"):  # the state and the postcode stand before it
        return "USA"
    own = [part for part in parts[-2:] if part in _OWN_ECONOMIES]
    return own[0] if own else parts[-1]
