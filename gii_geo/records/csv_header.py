"""The first lines of a text table: what parts its cells, and which line names its columns."""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from gii_geo.records.csv_bytes import HEAD_BYTES, decode_text, find_encoding, read_head
from gii_geo.records.csv_quotes import MAX_ROW_LINES, holds_rows, is_number
from gii_geo.tables import InputError

_DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 50
_SHOWN: Final = 60
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[,;\t ]*')
_RULE: Final = re.compile(":?(-{2,}|={2,}):?")


class Row(NamedTuple):
    """A row of a text table: its cells, None where it is none, and the lines it takes."""

    cells: list[str] | None
    lines: list[str]


@dataclass(frozen=True)
class Header:
    """A text table's column names and how its cells are parted.

    Attributes
    ----------
    names : list of str
        One name a column, no two of them alike but for their case.
    delimiter : str
        What stands between two cells.
    encoding : str
        From `csv_bytes.find_encoding`.
    before : int
        Lines before the row of names.
    least : int
        Cells that a row has at least: all but the nameless ones at the end.
    repeated : frozenset of str
        Names that stand there more than once.
    is_plain : bool
        Whether the names take the first line and the rows seen so far have a cell for each.
    """

    names: list[str]
    delimiter: str
    encoding: str
    before: int
    least: int
    repeated: frozenset[str]
    is_plain: bool


def read_header(path: Path) -> Header:
    """Find the names of the columns among the first lines of a text table.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Header
        Names and delimiter; a name that is missing or repeated gets its place behind it. Titles,
        remarks and the line by which Excel is told the delimiter are stepped over.

    Raises
    ------
    InputError
        If there is no text in the first lines, or rows stand above the names.
    """
    head = read_head(path)
    encoding = find_encoding(head)
    if encoding is None:
        msg = f"Invalid file {path}. Must be text; found binary data."
        raise InputError(msg)
    lines = _split_lines(head, encoding)
    told = read_separator(lines[0])
    before = int(told is not None)
    lines = lines[before:] or [""]
    lines[0] = lines[0].removeprefix("\ufeff")
    if not any(map(str.strip, lines)):
        msg = f"Invalid file {path}. Must have the names of its columns in its first lines."
        raise InputError(msg)
    delimiter = told or _find_delimiter(lines)
    rows = _look_at(lines, delimiter)
    if len(head) == HEAD_BYTES and 1 < len(rows) < _LOOKED_AT:
        rows = rows[:-1]  # it may go on behind the first bytes
    place = _find_names(rows)
    named = rows[place]
    _refuse_above(path, rows, place)
    before += _count_blank(lines) + sum(len(row.lines) for row in rows[:place])
    cells = [" ".join(_unquote(cell).split()) for cell in named.cells or named.lines]
    cells[0] = cells[0].lstrip("#").strip() if len(rows) > place + 1 else cells[0]
    names = _name_all(cells)
    least = max((number for number, cell in enumerate(cells, start=1) if cell), default=1)
    below = rows[place + 1 :]
    widths = {len(row.cells or ()) for row in below}
    has_rule = any(is_rule(row.cells or []) for row in below[:1])
    if len(names) == 1 and widths and 1 not in widths:
        msg = (
            f"Invalid file {path}. Must part its names as its rows, by {delimiter!r}; found the "
            f"names {named.lines[0][:_SHOWN]!r}."
        )
        raise InputError(msg)
    return Header(
        names,
        delimiter,
        encoding,
        before,
        least,
        list_repeated(cells),
        before == 0 and len(named.lines) == 1 and widths <= {len(names)} and not has_rule,
    )


def list_repeated(names: Iterable[str]) -> frozenset[str]:
    """List the names of columns that stand there more than once.

    Parameters
    ----------
    names : iterable of str
        Of all columns.

    Returns
    -------
    frozenset of str
        Those, but for what has none.

    Examples
    --------
    >>> list_repeated(["id", "", "lon", "id", ""])
    frozenset({'id'})
    """
    return frozenset(name for name, times in Counter(names).items() if name and times > 1)


def read_separator(line: str) -> str | None:
    r"""Read the line by which Excel is told what parts the cells below.

    Parameters
    ----------
    line : str
        The first line.

    Returns
    -------
    str or None
        What parts them, None for another line.

    Examples
    --------
    >>> read_separator("sep=;"), read_separator("sep=\t"), read_separator("id;name")
    (';', '\t', None)
    """
    told = _SEPARATOR_LINE.fullmatch(line.strip("\ufeff\r\n "))
    return told[1] if told else None


def split_rows(lines: Iterable[str], *, delimiter: str, width: int | None = None) -> Iterator[Row]:
    r"""Split lines into rows; a quotation mark that is not closed in its row spoils it only.

    Parameters
    ----------
    lines : iterable of str
        Lines without their ends.
    delimiter : str
        What parts two cells.
    width : int, optional
        Cells that a row should have: where quotation marks can be read in two ways, this decides.

    Yields
    ------
    Row
        A row; blank lines are none.

    Examples
    --------
    >>> lines = ['1,"a', 'b"', "", '2,"cut', r'3,"the \"old\" town"']
    >>> [row.cells for row in split_rows(lines, delimiter=",")]
    [['1', 'a\nb'], None, ['3', 'the "old" town']]
    """
    waiting: deque[str] = deque()
    source = iter(lines)

    def advance() -> str | None:
        return waiting.popleft() if waiting else next(source, None)

    while (line := advance()) is not None:
        if not line.strip():
            continue
        if '"' not in line:
            yield Row(line.split(delimiter), [line])
            continue
        taken = [line]
        cells = _split(line, delimiter, width)
        while cells is None and len(taken) < MAX_ROW_LINES and is_open(taken, delimiter):
            following = advance()
            if following is None:
                break
            taken.append(following)
            if '"' in following:
                cells = _split("\n".join(taken), delimiter, width)
                if cells and holds_rows(cells, delimiter=delimiter):
                    cells = None
                    break
        if cells is None:
            waiting.extendleft(reversed(taken[1:]))
            taken = taken[:1]
        yield Row(cells, taken)


def is_open(lines: list[str], delimiter: str) -> bool:
    """Tell whether the first line of a row opens a quotation mark that it does not close.

    Parameters
    ----------
    lines : list of str
        The lines of a row.
    delimiter : str
        What parts two cells.

    Returns
    -------
    bool
        False for a line that is itself at fault.

    Examples
    --------
    >>> is_open(['1,"a'], ","), is_open(['1,"a"b'], ",")
    (True, False)
    """
    try:
        next(csv.reader(lines[:1], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def is_rule(cells: list[str]) -> bool:
    """Tell whether a row only draws a line below the names, as in Markdown.

    Parameters
    ----------
    cells : list of str
        The row.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> is_rule(["---", ":--:", ""]), is_rule(["-", "8.5"]), is_rule([])
    (True, False, False)
    """
    told = [cell.strip() for cell in cells if cell.strip()]
    return bool(told) and all(_RULE.fullmatch(cell) for cell in told)


def _split(text: str, delimiter: str, width: int | None) -> list[str] | None:
    """Split a row by the first way of quoting that fits it."""
    found: list[str] | None = None
    for dialect in ({}, {"escapechar": "\\"}, {"skipinitialspace": True}):
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True, **dialect))
        except csv.Error:
            continue
        if width is None or len(cells) == width:
            return cells
        found = found or cells
    return found


def _split_lines(head: bytes, encoding: str) -> list[str]:
    """Split the first bytes into lines; the last of several may be cut and is left out."""
    if encoding == "utf-8":
        cut = head.rfind(b"\n" if b"\n" in head else b"\r") if len(head) == HEAD_BYTES else -1
        text, _ = decode_text(head[:cut] if cut > 0 else head)
    else:
        text = head[: len(head) // 2 * 2].decode(encoding, errors="replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_cut = encoding != "utf-8" and len(head) == HEAD_BYTES
    return lines[:-1] if is_cut and len(lines) > 1 else lines


def _look_at(lines: list[str], delimiter: str) -> list[Row]:
    """Give the first rows."""
    rows = split_rows(lines, delimiter=delimiter)
    return [row for row, _ in zip(rows, range(_LOOKED_AT), strict=False)]


def _find_delimiter(lines: list[str]) -> str:
    """Find what parts most rows into the same number of cells."""

    def judge(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row.cells or ()) for row in _look_at(lines, delimiter))
        width, rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (rows, width) if width > 1 else (0, 0)

    return max(_DELIMITERS, key=judge)


def _find_names(rows: list[Row]) -> int:
    """Find the row of names: the first that is as wide as the others and has no number."""
    widths = Counter(len(row.cells or ()) for row in rows)
    width = max(widths, key=lambda cells: (widths[cells], cells))
    for place, row in enumerate(rows):
        cells = [cell.strip() for cell in row.cells or () if cell.strip()]
        is_wide = len(cells) > 1 and len(cells) * 2 >= width
        if is_wide and not any(map(is_number, cells)):
            return place if width > 1 else 0
    return 0


def _refuse_above(path: Path, rows: list[Row], place: int) -> None:
    """Refuse a table with rows above its names, as sorting all lines leaves it: they would be lost.

    A title has no number where all rows have one.
    """
    names = rows[place].cells or []
    below = [row.cells for row in rows[place + 1 :] if len(row.cells or ()) == len(names)]
    columns = zip(*filter(None, below), strict=True)
    numbers = [at for at, cells in enumerate(columns) if all(map(is_number, cells))]
    for row in rows[:place]:
        cells = [cell.strip() for cell in row.cells or []]
        if cells == [str(number) for number in range(1, len(cells) + 1)]:
            continue  # the numbers of the columns
        if numbers and len(cells) == len(names) and all(is_number(cells[at]) for at in numbers):
            msg = (
                f"Invalid file {path}. Must have the names of its columns above all rows; found "
                f"the row {row.lines[0][:_SHOWN]!r} above {rows[place].lines[0][:_SHOWN]!r}: move "
                "the names to the first line."
            )
            raise InputError(msg)


def _unquote(cell: str) -> str:
    """Take off the quotation marks that stay where a blank stands before them."""
    bare = cell.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else cell


def _count_blank(lines: list[str]) -> int:
    """Count the blank lines at the start."""
    return next(place for place, line in enumerate(lines) if line.strip())


def _name_all(cells: list[str]) -> list[str]:
    """Give every column a name of its own."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, start=1):
        name = cell or f"column {place}"
        name = f"{name} ({place})" if name.lower() in taken else name
        taken.add(name.lower())
        names.append(name)
    return names
