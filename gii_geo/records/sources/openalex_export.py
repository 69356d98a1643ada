"""The CSV that OpenAlex's site exports -> the addresses of its works."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from gii_geo.ranges import show_names
from gii_geo.records.csv_header import list_repeated
from gii_geo.records.csv_reader import MISSING_TEXTS
from gii_geo.records.economy_codes import read_economy_code
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.headers import open_sheet, refuse_repeated
from gii_geo.records.sources.label_cells import join_values
from gii_geo.records.sources.left_out import RETRACTED, leave_out
from gii_geo.records.sources.text_lists import read_text_list
from gii_geo.tables import InputError

NO_WORK: Final = "no work"
"""Begins the problem of what is no work at all, and in no denominator."""

_ID: Final = "id"
_TYPE: Final = "type"
_YEAR: Final = "publication_year"
_RETRACTED: Final = "is_retracted"
_TRUE: Final = ("true", "1")
_IDS: Final = "authorships.institutions.id"
_NAMES: Final = "authorships.institutions.display_name"
_COUNTRIES: Final = "authorships.countries"
_TEXTS: Final = "authorships.raw_affiliation_strings"
_FIELDS: Final = ("primary_topic.field.display_name", "topics.field.display_name")
_READ: Final = (_ID, _TYPE, _YEAR, _IDS, _NAMES, _COUNTRIES, _TEXTS, *_FIELDS)
_WITHOUT: Final = {
    _COUNTRIES: "no institution has its economy from the export",
    _TYPE: "works of every type count",
    _YEAR: "no work has a year",
}
"""What follows where the export lacks a column that it can do without."""

_WORK: Final = re.compile(r"W\d+$", re.IGNORECASE)
_ANY_WORK: Final = re.compile(r"\bW\d+\b")
_BROKEN: Final = "broken record: more or fewer cells than columns"
_NO_ROW: Final = f"{NO_WORK}: no row of the export"
_INSTITUTION: Final = re.compile(r"I\d+$")
_INSTITUTIONS: Final = re.compile(r"\bI\d+\b")
_BETWEEN_NAMES: Final = re.compile(r"(?<!\s)\|(?!\s)|;")
_UNPAIRED: Final = "no name of the institution: it is not plain which of the names is whose"
_BAR: Final = re.compile(r"\|")
_BETWEEN_TEXTS: Final = re.compile(r"(?<!\s)\|(?!\s)")
_BETWEEN_COUNTRIES: Final = re.compile(r"[|;]")
_QUOTES: Final = " \t[]'\""
"""What another program may leave around values of which it made a list."""


IN_BRACKETS: Final = r"\(([A-Z][a-z][^()]*)\)$"
"""Where an institution is, by its name: Hitachi (Japan) is no town, and Google (United States) none
in Kansas. Of 7,474 such names in ROR 97 in 100 name the country."""


class ExportedAddress(NamedTuple):
    """One address of a work, or the problem why it has none.

    The date says the year. The countries are those of all the work's institutions, by their codes,
    or as they stand there where they have none: which is whose the export does not say.
    """

    row: int
    record_id: str | None = None
    date: str | None = None
    institution: str | None = None
    countries: tuple[str, ...] | None = None
    economy: str | None = None
    address: str | None = None
    field: str | None = None
    organisation: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Export:
    """An export, its header read.

    Attributes
    ----------
    header : list of str
        Names of its columns.
    rows : iterator of list of str or str
        The rows below; of a line that is none, the line.
    remarks : tuple of str
        What it lacks, and what follows.
    """

    header: list[str]
    rows: Iterator[list[str] | str]
    remarks: tuple[str, ...]


def open_export(file: SourceFile, *, placed: bool) -> Export:
    """Read the header of an export.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.
    placed : bool
        Whether a file of institutions tells where they are, so that their names need not.

    Returns
    -------
    Export
        The export, its works still to be read.

    Raises
    ------
    InputError
        If it lacks the ids of works, or what places institutions, or has a column twice.
    """
    header, rows = open_sheet(file)
    refuse_repeated(_READ, list_repeated(header), where=file.name)
    missing = [name for name in (_ID,) if name not in header]
    if _NAMES not in header and not (placed and _IDS in header):
        missing.append(_IDS if placed else _NAMES)
    if missing:
        msg = (
            f"Invalid file {file.name}. Must have the column {' and '.join(missing)} of OpenAlex's "
        )
        raise InputError(msg + f"export; found {show_names(header)}.")
    remarks = (f"no column {name}: {then}" for name, then in _WITHOUT.items() if name not in header)
    return Export(header, rows, tuple(remarks))


def read_export(export: Export, types: frozenset[str] | None) -> Iterator[ExportedAddress]:
    """Read the works of an export: a row for each author's institution.

    Parameters
    ----------
    export : Export
        From `open_export`.
    types : frozenset of str or None
        The types of works that count, from `left_out.read_types`.

    Yields
    ------
    ExportedAddress
        An address; a work without any, one of another type and what is no row is a problem. A row
        of delimiters only says nothing.
    """
    for row, cells in enumerate(export.rows, start=1):
        if isinstance(cells, str):
            is_work = _ANY_WORK.search(cells) is not None
            yield ExportedAddress(row, problem=_BROKEN if is_work else _NO_ROW)
            continue
        if not any(map(str.strip, cells)):
            continue
        yield from _read_work(row, dict(zip(export.header, cells, strict=True)), types)


def _read_work(
    row: int, work: Mapping[str, str], types: frozenset[str] | None
) -> Iterator[ExportedAddress]:
    """Give the addresses of a row: one an author and institution."""
    match = _WORK.search(work[_ID].strip())
    start = ExportedAddress(row, match[0].upper() if match else None, work.get(_YEAR))
    if match is None:
        is_work = any(work.get(name, "").strip() for name in (_IDS, _NAMES))
        yield start._replace(
            problem="broken record: no id of a work in the column id" if is_work else _NO_ROW
        )
        return
    is_retracted = work.get(_RETRACTED, "").strip(_QUOTES).lower() in _TRUE
    if other := RETRACTED if is_retracted else leave_out(work.get(_TYPE, ""), types):
        yield start._replace(problem=other)
        return
    institutions = list(_pair_names(work))
    countries = _read_countries(work.get(_COUNTRIES, ""))
    fields = [field for name in _FIELDS for field in _split_cell(work.get(name, ""))[:1] if field]
    start = start._replace(countries=countries, field=join_values(fields[:1]))
    for institution, name in institutions:
        place = re.search(IN_BRACKETS, name or "")
        yield start._replace(
            institution=institution,
            address=place[1] if place else name or None,
            organisation=join_values([name or ""]),
            problem=_UNPAIRED if name is None else None,
        )
    if not institutions:
        yield from _read_texts(work, start)


def _read_texts(work: Mapping[str, str], start: ExportedAddress) -> Iterator[ExportedAddress]:
    """Give the texts of a work without institutions, in the country if one is named."""
    texts = [text.strip(" |") for text in _split_cell(work.get(_TEXTS, ""), _BETWEEN_TEXTS)]
    named = start.countries or ()
    for text in filter(None, texts):
        yield start._replace(economy=named[0] if len(named) == 1 else None, address=text)
    if not any(texts):
        yield start._replace(problem="no affiliation")


def _pair_names(work: Mapping[str, str]) -> Iterator[tuple[str | None, str | None]]:
    """Give the id and the name of each institution, None where it is not plain which is whose."""
    ids, cell = work.get(_IDS, ""), work.get(_NAMES, "")
    listed = read_text_list(cell)
    if listed is not None:
        apart, ways = listed, [listed]
    else:
        apart = _BETWEEN_NAMES.split(cell)  # a name may hold a bar, with blanks around it
        ways = [cell.split("|"), apart] if "|" in cell else [apart]
    numbers = read_text_list(ids)
    if not numbers:
        numbers = ids.split("|") if "|" in ids else _INSTITUTIONS.findall(ids)
    numbers = numbers or [""] * len(apart)
    unpaired = [None if any(map(str.strip, apart)) else ""] * len(numbers)
    names = next((way for way in ways if len(way) == len(numbers)), unpaired)
    for id_, name in zip(numbers, names, strict=True):
        match = _INSTITUTION.search(id_.strip())
        bare = name and name.strip()
        if match or bare:  # neither stands for an author without an institution
            yield match[0] if match else None, bare


@lru_cache(maxsize=2**12)
def _read_countries(cell: str) -> tuple[str, ...]:
    """Give the codes of the countries that a cell names, each once; what is none stays a text."""
    listed = read_text_list(cell)
    parts = _BETWEEN_COUNTRIES.split(cell) if listed is None else listed
    named = (name for part in parts for name in _read_country(part.strip(_QUOTES)))
    return tuple(sorted(set(named)))


def _read_country(text: str) -> list[str]:
    """Read a code or name, or several that commas part: one of Korea, Rep. does not."""
    if code := read_economy_code(text):
        return [code]
    parts = [part.strip(_QUOTES) for part in text.split(",")]
    codes = [read_economy_code(part) for part in parts]
    if not any(codes):
        return [] if text in MISSING_TEXTS else [text]
    return [code or part for code, part in zip(codes, parts, strict=True) if code or part]


def _split_cell(cell: str, bar: re.Pattern[str] = _BAR) -> list[str]:
    """Split a cell at its bars, or as the list that another program made of it."""
    listed = read_text_list(cell)
    return bar.split(cell) if listed is None else listed
