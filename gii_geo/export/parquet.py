"""Tables to Parquet, points and outlines as GeoParquet 1.1."""

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.project import LON_LAT, FloatArray

_COMPRESSION: Final = "zstd"
_GEOMETRY: Final[dict[str, Any]] = {"schema_version": "1.1.0", "write_covering_bbox": True}
_POINT: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
"""A point as well-known binary: little-endian, type 1 (OGC 06-103r4, section 8.2)."""

_ROWS_AT_ONCE: Final = 1 << 20
_APART: Final = ("lon", "lat", "geometry", "bbox")
"""Columns of points that have no value twice: to number their values takes time and room."""


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table, as GeoParquet where it has a geometry.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        The table; its attributes are kept as metadata.
    path : pathlib.Path
        The file.
    """
    geometry = _GEOMETRY if isinstance(table, gpd.GeoDataFrame) else {}
    table.to_parquet(path, index=False, compression=_COMPRESSION, **geometry)


def write_points(table: pd.DataFrame, path: Path) -> None:
    """Write rows with lon and lat as points, as `write_parquet` would, without an object for each.

    Parameters
    ----------
    table : pandas.DataFrame
        lon and lat in degrees, and whatever else is known.
    path : pathlib.Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "points.parquet"
    ...     write_points(pd.DataFrame({"lon": [7.6, 8.5], "lat": [47.6, 47.4]}), path)
    ...     print(gpd.read_parquet(path).geometry.to_wkt().tolist())
    ['POINT (7.6 47.6)', 'POINT (8.5 47.4)']
    """
    model = _model(table)
    added = [model.field(name) for name in ("geometry", "bbox")]
    plain = pa.Schema.from_pandas(table, preserve_index=False)
    schema = pa.schema([*plain, *added], metadata=model.metadata)
    alike = [name for name in schema.names if name not in _APART]
    with pq.ParquetWriter(path, schema, compression=_COMPRESSION, use_dictionary=alike) as file:
        for start in range(0, max(len(table), 1), _ROWS_AT_ONCE):  # a row group each
            part = table.iloc[start : start + _ROWS_AT_ONCE]
            lon, lat = (pa.array(part[axis].to_numpy(np.float64)) for axis in ("lon", "lat"))
            box = pa.StructArray.from_arrays([lon, lat, lon, lat], ["xmin", "ymin", "xmax", "ymax"])
            own = pa.Table.from_pandas(part, schema=plain, preserve_index=False)
            columns = [*own.columns, _encode(lon.to_numpy(), lat.to_numpy()), box]
            file.write_table(pa.Table.from_arrays(columns, schema=schema), _ROWS_AT_ONCE)


def _model(table: pd.DataFrame) -> pa.Schema:
    """Let GeoPandas say how the file is to look, by the rows that bound the others."""
    axes = [table[axis].to_numpy() for axis in ("lon", "lat") if len(table)]
    bounds = [int(place) for axis in axes for place in (axis.argmin(), axis.argmax())]
    outer = table.iloc[bounds]
    points = gpd.points_from_xy(outer["lon"], outer["lat"], crs=LON_LAT)
    file = BytesIO()
    gpd.GeoDataFrame(outer, geometry=points).to_parquet(file, index=False, **_GEOMETRY)
    return pq.read_schema(file)


def _encode(lon: FloatArray, lat: FloatArray) -> pa.Array:
    """Give points as well-known binary."""
    points = np.empty(len(lon), dtype=_POINT)
    points["order"], points["type"], points["lon"], points["lat"] = 1, 1, lon, lat
    ends = np.arange(0, points.nbytes + 1, _POINT.itemsize, dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(points)]
    return pa.Array.from_buffers(pa.binary(), len(points), buffers)
