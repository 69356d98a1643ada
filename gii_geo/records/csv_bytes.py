"""The bytes of a text table: how they are packed, what letters they are, how their lines end."""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gii_geo.paths import first_line
from gii_geo.records.csv_quotes import has_end_within
from gii_geo.records.packed import open_bytes
from gii_geo.tables import InputError

HEAD_BYTES: Final = 65_536
"""What of a file is looked at before it is read."""

_AT_ONCE: Final = 1 << 20
_LONGEST: Final = 1 << 26
_MOST_NUL: Final = 0.1
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NEIGHBOURS: Final = 0.5
"""Share of letters beyond ASCII with another before them from which on a text is not Western."""

_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_NO_LETTERS: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that Windows-1252 gives to no letter; East Asian encodings are full of them."""


@dataclass(frozen=True)
class Survey:
    """What all bytes of a text table tell.

    Attributes
    ----------
    is_utf_8 : bool
        Whether they are UTF-8 throughout.
    has_one_line_end : bool
        Whether every line ends with a line feed, or every line with both marks.
    has_odd_quotes : bool
        Whether a quotation mark is left open, or one follows a backslash.
    has_no_rows : bool
        Whether there is a line that stands for no row: delimiters only, a remark behind "#", or
        the first line again.
    has_ends_within : bool
        Whether a line ends between two quotation marks.
    """

    is_utf_8: bool
    has_one_line_end: bool
    has_odd_quotes: bool
    has_no_rows: bool
    has_ends_within: bool

    @property
    def is_plain(self) -> bool:
        """Tell whether an engine may read the file as it is."""
        odd = self.has_odd_quotes or self.has_no_rows
        return self.is_utf_8 and self.has_one_line_end and not odd


def read_head(path: Path) -> bytes:
    """Read the first bytes of what a file holds.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    bytes
        At most `HEAD_BYTES`.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with open_bytes(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def find_encoding(head: bytes) -> str | None:
    r"""Find out how a text is encoded by its first bytes.

    Parameters
    ----------
    head : bytes
        The first bytes.

    Returns
    -------
    str or None
        "utf-8" (also for what may be another of one byte a letter), "utf-16-le" or "utf-16-be";
        None for what is no text.

    Examples
    --------
    >>> heads = (b"lon,lat", "lon".encode("utf-16"), b"\x89PNG\x00\x00\x00")
    >>> tuple(map(find_encoding, heads))
    ('utf-8', 'utf-16-le', None)
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return None
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    if b"\x00" not in head:
        return "utf-8"
    even, odd = head[::2].count(0), head[1::2].count(0)
    few, many = min(even, odd), max(even, odd)
    if few <= _MOST_NUL * many and many >= len(head) / 4:  # mostly Latin letters
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def survey_bytes(path: Path, *, blank: str) -> Survey:
    """Look at all bytes of a text table, once and at the speed of the disk.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    blank : str
        A row without any value, such as ",,".

    Returns
    -------
    Survey
        What they tell.

    Raises
    ------
    InputError
        If it cannot be read to its end.
    """
    is_utf_8, quotes, odd_quotes, no_rows, within = True, 0, False, False, False
    both = bare_return = bare_feed = False
    first, before = read_head(path).partition(b"\n")[0].rstrip(b"\r"), b""
    no_rows_at = [b"\n" + row + end for row in (blank.encode(), first) for end in (b"\n", b"\r\n")]
    remark = re.compile(rb"\n#[^\n]*" + re.escape(blank.encode()) + rb"\r?\n")
    try:
        for lines in _read_lines(path):
            is_utf_8 = is_utf_8 and _is_utf_8(lines)
            within = within or has_end_within(lines, is_open=quotes % 2 == 1)
            quotes += lines.count(b'"')
            odd_quotes = odd_quotes or b'\\"' in lines
            text, before = before + lines, b"\n"
            no_rows = no_rows or any(row in text for row in no_rows_at)
            no_rows = no_rows or (b"\n#" in text and remark.search(text) is not None)
            pairs = lines.count(b"\r\n") if b"\r" in lines else 0
            both = both or pairs > 0
            bare_return = bare_return or lines.count(b"\r") > pairs
            bare_feed = bare_feed or lines.count(b"\n") > pairs
    except (OSError, EOFError) as error:
        raise _unreadable(path, error) from error
    one_end = not bare_return and not (both and bare_feed)
    return Survey(is_utf_8, one_end, odd_quotes or quotes % 2 == 1, no_rows, within)


def read_lines(path: Path, encoding: str) -> Iterator[str]:
    """Read a text line by line, whatever its line ends.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    encoding : str
        From `find_encoding`. A line that is no UTF-8 is read as Windows-1252 by itself.

    Yields
    ------
    str
        A line without its end.

    Raises
    ------
    InputError
        If it cannot be read to its end, or is neither.
    """
    one_byte = encoding == "utf-8"
    try:
        with open_bytes(path) as file:
            # Latin-1 keeps every byte as it is, so that a line can be read as another afterwards.
            text = io.TextIOWrapper(file, "latin-1" if one_byte else encoding, newline=None)
            for line in map(_end_line, text):
                yield decode_text(line.encode("latin-1"))[0] if one_byte else line
    except UnicodeDecodeError as error:
        msg = f"Invalid file {path}. Must be {encoding.upper()} as it begins; save it as UTF-8."
        raise InputError(msg) from error
    except (OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def decode_text(text: bytes) -> tuple[str, bool]:
    r"""Read a text that is UTF-8 or, failing that, Windows-1252.

    Parameters
    ----------
    text : bytes
        The text.

    Returns
    -------
    text : str
        The text.
    is_utf_8 : bool
        Whether it was UTF-8.

    Examples
    --------
    >>> decode_text(b"Z\xfcrich"), decode_text("Zürich".encode())
    (('Zürich', False), ('Zürich', True))
    """
    try:
        return text.decode(), True
    except UnicodeDecodeError:
        return text.decode("latin-1" if _NO_LETTERS & set(text) else "cp1252"), False


def refuse_other_letters(path: Path) -> None:
    """Refuse a text that is no UTF-8 and that Windows-1252 would turn into other letters.

    In Western texts letters beyond ASCII stand by themselves; Cyrillic, Greek and East Asian words
    have nothing but bytes beyond ASCII.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    InputError
        If it is such a text.
    """
    high = beside = strange = 0
    for lines in _read_lines(path):
        if lines.isascii() or _is_utf_8(lines):
            continue
        for line in lines.split(b"\n"):
            if not (line.isascii() or _is_utf_8(line)):
                runs = _HIGH.findall(line)
                high += sum(map(len, runs))
                beside += sum(len(run) - 1 for run in runs)
                strange += sum(line.count(byte) for byte in _NO_LETTERS)
    if strange or beside > _NEIGHBOURS * high:
        msg = (
            f"Invalid file {path}. Must be text in UTF-8 (or UTF-16, or Windows-1252); found "
            "letters of another encoding: save it as UTF-8."
        )
        raise InputError(msg)


def _read_lines(path: Path) -> Iterator[bytes]:
    """Read many whole lines at once."""
    with open_bytes(path) as file:
        while lines := file.read(_AT_ONCE):
            yield lines + file.readline(_LONGEST)


def _end_line(line: str) -> str:
    """Give a line without its end."""
    return line.removesuffix("\n")


def _is_utf_8(text: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path, error: Exception) -> InputError:
    """Say that a file cannot be read to its end."""
    return InputError(f"Invalid file {path}. Must be readable; {first_line(error)}.")
