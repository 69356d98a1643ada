"""What is handed over must be: numbers in a range, known names, values of a type."""

import difflib
import itertools
import math
import re
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from types import UnionType
from typing import Any, Final

LEAST_CONFIDENCE: Final = 0.5
"""Below, a set would be wrong more often than right."""

MOST_CONFIDENCE: Final = 0.999
"""Above, the quantile of a rank set would need too many draws."""

LEAST_RADIUS_KM: Final = 0.05
"""Finer than addresses are known: below, regions are as fine as the decimals of coordinates."""

MOST_MINIMUM: Final = 10**10
"""More addresses than a world can hold: weights are whole numbers of 63 bits."""

MOST_SCORE_WEIGHT: Final = 1e9
"""Beyond any weight that is meant; scores stay finite and tell their digits."""

_SHOWN: Final = 60
_SHOWN_TOGETHER: Final = 600
_LONG: Final = 10**_SHOWN


def check_number(
    name: str,
    value: float,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """Refuse what is no finite number in a range.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : float
        What should be a number.
    above, least, most : float, optional
        Must be greater than, at least, at most; by default anything finite will do.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is outside the range.

    Examples
    --------
    >>> check_number("share", 1.5, least=0, most=1)
    Traceback (most recent call last):
    ValueError: Invalid share 1.5. Must be at least 0 and at most 1.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        msg = f"Invalid {name} {show_value(value)}. Must be a number."
        raise TypeError(msg)
    low = (above is None or value > above) and (least is None or value >= least)
    high = value < math.inf if most is None else value <= most
    if not (low and high):
        bounds = [
            "" if above is None else f"greater than {above:g}",
            "" if least is None else f"at least {least:g}",
            "" if most is None else f"at most {most:.11g}",
            "finite" if most is None and not value < math.inf else "",
        ]
        shown = show_value(value, str)
        msg = f"Invalid {name} {shown}. Must be {' and '.join(filter(None, bounds))}."
        raise ValueError(msg)


def is_span(value: object) -> bool:
    """Tell whether a value is a first and a last year, in order.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool
        Whether it is a list or tuple of two whole numbers, the second not below the first.

    Examples
    --------
    >>> is_span((2018, 2018)), is_span([2018, 2017]), is_span(2018)
    (True, False, False)
    """
    if not isinstance(value, list | tuple):
        return False
    whole = [isinstance(year, Integral) and not isinstance(year, bool) for year in value]
    return whole == [True, True] and bool(value[0] <= value[1])


def check_span(name: str, value: object, *, of: str = "") -> None:
    """Refuse what is not a first and a last year, in order.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
        What should be one.
    of : str, default ""
        Whose it is, such as " of patent".

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> check_span("window", (2018, 2017))
    Traceback (most recent call last):
    ValueError: Invalid window (2018, 2017). Must be a first and a last year, in order.
    """
    if not is_span(value):
        msg = f"Invalid {name} {show_value(value)}{of}. Must be a first and a last year, in order."
        raise ValueError(msg)


def show_value(value: object, write: Callable[[Any], str] = repr) -> str:
    """Write a value for a message, cut where it is long.

    Parameters
    ----------
    value : object
        Anything.
    write : callable
        How it is written.

    Returns
    -------
    str
        At most 60 letters and three dots.

    Examples
    --------
    >>> show_value("a"), show_value("x" * 1000), show_value(10**5000)
    ("'a'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", 'of 16,610 bits')
    """
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        value = value.item()  # type: ignore[attr-defined]  # as Python writes it
    if isinstance(value, int) and abs(value) >= _LONG:
        return f"of {value.bit_length():,} bits"
    text = write(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def show_names(names: Iterable[object]) -> str:
    """Write the names of columns for a message, cut where they are long or many.

    Parameters
    ----------
    names : iterable of object
        The names.

    Returns
    -------
    str
        Those of the first 600 letters, and how many there are more.

    Examples
    --------
    >>> show_names(["lon", "lat"]), show_names(["x" * 57] * 20)[-20:]
    ('lon, lat', 'xxxxxxxx and 10 more')
    """
    shown = [show_value(name, str) for name in names]
    ends = itertools.accumulate(len(name) + len(", ") for name in shown)
    fit = max(1, sum(end <= _SHOWN_TOGETHER for end in ends))
    more = f" and {len(shown) - fit:,} more" if shown[fit:] else ""
    return ", ".join(shown[:fit]) + more


def find_near(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Find the name that may have been meant.

    Parameters
    ----------
    name : str
        What was given; letter case does not matter, nor what stands between words.
    known : iterable of str
        The names that there are.
    cutoff : float, default 0.6
        How much alike two names must be, 0 to 1.

    Returns
    -------
    str or None
        None where none is near.

    Examples
    --------
    >>> find_near("Rnus", ["runs", "keep"]), find_near("x", ["runs"])
    ('runs', None)
    """
    plain = re.sub(r"\W+", "_", name.strip().lower())
    return next(iter(difflib.get_close_matches(plain, [*known], n=1, cutoff=cutoff)), None)


def suggest_name(near: str | None) -> str:
    """End a message with the name that may have been meant.

    Parameters
    ----------
    near : str or None
        From `find_near`.

    Returns
    -------
    str
        A full stop where there is none.

    Examples
    --------
    >>> suggest_name("runs"), suggest_name(None)
    ('; did you mean runs?', '.')
    """
    return "." if near is None else f"; did you mean {near}?"


def check_confidence(value: float) -> None:
    """Refuse what is no confidence of a rank set.

    Parameters
    ----------
    value : float
        What should be one, 0.5 to 0.999.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is outside the range.

    Examples
    --------
    >>> check_confidence(95)
    Traceback (most recent call last):
    ValueError: Invalid confidence 95. Must be at least 0.5 and at most 0.999.
    """
    check_number("confidence", value, least=LEAST_CONFIDENCE, most=MOST_CONFIDENCE)


def check_flag(name: str, value: object, *, error: type[Exception] = ValueError) -> bool:
    """Refuse what is neither yes nor no, such as the text "no", which Python takes for yes.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
        What should be True or False, of Python or of NumPy.
    error : type of Exception, default ValueError
        What is raised.

    Returns
    -------
    bool
        The same.

    Raises
    ------
    ValueError
        If it is neither, or the other error that is named.

    Examples
    --------
    >>> check_flag("rank_sets", "no")
    Traceback (most recent call last):
    ValueError: Invalid rank_sets 'no'. Must be True or False.
    """
    try:
        is_flag = value in (True, False)
    except (TypeError, ValueError):  # of several values, or of one that nobody knows
        is_flag = False
    if not is_flag:
        msg = f"Invalid {name} {show_value(value)}. Must be True or False."
        raise error(msg)
    return bool(value)


def check_given(
    name: str,
    value: object,
    expected: type | UnionType,
    *,
    must: str,
    error: type[Exception] = TypeError,
) -> None:
    """Refuse what is of another type.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
        What was handed over.
    expected : type or union of types
        What it must be.
    must : str
        The same in words, behind "Must".
    error : type of Exception, default TypeError
        What is raised.

    Raises
    ------
    TypeError
        If it is not, or the other error that is named.

    Examples
    --------
    >>> check_given("columns", ["lon"], dict, must="map role to column")
    Traceback (most recent call last):
    TypeError: Invalid columns. Must map role to column; found list.
    """
    if not isinstance(value, expected):
        msg = f"Invalid {name}. Must {must}; found {type(value).__name__}."
        raise error(msg)
