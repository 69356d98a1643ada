"""Cells of labels -> labels: what each location holds of a field or organisation, in units."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import SUMS, list_runs
from gii_geo.ranges import show_value
from gii_geo.regions.tally import Tally
from gii_geo.tables import SEVERAL_JOIN, InputError
from gii_geo.text import spell

IntArray = npt.NDArray[np.int64]

_SHOWN: Final = 8


def take_labels(tally: Tally, what: str) -> pd.DataFrame:
    """Take the labels of one sort, without a copy.

    Parameters
    ----------
    tally : Tally
        What counts.
    what : {"field", "organisation"}
        Of what they are.

    Returns
    -------
    pandas.DataFrame
        Rows of its labels.
    """
    return tally.labels.iloc[list_runs(tally.labels["what"]).get(what, slice(0))]


def split_labels(tally: Tally, what: str) -> pd.DataFrame:
    """Split what stands under several labels evenly among them, to the unit.

    Units that are left over go one by one to the first labels of the cell, in the order of the
    alphabet, so that the labels add up to what the cell holds.

    Parameters
    ----------
    tally : Tally
        What counts.
    what : {"field", "organisation"}
        Of what the labels are.

    Returns
    -------
    pandas.DataFrame
        One row per row of `World.labels` and label: kind, location (the row in the tally's), value
        (category), weight (units), records, and square (units).
    """
    own = take_labels(tally, what)
    values, flat, starts = list_values(own["cell"])
    if len(flat) == len(starts) - 1:  # no cell has several
        value = flat.astype(np.int32)[own["cell"].cat.codes.to_numpy()]
        columns = {name: own[name].array for name in ("kind", "location", *SUMS)}
        return pd.DataFrame(
            {**columns, "value": pd.Categorical.from_codes(value, pd.Index(values))}, copy=False
        )
    codes = own["cell"].cat.codes.to_numpy(np.int64)
    among = np.diff(starts)[codes] if len(codes) else codes
    row = np.repeat(np.arange(len(own)), among)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(among) - among, among)
    many = among[row]
    whole = own["weight"].to_numpy(np.int64)[row]
    return pd.DataFrame(
        {
            "kind": own["kind"].array[row],
            "location": own["location"].to_numpy()[row],
            "value": pd.Categorical.from_codes(flat[starts[codes[row]] + turn], pd.Index(values)),
            "weight": whole // many + (turn < whole % many),
            "records": own["records"].to_numpy(np.int64)[row],
            "square": own["square"].to_numpy(np.int64)[row] // many**2,
        }
    )


def list_values(cells: "pd.Series[Any]") -> tuple[list[str], IntArray, IntArray]:
    """List the labels of each distinct cell.

    Parameters
    ----------
    cells : pandas.Series of category
        Cells, as `World.labels` has them.

    Returns
    -------
    values : list of str
        Every label once, in the order of the alphabet.
    flat : numpy.ndarray of int64, shape (n,)
        The labels of all cells one after the other, by their place in `values`.
    starts : numpy.ndarray of int64, shape (cells + 1,)
        Where those of each cell begin.
    """
    parts = [str(cell).split(SEVERAL_JOIN) for cell in cells.cat.categories.to_numpy()]
    values = sorted({value for part in parts for value in part})
    place = {value: number for number, value in enumerate(values)}
    flat = np.array([place[value] for part in parts for value in part], dtype=np.int64)
    starts = np.cumsum([0, *map(len, parts)])
    return values, flat, starts.astype(np.int64)


def find_value(tally: Tally, what: str, value: str) -> str:
    """Find a label, in any letter case, or refuse what is none.

    Parameters
    ----------
    tally : Tally
        What counts.
    what : {"field", "organisation"}
        Of what it is.
    value : str
        The label.

    Returns
    -------
    str
        As the world spells it.

    Raises
    ------
    InputError
        If nothing counts that has it.
    """
    if not isinstance(value, str):
        msg = f"Invalid {what} {show_value(value)}. Must be a text."
        raise InputError(msg)
    own = take_labels(tally, what)["cell"]
    values, _, _ = list_values(own.cat.remove_unused_categories())
    spelt = " ".join(spell(value).split())
    if spelt in values:
        return spelt
    alike = [name for name in values if name.casefold() == spelt.casefold()]
    if len(alike) == 1:
        return alike[0]
    if alike:
        msg = (
            f"Invalid {what} {show_value(value)}. Must be one of several spellings: "
            f"{', '.join(alike)}."
        )
        raise InputError(msg)
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    found = ", ".join(values[:_SHOWN]) + more if values else f"no column {what}"
    msg = f"Invalid {what} {show_value(value)}. Must be one that the addresses name; found {found}."
    raise InputError(msg)


def narrow_tally(tally: Tally, field: str) -> Tally:
    """Leave of what counts what is of one field: a part of each record that has several.

    Parameters
    ----------
    tally : Tally
        What counts.
    field : str
        The field, from `find_value`.

    Returns
    -------
    Tally
        The same locations with the weight of this field, and its records; their groups are not
        known. Records are taken apart by kind as before.
    """
    split = split_labels(tally, "field")
    return tally.narrow(split[(split["value"] == field).to_numpy()], _narrow_records(tally, field))


def _narrow_records(tally: Tally, field: str) -> pd.DataFrame:
    """Give the records of one field; one that has several is that many times as large."""
    records = tally.records
    if "field" not in records:
        return records.iloc[:0]
    cells = records["field"].cat.categories
    parts = [str(cell).split(SEVERAL_JOIN) for cell in cells]
    among = np.array([len(own) if field in own else 0 for own in parts])
    many = np.append(among, 0)[records["field"].cat.codes.to_numpy(np.int64)]
    kept = many > 0
    size = records["size"].to_numpy(np.int64)[kept] * many[kept]
    return records[kept].assign(size=size.astype(np.int32)).reset_index(drop=True)
