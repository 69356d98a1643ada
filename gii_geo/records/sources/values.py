"""What a cell says: numbers, ids, years and counts, in SQL; `lazy_values` says it on any engine."""

import re
from typing import Final

from gii_geo.records.screen import NO_COUNT
from gii_geo.tables import SEVERAL_JOIN

NOTHING: Final = (
    r"(?i)^(n/?a|n\.a\.|#n/a|<na>|nan|nat|null|\(null\)|none|nil|missing|unknown|#null!|#value!|"
    r"#ref!|#div/0!|#num!|#name\?|\\n|\[(none|nan|null)?\]|\{\}|\?|-{1,3}|\.{1,3}|\x{2013}|\x{2014})$"
)
"""Texts that stand for no value where a number, a year or an id is expected."""

LONGEST_NOTHING: Final = 7
"""Characters of the longest of them."""

BLANKS: Final = (
    " \t\n\r\f\v\u0085\u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What is trimmed from both ends of a text, on every engine: blanks of all widths."""

PARTS: Final = "[;|\uff1b\uff5c]"
"""What parts several values of a cell."""

OWNED: Final = "\x1e"
"""Stands behind a cell of organisations, the first of which is the group of its row."""

NUMBER_TYPE: Final = re.compile(r'[A-Z]*INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|"NULL"')
TEXT_TYPES: Final = ("VARCHAR", "BLOB", "ENUM")
MOST_SHOWN: Final = 60
"""Characters of an unreadable text that a message shows."""

FIRST_YEAR: Final = 1600
LAST_YEAR: Final = 2100
"""Years of records: other calendars' (1398, 2562), serial numbers and "never" (9999) are none."""

YEAR_FIRST: Final = "^[0-9]{4}([^0-9s]|s[a-z]|$)"
"""Begins with a year; 2010s are ten."""

YEAR_LAST: Final = "(^|[^-0-9]|.[^0-9])[0-9]{4}$"
"""Ends with a year, which a minus sign alone makes none."""

SEVERAL_YEARS: Final = (
    r"(^|[^0-9])(1[6-9]|20)[0-9]{2}[^0-9](.*[^0-9])?(1[6-9]|20)[0-9]{2}([^0-9]|$)"
)
SEASON: Final = r"^[0-9]{4}[-/](1[3-9]|[2-9][0-9])$"
"""Two years, 2018-19; what could be a month is one, as in 2011-12."""

_SEASON_LETTERS: Final = 7
FIRST_MONTH: Final = 190_001
LAST_MONTH: Final = 209_912
TIME: Final = r"[ T]\d{1,2}:\d{2}.*$"
MOST_WHOLE: Final = 9.2e18
NAN, BEYOND, INFINITE = "nan", "beyond 9.2e18", "inf"
"""What is said of a number that no count can be: each engine would print it in its own way."""


def is_nothing_sql(text: str) -> str:
    """Tell in SQL whether a text stands for no value.

    Parameters
    ----------
    text : str
        An expression.

    Returns
    -------
    str
        A condition.

    Examples
    --------
    >>> is_nothing_sql("id")
    "(strlen(id) <= 7 AND (right(id, 1) NOT BETWEEN '0' AND '9') AND regexp_matches(id, '...'))"
    """
    short = f"strlen({text}) <= {LONGEST_NOTHING} AND (right({text}, 1) NOT BETWEEN '0' AND '9')"
    return f"({short} AND regexp_matches({text}, '{NOTHING}'))"


def is_text_type(kind: str) -> bool:
    """Tell whether a column of a type is read as text, be it a number or a date that it says.

    Parameters
    ----------
    kind : str
        DuckDB's type.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> is_text_type("VARCHAR"), is_text_type("DOUBLE")
    (True, False)
    """
    return not NUMBER_TYPE.fullmatch(kind) and not kind.startswith(("DATE", "TIMESTAMP"))


def text_sql(name: str | None) -> str:
    r"""Read a text in SQL, without the blanks around it; an empty one is missing.

    Parameters
    ----------
    name : str or None
        A quoted column.

    Returns
    -------
    str
        An expression.

    Examples
    --------
    >>> import duckdb
    >>> row = "SELECT '\u00a0Basel\t' AS a, ' ' AS b"
    >>> row = f"SELECT {text_sql('a')}, {text_sql('b')} FROM ({row})"
    >>> duckdb.connect().execute(row).fetchall()
    [('Basel', None)]
    """
    if name is None:
        return "NULL::VARCHAR"
    text = f"CAST({name} AS VARCHAR)"
    # Most texts have none, and to look at both ends takes a tenth of trimming every kind of blank.
    bare = f"{text} BETWEEN '!' AND '~' AND right({text}, 1) BETWEEN '!' AND '~'"
    return f"CASE WHEN {bare} THEN {text} ELSE nullif(trim({text}, '{BLANKS}'), '') END"


def join_sql(name: str) -> str:
    """Write a list of texts in SQL as one text, `SEVERAL_JOIN` behind each.

    Parameters
    ----------
    name : str
        A quoted column of lists.

    Returns
    -------
    str
        An expression.
    """
    return f"array_to_string({name}, chr({ord(SEVERAL_JOIN)})) || chr({ord(SEVERAL_JOIN)})"


def record_sql(name: str | None, kind: str) -> str:
    """Read an id in SQL: a whole number is written without a point.

    Parameters
    ----------
    name : str or None
        A quoted column, of texts trimmed before.
    kind : str
        Its type.

    Returns
    -------
    str
        An expression.
    """
    if name is None:
        return "NULL::VARCHAR"
    text = name
    if kind.startswith("TIMESTAMP"):
        return _write_moment_sql(name, kind)
    if kind in ("DATE", "TIME", "BOOLEAN", "UUID"):
        return f"CAST({name} AS VARCHAR)"
    if kind.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        text = text_sql(name)
        whole = f"{name} = floor({name}) AND abs({name}) < {MOST_WHOLE}"
        text = f"CASE WHEN {whole} THEN CAST(try_cast({name} AS BIGINT) AS VARCHAR) ELSE {text} END"
    elif not NUMBER_TYPE.fullmatch(kind):
        whole = f"ends_with({text}, '0') AND regexp_full_match({text}, '-?[0-9]+\\.0+')"
        text = f"CASE WHEN {whole} THEN split_part({text}, '.', 1) ELSE {text} END"
        # Most ids, in half of the time that it takes to look at all of that.
        is_plain = f"strlen({name}) > {LONGEST_NOTHING} AND NOT ends_with({name}, '0')"
        return f"CASE WHEN {is_plain} THEN {name} WHEN NOT {is_nothing_sql(text)} THEN {text} END"
    elif kind:
        return f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN NOT {is_nothing_sql(text)} THEN {text} END"


def year_sql(name: str | None, kind: str) -> tuple[str, str]:
    """Read a year in SQL: a number, a date, or a text that begins or ends with one alone.

    Parameters
    ----------
    name : str or None
        A quoted column, of texts trimmed before.
    kind : str
        Its type.

    Returns
    -------
    year : str
        An expression, missing where there is no year.
    text : str
        An expression for what stands there, missing where nothing does.
    """
    if name is None:
        return "NULL::BIGINT", "NULL::VARCHAR"
    if _has_zone(kind):
        name, kind = _moment_sql(name, kind), "TIMESTAMP"
    text = f"left(CAST({name} AS VARCHAR), {MOST_SHOWN})"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"CASE WHEN {_is_year_sql(f'year({name})')} THEN year({name})::BIGINT END", text
    if NUMBER_TYPE.fullmatch(kind):
        number = name if "INT" in kind else f"floor({name})"
        return _number_year_sql(f"try_cast({number} AS BIGINT)"), text
    text = f"CASE WHEN NOT {is_nothing_sql(name)} THEN {text} END"
    read = name
    date = f"trim(regexp_replace({read}, '{TIME}', ''))"
    whole, first, last = (
        _number_year_sql(f"try_cast({part} AS BIGINT)")
        for part in (f"split_part({read}, '.', 1)", f"left({read}, 4)", f"right({date}, 4)")
    )
    year = (
        f"CASE WHEN length({read}) = 4 AND {_is_year_sql(f'try_cast({read} AS BIGINT)')} "
        f"THEN try_cast({read} AS BIGINT) "
        f"WHEN regexp_full_match({read}, '[0-9]{{1,15}}(\\.0*)?') THEN {whole} "
        f"WHEN length({read}) > 8 AND NOT (length({read}) = 10 AND {read}[8] = '-') "  # quick
        f"AND regexp_matches({date}, '{SEVERAL_YEARS}') THEN NULL "
        f"WHEN length({read}) = {_SEASON_LETTERS} AND regexp_matches({read}, '{SEASON}') THEN NULL "
        f"WHEN regexp_matches({read}, '{YEAR_FIRST}') THEN {first} "
        f"WHEN regexp_matches({date}, '{YEAR_LAST}') THEN {last} END"
    )
    return year, text


def _has_zone(kind: str) -> bool:
    """Tell whether a type is of instants with a time zone, in whatever unit."""
    return kind.startswith("TIMESTAMP") and kind.endswith(("TIME ZONE", "TZ", "TZ_NS"))


def _moment_sql(name: str, kind: str) -> str:
    """Give a timestamp as it stands, one with a time zone in UTC on every machine."""
    instant = f"CAST({name} AS TIMESTAMP WITH TIME ZONE)" if _has_zone(kind) else name
    return f"make_timestamp(epoch_us({instant}))"


def _write_moment_sql(name: str, kind: str) -> str:
    """Write a timestamp as text tables have it, the same by whichever engine it is read."""
    moment = f"strftime({_moment_sql(name, kind)}, '%Y-%m-%d %H:%M:%S.%f')"
    if kind.endswith("_NS"):
        finer = f"strftime(make_timestamp_ns(epoch_ns({name})), '%Y-%m-%d %H:%M:%S.%n')"
        moment = f"regexp_replace({finer}, '000$', '')"
    return f"regexp_replace({moment}, '[.]0+$', '')"


def _is_year_sql(number: str) -> str:
    """Tell whether a whole number is a year of records."""
    return f"{number} BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"


def _number_year_sql(number: str) -> str:
    """Read a year from a whole number such as 2019, 201903, 20190315 or 20190315103000."""
    return (
        f"CASE WHEN {_is_year_sql(number)} THEN {number} "
        f"WHEN {number} BETWEEN {FIRST_MONTH} AND {LAST_MONTH} "
        f"AND {number} % 100 BETWEEN 1 AND 12 THEN {number} // 100 "
        + " ".join(
            f"WHEN {number} BETWEEN {FIRST_YEAR * 10**digits} AND {LAST_YEAR + 1}{'0' * digits} "
            f"AND ({number} // {10 ** (digits - 2)}) % 100 BETWEEN 1 AND 12 "
            f"AND ({number} // {10 ** (digits - 4)}) % 100 BETWEEN 1 AND 31 "
            f"THEN {number} // {10**digits}"
            for digits in (4, 8, 10)
        )
        + " END"
    )


def number_sql(name: str, kind: str) -> str:
    """Read a number in SQL: `1_000` and `NaN` are none, which DuckDB alone takes for numbers.

    Parameters
    ----------
    name : str
        A quoted column.
    kind : str
        Its type.

    Returns
    -------
    str
        An expression.

    Examples
    --------
    >>> import duckdb
    >>> texts = (number_sql(text, "VARCHAR") for text in ["'1e3'", "'1_000'"])
    >>> duckdb.sql(f"SELECT {', '.join(texts)}").fetchall()
    [(1000.0, None)]
    """
    number = f"try_cast({name} AS DOUBLE)"
    if not kind.startswith(TEXT_TYPES):
        return number
    return f"CASE WHEN NOT contains({name}, '_') THEN nullif({number}, 'nan'::DOUBLE) END"


def count_sql(name: str, kind: str, column: str) -> tuple[str, str, str]:
    """Read a count in SQL.

    Parameters
    ----------
    name : str
        A quoted column.
    kind : str
        Its type.
    column : str
        Its name.

    Returns
    -------
    count : str
        An expression, missing for what is no whole number.
    part : str
        A condition of a CASE with what to say of a count that is a part of an address.
    problem : str
        An expression for why what stands there cannot be a count.
    """
    if "INT" in kind:
        return name, "", "NULL::VARCHAR"
    is_text = kind.startswith(TEXT_TYPES)
    read = f"CASE WHEN NOT {is_nothing_sql(name)} THEN {name} END"
    read = read if is_text else name
    number = number_sql(name, kind)
    count = f"try_cast(CASE WHEN {number} = floor({number}) THEN {number} END AS BIGINT)"
    shown = f"left(CAST({read} AS VARCHAR), {MOST_SHOWN})"
    is_part = f"{number} <> floor({number}) AND isfinite({number})"
    told = "'" + column.replace("'", "''") + " '''"
    part = f"WHEN {is_part} THEN {told} || {shown} || ''''"
    unfit = f"{number} IS NOT NULL AND {count} IS NULL AND NOT ({is_part})"
    if not is_text:
        shown = (
            f"CASE WHEN isnan({number}) THEN '{NAN}' WHEN isfinite({number}) THEN '{BEYOND}' "
            f"ELSE '{INFINITE}' END"
        )
    problem = f"CASE WHEN {unfit} THEN '{NO_COUNT}: ' || {shown} END"
    return count, part, problem
