"""Ids of records: what is to be said where some addresses have none."""

from typing import Final

import pandas as pd

MOST_NAMELESS: Final = 0.1
"""Part of a kind's rows that may lack an id which others have, without a warning."""


def tell_nameless(summed: pd.DataFrame, name: str) -> tuple[list[str], list[str]]:
    """Tell of each kind only some of whose rows have an id.

    Parameters
    ----------
    summed : pandas.DataFrame
        From `count.sum_rows`: kind, named (whether a row has an id), rows and addresses (0 for what
        is no record).
    name : str
        Name of the source.

    Returns
    -------
    notes : list of str
        A sentence a kind.
    warnings : list of str
        Those of kinds of which more than `MOST_NAMELESS` have none.

    Examples
    --------
    >>> rows = pd.DataFrame({"kind": "patent", "named": [1, 0], "rows": [97, 3]})
    >>> rows["addresses"] = rows["rows"]
    >>> tell_nameless(rows, "a.csv")
    (['a.csv: 3 of 100 patent rows have no record_id: each is a record of its own'], [])
    """
    notes, warnings = [], []
    for kind, own in summed[summed["addresses"] > 0].groupby("kind", observed=True):
        rows = int(own["rows"].sum())
        nameless = int(own.loc[own["named"] != 1, "rows"].sum())
        if not 0 < nameless < rows:
            continue
        word = str(kind).replace("_", " ")
        told = f"{name}: {nameless:,} of {rows:,} {word} rows have no record_id"
        notes.append(f"{told}: each is a record of its own")
        if nameless > MOST_NAMELESS * rows:
            warnings.append(f"{told}: each counts as a record of its own.")
    return notes, warnings
