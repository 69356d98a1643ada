"""Which economy a location lies in, and which economies share a region."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.borders import code_economies
from gii_geo.packing import order_words
from gii_geo.sorting import mark_new, sum_alike
from gii_geo.tables import check_table

IntArray = npt.NDArray[np.int64]

Locate = Callable[[IntArray], pd.Categorical]

_WEIGHTS: Final = {"region": "i", "economy": "s", "share": "f"}


def _ask(locations: pd.DataFrame) -> Locate:
    """Locate by the coordinates of a table."""
    lon, lat = locations["lon"].to_numpy(), locations["lat"].to_numpy()
    return lambda rows: code_economies(lon[rows], lat[rows])


def _read_words(economy: pd.Series) -> pd.Categorical:
    """Read economies as categories in the order of the alphabet."""
    words = pd.Categorical(economy)
    return words.set_categories(sorted(words.categories))


def share_economies(
    locations: pd.DataFrame, location_economies: pd.DataFrame, *, locate: Locate | None = None
) -> pd.DataFrame:
    """Split the activity of each region over economies.

    An address's own economy comes first; where it has none, its coordinates decide.

    Parameters
    ----------
    locations : pandas.DataFrame
        One row per location: ``lon``, ``lat`` in degrees and ``region`` (integer, missing for a
        location outside every region).
    location_economies : pandas.DataFrame
        The activity of each location by the economy its addresses name: ``location`` (row number
        in `locations`, from 0), ``economy`` (ISO 3166-1 alpha-2, missing where none is named) and
        ``activity`` (float, 0 or more, in any unit). In any order; a pair may occur repeatedly.
    locate : callable, optional
        Gives the economies of locations by their row numbers; by default asks
        `code_economies` for their coordinates.

    Returns
    -------
    pandas.DataFrame
        One row per region and economy: ``region``, ``economy`` (missing: neither named nor found)
        and ``share`` of the region's activity (0 to 1, the shares of a region sum to 1). Regions
        ascend, in each the largest share goes first, ties by code.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": [7.59, 7.33], "lat": [47.56, 47.75], "region": [0, 0]})
    >>> named = pd.DataFrame({
    ...     "location": [0, 0, 1], "economy": ["CH", "DE", None], "activity": [6.0, 1.0, 3.0]
    ... })
    >>> share_economies(locations, named)
       region economy  share
    0       0      CH    0.6
    1       0      FR    0.3
    2       0      DE    0.1
    """
    check_table(locations, {"lon": "f", "lat": "f", "region": "i"}, name="locations")
    schema = {"location": "i", "economy": "s", "activity": "f"}
    check_table(location_economies, schema, name="location_economies")
    named = _read_words(location_economies["economy"])
    row = location_economies["location"].to_numpy()
    region = _find_regions(locations, row)
    inside = np.flatnonzero(region >= 0)
    row, region, economy = row[inside], region[inside], named[inside]
    share = location_economies["activity"].to_numpy()[inside]
    unnamed = np.flatnonzero(economy.isna())
    found = (locate or _ask(locations))(row[unnamed])
    del inside, row  # large
    words = order_words(economy.categories, found.categories)
    code = economy.set_categories(words).codes.astype(np.int16)
    code[unnamed] = found.set_categories(words).codes
    code[code < 0] = len(words)  # the missing last
    both = region.astype(np.int64) * (len(words) + 1) + code
    del economy, unnamed, found, code, region  # large
    # Sorted by value first: a sum of floats depends on the order they are added in.
    by_value = np.lexsort((share, both))
    both, share = both[by_value], share[by_value]
    del by_value  # large
    new = mark_new(both)
    each = pd.Series(share, copy=False).groupby(np.cumsum(new, dtype=np.int32)).sum()
    region, code = np.divmod(both[new], len(words) + 1)
    economy = pd.Categorical.from_codes(np.where(code == len(words), -1, code), words)
    shares = pd.DataFrame({"region": region, "economy": economy, "share": each.to_numpy()})
    shares = shares.astype({"economy": "str"})
    shares["share"] /= shares.groupby("region")["share"].transform("sum")
    order = ["region", "share", "economy"]
    shares = shares.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return shares.astype({"region": "int64"})


def share_land(
    locations: pd.DataFrame,
    location_economies: pd.DataFrame,
    shares: pd.DataFrame,
    *,
    locate: Locate | None = None,
) -> pd.Series:
    """Tell what part of a region's locations lies in each economy that is not its largest.

    A region can reach across a border with little activity there: Johor Bahru has 0.2 % of
    Singapore's activity in our test data, and a third of its locations. A location counts if its
    addresses name the economy and its coordinates agree.

    Parameters
    ----------
    locations : pandas.DataFrame
        As for `share_economies`.
    location_economies : pandas.DataFrame
        As for `share_economies`.
    shares : pandas.DataFrame
        What `share_economies` gave for them.
    locate : callable, optional
        Gives the economies of locations by their row numbers; by default asks
        `code_economies` for their coordinates.

    Returns
    -------
    pandas.Series
        ``location_share`` (0 to 1; missing for the region's largest economy and for none), on the
        index of `shares`.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": [103.85, 103.76], "lat": [1.29, 1.48], "region": [0, 0]})
    >>> named = pd.DataFrame({
    ...     "location": [0, 1], "economy": ["SG", "MY"], "activity": [99.5, 0.5]
    ... })
    >>> shares = share_economies(locations, named)
    >>> share_land(locations, named, shares).tolist()
    [nan, 0.5]
    """
    others = shares[shares["region"].duplicated() & shares["economy"].notna()]
    named = _read_words(location_economies["economy"])
    words = order_words(named.categories, others["economy"])
    at = others["region"].to_numpy(np.int64), words.get_indexer(pd.Index(others["economy"]))
    row = location_economies["location"].to_numpy()
    region = _find_regions(locations, row)
    is_minor = np.zeros((int(region.max(initial=-1)) + 1, len(words) + 1), dtype=bool)
    is_minor[at] = True
    is_minor[at[0], -1] = True  # where none is named
    code = named.set_categories(words).codes.astype(np.int16)
    asked = np.flatnonzero(region >= 0)
    asked = asked[is_minor[region[asked], code[asked]]]
    row, region, code = row[asked], region[asked], code[asked]
    # Where no economy is named the coordinates were asked already; only few rows are left to ask.
    found = (locate or _ask(locations))(row).set_categories(words).codes
    agreed = ((code == found) | (code < 0)) & is_minor[region, found]
    keys = {"region": region[agreed], "economy": found[agreed], "location": row[agreed]}
    met, _ = sum_alike(keys, {})
    count = np.zeros(is_minor.shape, dtype=np.int64)
    np.add.at(count, (met["region"], met["economy"]), 1)
    members = locations["region"].value_counts().reindex(others["region"]).to_numpy(np.int64)
    part = pd.Series(count[at] / members, index=others.index)
    return part.reindex(shares.index).rename("location_share")


def _find_regions(locations: pd.DataFrame, row: IntArray) -> npt.NDArray[np.int32]:
    """Find the region of some rows, -1 outside."""
    region: npt.NDArray[np.int32] = locations["region"].to_numpy(np.int32, na_value=-1)[row]
    return region


def print_economies(weights: pd.DataFrame, *, min_share: float = 0.01) -> pd.Series:
    """List the economies of each region, the one with the largest share first.

    Parameters
    ----------
    weights : pandas.DataFrame
        ``region``, ``economy`` and ``share``, as `share_economies` returns them, and optionally
        ``location_share``, from `share_land`.
    min_share : float, default 0.01
        Least share of the region's activity, or of its locations where they are given, 0 to 1, for
        an economy to be listed. The largest always is.

    Returns
    -------
    pandas.Series
        ``economies``, indexed by ``region``, ascending: codes joined with ";", empty where no
        economy is known.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a column is missing or the share is out of range.

    Examples
    --------
    >>> weights = pd.DataFrame(
    ...     {"region": [0, 0, 0], "economy": ["CH", "FR", "DE"], "share": [0.9, 0.095, 0.005]}
    ... )
    >>> print_economies(weights).tolist()
    ['CH;FR']
    """
    check_table(weights, _WEIGHTS, name="weights")
    if not 0 <= min_share <= 1:
        msg = f"Invalid min_share {min_share}. Must be between 0 and 1."
        raise ValueError(msg)
    known = weights.dropna(subset="economy")
    known = known.sort_values(["region", "share", "economy"], ascending=[True, False, True])
    enough = known["share"] >= min_share
    if "location_share" in known:
        enough |= known["location_share"] >= min_share
    listed = known[enough | ~known["region"].duplicated()]
    economies = listed.groupby("region")["economy"].agg(";".join).astype("str")
    regions = pd.Index(weights["region"].sort_values().unique(), name="region")
    return economies.reindex(regions, fill_value="").rename("economies")
