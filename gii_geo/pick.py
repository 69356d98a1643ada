"""Some settings and no others: what a stage is handed, and what its answer is kept under.

And how a setting's value is written, wherever it is shown.
"""

from collections.abc import Mapping
from typing import Any, NoReturn


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


class FrozenDict(dict[str, Any]):
    """A mapping that cannot be changed, as the settings that have it cannot."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        msg = "Invalid change of settings. Must be made by replace, or again of a result."
        raise TypeError(msg)

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Hash it as a set of its items."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it as what it is made from."""
        return FrozenDict, (dict(self),)
