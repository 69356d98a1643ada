"""The files of a run, read back."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd


def read_run(folder: str | Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, Any]]:
    """Read back the files of a run.

    Parameters
    ----------
    folder : str or pathlib.Path
        What `Result.write` wrote to.

    Returns
    -------
    regions : geopandas.GeoDataFrame
        The regions.
    locations : geopandas.GeoDataFrame
        The locations.
    run : dict of str to Any
        What run.json holds.

    Raises
    ------
    FileNotFoundError
        If the folder lacks one of the files.
    """
    folder = Path(folder)
    for name in ("regions.parquet", "locations.parquet", "run.json"):
        if not (folder / name).is_file():
            msg = f"Invalid run {folder}. Must be a folder that gii-geo run wrote; no {name} in it."
            raise FileNotFoundError(msg)
    regions = gpd.read_parquet(folder / "regions.parquet")
    locations = gpd.read_parquet(folder / "locations.parquet")
    return regions, locations, json.loads((folder / "run.json").read_text(encoding="utf-8"))
