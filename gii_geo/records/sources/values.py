"""What a cell says: numbers, ids, years and counts, the same whatever engine holds them."""

import re
from typing import Any, Final

import narwhals as nw

from gii_geo.records.screen import NO_COUNT

NOTHING: Final = (
    r"(?i)^(n/?a|n\.a\.|#n/a|<na>|nan|nat|null|\(null\)|none|nil|missing|unknown|#null!|#value!|"
    r"#ref!|#div/0!|#num!|#name\?|\\n|\?|-{1,3}|\.{1,3}|\x{2013}|\x{2014})$"
)
"""Texts that stand for no value where a number, a year or an id is expected."""

_LONGEST_NOTHING: Final = 7
BLANKS: Final = (
    " \t\n\r\f\v\u0085\u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What is trimmed from both ends of a text, on every engine: blanks of all widths."""

_NUMBER: Final = r"(?i)^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$|^[+-]?inf(inity)?$"
NUMBER_TYPE: Final = re.compile(r'[A-Z]*INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|"NULL"')
TEXT_TYPES: Final = ("VARCHAR", "BLOB", "ENUM")
MOST_SHOWN: Final = 60
"""Characters of an unreadable text that a message shows."""

_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 2999
_FIRST_MONTH: Final = 190_001
_LAST_MONTH: Final = 209_912
_TIME: Final = r"[ T]\d{1,2}:\d{2}.*$"
_MOST_WHOLE: Final = 9.2e18
_MOST_DIGITS: Final = 1e15
_NAN, _BEYOND, _INFINITE = "nan", "beyond 9.2e18", "inf"
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
    short = f"strlen({text}) <= {_LONGEST_NOTHING} AND (right({text}, 1) NOT BETWEEN '0' AND '9')"
    return f"({short} AND regexp_matches({text}, '{NOTHING}'))"


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
    if kind.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        text = text_sql(name)
        whole = f"{name} = floor({name}) AND abs({name}) < {_MOST_WHOLE}"
        text = f"CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE {text} END"
    elif not NUMBER_TYPE.fullmatch(kind):
        whole = f"ends_with({text}, '0') AND regexp_full_match({text}, '-?[0-9]+\\.0+')"
        text = f"CASE WHEN {whole} THEN split_part({text}, '.', 1) ELSE {text} END"
    elif kind:
        return f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN NOT {is_nothing_sql(text)} THEN {text} END"


def year_sql(name: str | None, kind: str) -> tuple[str, str]:
    """Read a year in SQL: a number, a date, or a text that begins or ends with one.

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
    if kind == "TIMESTAMP WITH TIME ZONE":
        name, kind = f"make_timestamp(epoch_us({name}))", "TIMESTAMP"  # UTC on every machine
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"year({name})::BIGINT", "NULL::VARCHAR"
    text = f"left(CAST({name} AS VARCHAR), {MOST_SHOWN})"
    if NUMBER_TYPE.fullmatch(kind):
        number = name if "INT" in kind else f"floor({name})"
        return _number_year_sql(f"try_cast({number} AS BIGINT)"), text
    text = f"CASE WHEN NOT {is_nothing_sql(name)} THEN {text} END"
    read = name
    date = f"trim(regexp_replace({read}, '{_TIME}', ''))"
    whole, first, last = (
        _number_year_sql(f"try_cast({part} AS BIGINT)")
        for part in (f"split_part({read}, '.', 1)", f"left({read}, 4)", f"right({date}, 4)")
    )
    year = (
        f"CASE WHEN length({read}) = 4 AND try_cast({read} AS BIGINT) "
        f"BETWEEN {_FIRST_YEAR} AND {_LAST_YEAR} THEN try_cast({read} AS BIGINT) "
        f"WHEN regexp_full_match({read}, '[0-9]{{1,15}}(\\.0*)?') THEN {whole} "
        f"WHEN regexp_matches({read}, '^[0-9]{{4}}([^0-9]|$)') THEN {first} "
        f"WHEN regexp_matches({date}, '(^|[^0-9])[0-9]{{4}}$') THEN {last} END"
    )
    return year, text


def _number_year_sql(number: str) -> str:
    """Read a year from a whole number such as 2019, 201903, 20190315 or 20190315103000."""
    return (
        f"CASE WHEN {number} BETWEEN {_FIRST_YEAR} AND {_LAST_YEAR} THEN {number} "
        f"WHEN {number} BETWEEN {_FIRST_MONTH} AND {_LAST_MONTH} "
        f"AND {number} % 100 BETWEEN 1 AND 12 THEN {number} // 100 "
        + " ".join(
            f"WHEN {number} BETWEEN {_FIRST_YEAR * 10**digits} AND {_LAST_YEAR + 1}{'0' * digits} "
            f"AND ({number} // {10 ** (digits - 2)}) % 100 BETWEEN 1 AND 12 "
            f"AND ({number} // {10 ** (digits - 4)}) % 100 BETWEEN 1 AND 31 "
            f"THEN {number} // {10**digits}"
            for digits in (4, 8, 10)
        )
        + " END"
    )


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
    read = f"CASE WHEN NOT {is_nothing_sql(name)} THEN {name} END"
    read = read if kind.startswith(TEXT_TYPES) else name
    number = f"try_cast({name} AS DOUBLE)"
    count = f"try_cast(CASE WHEN {number} = floor({number}) THEN {number} END AS BIGINT)"
    shown = f"left(CAST({read} AS VARCHAR), {MOST_SHOWN})"
    is_part = f"{number} <> floor({number}) AND isfinite({number})"
    told = "'" + column.replace("'", "''") + " '''"
    part = f"WHEN {is_part} THEN {told} || {shown} || ''''"
    unfit = f"{number} IS NOT NULL AND {count} IS NULL AND NOT ({is_part})"
    if not kind.startswith(TEXT_TYPES):
        shown = (
            f"CASE WHEN isnan({number}) THEN '{_NAN}' WHEN isfinite({number}) THEN '{_BEYOND}' "
            f"ELSE '{_INFINITE}' END"
        )
    problem = f"CASE WHEN {unfit} THEN '{NO_COUNT}: ' || {shown} END"
    return count, part, problem


def strip_blanks(value: nw.Expr) -> nw.Expr:
    """Give a column as texts without the blanks around them, as `text_sql` does.

    Parameters
    ----------
    value : narwhals.Expr
        A column.

    Returns
    -------
    narwhals.Expr
        Texts, missing where nothing is left.
    """
    text = value.cast(nw.String)
    bare = text.is_between(nw.lit("!"), nw.lit("~")) & text.str.tail(1).is_between(
        nw.lit("!"), nw.lit("~")
    )
    stripped = text.str.strip_chars(BLANKS)
    return nw.when(bare).then(text).otherwise(nw.when(stripped != "").then(stripped))


def _is_nothing(text: nw.Expr) -> nw.Expr:
    """Tell whether a text stands for no value, as `is_nothing_sql` does."""
    short = text.str.len_chars() <= _LONGEST_NOTHING
    return (
        short & ~text.str.tail(1).is_between(nw.lit("0"), nw.lit("9")) & text.str.contains(NOTHING)
    )


def read_number(value: nw.Expr, dtype: Any, column: str) -> tuple[nw.Expr, nw.Expr]:  # noqa: ANN401
    """Read a number on any engine, also one that stands in a text.

    Parameters
    ----------
    value : narwhals.Expr
        A column, of texts from `strip_blanks`.
    dtype : narwhals.dtypes.DType
        Its type.
    column : str
        Its name.

    Returns
    -------
    number : narwhals.Expr
        A floating-point number, missing where there is none.
    unread : narwhals.Expr
        What to say of a text that is none, else missing.
    """
    if dtype.is_numeric():
        return value.cast(nw.Float64), nw.lit(None).cast(nw.String)
    is_number = value.str.contains(_NUMBER)
    number = nw.when(is_number).then(value).cast(nw.Float64)
    shown = value.str.slice(0, MOST_SHOWN)
    told = nw.concat_str(nw.lit(f"{column} '"), shown, nw.lit("'"))
    return number, nw.when(~is_number & ~_is_nothing(value)).then(told)


def read_record(record: nw.Expr, dtype: Any) -> nw.Expr:  # noqa: ANN401
    """Read an id on any engine, as `record_sql` does.

    Parameters
    ----------
    record : narwhals.Expr
        A column, of texts from `strip_blanks`.
    dtype : narwhals.dtypes.DType
        Its type.

    Returns
    -------
    narwhals.Expr
        A text.
    """
    if dtype.is_integer():
        return record.cast(nw.String)
    text: Any = record.cast(nw.String)
    if dtype.is_float() or dtype.is_decimal():
        number = record.cast(nw.Float64)
        bounded = nw.when(number.abs() < _MOST_WHOLE).then(number)
        whole = bounded == bounded.floor()
        known = bounded.cast(nw.Int64).cast(nw.String)
        text = nw.when(whole).then(known).otherwise(text)
    else:
        whole = (text.str.tail(1) == "0") & text.str.contains(r"^-?[0-9]+\.0+$")
        text = nw.when(whole).then(text.str.replace_all(r"\.0+$", "")).otherwise(text)
    return nw.when(~_is_nothing(text)).then(text)


def read_year(value: nw.Expr, dtype: Any) -> tuple[nw.Expr, nw.Expr]:  # noqa: ANN401
    """Read a year on any engine, as `year_sql` does.

    Parameters
    ----------
    value : narwhals.Expr
        A column, of texts from `strip_blanks`.
    dtype : narwhals.dtypes.DType
        Its type.

    Returns
    -------
    year : narwhals.Expr
        A whole number, missing where there is no year.
    text : narwhals.Expr
        What stands there, missing where nothing does.
    """
    if isinstance(dtype, nw.Date | nw.Datetime):
        if getattr(dtype, "time_zone", None) is not None:
            value = value.dt.convert_time_zone("UTC")
        return value.dt.year().cast(nw.Int64), nw.lit(None).cast(nw.String)
    text = value.cast(nw.String)
    if dtype.is_numeric():
        number = value.cast(nw.Float64)
        whole = nw.when(number.abs() < _MOST_DIGITS).then(number.floor()).cast(nw.Int64)
        return _number_year(whole), text.str.slice(0, MOST_SHOWN)
    is_whole = text.str.contains(r"^[0-9]{1,15}(\.0*)?$")
    first = text.str.contains(r"^[0-9]{4}([^0-9]|$)")
    date = strip_blanks(text.str.replace_all(_TIME, ""))
    last = date.str.contains(r"(^|[^0-9])[0-9]{4}$")
    part = nw.when(first).then(text.str.slice(0, 4)).otherwise(nw.when(last).then(date.str.tail(4)))
    digits = nw.when(is_whole).then(text.str.replace_all(r"\..*$", "")).otherwise(part)
    return _number_year(digits.cast(nw.Int64)), nw.when(~_is_nothing(text)).then(
        text.str.slice(0, MOST_SHOWN)
    )


def _number_year(number: nw.Expr) -> nw.Expr:
    """Read a year from a whole number, as `_number_year_sql` does."""
    year = nw.lit(None).cast(nw.Int64)
    for digits in (10, 8, 4):
        month = number // 10 ** (digits - 2) % 100
        day = number // 10 ** (digits - 4) % 100
        within = number.is_between(_FIRST_YEAR * 10**digits, (_LAST_YEAR + 1) * 10**digits)
        fits = within & month.is_between(1, 12) & day.is_between(1, 31)
        year = nw.when(fits).then(number // 10**digits).otherwise(year)
    fits = number.is_between(_FIRST_MONTH, _LAST_MONTH) & (number % 100).is_between(1, 12)
    year = nw.when(fits).then(number // 100).otherwise(year)
    plain = number.is_between(_FIRST_YEAR, _LAST_YEAR)
    return nw.when(plain).then(number).otherwise(year)


def read_count(
    value: nw.Expr,
    dtype: Any,  # noqa: ANN401
    column: str,
) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    """Read a count on any engine, as `count_sql` does.

    Parameters
    ----------
    value : narwhals.Expr
        A column of numbers, or of texts that say them.
    dtype : narwhals.dtypes.DType
        Its type.
    column : str
        Its name.

    Returns
    -------
    count : narwhals.Expr
        A whole number, missing for what is none.
    unread : narwhals.Expr
        What to say of a text that is no number, or of a part of an address; else missing.
    problem : narwhals.Expr
        Why what stands there cannot be a count, else missing.
    """
    number, unread = read_number(value, dtype, column)
    # Bounded first: neither infinity nor NaN has a whole part on every engine.
    bounded = nw.when(number.abs() < _MOST_WHOLE).then(number)
    is_whole = bounded == bounded.floor()
    count = nw.when(is_whole).then(bounded).cast(nw.Int64)
    if dtype.is_numeric():
        text = number.cast(nw.String)
        huge = nw.when(number.is_finite()).then(nw.lit(_BEYOND)).otherwise(nw.lit(_INFINITE))
        shown = nw.when(number.is_nan()).then(nw.lit(_NAN)).otherwise(huge)
    else:
        text = shown = value.str.slice(0, MOST_SHOWN)
    part = nw.concat_str(nw.lit(f"{column} '"), text, nw.lit("'"))
    unread = nw.when(~bounded.is_null() & ~is_whole).then(part).otherwise(unread)
    unfit = ~number.is_null() & bounded.is_null()
    problem = nw.when(unfit).then(nw.concat_str(nw.lit(f"{NO_COUNT}: "), shown))
    return count, unread, problem
