"""What a cell says on any engine, as `values` says it in SQL for DuckDB."""

from typing import Any, Final

import narwhals as nw

from gii_geo.records.screen import NO_COUNT
from gii_geo.records.sources.values import (
    BEYOND,
    BLANKS,
    FIRST_MONTH,
    FIRST_YEAR,
    INFINITE,
    LAST_MONTH,
    LAST_YEAR,
    LONGEST_NOTHING,
    MOST_SHOWN,
    MOST_WHOLE,
    NAN,
    NOTHING,
    SEASON,
    SEVERAL_YEARS,
    TIME,
    YEAR_FIRST,
    YEAR_LAST,
)

_NUMBER: Final = r"(?i)^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$|^[+-]?inf(inity)?$"
_MOST_DIGITS: Final = 1e15


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
    short = text.str.len_chars() <= LONGEST_NOTHING
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
    if isinstance(dtype, nw.Datetime):
        if dtype.time_zone is not None:
            record = record.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        parts = record.dt.microsecond().cast(nw.String).str.zfill(6)
        if dtype.time_unit == "ns":
            parts = record.dt.nanosecond().cast(nw.String).str.zfill(9)
            parts = parts.str.replace_all("000$", "")
        seconds = record.dt.to_string("%Y-%m-%d %H:%M:%S")
        moment = nw.concat_str([seconds, parts], separator=".")
        return moment.str.replace_all("[.]0+$", "")
    if dtype.is_integer():
        return record.cast(nw.String)
    text: Any = record.cast(nw.String)
    if dtype.is_float() or dtype.is_decimal():
        number = record.cast(nw.Float64)
        bounded = nw.when(number.abs() < MOST_WHOLE).then(number)
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
        year = value.dt.year().cast(nw.Int64)
        return nw.when(_is_year(year)).then(year), value.cast(nw.String).str.slice(0, MOST_SHOWN)
    text = value.cast(nw.String)
    if dtype.is_numeric():
        number = value.cast(nw.Float64)
        whole = nw.when(number.abs() < _MOST_DIGITS).then(number.floor()).cast(nw.Int64)
        return _number_year(whole), text.str.slice(0, MOST_SHOWN)
    is_whole = text.str.contains(r"^[0-9]{1,15}(\.0*)?$")
    first = text.str.contains(YEAR_FIRST)
    date = strip_blanks(text.str.replace_all(TIME, ""))
    last = date.str.contains(YEAR_LAST)
    several = (text.str.len_chars() > 8) & date.str.contains(SEVERAL_YEARS)  # noqa: PLR2004
    several = several | text.str.contains(SEASON)
    part = nw.when(first).then(text.str.slice(0, 4)).otherwise(nw.when(last).then(date.str.tail(4)))
    digits = (
        nw.when(is_whole)
        .then(text.str.replace_all(r"\..*$", ""))
        .otherwise(nw.when(~several).then(part))
    )
    return _number_year(digits.cast(nw.Int64)), nw.when(~_is_nothing(text)).then(
        text.str.slice(0, MOST_SHOWN)
    )


def _number_year(number: nw.Expr) -> nw.Expr:
    """Read a year from a whole number, as `_number_year_sql` does."""
    year = nw.lit(None).cast(nw.Int64)
    for digits in (10, 8, 4):
        month = number // 10 ** (digits - 2) % 100
        day = number // 10 ** (digits - 4) % 100
        within = number.is_between(FIRST_YEAR * 10**digits, (LAST_YEAR + 1) * 10**digits)
        fits = within & month.is_between(1, 12) & day.is_between(1, 31)
        year = nw.when(fits).then(number // 10**digits).otherwise(year)
    fits = number.is_between(FIRST_MONTH, LAST_MONTH) & (number % 100).is_between(1, 12)
    year = nw.when(fits).then(number // 100).otherwise(year)
    return nw.when(_is_year(number)).then(number).otherwise(year)


def _is_year(number: nw.Expr) -> nw.Expr:
    """Tell whether a whole number is a year of records, as `_is_year_sql` does."""
    return number.is_between(FIRST_YEAR, LAST_YEAR)


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
    bounded = nw.when(number.abs() < MOST_WHOLE).then(number)
    is_whole = bounded == bounded.floor()
    count = nw.when(is_whole).then(bounded).cast(nw.Int64)
    if dtype.is_numeric():
        text = number.cast(nw.String)
        huge = nw.when(number.is_finite()).then(nw.lit(BEYOND)).otherwise(nw.lit(INFINITE))
        shown = nw.when(number.is_nan()).then(nw.lit(NAN)).otherwise(huge)
    else:
        text = shown = value.str.slice(0, MOST_SHOWN)
    part = nw.concat_str(nw.lit(f"{column} '"), text, nw.lit("'"))
    unread = nw.when(~bounded.is_null() & ~is_whole).then(part).otherwise(unread)
    unfit = ~number.is_null() & bounded.is_null()
    problem = nw.when(unfit).then(nw.concat_str(nw.lit(f"{NO_COUNT}: "), shown))
    return count, unread, problem
