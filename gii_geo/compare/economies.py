"""How many regions each economy has, beside what is known of another ranking."""

from typing import Final, Literal

import pandas as pd

from gii_geo.ranges import check_given, check_number, show_value
from gii_geo.tables import check_table

_COUNTED: Final = {"rank": "i", "economies": "s"}


def count_economies(
    regions: pd.DataFrame, *, top: int = 100, count: Literal["each", "first"] = "each"
) -> pd.Series:
    """Count the regions of each economy, among the first.

    Parameters
    ----------
    regions : pandas.DataFrame
        Columns ``rank`` and ``economies`` (codes joined with ";", the largest part first).
    top : int, default 100
        The last rank that counts, 1 or more.
    count : {"each", "first"}, default "each"
        Whether a region of several economies counts for each of them, or once, for the first.

    Returns
    -------
    pandas.Series of int64
        ``regions``, indexed by ``economy``, largest first, ties by code.

    Raises
    ------
    TypeError
        If the regions are no table, a column has another type, or ``top`` is no number.
    ValueError
        If there is no such way to count, a column is missing, or ``top`` is below 1.

    Notes
    -----
    WIPO's totals of 2024 count a cluster once: 37 of middle-income and 63 of high-income economies
    are the 100, though some are printed with two economies of different income.

    Examples
    --------
    >>> regions = pd.DataFrame({"rank": [1, 2, 3], "economies": ["CN;HK", "CN", "US"]})
    >>> count_economies(regions, top=2).to_dict()
    {'CN': 2, 'HK': 1}
    >>> count_economies(regions, top=2, count="first").to_dict()
    {'CN': 2}
    """
    if not isinstance(count, str) or count not in {"each", "first"}:
        msg = f"Invalid count {show_value(count)}. Must be each or first."
        raise ValueError(msg)
    check_number("top", top, least=1)
    check_table(regions, _COUNTED, name="regions")
    parts = regions.loc[regions["rank"] <= top, "economies"].str.split(";")
    codes = parts.str[0] if count == "first" else parts.explode()
    codes = codes[codes.notna() & (codes != "")]
    counts = codes.value_counts().rename("regions").rename_axis("economy").astype("int64")
    return counts.sort_index().sort_values(ascending=False, kind="stable")


def compare_economies(counts: pd.Series, reference: pd.Series) -> pd.DataFrame:
    """Hold our number of regions per economy against the reference's.

    Parameters
    ----------
    counts : pandas.Series
        From `count_economies`.
    reference : pandas.Series
        The same of an earlier run, or `published.read_published_economies`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``economy``, those of the reference first: ``reference`` (missing where it is
        not known), ``regions`` (ours), ``difference``.

    Examples
    --------
    >>> counts = pd.Series({"CN": 20, "HK": 1})
    >>> compare_economies(counts, pd.Series({"CN": 24, "US": 22}))["difference"].to_list()
    [-4, -22, <NA>]
    """
    for name, numbers in (("counts", counts), ("reference", reference)):
        must = "be a pandas Series of whole numbers, by economy"
        check_given(name, numbers, pd.Series, must=must)
        if not (numbers.dropna() % 1 == 0).all():
            msg = f"Invalid {name}. Must {must}."
            raise ValueError(msg)
    economies = pd.Index([*reference.index, *counts.index.difference(reference.index)])
    table = pd.DataFrame(index=economies.rename("economy"))
    table["reference"] = reference.reindex(economies).astype("Int64")
    table["regions"] = counts.reindex(economies, fill_value=0).astype("Int64")
    table["difference"] = table["regions"] - table["reference"]
    return table
