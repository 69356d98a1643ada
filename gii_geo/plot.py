"""Maps of regions for papers and notebooks."""

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORLD: Final = "+proj=eqearth +datum=WGS84 +units=m"
"""Equal Earth (Šavrič, Patterson and Jenny 2018): areas are right, the world looks familiar."""

_LAND = "#eeeae2"
_BORDER = "#cfc8bb"
_SEA = "#fbfaf7"
_INK = "#222222"
_COLOURS = "cividis"
_RISE = "#3f6f9f"
_FALL = "#b5703a"
_FIRST_NAMES = 10
_RANK_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MARGIN = 0.15
_SCALES_M = (1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5)


def plot_world(regions: gpd.GeoDataFrame, *, title: str, source: str) -> "Figure":
    """Draw the regions of the world as discs whose area is their score.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Regions with name, rank, score and geometry, EPSG:4326.
    title : str
        What the map shows.
    source : str
        Where the data is from, and its credits; printed below.

    Returns
    -------
    matplotlib.figure.Figure
        The map.

    Examples
    --------
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["Basel"], "rank": [1], "score": [0.01]},
    ...     geometry=[box(7.5, 47.5, 7.7, 47.7)],
    ...     crs="EPSG:4326",
    ... )
    >>> figure = plot_world(regions, title="Regions by score", source="Natural Earth")
    >>> figure.axes[0].get_title(loc="left")
    'Regions by score'
    """
    plt = _pyplot()
    figure: Figure
    figure, axes = plt.subplots(figsize=(12, 6.4), layout="constrained")
    _draw_land(axes)
    points = regions.representative_point().to_crs(WORLD)
    score = regions["score"].to_numpy(np.float64)
    size = 700 * score / max(score.max(initial=0.0), 1e-12)
    order = np.argsort(-size, kind="stable")
    axes.scatter(
        points.x.to_numpy()[order],
        points.y.to_numpy()[order],
        s=np.maximum(size[order], 1.5),
        c=np.log10(np.maximum(score[order], 1e-6)),
        cmap=_COLOURS,
        alpha=0.8,
        linewidth=0.4,
        edgecolor="white",
    )
    first = regions.head(_FIRST_NAMES)
    for point, rank in zip(points, first["rank"], strict=False):
        axes.annotate(
            f"{rank}", (point.x, point.y), ha="center", va="center", fontsize=8, color=_INK
        )
    names = "\n".join(f"{row.rank:>3}  {row.name}" for row in first.itertuples(index=False))
    axes.text(0.02, 0.08, names, transform=axes.transAxes, fontsize=9, color=_INK, va="bottom")
    axes.set_title(title, loc="left", fontsize=13, color=_INK)
    _write_source(figure, source)
    return figure


def plot_region(
    regions: gpd.GeoDataFrame, locations: gpd.GeoDataFrame, *, region_id: str, source: str
) -> "Figure":
    """Draw one region from close by: its outline, its neighbours and the locations.

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

    Returns
    -------
    matplotlib.figure.Figure
        The map, on an equal-area plane around the region.

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
    >>> figure.axes[0].get_title(loc="left")
    '1  Basel'
    """
    found = regions[regions["region_id"] == region_id]
    if found.empty:
        msg = f"Invalid region_id {region_id!r}. Must be one of the regions' ids."
        raise ValueError(msg)
    region = found.iloc[0]
    centre = region.geometry.representative_point()
    plane = f"+proj=laea +lon_0={centre.x} +lat_0={centre.y} +datum=WGS84 +units=m"
    outline = found.to_crs(plane)
    west, south, east, north = outline.total_bounds
    margin = _MARGIN * max(east - west, north - south)
    window = (west - margin, south - margin, east + margin, north + margin)
    around = gpd.GeoSeries([box(*window)], crs=plane).to_crs(regions.crs).union_all().buffer(0.2)
    plt = _pyplot()
    figure: Figure
    figure, axes = plt.subplots(figsize=(8, 8), layout="constrained")
    read_basemap().clip(around).to_crs(plane).plot(
        ax=axes, color=_LAND, edgecolor=_BORDER, linewidth=0.6
    )
    near = regions[regions.intersects(around)].to_crs(plane)
    near.plot(ax=axes, color="#9db4c0", edgecolor="#5c6b73", linewidth=0.8, alpha=0.5)
    outline.plot(ax=axes, color="#e0a458", edgecolor="#8a5a19", linewidth=1.2, alpha=0.6)
    dots = locations[locations.intersects(around)].to_crs(plane)
    size = 60 * np.sqrt(dots["activity"] / dots["activity"].max())
    inside = (dots["region_id"] == region_id).to_numpy(dtype=bool)
    colours = np.where(inside, "#5b3000", "#555555")
    axes.scatter(dots.geometry.x, dots.geometry.y, s=np.maximum(size, 1), c=colours, linewidth=0)
    axes.set(xlim=window[::2], ylim=window[1::2], xticks=[], yticks=[], xlabel="", ylabel="")
    axes.set_facecolor(_SEA)
    axes.set_title(f"{region['rank']}  {region['name']}", loc="left", fontsize=13, color=_INK)
    _draw_scale(axes, window)
    _write_source(figure, source)
    return figure


def plot_ranks(
    matches: pd.DataFrame, *, title: str, reference: str, source: str, first: int = 100
) -> "Figure":
    """Draw our ranks against a reference's, one disc a matched region, on logarithmic axes.

    Parameters
    ----------
    matches : pandas.DataFrame
        `compare.Comparison.matches`: reference_rank, reference_name, rank.
    title : str
        What the figure shows.
    reference : str
        What the reference is called on its axis, such as "WIPO 2023".
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 100
        The last rank of the reference that is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: above the diagonal a region ranks higher up here than in the reference.

    Examples
    --------
    >>> matches = pd.DataFrame(
    ...     {"reference_rank": [1, 2], "reference_name": ["Basel", "Paris"], "rank": [2, 1]}
    ... )
    >>> figure = plot_ranks(matches, title="Ranks", reference="WIPO 2023", source="WIPO")
    >>> figure.axes[0].get_ylabel()
    'Rank, gii-geo'
    """
    plt = _pyplot()
    drawn = _matched(matches, first)
    figure: Figure
    figure, axes = plt.subplots(figsize=(8, 8), layout="constrained")
    last = 1.3 * max(drawn[["reference_rank", "rank"]].to_numpy().max(initial=1), 10)
    axes.plot([0.8, last], [0.8, last], color=_BORDER, linewidth=1, zorder=0)
    axes.scatter(drawn["reference_rank"], drawn["rank"], s=36, c="#8a5a19", edgecolor="white")
    for theirs, ours, name in drawn[["reference_rank", "rank", "reference_name"]].to_numpy():
        axes.annotate(
            name, (theirs, ours), (4, 3), textcoords="offset points", fontsize=7, color=_INK
        )
    ticks = [tick for tick in _RANK_TICKS if tick <= last]
    axes.set(xscale="log", yscale="log", xlim=(0.8, last), ylim=(last, 0.8))
    axes.set(xlabel=f"Rank, {reference}\n", ylabel="Rank, gii-geo")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.set_facecolor(_SEA)
    axes.set_aspect("equal")
    axes.set_title(title, loc="left", fontsize=13, color=_INK)
    _write_source(figure, source)
    return figure


def plot_slopes(
    matches: pd.DataFrame, *, title: str, reference: str, source: str, first: int = 30
) -> "Figure":
    """Draw a line for each matched region, from its rank in the reference to its rank here.

    Both ranks count matched regions only, so that the lines tell order from coverage.

    Parameters
    ----------
    matches : pandas.DataFrame
        `compare.Comparison.matches`: reference_rank, reference_name, rank, name.
    title : str
        What the figure shows.
    reference : str
        What the reference is called above its side, such as "WIPO 2023".
    source : str
        Where the data is from, and its credits; printed below.
    first : int, default 30
        The last rank of the reference that is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; lines that rise are blue, lines that fall are brown.
    """
    plt = _pyplot()
    drawn = _matched(matches, first)
    figure: Figure
    figure, axes = plt.subplots(figsize=(9, 2 + 0.26 * len(drawn)), layout="constrained")
    left = drawn["reference_rank"].rank(method="first").to_numpy()
    right = drawn["rank"].rank(method="first").to_numpy()
    text: dict[str, Any] = {"va": "center", "fontsize": 8, "color": _INK}
    for row, (start, end) in enumerate(zip(left, right, strict=True)):
        region = drawn.iloc[row]
        colour = _RISE if end < start else _FALL if end > start else _BORDER
        axes.plot([0, 1], [start, end], color=colour, linewidth=1.6, marker="o", markersize=3)
        theirs = f"{region['reference_name']}  {region['reference_rank']}"
        axes.text(-0.03, start, theirs, ha="right", **text)
        axes.text(1.03, end, f"{region['rank']}  {region['name']}", ha="left", **text)
    for x, side, name in ((-0.03, "right", reference), (1.03, "left", "gii-geo")):
        axes.text(x, -0.2, name, ha=side, **text | {"weight": "bold"})
    axes.set(xlim=(-1.1, 2.1), ylim=(len(drawn) + 1.5, -0.8))
    axes.set_axis_off()
    axes.set_title(title, loc="left", fontsize=13, color=_INK)
    _write_source(figure, source)
    return figure


def read_basemap() -> gpd.GeoSeries:
    """Read the land and borders that come with the package.

    Returns
    -------
    geopandas.GeoSeries
        Polygons, EPSG:4326, cut at the antimeridian. Natural Earth 1:50m (public domain),
        simplified by `scripts/make_basemap.py`.

    Examples
    --------
    >>> read_basemap().crs.to_epsg()
    4326
    """
    file = resources.files("gii_geo") / "data" / "basemap.parquet"
    with resources.as_file(file) as path:
        return gpd.read_parquet(path).geometry


def _pyplot() -> Any:  # noqa: ANN401
    """Import matplotlib, which only figures need."""
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415  # optional
    except ImportError as error:
        msg = 'Plots need matplotlib. Install it with: pip install "gii-geo[plot]".'
        raise ImportError(msg) from error
    return plt


def _matched(matches: pd.DataFrame, first: int) -> pd.DataFrame:
    """Take the matched regions down to a rank of the reference."""
    return matches[matches["rank"].notna() & (matches["reference_rank"] <= first)]


def _draw_land(axes: "Axes") -> None:
    """Draw land and borders below a world map."""
    read_basemap().to_crs(WORLD).plot(ax=axes, color=_LAND, edgecolor=_BORDER, linewidth=0.3)
    axes.set_axis_off()
    axes.set_facecolor(_SEA)


def _draw_scale(axes: "Axes", window: tuple[float, float, float, float]) -> None:
    """Draw a scale bar of a round length in the lower right corner."""
    west, south, east, north = window
    width = east - west
    length = max(step for step in _SCALES_M if step <= max(width / 4, _SCALES_M[0]))
    x, y = east - 0.05 * width, south + 0.05 * (north - south)
    axes.plot([x - length, x], [y, y], color=_INK, linewidth=2, solid_capstyle="butt")
    axes.text(x - length / 2, y, f"{length / 1000:g} km", ha="center", va="bottom", fontsize=9)


def _write_source(figure: "Figure", source: str) -> None:
    """Print the source in the lower left corner."""
    figure.text(0.01, 0.01, source, fontsize=7, color="#666666", ha="left", va="bottom")
