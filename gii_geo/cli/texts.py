"""Texts of the command line -> values."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gii_geo.tables import PLURAL, InputError, check_kind

_FILES: Final = (*(f"--{plural}" for plural in PLURAL.values()), "--addresses", "--records")
_SEVERAL_VALUES: Final = (
    *(*_FILES, "--column", "--weight", "--years", "--windows", "--radii", "--set", "--vary"),
    "--source-option",
)


def read_records(texts: Sequence[str] | None) -> dict[str, list[Path]]:
    """Read files of kinds that are named by their word.

    Parameters
    ----------
    texts : sequence of str or None
        Such as "trademark=marks.csv"; a text that is no such pair is a further file of the kind
        before it.

    Returns
    -------
    dict of str to list of pathlib.Path
        Kind to files.

    Raises
    ------
    ValueError
        If the first text is no pair.

    Examples
    --------
    >>> read_records(["trademark=a.csv", "b.csv"])
    {'trademark': [PosixPath('a.csv'), PosixPath('b.csv')]}
    """
    read: dict[str, list[Path]] = {}
    kind = None
    for text in texts or []:
        word, equals, file = text.partition("=")
        if equals and not Path(text).exists():
            kind = check_kind(word)
        elif kind is None:
            msg = f"Invalid records {text!r}. Must be kind=file, such as trademark=marks.csv."
            raise InputError(msg)
        else:
            file = text
        if not file:
            msg = f"Invalid records {text!r}. Must be kind=file, such as trademark=marks.csv."
            raise InputError(msg)
        read.setdefault(kind, []).append(Path(file))
    return read


def read_changes(pairs: Sequence[str] | None) -> dict[str, Any]:
    """Read settings by their names.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "radius_km=13", "kinds=patent,deal", "years.patent=2018-2022",
        "score_weights.deal=0.5" or "min_link_share=none".

    Returns
    -------
    dict of str to Any
        Setting to value.

    Raises
    ------
    ValueError
        If a text is no pair, or a setting is given twice.

    Examples
    --------
    >>> read_changes(["gap_km=0", "years.deal=2019-2020", "kinds=patent,deal"])
    {'gap_km': 0, 'years': {'deal': [2019, 2020]}, 'kinds': ['patent', 'deal']}
    """
    changes: dict[str, Any] = {}
    for name, text in read_pairs(pairs, "setting", "name=value, such as radius_km=13").items():
        setting, dot, part = name.partition(".")
        if dot:
            changes.setdefault(setting, {})[part] = _read_value(text, setting)
        else:
            changes[setting] = _read_value(text, setting)
    return changes


def read_vary(texts: Sequence[str]) -> dict[str, list[Any]]:
    """Read the values that settings are to take.

    Parameters
    ----------
    texts : sequence of str
        Such as "radius_km=10,15" or "score_weights.deal=0.5,1".

    Returns
    -------
    dict of str to list
        Setting to values.

    Examples
    --------
    >>> read_vary(["radius_km=10,15", "score_weights.deal=0.5,1"])
    {'radius_km': [10, 15], 'score_weights': [{'deal': 0.5}, {'deal': 1}]}
    """
    form = "name=value,value, such as radius_km=10,15"
    choices: dict[str, list[Any]] = {}
    for name, text in read_pairs(texts, "values", form).items():
        setting, _, part = name.partition(".")
        values = [_read_value(value, setting) for value in text.split(",")]
        choices[setting] = [{part: value} for value in values] if part else values
    return choices


def _read_value(text: str, setting: str) -> Any:  # noqa: ANN401
    """Read a value by the rules of TOML; a span of years, a list of words and none besides."""
    if text.lower() == "none":
        return None
    if setting == "years":
        return list(_read_span(text, text, "first-last, such as 2018-2022"))
    if setting == "kinds":
        return text.split(",")
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def read_pairs(pairs: Sequence[str] | None, name: str, form: str) -> dict[str, str]:
    """Read key=value pairs.

    Parameters
    ----------
    pairs : sequence of str or None
        The texts.
    name : str
        What a message calls them.
    form : str
        What they must look like.

    Returns
    -------
    dict of str to str
        Key to value.

    Raises
    ------
    ValueError
        If a text is no pair, or a key is given twice.
    """
    read = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            msg = f"Invalid {name} {pair!r}. Must be {form}."
            raise ValueError(msg)
        if key in read:
            msg = f"Invalid {name} {key}, given twice. Must be given once."
            raise ValueError(msg)
        read[key] = value
    return read


def read_columns(pairs: Sequence[str] | None) -> dict[str, str]:
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
    return read_pairs(pairs, "column", "role=column, such as lon=longitude")


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
    for kind, text in read_pairs(pairs, "weight", form).items():
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
    texts = read_pairs(pairs, "years", form)
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
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        msg = f"Invalid years {found}. Must be {form}."
        raise ValueError(msg)
    return int(first), int(last or first)


def tell_command(words: Sequence[str]) -> list[str]:
    """Give the words of a command as they were typed, but for where it writes to.

    Parameters
    ----------
    words : sequence of str
        The command line behind the program's name.

    Returns
    -------
    list of str
        The words without --out and its value, so that the same run has the same run.json in any
        folder.

    Examples
    --------
    >>> tell_command(["run", "--demo", "--out", "here", "--radius-km", "13"])
    ['run', '--demo', '--radius-km', '13']
    """
    told: list[str] = []
    skip = False
    for word in words:
        if not skip and word != "--out" and not word.startswith("--out="):
            told.append(word)
        skip = word == "--out"
    return told


def spread_values(args: Sequence[str]) -> list[str]:
    """Repeat an option before each of its values.

    Parameters
    ----------
    args : sequence of str
        The command line.

    Returns
    -------
    list of str
        The same for a parser that takes one value an option.

    Examples
    --------
    >>> spread_values(["--patents", "a.csv", "b.csv"])
    ['--patents', 'a.csv', '--patents', 'b.csv']
    """
    spread: list[str] = []
    option = None
    for arg in args:
        if arg.startswith("--"):
            option = arg if arg in _SEVERAL_VALUES else None
            fresh = True
            spread.append(arg)
        elif option is None or arg.startswith("-"):
            spread.append(arg)
        else:
            spread.extend([arg] if fresh else [option, arg])
            fresh = False
    return spread
