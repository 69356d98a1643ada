"""Columns and dtypes of the tables that are handed on, the table of kinds, and refused input."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gii_geo.ranges import find_near, show_names, show_value, suggest_name

if TYPE_CHECKING:
    import pandas as pd


class InputError(ValueError):
    """Input that cannot be used; the message is one sentence naming the file and what must hold."""


class DataWarning(UserWarning):
    """Something about the data that whoever uses the ranking must know."""


@dataclass(frozen=True)
class Kind:
    """What a record can be, and how it is called and drawn everywhere.

    Attributes
    ----------
    word : str
        The word of settings and columns, such as ``patent``.
    plural : str
        The column of a region that holds its records, such as ``patents``.
    title : str
        What stands over a column or beside a colour.
    colour, dark_colour : str
        Its colour on a light and on a dark ground, told apart with any colour vision.
    addressee : str
        Whose addresses stand on a record, in the plural.
    published : str
        What WIPO's tables call its records; empty where they have none.
    """

    word: str
    plural: str
    title: str
    colour: str
    dark_colour: str
    addressee: str
    published: str = ""


KNOWN_KINDS: Final = (
    Kind("patent", "patents", "Patents", "#2a5fa5", "#7aa7e0", "inventors", "PCT applications"),
    Kind(
        *("publication", "publications", "Publications", "#d9a520", "#e3c04d", "authors"),
        "scientific publications",
    ),
    Kind(
        "deal", "deals", "Deals", "#b54a66", "#e58aa3", "funded companies", "venture-capital deals"
    ),
)
"""The kinds of WIPO's ranking, in the order of every table and file; others come behind them."""

KINDS: Final = tuple(kind.word for kind in KNOWN_KINDS)
"""Their words."""

PLURAL: Final = {kind.word: kind.plural for kind in KNOWN_KINDS}
"""Column of a region that holds a known kind's records; also its command line option."""

_FURTHER_COLOURS: Final = (
    *(("#2f8f83", "#6cc5b8"), ("#7b5ea7", "#b59ad8"), ("#8a5a2b", "#cf9f6c")),
    *(("#5f8f2f", "#a3cf72"), ("#6b7480", "#a9b2bd")),
)
"""Of kinds that WIPO does not know, in their order; from the sixth on they begin again."""

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

NO_KIND: Final = "unknown"
"""What the accounts call the kind of a line that cannot be read."""

RECORD_UNITS: Final = 5_354_228_880
"""One record in integer units: the least common multiple of 1 to 24.

A record splits evenly and exactly over up to 24 addresses; a billion records fit in int64.
"""

MOST_ADDRESSES: Final = 1_000_000_000
"""What one row can stand for at most."""

MOST_RECORDS: Final = (2**63 - 1) // RECORD_UNITS
"""Records of one kind whose units still fit in int64: 1.7 billion."""

Schema = Mapping[str, str]
"""Column name to numpy/pandas kind code: ``f`` float, ``i`` integer (also nullable), ``s`` text."""


def location_columns(kinds: Iterable[str]) -> Schema:
    """Give the columns of a location that its steps hang on.

    Parameters
    ----------
    kinds : iterable of str
        Words of kinds, in order.

    Returns
    -------
    mapping of str to str
        Column to kind of dtype.
    """
    kinds = tuple(kinds)
    return {
        "lon": "f",
        "lat": "f",
        **{f"{kind}_addresses": "i" for kind in kinds},
        **{f"{kind}_weight": "i" for kind in kinds},
    }


def region_columns(kinds: Iterable[str]) -> Schema:
    """Give the columns of a region in every file, before its geometry.

    Parameters
    ----------
    kinds : iterable of str
        Words of kinds, in order.

    Returns
    -------
    mapping of str to str
        Column to kind of dtype.

    Examples
    --------
    >>> [column for column in region_columns(["trademark"]) if "trademark" in column]
    ['trademarks', 'trademark_share']
    """
    described = describe_kinds(kinds)
    return {
        **dict.fromkeys(("region_id",), "s"),
        "rank": "i",
        **dict.fromkeys(("name", "economies"), "s"),
        **{kind.plural: "f" for kind in described},
        **{f"{kind.word}_share": "f" for kind in described},
        "score": "f",
        "area_km2": "f",
        **dict.fromkeys(("locations", "addresses"), "i"),
    }


CITY_LEVEL: Final = "city_level_share"
"""Part (0 to 1) of a region's activity placed no better than by city, where it is known."""

FIRST_HUNDRED: Final = 100
"""As many regions as WIPO prints; its ranking by intensity is one of these among themselves."""

RANK_SETS: Final[Schema] = {"rank_low": "i", "rank_high": "i", "top_100": "s"}
"""Further columns of a region, behind its rank: the best and the worst rank that it may have, and
whether it is "surely", "maybe" or not ("no") among the first hundred."""

LABELS: Final = ("field", "organisation")
"""What a row may say besides: what its record is about, and whose it is."""

SEVERAL_JOIN: Final = "\x1f"
"""Stands behind each of several labels that come as a list; in a text ; or | part them."""

UNKNOWN: Final = "unknown"
"""What profiles call the field, organisation or city of what names none."""

PROFILED: Final = (*LABELS, "city")
"""What profiles are of."""

TOP_VALUES: Final = tuple(f"top_{what}" for what in PROFILED)
"""Further columns of a region, where they are asked for: its first field, organisation and city."""

INTENSITY: Final = ("population", "intensity", "intensity_rank", "intensity_rank_100")
"""Further columns of a region where its people are known."""

_TAKEN: Final = frozenset(
    (
        *(*INTENSITY, *RANK_SETS, *TOP_VALUES, CITY_LEVEL, NO_KIND, "region_id", "rank", "name"),
        *("economies", "score", "area_km2", "locations", "addresses", "location", "cluster"),
        *("region", "activity"),
    )
)
"""Words and columns that a kind cannot be."""

_DTYPE_WORDS = {"f": "a float", "i": "an integer", "s": "a text"}


def describe_kinds(words: Iterable[str]) -> tuple[Kind, ...]:
    """Say how kinds are called and drawn: WIPO's by the table, others by rule.

    Parameters
    ----------
    words : iterable of str
        Words of kinds, such as ``patent`` or ``clinical_trial``; each is taken once.

    Returns
    -------
    tuple of Kind
        WIPO's kinds first, in their order, then the others by the alphabet.

    Examples
    --------
    >>> [kind.plural for kind in describe_kinds(["technology_study", "deal"])]
    ['deals', 'technology_studies']
    """
    known = {kind.word: kind for kind in KNOWN_KINDS}
    ordered = order_kinds(words)
    further = [word for word in ordered if word not in known]
    return tuple(
        known[word] if word in known else _make_kind(word, further.index(word)) for word in ordered
    )


def call_kind(kind: str) -> str:
    """Call a kind as a sentence does: its records, in the plural.

    Parameters
    ----------
    kind : str
        Its word, or `NO_KIND`.

    Returns
    -------
    str
        What stands over its column.

    Examples
    --------
    >>> call_kind("clinical_trial")
    'clinical trials'
    """
    return kind if kind == NO_KIND else describe_kinds([kind])[0].title.lower()


def order_kinds(words: Iterable[str]) -> tuple[str, ...]:
    """Put words of kinds in the order of every table.

    Parameters
    ----------
    words : iterable of str
        Words of kinds, in any order; one that stands twice is taken once.

    Returns
    -------
    tuple of str
        WIPO's kinds first, then the others by the alphabet.

    Examples
    --------
    >>> order_kinds({"trademark", "deal", "patent"})
    ('patent', 'deal', 'trademark')
    """
    given = set(words)
    known = tuple(word for word in KINDS if word in given)
    return (*known, *sorted(given - set(known)))


def list_kinds(table: "pd.DataFrame", *, known: bool = False) -> tuple[str, ...]:
    """List the kinds that a table of regions or of locations has columns for.

    Parameters
    ----------
    table : pandas.DataFrame
        Regions with ``<kind>_share``, or locations with ``<kind>_addresses``.
    known : bool, default False
        Whether those are left out of which no row says anything.

    Returns
    -------
    tuple of str
        Their words, in the order of every table.

    Examples
    --------
    >>> import pandas as pd
    >>> list_kinds(pd.DataFrame(columns=["score", "trademark_share", "deal_share"]))
    ('deal', 'trademark')
    """
    ending = "_addresses" if any(str(name).endswith("_addresses") for name in table) else "_share"
    names = [str(name) for name in table if name != CITY_LEVEL]
    names = [name for name in names if not known or table[name].notna().any()]
    return order_kinds(name.removesuffix(ending) for name in names if name.endswith(ending))


def check_kind(word: object, *, where: str = "") -> str:
    """Refuse what cannot be a kind's word: other letters, or a word that the columns need.

    Parameters
    ----------
    word : object
        What should be a word such as ``patent``.
    where : str, default ""
        Where it stands, such as " in years".

    Returns
    -------
    str
        The word.

    Raises
    ------
    InputError
        If it cannot be; the message says why.

    Examples
    --------
    >>> check_kind("trademark")
    'trademark'
    >>> check_kind("patents")
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid kind 'patents'. Must be a word of its own; ... patent?
    """
    msg = f"Invalid kind {show_value(word)}{where}. Must be "
    near = find_near(str(word), KINDS, cutoff=0.8)
    is_truth = str(word).lower() in ("true", "false")
    if not isinstance(word, str) or not _WORD.fullmatch(word) or is_truth:
        words = "a further word of lower-case letters, digits and underscores"
        raise InputError(msg + f"{', '.join(KINDS)}, or {words}{suggest_name(near)}")
    if word not in KINDS and near:
        raise InputError(msg + f"a word of its own{suggest_name(near)}")
    if word not in KINDS and ({word, _pluralise(word), f"{word}_share"} & _TAKEN):
        raise InputError(msg + "another word: regions have such a column.")
    return word


def _make_kind(word: str, place: int) -> Kind:
    """Describe a kind that WIPO does not know by its word and its place among such kinds."""
    plural = _pluralise(word)
    title = plural.replace("_", " ").capitalize()
    colour, dark = _FURTHER_COLOURS[place % len(_FURTHER_COLOURS)]
    return Kind(word, plural, title, colour, dark, f"addresses of {plural.replace('_', ' ')}")


def _pluralise(word: str) -> str:
    """Give the plural by the rules of English that hold for most nouns."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith("s") and not word.endswith("ss"):
        return word  # a plural already
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def check_table(table: "pd.DataFrame", schema: Schema, *, name: str = "table") -> None:
    """Refuse a table that lacks a column of the schema or holds it in another type.

    Parameters
    ----------
    table : pandas.DataFrame
        The table at the door of a step.
    schema : mapping of str to str
        The columns it must have, each with its kind of dtype: ``"f"`` float, ``"i"`` integer
        (nullable or not), ``"s"`` text (or categories of text).
    name : str, default "table"
        What the message calls the table.

    Raises
    ------
    TypeError
        If it is not a DataFrame or a column has another type.
    ValueError
        If a column is missing or there twice.

    Examples
    --------
    >>> import pandas as pd
    >>> check_table(pd.DataFrame({"lon": [0.0], "lat": [0.0]}), {"lon": "f", "lat": "f"})
    """
    import pandas as pd  # noqa: PLC0415  # --help stays quick

    if not isinstance(table, pd.DataFrame):
        msg = f"Invalid {name} of type {type(table).__name__}. Must be a pandas DataFrame."
        raise TypeError(msg)
    missing = [column for column in schema if column not in table.columns]
    if missing:
        msg = (
            f"Invalid {name} without {', '.join(missing)}. Must have the columns "
            f"{', '.join(schema)}; found {show_names(table.columns)}."
        )
        raise ValueError(msg)
    if table.columns.isin([*schema]).sum() > len(schema):
        msg = f"Invalid {name}. Must have one name a column; found one name twice."
        raise InputError(msg)
    types = pd.api.types
    checks = {"f": types.is_float_dtype, "i": types.is_integer_dtype, "s": types.is_string_dtype}
    for column, code in schema.items():
        words = getattr(table[column].dtype, "categories", table[column])
        if not checks[code](words.dtype if code == "s" else table[column].dtype):
            msg = (
                f"Invalid column {column} of {name}. Must be {_DTYPE_WORDS[code]} column; "
                f"found {table[column].dtype}."
            )
            raise TypeError(msg)


LOCATIONS: Final[Schema] = location_columns(KINDS)
"""Columns of a location of a world of WIPO's kinds."""

REGIONS: Final[Schema] = region_columns(KINDS)
"""Columns of a region of such a world in every file, before its geometry."""
