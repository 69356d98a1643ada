"""Names and codes of economies, and of the divisions within them."""

import csv
import re
from functools import cache
from importlib import resources
from typing import Final

from gii_geo.text import fold, shorten, split_words

STATE_FORMS: Final = frozenset(
    "the state states republic kingdom sultanate federal federation federative islamic democratic "  # noqa: SIM905
    "people peoples socialist united arab hashemite grand duchy pr of r p s i".split()
)
"""Words of a country's name that say how it is ruled."""

RULE_WORDS: Final = STATE_FORMS | frozenset(
    "bolivarian co commonwealth cooperative dem eastern fed federated independent nation operative "  # noqa: SIM905
    "oriental plurinational principality rep republ sts union".split()
)
"""The same and abbreviated, where the whole text is a country's name."""

_SILENT: Final = frozenset("and of the".split())  # noqa: SIM905
_ABBREVIATED: Final = {
    "amer": "american",
    "br": "british",
    "co": "cooperative",
    "dem": "democratic",
    "fed": "federal",
    "federated": "federal",
    "is": "islands",
    "isl": "islands",
    "peo": "peoples",
    "rep": "republic",
    "republ": "republic",
    "sts": "states",
    "usa": "us",
}
_GREEN_BOOK_LETTERS: Final = 3
_PARTS: Final = re.compile(r"[,(\[]")


def read_economy(text: str) -> tuple[str, ...]:
    """Read what a country field says.

    Parameters
    ----------
    text : str
        A name in English, the country's own or another large language, a code of two or three
        letters, or a name or code that patent offices and Web of Science use.

    Returns
    -------
    tuple of str
        ISO 3166-1 alpha-2 codes: one, several for a state that is no more, none if unknown or
        if several economies are named.

    Examples
    --------
    >>> read_economy("Peoples R China"), read_economy("GBX"), read_economy("Atlantis")
    (('CN',), ('GB',), ())
    >>> read_economy("Macao, China"), read_economy("Switzerland, United States")
    (('MO',), ())
    """
    codes = economy_codes()
    code = text.strip().strip(" ;|,").upper()
    if code in codes:
        return codes[code]
    if len(code) == _GREEN_BOOK_LETTERS and code[2] == "X" and code[:2] in codes:
        return codes[code[:2]]  # USPTO full text up to 2001 writes JPX for JP
    parts = [words for part in _PARTS.split(text) if (words := tuple(split_words(part)))]
    whole = sum(parts, ())
    turned = sum((*parts[1:], *parts[:1]), ())  # Korea (the Republic of)
    named = [found for part in parts if (found := read_name(part))]
    are_several = len(named) == len(parts)
    found = read_name(whole) or read_name(turned)
    if found and (not are_several or _is_narrowest(found, named)):
        return found
    if not are_several:
        return ()
    return next((one for one in named if _is_narrowest(one, named)), ())  # Macao (China)


def _is_narrowest(economies: tuple[str, ...], named: list[tuple[str, ...]]) -> bool:
    """Tell whether all the names that stand beside an economy's are its own or reach to it."""
    return all(set(economies) <= {*other, *reach_of(other)} for other in named)


def read_name(words: tuple[str, ...]) -> tuple[str, ...]:
    """Read the name of an economy, with or without the words that say how it is ruled.

    Parameters
    ----------
    words : tuple of str
        The words of the name.

    Returns
    -------
    tuple of str
        As for `read_economy`, which reads codes and turned names, too.

    Examples
    --------
    >>> read_name(("arab", "rep", "egypt")), read_name(("egypt", "rep"))
    (('EG',), ())
    """
    names = economy_names()
    for first in range(len(words)):
        rest = words[first:]
        if found := names.get("".join(rest)) or names.get(shorten_economy(rest)):
            return found
        if words[first] not in RULE_WORDS:
            break
    return ()


def shorten_economy(words: tuple[str, ...]) -> str:
    """Give the key of an economy's name without small words, abbreviations written out.

    Parameters
    ----------
    words : tuple of str
        The words of the name.

    Returns
    -------
    str
        The same for "Dem. Rep. of the Congo" and "Democratic Republic Congo".

    Examples
    --------
    >>> shorten_economy(("dem", "rep", "of", "the", "congo"))
    'democraticrepubliccongo'
    """
    return "".join(_ABBREVIATED.get(word, word) for word in words if word not in _SILENT)


def read_division(text: str, economies: tuple[str, ...]) -> frozenset[str]:
    """Read what a division field says.

    Parameters
    ----------
    text : str
        A name, or a code of two or three letters.
    economies : tuple of str
        The economies it may lie in; empty for any, where only names are read.

    Returns
    -------
    frozenset of str
        Divisions such as US.CA, the economy and GeoNames' own code; empty if unknown.

    Examples
    --------
    >>> read_division("CA", ("US",)), read_division("Bayern", ("DE",)), read_division("Nowhere", ())
    (frozenset({'US.CA'}), frozenset({'DE.02'}), frozenset())
    """
    code = text.replace(".", "").replace(" ", "").upper()
    codes = division_codes()
    if found := frozenset(codes[key] for one in economies if (key := (one, code)) in codes):
        return found
    return find_divisions(tuple(split_words(text)), economies)


def find_divisions(words: tuple[str, ...], economies: tuple[str, ...]) -> frozenset[str]:
    """Find the divisions of some economies, or of any, that go by a name.

    Parameters
    ----------
    words : tuple of str
        The words of the name.
    economies : tuple of str
        The economies they may lie in; empty for any.

    Returns
    -------
    frozenset of str
        Divisions such as US.CA.

    Examples
    --------
    >>> find_divisions(("kanagawa", "ken"), ("JP",))
    frozenset({'JP.19'})
    """
    names = division_names()
    found = names.get("".join(words)) or names.get("".join(shorten(words)), frozenset())
    if not economies:
        return found
    return frozenset(division for division in found if division.split(".")[0] in economies)


def economies_of(divisions: frozenset[str]) -> tuple[str, ...]:
    """Give the economies that divisions lie in.

    Parameters
    ----------
    divisions : frozenset of str
        Divisions such as US.CA.

    Returns
    -------
    tuple of str
        Their economies, in the order of the alphabet.

    Examples
    --------
    >>> economies_of(frozenset({"US.CA", "US.NY", "CA.08"}))
    ('CA', 'US')
    """
    return tuple(sorted({division.split(".")[0] for division in divisions}))


@cache
def economy_names() -> dict[str, tuple[str, ...]]:
    """Give the economies that the key of a name stands for; codes are apart."""
    rows = [
        (row["name"], tuple(row["economies"].split(";")))
        for row in _read_table("economy_names")
        if not row["source"].startswith(("ISO", "EU"))
    ]
    short = {shorten_economy(tuple(split_words(name))): found for name, found in reversed(rows)}
    return short | {fold(name): found for name, found in rows}


@cache
def economy_codes() -> dict[str, tuple[str, ...]]:
    """Give the economies that an upper-case code stands for."""
    return {
        row["name"]: tuple(row["economies"].split(";"))
        for row in _read_table("economy_names")
        if row["source"].startswith(("ISO", "EU"))
    }


@cache
def part_names() -> frozenset[str]:
    """Give the folded names that may stand for a part of an economy, such as England."""
    return frozenset(
        fold(row["name"])
        for row in _read_table("economy_names")
        if row["source"] in ("common", "Web of Science")
    )


@cache
def reach_of(economies: tuple[str, ...]) -> frozenset[str]:
    """Give the other economies whose addresses are also written under these."""
    return frozenset(
        row["also"] for row in _read_table("economy_reach") if row["economy"] in economies
    ) - set(economies)


@cache
def former_of(divisions: frozenset[str]) -> frozenset[str]:
    """Give the divisions that were part of these, or whose city addresses write under these."""
    return (
        frozenset(
            f"{row['economy']}.{row['also']}"
            for row in _read_table("division_reach")
            if f"{row['economy']}.{row['division']}" in divisions
        )
        - divisions
    )


@cache
def division_names() -> dict[str, frozenset[str]]:
    """Give the divisions that a folded name stands for, with and without the word for its kind."""
    names: dict[str, set[str]] = {}
    for row in _read_table("division_names"):
        if not row["source"].startswith("ISO"):
            words = tuple(split_words(row["name"]))
            for key in {"".join(words), "".join(shorten(words))}:
                names.setdefault(key, set()).add(f"{row['economy']}.{row['division']}")
    return {name: frozenset(divisions) for name, divisions in names.items()}


@cache
def division_codes() -> dict[tuple[str, str], str]:
    """Give the division of an economy that an upper-case code stands for."""
    return {
        (row["economy"], row["name"]): f"{row['economy']}.{row['division']}"
        for row in _read_table("division_names")
        if row["name"].isupper()
    }


@cache
def divisions_coded(code: str) -> frozenset[str]:
    """Give the divisions of all economies that go by an upper-case code."""
    return frozenset(own for (_, other), own in division_codes().items() if other == code)


def native_divisions(economy: str) -> list[str]:
    """Give the names of an economy's divisions in their own script."""
    return [
        row["name"]
        for row in _read_table("division_names")
        if row["economy"] == economy and row["source"] == "native"
    ]


@cache
def division_labels() -> dict[str, str]:
    """Give the GeoNames name of each division."""
    return {
        f"{row['economy']}.{row['division']}": row["name"]
        for row in _read_table("division_names")
        if row["source"] == "GeoNames"
    }


@cache
def _read_table(name: str) -> list[dict[str, str]]:
    """Read a table of the package."""
    file = resources.files("gii_geo") / "data" / f"{name}.csv"
    with file.open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))
