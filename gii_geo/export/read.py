"""The files of a run, read back."""

from os import PathLike
from pathlib import Path
from typing import Any, Final

import geopandas as gpd

from gii_geo.kept import read_kept, read_told
from gii_geo.owned import check_intact
from gii_geo.ranges import check_given
from gii_geo.tables import InputError

_SAID: Final = {"settings", "accounts"}


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
    InputError
        If one of them is damaged, or they are not of one run.
    """
    check_given("folder", folder, str | PathLike, must="be the folder of a run")
    folder = Path(folder)
    for name in ("regions.parquet", "locations.parquet", "run.json"):
        if not (folder / name).is_file():
            msg = f"Invalid run {folder}. Must be a folder that gii-geo run wrote; no {name} in it."
            raise FileNotFoundError(msg)
    run = read_told(folder / "run.json")
    check_intact(folder, run, ("regions.parquet", "locations.parquet"))
    if not set(run) >= _SAID:
        lacking = ", ".join(sorted(_SAID - set(run)))
        msg = f"Invalid file {folder / 'run.json'}. Must be the run.json of a run; no {lacking}."
        raise InputError(msg)
    regions = read_kept(folder / "regions.parquet", known=("region_id", "name", "rank"))
    return regions, read_kept(folder / "locations.parquet", known=("region_id",)), run
