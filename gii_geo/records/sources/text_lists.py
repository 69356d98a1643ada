"""Lists that a program wrote as a text in a cell, such as Python's."""

import ast
import contextlib
import csv
import re
from typing import Final

_OPEN, _NONE = r"^(c?\(|\[)\s*", "(?:None|[Nn]a[Nn]|null|NA)"
_LIST: Final = re.compile(
    rf"(?s){_OPEN}({_NONE}[,\s]*)*(['\x22].*['\x22])?(,?\s*{_NONE})*,?\s*[\])]$"
)
"""A list that a program wrote as a text: Python's and R's, of JSON and of numpy."""

_NUMBERS: Final = re.compile(
    rf"^\[\s*({_NONE}[,\s]+)*-?[0-9]+(\.0*)?([,\s]+(-?[0-9]+(\.0*)?|{_NONE}))*[,\s]*\]$"
)
"""A list of whole numbers that a program wrote as a text."""

_NUMBER: Final = re.compile(r"(-?[0-9]+)(?:\.0*)?")
_VALUE: Final = re.compile(rf"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|{_NONE}""", re.DOTALL)


_WRAPPED: Final = re.compile(r"(?s)^array\((\[.*\])(?:,\s*dtype=[^)]*)?\)$")
"""How pandas writes a list of numpy's."""

_SET: Final = re.compile(r"^\{(\s*'(?:[^'\\]|\\.)*'\s*,?)+\s*\}$")
"""Python's set of texts."""

_BARE: Final = re.compile(r"^(?:\[([^\[\]{}'\x22:;|]*)\]|\{([^\[\]{}':;|]*)\})$")
"""A list as DuckDB, Spark and PostgreSQL write it, where texts that need none have no quotes."""


def read_bare_list(text: str) -> list[str] | None:
    """Read a list that a program wrote as a text, in quotation marks or without.

    Parameters
    ----------
    text : str
        A cell of labels, which seldom stand in brackets themselves.

    Returns
    -------
    list of str or None
        As for `read_text_list`.

    Examples
    --------
    >>> read_bare_list("[Optics, Energy]"), read_bare_list('{Optics,"Energy, other"}')
    (['Optics', 'Energy'], ['Optics', 'Energy, other'])
    """
    listed = read_text_list(text)
    bare = _BARE.match(text) if listed is None else None
    if bare is None:
        return listed
    inner = bare[1] if bare[1] is not None else bare[2]
    return next(csv.reader([inner], skipinitialspace=True), [])


def read_text_list(text: str) -> list[str] | None:
    """Read a list that a program wrote as a text.

    Parameters
    ----------
    text : str
        A cell.

    Returns
    -------
    list of str or None
        The values, "" for one that is missing; None for a text that is no list.

    Examples
    --------
    >>> read_text_list("['ETH Zurich', None]"), read_text_list("[]"), read_text_list("ETH Zurich")
    (['ETH Zurich', ''], [], None)
    >>> read_text_list("[1.0, 2.0]"), read_text_list("[1 2]"), read_text_list("[1.5]")
    (['1', '2'], ['1', '2'], None)
    """
    if wrapped := _WRAPPED.match(text):
        text = wrapped[1]
    if _NUMBERS.match(text):
        return _NUMBER.findall(text)
    if not (_LIST.match(text) or _SET.match(text)):
        return None
    return [_unquote(value) for value in _VALUE.findall(text)]


def _unquote(literal: str) -> str:
    """Read a text in quotation marks; what has none is missing."""
    if literal[0] not in "'\"":
        return ""
    with contextlib.suppress(SyntaxError, ValueError):
        return str(ast.literal_eval(literal))
    return literal[1:-1]
