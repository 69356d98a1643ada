"""Results whose regions are other ones, for what shows or writes them, and worlds never asked."""

from dataclasses import replace
from typing import Any

import geopandas as gpd

from gii_geo import Result, World


def replace_regions(result: Result, regions: gpd.GeoDataFrame, **changes: Any) -> Result:
    """Give the same result with another table of regions."""
    other = replace(result, **changes)
    other.__dict__["regions"] = regions  # where they are kept once they were asked for
    return other


def forget(world: World) -> World:
    """Give the same world as if nothing was asked: no answer is taken from an earlier one."""
    return replace(world, _kept={})
