"""What is known of each edition of WIPO's ranking, value by value, and how well it is known."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Final, Literal

import pandas as pd

from gii_geo.ranges import show_value

Standing = Literal["published", "derived", "our choice"]

EDITIONS: Final = tuple(range(2017, 2026))
"""The editions from the working paper of 2017 to the three metrics of 2025."""


@dataclass(frozen=True)
class Known:
    """One value of an edition and how well it is known."""

    value: Any
    standing: Standing
    source: str


_TWO_KINDS: Final = ("patent", "publication")
_THREE_KINDS: Final = ("patent", "publication", "deal")
_REMEMBERED: Final = "remembered from the published papers, whose text we have not seen"
_PRESS_2024: Final = "KIPO's summary of the 2024 edition (busan.fnnews.com, 28 August 2024)"
_SUM_2023: Final = (
    "an unweighted sum of shares reproduces all 34 printed rows of 2023 (GII 2023, page 248)"
)

_SECOND: Final = 2018
_SUM_2018: Final = "the two results are added up (JIPA on the edition of 2018, jipa.or.jp)"
_DENOMINATOR: Final = (
    "counts and shares of 2023 have one total a kind; whether it counts all records or the placed "
    "ones is not told"
)


def _edition(year: int) -> dict[str, Known]:
    """Collect an edition's values."""
    first, last = 2017, 2025
    if year == first:
        return {
            "kinds": Known(("patent",), "published", "WIPO Economic Research Working Paper 34"),
            "radius_km": Known(13.0, "our choice", _REMEMBERED),
            "min_addresses": Known(2_000, "our choice", _REMEMBERED),
            "gap_km": Known(5.0, "our choice", "taken from the 2024 edition"),
            **_counting("our choice", "one kind: the share itself"),
        }
    if year == last:
        return {
            "kinds": Known(_THREE_KINDS, "published", "GII 2025, innovation clusters, wipo.int"),
            "radius_km": Known(15.0, "our choice", "not published for 2025; as in 2024"),
            "min_addresses": Known(4_500, "our choice", "not published for 2025; as in 2024"),
            "gap_km": Known(5.0, "our choice", "not published for 2025; as in 2024"),
            **_counting("derived", "equal weights fit the printed order of ranks 1 and 2"),
        }
    seen = year == last - 1
    standing: Standing = "published" if seen else "our choice"
    source = _PRESS_2024 if seen else f"as in 2024; {_REMEMBERED}"
    return {
        "kinds": Known(_TWO_KINDS, "published", "science and technology clusters, 2018 to 2024"),
        "radius_km": Known(15.0, standing, source),
        "min_addresses": Known(4_500, standing, source),
        "gap_km": Known(5.0, standing, _PRESS_2024 if seen else "taken from the 2024 edition"),
        **_counting("derived", f"{_SUM_2018}; {_SUM_2023}" if year == _SECOND else _SUM_2023),
    }


def _counting(standing: Standing, source: str) -> dict[str, Known]:
    """Collect the values that hold in every edition, the score's standing apart."""
    weights = {"patent": 1.0, "publication": 1.0, "deal": 1.0}
    return {
        "score_weights": Known(weights, standing, source),
        "density_weight": Known("addresses", "our choice", "an inventor or author is one point"),
        "counting": Known("fractional", "our choice", f"table notes; {_REMEMBERED}"),
        "share_of": Known("all", "our choice", _DENOMINATOR),
        "min_economy_share": Known(0.01, "our choice", "no threshold is published"),
    }


_WINDOWS: Final = {
    2017: "patents 2011-2015",
    2018: "patents and publications 2012-2016",
    2020: "patents and publications 2014-2018",
    2023: "patents 2018-2022; publications 2017-2021",
    2024: "patents 2019-2023; publications 2018-2022",
    2025: "patents 2020-2024; publications 2019-2023; deals 2019-2023 in two sources",
}
"""Years of publication as printed. They are shown, not applied: a user's files have their own."""


def _check_edition(year: int) -> None:
    is_whole = isinstance(year, Integral) and not isinstance(year, bool)
    if not is_whole or year not in EDITIONS:
        whole = "" if is_whole else "a whole number, "
        told = f"Must be {whole}{EDITIONS[0]} to {EDITIONS[-1]}."
        msg = f"Invalid edition {show_value(year)}. {told}"
        raise ValueError(msg)


def edition_values(year: int) -> dict[str, Any]:
    """Give an edition's values by the names of the settings.

    Parameters
    ----------
    year : int
        The edition, 2017 to 2025.

    Returns
    -------
    dict of str to Any
        Setting to value.

    Raises
    ------
    ValueError
        If there is no such edition.

    Examples
    --------
    >>> edition_values(2017)["kinds"]
    ('patent',)
    """
    _check_edition(year)
    return {name: known.value for name, known in _edition(year).items()}


def describe_edition(year: int) -> pd.DataFrame:
    """Tell of each of an edition's values how well it is known.

    Parameters
    ----------
    year : int
        The edition, 2017 to 2025.

    Returns
    -------
    pandas.DataFrame
        One row a setting: setting, value, standing ("published", "derived" or "our choice") and
        source. The row "window" gives the years as printed; they are not applied.

    Raises
    ------
    ValueError
        If there is no such edition.

    Examples
    --------
    >>> describe_edition(2024).set_index("setting").loc["radius_km", "standing"]
    'published'
    """
    _check_edition(year)
    rows = [
        (name, known.value, known.standing, known.source) for name, known in _edition(year).items()
    ]
    window = _WINDOWS.get(year, "five years, not found for this edition")
    rows.append(
        ("window", window, "published" if year in _WINDOWS else "our choice", "not applied")
    )
    return pd.DataFrame(rows, columns=["setting", "value", "standing", "source"])
