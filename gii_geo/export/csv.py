"""CSV that spreadsheet programs open right."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from gii_geo.owned import check_plain, refuse_foreign
from gii_geo.paths import check_file
from gii_geo.swap import replacing
from gii_geo.tables import InputError

_BOM: Final = b"\xef\xbb\xbf"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_ranking(regions: gpd.GeoDataFrame, path: str | Path) -> None:
    """Write the ranking as CSV.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions; everything but the geometry is written.
    path : str or pathlib.Path
        The file.
    """
    write_csv(pd.DataFrame(regions.drop(columns=regions.geometry.name)), path)


def write_csv(table: pd.DataFrame, path: str | Path, *, inputs: Iterable[Path] = ()) -> None:
    """Write a table as CSV that spreadsheet programs open right.

    UTF-8 with a byte order mark; a text that would start a formula gets an apostrophe before it.
    The file is written beside and renamed at the end.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.
    path : str or pathlib.Path
        The file. One that is there is replaced if it is such a table.
    inputs : iterable of pathlib.Path, default ()
        Files that are read, which are never replaced.

    Raises
    ------
    InputError
        If the table has no row and that in the file has some, or the file is another's.
    """
    path = Path(path)
    check_table_free(path, table.columns, inputs=inputs)
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
    with replacing(path) as beside:
        table.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def check_table(path: Path) -> None:
    """Refuse a file that a table cannot be written to.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    InputError
        As for `paths.check_file` and `check_table_free`.
    """
    check_table_free(check_file(path))


def check_table_free(
    path: Path, columns: Iterable[str] | None = None, *, inputs: Iterable[Path] = ()
) -> None:
    """Refuse to replace a file that is an input, or no table that we wrote.

    Parameters
    ----------
    path : pathlib.Path
        The file, which need not exist.
    columns : iterable of str, optional
        Of the table that is to be written; one of ours shares most of them.
    inputs : iterable of pathlib.Path, default ()
        Files that are read.

    Raises
    ------
    InputError
        If it is one.
    """
    check_plain(path, inputs=inputs)
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        head = file.readline(2**16)
    names = set(head.removeprefix(_BOM).decode("utf-8", "replace").strip().split(","))
    known = names if columns is None else names & set(columns)
    if not (head.startswith(_BOM) and head.endswith(b"\r\n") and 2 * len(known) >= len(names)):
        raise refuse_foreign(path, "a table that gii-geo wrote")


def _has_rows(path: Path) -> bool:
    """Tell whether a file has more than a line of names."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return len(opened.readlines(2**16)) > 1


def _escape(cell: object) -> object:
    """Put an apostrophe before a text that would start a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
