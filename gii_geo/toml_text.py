"""TOML of somebody else's: read within bounds, or refused in one sentence."""

import tomllib
from pathlib import Path
from typing import Any, Final

from gii_geo.paths import first_line
from gii_geo.tables import InputError

MOST_LETTERS: Final = 2**15
"""What a file of settings may hold: a long one has 2,000."""

MOST_LETTERS_A_LINE: Final = 2**13
"""tomllib's time grows by the square of the dots in one key."""

_MOST_WHOLE: Final = 2**63


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    dict of str to Any
        Its values.

    Raises
    ------
    ValueError
        If it is no TOML, nested deeper than Python reads, longer than `MOST_LETTERS`, has a line
        longer than `MOST_LETTERS_A_LINE` or a whole number of more than 64 bits; the message is
        what is wrong with it.

    Examples
    --------
    >>> read_toml("radius_km = 13")
    {'radius_km': 13}
    """
    if len(text) > MOST_LETTERS:
        msg = f"found more than {MOST_LETTERS:,} letters"
        raise ValueError(msg)
    if max(map(len, text.splitlines()), default=0) > MOST_LETTERS_A_LINE:
        msg = f"found a line of more than {MOST_LETTERS_A_LINE:,} letters"
        raise ValueError(msg)
    try:
        values = tomllib.loads(text)
        _check_bits(values)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python turns no more than 4,300 digits into a number
        msg = "found a whole number of more than 64 bits"
        raise ValueError(msg) from error
    except RecursionError as error:
        msg = "found too many brackets or dots in one another"
        raise ValueError(msg) from error
    return values


def read_toml_file(path: Path) -> dict[str, Any]:
    """Read a file of TOML.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict of str to Any
        Its values.

    Raises
    ------
    InputError
        As for `read_toml`, with a sentence that names the file.
    """
    try:
        with path.open("rb") as file:
            return read_toml(file.read(4 * MOST_LETTERS + 1).decode("utf-8-sig"))
    except ValueError as error:
        msg = f"Invalid settings file {path}. Must be TOML in UTF-8; {first_line(error)}."
        raise InputError(msg) from error


def _check_bits(value: object) -> None:
    """Refuse whole numbers that TOML itself does not allow."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for item in value:
            _check_bits(item)
    elif isinstance(value, int) and not -_MOST_WHOLE <= value < _MOST_WHOLE:
        raise ValueError  # its words stand where it is caught
