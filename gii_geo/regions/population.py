"""People inside each region, and what each region does per million of them."""

import re
import warnings
from datetime import date, timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gii_geo.extras import check_extra
from gii_geo.paths import first_line
from gii_geo.ranges import check_given, show_names, show_value
from gii_geo.tables import FIRST_HUNDRED, InputError, check_table

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

PEOPLE: Final = 1_000_000
"""Intensity is per this many inhabitants."""

DENSIFY_DEG: Final = 0.05
"""Longest edge of an outline in another projection: off its true course by less than 1 m."""

TORN: Final = 1e5
"""Mean edge, in metres, of an outline that the other map tears apart or cannot show at all.

Whole, its edges of `DENSIFY_DEG` are 6 km; a map of one country has such a tear on the far side.
"""

GAP_SHARE: Final = 1e-6
"""A smaller part of an outline without cells is rounding, not a gap."""

_POINTS: Final = ("lon", "lat", "population")
_MOST_AGAIN: Final = 0.3
"""Part of the points that may repeat another to the last person, by chance or by age group."""

_DENSITY: Final = re.compile(r"(?i)densit|(?:/|per )\s*(?:sq|km|ha|m2|mi|hect)")
_TABLES: Final = (".parquet", ".csv", ".csv.gz")


def check_people(source: str | Path | pd.DataFrame) -> None:
    """Refuse a file of people that does not exist, and a table that is none.

    Parameters
    ----------
    source : str, pathlib.Path or pandas.DataFrame
        What `count_people` takes.

    Raises
    ------
    InputError
        If it is neither a path nor a table, a path and no file, a raster and the extra
        `population` is not installed, or a table that `count_people` refuses.
    """
    must = "be the path of a raster or table, or a DataFrame of lon, lat and population"
    check_given("population", source, str | PathLike | pd.DataFrame, must=must, error=InputError)
    if isinstance(source, pd.DataFrame):
        _check_points(source, "table")
        return
    if not Path(source).is_file():
        msg = f"Invalid population file {source}. Must exist."
        raise InputError(msg)
    if not _is_table(Path(source)):
        check_extra("population")


def count_people(outlines: gpd.GeoSeries, source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Count the people inside each outline.

    A raster's cell counts with the exact share of its area that an outline covers; outlines are
    brought to the raster's projection, never the raster to theirs. A point counts where it lies.

    Parameters
    ----------
    outlines : geopandas.GeoSeries
        Polygons of the regions, EPSG:4326.
    source : str, pathlib.Path or pandas.DataFrame
        A raster of people per cell, such as GHS-POP, in any projection that it names; or points:
        a table or a CSV or Parquet file with ``lon``, ``lat`` (degrees) and ``population``.

    Returns
    -------
    pandas.DataFrame
        On the index of `outlines`. ``population``: people, missing where the source has nothing;
        ``population_gap``: share of the outline's area (in the raster's projection) that lies
        outside the raster or on cells without data, 0 to 1, which count as no people. Points have
        no area: an outline without a point is all gap.

    Raises
    ------
    MissingExtraError
        If a raster is given and the extra `population` is not installed.
    InputError
        If the source cannot be read, a raster has no projection, several bands, a rotation or
        people below 0, or a table lacks a column or has a value off its range.

    Notes
    -----
    Exact coverage: exactextract (https://isciences.github.io/exactextract). GHS-POP: Schiavina et
    al. (2023), GHS-POP R2023A, European Commission, Joint Research Centre.

    Examples
    --------
    >>> outlines = gpd.GeoSeries([shapely.box(0, 0, 2, 1)], ["R0001"], crs="EPSG:4326")
    >>> points = pd.DataFrame({"lon": [0.5, 1.5, 3.0], "lat": 0.5, "population": [7, 2, 9]})
    >>> count_people(outlines, points)
           population  population_gap
    R0001         9.0             0.0
    """
    if isinstance(source, pd.DataFrame):
        return _sum_points(outlines, _check_points(source, "table"))
    check_people(source)
    path = Path(source)
    if _is_table(path):
        return _sum_points(outlines, _check_points(_read_points(path), str(path)))
    return _sum_cells(outlines, path)


def rate_regions(regions: pd.DataFrame, population: pd.Series) -> pd.DataFrame:
    """Rate each region by its score per million inhabitants.

    WIPO's intensity, as far as it can be told: the sum of the shares per million people reproduces
    the printed order of the five clusters of 2025 whose figures were found.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row a region; ``score``, the sum of its shares (0 to 1 each), and, where it is known,
        ``rank``; else it is that of the score.
    population : pandas.Series
        People in each region, on the index of `regions`; missing where not known.

    Returns
    -------
    pandas.DataFrame
        On the index of `regions`: ``population``, ``intensity`` (score per million people),
        ``intensity_rank`` among all (regions with the same intensity share a rank) and
        ``intensity_rank_100`` among the regions of the first hundred ranks, as WIPO prints it.
        The last three are missing where the population is missing or 0, the last below rank 100.

    Raises
    ------
    TypeError
        If ``score`` has another type.
    ValueError
        If ``score`` is missing.

    Examples
    --------
    >>> regions = pd.DataFrame({"score": [0.02, 0.01, 0.03]})
    >>> rate_regions(regions, pd.Series([4e6, 1e6, np.nan]))
       population  intensity  intensity_rank  intensity_rank_100
    0   4000000.0      0.005               2                   2
    1   1000000.0      0.010               1                   1
    2         NaN        NaN            <NA>                <NA>
    """
    check_table(regions, {"score": "f"}, name="regions")
    population = population.reindex(regions.index).astype("float64")
    intensity = regions["score"] / (population.where(population > 0) / PEOPLE)
    by_score = regions["score"].rank(method="min", ascending=False)
    first = regions.get("rank", by_score) <= FIRST_HUNDRED
    return pd.DataFrame(
        {
            "population": population,
            "intensity": intensity,
            "intensity_rank": _rank_down(intensity),
            "intensity_rank_100": _rank_down(intensity.where(first)),
        },
        index=regions.index,
    )


def _rank_down(values: pd.Series) -> "pd.Series[Any]":
    """Rank values, the highest first; equal ones share a rank, missing ones have none."""
    return values.rank(method="min", ascending=False).astype("Int64")


def describe_gaps(people: pd.DataFrame, names: pd.Series) -> list[str]:
    """Say which regions the source of the population does not cover, or not wholly.

    Parameters
    ----------
    people : pandas.DataFrame
        From `count_people`.
    names : pandas.Series
        Name of each region, on the index of `people`.

    Returns
    -------
    list of str
        One sentence for the regions without any people known, one for those in part outside;
        empty if every region is covered.

    Examples
    --------
    >>> people = pd.DataFrame({"population": [5.0, np.nan], "population_gap": [0.25, 1.0]})
    >>> for sentence in describe_gaps(people, pd.Series(["Oulu", "Suva"])):
    ...     print(sentence)
    No population for 1 region: Suva.
    Population of 1 region from a part of its area: Oulu (75.0%).
    """
    gap = people["population_gap"]
    none, part = gap == 1, (gap > 0) & (gap < 1)
    sentences = []
    if none.any():
        listed = ", ".join(names[none])
        sentences.append(f"No population for {_count(none)}: {listed}.")
    if part.any():
        shares = zip(names[part], 1 - gap[part], strict=True)
        listed = ", ".join(f"{name} ({share:.1%})" for name, share in shares)
        sentences.append(f"Population of {_count(part)} from a part of its area: {listed}.")
    return sentences


def _count(regions: "pd.Series[bool]") -> str:
    number = int(regions.sum())
    return f"{number} region{'s' if number > 1 else ''}"


def _sum_cells(outlines: gpd.GeoSeries, path: Path) -> pd.DataFrame:
    """Sum a raster's cells by the share of each that an outline covers."""
    rasterio, exact_extract = _rasterio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            raster = rasterio.open(path, driver="GTiff")  # others say where else to read
        except (rasterio.errors.RasterioError, ValueError) as error:  # names that are no UTF-8
            msg = f"Invalid population file {path}. Must be a GeoTIFF, CSV or Parquet file; "
            raise InputError(msg + f"{first_line(error)}.") from error
    with raster:
        _check_raster(raster, path)
        # In pieces of 0.05 degrees an edge keeps its course on the other map.
        there = _lay_over(outlines.segmentize(DENSIFY_DEG), raster.crs.to_wkt(), path)
        with np.errstate(invalid="ignore"):  # a place without coordinates has no length
            edge = shapely.length(there.to_numpy()) / there.count_coordinates()
        vectors = gpd.GeoDataFrame(geometry=there[edge <= TORN])
        try:
            cells = exact_extract(raster, vectors, ["sum", "count", "min"], output="pandas")
        except (rasterio.errors.RasterioError, RuntimeError, ValueError) as error:
            msg = f"Invalid population file {path}. Must be readable; {first_line(error)}."
            raise InputError(msg) from error
        cell_area = abs(raster.transform.a * raster.transform.e)
    cells = cells.set_axis(vectors.index)
    wrong = (
        cells["min"].where(cells["min"] < 0, cells["sum"].where(np.isinf(cells["sum"]))).dropna()
    )
    if len(wrong):
        msg = (
            f"Invalid cell {wrong.min():g} in {path}. Must be 0 or more people, or be named "
            "as the raster's nodata value."
        )
        raise InputError(msg)
    covered = cells["count"] * cell_area / shapely.area(vectors.geometry.to_numpy())
    covered = covered.reindex(outlines.index, fill_value=0.0)
    gap = (1 - covered).where(lambda share: share > GAP_SHARE, 0.0)
    people = cells["sum"].reindex(outlines.index).mask(gap == 1)
    return pd.DataFrame({"population": people, "population_gap": gap})


def _lay_over(outlines: gpd.GeoSeries, reference: str, path: Path) -> gpd.GeoSeries:
    """Bring outlines to the reference system of a raster, if it is one."""
    try:
        return outlines.to_crs(reference)
    except (pyproj.exceptions.ProjError, ValueError) as error:
        msg = f"Invalid raster {path}. Must have a reference system on Earth; {first_line(error)}."
        raise InputError(msg) from error


def _check_raster(raster: "DatasetReader", path: Path) -> None:
    """Refuse a raster that cannot be laid over the outlines."""
    if raster.crs is None:
        msg = (
            f"Invalid raster {path} without a coordinate reference system. Must name it, such as "
            "ESRI:54009 for GHS-POP."
        )
        raise InputError(msg)
    if raster.count != 1:
        msg = f"Invalid raster {path}. Must have one band, people per cell; found {raster.count}."
        raise InputError(msg)
    if raster.transform.b or raster.transform.d or raster.transform.e > 0:
        msg = f"Invalid raster {path}. Must have its first row in the north and not be rotated."
        raise InputError(msg)
    told = " ".join(filter(None, (*raster.units, *raster.descriptions)))
    if _DENSITY.search(told):
        msg = f"Invalid raster {path}. Must be people per cell; found {show_value(told)}: multiply "
        raise InputError(msg + "it by the area of its cells.")


def _read_points(path: Path) -> pd.DataFrame:
    """Read a table of points."""
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        names = pd.read_csv(path, header=None, nrows=1, dtype=str).iloc[0]
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the names
            points = pd.read_csv(path, index_col=False)
    except (OSError, ValueError, RuntimeError, OverflowError, pd.errors.ParserWarning) as error:
        msg = f"Invalid population file {path}. Must be readable; {first_line(error)}."
        raise InputError(msg) from error
    for name in names[names.duplicated()]:
        if name in _POINTS:
            msg = f"Invalid population file {path}. Must have one column {name}; found several."
            raise InputError(msg)
    return points


def _check_points(points: pd.DataFrame, name: str) -> pd.DataFrame:
    """Take the columns of a table of points as numbers, each within its range."""
    missing = [column for column in _POINTS if column not in points.columns]
    if missing:
        found = show_names(points.columns)
        msg = f"Invalid population {name}. Must have {', '.join(missing)}; found {found}."
        raise InputError(msg)
    if points.empty:
        msg = f"Invalid population {name}. Must have at least one row; found none."
        raise InputError(msg)
    if twice := [column for column in _POINTS if list(points.columns).count(column) > 1]:
        msg = f"Invalid population {name}. Must have one column {twice[0]}; found several."
        raise InputError(msg)
    for column, cells in points[list(_POINTS)].items():  # True would count as one
        if other := _find_other(cells):
            msg = f"Invalid {column} of population {name}. Must be numbers; found {other}."
            raise InputError(msg)
    given = points
    try:
        points = points[list(_POINTS)].apply(pd.to_numeric, errors="coerce")
    except (TypeError, ValueError) as error:  # lists, times, or a name that stands twice
        msg = f"Invalid population {name}. Must have numbers, once {', once '.join(_POINTS)}."
        raise InputError(msg) from error
    for column, low, high in (("lon", -180, 180), ("lat", -90, 90), ("population", 0, np.inf)):
        wrong = ~points[column].between(low, high) | np.isinf(points[column])
        if wrong.any():
            bounds = f"{low} to {high}" if high < np.inf else "0 or more"
            row = int(wrong.argmax())
            cell = given[column].iloc[row]
            found = "none" if pd.isna(cell) else show_value(cell)
            msg = f"Invalid {column} in row {row + 1} of {name}. Must be {bounds}; found {found}."
            raise InputError(msg)
    again = points[points["population"] > 0].duplicated()
    if again.mean() > _MOST_AGAIN:
        msg = f"Invalid population {name}. Must have each point once; found {again.sum():,} again."
        raise InputError(msg)
    return points


def _find_other(cells: pd.Series) -> str | None:
    """Find a cell that is no number, though it could be read as one: True, a time, 1j."""
    if cells.dtype == object:
        others = (bool, np.bool_, date, timedelta, np.datetime64, np.timedelta64, complex, list)
        return next((show_value(cell) for cell in cells if isinstance(cell, others)), None)
    is_one = pd.api.types.is_string_dtype(cells) or pd.api.types.is_numeric_dtype(cells)
    is_other = pd.api.types.is_bool_dtype(cells) or pd.api.types.is_complex_dtype(cells)
    return None if is_one and not is_other else str(cells.dtype)


def _sum_points(outlines: gpd.GeoSeries, points: pd.DataFrame) -> pd.DataFrame:
    """Sum the points inside each outline; on a common border the first outline wins."""
    where = np.asarray(shapely.points(points[["lon", "lat"]].to_numpy(np.float64)))
    outline, point = shapely.STRtree(where).query(outlines.to_numpy(), predicate="intersects")
    _, first = np.unique(point, return_index=True)
    people = points["population"].to_numpy(np.float64)[point[first]]
    # Sorted by value: a sum of floats depends on the order they are added in.
    order = np.argsort(people, kind="stable")
    outline, people = outline[first][order], people[order]
    total = np.bincount(outline, people, minlength=len(outlines)).astype(np.float64)  # if none, too
    gap = np.where(np.bincount(outline, minlength=len(outlines)), 0.0, 1.0)
    total[gap == 1] = np.nan
    return pd.DataFrame({"population": total, "population_gap": gap}, index=outlines.index)


def _is_table(path: Path) -> bool:
    """Tell a file of points from a raster."""
    return path.name.lower().endswith(_TABLES)


def _rasterio() -> tuple[Any, Any]:
    """Import what reads rasters, which only a population raster needs."""
    import rasterio  # noqa: PLC0415  # optional
    from exactextract import exact_extract  # noqa: PLC0415  # optional

    return rasterio, exact_extract
