"""Every number that a question may turn, with its unit: frozen, checked, to and from TOML."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

import tomli_w

from gii_geo import ranges
from gii_geo.pick import FrozenDict, Picked
from gii_geo.ranges import check_confidence, check_flag, check_number, check_span, show_value
from gii_geo.tables import KINDS, check_kind, order_kinds
from gii_geo.toml_text import read_toml_file

DensityWeight = Literal["addresses", "balanced"]
Counting = Literal["fractional", "full"]
ShareOf = Literal["all", "placed"]
Method = Literal["dbscan", "hdbscan"]

DEFAULT_MIN_SHARE: Final = 1e-4
"""Share of all activity within the radius that makes a location dense: our choice.

WIPO's 4,500 of 2024 are 1.1e-4 if a patent has 2.5 inventors and a paper 4.5 authors (assumed).
"""

MAX_RADIUS_KM: Final = 20_000.0
"""Half the way around the globe: beyond it every location neighbours every other."""

_FLOATS = (
    *("radius_km", "min_share", "gap_km", "min_link_share", "max_link_km", "min_economy_share"),
    "confidence",
)
_WHOLE: Final = {"min_addresses": int, "rank_sets": bool, "top_values": bool}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every number that a question may turn; others stand, with reasons, in the steps themselves.

    Attributes
    ----------
    kinds : tuple of str or None
        The kinds of record that count: "patent", "publication", "deal" or any further word. None
        for all that the world has.
    years : mapping of str to (int, int)
        First and last year per kind; a kind that is not named keeps all its years.
    radius_km : float
        Radius of a location's neighbourhood, in km, 0.05 to 20,000.
    min_addresses : int or None
        Addresses within the radius that make a location dense, 1 to 1e10.
    min_share : float or None
        The same as a share (0 to 1) of all activity. 1e-4 where neither is given.
    density_weight : {"addresses", "balanced"}
        What an address counts in the density: one each, or such that every kind weighs the same.
        By default "balanced" with `min_share` and "addresses" with `min_addresses`.
    method : {"dbscan", "hdbscan"}
        The clustering method.
    gap_km : float
        Clusters whose nearest locations are at most this far apart merge; 0 merges none.
    min_link_share : float or None
        Clusters that share at least this part (0 to 1) of the smaller one's record weight merge.
        None merges none.
    max_link_km : float
        No merge by links across a wider gap than this, in km.
    counting : {"fractional", "full"}
        A record is split over its addresses, or counts once in every region it touches.
    share_of : {"all", "placed"}
        World total below the shares: every record, or the placed part of them.
    score_weights : mapping of str to float
        Weight of a kind's share in the score, 0 to 1e9; 1 where not named.
    min_economy_share : float
        Part of a region's activity or locations (0 to 1) from which on an economy is printed.
    rank_sets : bool
        Whether every region tells the ranks that it may have: rank_low, rank_high and top_100.
    confidence : float
        Of these, from 0.5 to 0.999.
    top_values : bool
        Whether every region tells its first field, organisation and city: top_field and so on.

    Examples
    --------
    >>> Settings(radius_km=13).radius_km
    13.0
    >>> Settings(radius_km=-1)
    Traceback (most recent call last):
    ValueError: Invalid radius_km -1. Must be at least 0.05 and at most 20000.
    """

    kinds: tuple[str, ...] | None = None
    years: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    radius_km: float = 15.0
    min_addresses: int | None = None
    min_share: float | None = None
    density_weight: DensityWeight | None = None
    method: Method = "dbscan"
    gap_km: float = 5.0
    min_link_share: float | None = None
    max_link_km: float = 100.0
    counting: Counting = "fractional"
    share_of: ShareOf = "all"
    score_weights: Mapping[str, float] = field(default_factory=dict)
    min_economy_share: float = 0.01
    rank_sets: bool = True
    confidence: float = 0.95
    top_values: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values and settle the ones that hang on each other."""
        _check_kinds(self)
        _check_choices(self)
        _check_numbers(self)
        put = object.__setattr__
        if self.kinds is not None:
            put(self, "kinds", order_kinds(self.kinds))
        spans = {kind: tuple(map(int, self.years[kind])) for kind in order_kinds(self.years)}
        put(self, "years", FrozenDict(spans))
        for name, number in {**dict.fromkeys(_FLOATS, float), **_WHOLE}.items():
            if (value := getattr(self, name)) is not None:
                put(self, name, number(value))
        named = order_kinds({*KINDS, *self.score_weights})
        weights = {kind: float(self.score_weights.get(kind, 1.0)) for kind in named}
        put(self, "score_weights", FrozenDict(weights))
        if self.min_addresses is None and self.min_share is None:
            put(self, "min_share", DEFAULT_MIN_SHARE)
        if self.density_weight is None:
            put(self, "density_weight", "addresses" if self.min_share is None else "balanced")

    def pick(self, *names: str) -> Picked:
        """Give some of the settings, and nothing else, to a stage that hangs on these alone.

        Parameters
        ----------
        *names : str
            Names of settings.

        Returns
        -------
        Picked
            An object with these settings as attributes, equal to another with the same values, so
            that what a stage made of them can be kept under it.

        Examples
        --------
        >>> Settings().pick("gap_km") == Settings(radius_km=13).pick("gap_km")
        True
        """
        return Picked(**{name: getattr(self, name) for name in names})

    @classmethod
    def edition(cls, year: int, **changes: Any) -> Self:  # noqa: ANN401
        """Give the settings of one edition of WIPO's ranking, as far as they are known.

        Parameters
        ----------
        year : int
            The edition, 2017 to 2025.
        **changes : Any
            Settings that replace the edition's own.

        Returns
        -------
        Settings
            The edition's settings. `gii_geo.editions.describe_edition` tells which of them are
            published, derived or our choice.

        Raises
        ------
        ValueError
            If there is no such edition.

        Examples
        --------
        >>> Settings.edition(2024).min_addresses
        4500
        >>> Settings.edition(2025, min_share=1e-4).min_addresses is None
        True
        """
        from gii_geo.editions import edition_values  # noqa: PLC0415  # it describes this class

        return cls(**_override(edition_values(year), changes))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Make settings from plain values, refusing keys that are no setting.

        Parameters
        ----------
        values : mapping of str to Any
            Names and values; `edition` names an edition to start from.

        Returns
        -------
        Settings
            The settings.

        Raises
        ------
        ValueError
            If a key is unknown (the message names the nearest known one) or a value is impossible.

        Examples
        --------
        >>> Settings.from_mapping({"radius": 13})
        Traceback (most recent call last):
        ValueError: Invalid setting radius. Must be a known setting; did you mean radius_km?
        """
        _check_names(values, ["edition", *(item.name for item in fields(cls))])
        changes = {key: value for key, value in values.items() if key != "edition"}
        if "edition" in values:
            return cls.edition(values["edition"], **changes)
        return cls(**changes)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read settings from a TOML file.

        Parameters
        ----------
        path : str or pathlib.Path
            The file; its keys are the settings' names and, optionally, `edition`.

        Returns
        -------
        Settings
            The settings.

        Raises
        ------
        ValueError
            If the file is not TOML, a key is unknown or a value is impossible.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "settings.toml"
        ...     written = path.write_text("radius_km = 13.0", encoding="utf-8")
        ...     Settings.from_toml(path).radius_km
        13.0
        """
        values = read_toml_file(Path(path))
        try:
            return cls.from_mapping(values)
        except (TypeError, ValueError) as error:
            msg = f"{error} (in {path})"
            raise ValueError(msg) from error

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as plain values, unset ones left out.

        Returns
        -------
        dict of str to Any
            Names and values, fit for JSON and TOML.

        Examples
        --------
        >>> Settings().to_dict()["min_share"]
        0.0001
        """
        values = {key: value for key, value in asdict(self).items() if value is not None}
        if self.kinds is not None:
            values["kinds"] = list(self.kinds)
        values["years"] = {kind: list(span) for kind, span in self.years.items()}
        values["score_weights"] = dict(self.score_weights)
        return values

    def to_toml(self) -> str:
        """Give the settings as TOML that `from_toml` reads back to equal settings.

        Returns
        -------
        str
            The TOML text.

        Examples
        --------
        >>> "radius_km = 15.0" in Settings().to_toml()
        True
        """
        return tomli_w.dumps(self.to_dict())

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401
        """Give the same settings with some changed.

        Parameters
        ----------
        **changes : Any
            Settings to change; a minimum ousts one of the other currency, and what an address
            counts with it.

        Returns
        -------
        Settings
            The changed settings.

        Raises
        ------
        ValueError
            If a name is no setting or a value is impossible.

        Examples
        --------
        >>> Settings().replace(min_addresses=4500).density_weight
        'addresses'
        """
        _check_names(changes, [item.name for item in fields(self)])
        for new, old in (("min_addresses", "min_share"), ("min_share", "min_addresses")):
            if changes.get(new) is not None and getattr(self, old) is not None:
                changes = {old: None, "density_weight": None, **changes}
        return replace(self, **changes)


def _check_names(names: Iterable[str], known: list[str]) -> None:
    """Refuse a name that is no setting."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            told = show_value(name, str)
            msg = f"Invalid setting {told}. Must be a known setting; did you mean {near}?"
            raise ValueError(msg)


def _override(values: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put the changes over an edition's values; a minimum ousts the other currency's."""
    values = dict(values)
    if changes.get("min_share") is not None:
        values.pop("min_addresses", None)
        values.pop("density_weight", None)
    return {**values, **changes}


def _check_choices(settings: Settings) -> None:
    """Refuse a word outside the choices of its setting."""
    choices = {
        "density_weight": (None, *get_args(DensityWeight)),
        "method": get_args(Method),
        "counting": get_args(Counting),
        "share_of": get_args(ShareOf),
    }
    for name, allowed in choices.items():
        value = getattr(settings, name)
        if not isinstance(value, str | None) or value not in allowed:
            words = " or ".join(str(word) for word in allowed if word is not None)
            msg = f"Invalid {name} {show_value(value)}. Must be {words}."
            raise ValueError(msg)
    for name in ("rank_sets", "top_values"):
        check_flag(name, getattr(settings, name))
    if settings.kinds is not None and not settings.kinds:
        msg = "Invalid kinds (). Must name at least one kind."
        raise ValueError(msg)


def _check_numbers(settings: Settings) -> None:
    """Refuse a number outside its range."""
    if settings.min_addresses is not None and settings.min_share is not None:
        msg = (
            f"Invalid min_share {settings.min_share} beside min_addresses "
            f"{settings.min_addresses}. Must give only one of the two."
        )
        raise ValueError(msg)
    check_number("radius_km", settings.radius_km, least=ranges.LEAST_RADIUS_KM, most=MAX_RADIUS_KM)
    check_number("gap_km", settings.gap_km, least=0, most=MAX_RADIUS_KM)
    check_number("max_link_km", settings.max_link_km, least=0, most=MAX_RADIUS_KM)
    check_number("min_economy_share", settings.min_economy_share, least=0, most=1)
    check_confidence(settings.confidence)
    for name in ("min_share", "min_link_share"):
        if (value := getattr(settings, name)) is not None:
            check_number(name, value, above=0, most=1)
    if (minimum := settings.min_addresses) is not None:
        check_number("min_addresses", minimum, least=1, most=ranges.MOST_MINIMUM)
        if minimum != int(minimum):
            msg = f"Invalid min_addresses {minimum}. Must be a whole number."
            raise ValueError(msg)
    for kind, weight in settings.score_weights.items():
        check_number(f"score weight of {kind}", weight, least=0, most=ranges.MOST_SCORE_WEIGHT)


def _check_kinds(settings: Settings) -> None:
    """Refuse unknown kinds, tables that are none, and years that are no span."""
    if not isinstance(settings.kinds, list | tuple | None):
        msg = f"Invalid kinds {show_value(settings.kinds)}. Must be a list of kinds."
        raise TypeError(msg)
    for name in ("years", "score_weights"):
        if not isinstance(value := getattr(settings, name), Mapping):
            msg = f"Invalid {name} {show_value(value)}. Must give a value per kind."
            raise TypeError(msg)
    for name in ("kinds", "years", "score_weights"):
        for kind in getattr(settings, name) or ():
            check_kind(kind, where=f" in {name}")
    for kind, span in settings.years.items():
        check_span("years", span, of=f" of {kind}")
