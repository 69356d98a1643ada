"""GeoJSON and GeoParquet of points -> tables with lon and lat, whatever they say of themselves."""

import json
import shutil
import tempfile
import warnings
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from gii_geo.faults import FaultError, writing
from gii_geo.features import check_features, read_features
from gii_geo.paths import first_line
from gii_geo.records.packed import open_bytes
from gii_geo.tables import InputError

if TYPE_CHECKING:
    import geopandas as gpd

FORMATS: Final = "Parquet, CSV in UTF-8 or GeoJSON"
"""What a file of addresses may be."""

_BROKEN: Final = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError)
"""What geopandas, pyproj and GDAL raise of files that are not what they say."""


def has_points(schema: pa.Schema, lon_lat: tuple[str, str]) -> bool:
    """Tell whether a Parquet file says where its rows lie by a geometry alone.

    Parameters
    ----------
    schema : pyarrow.Schema
        The file's.
    lon_lat : (str, str)
        The columns beside which a geometry is not looked at.

    Returns
    -------
    bool
        Whether it is a GeoParquet file without lon and lat.
    """
    return b"geo" in (schema.metadata or {}) and not _has_lon_lat(schema.names, lon_lat)


def _has_lon_lat(names: Collection[str], lon_lat: tuple[str, str]) -> bool:
    """Tell whether a table has the columns beside which a geometry is not looked at."""
    return any(set(pair) <= set(names) for pair in (lon_lat, ("lon", "lat")))


def read_points(path: Path, *, lon_lat: tuple[str, str] = ("lon", "lat")) -> Any:  # noqa: ANN401
    """Read a GeoJSON or GeoParquet file of points.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lon_lat : (str, str)
        As for `flatten_points`.

    Returns
    -------
    pyarrow.Table
        Its columns, and the points as lon and lat in degrees.

    Raises
    ------
    InputError
        If the file is damaged or holds something else than points.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # cells that only look like JSON
            warnings.simplefilter("ignore", RuntimeWarning)  # points that are none: they are told
            points = _read_geoparquet(path) if _is_parquet(path) else _read_geojson(path)
        table = _settle_texts(flatten_points(points, name=str(path), lon_lat=lon_lat))
        arrow: pa.Table = nw.from_native(table, eager_only=True).to_arrow()
        arrow.validate(full=True)  # texts that are no UTF-8
    except (InputError, FaultError):
        raise
    except (*_BROKEN, shapely.errors.ShapelyError, pa.ArrowException) as error:
        msg = f"Invalid file {path}. Must be {FORMATS}; {_tell(error)}."
        raise InputError(msg) from error
    return arrow


def flatten_points(
    points: "gpd.GeoDataFrame", *, name: str, lon_lat: tuple[str, str] = ("lon", "lat")
) -> pd.DataFrame:
    """Turn the geometry of a table of points into lon and lat.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points; without a reference system they are taken for degrees.
    name : str
        What the message calls the table.
    lon_lat : (str, str)
        The columns beside which a geometry is not looked at.

    Returns
    -------
    pandas.DataFrame
        The other columns, lon and lat; lon and lat are missing where the geometry is. Where the
        table has both, its geometry is not looked at; further geometries are left out.

    Raises
    ------
    InputError
        If a geometry is no point.
    """
    if points.active_geometry_name is None:
        return pd.DataFrame(points)
    others = [name for name in points.select_dtypes("geometry") if name != points.geometry.name]
    points = points.drop(columns=others)
    if _has_lon_lat(points.columns, lon_lat):
        return pd.DataFrame(points.drop(columns=points.geometry.name))
    points = points.set_geometry(_take_single(points.geometry))
    _check_points(points.geom_type, name)
    points = points.to_crs("EPSG:4326") if points.crs is not None else points
    alike = [name for name in points.columns if str(name).lower() in ("lon", "lat")]
    table = pd.DataFrame(points.drop(columns=[*alike, points.geometry.name]))
    return table.assign(lon=points.geometry.x, lat=points.geometry.y)


def _take_single(geometry: "gpd.GeoSeries") -> "gpd.GeoSeries":
    """Give each collection of one point as the point."""
    is_one = (geometry.geom_type == "MultiPoint") & (shapely.get_num_geometries(geometry) == 1)
    return geometry.mask(is_one, shapely.get_geometry(geometry, 0)) if is_one.any() else geometry


def _check_points(kinds: "pd.Series[str]", name: str) -> None:
    """Refuse geometries that are no points; name the first."""
    others = kinds.reset_index(drop=True).dropna()
    others = others[others != "Point"]
    if len(others):
        found = ", ".join(sorted(set(others)))
        msg = (
            f"Invalid geometry in {name}. Must be points; found {found}, first in row "
            f"{others.index[0] + 1} and in {len(others):,} of {len(kinds):,} rows: give points, or "
            "columns lon and lat."
        )
        raise InputError(msg)


def _is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read_geojson(path: Path) -> "gpd.GeoDataFrame":
    """Read GeoJSON, packed or not, in one object or one a line; what is a date stays a text."""
    with tempfile.TemporaryDirectory(prefix="gii-geo-") as folder:
        plain = Path(folder) / "points.json"
        with writing(plain.parent), open_bytes(path) as unpacked, plain.open("wb") as copy:
            shutil.copyfileobj(unpacked, copy, 1 << 20)
        read = partial(pyogrio.read_dataframe, datetime_as_string=True)
        points = read_features(plain, read)
        check_features(plain, len(points), getattr(points, "crs", None), name=str(path))
        return points


def _read_geoparquet(path: Path) -> "gpd.GeoDataFrame":
    """Read a GeoParquet file; one that says little of its geometry has it in WKB and degrees."""
    import geopandas as gpd  # noqa: PLC0415  # slow to import, seldom needed here

    try:
        return gpd.read_parquet(path)
    except (KeyError, TypeError, ValueError, AttributeError):
        table = pq.read_table(path, partitioning=None)
        told = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        told = told if isinstance(told, dict) else {}
        column = str(told.get("primary_column", "geometry"))
        frame = table.to_pandas(ignore_metadata=True)
        if column not in frame:
            msg = f"it has no column {column} of points"
            raise ValueError(msg) from None
        others = [name for name in told.get("columns") or {} if name != column]
        geometry = gpd.GeoSeries.from_wkb(frame[column], crs="EPSG:4326")
        rest = frame.drop(columns=[column, *others], errors="ignore")
        return gpd.GeoDataFrame(rest, geometry=geometry)


def _settle_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Write cells as texts in columns that hold values of several types, as JSON may."""
    for name in [name for name in table if pd.api.types.is_object_dtype(table[name])]:
        try:
            pa.array(table[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            table[name] = table[name].map(_write_cell, na_action="ignore").astype("str")
    return table


def _write_cell(value: object) -> str:
    """Write a cell of any type as a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _tell(error: Exception) -> str:
    """Say what a library says of a file, without its advice."""
    return first_line(error).split("; It might help")[0]
