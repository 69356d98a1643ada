"""OpenAlex's works, JSON lines or the site's CSV export -> addresses."""

# ruff: noqa: S608  # names of tables are made here, values are quoted

import csv
import json
import re
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final, Literal

import duckdb
import pyarrow as pa

from gii_geo.records.engine import quote
from gii_geo.records.sources.address_table import (
    AddressTable,
    Progress,
    Record,
    read_economy,
    read_types,
    read_year,
    select_columns,
)
from gii_geo.records.sources.archives import Source, SourceFile, open_files
from gii_geo.records.sources.lines import check_text, read_lines, read_rows
from gii_geo.tables import InputError

BATCH_CHARACTERS: Final = 16 * 2**20
"""How much JSON is handed to DuckDB at a time."""

_LINES: Final = 256
"""Lines of JSON that one of DuckDB's threads takes at a time."""

_ENDINGS: Final = (".gz", ".jsonl", ".ndjson", ".json", ".csv")
_ID: Final = re.compile(rb'"id"\s*:\s*"(?:https://openalex\.org/)?([A-Z])\d+"')
_NUMBER: Final = re.compile(r"[WI]\d+$")
_WORK: Final = {
    "id": "VARCHAR",
    "publication_year": "BIGINT",
    "type": "VARCHAR",
    "authorships": [
        {
            "institutions": [
                {"id": "VARCHAR", "display_name": "VARCHAR", "country_code": "VARCHAR"}
            ],
            "countries": ["VARCHAR"],
            "raw_affiliation_strings": ["VARCHAR"],
            "affiliations": [{"raw_affiliation_string": "VARCHAR", "institution_ids": ["VARCHAR"]}],
        }
    ],
}
"""What is needed of a work."""

_GEO: Final = ("city", "region", "country", "country_code")
_INSTITUTION: Final = {
    "id": "VARCHAR",
    "geo": dict.fromkeys(_GEO, "VARCHAR") | {"longitude": "DOUBLE", "latitude": "DOUBLE"},
}
"""What is needed of an institution."""

_PLACE: Final = """
    CASE WHEN len(a.institutions) > 0 THEN list_transform(a.institutions, lambda i: {
        institution: regexp_extract(i.id, 'I[0-9]+$'),
        economy: upper(i.country_code),
        address: coalesce(
            list_filter(a.affiliations, lambda f: list_contains(f.institution_ids, i.id))[1]
                .raw_affiliation_string,
            i.display_name)})
    ELSE list_transform(a.raw_affiliation_strings, lambda text: {
        institution: NULL::VARCHAR,
        economy: CASE WHEN len(a.countries) = 1 THEN upper(a.countries[1]) END,
        address: text}) END
"""
"""The addresses of one author, in SQL: one an institution, else one a text."""

_PARSED: Final = f"""
    WITH parsed AS (
        SELECT row, TRY(from_json(line, {quote(json.dumps(_WORK))})) AS work FROM block),
    told AS (
        SELECT row, work, nullif(regexp_extract(work.id, 'W[0-9]+$'), '') AS record_id FROM parsed),
    listed AS (
        SELECT row, record_id, work.publication_year AS year,
            coalesce(flatten(list_transform(work.authorships, lambda a: {_PLACE})), []) AS places
        FROM told WHERE record_id IS NULL OR TYPES),
    placed AS (
        SELECT *, unnest(CASE WHEN len(places) > 0 THEN places ELSE [NULL] END) AS place
        FROM listed)
    SELECT row, record_id, year, place.institution AS institution, place.economy AS economy,
        place.address AS address,
        CASE WHEN record_id IS NULL THEN 'broken record: no JSON of a work'
            WHEN place IS NULL THEN 'no affiliation' END AS problem FROM placed
"""
"""Lines of JSON -> addresses, in SQL; what is no JSON gives NULL."""

_EXPORT: Final = pa.schema(
    [("row", pa.int64()), ("record_id", pa.string()), ("year", pa.int64())]
    + [(name, pa.string()) for name in ("institution", "economy", "address", "problem")]
)
_Form = Literal["works", "institutions", "export"]


def read_openalex(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    types: Collection[str] | None = None,
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    r"""Read the authors' addresses from OpenAlex's works.

    The format is JSON lines, one work a line, as in the snapshot
    (``data/works/updated_date=*/part_*.gz``, https://docs.openalex.org/download-all-data), or the
    CSV that the site exports ("|" within cells).

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        Files of works and, for coordinates, of institutions (``data/institutions``); archives of
        them, or a folder such as the snapshot, as downloaded. Files are told apart by the ids in
        them; authors, sources and so on are overlooked.
    connection : duckdb.DuckDBPyConnection, optional
        Where the tables go; by default a new connection that lives as long as the relation.
    types : collection of str, optional
        The types of works that count, such as ``("article",)``; by default all types.
    progress : callable, optional
        Is told in a few words what is being read, and how many works are left out.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per author and institution: record_id is the number of the work
        (``W…``), economy the institution's; lon, lat (degrees, WGS 84), city, region, country and
        the precision "city" come from the institutions' file. Where an institution is not in it,
        address is the text of the affiliation, or the institution's name. An author without an
        institution has a row for each text. A work without any, a broken line and a work read
        before is a row with its problem.

    Raises
    ------
    InputError
        If there is no such file, none has works, or no work is of the `types`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> work = '''{"id": "https://openalex.org/W1", "publication_year": 2024, "authorships":
    ... [{"institutions": [{"id": "https://openalex.org/I2", "country_code": "CH"}]}]}'''
    >>> institution = '''{"id": "https://openalex.org/I2", "geo":
    ... {"city": "Basel", "country_code": "CH", "latitude": 47.56, "longitude": 7.59}}'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "works.jsonl").write_text(work.replace("\n", " "))
    ...     _ = Path(folder, "institutions.jsonl").write_text(institution.replace("\n", " "))
    ...     addresses = read_openalex(folder)
    >>> addresses.select("record_id, lon, lat, economy, year, city").fetchall()
    [('W1', 7.59, 47.56, 'CH', 2024, 'Basel')]
    """
    forms = {file.name: _tell_form(file) for file in open_files(source, endings=_ENDINGS)}
    if not {"works", "export"} & set(forms.values()):
        msg = f"Invalid source {source}. Must hold works of OpenAlex, as JSON lines or the CSV "
        raise InputError(msg + "export; found none.")
    works = _Works(AddressTable(connection, "publication", progress), read_types(types))
    add = {"institutions": works.add_institutions, "works": works.add_works}
    add["export"] = works.add_export
    # The institutions first: the text of an address is kept only where its place is not known.
    for form in (form for form in add if form in forms.values()):
        for file in open_files(source, endings=_ENDINGS):
            if forms[file.name] == form:
                add[form](file)
    return works.finish()


def _tell_form(file: SourceFile) -> _Form | None:
    """Tell works from institutions by their ids, and the export by its columns."""
    check_text(file)
    ids = [match[1] for match in _ID.finditer(file.head)]
    if b"W" in ids:
        return "works"
    if ids[:1] == [b"I"]:  # authors name institutions too, but not first
        return "institutions"
    return "export" if b"authorships.institutions." in file.head.split(b"\n", 1)[0] else None


class _Works:
    """The addresses of works inside DuckDB, and the institutions apart from them."""

    def __init__(self, table: AddressTable, types: frozenset[str] | None) -> None:
        self._table = table
        self._types = types
        self._kept = 0
        table.connection.execute(
            f"CREATE TEMP TABLE {table.name}_works (record_id VARCHAR, year BIGINT, "
            "institution VARCHAR, economy VARCHAR, address VARCHAR, problem VARCHAR, "
            "file BIGINT, row BIGINT)"
        )
        table.connection.execute(
            f"CREATE TEMP TABLE {table.name}_institutions (institution VARCHAR PRIMARY KEY, "
            "lon DOUBLE, lat DOUBLE, city VARCHAR, region VARCHAR, country VARCHAR, "
            "economy VARCHAR)"
        )

    def add_institutions(self, file: SourceFile) -> None:
        """Take in the positions of institutions."""
        number = self._table.start_file(file.name)
        read = 0
        for block in _read_json(file):
            read += len(block)
            self._insert(
                block,
                f"OR IGNORE INTO {self._table.name}_institutions SELECT "
                "regexp_extract(one.id, 'I[0-9]+$'), one.geo.longitude, one.geo.latitude, "
                "one.geo.city, one.geo.region, one.geo.country, upper(one.geo.country_code) FROM "
                f"(SELECT TRY(from_json(line, {quote(json.dumps(_INSTITUTION))})) AS one "
                "FROM block) WHERE one.id IS NOT NULL",
            )
        self._table.end_file(file, number, read + 1)

    def add_works(self, file: SourceFile) -> None:
        """Take in works from JSON lines."""
        number = self._table.start_file(file.name)
        types = "true"
        if self._types is not None:
            types = f"lower(work.type) IN ({', '.join(map(quote, sorted(self._types)))})"
        read = 0
        for block in _read_json(file):
            read += len(block)
            self._insert_works(block, _PARSED.replace("TYPES", types), number)
            self._table.tell(f"{file.name}: {read:,} works")
        kept = self._table.connection.execute(
            f"SELECT count(DISTINCT row) FROM {self._table.name}_works WHERE file = {number}"
        ).fetchall()[0][0]
        self._end_works(file, number, read, read - kept)

    def add_export(self, file: SourceFile) -> None:
        """Take in works from the CSV that the site exports."""
        number = self._table.start_file(file.name)
        rows: list[tuple[str | int | None, ...]] = []
        row = left_out = 0
        for row, work in enumerate(_read_export(file), start=1):
            if work is None:
                self._table.add_record(Record(problem="broken record: no row"), number, row)
            elif self._types is None or work["type"].lower() in self._types:
                rows.extend((row, *address) for address in _read_work(work))
            else:
                left_out += 1
        block = pa.Table.from_pylist(
            [dict(zip(_EXPORT.names, one, strict=True)) for one in rows], schema=_EXPORT
        )
        self._insert_works(block, "SELECT * FROM block", number)
        self._end_works(file, number, row, left_out)

    def finish(self) -> duckdb.DuckDBPyRelation:
        """Join the institutions to the works, when they are used."""
        if self._types is not None and not self._kept:
            msg = (
                f"Invalid types {', '.join(sorted(self._types))}. Must be types of the works read; "
            )
            raise InputError(msg + "found none of them.")
        self._table.mark_repeats(f"{self._table.name}_works")
        own = {
            "kind": "'publication'",
            "count": "1",
            "lon": "places.lon",
            "lat": "places.lat",
            "city": "places.city",
            "region": "places.region",
            "country": "coalesce(places.country, works.economy)",
            "economy": "coalesce(places.economy, works.economy)",
            "precision": "CASE WHEN places.lon IS NOT NULL THEN 'city' END",
            "file": "files.name",
        }
        works = self._table.connection.sql(
            f"SELECT {select_columns(own, 'works')} FROM {self._table.name}_works AS works "
            f"JOIN {self._table.name}_files AS files USING (file) "
            f"LEFT JOIN {self._table.name}_institutions AS places USING (institution)"
        )
        return works.union(self._table.finish())

    def _insert_works(self, block: pa.Table, addresses: str, number: int) -> None:
        """Add addresses; the text is dropped where the institution tells the place."""
        self._insert(
            block,
            f"INTO {self._table.name}_works BY NAME SELECT record_id, year, institution, "
            f"one.economy, CASE WHEN lon IS NULL THEN address END AS address, problem, "
            f"{number} AS file, row FROM ({addresses}) AS one "
            f"LEFT JOIN {self._table.name}_institutions USING (institution)",
        )

    def _insert(self, block: pa.Table, insert: str) -> None:
        """Run an insertion on a block."""
        view = f"{self._table.name}_block"
        self._table.connection.register(view, block)
        self._table.connection.execute(f"INSERT {insert.replace('FROM block', f'FROM {view}')}")
        self._table.connection.unregister(view)

    def _end_works(self, file: SourceFile, number: int, read: int, left_out: int) -> None:
        """Tell how many works of a file are left out."""
        self._table.end_file(file, number, read + 1)
        self._kept += read - left_out
        without = f", {left_out:,} of them of another type" if left_out else ""
        self._table.tell(f"{file.name}: {read:,} works{without}")


def _read_json(file: SourceFile) -> Iterator[pa.Table]:
    """Read lines of JSON with their numbers, as many at a time as memory allows."""
    taken: list[str] = []
    size = read = 0
    for line in chain((line for line in read_lines(file) if line.strip()), [None]):
        if line is not None:
            taken.append(line)
            size += len(line)
        if taken and (line is None or size >= BATCH_CHARACTERS):
            block = pa.table({"line": taken, "row": range(read + 1, read + len(taken) + 1)})
            yield pa.Table.from_batches(block.to_batches(max_chunksize=_LINES))
            read += len(taken)
            taken, size = [], 0


def _read_export(file: SourceFile) -> Iterator[dict[str, str] | None]:
    """Read the rows of the CSV export, None for what is no row."""
    lines = read_lines(file)
    header = next(csv.reader([next(lines, "")]))
    for cells in read_rows(lines, columns=len(header)):
        yield None if cells is None else dict(zip(header, cells, strict=True))


def _read_work(work: dict[str, str]) -> Iterator[tuple[str | int | None, ...]]:
    """Give the addresses of a row of the export: one an author and institution."""
    match = _NUMBER.search(work["id"])
    start = match[0] if match else None, read_year(work.get("publication_year"))
    if match is None:
        yield *start, None, None, None, "broken record: no id of a work"
        return
    ids = _split(work.get("authorships.institutions.id"))
    names = _split(work.get("authorships.institutions.display_name"))
    names = names if len(names) == len(ids) else [""] * len(ids)
    economies = _pair_economies(_split(work.get("authorships.countries")), ids)
    for id_, name, economy in zip(ids, names, economies, strict=True):
        number = _NUMBER.search(id_)
        if number or name:  # neither stands for an author without an institution
            yield *start, number[0] if number else None, economy, name or None, None
    if not any(ids):
        yield *start, None, None, None, "no affiliation"


def _split(cell: str | None) -> list[str]:
    """Split a cell at its bars."""
    return cell.split("|") if cell else []


def _pair_economies(countries: list[str], institutions: list[str]) -> list[str | None]:
    """Give institutions their economies, where it is plain which is whose.

    The export has all authors' institutions in one cell and all authors' countries in another:
    where both are empty at the same places, they go together.
    """
    if list(map(bool, countries)) == list(map(bool, institutions)):
        return [read_economy(country) for country in countries]
    known = set(filter(None, countries))
    return [read_economy(known.pop()) if len(known) == 1 else None] * len(institutions)
