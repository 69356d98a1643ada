"""Outlines and tables as the page reads them: small, and safe inside HTML."""

import json
import math
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

LAND_DECIMALS: Final = 2
"""Decimals of a degree in the page's land."""

LAND_TOLERANCE_DEG: Final = 0.02
"""Bends of the page's land whose triangle is smaller than a square of this size are left out."""

_LAND_GRID_DEG: Final = 0.005
_SMALLEST_LAND_DEG2: Final = 0.0005

OUTLINE_DECIMALS: Final = 3
"""Decimals of a degree in the page's outlines at usual radii: 0.1 km."""

_USUAL_KM: Final = 4.0
_TURN_DEG: Final = 360
_EDGE_DEG: Final = 180
_PART_BITS: Final = 5
_MORE: Final = 32
_FIRST_LETTER: Final = 63

IntArray = npt.NDArray[np.int64]


def encode_shapes(shapes: gpd.GeoSeries, *, decimals: int) -> list[str]:
    """Write polygons as texts, their parts joined again across the antimeridian.

    Each ring is an encoded polyline (Google, Encoded Polyline Algorithm Format) of longitude and
    latitude, without its last point; a space stands between rings. Holes are rings like the
    others: an even-odd fill tells them apart.

    Parameters
    ----------
    shapes : geopandas.GeoSeries
        Polygons and multipolygons in EPSG:4326, cut at the antimeridian.
    decimals : int
        Decimals of a degree that are kept; lines are simplified to them.

    Returns
    -------
    list of str
        One text for each shape. East of the antimeridian longitudes go on beyond 180.

    Examples
    --------
    >>> encode_shapes(gpd.GeoSeries([shapely.box(0, 0, 5, 9)]), decimals=0)
    ['I??QH??P']
    """
    whole = [join_parts(shape) for shape in shapes]
    tolerance = 10.0**-decimals
    slim = shapely.simplify(np.array(whole, dtype=object), tolerance, preserve_topology=True)
    return [_encode_rings(shape, decimals) for shape in slim]


def encode_land(land: gpd.GeoSeries) -> list[str]:
    """Write the land below the map; `scripts/make_basemap.py` keeps it in land.json for the page.

    Parameters
    ----------
    land : geopandas.GeoSeries
        Polygons, EPSG:4326, cut at the antimeridian.

    Returns
    -------
    list of str
        As `encode_shapes`.
    """
    slim = gpd.GeoSeries(shapely.coverage_simplify(land.array, LAND_TOLERANCE_DEG), crs=land.crs)
    slim = slim.set_precision(_LAND_GRID_DEG).explode(ignore_index=True)
    slim = slim[shapely.area(slim.envelope.array) > _SMALLEST_LAND_DEG2].reset_index(drop=True)
    return encode_shapes(join_land(slim), decimals=LAND_DECIMALS)


def join_land(land: gpd.GeoSeries) -> gpd.GeoSeries:
    """Join the land on both sides of the antimeridian, so that no line is drawn along it.

    Parameters
    ----------
    land : geopandas.GeoSeries
        Polygons, EPSG:4326, cut at the antimeridian.

    Returns
    -------
    geopandas.GeoSeries
        Polygons; longitudes go on beyond 180.
    """
    west, east = land.bounds["minx"].eq(-_EDGE_DEG), land.bounds["maxx"].eq(_EDGE_DEG)
    cut = west ^ east  # what reaches around the whole world stays as it is
    pieces = [*land[east & cut], *land[west & cut].translate(_TURN_DEG)]
    joined = gpd.GeoSeries(shapely.get_parts(shapely.union_all(pieces)), crs=land.crs)
    return pd.concat([land[~cut], joined], ignore_index=True)


def choose_decimals(radius_km: float) -> int:
    """Choose how many decimals of a degree outlines need, the smallest being an eighth of a radius.

    Parameters
    ----------
    radius_km : float
        The smallest radius of the density search, in km, above 0.

    Returns
    -------
    int
        `OUTLINE_DECIMALS`, or more for a radius below 4 km.

    Examples
    --------
    >>> choose_decimals(15), choose_decimals(1)
    (3, 4)
    """
    return OUTLINE_DECIMALS + max(0, math.ceil(math.log10(_USUAL_KM / radius_km)))


def join_parts(shape: shapely.Geometry) -> shapely.Geometry:
    """Join what is cut at the antimeridian: longitudes go on beyond 180.

    Parameters
    ----------
    shape : shapely.Geometry
        A polygon or multipolygon in degrees.

    Returns
    -------
    shapely.Geometry
        The same, where it does not reach the antimeridian from both sides; else in one piece.

    Examples
    --------
    >>> taveuni = shapely.MultiPolygon(
    ...     [shapely.box(179.9, -17, 180, -16), shapely.box(-180, -17, -179.8, -16)]
    ... )
    >>> join_parts(taveuni).bounds
    (179.9, -17.0, 180.2, -16.0)
    """
    parts = shapely.get_parts(shape)
    west, _, east, _ = shapely.bounds(parts).T
    at_west, at_east = west <= -_EDGE_DEG, east >= _EDGE_DEG
    # A part that reaches both edges goes around the Earth: it is in one piece on this map.
    if not (at_west.any() and at_east.any()) or (at_west & at_east).any():
        return shape
    moved = at_west | (east <= 0)
    turned = shapely.transform(parts[moved], lambda lon_lat: lon_lat + np.array([_TURN_DEG, 0]))
    return shapely.union_all([*parts[~moved], *turned])


def encode_columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Turn a table into lists of JSON's own values by column, what is missing into null.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table without geometry.

    Returns
    -------
    dict of str to list
        One list for each column.

    Examples
    --------
    >>> encode_columns(pd.DataFrame({"rank": [1, 2], "score": [0.5, None]}))
    {'rank': [1, 2], 'score': [0.5, None]}
    """
    return {
        str(name): [None if _is_missing(value) else value for value in table[name].tolist()]
        for name in table.columns
    }


def write_island(data: Any) -> str:  # noqa: ANN401
    r"""Write data as JSON that no text in it can end, whatever HTML stands in the text.

    Parameters
    ----------
    data : Any
        Lists, dicts, texts, finite numbers, booleans, None.

    Returns
    -------
    str
        JSON in which the less-than sign and the separators U+2028 and U+2029 are escaped.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> write_island("</script>")
    '"\\u003c/script>"'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _is_missing(value: Any) -> bool:  # noqa: ANN401
    return not isinstance(value, list) and bool(pd.isna(value))


def _encode_rings(shape: shapely.Geometry, decimals: int) -> str:
    """Write the rings of a shape; those that shrink to a line are left out."""
    texts = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        whole = np.rint(shapely.get_coordinates(ring)[:-1] * 10**decimals).astype(np.int64)
        steps = np.diff(whole, axis=0, prepend=[[0, 0]])
        steps = steps[(steps != 0).any(axis=1) | (np.arange(len(steps)) == 0)]
        if len(steps) > 2:  # noqa: PLR2004  # fewer points enclose nothing
            texts.append(_encode_numbers(steps.ravel()))
    return " ".join(texts)


def _encode_numbers(numbers: IntArray) -> str:
    """Write whole numbers, sign last, five bits a letter, the lowest first."""
    whole = numbers * 2 ^ (numbers >> 63)
    most = max(int(whole.max(initial=0)).bit_length(), 1)
    left = whole[:, np.newaxis] >> np.arange(0, most, _PART_BITS)
    left = np.column_stack([left, np.zeros(len(left), dtype=np.int64)])
    letters = left[:, :-1] % _MORE + _MORE * (left[:, 1:] > 0) + _FIRST_LETTER
    written = left[:, :-1] > 0
    written[:, 0] = True
    return letters[written].astype(np.uint8).tobytes().decode("ascii")
