"""Exact weighted DBSCAN of locations on the globe."""

from typing import Final

import numpy as np

from gii_geo import project
from gii_geo.regions.cluster.border import reach_border
from gii_geo.regions.cluster.count import BoolArray, mark_core
from gii_geo.regions.cluster.grid import FloatArray, IntArray, Layout, lay_grid, weigh_grid
from gii_geo.regions.cluster.join import bound_core, join_core
from gii_geo.regions.cluster.number import number_clusters

_ROWS_AT_ONCE: Final = 1 << 20
"""Locations projected together: the projection's own copies stay small."""


def dbscan(  # the layout spares what is known already
    lon: FloatArray,
    lat: FloatArray,
    weight: IntArray,
    *,
    radius_m: float,
    min_weight: int,
    layout: Layout | None = None,
) -> tuple[IntArray, BoolArray]:
    """Cluster weighted locations.

    Two locations are neighbours if the squared chord between them is at most the squared radius,
    both in float64.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float64, shape (n,)
        Degrees on WGS 84.
    weight : numpy.ndarray of int64, shape (n,)
        Weights from 0, their sum below 2**63.
    radius_m : float
        Radius in metres.
    min_weight : int
        Weight within the radius that makes a location core.
    layout : Layout, optional
        What `grid.lay_grid` gave for the same locations.

    Returns
    -------
    cluster : numpy.ndarray of int64, shape (n,)
        Cluster of every location, -1 for none.
    core : numpy.ndarray of bool, shape (n,)
        Whether every location is core.

    Examples
    --------
    >>> lon, lat = np.array([0.0, 0.1, 0.2]), np.zeros(3)
    >>> cluster, core = dbscan(lon, lat, np.array([1, 1, 1]), radius_m=12e3, min_weight=3)
    >>> cluster.tolist(), core.tolist()
    ([0, 0, 0], [False, True, False])
    """
    grid, order = weigh_grid(layout or lay_grid(geocentric(lon, lat)), weight)
    radius2 = float(radius_m) ** 2
    core = mark_core(grid, radius2, int(min_weight))
    cores = bound_core(grid, core)
    component, ties = reach_border(cores, join_core(cores, radius2), radius2)
    weight = grid.weight
    # Half the memory of it all is free from here on.
    del grid, cores
    cluster = number_clusters(component, ties, core, weight, order, (lon, lat))
    core_row = np.empty_like(core)
    core_row[order] = core
    return cluster, core_row


def geocentric(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Project in slices."""
    xyz = np.empty((len(lon), 3))
    for start in range(0, len(lon), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        xyz[rows] = project.to_geocentric(lon[rows], lat[rows])
    return xyz
