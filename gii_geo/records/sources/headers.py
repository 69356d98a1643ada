"""The names of a table's columns, and where they stand again in files that were joined to one."""

import csv
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from gii_geo.paths import first_line
from gii_geo.records.csv_header import read_separator
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.lines import read_lines, read_rows
from gii_geo.tables import InputError

_OVERLOOKED: Final = (" ", '"', "\ufeff")
"""What makes no difference between the names of two columns."""


class Sheet(NamedTuple):
    """A table of comma-separated values, its header read.

    Attributes
    ----------
    names : list of str
        The names of the columns, in small letters.
    rows : iterator of list of str or str
        From `lines.read_rows`.
    """

    names: list[str]
    rows: Iterator[list[str] | str]


def open_sheet(file: SourceFile) -> Sheet:
    r"""Open a table of comma-separated values, whatever parts its cells.

    That is what the first line tells Excel (``sep=;``), else the comma, semicolon or tab that
    stands most often in the header.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Returns
    -------
    Sheet
        The names and the rows below, which are read as they are asked for.

    Raises
    ------
    InputError
        If it is no text, or a name is longer than the reader's limit of a cell.

    Examples
    --------
    >>> import io
    >>> text = b'sep=;\nId;"Name, first"\n1;A\nId;"Name, first"\n2;B\n'
    >>> sheet = open_sheet(SourceFile("a.csv", io.BufferedReader(io.BytesIO(text))))
    >>> sheet.names, list(sheet.rows)
    (['id', 'name, first'], [['1', 'A'], ['2', 'B']])
    """
    return read_sheet(read_lines(file), file=file.name)


def read_sheet(lines: Iterator[str], *, file: str) -> Sheet:
    """Open a table of comma-separated values whose lines are being read, as `open_sheet` does.

    Parameters
    ----------
    lines : iterator of str
        Its lines from the header on.
    file : str
        What the message calls the file.

    Returns
    -------
    Sheet
        The names and the rows below, which are read as they are asked for.

    Raises
    ------
    InputError
        As `open_sheet`.

    Examples
    --------
    >>> read_sheet(iter(["ID,Name", "1,A"]), file="a.csv").names
    ['id', 'name']
    """
    header = next(lines, "")
    if told := read_separator(header):
        header = next(lines, "")
    delimiter = told or max(",;\t", key=header.count)
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [""])
    except csv.Error as error:
        msg = f"Invalid header of {file}. Must be names of columns; {first_line(error)}."
        raise InputError(msg) from error
    names = [cell.strip().lower() for cell in cells]
    below = skip_headers(lines, header, delimiter=delimiter, file=file)
    return Sheet(names, read_rows(below, columns=len(names), delimiter=delimiter))


def skip_headers(lines: Iterable[str], header: str, *, delimiter: str, file: str) -> Iterator[str]:
    r"""Make a blank line of each that names the columns again, as in files that were joined.

    Parameters
    ----------
    lines : iterable of str
        The lines below the header.
    header : str
        The line that names the columns.
    delimiter : str
        What parts the cells.
    file : str
        What the message calls the file.

    Yields
    ------
    str
        As many lines. Where no line end stood before a header, what stands there is left.

    Raises
    ------
    InputError
        If a line names the columns in another order, or others.

    Examples
    --------
    >>> list(skip_headers(["1,A", "id,name", "2,B"], "id,name", delimiter=",", file="a.csv"))
    ['1,A', '', '2,B']
    """
    names = split_names(header, delimiter=delimiter)
    known = frozenset(filter(None, names))
    for line in lines:
        if line.endswith(header):
            yield line.removesuffix(header).removesuffix("\ufeff")
            continue
        cells = split_names(line, delimiter=delimiter)
        is_row = known.isdisjoint(cells) or not is_header(cells, names, file=file)
        yield line if is_row and not read_separator(line) else ""


def is_header(
    cells: list[str], names: list[str], *, file: str, among: Collection[str] | None = None
) -> bool:
    """Tell whether a row names the columns again.

    Parameters
    ----------
    cells : list of str
        The row.
    names : list of str
        What the columns of these cells are called.
    file : str
        What the message calls the file.
    among : collection of str, optional
        The names of all columns, if these are some of them.

    Returns
    -------
    bool
        True for a row of the same names.

    Raises
    ------
    InputError
        If most of its cells are names of columns, but not these.

    Examples
    --------
    >>> is_header(["id", "name"], ["id", "name"], file="a.csv")
    True
    >>> is_header(["1", "name"], ["id", "name"], file="a.csv")
    False
    """
    if cells == names:
        return True
    known = set(among or names) - {""}
    named = sum(cell in known for cell in cells)
    if named > 1 and 2 * named > min(len(cells), len(names)):
        msg = f"Invalid file {file}. Must have one header; found another behind it: files that "
        raise InputError(msg + "differ in their columns must not be joined to one.")
    return False


def refuse_repeated(columns: Iterable[str], repeated: Collection[str], *, where: object) -> None:
    """Refuse a table that has a column twice which is read.

    Parameters
    ----------
    columns : iterable of str
        The columns that are read.
    repeated : collection of str
        Those that are there more than once.
    where : object
        What the message calls the table.

    Raises
    ------
    InputError
        If one is; the message names the first.

    Examples
    --------
    >>> refuse_repeated(["id"], ["note"], where="a.csv")
    """
    for column in columns:
        if column in repeated:
            msg = (
                f"Invalid columns of {where}. Must have one column {column}; found several of this "
                "name: rename all but one."
            )
            raise InputError(msg)


def split_names(line: str, *, delimiter: str) -> list[str]:
    r"""Split a line into what would be the names of columns, to be held against others.

    Parameters
    ----------
    line : str
        Any line.
    delimiter : str
        What parts the names.

    Returns
    -------
    list of str
        The names in small letters, without blanks and quotes, and without what is nameless at the
        end.

    Examples
    --------
    >>> split_names('"ID", name,,', delimiter=",")
    ['id', 'name']
    """
    line = line.lower()
    for sign in _OVERLOOKED:
        line = line.replace(sign, "")
    return line.rstrip(delimiter).split(delimiter)
