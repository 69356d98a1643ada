"""Text tables -> relations of DuckDB: plain ones read by it, odd ones row by row into a copy."""

# ruff: noqa: S608  # names of tables are made here, values are quoted

import contextlib
import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.records.csv_bytes import read_lines, refuse_other_letters, survey_bytes
from gii_geo.records.csv_header import Header, is_open, is_rule, read_header, split_rows
from gii_geo.records.csv_quotes import holds_rows
from gii_geo.records.files import check_width, escape_pattern, quote
from gii_geo.records.packed import find_packing, unpack
from gii_geo.tables import InputError

MISSING_TEXTS: Final = ("", "N/A", "NULL", "null", "None")
"""Cells that say nothing in any column; NA is an economy, too."""

_ROWS_AT_ONCE: Final = 50_000
MOST_ROW_BYTES: Final = 2_000_000
"""What DuckDB takes for one row of a text table."""

_FEW: Final = 10
"""Lines that are no rows before a table that has some rows is refused for them."""


@dataclass(frozen=True)
class TextTable:
    """A text table and what of it is no row.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    header : Header
        Its names.
    relation : duckdb.DuckDBPyRelation
        Its cells, all of them text, and `__row`.
    notes : tuple of str
        Sentences for the summary.
    """

    path: Path
    header: Header
    relation: duckdb.DuckDBPyRelation
    connection: duckdb.DuckDBPyConnection
    notes: tuple[str, ...] = ()
    _lost: pd.DataFrame | None = None
    _rejects: str = ""
    _scan: str = field(default="", repr=False)

    def list_lost(self) -> pd.DataFrame:
        """List the lines that are no row, as far as the table was read.

        Returns
        -------
        pandas.DataFrame
            Columns row (1-based, the header not counted) and reason.

        Raises
        ------
        InputError
            If a quotation mark that is never closed swallowed the lines behind it, or most lines
            are no rows.
        """
        if self._lost is not None:
            return self._lost
        found = self.connection.sql(
            "SELECT line - 1 AS row, lower(min(error_type)) AS error, "
            "min(left(trim(csv_line, chr(10) || chr(13)), 10000)) AS text "
            f"FROM {self._rejects} GROUP BY line ORDER BY line"
        ).df()
        delimiter, width = self.header.delimiter, len(self.header.names)
        reasons = []
        for line in found.itertuples():
            stays_open = any(word in str(line.error) for word in ("unquoted", "maximum"))
            swallows = '"' in str(line.text) and swallows_lines(str(line.text), delimiter=delimiter)
            if "maximum" in str(line.error) and not swallows:
                raise _too_long(self.path, int(line.row))
            if stays_open and swallows:
                raise _never_closed(self.path, int(line.row))
            rows = list(split_rows(str(line.text).splitlines(), delimiter=delimiter, width=width))
            reasons.append(_tell_lost(rows[0].cells if rows else None, width))
        lost: pd.DataFrame = found[["row"]].assign(reason=reasons)
        if len(lost):
            sound = self.connection.sql(f"SELECT count(*) FROM {self._scan}").fetchall()[0][0]
            _check_most(self.path, lost, sound, width)
        return lost


def open_text_table(
    connection: duckdb.DuckDBPyConnection, path: Path, *, spill: Path, number: int
) -> TextTable:
    """Open a text table; all columns are text, so that no number is guessed into another.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the relation lives.
    path : pathlib.Path
        The file, which may be packed.
    spill : pathlib.Path
        Folder for the copy of an odd one.
    number : int
        A number that no other table of the connection has.

    Returns
    -------
    TextTable
        The table.

    Raises
    ------
    InputError
        If it is no table, or most of its rows do not fit its header.
    """
    header = read_header(path)
    check_width(path, len(header.names))
    survey = survey_bytes(path, blank=header.delimiter * (len(header.names) - 1))
    notes: tuple[str, ...] = ()
    if header.encoding == "utf-8" and not survey.is_utf_8:
        refuse_other_letters(path)
        notes = (f"{path.name}: lines that are no UTF-8 are read as Windows-1252",)
    if header.is_plain and header.encoding == "utf-8" and survey.is_plain:
        rejects = f"unreadable_{number}"
        scanned, packing = path, find_packing(path)
        if packing not in (None, "gzip"):  # DuckDB unpacks no other
            scanned = spill / f"unpacked_{number}.csv"
            unpack(path, scanned)
        packed = packing == "gzip"
        read = _scan_sql(scanned, header, packed=packed, rejects=rejects)
        relation = connection.sql(f"SELECT *, row_number() OVER () AS __row FROM {read}")
        again = _scan_sql(scanned, header, packed=packed)
        with contextlib.suppress(duckdb.Error):  # a shape that DuckDB cannot read, but Python can
            relation.select("1").limit(1).fetchall()
            if survey.has_ends_within:
                _refuse_swallowed(connection, again, path, header)
            return TextTable(path, header, relation, connection, notes, None, rejects, again)
    copy = spill / f"rows_{number}.parquet"
    lost = _write_rows(path, header, copy)
    relation = connection.sql(f"FROM read_parquet({quote(escape_pattern(copy))})")
    return TextTable(path, header, relation, connection, notes, lost)


def _refuse_swallowed(
    connection: duckdb.DuckDBPyConnection, scan: str, path: Path, header: Header
) -> None:
    """Refuse a table with whole rows in a cell, between two quotation marks that are no pair."""
    names = [quote(name, '"') for name in header.names]
    several = " OR ".join(f"contains({name}, chr(10))" for name in names)
    rows = f"SELECT {', '.join(names)}, row_number() OVER () AS __row FROM {scan}"
    found = connection.execute(f"FROM ({rows}) WHERE {several}")
    while some := found.fetchmany(_ROWS_AT_ONCE):
        for *cells, row in some:
            if holds_rows(cells, delimiter=header.delimiter):
                raise _never_closed(path, row)


def swallows_lines(text: str, *, delimiter: str) -> bool:
    """Tell whether what was reported as one unreadable line stands for more than one.

    A quotation mark that is never closed takes all lines behind it with it; the line that is then
    reported holds them, or is a sound one before them.

    Parameters
    ----------
    text : str
        The line, or the first part of it.
    delimiter : str
        What stands between two cells.

    Returns
    -------
    bool
        False for a line that is itself at fault, such as ``"a"b,1,2``.

    Examples
    --------
    >>> swallows_lines('"a"b,1,2', delimiter=","), swallows_lines("a,1,2", delimiter=",")
    (False, True)
    """
    if len(text.splitlines()) > 1:
        return True
    try:
        list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _scan_sql(path: Path, header: Header, *, packed: bool, rejects: str = "") -> str:
    """Write how DuckDB reads a plain table."""
    columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in header.names)
    missing = ", ".join(quote(text) for text in MISSING_TEXTS)
    kept = (
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan'"
        if rejects
        else "ignore_errors = true"
    )
    compression = ", compression = 'gzip'" if packed else ""
    return (
        f"read_csv({quote(escape_pattern(path))}, auto_detect = false, header = true, "
        f"columns = {{{columns}}}, nullstr = [{missing}], delim = {quote(header.delimiter)}, "
        f"quote = '\"', escape = '\"', hive_partitioning = false, {kept}{compression})"
    )


def _write_rows(path: Path, header: Header, copy: Path) -> pd.DataFrame:
    """Write the rows of an odd table into a copy; give the lines that are none."""
    width = len(header.names)
    lines = itertools.islice(read_lines(path, header.encoding), header.before, None)
    rows = split_rows(lines, delimiter=header.delimiter, width=width)
    next(rows, None)  # the names
    schema = pa.schema([*((name, pa.string()) for name in header.names), ("__row", pa.int64())])
    lost: dict[str, list[object]] = {"row": [], "reason": []}
    sound = 0

    def read() -> Iterator[list[str | int | None]]:
        nonlocal sound
        empty = 0
        for number, row in enumerate(rows, start=1):
            cells = _fit(row.cells, width, header.least)
            if row.cells is None and is_open(row.lines, header.delimiter):
                raise _never_closed(path, number)
            told = _tell_no_row(cells, header.names) if cells else _tell_lost(row.cells, width)
            if cells is None or told:
                lost["row"].append(number)
                lost["reason"].append(told)
            elif not any(map(str.strip, cells)) or (number == 1 and is_rule(cells)):
                empty += 1  # a row of delimiters only says nothing, nor does a line drawn
            else:
                sound += 1
                missing = (None if cell in MISSING_TEXTS else cell for cell in cells)
                yield [*missing, number - len(lost["row"])]

    waiting = read()
    with pq.ParquetWriter(copy, schema) as writer:
        while batch := list(itertools.islice(waiting, _ROWS_AT_ONCE)):
            columns = zip(*batch, strict=True)
            arrays = [pa.array(*pair) for pair in zip(columns, schema.types, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
    table = pd.DataFrame(lost).astype({"row": "int64", "reason": "str"})
    _check_most(path, table, sound, width)
    return table


def _fit(cells: list[str] | None, width: int, least: int) -> list[str] | None:
    """Give a row as many cells as there are names, if only empty ones are too many or lacking."""
    if cells is None or len(cells) == width:
        return cells
    if any(map(str.strip, cells[width:])) or len(cells) < least:
        return None
    return [*cells[:width], *[""] * (width - len(cells))]


def _tell_lost(cells: list[str] | None, width: int) -> str:
    """Say why a line is no row."""
    if cells is None:
        return "unreadable line: a quotation mark out of place"
    many = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return f"unreadable line: {many}, must be {width}"


def _tell_no_row(cells: list[str], names: list[str]) -> str | None:
    """Say why a line with a cell for each name is no row, if it is none."""
    first, *others = map(str.strip, cells)
    if first.startswith("#") and not any(others):
        return "unreadable line: a remark"
    if [cell.strip() for cell in cells] == names:
        return "unreadable line: the names of the columns again"
    return None


def _check_most(path: Path, lost: pd.DataFrame, sound: int, width: int) -> None:
    """Refuse a table most of whose lines are no rows; name the first."""
    if lost.empty or (sound and (len(lost) < _FEW or len(lost) <= sound)):
        return
    first = lost.iloc[0]
    found = str(first["reason"]).removeprefix("unreadable line: ").split(", must")[0]
    msg = (
        f"Invalid file {path}, row {first['row']}. Must have {width} cells, one for each column "
        f"that its header names; found {found} (and so in {len(lost):,} of {len(lost) + sound:,} "
        "rows)."
    )
    raise InputError(msg)


def _never_closed(path: Path, row: int) -> InputError:
    """Say where a quotation mark stays open."""
    return InputError(
        f"Invalid file {path} from about row {row} on. Must close every quotation mark that it "
        "opens."
    )


def _too_long(path: Path, row: int) -> InputError:
    """Say where a line is longer than any row."""
    return InputError(
        f"Invalid file {path}, about row {row}. Must have rows of at most {MOST_ROW_BYTES:,} bytes."
    )
