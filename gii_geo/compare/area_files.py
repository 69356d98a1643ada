"""Polygons of the user's own: files and tables of them, each read whole or refused."""

import shutil
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyarrow as pa
import pyogrio
import shapely

from gii_geo.features import BEFORE, check_features, read_features
from gii_geo.paths import first_line
from gii_geo.ranges import show_value
from gii_geo.tables import InputError

NAME: Final = "name"
"""The column that polygons are called by."""

MENDED: Final = "is_mended"
"""The column that tells whether an outline crossed itself."""

_BROKEN: Final = (
    *(RuntimeError, ValueError, OSError, KeyError, TypeError, AttributeError, pa.ArrowException),
    *(shapely.errors.ShapelyError, zipfile.BadZipFile),
)
"""What GDAL, pyarrow and geopandas raise of a file that is not what it says."""

_HEAD_BYTES: Final = 65_536
_ELSEWHERE: Final = (b"<OGR", b"<VRTDataset", b"<GDAL", b"gdal_streamed_alg", b"GPSBabel:")
_GEOJSON: Final = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl")
_SHX_HEADER: Final = 100
_SHX_ROW: Final = 8
_GML: Final = b"http://www.opengis.net/gml"
_NO_DATA: Final = (".vrt", ".gdalg.json", ".ovf", ".wfs", ".xml.vrt")


def read_table(polygons: object, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a file, or take a table; and say what to call it.

    Parameters
    ----------
    polygons : str, pathlib.Path, geopandas.GeoDataFrame or geopandas.GeoSeries
        As `areas.read_areas` takes it.
    layer : str or None
        Of a file that has several.

    Returns
    -------
    table : geopandas.GeoDataFrame
        Its rows, numbered from 0.
    called : str
        What messages call it.

    Raises
    ------
    InputError
        If it cannot be read, or not wholly.
    """
    if layer is not None and isinstance(polygons, gpd.GeoDataFrame | gpd.GeoSeries):
        raise _tell_layerless(layer, "a table")
    if isinstance(polygons, gpd.GeoDataFrame):
        if polygons.active_geometry_name is None:
            msg = "Invalid polygons. Must have a geometry; found none that is set."
            raise InputError(msg)
        return polygons.reset_index(drop=True), "polygons"
    if isinstance(polygons, gpd.GeoSeries):
        named = gpd.GeoDataFrame(geometry=polygons.to_numpy(), crs=polygons.crs)
        if polygons.index.dtype.kind not in "iu":
            named.insert(0, NAME, polygons.index.to_flat_index().astype("str"))
        return named, "polygons"
    if not isinstance(polygons, str | Path):
        msg = f"Invalid polygons {type(polygons).__name__}. Must be a file or a GeoDataFrame."
        raise InputError(msg)
    return _read_file(Path(polygons), layer)


def _read_file(path: Path, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a file, and say what to call it."""
    if not path.exists():
        msg = f"Invalid polygons {path}. Must exist."
        raise InputError(msg)
    try:
        is_parquet = path.suffix.lower() in {".parquet", ".geoparquet"}
        if is_parquet and layer is not None:
            raise _tell_layerless(layer, str(path))
        table = gpd.read_parquet(path) if is_parquet else _read_by_gdal(path, layer)
    except InputError:
        raise
    except _BROKEN as error:
        msg = f"Invalid file {path}. Must be polygons that GDAL reads; {first_line(error)}."
        raise InputError(msg) from error
    if not isinstance(table, gpd.GeoDataFrame):
        msg = f"Invalid file {path}. Must have polygons; found a table without a geometry."
        raise InputError(msg)
    return table.reset_index(drop=True), f"file {path}"


def _tell_layerless(layer: str, called: str) -> InputError:
    """Say that a layer is named where there are none."""
    return InputError(
        f"Invalid layer {show_value(layer)} of {called}. Must not be given: it has none."
    )


def _read_by_gdal(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Read a layer, whole: of GeoJSON, GDAL leaves out what is no feature."""

    def read(name: str, encoding: str | None = None) -> gpd.GeoDataFrame:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # measures along an outline are no matter
            chosen = _choose_layer(path, name, layer)
            return pyogrio.read_dataframe(name, layer=chosen, encoding=encoding)

    if path.is_dir():
        for part in sorted(path.glob("*.[sS][hH][pP]")):
            _check_parts(part)
        return read(str(path))
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.lstrip(BEFORE).startswith(b"{"):
        table = read_features(path, read)
        check_features(path, len(table), getattr(table, "crs", None))
        return table
    _refuse_reference(path, head)
    if _GML in head:  # GDAL writes what it found beside it, and believes it the next time
        with tempfile.TemporaryDirectory(prefix="gii-geo-") as folder:
            return read(str(_copy_gml(path, Path(folder))))
    _check_parts(path)
    return read(str(path), _find_encoding(path))


def _copy_gml(path: Path, folder: Path) -> Path:
    """Copy GML and its schema."""
    for one in (path, path.with_suffix(".xsd")):
        if one.is_file():
            shutil.copyfile(one, folder / one.name)
    return folder / path.name


def _check_parts(path: Path) -> None:
    """Refuse a shapefile whose parts are of several: GDAL reads as many rows as all have."""
    if path.suffix.lower() != ".shp":
        return
    index, table = _find_beside(path, ".shx"), _find_beside(path, ".dbf")
    if index is None or table is None:
        return
    shapes = (index.stat().st_size - _SHX_HEADER) // _SHX_ROW
    with table.open("rb") as file:
        (rows,) = struct.unpack("<4xI", file.read(8).ljust(8, b"\0"))
    if shapes != rows:
        msg = (
            f"Invalid file {path}. Must have as many shapes as rows; found {shapes:,} in "
            f"{index.name} and {rows:,} in {table.name}: are they of one shapefile?"
        )
        raise InputError(msg)


def _find_encoding(path: Path) -> str | None:
    """Tell where the names of a shapefile are UTF-8 and no file says so: GDAL takes Latin-1."""
    table = _find_beside(path, ".dbf") if path.suffix.lower() == ".shp" else None
    if table is None or _find_beside(path, ".cpg") is not None:
        return None
    held = table.read_bytes()
    rows = held[int.from_bytes(held[8:10], "little") :]  # behind the header
    if rows.isascii():
        return None
    try:
        rows.decode("UTF-8")
    except UnicodeDecodeError:
        return None
    return "UTF-8"


def _find_beside(path: Path, ending: str) -> Path | None:
    """Find the file of another ending, in small letters or capitals."""
    found = (path.with_suffix(one) for one in (ending, ending.upper()))
    return next(filter(Path.is_file, found), None)


def _refuse_reference(path: Path, head: bytes) -> None:
    """Refuse a file of which GDAL would read another.

    Some of its formats are no data but say, in a few words of XML or JSON, where else to read, on
    this machine or on the network, or what to run.
    """
    packed = zipfile.ZipFile(path).namelist() if head.startswith(b"PK") else []
    if any(mark in head for mark in _ELSEWHERE) or any(
        name.lower().endswith(_NO_DATA) for name in (path.name, *packed)
    ):
        msg = f"Invalid file {path}. Must hold polygons itself; found a reference to others."
        raise InputError(msg)
    if any(name.lower().endswith(_GEOJSON) for name in packed):
        msg = f"Invalid file {path}. Must not be packed (zip), as it is GeoJSON."
        raise InputError(msg)


def _choose_layer(path: Path, name: str, layer: str | None) -> str:
    """Find the one layer of polygons in a file, or the one that is named."""
    layers = [(str(name), str(kind or "")) for name, kind in pyogrio.list_layers(name)]
    names = [name for name, _ in layers]
    if layer is not None and layer not in names:
        msg = f"Invalid layer {show_value(layer)} of {path}. Must be one of {', '.join(names)}."
        raise InputError(msg)
    fit = [name for name, kind in layers if "Polygon" in kind] or names
    if layer is None and len(fit) > 1:
        msg = f"Invalid file {path}. Must have one layer of polygons, or name it: {', '.join(fit)}."
        raise InputError(msg)
    if not fit:
        msg = f"Invalid file {path}. Must have polygons; found no layer."
        raise InputError(msg)
    return layer or fit[0]
