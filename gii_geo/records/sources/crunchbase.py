"""Crunchbase's funding rounds and companies as CSV -> addresses."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import duckdb

from gii_geo.records.csv_header import list_repeated
from gii_geo.records.sources.address_table import (
    AddressParts,
    AddressTable,
    Progress,
    Record,
)
from gii_geo.records.sources.archives import SourceFile, open_files
from gii_geo.records.sources.headers import open_sheet, refuse_repeated
from gii_geo.records.sources.label_cells import join_values
from gii_geo.records.sources.left_out import Types, check_taken, leave_out, name_source, read_types
from gii_geo.records.sources.wanted import Source
from gii_geo.tables import InputError

VENTURE_ROUNDS: Final = frozenset(
    ("venture", "series-a", "series-b", "series-c+", "angel", "pre_seed", "seed", "series_unknown")
).union(f"series_{letter}" for letter in "abcdefghij")
"""The types of rounds that are venture capital, as the exports of 2013 to 2025 spell them."""

_Columns = tuple[tuple[str, tuple[str, ...]], ...]
ENDINGS: Final = (".csv",)
"""How the names of its files end, in folders and archives."""

_ROUND: Final[_Columns] = (
    ("record_id", ("funding_round_permalink", "funding_round_uuid", "uuid", "funding_round_id")),
    ("company", ("company_permalink", "org_uuid", "company_uuid", "object_id")),
    ("type", ("funding_round_type", "investment_type")),
    ("date", ("funded_at", "announced_on")),
    ("amount", ("raised_amount_usd",)),
    ("city", ("company_city", "city")),
    ("state", ("company_state_code", "state_code")),
    ("division", ("company_region", "region")),
    ("country", ("company_country_code", "country_code")),
    ("name", ("company_name", "org_name")),
    ("field", ("company_category_list", "company_category_code")),
    ("market", ("company_market",)),
)
"""What the columns of rounds are called, in the exports of 2013, 2015 and today."""

_COMPANY: Final[_Columns] = (
    ("company", ("permalink", "uuid", "id")),
    ("city", ("city",)),
    ("state", ("state_code",)),
    ("division", ("region",)),
    ("country", ("country_code",)),
    ("name", ("name",)),
    ("field", ("category_list", "category_code")),
    ("market", ("market",)),
)
_BETWEEN_FIELDS: Final = re.compile(r"[|,;]")
_ID: Final = re.compile(r"(?i)/(?:company|organization|funding-round)/|\b[0-9a-f]{8}-[0-9a-f]{4}-")
_TOLD: Final = ("type", "date", "city", "country")
"""Roles without any of which a row is no round, but a sum or a note below the table."""

_TELLING: Final = ("company", "type", "date", "amount")
"""Roles that tell a round where it has no id; the amount may be missing."""

_NO_ROUND: Final = "no round: no row of the export"
_INVESTOR: Final = ("investor_permalink", "investor_uuid")


def read_crunchbase(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    types: Types = VENTURE_ROUNDS,
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    """Read where the companies are that got funding rounds.

    The format is Crunchbase's CSV export: of October 2013 (rounds with their company's city, lines
    that end as on the old Mac, Latin-1), of December 2013 (``funding_rounds``, ``objects``), of
    2015 (``rounds``, ``companies``) or the daily one of today (``funding_rounds``,
    ``organizations``), as https://data.crunchbase.com/docs describes it.

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        The file of the rounds and, where it has no cities, the file of the companies; archives of
        them, or a folder, as downloaded. Files are told apart by their columns, others overlooked.
    connection : duckdb.DuckDBPyConnection, optional
        Where the table goes; by default a new connection that lives as long as the relation.
    types : collection of str or "all", default `VENTURE_ROUNDS`
        The types of rounds that count: WIPO counts venture-capital deals. A round that does not
        tell its type counts.
    progress : callable, optional
        Is told in a few words what is being read, and how many rounds are left out.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per round: record_id is the round's (missing in October 2013,
        where a row is a record of its own unless another file has it, too), year that of the
        round; city, division (the state where one is named), country (ISO 3166-1 alpha-3, as
        exported), field (its categories, or its market) and organisation (its name) are the
        company's; those that the rounds lack come from the companies' file. There are neither
        coordinates nor economies. A broken row, a round whose company is not to be found, one read
        before and one of another type is a row with its problem; the last two stand for no record.

    Raises
    ------
    InputError
        If there is no such file, none has rounds, or all rounds are of other types.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> rounds = '''company_permalink,company_country_code,company_city,funding_round_type,funded_at
    ... /company/waywire,USA,New York,series-a,2012-06-30'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "rounds.csv").write_text(rounds)
    ...     addresses = read_crunchbase(folder)
    >>> addresses.select("city, country, year").fetchall()
    [('New York', 'USA', 2012)]
    """
    wanted = read_types(types)
    table = AddressTable(connection, "deal", progress)
    companies = _read_companies(source)
    nameless = _Nameless()
    for sheet in _open_sheets(source, _ROUND):
        if "city" not in sheet.places and not any(_open_sheets(source, _COMPANY)):
            msg = f"Invalid file {sheet.file.name}. Must tell the companies' cities (company_city, "
            raise InputError(msg + "city), or stand beside the file of companies; found neither.")
        table.add_file(sheet.file, _read_rounds(sheet, companies, wanted, nameless))
    table.mark_repeats()
    if not table.files:
        msg = f"Invalid source {name_source(source)}. Must hold a CSV file of funding rounds; "
        raise InputError(msg + _tell_found(source))
    return check_taken(table.finish(), source)


class _Company(NamedTuple):
    """Where a company is and what it does."""

    place: AddressParts
    field: str | None


@dataclass(frozen=True)
class _Sheet:
    """A CSV file, where its columns and a company's ids are, and the rows below its header."""

    file: SourceFile
    places: Mapping[str, int]
    ids: tuple[int, ...]
    columns: int
    rows: Iterator[list[str] | str]

    def take(self, row: list[str], role: str) -> str:
        """Give the cell in the column of a role, empty if there is no such column."""
        return row[self.places[role]].strip() if role in self.places else ""

    def read_company(self, row: list[str]) -> _Company:
        """Give what the row says of the company."""
        categories = self.take(row, "field").strip("|") or self.take(row, "market")
        place = AddressParts(
            city=self.take(row, "city") or None,
            division=self.take(row, "state") or self.take(row, "division") or None,
            country=self.take(row, "country") or None,
            organisation=join_values([self.take(row, "name")]),
        )
        return _Company(place, _read_field(categories))


class _Nameless:
    """Rounds without an id, to know those that overlapping exports have, too.

    A round is told by its company, type, day and amount. What a file has twice are two rounds.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], list[str]] = {}
        self._met: Counter[tuple[str, ...]] = Counter()
        self._file = ""

    def find_other(self, sheet: _Sheet, row: list[str], number: int) -> str | None:
        """Say where another file has the round, if one does, and take note of it if none does."""
        if sheet.file.name != self._file:
            self._met, self._file = Counter(), sheet.file.name
        key = tuple(_settle(sheet.take(row, role)) for role in _TELLING)
        if sheet.take(row, "record_id") or not all(key[:-1]):
            return None
        seen, self._met[key] = self._seen.setdefault(key, []), self._met[key] + 1
        if self._met[key] <= len(seen):
            return seen[self._met[key] - 1]
        seen.append(f"{self._file}, record {number}")
        return None


def _settle(cell: str) -> str:
    """Write a cell as an export has it, whatever program saved it again."""
    text = cell.lower().replace(",", "").removesuffix(".0").removesuffix(" 00:00:00")
    return "-".join(re.split(r"[\s_-]+", text))


@lru_cache(maxsize=2**14)
def _read_field(categories: str) -> str | None:
    """Read the categories of a cell; few cells differ."""
    return join_values(_BETWEEN_FIELDS.split(categories))


def _open_sheets(source: Source, columns: _Columns) -> Iterator[_Sheet]:
    """Open the files that have these columns, which are those of rounds or of companies."""
    for file in open_files(source, endings=ENDINGS):
        header, rows = open_sheet(file)
        if _tell_columns(frozenset(header)) is columns:
            found = {role: [name for name in names if name in header] for role, names in columns}
            read = [name for names in found.values() for name in names]
            refuse_repeated(read, list_repeated(header), where=file.name)
            places = {role: header.index(names[0]) for role, names in found.items() if names}
            ids = tuple(map(header.index, found["company"]))
            yield _Sheet(file, places, ids, len(header), rows)


def _tell_found(source: Source) -> str:
    """Tell what there is in the place of rounds."""
    for file in open_files(source, endings=ENDINGS):
        header, _ = open_sheet(file)
        for name in _INVESTOR:
            if name in header:
                return (
                    f"found investments, a row for each investor of a round (column {name} of "
                    f"{file.name}): give the file of the rounds, or leave the column out."
                )
    return "found none."


def _tell_columns(header: Collection[str]) -> _Columns | None:
    """Tell rounds from companies by the columns of a file."""

    def has(columns: _Columns, *roles: str) -> bool:
        return all(any(name in header for name in dict(columns)[role]) for role in roles)

    if has(_ROUND, "type", "date"):
        return None if any(name in header for name in _INVESTOR) else _ROUND
    return _COMPANY if has(_COMPANY, "company", "city", "country") else None


def _read_rounds(
    sheet: _Sheet,
    companies: Mapping[str, _Company],
    types: frozenset[str] | None,
    nameless: _Nameless,
) -> Iterator[Record]:
    """Read the rounds of a file."""
    rows = (row for row in sheet.rows if isinstance(row, str) or any(map(str.strip, row)))
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str):
            yield _remark_on(row, sheet.columns)
        elif not any(sheet.take(row, role) for role in _TOLD):
            yield Record(problem=_NO_ROUND, counts=False)
        elif other := nameless.find_other(sheet, row, number):
            year = sheet.take(row, "date")
            yield Record(
                None, year, problem=f"repeated record: read before in {other}", counts=False
            )
        else:
            yield _read_round(sheet, row, companies, types)


def _read_round(
    sheet: _Sheet, row: list[str], companies: Mapping[str, _Company], types: frozenset[str] | None
) -> Record:
    """Read a round."""
    record_id = sheet.take(row, "record_id") or None
    year = sheet.take(row, "date")
    if other := leave_out(sheet.take(row, "type"), types):
        return Record(record_id, year, problem=other, counts=False)
    name = sheet.take(row, "company")
    own, known = sheet.read_company(row), companies.get(name.lower())
    if known is None and "city" not in sheet.places:
        return Record(record_id, year, problem=f"no company {name}")
    known = known or own
    place = own.place if own.place.city else known.place
    organisation = own.place.organisation or known.place.organisation
    place = place._replace(organisation=organisation)
    return Record(record_id, year, (place,), field=own.field or known.field)


def _remark_on(line: str, columns: int) -> Record:
    """Tell of a line that is no row: a broken round, unless it is what stands below a table."""
    if sum(line.count(sign) for sign in ",;\t") > columns // 2 or _ID.search(line):
        return Record(problem=f"broken record: it must have {columns} cells")
    return Record(problem=_NO_ROUND, counts=False)


def _read_companies(source: Source) -> dict[str, _Company]:
    """Read the companies of which the rounds do not tell place, name and field, by all their ids.

    Today's export has a permalink beside the uuid that rounds give, that of 2013 beside the id.
    """
    if not any(_open_sheets(source, _COMPANY)):
        return {}
    wanted = {
        sheet.take(row, "company").lower()
        for sheet in _open_sheets(source, _ROUND)
        if not {"city", "name", "field"} <= sheet.places.keys()
        for row in sheet.rows
        if not isinstance(row, str)
    }
    if not wanted:
        return {}
    return {
        key: sheet.read_company(row)
        for sheet in _open_sheets(source, _COMPANY)
        for row in sheet.rows
        if not isinstance(row, str)
        for place in sheet.ids
        if (key := row[place].strip().lower()) in wanted
    }
