"""How addresses are geocoded: what `geocode` of `read_world` and of the command line says."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, Self

import pandas as pd

from gii_geo.ranges import check_flag, check_given, show_value
from gii_geo.tables import InputError

MIN_CONFIDENCE: Final = 0.5
"""The least confidence that places a row, where none is given: see `GeocodeOptions`."""

Precision = Literal["city", "division"]
Corrections = Mapping[str, str] | pd.DataFrame | str | Path


@dataclass(frozen=True)
class GeocodeOptions:
    """How to find coordinates by text.

    Attributes
    ----------
    min_confidence : float, default 0.5
        The least confidence (0 to 1) that places a row; what is below is rejected as "place not
        sure enough". See Notes for the choice.
    gazetteer : pandas.DataFrame or path, optional
        Places of your own, which come before all others of their name: ``name``, ``lon``, ``lat``,
        ``economy`` and optionally ``division``.
    corrections : mapping, pandas.DataFrame or path, optional
        Text to the text to read instead; a table has the columns ``from`` and ``to``.
    coarsest : {"city", "division"}, default "city"
        The coarsest precision that places a row. A division's position is the middle of its people,
        which may be far from any of them: it is no place to look for clusters.

    Notes
    -----
    Below 0.5 a place is wrong as often as it is right: of the towns of 51,370 organisations (ROR,
    by city and country) 59 % of what has less lies more than 25 km off, of the towns of 68,160
    deals 66 %. Of the labelled affiliations (930) 0.5 leaves out 7, nearly half of them wrong, and
    0.8 would leave out 18 % of what is right. Placed: the share of all in a city; right: of these,
    the share within 25 km. The labels themselves are wrong for some.

    ============== ============ ===== =========== ===== ============ =====
    min_confidence affiliations right ROR's towns right deals' towns right
    ============== ============ ===== =========== ===== ============ =====
    0              0.816        0.963 0.984       0.969 0.994        0.961
    0.3            0.815        0.963 0.980       0.972 0.985        0.966
    0.4            0.815        0.963 0.975       0.975 0.976        0.972
    0.5            0.809        0.967 0.968       0.978 0.963        0.981
    0.6            0.767        0.969 0.959       0.982 0.946        0.985
    0.7            0.748        0.971 0.948       0.985 0.925        0.989
    0.8            0.661        0.972 0.933       0.990 0.904        0.993
    0.9            0.654        0.972 0.899       0.991 0.844        0.994
    ============== ============ ===== =========== ===== ============ =====
    """

    min_confidence: float = MIN_CONFIDENCE
    gazetteer: pd.DataFrame | str | Path | None = None
    corrections: Corrections | None = None
    coarsest: Precision = "city"

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_confidence(self.min_confidence)
        check_coarsest(self.coarsest)
        _check_table("gazetteer", self.gazetteer, pd.DataFrame | str | Path | None)
        _check_table("corrections", self.corrections, Mapping | pd.DataFrame | str | Path | None)
        for path in self.files:
            if not path.is_file():
                msg = f"Invalid file {path} of the geocoder. Must be a CSV or Parquet file."
                raise InputError(msg)

    @classmethod
    def choose(cls, geocode: bool | Mapping[str, Any]) -> Self | None:  # noqa: FBT001
        """Make the options from what `read_world` takes.

        Parameters
        ----------
        geocode : bool or mapping of str to Any
            Whether to geocode, or the attributes that differ from their defaults.

        Returns
        -------
        GeocodeOptions or None
            None where addresses are not to be geocoded.

        Raises
        ------
        InputError
            If there is no such option, or its value cannot be.

        Examples
        --------
        >>> GeocodeOptions.choose({"min_confidence": 0.8}).min_confidence
        0.8
        >>> GeocodeOptions.choose(False)
        """
        if not isinstance(geocode, Mapping):
            return cls() if _check_asked(geocode) else None
        known = [item.name for item in fields(cls)]
        if unknown := sorted(set(map(str, geocode)) - set(known)):
            msg = f"Invalid geocode option {unknown[0]}. Must be one of {', '.join(known)}."
            raise InputError(msg)
        return cls(**geocode)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read besides the addresses."""
        given = (self.gazetteer, self.corrections)
        return tuple(Path(one) for one in given if isinstance(one, str | Path))

    def tell(self) -> dict[str, Any]:
        """Say the options as plain values for run.json.

        Returns
        -------
        dict of str to Any
            Every attribute that is set; a path as text, a table as "table".
        """
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: value
            if isinstance(value, float | str)
            else str(value)
            if isinstance(value, Path)
            else dict(value)
            if isinstance(value, Mapping)
            else "table"
            for name, value in told.items()
            if value is not None
        }


def _check_table(name: str, table: object, expected: Any) -> None:  # noqa: ANN401  # types
    """Refuse what is neither a table nor the path of one."""
    must = "be a table, or the path of one"
    check_given(f"{name} of the geocoder", table, expected, must=must, error=InputError)


def _check_asked(geocode: object) -> bool:
    """Refuse what is neither yes nor no, nor options."""
    try:
        return check_flag("geocode", geocode)
    except ValueError as error:
        msg = f"{str(error)[:-1]}, or a mapping of options, such as {{'min_confidence': 0.8}}."
        raise InputError(msg) from None


def check_confidence(min_confidence: float) -> None:
    """Refuse a least confidence that is none.

    Parameters
    ----------
    min_confidence : float
        The value.

    Raises
    ------
    InputError
        If it is no number from 0 to 1.
    """
    is_number = isinstance(min_confidence, int | float) and not isinstance(min_confidence, bool)
    if not is_number or not 0 <= min_confidence <= 1:
        msg = f"Invalid min_confidence {show_value(min_confidence)}. Must be a number from 0 to 1."
        raise InputError(msg)


def check_coarsest(coarsest: str) -> None:
    """Refuse a precision that is none.

    Parameters
    ----------
    coarsest : str
        The value.

    Raises
    ------
    InputError
        If it is neither "city" nor "division".
    """
    if coarsest not in ("city", "division"):
        msg = f"Invalid coarsest {show_value(coarsest)}. Must be 'city' or 'division'."
        raise InputError(msg)
