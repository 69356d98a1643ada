"""CSV that spreadsheet programs open right."""

from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from gii_geo.tables import InputError

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_ranking(regions: gpd.GeoDataFrame, path: Path) -> None:
    """Write the ranking as CSV.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions; everything but the geometry is written.
    path : pathlib.Path
        The file.
    """
    write_csv(pd.DataFrame(regions.drop(columns=regions.geometry.name)), path)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that spreadsheet programs open right.

    UTF-8 with a byte order mark; a text that would start a formula gets an apostrophe before it.
    The file is written beside and renamed at the end.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.
    path : pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the table has no row and that in the file has some.
    """
    if table.empty and _has_rows(path):
        msg = (
            f"Invalid table without a row for {path}. Must have one to replace the table there; "
            "nothing was written: mend the input or name another file."
        )
        raise InputError(msg)
    table = table.copy()
    for column in table.columns:
        if table[column].dtype in ("str", "object"):  # texts, or texts among numbers
            table[column] = table[column].map(_escape, na_action="ignore")
    beside = path.with_name(f".{path.name}.part")
    table.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    beside.replace(path)


def _has_rows(path: Path) -> bool:
    """Tell whether a file has more than a line of names."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return len(opened.readlines(2**16)) > 1


def _escape(cell: object) -> object:
    """Put an apostrophe before a text that would start a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
