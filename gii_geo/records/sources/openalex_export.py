"""The CSV that OpenAlex's site exports -> the addresses of its works."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from gii_geo.ranges import show_names
from gii_geo.records.sources.address_table import read_economy, read_year
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.headers import open_sheet
from gii_geo.records.sources.label_cells import join_values
from gii_geo.records.sources.left_out import leave_out
from gii_geo.records.sources.text_lists import read_text_list
from gii_geo.tables import InputError

_ID: Final = "id"
_TYPE: Final = "type"
_YEAR: Final = "publication_year"
_IDS: Final = "authorships.institutions.id"
_NAMES: Final = "authorships.institutions.display_name"
_COUNTRIES: Final = "authorships.countries"
_FIELDS: Final = ("primary_topic.field.display_name", "topics.field.display_name")
_WITHOUT: Final = {
    _COUNTRIES: "no institution has its economy from the export",
    _TYPE: "works of every type count",
    _YEAR: "no work has a year",
}
"""What follows where the export lacks a column that it can do without."""

_MOST_DIGITS: Final = 18
_WORK: Final = re.compile(r"W\d+$")
_INSTITUTION: Final = re.compile(r"I\d+$")
_INSTITUTIONS: Final = re.compile(r"\bI\d+\b")
_BETWEEN_NAMES: Final = re.compile(r"(?<!\s)\|(?!\s)|;")
_BETWEEN_CODES: Final = re.compile(r"[|;,\[\]'\"]+")
"""What parts values in the export, or in what another program made of it: semicolons, a list."""


IN_BRACKETS: Final = r"\(([A-Z][a-z][^()]*)\)$"
"""Where an institution is, by its name: Hitachi (Japan) is no town, and Google (United States) none
in Kansas. Of 7,474 such names in ROR 97 in 100 name the country."""


class ExportedAddress(NamedTuple):
    """One address of a work, or the problem why it has none.

    The countries are those of all the work's institutions: which is whose the export does not say.
    """

    row: int
    record_id: str | None = None
    year: int | None = None
    institution: str | None = None
    countries: tuple[str, ...] | None = None
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
    rows : iterator of list of str or None
        The rows below, None for a line that is none.
    remarks : tuple of str
        What it lacks, and what follows.
    """

    header: list[str]
    rows: Iterator[list[str] | None]
    remarks: tuple[str, ...]


def open_export(file: SourceFile) -> Export:
    """Read the header of an export.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Returns
    -------
    Export
        The export, its works still to be read.

    Raises
    ------
    InputError
        If it lacks the ids of works, or institutions altogether.
    """
    header, rows = open_sheet(file)
    missing = [name for name in (_ID,) if name not in header]
    if _IDS not in header and _NAMES not in header:
        missing.append(_IDS)
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
        An address; a work without any, one of another type and a broken row is a problem.
    """
    for row, cells in enumerate(export.rows, start=1):
        if cells is None:
            yield ExportedAddress(row, problem="broken record: no row")
            continue
        yield from _read_work(row, dict(zip(export.header, cells, strict=True)), types)


def _read_work(
    row: int, work: Mapping[str, str], types: frozenset[str] | None
) -> Iterator[ExportedAddress]:
    """Give the addresses of a row: one an author and institution."""
    match = _WORK.search(work[_ID].strip())
    start = ExportedAddress(row, match[0] if match else None, _read_year(work.get(_YEAR, "")))
    if match is None:
        yield start._replace(problem="broken record: no id of a work")
        return
    if other := leave_out(work.get(_TYPE, ""), types):
        yield start._replace(problem=other)
        return
    institutions = list(_pair_names(work))
    codes = _BETWEEN_CODES.split(work.get(_COUNTRIES, ""))
    named = (read_economy(code.strip()) for code in codes)
    countries = tuple(sorted(set(filter(None, named))))
    fields = [field for name in _FIELDS for field in _split_cell(work.get(name, ""))[:1] if field]
    start = start._replace(countries=countries, field=join_values(fields[:1]))
    for institution, name in institutions:
        organisation = join_values([name or ""])
        place = re.search(IN_BRACKETS, name or "")
        address = place[1] if place else name
        yield start._replace(institution=institution, address=address, organisation=organisation)
    if not institutions:
        yield start._replace(problem="no affiliation")


def _read_year(text: str) -> int | None:
    """Read a year; a number that is none stays, so that it is told where years are read."""
    text = text.strip()
    number = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
    return read_year(text) or number


def _pair_names(work: Mapping[str, str]) -> Iterator[tuple[str | None, str | None]]:
    """Give the id and the name of each institution, the name where it is plain which is whose."""
    ids, cell = work.get(_IDS, ""), work.get(_NAMES, "")
    listed = read_text_list(cell)
    if listed is not None:
        apart, ways = listed, [listed]
    else:
        apart = _BETWEEN_NAMES.split(cell)  # a name may hold a bar, with blanks around it
        ways = [cell.split("|"), apart, [cell]]
    numbers = read_text_list(ids)
    if not numbers:
        numbers = ids.split("|") if "|" in ids else _INSTITUTIONS.findall(ids)
    numbers = numbers or [""] * len(apart)
    names = next((way for way in ways if len(way) == len(numbers)), [""] * len(numbers))
    for id_, name in zip(numbers, names, strict=True):
        match = _INSTITUTION.search(id_.strip())
        if match or name.strip():  # neither stands for an author without an institution
            yield match[0] if match else None, name.strip() or None


def _split_cell(cell: str) -> list[str]:
    """Split a cell at its bars, or as the list that another program made of it."""
    listed = read_text_list(cell)
    return cell.split("|") if listed is None else listed
