"""A big tab-separated table -> some of its columns, block by block, with row numbers."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from gii_geo.paths import first_line
from gii_geo.records.csv_header import list_repeated
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.headers import is_header, refuse_repeated, split_names
from gii_geo.records.sources.lines import check_text
from gii_geo.tables import InputError

BLOCK_BYTES: Final = 8 * 2**20
"""How much of a table is read at a time; no line may be longer."""

Broken = Callable[[int, str, str], None]
"""Is told the number of a line that is no row, what is wrong with it, and its text."""


def read_header(file: SourceFile) -> list[str]:
    """Read the names of the columns without reading on.

    Parameters
    ----------
    file : SourceFile
        The table, not yet read.

    Returns
    -------
    list of str
        The names, without quotes.

    Raises
    ------
    InputError
        If the file is empty, no text or a web page.
    """
    check_text(file)
    lines = file.head.removeprefix(b"\xef\xbb\xbf").splitlines() or [b""]
    return [name.strip(' "') for name in lines[0].decode("utf-8", "replace").split("\t")]


def read_blocks(file: SourceFile, columns: list[str], broken: Broken) -> Iterator[pa.Table]:
    r"""Read some columns of a table, block by block.

    Quotes are taken off, but nothing else is made of them: one that is never closed cannot swallow
    the lines below.

    Parameters
    ----------
    file : SourceFile
        The table, not yet read.
    columns : list of str
        The columns wanted.
    broken : callable
        Is told of each line that has more or fewer cells than the header.

    Yields
    ------
    pyarrow.Table
        The columns as text, and `row`: the line, numbered from 1 below the header.

    Raises
    ------
    InputError
        If the file cannot be read as such a table.

    Examples
    --------
    >>> import io
    >>> text = b'"id"\t"city"\n"1"\tBasel\n2\n3\t"Bern\n'
    >>> file = SourceFile("a.tsv", io.BufferedReader(io.BytesIO(text)))
    >>> [block.to_pydict() for block in read_blocks(file, ["city"], print)]
    2 1 cells instead of 2 2
    [{'city': ['Basel', 'Bern'], 'row': [1, 3]}]
    """
    header = read_header(file)
    names = split_names("\t".join(header), delimiter="\t")
    lost: list[int] = []
    untold: list[pyarrow.csv.InvalidRow] = []
    read = 0

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        lost.append(row.number - 1)  # the header is not counted
        untold.append(row)
        return "skip"

    def tell() -> None:
        for row in untold:
            if not is_header(split_names(row.text, delimiter="\t"), names, file=file.name):
                problem = f"{row.actual_columns} cells instead of {row.expected_columns}"
                broken(row.number - 1, problem, row.text)
        untold.clear()

    for batch in _open_csv(file, columns, skip):
        tell()
        taken = np.arange(read, read + len(batch)) + 1
        read += len(batch)
        # Before which of the whole lines each lost one would stand.
        before = np.array(lost, dtype=np.int64) - np.arange(len(lost))
        row = taken + np.searchsorted(before, taken, side="right")
        block = pa.table([*map(_to_text, batch.columns), row], names=[*columns, "row"])
        yield _drop_headers(block, header, file.name)
    tell()


def write_whole(block: pa.Table, name: str) -> pa.Table:
    """Write ids that are whole numbers without the point that columns of floats give them.

    Parameters
    ----------
    block : pyarrow.Table
        From `read_blocks`.
    name : str
        The column of ids.

    Returns
    -------
    pyarrow.Table
        The same, but for these.

    Examples
    --------
    >>> write_whole(pa.table({"id": ["7.0", "007", "D7.0"]}), "id")["id"].to_pylist()
    ['7', '007', 'D7.0']
    """
    ids = block[name]
    if not pyarrow.compute.any(pyarrow.compute.ends_with(ids, ".0")).as_py():
        return block
    whole = pyarrow.compute.replace_substring_regex(ids, r"^([0-9]+)\.0+$", r"\1")
    return block.set_column(block.column_names.index(name), name, whole)


def _drop_headers(block: pa.Table, header: list[str], file: str) -> pa.Table:
    """Drop the rows that name the columns again, as in files that were joined to one."""
    *columns, _ = block.column_names
    perhaps = pyarrow.compute.is_in(block[columns[0]], value_set=pa.array(header, pa.string()))
    again = [
        place
        for place in np.flatnonzero(perhaps.to_numpy()).tolist()
        if is_header(
            [block[name][place].as_py() for name in columns], columns, file=file, among=header
        )
    ]
    return block.filter(pa.array(~np.isin(np.arange(len(block)), again))) if again else block


def _open_csv(
    file: SourceFile, columns: list[str], skip: Callable[[pyarrow.csv.InvalidRow], str]
) -> Iterator[pa.RecordBatch]:
    """Open a tab-separated table to be read in blocks of lines."""
    header = read_header(file)
    names = [f"{place}" for place in range(len(header))]
    refuse_repeated(columns, list_repeated(header), where=file.name)
    wanted = [names[header.index(column)] for column in columns]
    try:
        yield from pyarrow.csv.open_csv(
            file.stream,
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="\t", quote_char=False, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.binary())
            ),
        )
    except pa.ArrowInvalid as error:
        msg = f"Invalid file {file.name}. Must be a tab-separated table; {first_line(error)}."
        raise InputError(msg) from error


def _to_text(column: pa.Array) -> pa.Array:
    """Read bytes as UTF-8, and take off the quotes around them."""
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([value.decode("utf-8", "replace") for value in column.to_pylist()])
    return pyarrow.compute.utf8_trim(text, characters=' "\ufeff')
