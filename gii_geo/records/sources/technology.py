"""Classes of patents (IPC, CPC) -> the 35 technology fields of WIPO's concordance."""

import csv
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from gii_geo.records.sources.label_cells import join_values

_SYMBOL: Final = re.compile(r"\s*(?P<subclass>[A-H]\d\d[A-Z])(?P<group>.*)", re.DOTALL)
_GROUP_WIDTH: Final = 3
"""Characters of the main group where no stroke parts it from the subgroup."""

_SUBGROUP_WIDTH: Final = 2
"""Characters that a subgroup has at least."""


@cache
def read_concordance() -> dict[str, str]:
    """Read the concordance.

    Returns
    -------
    dict of str to str
        Subclass (``H01L``), or subclass and main group (``H04N21``), to its field; the main group
        goes before the subclass. `gii_geo/data/NOTICE.md` names the source.

    Examples
    --------
    >>> concordance = read_concordance()
    >>> concordance["H01L"], concordance["H04N21"], len(set(concordance.values()))
    ('Semiconductors', 'Digital communication', 35)
    """
    file = resources.files("gii_geo") / "data" / "technology_fields.csv"
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return {
        symbol: row["field"]
        for row in rows
        for symbol in f"{row['classes']} {row['moved']}".split()
    }


@lru_cache(maxsize=2**16)
def find_field(symbol: str) -> str | None:
    """Find the technology field of a class.

    Parameters
    ----------
    symbol : str
        A class of the IPC or the CPC, ``H04N 21/00``, or with the main group in three characters
        and no stroke as in the grants of 2005, ``H04N  700``.

    Returns
    -------
    str or None
        The field, None for a class that has none.

    Examples
    --------
    >>> find_field("G06F 17/30"), find_field("A61K  816"), find_field("Y02E 10/50")
    ('Computer technology', 'Organic fine chemistry', None)
    """
    match = _SYMBOL.match(symbol.upper())
    if match is None:
        return None
    concordance, subclass = read_concordance(), match["subclass"]
    group = _read_group(match["group"].rstrip())
    return concordance.get(f"{subclass}{group}") or concordance.get(subclass)


def read_fields(symbols: Iterable[str]) -> str | None:
    r"""Name the technology fields of a patent.

    Parameters
    ----------
    symbols : iterable of str
        All its classes, as for `find_field`.

    Returns
    -------
    str or None
        The fields as `join_values` joins them, None if no class has one.

    Examples
    --------
    >>> read_fields(["H01L 21/302", "C07C24900", "H01L 21/461"])
    'Organic fine chemistry\x1fSemiconductors'
    """
    return join_values(filter(None, map(find_field, symbols)))


def _read_group(text: str) -> str:
    """Read the number of the main group behind a subclass, empty if there is none."""
    group, stroke, _ = text.partition("/")
    if not stroke and len(text) >= _GROUP_WIDTH + _SUBGROUP_WIDTH:
        group = text[:_GROUP_WIDTH]
    elif not stroke:  # its blanks were taken for one
        group = text[:-_SUBGROUP_WIDTH]
    return group.strip().lstrip("0")
