"""GeoJSON by RFC 7946."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

COORDINATE_DECIMALS: Final = 6
"""Decimals of a degree in GeoJSON: 0.1 m, what RFC 7946 section 11.2 advises."""


def write_geojson(
    regions: gpd.GeoDataFrame,
    path: str | Path,
    *,
    about: Mapping[str, Any] | None = None,
    by: str = "region_id",
) -> None:
    """Write regions as GeoJSON by RFC 7946, one feature a line.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions, EPSG:4326, already right-hand wound and cut at the antimeridian; `economies`
        becomes an array.
    path : str or pathlib.Path
        The file.
    about : mapping of str to Any, optional
        Notes, credits and settings of the run; a member `about` of the collection, which readers
        that do not know it pass over (RFC 7946 section 6.1).
    by : str, default "region_id"
        Column that becomes the feature's id.
    """
    plain = pd.DataFrame(regions.drop(columns=regions.geometry.name))
    parts, of = shapely.get_parts(regions.geometry.to_numpy(), return_index=True)
    lands = _part(_list_coordinates(parts), of, len(regions))
    boxes = [_bounding_box(bounds) for bounds in _part(shapely.bounds(parts), of, len(regions))]
    features = []
    rows = zip(plain.to_dict("records"), regions.geom_type, lands, boxes, strict=True)
    for properties, shape, land, box in rows:
        clean = {str(name): _plain(value) for name, value in properties.items()}
        if "economies" in clean:
            clean["economies"] = clean["economies"].split(";") if clean["economies"] else []
        feature = {
            "type": "Feature",
            "id": clean[by],
            "bbox": box,
            "properties": clean,
            "geometry": {
                "type": shape,
                "coordinates": land[0] if shape == "Polygon" else land,
            },
        }
        features.append(json.dumps(feature, ensure_ascii=False, allow_nan=False))
    head = '{"type": "FeatureCollection", '
    if boxes:
        head += f'"bbox": {json.dumps(_join_boxes(boxes))}, '
    if about:
        text = json.dumps(about, ensure_ascii=False, allow_nan=False, sort_keys=True)
        head += f'"about": {text}, '
    body = ",\n".join(features)
    Path(path).write_text(f'{head}"features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Turn a table's value into JSON's own, what is missing into null."""
    if isinstance(value, str):  # most are
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _round(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to the decimals that a reader can use."""
    return np.round(degrees, COORDINATE_DECIMALS) + 0.0  # no -0.0


def _part(items: Any, of: npt.NDArray[np.int64], many: int) -> list[Any]:  # noqa: ANN401
    """Part items, each next to the others of its owner, by the numbers of so many owners."""
    starts = np.searchsorted(of, np.arange(many + 1)).tolist()
    return [items[start:end] for start, end in pairwise(starts)]


def _list_coordinates(polygons: npt.NDArray[np.object_]) -> list[list[list[list[float]]]]:
    """List the rings of each polygon, and their positions."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return _part(_part(_round(xy).tolist(), ring, len(rings)), polygon, len(polygons))


def _bounding_box(bounds: npt.NDArray[np.float64]) -> list[float]:
    """Give west, south, east, north; west is above east where the antimeridian is crossed."""
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    if west == -180 and east == 180:  # noqa: PLR2004  # the ends of longitude
        split = bounds[:, 2] <= 0
        if split.any() and not split.all():
            west, east = bounds[~split, 0].min(), bounds[split, 2].max()
    sides: list[float] = _round(np.array([west, south, east, north])).tolist()
    return sides


def _join_boxes(boxes: list[list[float]]) -> list[float]:
    """Give one box around all, around the globe where one of them crosses the antimeridian."""
    west, south, east, north = np.array(boxes).T
    if (west > east).any():
        return [-180.0, float(south.min()), 180.0, float(north.max())]
    return [float(west.min()), float(south.min()), float(east.max()), float(north.max())]
