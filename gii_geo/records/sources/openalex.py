"""OpenAlex's works, JSON or the site's CSV export -> addresses."""

# ruff: noqa: S608  # names of tables are made here, values are quoted

import json
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final, Literal

import duckdb
import pyarrow as pa

from gii_geo.records.csv_header import read_separator
from gii_geo.records.files import quote
from gii_geo.records.sources.address_table import (
    AddressTable,
    Progress,
    Record,
    select_columns,
    select_years,
)
from gii_geo.records.sources.archives import SourceFile, open_files
from gii_geo.records.sources.json_objects import decode_head, read_objects
from gii_geo.records.sources.left_out import Types, check_taken, name_source, read_types
from gii_geo.records.sources.lines import check_text
from gii_geo.records.sources.openalex_export import (
    NO_WORK,
    ExportedAddress,
    open_export,
    read_export,
)
from gii_geo.records.sources.openalex_json import NO_KEY, PARSED
from gii_geo.records.sources.peek import is_peeking
from gii_geo.records.sources.wanted import Source
from gii_geo.tables import InputError
from gii_geo.world import LEFT_OUT

BATCH_CHARACTERS: Final = 16 * 2**20
"""How much JSON is handed to DuckDB at a time."""

_LINES: Final = 256
"""Objects of JSON that one of DuckDB's threads takes at a time."""

ENDINGS: Final = (".gz", ".jsonl", ".ndjson", ".json", ".csv")
"""How the names of its files end, in folders and archives."""

_ID: Final = re.compile(r'"id"\s*:\s*"(?:https://openalex\.org/)?([A-Z])\d+"')
_WORKS: Final = "openalex.org/W"
_CUT: Final = "authors cut off after the first 100"
_GEO: Final = ("city", "region", "country", "country_code")
_INSTITUTION: Final = {
    "id": "VARCHAR",
    "geo": dict.fromkeys(_GEO, "VARCHAR") | {"longitude": "DOUBLE", "latitude": "DOUBLE"},
}
"""What is needed of an institution."""

_NEWEST: Final = f"""
    CASE WHEN problem = '{NO_KEY}' THEN NULL ELSE coalesce(updated, TIMESTAMP '-infinity') END
"""
"""How new a version of a work is, in SQL: one that says nothing of its authors comes last."""

_EXPORTED: Final = pa.schema(
    [
        *(("row", pa.int64()), ("record_id", pa.string()), ("date", pa.string())),
        *(("institution", pa.string()), ("countries", pa.list_(pa.string()))),
        *(("address", pa.string()), ("field", pa.string()), ("organisation", pa.string())),
        *(("economy", pa.string()), ("problem", pa.string())),
    ]
)

_CERTAIN: Final = """
    WITH listed AS (
        SELECT DISTINCT coalesce(institution, organisation) AS institution, countries, file, row
        FROM WORKS WHERE len(countries) > 0),
    counted AS (SELECT institution, count(*) AS works FROM listed GROUP BY institution),
    named AS (
        SELECT institution, economy, count(*) AS works
        FROM (SELECT institution, unnest(countries) AS economy FROM listed) GROUP BY ALL)
    SELECT institution, string_agg(economy, '|' ORDER BY economy) AS possible,
        list(economy) FILTER (named.works = counted.works) AS common,
        CASE WHEN len(common) = 1 THEN common[1] END AS economy
    FROM named JOIN counted USING (institution) GROUP BY institution
"""
"""Institutions of an export -> their economies, in SQL.

An export has all authors' institutions in one cell and all authors' countries in another, which is
whose it does not say. An institution lies in the one country that all its works have, else in one
of those that any of them has.
"""

_Form = Literal["works", "institutions", "export", "others"]


def read_openalex(
    source: Source,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    types: Types = ("article",),
    progress: Progress | None = None,
) -> duckdb.DuckDBPyRelation:
    r"""Read the authors' addresses from OpenAlex's works.

    The format is JSON, one work a line as in the snapshot
    (``data/works/updated_date=*/part_*.gz``, https://docs.openalex.org/download-all-data), saved
    pages of the interface or an array, or the CSV that the site exports ("|" within cells).

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        Files of works and, for coordinates, of institutions (``data/institutions``); archives of
        them, or a folder such as the snapshot, as downloaded. Files are told apart by the ids in
        them; authors, sources and so on are overlooked.
    connection : duckdb.DuckDBPyConnection, optional
        Where the tables go; by default a new connection that lives as long as the relation.
    types : collection of str or "all", default ("article",)
        The types of works that count: WIPO counts original research articles. A work that does not
        tell its type counts, one that was retracted never does.
    progress : callable, optional
        Is told in a few words what is being read, and how many works are left out.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The address table, one row per author and institution: record_id is the number of the work
        (``W…``), economy the institution's; lon, lat (degrees, WGS 84), city, division, country and
        the precision "city" come from the institutions' file. Where an institution is not in it,
        address is the text of the affiliation, or the institution's name (what stands in brackets
        at its end: Hitachi (Japan) is no town). An author without an
        institution has a row for each text. field is that of the work's primary topic (of the first
        topic, or the first concept of level 0, where it has none), organisation the institution's
        name. In the export an institution has an economy where it is certain: where one country
        stands on all its works, and a work without institutions has a row for each text; the field
        is there where the export has a topic's field. A work
        without addresses, one of another type, one that is there twice (the newest version counts,
        by its updated_date) and a broken line is a row with its problem.

    Raises
    ------
    InputError
        If there is no such file, none has works, an export lacks a column, the works of a file lack
        the key authorships, or no work counts.

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
    forms = {file.name: _tell_form(file) for file in open_files(source, endings=ENDINGS)}
    if not {"works", "export"} & set(forms.values()):
        named = name_source(source)
        msg = f"Invalid source {named}. Must hold works of OpenAlex, as JSON or the CSV export; "
        raise InputError(msg + "found none.")
    works = _Works(AddressTable(connection, "publication", progress), read_types(types))
    add: dict[_Form | None, Callable[[SourceFile], None]] = {
        "institutions": works.add_institutions,
        "works": works.add_works,
        "export": works.add_export,
        None: works.add_nothing,
    }
    # The institutions first: the text of an address is kept only where its place is not known.
    for form in (form for form in add if form in forms.values()):
        for file in open_files(source, endings=ENDINGS):
            if forms[file.name] == form:
                add[form](file)
    return check_taken(works.finish(), source)


def _tell_form(file: SourceFile) -> _Form | None:
    """Tell works from institutions and others by their ids, and the export by its columns."""
    check_text(file)
    head = decode_head(file)
    ids = [match[1] for match in _ID.finditer(head)]
    if "W" in ids or '"authorships":' in head:
        return "works"
    if ids:
        return "institutions" if ids[0] == "I" else "others"  # authors name institutions too
    first, _, rest = head.lstrip().partition("\n")
    if read_separator(first):
        first = rest.partition("\n")[0]
    is_export = first[:1] not in ("{", "[") and ("authorships" in first or _WORKS in head)
    return "export" if is_export else None


class _Works:
    """The addresses of works inside DuckDB, and the institutions apart from them."""

    def __init__(self, table: AddressTable, types: frozenset[str] | None) -> None:
        self._table = table
        self._types = types
        self._has_institutions = False
        table.connection.execute(
            f"CREATE TEMP TABLE {table.name}_works (record_id VARCHAR, year BIGINT, "
            "year_text VARCHAR, institution VARCHAR, economy VARCHAR, countries VARCHAR[], "
            "address VARCHAR, field VARCHAR, organisation VARCHAR, problem VARCHAR, "
            "updated TIMESTAMP, is_cut BOOLEAN, count BIGINT, file BIGINT, row BIGINT)"
        )
        table.connection.execute(
            f"CREATE TEMP TABLE {table.name}_institutions (institution VARCHAR PRIMARY KEY, "
            "lon DOUBLE, lat DOUBLE, city VARCHAR, division VARCHAR, country VARCHAR, "
            "economy VARCHAR)"
        )

    def add_nothing(self, file: SourceFile) -> None:
        """Remark on a file that is nothing of OpenAlex."""
        number = self._table.start_file(file.name)
        problem = f"{NO_WORK}: neither works nor institutions in the file"
        self._table.add_record(Record(problem=problem, counts=False), number, 1)

    def add_institutions(self, file: SourceFile) -> None:
        """Take in the positions of institutions."""
        self._has_institutions = True
        number = self._table.start_file(file.name)
        read = 0
        for block in _read_json(file):
            read += len(block)
            self._table.insert(
                block,
                f"OR IGNORE INTO {self._table.name}_institutions SELECT "
                "regexp_extract(one.id, 'I[0-9]+$'), one.geo.longitude, one.geo.latitude, "
                "one.geo.city, one.geo.region, one.geo.country, upper(one.geo.country_code) FROM "
                f"(SELECT TRY(from_json(line, {quote(json.dumps(_INSTITUTION))})) AS one "
                "FROM block) WHERE one.id IS NOT NULL",
            )
        self._table.end_file(file, number, read + 1)

    def add_works(self, file: SourceFile) -> None:
        """Take in works from JSON."""
        number = self._table.start_file(file.name)
        other = "false"
        if self._types is not None:
            other = f"type NOT IN ({', '.join(map(quote, sorted(self._types)))})"
        read = 0
        for block in _read_json(file):
            if read:  # what the last block brings is told at the end
                self._table.tell(f"{file.name}: {read:,} works")
            read += len(block)
            self._insert_works(block, PARSED.replace("OTHER", other), number)
        self._check_keys(file, number)
        self._end_works(file, number, read)

    def add_export(self, file: SourceFile) -> None:
        """Take in works from the CSV that the site exports."""
        number = self._table.start_file(file.name)
        export = open_export(file, placed=self._has_institutions)
        for remark in export.remarks:
            self._table.add_record(Record(problem=remark, counts=False), number, 0)
        addresses = list(read_export(export, self._types))
        columns = dict(zip(ExportedAddress._fields, zip(*addresses, strict=True), strict=False))
        block = pa.table({name: columns.get(name, ()) for name in _EXPORTED.names}, _EXPORTED)
        self._insert_works(block, select_years("date"), number)
        self._end_works(file, number, addresses[-1].row if addresses else 0)

    def finish(self) -> duckdb.DuckDBPyRelation:
        """Join the institutions to the works, when they are used."""
        self._table.mark_repeats(f"{self._table.name}_works", newest=_NEWEST)
        own = {
            "kind": "'publication'",
            "year_text": "works.year_text",
            "lon": "places.lon",
            "lat": "places.lat",
            "city": "places.city",
            "division": "places.division",
            "country": "coalesce(places.country, works.economy, certain.economy, possible, "
            "nullif(array_to_string(works.countries, '|'), ''))",
            "economy": "coalesce(places.economy, works.economy, certain.economy)",
            "precision": "CASE WHEN places.lon IS NOT NULL THEN 'city' END",
            "problem": "CASE WHEN places.lon IS NULL THEN works.problem END",
            "file": "files.name",
        }
        works = self._table.connection.sql(
            f"SELECT {select_columns(own, 'works')} FROM {self._table.name}_works AS works "
            f"JOIN {self._table.name}_files AS files USING (file) "
            f"LEFT JOIN {self._table.name}_institutions AS places "
            "ON places.institution = works.institution LEFT JOIN "
            f"({_CERTAIN.replace('WORKS', self._table.name + '_works')}) AS certain "
            "ON certain.institution = coalesce(works.institution, works.organisation)"
        )
        return works.union(self._table.finish())

    def _insert_works(self, block: pa.Table, addresses: str, number: int) -> None:
        """Add addresses; the text is dropped where the institution tells the place."""
        self._table.insert(
            block,
            f"INTO {self._table.name}_works BY NAME SELECT one.* REPLACE (CASE WHEN lon IS NULL "
            f"THEN one.address END AS address), {number} AS file, "
            f"CASE WHEN regexp_matches(problem, '^({LEFT_OUT}|{NO_WORK}|{NO_KEY})') "
            "THEN 0 ELSE 1 END AS count "
            f"FROM ({addresses}) AS one "
            f"LEFT JOIN {self._table.name}_institutions AS places USING (institution)",
        )

    def _check_keys(self, file: SourceFile, number: int) -> None:
        """Refuse a file of which no work says anything of its authors."""
        ((works, keyless),) = self._table.connection.execute(
            f"SELECT count(*), count(*) FILTER (problem = '{NO_KEY}') "
            f"FROM {self._table.name}_works WHERE file = {number} AND record_id IS NOT NULL"
        ).fetchall()
        if works and works == keyless and not is_peeking():
            msg = f"Invalid file {file.name}. Must have the key authorships in its works; found "
            raise InputError(msg + f"{works:,} without it.")

    def _end_works(self, file: SourceFile, number: int, read: int) -> None:
        """Tell how many works of a file are left out, and how many have not all their authors."""
        works = f"FROM {self._table.name}_works WHERE file = {number}"
        cut = self._table.connection.execute(
            f"SELECT DISTINCT record_id, row {works} AND is_cut AND problem IS NULL ORDER BY row"
        ).fetchall()
        for record_id, row in cut:
            self._table.add_record(Record(record_id, problem=_CUT, counts=False), number, row)
        self._table.end_file(file, number, read + 1)
        ((left_out,),) = self._table.connection.execute(
            f"SELECT count(*) {works} AND starts_with(problem, '{LEFT_OUT}')"
        ).fetchall()
        without = f", {left_out:,} of them left out" if left_out else ""
        self._table.tell(f"{file.name}: {read:,} works{without}")


def _read_json(file: SourceFile) -> Iterator[pa.Table]:
    """Read the objects of JSON with their numbers, as many at a time as memory allows."""
    taken: list[str] = []
    size = read = 0
    for text in chain(read_objects(file), [None]):
        if text is not None:
            taken.append(text)
            size += len(text)
        if taken and (text is None or size >= BATCH_CHARACTERS):
            block = pa.table({"line": taken, "row": range(read + 1, read + len(taken) + 1)})
            yield pa.Table.from_batches(block.to_batches(max_chunksize=_LINES))
            read += len(taken)
            taken, size = [], 0
