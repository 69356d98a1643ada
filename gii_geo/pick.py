"""Some settings and no others: what a stage is handed, and what its answer is kept under."""

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
