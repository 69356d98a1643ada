"""What a location counts in the density, and the minimum that makes it dense: whole numbers."""

import math
from fractions import Fraction
from typing import Final, Literal

import numpy as np
import pandas as pd

from gii_geo.tables import check_table, list_kinds, location_columns

_MOST_WEIGHT: Final = 2**63 - 1

BALANCED_UNITS: Final = 10**18
"""All activity in units: shares keep 18 decimals and their sum fits in int64."""


def weigh_density(
    locations: pd.DataFrame, *, density_weight: Literal["addresses", "balanced"]
) -> pd.Series:
    """Give each location its weight in the density.

    With "addresses" every address counts one. With "balanced" an address of kind k counts
    1 / (K T_k), where T_k are the kind's placed addresses and K the kinds that have any: every kind
    weighs the same and all activity is 1, in units of 1e-18. The units are rounded up, so that a
    neighbourhood that reaches a share exactly is never missed by rounding.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with `<kind>_addresses`.
    density_weight : {"addresses", "balanced"}
        The currency.

    Returns
    -------
    pandas.Series
        `density_weight`, int64, on the index of `locations`.

    Examples
    --------
    >>> one = {"lon": [8.5], "lat": [47.4]}
    >>> counts = {f"{kind}_addresses": [2] for kind in ("patent", "deal")}
    >>> weights = {f"{kind}_weight": [0] for kind in ("patent", "deal")}
    >>> locations = pd.DataFrame(one | counts | weights)
    >>> int(weigh_density(locations, density_weight="addresses")[0])
    4
    """
    check_table(locations, location_columns(list_kinds(locations)), name="locations")
    weight = np.zeros(len(locations), dtype=np.int64)
    for kind, each in _weigh_each(locations, density_weight).items():
        weight += locations[f"{kind}_addresses"].to_numpy() * each
    return pd.Series(weight, index=locations.index, name="density_weight")


def _weigh_each(
    locations: pd.DataFrame, density_weight: Literal["addresses", "balanced"]
) -> dict[str, int]:
    """Give what one address of each kind that has any weighs in the density."""
    totals = {kind: total for kind, total in _totals(locations).items() if total}
    if density_weight == "addresses":
        return dict.fromkeys(totals, 1)
    return {kind: -(-BALANCED_UNITS // (len(totals) * total)) for kind, total in totals.items()}


def count_dense(
    locations: pd.DataFrame,
    *,
    density_weight: Literal["addresses", "balanced"],
    min_addresses: int | None = None,
    min_share: float | None = None,
) -> dict[str, int]:
    """Count how many addresses of one kind alone are dense.

    Parameters
    ----------
    locations : pandas.DataFrame
        As `find_minimum` takes them.
    density_weight : {"addresses", "balanced"}
        The currency of the weights.
    min_addresses : int, optional
        The minimum as a number of addresses.
    min_share : float, optional
        The minimum as a share (0 to 1) of all activity.

    Returns
    -------
    dict of str to int
        Kind to the least number, for the kinds that have any address.

    Examples
    --------
    >>> one = {"lon": [8.5], "lat": [47.4]}
    >>> counts = {"patent_addresses": [9_000], "deal_addresses": [90]}
    >>> weights = {f"{kind}_weight": [0] for kind in ("patent", "deal")}
    >>> locations = pd.DataFrame(one | counts | weights)
    >>> count_dense(locations, density_weight="balanced", min_share=0.05)
    {'patent': 900, 'deal': 9}
    """
    minimum = find_minimum(
        locations, density_weight=density_weight, min_addresses=min_addresses, min_share=min_share
    )
    weights = _weigh_each(locations, density_weight)
    return {kind: -(-minimum // each) for kind, each in weights.items()}


def find_minimum(
    locations: pd.DataFrame,
    *,
    density_weight: Literal["addresses", "balanced"],
    min_addresses: int | None = None,
    min_share: float | None = None,
) -> int:
    """Express a minimum density in the units of `weigh_density`.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with `<kind>_addresses`.
    density_weight : {"addresses", "balanced"}
        The currency of the weights.
    min_addresses : int, optional
        The minimum as a number of addresses.
    min_share : float, optional
        The minimum as a share (0 to 1) of all activity; read as the decimal it prints as.

    Returns
    -------
    int
        The minimum, 1 to 2**63 - 1.

    Raises
    ------
    ValueError
        If not exactly one minimum is given.

    Examples
    --------
    >>> one = {"lon": [8.5], "lat": [47.4]}
    >>> counts = {f"{kind}_addresses": [2_000] for kind in ("patent", "deal")}
    >>> weights = {f"{kind}_weight": [0] for kind in ("patent", "deal")}
    >>> locations = pd.DataFrame(one | counts | weights)
    >>> find_minimum(locations, density_weight="addresses", min_share=1e-3)
    4
    """
    if (min_addresses is None) == (min_share is None):
        msg = f"Invalid min_addresses {min_addresses} and min_share {min_share}. Must give one."
        raise ValueError(msg)
    total = sum(_totals(locations).values())
    share = Fraction(str(min_share)) if min_addresses is None else None
    if density_weight == "addresses":
        minimum = Fraction(min_addresses or 0) if share is None else share * total
    else:
        share = Fraction(min_addresses or 0, max(total, 1)) if share is None else share
        minimum = share * BALANCED_UNITS
    return min(max(math.ceil(minimum), 1), _MOST_WEIGHT)


def prepare_density(
    locations: pd.DataFrame,
    *,
    density_weight: Literal["addresses", "balanced"],
    min_addresses: int | None = None,
    min_share: float | None = None,
) -> tuple[pd.DataFrame, int]:
    """Weigh locations, and express the minimum density in the same units.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with `<kind>_addresses`.
    density_weight : {"addresses", "balanced"}
        The currency.
    min_addresses : int, optional
        The minimum as a number of addresses.
    min_share : float, optional
        The minimum as a share (0 to 1) of all activity.

    Returns
    -------
    weighed : pandas.DataFrame
        The locations with `density_weight`, as `weigh_density` gives it.
    minimum : int
        As `find_minimum` gives it.

    Examples
    --------
    >>> one = {"lon": [8.5], "lat": [47.4]}
    >>> counts = {f"{kind}_addresses": [2] for kind in ("patent", "deal")}
    >>> weights = {f"{kind}_weight": [0] for kind in ("patent", "deal")}
    >>> locations = pd.DataFrame(one | counts | weights)
    >>> weighed, minimum = prepare_density(
    ...     locations, density_weight="addresses", min_addresses=4
    ... )
    >>> weighed["density_weight"].tolist(), minimum
    ([4], 4)
    """
    weight = weigh_density(locations, density_weight=density_weight)
    minimum = find_minimum(
        locations,
        density_weight=density_weight,
        min_addresses=min_addresses,
        min_share=min_share,
    )
    return locations.assign(density_weight=weight), minimum


def share_activity(locations: pd.DataFrame) -> pd.Series:
    """Give each location its share of all activity: the mean over kinds of its share of each.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with `<kind>_addresses`.

    Returns
    -------
    pandas.Series
        `activity`, 0 to 1, sum 1, on the index of `locations`.

    Examples
    --------
    >>> two = {"lon": [8.5, 7.6], "lat": [47.4, 47.6]}
    >>> counts = {f"{kind}_addresses": [3, 1] for kind in ("patent", "deal")}
    >>> weights = {f"{kind}_weight": [0, 0] for kind in ("patent", "deal")}
    >>> share_activity(pd.DataFrame(two | counts | weights)).tolist()
    [0.75, 0.25]
    """
    weight = weigh_density(locations, density_weight="balanced")
    return (weight / max(int(weight.sum()), 1)).rename("activity")


def share_each_address(locations: pd.DataFrame) -> "pd.Series[float]":
    """Give the share of all activity that one address of each kind is.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with `<kind>_addresses`.

    Returns
    -------
    pandas.Series
        0 to 1, indexed by kind; 0 for a kind without addresses.

    Examples
    --------
    >>> one = {"lon": [8.5], "lat": [47.4]}
    >>> counts = {f"{kind}_addresses": [4] for kind in ("patent", "deal")}
    >>> weights = {f"{kind}_weight": [0] for kind in ("patent", "deal")}
    >>> share_each_address(pd.DataFrame(one | counts | weights)).round(4).tolist()
    [0.125, 0.125]
    """
    totals = _totals(locations)
    present = max(sum(total > 0 for total in totals.values()), 1)
    each = [1 / (present * total) if total else 0.0 for total in totals.values()]
    return pd.Series(each, index=pd.Index(list(totals), name="kind"))


def share_coarse(locations: pd.DataFrame, location_economies: pd.DataFrame) -> pd.Series:
    """Tell what part of each region's activity is placed no better than by city.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with region (missing outside regions).
    location_economies : pandas.DataFrame
        One row per location, economy and kind: location (row number), addresses, coarse
        (addresses no better placed than by city) and activity.

    Returns
    -------
    pandas.Series
        0 to 1, indexed by region, ascending.

    Examples
    --------
    >>> locations = pd.DataFrame({"region": [0, 0]})
    >>> parts = {"location": [0, 1], "addresses": [3, 1], "coarse": [0, 1], "activity": [0.6, 0.2]}
    >>> share_coarse(locations, pd.DataFrame(parts)).round(2).tolist()
    [0.25]
    """
    region = locations["region"].array[location_economies["location"].to_numpy(np.int64)]
    coarse = location_economies["coarse"] / location_economies["addresses"].clip(lower=1)
    table = pd.DataFrame(
        {
            "region": region,
            "coarse": coarse * location_economies["activity"],
            "activity": location_economies["activity"],
        }
    )
    sums = table.dropna(subset="region").groupby("region")[["coarse", "activity"]].sum()
    return (sums["coarse"] / sums["activity"]).rename_axis("region")


def _totals(locations: pd.DataFrame) -> dict[str, int]:
    """Count the placed addresses of each kind."""
    return {kind: int(locations[f"{kind}_addresses"].sum()) for kind in list_kinds(locations)}
