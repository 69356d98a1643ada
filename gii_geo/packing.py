"""The columns of a world's tables, and the types that they are kept in."""

from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.sorting import mark_new

_FEW: Final = "uint8 or int32"
"""Whole numbers of which hardly any is above 255, in a table that may have very many rows."""

TABLES: Final[dict[str, dict[str, str]]] = {
    "locations": {"lon": "float64", "lat": "float64"},
    "places": {
        "kind": "category",
        "location": "int32",
        "year": "Int16",
        "economy": "category",
        "coarse": "bool",
        "rows": "int64",
        "addresses": "int64",
        "weight": "int64",
        "records": "int64",
        "square": "int64",
    },
    "records": {
        "kind": "category",
        "record": "int32",
        "location": "int32",
        "addresses": _FEW,
        "size": _FEW,
        "year": "Int16",
        "field": "category",
    },
    "groups": {
        "kind": "category",
        "group": "int32",
        "location": "Int32",
        "record": "Int32",
        "year": "Int16",
        "alone": "bool",
        "weight": "int64",
        "records": "int64",
        "square": "int64",
    },
    "labels": {
        "what": "category",
        "kind": "category",
        "location": "int32",
        "year": "Int16",
        "cell": "category",
        "weight": "int64",
        "records": "int64",
        "square": "int64",
    },
    "accounts": {
        "kind": "category",
        "year": "Int16",
        "reason": "category",
        "alone": "bool",
        "rows": "int64",
        "weight": "int64",
        "records": "int64",
        "undivided": "int64",
    },
    "contradictions": {
        **dict.fromkeys(("source", "kind", "economy", "located"), "str"),
        **dict.fromkeys(("locations", "rows", "addresses", "explained"), "int64"),
        "explanation": "str",
    },
    "rejects": {
        **dict.fromkeys(("kind", "record_id"), "str"),
        **dict.fromkeys(("lon", "lat"), "float64"),
        "economy": "str",
        "year": "Int64",
        "count": "Int64",
        "reason": "str",
        "file": "str",
        "row": "Int64",
        "weight": "int64",
        "record_year": "Int64",
    },
}
"""Columns of the tables and their types; rejects have further texts where the input has them."""

SUMS: Final = ("weight", "records", "square")
"""What is summed of groups and labels: units, whole records, and squared parts in units."""

_WHERE_KNOWN: Final = {"records": ("field",)}
"""Columns that a table has only where the input says something of them."""


def empty_table(name: str) -> pd.DataFrame:
    """Give a table of a world that has no row.

    Parameters
    ----------
    name : str
        One of `TABLES`.

    Returns
    -------
    pandas.DataFrame
        Its columns, in the types that they are kept in.

    Examples
    --------
    >>> empty_table("locations").dtypes.astype(str).to_dict()
    {'lon': 'float64', 'lat': 'float64'}
    """
    columns = [column for column in TABLES[name] if column not in _WHERE_KNOWN.get(name, ())]
    return pack_table(pd.DataFrame({column: [] for column in columns}), name)


def pack_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give a table of a world the types that it is kept in.

    Parameters
    ----------
    table : pandas.DataFrame
        One of `TABLES`, in any types that fit.
    name : str
        Which one.

    Returns
    -------
    pandas.DataFrame
        Its columns in order: words as categories in the order of the alphabet, whole numbers in as
        few bytes as they need; what is not in `TABLES` is text.

    Examples
    --------
    >>> table = pd.DataFrame({"lat": [47], "lon": [8]})
    >>> pack_table(table, "locations").to_dict("list")
    {'lon': [8.0], 'lat': [47.0]}
    """
    rare = _WHERE_KNOWN.get(name, ())
    types = {key: kind for key, kind in TABLES[name].items() if key in table or key not in rare}
    types = types | {str(column): "str" for column in table if column not in types}
    columns = {name: _pack_column(table[name], kind) for name, kind in types.items()}
    if "square" in columns and columns["square"].equals(columns["weight"]):  # of whole records
        columns["square"] = columns["weight"].copy(deep=False)
    return pd.DataFrame(columns, copy=False)


def list_runs(words: pd.Series) -> dict[str, slice]:
    """Find where each word stands in a column that is in their order, for parts without a copy.

    Parameters
    ----------
    words : pandas.Series of category
        The column.

    Returns
    -------
    dict of str to slice
        The rows of each word that occurs.

    Examples
    --------
    >>> list_runs(pd.Series(["deal", "deal", "patent"], dtype="category"))
    {'deal': slice(0, 2, None), 'patent': slice(2, 3, None)}
    """
    codes = words.cat.codes.to_numpy()
    starts = np.flatnonzero(mark_new(codes))
    named = words.cat.categories[codes[starts]]
    ends = pairwise([*starts.tolist(), len(codes)])
    return {str(word): slice(*run) for word, run in zip(named, ends, strict=True)}


def _list_used(column: pd.Series) -> npt.NDArray[np.integer[Any]]:
    """List the codes of the categories that occur."""
    used = pd.unique(column.cat.codes.to_numpy())
    return used[used >= 0]


def order_words(*words: "pd.Index[Any] | pd.Series[Any]") -> pd.Index:
    """Give each word once, in the order of their letters' numbers.

    Parameters
    ----------
    *words : pandas.Index or pandas.Series of str
        Words, some of which may stand twice, and none is missing.

    Returns
    -------
    pandas.Index of str
        For instance the categories of columns that are put together.

    Examples
    --------
    >>> order_words(pd.Index(["b", "a"]), pd.Series(["b", "B"])).tolist()
    ['B', 'a', 'b']
    """
    # One by one an index of texts gives them slowly.
    met = {word for some in words for word in some.to_numpy(object)}
    ordered: pd.Index[Any] = pd.Index(sorted(met), dtype="str")
    return ordered


def concat_parts(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below each other; of several the empty ones do not decide the types.

    Parameters
    ----------
    parts : list of pandas.DataFrame
        Tables of the same columns.

    Returns
    -------
    pandas.DataFrame
        One table, its rows numbered anew.
    """
    full = [part for part in parts if len(part)] or parts[:1]
    if len(full) == 1:  # no copy of what may be large
        return full[0].reset_index(drop=True)
    if not full:
        return pd.DataFrame()
    words: dict[str, Any] = {}
    for name in full[0].columns:
        own: list[Any] = [part[name].dtype for part in full if name in part]
        if all(isinstance(dtype, pd.CategoricalDtype) for dtype in own):
            words[name] = order_words(*(met.categories for met in own))
    alike = (
        part.assign(**{name: part[name].cat.set_categories(met) for name, met in words.items()})
        for part in full
    )
    return pd.concat(alike, ignore_index=True)


def concat_arrays(arrays: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Put arrays behind each other; one by itself is not copied, for it may be large.

    Parameters
    ----------
    arrays : list of numpy.ndarray, shape (n,)
        At least one.

    Returns
    -------
    numpy.ndarray, shape (m,)
        All of them.
    """
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _pack_column(column: pd.Series, kind: str) -> "pd.Series[Any]":
    """Give a column its type."""
    if kind == "category":
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype("category")
        if len(_list_used(column)) < len(column.cat.categories):
            column = column.cat.remove_unused_categories()  # slow, and large
        words = order_words(column.cat.categories)
        packed = words.identical(column.cat.categories)  # in order, without a name, text if empty
        return column if packed else column.cat.set_categories(words)
    if kind == _FEW:
        is_few = column.empty or column.max() <= np.iinfo(np.uint8).max
        kind = "uint8" if is_few else "int32"
    if str(column.dtype) == "Int64" and kind == "Int16":
        return column.astype("Int16")
    return column.astype(kind)  # type: ignore[call-overload, no-any-return]
