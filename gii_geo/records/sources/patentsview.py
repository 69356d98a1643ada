"""PatentsView's bulk tables of US patents -> addresses with coordinates."""

# ruff: noqa: S608  # names of tables are made here, values are quoted

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import duckdb
import pyarrow as pa

from gii_geo.ranges import show_value
from gii_geo.records.files import quote
from gii_geo.records.sources.address_table import (
    AddressTable,
    Progress,
    Record,
    select_columns,
    select_years,
)
from gii_geo.records.sources.archives import SourceFile, open_files
from gii_geo.records.sources.blocks import read_blocks, read_header, write_whole
from gii_geo.records.sources.label_cells import cells_sql, clean_sql
from gii_geo.records.sources.left_out import (
    Types,
    check_known,
    check_taken,
    read_types,
)
from gii_geo.records.sources.patentsview_locations import Location, read_locations
from gii_geo.records.sources.patentsview_tables import (
    ASSIGNEES,
    COLUMNS,
    CPC,
    INVENTORS,
    IPC,
    LOCATIONS,
    PATENTS,
    find_tables,
)
from gii_geo.records.sources.technology import read_concordance
from gii_geo.records.sources.wanted import Source
from gii_geo.tables import SEVERAL_JOIN, InputError
from gii_geo.world import LEFT_OUT

ENDINGS: Final = (".tsv", ".txt", ".csv")
"""How the names of its files end, in folders and archives."""

_CLASSES: Final = {
    IPC: ("section || lpad(ipc_class, 2, '0') || subclass", "main_group"),
    CPC: ("cpc_subclass", "split_part(substr(cpc_group, 5), '/', 1)"),
}
"""The subclass and the main group of a table's classes, in SQL."""

_FIELDS: Final = sorted(set(read_concordance().values()))
"""The technology fields; a set of them is a number with a bit for each."""

_YEARS: Final = {"granted": PATENTS, "filed": "g_application", None: None}
_PATENT: Final = re.compile(r'"?(?P<id>[A-Z]*\d+)"?\t')
_UNKNOWN: Final = -1


def read_patentsview(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    year: Literal["granted", "filed"] | None = "granted",
    types: Types = ("utility",),
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    r"""Read the inventors' addresses from PatentsView's bulk tables.

    The format is that of https://patentsview.org/download/data-download-tables: tab-separated
    tables, zipped one by one. Wanted are ``g_inventor_disambiguated`` (patent_id, location_id),
    ``g_location_disambiguated`` (location_id, disambig_city, disambig_state, disambig_country,
    latitude, longitude) and, for types and years, ``g_patent`` (patent_type, patent_date,
    withdrawn) or ``g_application`` (filing_date). ``g_ipc_at_issue`` and ``g_cpc_current`` give the
    field, ``g_assignee_disambiguated`` the organisation, if they are there; others are overlooked.

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        The tables, zipped or not, or their folder, as downloaded: told apart by their columns.
    connection : duckdb.DuckDBPyConnection, optional
        Where the tables go; by default a new connection that lives as long as the relation.
    year : {"granted", "filed"} or None, default "granted"
        Which date gives the year; None for no years.
    types : collection of str or "all", default ("utility",)
        The types of patents that count, by ``g_patent`` where it is there: utility, design, plant,
        reissue. WIPO counts PCT applications, which are for inventions. A patent whose type is not
        told counts, and a row says so of all of them. One that was withdrawn never counts.
    progress : callable, optional
        Is told in a few words what is being read.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per inventor and patent: record_id is patent_id; lon, lat
        (degrees, WGS 84), economy, city, division, country and precision (city, division or
        country) are the location's; field is WIPO's technology fields of the IPC classes (of the
        CPC's, if they have none), organisation the assignees' names, both the same on each row of
        a patent; row is the line of the inventors' table. It is joined when it is used.
        A broken line, one that was read before (the same patent, inventor and location) and an
        inventor of a patent that was withdrawn or is of another type is a row with its problem.

    Raises
    ------
    InputError
        If a file or table is missing or there twice, a location has two places, no patent counts,
        or most are in no table of patents.

    Notes
    -----
    Each table is read once, in blocks, straight from its zip file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> tables = {
    ...     "g_inventor_disambiguated.tsv": "patent_id\tinventor_id\tlocation_id\n7\ti1\tL1\n",
    ...     "g_location_disambiguated.tsv": "location_id\tdisambig_city\tdisambig_state\t"
    ...     "disambig_country\tlatitude\tlongitude\nL1\tBasel\t\tCH\t47.56\t7.59\n",
    ...     "g_patent.tsv": "patent_id\tpatent_type\tpatent_date\n7\tutility\t2013-04-16\n",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in tables.items():
    ...         _ = Path(folder, name).write_text(text)
    ...     addresses = read_patentsview(folder)
    >>> addresses.select("record_id, lon, lat, economy, year, city").fetchall()
    [('7', 7.59, 47.56, 'CH', 2013, 'Basel')]
    """
    if year not in _YEARS:
        msg = f"Invalid year {show_value(year)}. Must be granted, filed or None."
        raise ValueError(msg)
    types_wanted = read_types(types)
    dates = _YEARS[year]
    wanted = [LOCATIONS, *([dates] if dates else []), INVENTORS]
    of_use = [ASSIGNEES, IPC, CPC, PATENTS]
    names = find_tables(open_files(source, endings=ENDINGS), source, wanted, of_use)
    tables = _Tables(AddressTable(connection, "patent", progress), types_wanted)
    order = (LOCATIONS, "g_application", PATENTS, ASSIGNEES, IPC, CPC, INVENTORS)
    for name in filter(names.get, order):
        for file in _open_again(source, names[name]):
            if name == LOCATIONS:
                tables.add_locations(file)
            elif name == INVENTORS:
                tables.add_inventors(file)
            elif name == ASSIGNEES:
                tables.add_assignees(file)
            elif name in _CLASSES:
                tables.add_classes(file, name)
            else:
                tables.add_patents(file, COLUMNS[name][1] if name == dates else None)
    return check_taken(tables.finish(), source)


def _open_again(source: Source, name: str) -> Iterator[SourceFile]:
    """Open the one file of that name."""
    return (file for file in open_files(source, endings=ENDINGS) if file.name == name)


class _Tables:
    """PatentsView's tables inside DuckDB, each with what is needed of it only."""

    def __init__(self, table: AddressTable, types: frozenset[str] | None) -> None:
        self._table = table
        self._types = types
        self._has_types = False
        self._inventors = ""
        self._told_by: list[str] = []
        location = "place INTEGER, location_id VARCHAR, lon DOUBLE, lat DOUBLE, economy VARCHAR, "
        location += "city VARCHAR, division VARCHAR, country VARCHAR, precision VARCHAR"
        patent = "patent_id VARCHAR, year BIGINT, year_text VARCHAR, type VARCHAR"
        for columns in (
            f"locations ({location})",
            f"patents ({patent}, is_withdrawn BOOLEAN)",
            "inventors (patent_id VARCHAR, place INTEGER, row BIGINT, cells UBIGINT)",
            "assignees (patent_id VARCHAR, organisation VARCHAR)",
            f"fields (patent_id VARCHAR, {IPC} BIGINT, {CPC} BIGINT)",
            "concordance (symbol VARCHAR, field BIGINT)",
        ):
            table.connection.execute(f"CREATE TEMP TABLE {table.name}_{columns}")
        bits = {symbol: 1 << _FIELDS.index(name) for symbol, name in read_concordance().items()}
        symbols = pa.table({"symbol": bits.keys(), "field": bits.values()})
        table.insert(symbols, f"INTO {table.name}_concordance SELECT symbol, field FROM block")

    def add_locations(self, file: SourceFile) -> None:
        """Take in the table of locations, which is small."""
        number = self._table.start_file(file.name)
        found: dict[str, Location] = {}
        row = 0
        for row, one in read_locations(file):
            if isinstance(one, Location):
                known = found.setdefault(one.location_id, one._replace(place=len(found)))
                if (known.lon, known.lat) != (one.lon, one.lat):
                    where = f"{show_value(one.location_id)} in {file.name}, row {row}"
                    msg = f"Invalid location_id {where}. Must stand for one place; found two."
                    raise InputError(msg)
            else:
                self._table.add_record(Record(problem=one, counts=False), number, row)
        self._table.end_file(file, number, row + 1)
        locations = pa.Table.from_pylist([location._asdict() for location in found.values()])
        if found:
            fields = ", ".join(Location._fields)
            self._table.insert(
                locations, f"INTO {self._table.name}_locations SELECT {fields} FROM block"
            )

    def add_patents(self, file: SourceFile, date: str | None) -> None:
        """Take in the table of patents or of applications: years, types or both."""
        if date or self._types is not None:
            self._told_by.append(Path(file.name).name)
        header = read_header(file)
        has_types = "patent_type" in header
        withdrawn = "withdrawn" if "withdrawn" in header else None
        columns = (date, "patent_type" if has_types else None, withdrawn)
        self._has_types |= has_types
        type_ = "nullif(lower(patent_type), '')" if has_types else "NULL"
        is_withdrawn = "lower(withdrawn) IN ('1', '1.0', 'true')" if withdrawn else "false"
        years, dated = ("year, year_text, ", f"({select_years(date)})") if date else ("", "block")
        for block in self._read_blocks(file, *filter(None, columns)):
            self._table.insert(
                block,
                f"INTO {self._table.name}_patents BY NAME SELECT patent_id, {years}"
                f"{type_} AS type, {is_withdrawn} AS is_withdrawn FROM {dated}",
            )

    def add_assignees(self, file: SourceFile) -> None:
        """Take in the names of the organisations that patents are assigned to."""
        organisation = clean_sql(COLUMNS[ASSIGNEES][1])
        for block in self._read_blocks(file, COLUMNS[ASSIGNEES][1]):
            self._table.insert(
                block,
                f"INTO {self._table.name}_assignees SELECT patent_id, {organisation} AS name "
                "FROM block WHERE name IS NOT NULL",
            )

    def add_classes(self, file: SourceFile, name: str) -> None:
        """Take in the technology fields of a table's classes."""
        concordance = f"{self._table.name}_concordance"
        subclass, group = _CLASSES[name]
        for block in self._read_blocks(file, *COLUMNS[name][1:]):
            self._table.insert(
                block,
                f"INTO {self._table.name}_fields BY NAME SELECT patent_id, "
                f"bit_or(coalesce(narrow.field, broad.field)) AS {name} FROM "
                f"(SELECT patent_id, upper({subclass}) AS subclass, ltrim({group}, '0 ') AS main "
                f"FROM block) LEFT JOIN {concordance} AS narrow "
                f"ON narrow.symbol = subclass || main LEFT JOIN {concordance} AS broad "
                "ON broad.symbol = subclass GROUP BY patent_id",
            )

    def add_inventors(self, file: SourceFile) -> None:
        """Take in the table of inventors, each with the number of the location."""
        self._inventors = file.name
        place = f"CASE WHEN location_id <> '' THEN coalesce(place, {_UNKNOWN}) END"
        for block in self._read_blocks(file, "location_id", "inventor_id"):
            self._table.insert(
                block,
                f"INTO {self._table.name}_inventors SELECT nullif(patent_id, ''), {place}, row, "
                "CASE WHEN patent_id <> '' AND inventor_id <> '' "
                "THEN hash(patent_id, inventor_id, location_id) END "
                f"FROM block LEFT JOIN {self._table.name}_locations USING (location_id)",
            )
        self._mark_repeats()

    def _mark_repeats(self) -> None:
        """Keep the first of an inventor's rows that are the same; the others become remarks."""
        name, repeats = self._table.name, f"{self._table.name}_repeats"
        self._table.connection.execute(
            f"CREATE TEMP TABLE {repeats} AS SELECT patent_id, row, min(row) OVER "
            f"(PARTITION BY patent_id, cells) AS first FROM {name}_inventors WHERE cells IN "
            f"(SELECT cells FROM {name}_inventors WHERE cells IS NOT NULL GROUP BY cells "
            "HAVING count(*) > 1) "
            "QUALIFY row > first"
        )
        self._table.connection.execute(
            f"DELETE FROM {name}_inventors WHERE row IN (SELECT row FROM {repeats})"
        )
        self._table.connection.execute(
            f"INSERT INTO {name} BY NAME SELECT patent_id AS record_id, 0 AS count, row, "
            f"{self._table.files.index(self._inventors)} AS file, "
            f"'repeated row: read before in row ' || first AS problem FROM {repeats}"
        )

    def finish(self) -> duckdb.DuckDBPyRelation:
        """Join the tables, when they are used."""
        other = "false"
        if self._types is not None:
            other = f"patents.type NOT IN ({', '.join(map(quote, sorted(self._types)))})"
            if not self._has_types:
                self._remark_no_types()
        if self._told_by:
            self._check_known()
        own = {
            "kind": "'patent'",
            "record_id": "inventors.patent_id",
            "year": "patents.year",
            "year_text": "CASE WHEN patents.year IS NULL THEN patents.year_text END",
            "count": f"CASE WHEN patents.is_withdrawn OR {other} THEN 0 ELSE 1 END",
            "address": "NULL",
            "field": "fields.field",
            "organisation": "assignees.organisation",
            "problem": "CASE WHEN inventors.patent_id IS NULL THEN 'broken record: no patent_id' "
            f"WHEN patents.is_withdrawn THEN '{LEFT_OUT}withdrawn' "
            f"WHEN {other} THEN '{LEFT_OUT}type ' || patents.type "
            f"WHEN inventors.place = {_UNKNOWN} THEN 'location not in {LOCATIONS}' END",
            "file": quote(self._inventors),
            "row": "inventors.row",
        }
        name = self._table.name
        inventors = self._table.connection.sql(
            f"SELECT {select_columns(own, 'locations')} FROM {name}_inventors AS inventors "
            f"LEFT JOIN {name}_locations AS locations ON locations.place = inventors.place "
            "LEFT JOIN (SELECT patent_id, min(year) AS year, min(year_text) AS year_text, "
            "min(type) AS type, bool_or(is_withdrawn) AS is_withdrawn "
            f"FROM {name}_patents GROUP BY patent_id) "
            "AS patents ON patents.patent_id = inventors.patent_id "
            f"LEFT JOIN (SELECT patent_id, {cells_sql('organisation')} AS organisation "
            f"FROM {name}_assignees GROUP BY patent_id) "
            "AS assignees ON assignees.patent_id = inventors.patent_id "
            f"LEFT JOIN (SELECT patent_id, {_list_fields('coalesce(ipc, cpc)')} AS field "
            f"FROM (SELECT patent_id, bit_or({IPC}) AS ipc, bit_or({CPC}) AS cpc "
            f"FROM {name}_fields GROUP BY patent_id)) "
            "AS fields ON fields.patent_id = inventors.patent_id"
        )
        return inventors.union(self._table.finish())

    def _check_known(self) -> None:
        """Hold the inventors' patents against the tables that tell types and years."""
        own, others = f"{self._table.name}_inventors", f"{self._table.name}_patents"
        told_by = " and ".join(self._told_by)
        many, first = self._table.connection.execute(
            f"SELECT count(*), min(patent_id) FROM (SELECT patent_id FROM {others} "
            "GROUP BY patent_id HAVING min(type) <> max(type) OR min(year) <> max(year))"
        ).fetchall()[0]
        if many:
            found = f"{many:,} with two, such as {show_value(first)}"
            msg = f"Invalid table {told_by}. Must tell one type and date of each patent; found "
            raise InputError(msg + f"{found}.")
        if told := check_known(self._table.connection, own, others, self._inventors, told_by):
            remark = Record(problem=told, counts=False)
            self._table.add_record(remark, self._table.files.index(self._inventors), 0)

    def _remark_no_types(self) -> None:
        """Say that patents of all types count, as no table tells their types."""
        remark = Record(problem=f"no patent_type in {PATENTS}: all types count", counts=False)
        self._table.add_record(remark, self._table.files.index(self._inventors), 0)

    def _read_blocks(self, file: SourceFile, *columns: str) -> Iterator[pa.Table]:
        """Read patent_id and other columns; a broken line of the inventors' table is an address."""
        number = self._table.start_file(file.name)
        is_address = "location_id" in columns

        def note(row: int, problem: str, text: str) -> None:
            patent = _PATENT.match(text) if is_address else None
            record_id = patent["id"] if patent else None
            record = Record(record_id, problem=f"broken record: {problem}", counts=is_address)
            self._table.add_record(record, number, row)

        last = 0
        for block in read_blocks(file, ["patent_id", *columns], note):
            yield write_whole(block, "patent_id")
            last = block["row"][-1].as_py() if len(block) else last
            self._table.tell(f"{file.name}: {last:,} lines")
        self._table.end_file(file, number, last + 1)


def _list_fields(bits: str) -> str:
    """Name the fields whose bits are set, in SQL."""
    fields = (
        f"CASE WHEN ({bits} >> {place}) % 2 = 1 THEN {quote(field)} END"
        for place, field in enumerate(_FIELDS)
    )
    return f"nullif(concat_ws({quote(SEVERAL_JOIN)}, {', '.join(fields)}), '')"
