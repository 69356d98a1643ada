"""What a draw of a stability analysis turns: the analyst's honest alternatives, and by how much.

Saisana, M., Saltelli, A. and Tarantola, S., Uncertainty and sensitivity analysis techniques as
tools for the quality assessment of composite indicators, Journal of the Royal Statistical Society A
168 (2005), 307-323: draw every choice that could as well have been made otherwise, all at once.
"""

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Final

import numpy as np

from gii_geo.ranges import check_given, check_number, show_value
from gii_geo.settings import MAX_RADIUS_KM, Settings
from gii_geo.tables import InputError

POSITIONS: Final = "positions"
"""The choice of where, around a city's centre, the addresses lie that are placed by city alone."""

CHOICES: Final = (
    *("radius_km", "minimum", "gap_km", "density_weight", "score_weights", "counting", POSITIONS),
)
"""What is drawn, in the order of drawing."""

POSITION_KM: Final = 3.0
"""Standard deviation, in km, around the centre of a city, north-south as east-west: our choice."""

MINIMUM: Final = (0.5, 2.0)
"""Least and largest multiple of the run's minimum."""

MOST_DRAWS: Final = 1_000_000
"""More than the digits of a share of draws can show."""

MOST_SEED: Final = 2**63 - 1
"""A seed stands in files as a whole number."""

MOST_CORES: Final = 1024
"""Processes at once."""

_RADIUS: Final = (0.8, 1.2)
"""The same of its radius: 12 to 18 km around 15."""

_GAP_KM: Final = 10.0
"""The widest gap, or twice the run's own."""

_SPREAD_OF_WEIGHTS: Final = 10.0
"""A Dirichlet parameter a kind: weights vary by a quarter (standard deviation, three kinds)."""

_RANGES: Final = ("radius_km", "minimum", "gap_km")
"""Choices that are drawn from a range."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What the draws draw from.

    Attributes
    ----------
    settings : Settings
        The run's.
    kinds : tuple of str
        Kinds that count.
    ranges : dict of str to tuple of float
        Least and largest value of the choices that are drawn from a range.
    drawn : tuple of str
        The choices that are drawn.
    position_km : float
        How far addresses that are placed by city alone spread, in km; 0 for not at all.
    seed : int
        Where the draws begin.
    """

    settings: Settings
    kinds: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]
    drawn: tuple[str, ...]
    position_km: float
    seed: int

    def spawn(self, number: int, choice: str = "") -> np.random.Generator:
        """Give the source of one draw: the same whatever is drawn before and beside it.

        Parameters
        ----------
        number : int
            Of the draw, from 0.
        choice : str, default ""
            What it is for.

        Returns
        -------
        numpy.random.Generator
            A generator of its own.
        """
        key = (number, *choice.encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def draw(self, number: int) -> dict[str, dict[str, Any]]:
        """Draw a value of each choice but the positions.

        Parameters
        ----------
        number : int
            Of the draw, from 0.

        Returns
        -------
        dict of str to dict of str to Any
            By drawn choice, the settings that it changes. A choice that is not drawn changes
            nothing of the others' values.
        """
        rng = self.spawn(number)
        own = self.settings
        even = rng.random(3)
        values = {
            name: _scale(even[k], *self.ranges[name], is_even=name != "minimum")
            for k, name in enumerate(_RANGES)
            if name in self.ranges
        }
        words = {
            "density_weight": ("addresses", "balanced")[rng.integers(2)],
            "counting": ("fractional", "full")[rng.integers(2)],
        }
        changes: dict[str, dict[str, Any]] = {}
        for name in self.drawn:
            if name == "minimum":
                changes[name] = scale_minimum(own, values[name])
            elif name == "score_weights":
                changes[name] = {name: self._draw_weights(rng)}
            elif name in values:
                changes[name] = {name: values[name]}
            elif name in words:
                changes[name] = {name: words[name]}
        return changes

    def bound(self, name: str) -> tuple[float, float]:
        """Give the least and the largest value of a choice: the run's own where it is not drawn.

        Parameters
        ----------
        name : {"radius_km", "minimum", "gap_km"}
            The choice.

        Returns
        -------
        tuple of float
            Of the minimum, multiples of the run's.
        """
        if name in self.drawn:
            return self.ranges[name]
        own = 1.0 if name == "minimum" else float(getattr(self.settings, name))
        return own, own

    def leave(self, choice: str) -> "Plan":
        """Give the same without a choice.

        Parameters
        ----------
        choice : str
            The one that is to stay as it is in the run.

        Returns
        -------
        Plan
            The others are drawn as before.
        """
        return replace(self, drawn=tuple(name for name in self.drawn if name != choice))

    def _draw_weights(self, rng: np.random.Generator) -> dict[str, float]:
        """Draw weights of the same sum around the run's own; a kind without weight stays so."""
        own = self.settings.score_weights
        counted = [kind for kind in self.kinds if own.get(kind, 1.0) > 0]
        weights = np.array([own.get(kind, 1.0) for kind in counted])
        share = rng.dirichlet(_SPREAD_OF_WEIGHTS * len(weights) * weights / weights.sum())
        drawn = zip(counted, (share * weights.sum()).tolist(), strict=True)
        return {**own, **dict(drawn)}


def plan_draws(
    settings: Settings,
    kinds: Sequence[str],
    choices: Mapping[str, Any] | None,
    *,
    position_km: float | Mapping[str, float],
    seed: int,
) -> Plan:
    """Settle what is drawn from what, and refuse what cannot be.

    Parameters
    ----------
    settings : Settings
        The run's.
    kinds : sequence of str
        Kinds that count.
    choices : mapping of str to (float, float) or None, optional
        A range for `radius_km`, `gap_km` or `minimum` (a multiple of the run's), or None for a
        choice that is to stay.
    position_km : float or mapping of str to float
        Standard deviation of the positions, in km, or ``{"city": 3}``.
    seed : int
        Where the draws begin, 0 or more.

    Returns
    -------
    Plan
        What the draws draw from.

    Raises
    ------
    InputError
        If `choices` is no mapping, a choice or a precision is unknown, a range is none, or a seed
        is no whole number.
    """
    ranges = {
        "radius_km": (
            settings.radius_km * _RADIUS[0],
            min(settings.radius_km * _RADIUS[1], MAX_RADIUS_KM),
        ),
        "minimum": MINIMUM,
        "gap_km": (0.0, min(max(_GAP_KM, 2 * settings.gap_km), MAX_RADIUS_KM)),
    }
    drawn = list(CHOICES)
    choices = {} if choices is None else choices
    must = "map choice to range or None, such as {'gap_km': (2, 8)}"
    check_given("choices", choices, Mapping, must=must, error=InputError)
    for name, span in choices.items():
        if name not in CHOICES:
            near = difflib.get_close_matches(str(name), CHOICES, n=1, cutoff=0.0)[0]
            wrong = f"Invalid choice {show_value(name)}."
            msg = f"{wrong} Must be one that is drawn; did you mean {near}?"
            raise InputError(msg)
        if span is None:
            drawn.remove(name)
        elif name in ranges:
            ranges[name] = _check_range(name, span)
        else:
            msg = (
                f"Invalid range {show_value(span)} of {name}. Must be None, for a choice that is "
                "to stay."
            )
            raise InputError(msg)
    spread = _check_positions(position_km)
    counted = [kind for kind in kinds if settings.score_weights.get(kind, 1.0) > 0]
    for name, varies in ((POSITIONS, spread > 0), ("score_weights", len(counted) > 1)):
        if name in drawn and not varies:
            drawn.remove(name)
    return Plan(
        settings,
        tuple(kinds),
        ranges,
        tuple(drawn),
        spread,
        check_whole("seed", seed, least=0, most=MOST_SEED),
    )


def check_whole(name: str, value: int, *, least: int, most: int | None = None) -> int:
    """Refuse what is no whole number, or too small or too large a one.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : int
        The number.
    least : int
        The smallest that will do.
    most : int, optional
        The largest.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> check_whole("draws", 0, least=1)
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid draws 0. Must be a whole number, 1 or more.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    too_large = is_whole and most is not None and value > most
    if not is_whole or value < least or too_large:
        bounds = f"{least} or more" + (f", at most {most:,}" if too_large else "")
        msg = f"Invalid {name} {show_value(value)}. Must be a whole number, {bounds}."
        raise InputError(msg)
    return int(value)


def scale_minimum(
    settings: Settings, factor: float, *, whole: Callable[[float], int] = round
) -> dict[str, Any]:
    """Give a multiple of the minimum, in the currency that the settings use.

    Parameters
    ----------
    settings : Settings
        The run's.
    factor : float
        Above 0.
    whole : callable, default round
        Makes whole addresses of a number.

    Returns
    -------
    dict of str to Any
        The setting that changes: `min_addresses`, in whole addresses, or `min_share`.

    Examples
    --------
    >>> scale_minimum(Settings(min_addresses=45), 1.5), scale_minimum(Settings(), 2)
    ({'min_addresses': 68}, {'min_share': 0.0002})
    """
    if settings.min_addresses is not None:
        return {"min_addresses": max(whole(settings.min_addresses * factor), 1)}
    return {"min_share": min((settings.min_share or 0.0) * factor, 1.0)}


def _scale(even: float, low: float, high: float, *, is_even: bool) -> float:
    """Stretch a number from 0 to 1 over a range, evenly or by factors."""
    if is_even:
        return low + even * (high - low)
    return math.exp(math.log(low) + even * (math.log(high) - math.log(low)))


def _check_range(name: str, span: Any) -> tuple[float, float]:  # noqa: ANN401
    """Refuse a range that is none, or in which a value is impossible."""
    try:
        low, high = span
        is_range = isinstance(low, Real) and isinstance(high, Real) and low <= high
    except (TypeError, ValueError):
        is_range = False
    if not is_range:
        msg = f"Invalid range {show_value(span)} of {name}. Must be two numbers in order, or None."
        raise InputError(msg)
    bounds: dict[str, Any] = {"least": 0} if name == "gap_km" else {"above": 0}
    for value in (low, high):
        try:
            check_number(name, value, **bounds, most=MAX_RADIUS_KM)
        except (TypeError, ValueError) as error:
            raise InputError(str(error)) from None
    return float(low), float(high)


def _check_positions(position_km: float | Mapping[str, float]) -> float:
    """Read how far addresses spread that are placed by city; a world knows no other precision."""
    if isinstance(position_km, Mapping):
        for precision in position_km:
            if precision != "city":
                msg = (
                    f"Invalid precision {show_value(precision)} in position_km. Must be city: "
                    "of the others a world knows only that they are placed better."
                )
                raise InputError(msg)
        position_km = position_km.get("city", POSITION_KM)
    try:
        check_number("position_km", position_km, least=0, most=MAX_RADIUS_KM / 20)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from None
    return float(position_km)
