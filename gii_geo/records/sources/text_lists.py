"""Lists that a program wrote as a text in a cell, such as Python's."""

import ast
import contextlib
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
    if _NUMBERS.match(text):
        return _NUMBER.findall(text)
    if not _LIST.match(text):
        return None
    return [_unquote(value) for value in _VALUE.findall(text)]


def _unquote(literal: str) -> str:
    """Read a text in quotation marks; what has none is missing."""
    if literal[0] not in "'\"":
        return ""
    with contextlib.suppress(SyntaxError, ValueError):
        return str(ast.literal_eval(literal))
    return literal[1:-1]
