"""A world as it was drawn: fit to be delineated, ranked and followed to the run's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.density import weigh_density
from gii_geo.regions.sites import Sites
from gii_geo.regions.tally import Tally

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A world as it was drawn, and which location of the run each of its locations stands for.

    Attributes
    ----------
    tally : Tally
        Fit for the stages of `regions.form` that delineate and rank, and for nothing else.
    origin : numpy.ndarray of int64, shape (n,)
        Row of each of its locations in the run's.
    activity : numpy.ndarray of int64, shape (n,)
        Activity of each of its locations, in units: exactly the run's, wherever it has moved to.
    """

    tally: Tally
    origin: IntArray
    activity: IntArray


def keep_addresses(tally: Tally) -> Drawn:
    """Leave every address where it is.

    Parameters
    ----------
    tally : Tally
        What counts.

    Returns
    -------
    Drawn
        The run's own world.
    """
    activity = weigh_density(tally.locations, density_weight="balanced").to_numpy()
    return Drawn(tally, np.arange(len(tally.locations)), activity)


def list_kinds(tally: Tally, name: str) -> IntArray:
    """Give addresses, weight or lone records of each location.

    Parameters
    ----------
    tally : Tally
        What counts.
    name : {"addresses", "weight", "records"}
        Which.

    Returns
    -------
    numpy.ndarray of int64, shape (n, kinds)
        A column a kind.
    """
    if name == "records":
        return tally.alone[list(tally.kinds)].to_numpy(np.int64)
    return tally.locations[[f"{kind}_{name}" for kind in tally.kinds]].to_numpy(np.int64)


def make_locations(
    tally: Tally, sites: Sites, addresses: IntArray, weight: IntArray
) -> tuple[pd.DataFrame, IntArray]:
    """Make a tally's table of locations.

    Parameters
    ----------
    tally : Tally
        The run's.
    sites : Sites
        Where they are.
    addresses, weight : numpy.ndarray of int64, shape (n, kinds)
        What they hold.

    Returns
    -------
    locations : pandas.DataFrame
        As `Tally.locations`.
    activity : numpy.ndarray of int64, shape (n,)
        The activity of each, in units.
    """
    columns: dict[str, npt.NDArray[Any]] = {"lon": sites.lon, "lat": sites.lat}
    for name, table in (("addresses", addresses), ("weight", weight)):
        for k, kind in enumerate(tally.kinds):
            columns[f"{kind}_{name}"] = np.ascontiguousarray(table[:, k])
    locations = pd.DataFrame(columns)
    activity = weigh_density(locations, density_weight="balanced").to_numpy()
    locations["activity"] = activity / max(int(activity.sum()), 1)
    return locations, activity
