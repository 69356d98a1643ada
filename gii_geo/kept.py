"""Files of earlier runs, read back: damaged or foreign ones are refused in a sentence."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd

from gii_geo.paths import first_line
from gii_geo.tables import InputError


def read_kept(
    path: Path, *, columns: Sequence[str] | None = None, known: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Read a GeoParquet file of a run.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : sequence of str, optional
        Those to read, by default all.
    known : sequence of str, default ()
        Columns that it must have.

    Returns
    -------
    geopandas.GeoDataFrame
        The table.

    Raises
    ------
    InputError
        If it is damaged, or not of a run.
    """
    try:
        table = gpd.read_parquet(path, columns=None if columns is None else [*columns])
    except MemoryError:
        raise
    except Exception as error:
        msg = f"Invalid file {path}. Must be as gii-geo run wrote it; {first_line(error)}."
        raise InputError(msg) from error
    if lacking := [name for name in (*known, *(columns or ())) if name not in table]:
        msg = f"Invalid file {path}. Must be as gii-geo run wrote it; no column {lacking[0]}."
        raise InputError(msg)
    return table


def read_told(path: Path) -> dict[str, Any]:
    """Read what a run tells of itself.

    Parameters
    ----------
    path : pathlib.Path
        Its run.json.

    Returns
    -------
    dict of str to Any
        What it holds.

    Raises
    ------
    InputError
        If it is none.
    """
    if not path.is_file():
        msg = f"Invalid file {path}. Must be the run.json of a run."
        raise InputError(msg)
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"Invalid file {path}. Must be the run.json of a run; {first_line(error)}."
        raise InputError(msg) from error
    if not isinstance(run, dict):
        msg = f"Invalid file {path}. Must be the run.json of a run; found a {type(run).__name__}."
        raise InputError(msg)
    return run
