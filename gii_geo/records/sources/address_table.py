"""Records, read one after the other -> the address table, inside DuckDB."""

# ruff: noqa: S608  # names of tables are made here, values are quoted

import uuid
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa

from gii_geo.progress import tell_nobody
from gii_geo.records.files import quote
from gii_geo.records.limits import DEFAULT_MEMORY, Limits
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.values import text_sql, year_sql
from gii_geo.world import LEFT_OUT

Progress = Callable[[str], None]
"""Is told in a few words what is being read."""

COLUMNS: Final = {
    "kind": "VARCHAR",
    "record_id": "VARCHAR",
    "lon": "DOUBLE",
    "lat": "DOUBLE",
    "economy": "VARCHAR",
    "year": "BIGINT",
    "year_text": "VARCHAR",
    "count": "BIGINT",
    "city": "VARCHAR",
    "division": "VARCHAR",
    "country": "VARCHAR",
    "address": "VARCHAR",
    "precision": "VARCHAR",
    "field": "VARCHAR",
    "organisation": "VARCHAR",
    "problem": "VARCHAR",
    "file": "VARCHAR",
    "row": "BIGINT",
}
"""The address table that every reader of a supplier's files gives, in this order; year_text is what
stands where a year is expected and none can be read."""

BATCH_ROWS: Final = 50_000
"""Rows held in Python before they go to DuckDB."""


class AddressParts(NamedTuple):
    """Where one address is and whose, as far as the supplier says."""

    economy: str | None = None
    city: str | None = None
    division: str | None = None
    country: str | None = None
    address: str | None = None
    organisation: str | None = None


class Record(NamedTuple):
    """One record: its addresses, or the problem why it has none.

    The year may be a text that says it, such as a date, and is read as a cell of a table is.
    A problem that does not count is no record of what is asked for: a remark on the file, or a
    record that is left out.
    """

    record_id: str | None = None
    year: int | str | None = None
    places: tuple[AddressParts, ...] = ()
    problem: str | None = None
    counts: bool = True
    field: str | None = None


_ROW: Final = {
    "record_id": pa.string(),
    "date": pa.string(),
    "count": pa.int64(),
    **{name: pa.string() for name in AddressParts._fields},
    "field": pa.string(),
    "problem": pa.string(),
    "file": pa.int64(),
    "row": pa.int64(),
}
"""A row as it goes to DuckDB, its file by number."""

_NOT_HELD: Final = ("kind", "lon", "lat", "precision")
"""Columns of the address table that are the same on all rows, or missing."""


class AddressTable:
    """Addresses gathered file by file in a table of a DuckDB connection.

    DuckDB holds the table in memory up to its limit and on disk beyond.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection, optional
        Where the table goes; by default a new connection that lives as long as the relation.
    kind : str
        Kind of all records.
    progress : callable, optional
        Is told each file's name and how many records it has.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection | None, kind: str, progress: Progress | None
    ) -> None:
        self.connection = connect() if connection is None else connection
        self.kind = kind
        self.tell = progress or tell_nobody
        self.name = f"gii_geo_{uuid.uuid4().hex}"
        self.files: list[str] = []
        self._waiting: list[tuple[str | int | None, ...]] = []
        types = COLUMNS | {"file": "BIGINT"}
        held = (name for name in types if name not in _NOT_HELD)
        columns = ", ".join(f'"{name}" {types[name]}' for name in held)
        self.connection.execute(f"CREATE TEMP TABLE {self.name} ({columns})")
        self.connection.execute(f"CREATE TEMP TABLE {self.name}_files (file BIGINT, name VARCHAR)")

    def start_file(self, name: str) -> int:
        """Take note of a file.

        Parameters
        ----------
        name : str
            Its name, as its rows give it.

        Returns
        -------
        int
            Its number.
        """
        self.tell(f"reading {name}")
        number = len(self.files)
        self.files.append(name)
        self.connection.execute(f"INSERT INTO {self.name}_files VALUES (?, ?)", [number, name])
        return number

    def insert(self, block: pa.Table, insertion: str) -> None:
        """Run an insertion on a block.

        Parameters
        ----------
        block : pyarrow.Table
            The block.
        insertion : str
            SQL behind INSERT, which calls the block "block".
        """
        view = f"{self.name}_block"
        self.connection.register(view, block)
        self.connection.execute(f"INSERT {insertion.replace('FROM block', f'FROM {view}')}")
        self.connection.unregister(view)

    def add_file(self, file: SourceFile, records: Iterable[Record]) -> None:
        """Add the records of a file, numbered from 1.

        Parameters
        ----------
        file : SourceFile
            The file they come from.
        records : iterable of Record
            The records.
        """
        number = self.start_file(file.name)
        row = left_out = 0
        for row, record in enumerate(records, start=1):
            if row > 1 and row % BATCH_ROWS == 1:  # the last rows are told at the end
                self.tell(f"{file.name}: {row - 1:,} records")
            left_out += (record.problem or "").startswith(LEFT_OUT)
            self.add_record(record, number, row)
        self.end_file(file, number, row + 1)
        without = f", {left_out:,} of them left out" if left_out else ""
        self.tell(f"{file.name}: {row:,} records{without}")

    def end_file(self, file: SourceFile, number: int, row: int) -> None:
        """Remark on a file that ended where it should not.

        Parameters
        ----------
        file : SourceFile
            The file, read to its end.
        number : int
            Its number.
        row : int
            The record that would come next.
        """
        if file.broken:
            remark = Record(problem=f"broken file: {file.broken}", counts=False)
            self.add_record(remark, number, row)
        self.flush()

    def add_record(self, record: Record, file: int, row: int) -> None:
        """Add a row for each address of a record, or one for its problem.

        Parameters
        ----------
        record : Record
            The record.
        file : int
            Number of its file.
        row : int
            Its number within the file, from 1.
        """
        date = None if record.year is None else str(record.year)
        start = (record.record_id, date, int(record.counts))
        end = (record.field, record.problem, file, row)
        self._waiting.extend((*start, *place, *end) for place in record.places or (AddressParts(),))
        if len(self._waiting) >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand the rows that wait to DuckDB."""
        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [pa.array(*pair) for pair in zip(columns, _ROW.values(), strict=True)]
            block = pa.table(arrays, names=list(_ROW))
            self.insert(block, f"INTO {self.name} BY NAME {select_years('date')}")
            self._waiting.clear()

    def mark_repeats(self, name: str | None = None, *, newest: str = "NULL::TIMESTAMP") -> None:
        """Keep the newest of a record's appearances, else the first; the others become remarks.

        A remark has the year of the appearance that stays, for a record is of its earliest year.

        Parameters
        ----------
        name : str, optional
            Another table whose rows have record_id, year, file and row; by default this one.
        newest : str, default "NULL::TIMESTAMP"
            The moment that says how new an appearance of that table is, in SQL.
        """
        self.flush()
        name = name or self.name
        repeats = f"{self.name}_repeats"
        self.connection.execute(
            f"CREATE TEMP TABLE {repeats} AS WITH seen AS (SELECT record_id, file, row, "
            f"min(rowid) AS place, first(year) AS year, max({newest}) AS newest FROM {name} "
            "WHERE record_id IS NOT NULL GROUP BY record_id, file, row), "
            "twice AS (SELECT record_id FROM seen GROUP BY record_id HAVING count(*) > 1) "
            "SELECT * EXCLUDE year, first_value(file) OVER same AS first_file, "
            "first_value(row) OVER same AS first_row, first_value(year) OVER same AS year, "
            "first_value(newest) OVER same AS first_newest "
            "FROM seen SEMI JOIN twice USING (record_id) "
            "WINDOW same AS (PARTITION BY record_id ORDER BY newest DESC NULLS LAST, place) "
            "QUALIFY row_number() OVER same > 1"
        )
        self.connection.execute(
            f"DELETE FROM {name} USING {repeats} AS repeats "
            f"WHERE {name}.file = repeats.file AND {name}.row = repeats.row"
        )
        self.connection.execute(
            f"INSERT INTO {self.name} BY NAME SELECT record_id, year, 0 AS count, "
            "'repeated record: ' || CASE WHEN first_newest > newest AND isfinite(newest) "
            "THEN 'newer' ELSE 'read before' END || ' in ' || name || ', record ' || first_row "
            "AS problem, "
            f"repeats.file, row FROM {repeats} AS repeats "
            f"JOIN {self.name}_files AS files ON files.file = first_file"
        )
        self.connection.execute(f"DROP TABLE {repeats}")

    def finish(self) -> duckdb.DuckDBPyRelation:
        """Give the address table.

        Returns
        -------
        duckdb.DuckDBPyRelation
            The columns of `COLUMNS`.
        """
        self.flush()
        own = {"kind": quote(self.kind), "file": "files.name"}
        own |= {"lon": "NULL", "lat": "NULL", "precision": "NULL"}
        own |= {"year_text": "addresses.year_text"}
        return self.connection.sql(
            f"SELECT {select_columns(own, 'addresses')} FROM {self.name} AS addresses "
            f"JOIN {self.name}_files AS files USING (file)"
        )


def connect() -> duckdb.DuckDBPyConnection:
    """Open a DuckDB of one's own, with a memory limit and a place to spill that goes with it.

    Returns
    -------
    duckdb.DuckDBPyConnection
        The connection.
    """
    spill = Limits().folder / f"gii-geo-{uuid.uuid4().hex}"
    connection = duckdb.connect(
        config={"memory_limit": DEFAULT_MEMORY, "temp_directory": str(spill)}
    )
    connection.execute("SET enable_progress_bar = false")
    return connection


def select_columns(own: dict[str, str], table: str) -> str:
    r"""Write the columns of the address table in SQL.

    Parameters
    ----------
    own : dict of str to str
        Columns that an expression gives; year_text is missing if none does.
    table : str
        The table that the others are in.

    Returns
    -------
    str
        What comes after SELECT.

    Examples
    --------
    >>> select_columns({"kind": "'deal'"}, "deals")
    'CAST(\'deal\' AS VARCHAR) AS "kind", CAST(deals."record_id" AS VARCHAR) AS "record_id", ...'
    """
    given = {name: f'{table}."{name}"' for name in COLUMNS} | {"year_text": "NULL"} | own
    return ", ".join(
        f'CAST({given[name]} AS {type_}) AS "{name}"' for name, type_ in COLUMNS.items()
    )


def select_years(date: str) -> str:
    """Read the years of a block in SQL, as a cell of a table is read.

    Parameters
    ----------
    date : str
        The column of the block that says them.

    Returns
    -------
    str
        What selects the block's columns, year and year_text in the place of that one.

    Examples
    --------
    >>> block = pa.table({"id": [1, 2, 3], "date": ["20130416", "2018; 2019", " "]})
    >>> duckdb.sql(select_years("date")).fetchall()
    [(1, 2013, None), (2, None, '2018; 2019'), (3, None, None)]
    """
    year, text = year_sql(date, "VARCHAR")
    return (
        f"SELECT * EXCLUDE {date}, {year} AS year, CASE WHEN year IS NULL THEN {text} END "
        f"AS year_text FROM (SELECT * REPLACE ({text_sql(date)} AS {date}) FROM block)"
    )


def read_economy(code: str | None) -> str | None:
    """Read a two-letter country code, as the supplier writes it.

    Parameters
    ----------
    code : str or None
        The text of a country.

    Returns
    -------
    str or None
        Two capital letters, None for anything else. Whether an economy of today has the code is
        told where all addresses come in (`economy_codes.read_economy_codes`), so that one that has
        none is noted.

    Examples
    --------
    >>> [read_economy(code) for code in ("ch", "USA", "YU", None)]
    ['CH', None, 'YU', None]
    """
    code = (code or "").strip().upper()
    return code if len(code) == len("CH") and code.isascii() and code.isalpha() else None
