"""Which economy a location lies in, and which economies share a region."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.borders import locate_economies
from gii_geo.tables import check_table

IntArray = npt.NDArray[np.int64]

Locate = Callable[[IntArray], npt.NDArray[np.object_]]

_WEIGHTS: Final = {"region": "i", "economy": "s", "share": "f"}


def _ask(locations: pd.DataFrame) -> Locate:
    """Locate by the coordinates of a table."""
    lon, lat = locations["lon"].to_numpy(), locations["lat"].to_numpy()
    return lambda rows: np.asarray(locate_economies(lon[rows], lat[rows]), dtype=object)


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
        `locate_economies` for their coordinates.

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
    row = location_economies["location"].to_numpy(np.int64)
    region = locations["region"].to_numpy(np.int64, na_value=-1)[row]
    inside = np.flatnonzero(region >= 0)
    row, region = row[inside], region[inside]
    economy = location_economies["economy"].array.take(inside).astype(object)
    unnamed = np.flatnonzero(pd.isna(economy))
    economy[unnamed] = (locate or _ask(locations))(row[unnamed])
    code, codes = pd.factorize(economy, sort=True)
    share = location_economies["activity"].to_numpy()[inside]
    del inside, row, economy, unnamed  # large
    # Sorted by value first: a sum of floats depends on the order they are added in.
    by_value = np.lexsort((share, code, region))
    columns = {
        "region": region,
        "economy": pd.Categorical.from_codes(code, codes),
        "share": share,
    }
    each = (
        pd.DataFrame(columns)
        .iloc[by_value]
        .groupby(["region", "economy"], dropna=False, observed=True)
    )
    shares = each["share"].sum().reset_index().astype({"economy": "str"})
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
        `locate_economies` for their coordinates.

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
    members = locations["region"].value_counts()
    others = shares[shares["region"].duplicated() & shares["economy"].notna()]
    minor = others.loc[:, ["region", "economy"]]
    region = locations["region"].to_numpy(np.int64, na_value=-1)
    region = region[location_economies["location"].to_numpy(np.int64)]
    shared = np.flatnonzero(np.isin(region, minor["region"]))
    rows = location_economies[["location", "economy"]].iloc[shared]
    rows = rows.assign(region=region[shared]).drop_duplicates()
    # Where no economy is named the coordinates were asked already; only few rows are left to ask.
    rows = pd.concat(
        [
            rows.merge(minor, on=["region", "economy"]),
            rows[rows["economy"].isna()],
        ]
    )
    where = rows["location"].to_numpy(np.int64)
    rows = rows.assign(found=pd.array((locate or _ask(locations))(where), dtype="str"))
    agreed = rows[(rows["economy"] == rows["found"]) | rows["economy"].isna()]
    count = agreed.groupby(["region", "found"])["location"].nunique()
    keys = pd.MultiIndex.from_frame(minor)
    part = (
        count.reindex(keys, fill_value=0).to_numpy() / members.reindex(minor["region"]).to_numpy()
    )
    return pd.Series(part, index=others.index).reindex(shares.index).rename("location_share")


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
