"""The rules that outlines must keep, checked one by one without any of the package's geometry."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

GEOD = pyproj.Geod(ellps="WGS84")


def measure_chord(lon_lat: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Measure the straight distances in metres between two sets of points, all with all."""
    to_xyz = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True).transform
    one, two = (np.column_stack(to_xyz(*p.T, np.zeros(len(p)))) for p in (lon_lat, other))
    return np.linalg.norm(one[:, None] - two[None], axis=2)


def sample_land(outline: shapely.Geometry, n: int, seed: int = 0) -> np.ndarray:
    """Draw points on an outline and within it, as longitudes and latitudes."""
    rng = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    points = shapely.points(rng.uniform([west, south], [east, north], (n, 2)))
    rim = shapely.get_coordinates(shapely.segmentize(outline, (east - west + north - south) / 50))
    return np.concatenate([shapely.get_coordinates(points[outline.intersects(points)]), rim])


def find_broken_rules(
    locations: pd.DataFrame, outlines: gpd.GeoSeries, radius_km: float, *, sample: int = 200
) -> list[str]:
    """Tell which rules the outlines of located regions break."""
    located = locations[locations["region"].notna()]
    shapes = outlines.to_numpy()
    coords = shapely.get_coordinates(shapes)
    parts = shapely.get_parts(shapes)
    points = shapely.points(located["lon"], located["lat"])
    at, covering = shapely.STRtree(shapes).query(points, predicate="intersects")
    own = located["region"].to_numpy(np.int64)[at] == outlines.index.to_numpy()[covering]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    steps = np.concatenate(
        [np.abs(np.diff(ring.coords.xy[0])) for part in parts for ring in rings(part)]
    )
    rules = {
        "one a region": sorted(located["region"].unique()) == outlines.index.to_list(),
        "polygons": set(outlines.geom_type) <= {"Polygon", "MultiPolygon"},
        "valid": bool(outlines.is_valid.all()) and not outlines.is_empty.any(),
        "six decimals": bool((coords.round(6) == coords).all()),
        "on the globe": bool((np.abs(coords) <= [180, 90]).all()),
        "cut at the antimeridian": bool((steps <= 90).all()),
        "right-hand": all(
            part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)
            for part in parts
        ),
        "own locations": len(np.unique(at[own])) == len(located),
        "no other's locations": bool(own.all()),
        "no overlap": not shapely.relate_pattern(shapes[one], shapes[other], "T********").any()
        and not shapely.area(shapely.intersection(shapes[one], shapes[other])).any(),
        "no farther than the radius": all(
            measure_chord(
                sample_land(outline, sample),
                located.loc[located["region"] == number, ["lon", "lat"]].to_numpy(),
            )
            .min(axis=1)
            .max()
            <= radius_km * 1000
            for number, outline in outlines.items()
        ),
    }
    return [rule for rule, kept in rules.items() if not kept]


def rings(polygon: shapely.Polygon) -> list[shapely.LinearRing]:
    """List all rings of a polygon."""
    return [polygon.exterior, *polygon.interiors]
