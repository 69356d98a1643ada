"""Some settings and no others: what a stage is handed, and what its answer is kept under.

And how a setting's value is written, wherever it is shown.
"""

from collections.abc import Mapping
from typing import Any


class Picked:
    """Some settings, as attributes; hashable."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Say that a stage asked for a setting that it does not hang on."""
        msg = f"{name} was not picked."
        raise AttributeError(msg)

    def _key(self) -> tuple[Any, ...]:
        """Give names and values; a mapping as its items."""
        return tuple(
            (name, tuple(value.items()) if isinstance(value, Mapping) else value)
            for name, value in sorted(self.__dict__.items())
        )

    def __eq__(self, other: object) -> bool:
        """Tell whether the same settings have the same values."""
        return isinstance(other, Picked) and self._key() == other._key()

    def __hash__(self) -> int:
        """Hash names and values."""
        return hash(self._key())


def print_setting(value: object) -> str:
    """Write a setting's value for people to read.

    Parameters
    ----------
    value : object
        The value: a number, a word, None, several of them, or one per kind.

    Returns
    -------
    str
        The text; no value per kind is all of them.

    Examples
    --------
    >>> print_setting(15.0), print_setting(("patent", "deal")), print_setting({"patent": 0.5})
    ('15', 'patent, deal', 'patent 0.5')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {print_setting(item)}" for name, item in value.items()) or "all"
    if isinstance(value, list | tuple):
        return ", ".join(print_setting(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
