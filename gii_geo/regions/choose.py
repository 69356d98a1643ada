"""Which rows of a world's tables count: those of the kinds and years that are asked for."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

BoolArray = npt.NDArray[np.bool_]


def choose_rows(
    table: pd.DataFrame,
    chosen: set[str],
    years: Mapping[str, tuple[int, int]],
    *,
    year: str,
    spared: BoolArray | None = None,
) -> BoolArray:
    """Tell which rows count: those of the kinds, and of the years of the kinds that have some.

    Parameters
    ----------
    table : pandas.DataFrame
        kind, and the column of the year.
    chosen : set of str
        The kinds that count.
    years : mapping of str to (int, int)
        First and last year per kind.
    year : str
        Name of the column of the year.
    spared : numpy.ndarray of bool, shape (n,), optional
        Rows that are not left out because their year is not known: broken lines and the like,
        which have none to be left out by.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Whether each row counts.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["deal", "deal"], "year": pd.array([2019, None], "Int16")})
    >>> choose_rows(table, {"deal"}, {"deal": (2019, 2020)}, year="year").tolist()
    [True, False]
    """
    counts = table["kind"].isin(chosen).to_numpy(dtype=bool, copy=True)
    for kind, (first, last) in years.items():
        within = table[year].between(first, last).fillna(value=False).to_numpy(dtype=bool)
        if spared is not None:
            within |= table[year].isna().to_numpy(dtype=bool) & spared
        counts &= within | (table["kind"] != kind).to_numpy(dtype=bool)
    return counts


def choose_part(
    table: pd.DataFrame,
    chosen: set[str],
    years: Mapping[str, tuple[int, int]],
) -> pd.DataFrame:
    """Take the rows that count; all of them without a copy.

    Parameters
    ----------
    table : pandas.DataFrame
        kind (as categories), year and whatever else is known.
    chosen : set of str
        The kinds that count.
    years : mapping of str to (int, int)
        First and last year per kind.

    Returns
    -------
    pandas.DataFrame
        These rows, numbered anew.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": pd.Categorical(["deal", "patent"]), "rows": [2, 3]})
    >>> choose_part(table, {"deal"}, {})["rows"].tolist()
    [2]
    """
    if not years and set(table["kind"].cat.categories) <= chosen:
        return table
    return table[choose_rows(table, chosen, years, year="year")].reset_index(drop=True)
