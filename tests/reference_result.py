"""A result whose regions are other ones, for what shows or writes them."""

from dataclasses import replace
from typing import Any

import geopandas as gpd

from gii_geo import Result


def replace_regions(result: Result, regions: gpd.GeoDataFrame, **changes: Any) -> Result:
    """Give the same result with another table of regions."""
    other = replace(result, **changes)
    other.__dict__["regions"] = regions  # where they are kept once they were asked for
    return other
