"""The lines and the comma-separated rows of a text file, whatever its encoding and line ends."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from gii_geo.records.csv_quotes import MAX_ROW_LINES, holds_rows
from gii_geo.records.sources.archives import SourceFile
from gii_geo.tables import InputError

MAX_LINE_CHARACTERS: Final = 64 * 2**20
"""A longer line is no text."""

MAX_NUL_SHARE: Final = 0.01
"""Share of NUL bytes up to which a file is text with a slip, and not something else."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(file: SourceFile) -> Iterator[str]:
    r"""Read a file line by line.

    The text may be UTF-8, UTF-16 with its mark or Latin-1, and lines may end as on Unix, Windows or
    the old Mac. A line that is no UTF-8 is read as Latin-1 by itself (as Mac Roman where lines end
    as on the old Mac), so that one wrong byte does not spoil the others.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Yields
    ------
    str
        A line without its end.

    Raises
    ------
    InputError
        If the file is empty, no text, or has a line of more than `MAX_LINE_CHARACTERS`.

    Examples
    --------
    >>> stream = io.BytesIO(b"Z\xfcrich\nGen\xc3\xa8ve\n")
    >>> list(read_lines(SourceFile("a.txt", io.BufferedReader(stream))))
    ['Zürich', 'Genève']
    """
    check_text(file)
    is_utf_16 = file.head.startswith(_UTF_16)
    # Latin-1 keeps every byte as it is, so that a line can still be read as UTF-8 afterwards.
    encoding = "utf-16" if is_utf_16 else "latin-1"
    text = io.TextIOWrapper(file.stream, encoding, errors="replace", newline=None)
    while line := text.readline(MAX_LINE_CHARACTERS + 1):
        if len(line) > MAX_LINE_CHARACTERS and not line.endswith("\n"):
            msg = f"Invalid file {file.name}. Must have lines of at most {MAX_LINE_CHARACTERS:,} "
            raise InputError(msg + "characters.")
        line = line.removesuffix("\n")
        if not is_utf_16 and not line.isascii():
            line = _decode(line, "mac_roman" if text.newlines == "\r" else "latin-1")
        yield line.removeprefix("\ufeff")  # files that were joined bring their marks along
    text.detach()


def check_text(file: SourceFile) -> None:
    """Refuse a file that is empty, no text or a web page.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Raises
    ------
    InputError
        If it is one of these.
    """
    head = file.head
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start and not file.broken:
        msg = f"Invalid file {file.name}. Must not be empty."
        raise InputError(msg)
    if start[:1] == b"<" and (b"<html" in head.lower() or b"<!doctype html" in head.lower()):
        msg = f"Invalid file {file.name}. Must be the downloaded data; found a web page."
        raise InputError(msg)
    if head.count(0) > MAX_NUL_SHARE * len(head) and not head.startswith(_UTF_16):
        msg = f"Invalid file {file.name}. Must be text; found binary data."
        raise InputError(msg)


def read_rows(
    lines: Iterable[str], *, columns: int, delimiter: str = ","
) -> Iterator[list[str] | str]:
    r"""Read the rows of a table of comma-separated values, and step over those that are broken.

    A quote that is not closed in its row spoils its own line only.

    Parameters
    ----------
    lines : iterable of str
        The lines below the header.
    columns : int
        How many cells a row must have.
    delimiter : str, default ","
        What parts them.

    Yields
    ------
    list of str or str
        A row's cells; of a line that is no row, the line.

    Examples
    --------
    >>> lines = ['1,"a', 'b"', '2,"cut', "3,c"]
    >>> list(read_rows(lines, columns=2))
    [['1', 'a\nb'], '2,"cut', ['3', 'c']]
    """
    ahead = _Ahead(lines)
    for line in ahead:
        if '"' in line:
            yield _read_quoted(line, ahead, columns, delimiter) or line
        elif line.strip():
            row = line.split(delimiter)
            yield row if len(row) == columns else line


class _Ahead:
    """Lines that can be handed back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.waiting: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        """Give the lines handed back, then the others."""
        return self

    def __next__(self) -> str:
        """Give the next line."""
        return self.waiting.popleft() if self.waiting else next(self._lines)


def _read_quoted(line: str, ahead: _Ahead, columns: int, delimiter: str) -> list[str] | None:
    """Read a row whose quotes may hold line ends; failing that, the line by itself."""
    taken = [line]
    quotes = line.count('"')
    while quotes % 2 and len(taken) < MAX_ROW_LINES:
        following = next(ahead, None)
        if following is None:
            break
        taken.append(following)
        quotes += following.count('"')
    row = _split(taken, columns, delimiter)
    if len(taken) > 1 and (row is None or holds_rows(row, delimiter=delimiter)):
        ahead.waiting.extendleft(reversed(taken[1:]))
        row = _split(taken[:1], columns, delimiter)
    return row


def _split(lines: list[str], columns: int, delimiter: str) -> list[str] | None:
    """Split lines into the cells of one row, if they are one."""
    try:
        row = next(csv.reader(["\n".join(lines)], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return row if len(row) == columns else None


def _decode(line: str, otherwise: str) -> str:
    """Read a line, so far taken for Latin-1, as UTF-8 if it can be, else in another encoding."""
    encoded = line.encode("latin-1")
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        return encoded.decode(otherwise)
