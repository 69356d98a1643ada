"""What stands as key=value on the command line: columns, weights, years, and any setting."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from gii_geo.ranges import show_value
from gii_geo.toml_text import read_toml

if TYPE_CHECKING:
    from gii_geo.settings import Settings

_SPAN: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


def read_pair(pair: str, name: str, form: str) -> tuple[str, str]:
    """Read a key and its value.

    Parameters
    ----------
    pair : str
        Such as "lon=longitude".
    name : str
        What the message calls it.
    form : str
        What it must be.

    Returns
    -------
    key : str
        What stands before the first equals sign.
    value : str
        What stands behind it.

    Raises
    ------
    ValueError
        If there is no key, no equals sign or no value.
    """
    key, equals, value = pair.partition("=")
    if not (key and equals and value):
        msg = f"Invalid {name} {show_value(pair)}. Must be {form}."
        raise ValueError(msg)
    return key, value


def read_once(pairs: Sequence[str] | None, name: str, form: str) -> dict[str, str]:
    """Read key=value pairs each key of which may stand once.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "lon=longitude".
    name : str
        What a message calls one.
    form : str
        What one must be.

    Returns
    -------
    dict of str to str
        Key to value.

    Raises
    ------
    ValueError
        If one is no pair, or a key is given twice.

    Examples
    --------
    >>> read_once(["lon=x", "lon=y"], "column", "role=column")
    Traceback (most recent call last):
    ValueError: Invalid column lon, given twice. Must be given once.
    """
    read: dict[str, str] = {}
    for pair in pairs or []:
        key, value = read_pair(pair, name, form)
        if key in read:
            msg = f"Invalid {name} {key}, given twice. Must be given once."
            raise ValueError(msg)
        read[key] = value
    return read


def read_vary(texts: Sequence[str], settings: "Settings") -> dict[str, list[Any]]:
    """Read the values that settings are to take.

    Parameters
    ----------
    texts : sequence of str
        Such as "radius_km=10,15", "score_weights.deal=0.5,1" or "kinds=patent+deal,patent".
    settings : Settings
        What they vary: a value for one kind leaves those of the others as they are.

    Returns
    -------
    dict of str to list
        Setting to values; of several kinds every combination.

    Examples
    --------
    >>> from gii_geo.settings import Settings
    >>> read_vary(["radius_km=10,15", "score_weights.deal=0.5,1"], Settings())
    {'radius_km': [10, 15], 'score_weights': [{'deal': 0.5}, {'deal': 1}]}
    """
    form = "name=value,value, such as radius_km=10,15"
    choices: dict[str, list[Any]] = {}
    for key, text in read_once(texts, "values", form).items():
        name = key.partition(".")[0]
        values = [
            value.replace("+", ",") if name == "kinds" else value for value in text.split(",")
        ]
        before = choices.get(name, [_list_changed(settings, name)])
        changes = [_read_change(key, value) for value in values]
        choices[name] = [
            lay_over({name: one}, change)[name] for one in before for change in changes
        ]
    return choices


def _list_changed(settings: "Settings", name: str) -> dict[str, Any] | None:
    """List what a setting says of kinds that is not usual; nothing of another setting."""
    values = getattr(settings, name, None)
    if not isinstance(values, Mapping):
        return None
    return {kind: value for kind, value in values.items() if value != 1}  # a weight's usual one


def read_ranges(texts: Sequence[str] | None) -> dict[str, tuple[float, float] | None]:
    """Read the ranges that choices are drawn from.

    Parameters
    ----------
    texts : sequence of str or None
        Such as "radius_km=10-20", or "counting=none" for a choice that is to stay.

    Returns
    -------
    dict of str to (float, float) or None
        Choice to its range.

    Raises
    ------
    ValueError
        If one is no range.

    Examples
    --------
    >>> read_ranges(["radius_km=10-20", "counting=none"])
    {'radius_km': (10.0, 20.0), 'counting': None}
    """
    form = "name=low-high, such as radius_km=10-20, or name=none"
    ranges: dict[str, tuple[float, float] | None] = {}
    for name, text in read_once(texts, "range", form).items():
        try:
            low, _, high = text.partition("-")
            ranges[name] = None if text == "none" else (float(low), float(high))
        except ValueError:
            msg = f"Invalid range {name}={text}. Must be {form}."
            raise ValueError(msg) from None
    return ranges


def read_roles(pairs: Sequence[str] | None) -> dict[str, str]:
    """Read which column plays which role.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "lon=longitude".

    Returns
    -------
    dict of str to str
        Role to column.
    """
    return read_once(pairs, "column", "role=column, such as lon=longitude")


def read_weights(pairs: Sequence[str] | None) -> dict[str, float] | None:
    """Read the weights of the kinds in the score.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "deal=0.5".

    Returns
    -------
    dict of str to float or None
        Kind to weight, None if there is none.
    """
    form = "kind=number, such as deal=0.5"
    weights = {}
    for kind, text in read_once(pairs, "weight", form).items():
        try:
            weights[kind] = float(text)
        except ValueError:
            msg = f"Invalid weight {kind}={text}. Must be {form}."
            raise ValueError(msg) from None
    return weights or None


def read_years(pairs: Sequence[str] | None) -> dict[str, tuple[int, int]] | None:
    """Read the first and last year of the kinds.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "patent=2020-2024".

    Returns
    -------
    dict of str to (int, int) or None
        Kind to years, None if there is none.
    """
    form = "kind=first-last, such as patent=2020-2024"
    texts = read_once(pairs, "years", form)
    return {kind: _read_span(text, f"{kind}={text}", form) for kind, text in texts.items()} or None


def read_windows(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Read windows of years.

    Parameters
    ----------
    texts : sequence of str
        Such as "2016-2020".

    Returns
    -------
    list of (int, int)
        First and last year of each.
    """
    return [_read_span(text, text, "first-last, such as 2016-2020") for text in texts]


def _read_span(text: str, found: str, form: str) -> tuple[int, int]:
    """Read a first and a last year, or one that is both."""
    span = _SPAN.fullmatch(text if "-" in text else f"{text}-{text}")
    years = tuple(map(int, span.groups())) if span else ()
    if not years:
        msg = f"Invalid years {found}. Must be {form}."
        raise ValueError(msg)
    first, last = years
    if first > last:
        msg = (
            f"Invalid years {found}. Must be a first and a last year, in order; found the first, "
            f"{first}, after the last."
        )
        raise ValueError(msg)
    return first, last


def read_settings(pairs: Sequence[str] | None) -> list[dict[str, Any]]:
    """Read any settings, their values as TOML has them or as one would say them.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "radius_km=13", "kinds=patent,deal", "years.patent=2018-2022",
        "score_weights.deal=0.5" or, to unset one, "min_link_share=none".

    Returns
    -------
    list of dict of str to Any
        One change after the other: a setting and its value, or its values by kind.

    Raises
    ------
    ValueError
        If one is no pair.

    Examples
    --------
    >>> read_settings(["kinds=patent,deal", "years.deal=2018-2022", "min_share=none"])
    [{'kinds': ['patent', 'deal']}, {'years': {'deal': [2018, 2022]}}, {'min_share': None}]
    """
    form = "name=value, such as radius_km=13 or score_weights.deal=0.5"
    return [_read_change(*read_pair(pair, "set", form)) for pair in pairs or []]


def _read_change(key: str, text: str) -> dict[str, Any]:
    """Read a setting, or one kind's part of it, and its value."""
    name, _, kind = key.partition(".")
    value = _read_value(text)
    if name == "kinds" and isinstance(value, str):
        value = [value]
    if name == "years" and isinstance(value, int):
        value = [value, value]
    return {name: {kind: value} if kind else value}


def lay_over(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put changes over values, kind by kind where both are given by kind.

    Parameters
    ----------
    values : mapping of str to Any
        Settings by name.
    changes : mapping of str to Any
        Settings to change; None empties one that is given by kind, or takes a kind out of it.

    Returns
    -------
    dict of str to Any
        The values with the changes.

    Examples
    --------
    >>> lay_over({"years": {"deal": [2018, 2022]}}, {"years": {"patent": [2019, 2023]}})
    {'years': {'deal': [2018, 2022], 'patent': [2019, 2023]}}
    """
    laid = dict(values)
    for name, value in changes.items():
        before = laid.get(name)
        if isinstance(before, Mapping) and (value is None or isinstance(value, Mapping)):
            parts = {} if value is None else {**before, **value}
            laid[name] = {kind: part for kind, part in parts.items() if part is not None}
        else:
            laid[name] = value
    return laid


def _read_value(text: str) -> Any:  # noqa: ANN401
    """Read a value as TOML, else as a span, a list, none or a text."""
    if text.lower() in ("true", "false", "none"):
        text = text.lower()
    try:
        return read_toml(f"value = {text}")["value"]
    except ValueError:
        pass
    if span := _SPAN.fullmatch(text):
        return [int(year) for year in span.groups()]
    if "," in text:
        return [_read_value(part.strip()) for part in text.split(",")]
    return None if text == "none" else text
