"""Maps: the regions of the world, and one of them from close by."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely import Point, box, segmentize

from gii_geo.basemap import BASEMAP_CREDIT, read_basemap
from gii_geo.places import GEONAMES_CREDIT, read_places
from gii_geo.plot.sheet import (
    ACCENT,
    INK,
    LAND,
    MUTED,
    OTHER,
    SEA,
    add_credit,
    check_drawn,
    finish_figure,
    halo,
    score_colours,
    shorten,
    start_figure,
    tell_notice,
)
from gii_geo.project import LON_LAT
from gii_geo.ranges import show_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from shapely.geometry.base import BaseGeometry

WORLD: Final = "+proj=eqearth +datum=WGS84 +units=m"
"""Equal Earth (Šavrič, Patterson and Jenny 2018): areas are right, the world looks familiar."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""

_SOUTHERNMOST_LAT, _NORTHERNMOST_LAT = -57, 84
_SEEN_DEG = 0.02
"""Bends of the coast that a map of the world can show."""

_FIRST_NAMES = 10
_DIGIT_SPACE = "\N{FIGURE SPACE}"
_LARGEST_POINTS2 = 620
_SMALLEST_POINTS2 = 4
_DECADES = 3
_SAMPLES = (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)
_MARGIN = 0.12
_EDGE = 0.1
_MOST_NEIGHBOURS = 8
_MOST_PLACES, _MOST_TRIED = 14, 60
_WINDOW_POINTS, _LETTER_POINTS, _LINE_POINTS = 525, 5, 11
_SCALES_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def plot_world(regions: gpd.GeoDataFrame, *, title: str, source: str) -> "Figure":
    """Draw the regions of the world as discs whose area is their score.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Regions with name, rank, score and geometry, EPSG:4326, ordered by rank.
    title : str
        What the map shows.
    source : str
        Where the data is from, and its credits; printed below.

    Returns
    -------
    matplotlib.figure.Figure
        The map. The first ten regions are numbered and named.

    Examples
    --------
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["Basel"], "rank": [1], "score": [0.01]},
    ...     geometry=[box(7.5, 47.5, 7.7, 47.7)],
    ...     crs="EPSG:4326",
    ... )
    >>> figure = plot_world(regions, title="Regions by score", source="Natural Earth")
    >>> figure.get_suptitle()
    'Regions by score'
    """
    check_drawn(regions, "name", "rank", "score", "geometry")
    figure, axes = start_figure(12, 6.15)
    points = regions.representative_point().to_crs(LON_LAT)
    _draw_world(axes, points.y.min(), points.y.max())
    points = points.to_crs(WORLD)
    score = regions["score"].to_numpy(np.float64)
    best = max(score.max(initial=0.0), 1e-12)
    _draw_discs(axes, points.x.to_numpy(), points.y.to_numpy(), score, best)
    first = regions.head(_FIRST_NAMES)
    for point, rank in zip(points, first["rank"], strict=False):
        axes.annotate(
            f"{rank}",
            (point.x, point.y),
            ha="center",
            va="center",
            fontsize=7.5,
            color="white",
            path_effects=halo(INK),
        )
    names = "\n".join(
        f"{row.rank:{_DIGIT_SPACE}>2}  {shorten(row.name)}" for row in first.itertuples(index=False)
    )
    axes.text(0.085, 0.04, names, transform=axes.transAxes, fontsize=8.5, color=INK)
    samples = [share for share in _SAMPLES if share <= 100 * best][:5:2] if len(regions) else []
    for share in samples:
        size = _LARGEST_POINTS2 * share / 100 / best
        axes.scatter([], [], s=size, color=MUTED, linewidth=0, label=f"{share:g}")
    if samples:
        axes.legend(
            title="Score, %",
            loc="lower center",
            bbox_to_anchor=(0.7, 0.03),
            labelspacing=1.1,
            frameon=False,
            fontsize=8.5,
            title_fontsize=8.5,
        )
    source = add_credit(tell_notice(regions, source), BASEMAP_CREDIT)
    return finish_figure(figure, title=title, source=source)


def plot_region(
    regions: gpd.GeoDataFrame,
    locations: gpd.GeoDataFrame,
    *,
    region_id: str,
    source: str,
    bridges: pd.DataFrame | None = None,
) -> "Figure":
    """Draw one region from close by: its outline, its locations, its neighbours, its bridges.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Regions with region_id, name, rank and geometry, EPSG:4326.
    locations : geopandas.GeoDataFrame
        Locations with region_id and activity, EPSG:4326.
    region_id : str
        The region in the middle.
    source : str
        Where the data is from, and its credits; printed below.
    bridges : pandas.DataFrame, optional
        Pairs of locations that hold the region together, each drawn as a line: lon_a, lat_a,
        lon_b, lat_b (degrees) and, to be written beside it, radius_km or gap_km. Such as
        `MergeTree.joins` gives, or `Result.links` where they have a reason.

    Returns
    -------
    matplotlib.figure.Figure
        The map, on an equal-area plane around the region. The area of a dot is the activity of
        its location. Named are the largest places in it and around it, and its neighbours.

    Raises
    ------
    ValueError
        If there is no such region.

    Examples
    --------
    >>> shape = box(7.5, 47.5, 7.7, 47.7)
    >>> regions = gpd.GeoDataFrame(
    ...     {"region_id": ["R0001"], "name": ["Basel"], "rank": [1]},
    ...     geometry=[shape],
    ...     crs="EPSG:4326",
    ... )
    >>> locations = gpd.GeoDataFrame(
    ...     {"region_id": ["R0001"], "activity": [1.0]}, geometry=[shape.centroid], crs="EPSG:4326"
    ... )
    >>> figure = plot_region(regions, locations, region_id="R0001", source="Natural Earth")
    >>> figure.get_suptitle()
    '1  Basel'
    """
    check_drawn(regions, "region_id", "name", "rank", "geometry")
    check_drawn(locations, "region_id", "activity", "geometry", name="locations")
    if bridges is not None:
        check_drawn(bridges, "lon_a", "lat_a", "lon_b", "lat_b", name="bridges")
    regions, locations = regions.to_crs(LON_LAT), locations.to_crs(LON_LAT)
    found = regions[regions["region_id"] == region_id]
    if found.empty:
        msg = f"Invalid region_id {show_value(region_id)}. Must be one of the regions' ids."
        raise ValueError(msg)
    region = found.iloc[0]
    centre = region.geometry.representative_point()
    plane = f"+proj=laea +lon_0={centre.x} +lat_0={centre.y} +datum=WGS84 +units=m"
    # Whole again where the antimeridian cuts it.
    outline = gpd.GeoSeries([found.to_crs(plane).union_all(grid_size=1)], crs=plane)
    window = _frame(outline.total_bounds)
    seen = _look_through(_frame(window), plane)
    figure, axes = start_figure(8, 8.6)
    axes.set_facecolor(SEA)
    land = _clip(read_basemap(), seen).to_crs(plane)
    _fill(axes, land, color=LAND, edgecolor="white", linewidth=0.8)
    near = regions[regions.intersects(seen) & (regions["region_id"] != region_id)].to_crs(plane)
    _fill(axes, near.geometry, color="#8d969e", edgecolor=MUTED, linewidth=0.8, alpha=0.5)
    outline.plot(ax=axes, color=ACCENT, alpha=0.25)
    outline.boundary.plot(ax=axes, color=ACCENT, linewidth=1.3)
    dots = locations[locations.intersects(seen)].to_crs(plane)
    size = 60 * dots["activity"] / dots["activity"].max()
    inside = dots["region_id"].eq(region_id).fillna(value=False).to_numpy(dtype=bool)
    axes.scatter(
        *(dots.geometry.x, dots.geometry.y),
        s=np.maximum(size, 1.5),
        c=np.where(inside, INK, "#7b858e"),
        linewidth=0,
        alpha=0.75,
        zorder=3,
    )
    if bridges is not None:
        _draw_bridges(axes, bridges, plane)
    taken = [*_name_neighbours(axes, near, window)]
    _name_places(axes, plane, window, taken)
    axes.set(xlim=window[::2], ylim=window[1::2], xticks=[], yticks=[], xlabel="", ylabel="")
    _draw_scale(axes, window)
    title = f"{region['rank']}  {region['name']}"
    source = add_credit(tell_notice(regions, source), GEONAMES_CREDIT, BASEMAP_CREDIT)
    return finish_figure(figure, title=title, source=source)


def _draw_world(axes: "Axes", south: float, north: float) -> None:
    """Draw the globe's edge, land and borders below a world map, to a pole if regions lie there."""
    south = -90 if south < _SOUTHERNMOST_LAT else _SOUTHERNMOST_LAT
    north = 90 if north > _NORTHERNMOST_LAT else _NORTHERNMOST_LAT
    globe = gpd.GeoSeries([segmentize(box(-180, -90, 180, 90), 1)], crs=LON_LAT)
    globe.to_crs(WORLD).plot(ax=axes, color=SEA)
    land = read_basemap().simplify(_SEEN_DEG)
    land.to_crs(WORLD).plot(ax=axes, color=LAND, edgecolor="white", linewidth=0.3)
    to_world = Transformer.from_crs(LON_LAT, WORLD, always_xy=True)
    x, y = to_world.transform([-180, 180, 0, 0], [0, 0, south, north])
    axes.set(xlim=x[:2], ylim=y[2:], xlabel="", ylabel="")
    axes.set_axis_off()


def _draw_discs(axes: "Axes", x: np.ndarray, y: np.ndarray, score: np.ndarray, best: float) -> None:
    """Draw discs, the largest first; their area and their colour tell the score."""
    order = np.argsort(-score, kind="stable")
    size = np.maximum(_LARGEST_POINTS2 * score / best, _SMALLEST_POINTS2)
    axes.scatter(
        x[order],
        y[order],
        s=size[order],
        c=np.log10(np.maximum(score[order] / best, 1e-9)),
        cmap=score_colours(),
        vmin=-_DECADES,
        vmax=0,
        alpha=0.9,
        linewidth=0.5,
        edgecolor="white",
        clip_on=False,  # whole also on the antimeridian
    )


def _frame(bounds: Iterable[float]) -> Bounds:
    """Give a square in metres with the bounds in its middle, and some room around them."""
    west, south, east, north = bounds
    half = (0.5 + _MARGIN) * max(east - west, north - south)
    lon, lat = (west + east) / 2, (south + north) / 2
    return lon - half, lat - half, lon + half, lat + half


def _look_through(window: Bounds, plane: str) -> "BaseGeometry":
    """Give what is seen in a window of the plane, in degrees: two boxes at the antimeridian."""
    to_degrees = Transformer.from_crs(plane, LON_LAT, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*window)
    if west <= east:
        return box(west, south, east, north)
    return box(west, south, 180, north) | box(-180, south, east, north)


def _clip(land: gpd.GeoSeries, seen: "BaseGeometry") -> gpd.GeoSeries:
    """Cut the land down to what is seen."""
    near = land[land.intersects(seen)]
    return near.intersection(seen)


def _fill(axes: "Axes", shapes: gpd.GeoSeries, **style: Any) -> None:  # noqa: ANN401
    """Draw polygons, if there are any: geopandas warns of none."""
    if len(shapes):
        shapes.plot(ax=axes, **style)


def _draw_bridges(axes: "Axes", bridges: pd.DataFrame, plane: str) -> None:
    """Draw a line between the two locations of each bridge, and write how far it takes."""
    to_plane = Transformer.from_crs(LON_LAT, plane, always_xy=True)
    ends = [to_plane.transform(bridges[f"lon_{end}"], bridges[f"lat_{end}"]) for end in "ab"]
    (x_a, y_a), (x_b, y_b) = np.asarray(ends)
    axes.plot([x_a, x_b], [y_a, y_b], color=OTHER, linewidth=2.2, marker="o", markersize=4)
    written = next((name for name in ("radius_km", "gap_km") if name in bridges), None)
    for row, (x, y) in enumerate(zip((x_a + x_b) / 2, (y_a + y_b) / 2, strict=True)):
        if written is not None and pd.notna(bridges[written].iloc[row]):
            axes.annotate(
                f"{bridges[written].iloc[row]:.1f} km",
                (x, y),
                (8, 8),
                textcoords="offset points",
                fontsize=9,
                weight="bold",
                color=OTHER,
                path_effects=halo("white"),
                annotation_clip=True,
            ).set_in_layout(False)


def _name_neighbours(
    axes: "Axes", near: gpd.GeoDataFrame, window: Bounds
) -> Iterator["BaseGeometry"]:
    """Write the names of the first other regions whose foot is well inside the window.

    What the names cover is given back.
    """
    west, _, east, _ = window
    edge = _EDGE * (east - west)
    inner = box(*window).buffer(-edge)
    left = _MOST_NEIGHBOURS
    for region in near.sort_values("rank").itertuples(index=False):
        low, south, high, _ = region.geometry.bounds
        foot = Point((low + high) / 2, south)
        if not left or not inner.contains(foot):
            continue
        left -= 1
        name = f"{region.rank}  {shorten(region.name)}"
        style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8, "color": MUTED}
        _write(axes, name, (foot.x, foot.y), (0, -3), **style)
        yield _cover(name, (foot.x, foot.y), window, side=0)


def _name_places(axes: "Axes", plane: str, window: Bounds, taken: list["BaseGeometry"]) -> None:
    """Write the names of the largest places in a window where no other name is in the way."""
    places = read_places()
    places = places[places["city"].to_numpy() == np.arange(len(places))]
    to_plane = Transformer.from_crs(LON_LAT, plane, always_xy=True)
    x, y = to_plane.transform(places["lon"].to_numpy(), places["lat"].to_numpy())
    west, south, east, north = window
    edge = _EDGE * (east - west) / 2
    seen = (abs(x - (west + east) / 2) < (east - west) / 2 - edge) & (
        abs(y - (south + north) / 2) < (north - south) / 2 - edge
    )
    places = places.assign(x=x, y=y)[seen]
    places = places.sort_values("population", ascending=False, kind="stable")
    left = _MOST_PLACES
    for place in places.head(_MOST_TRIED).itertuples(index=False):
        own = _cover(place.name, (place.x, place.y), window, side=1)
        is_seen = own.bounds[2] < east
        if not left or not is_seen or any(own.intersects(other) for other in taken):
            continue
        left -= 1
        taken.append(own)
        axes.plot(place.x, place.y, "s", color="white", markeredgecolor=INK, markersize=3.5)
        style: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": 8.5, "color": INK}
        _write(axes, place.name, (place.x, place.y), (5, 0), **style)


def _write(
    axes: "Axes",
    text: str,
    spot: tuple[float, float],
    offset_points: tuple[float, float],
    **style: Any,  # noqa: ANN401
) -> None:
    """Write a name beside a spot, on a rim that sets it off."""
    own: dict[str, Any] = {
        "textcoords": "offset points",
        "path_effects": halo("white"),
        "clip_on": True,
    }
    axes.annotate(text, spot, offset_points, **own, **style).set_in_layout(False)


def _cover(name: str, spot: tuple[float, float], window: Bounds, *, side: int) -> "BaseGeometry":
    """Give nearly what a name covers: below a spot (side 0), or to its right (side 1)."""
    unit = (window[2] - window[0]) / _WINDOW_POINTS
    long, high = _LETTER_POINTS * len(name) * unit, _LINE_POINTS * unit
    (x, y), below = spot, (1 - side) * high
    return box(x - (1 - side) * long / 2, y - below - high / 2, x + long, y - below + high / 2)


def _draw_scale(axes: "Axes", window: Bounds) -> None:
    """Draw a scale bar of a round length in the lower right corner."""
    west, south, east, north = window
    width = east - west
    length_km = max(step for step in _SCALES_KM if step <= max(width / 4000, _SCALES_KM[0]))
    x, y = east - 0.04 * width, south + 0.04 * (north - south)
    axes.plot([x - 1000 * length_km, x], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    axes.annotate(
        f"{length_km} km",
        (x - 500 * length_km, y),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=INK,
    )
