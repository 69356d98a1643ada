"""The land and borders below every map, as they come with the package."""

import io
from importlib import resources
from typing import Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gii_geo.project import LON_LAT

BASEMAP_CREDIT: Final = "Land and borders: Natural Earth (naturalearthdata.com), public domain."

STEPS_PER_DEG: Final = 1000
"""Coordinates are whole numbers of these steps, about 100 m each."""

_AXES: Final = ("lon", "lat")
_CORNERS: Final = "list.element.list.element"


def read_basemap() -> gpd.GeoSeries:
    """Read the land and borders that come with the package.

    Returns
    -------
    geopandas.GeoSeries
        Polygons, EPSG:4326, cut at the antimeridian. Natural Earth 1:10m (public domain), bends
        of less than about 400 m left out by `scripts/make_basemap.py`.

    Examples
    --------
    >>> read_basemap().crs.to_epsg()
    4326
    """
    file = resources.files("gii_geo") / "data" / "basemap.parquet"
    table = pq.read_table(io.BytesIO(file.read_bytes()))
    rings = table["lon"].combine_chunks()
    polygons, corners = rings.offsets.to_numpy(), rings.values.offsets.to_numpy()
    steps = [table[axis].combine_chunks().flatten(recursive=True).to_numpy() for axis in _AXES]
    degrees = np.column_stack(steps) / STEPS_PER_DEG
    shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, degrees, (corners, polygons))
    return gpd.GeoSeries(shapes, crs=LON_LAT)


def pack_basemap(land: gpd.GeoSeries) -> bytes:
    """Write land as `read_basemap` reads it.

    Parameters
    ----------
    land : geopandas.GeoSeries
        Polygons whose coordinates are whole numbers of steps.

    Returns
    -------
    bytes
        Parquet, one row a polygon: lon and lat, lists of rings, lists of steps.
    """
    _, degrees, (corners, polygons) = shapely.to_ragged_array(land.array)
    steps = np.round(degrees * STEPS_PER_DEG).astype(np.int32)
    columns = {
        axis: pa.ListArray.from_arrays(
            polygons.astype(np.int32), pa.ListArray.from_arrays(corners.astype(np.int32), own)
        )
        for axis, own in zip(_AXES, steps.T, strict=True)
    }
    file = io.BytesIO()
    pq.write_table(
        pa.table(columns),
        file,
        compression="zstd",
        compression_level=19,
        use_dictionary=False,
        column_encoding={
            f"{axis}.list.element.list.element": "DELTA_BINARY_PACKED" for axis in _AXES
        },
    )
    return file.getvalue()
