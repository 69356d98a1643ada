"""Numbers that must lie in a range."""

import math
from numbers import Real
from typing import Final

LEAST_CONFIDENCE: Final = 0.5
"""Below, a set would be wrong more often than right."""

MOST_CONFIDENCE: Final = 0.999
"""Above, the quantile of a rank set would need too many draws."""


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
        msg = f"Invalid {name} {value!r}. Must be a number."
        raise TypeError(msg)
    low = (above is None or value > above) and (least is None or value >= least)
    high = value < math.inf if most is None else value <= most
    if not (low and high):
        bounds = [
            "" if above is None else f"greater than {above:g}",
            "" if least is None else f"at least {least:g}",
            "" if most is None else f"at most {most:.10g}",
        ]
        msg = f"Invalid {name} {value}. Must be {' and '.join(filter(None, bounds))}."
        raise ValueError(msg)


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
