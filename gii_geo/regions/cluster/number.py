"""Which number a cluster gets: the heaviest is 0, whatever the order of the rows."""

import heapq
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from gii_geo.jit import kernel
from gii_geo.regions.cluster.count import BoolArray
from gii_geo.regions.cluster.grid import FloatArray, IndexArray, IntArray


class _Members(NamedTuple):
    """The locations of the grid: whether core, their weight, their input row, its coordinates."""

    core: BoolArray
    weight: IntArray
    order: IndexArray
    lon: FloatArray
    lat: FloatArray


def number_clusters(
    component: IntArray,
    ties: IntArray,
    core: BoolArray,
    weight: IntArray,
    order: IndexArray,
    lon_lat: tuple[FloatArray, FloatArray],
) -> IntArray:
    """Turn components into cluster numbers, and settle border locations between two clusters.

    Numbers run by descending weight of all members, equal ones by the smallest (lon, lat) of a
    core location. A border location as near to several clusters joins the smallest number.

    Parameters
    ----------
    component : numpy.ndarray of int64, shape (n,)
        First core location of the component of every location of the grid, -1 for none.
        Overwritten.
    ties : numpy.ndarray of int64, shape (2 * m,)
        Location and component in turn, for every claim on a location that is claimed more than
        once.
    core : numpy.ndarray of bool, shape (n,)
        Which locations are core.
    weight : numpy.ndarray of int64, shape (n,)
        Weights of the locations of the grid.
    order : numpy.ndarray of int32, shape (n,)
        The input row of every location of the grid.
    lon_lat : tuple of numpy.ndarray of float64, shape (n,)
        Longitudes and latitudes of the input rows.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Cluster of every input row, -1 for none.
    """
    first = np.flatnonzero(component == np.arange(len(component)))
    contested, claimant = ties[::2], np.searchsorted(first, ties[1::2])
    component[contested] = -1
    total = np.zeros(len(first), np.int64)
    place = np.full((len(first), 2), np.inf)
    members = _Members(core, weight, order, *lon_lat)
    _describe(members, component, first, total, place)
    for location, cluster in _settle_ties(contested, claimant, weight, total, place):
        component[location] = cluster
        total[cluster] += weight[location]
    number = np.empty(len(first) + 1, np.int64)
    number[np.lexsort((place[:, 1], place[:, 0], -total))] = np.arange(len(first))
    number[-1] = -1
    rows = np.empty(len(component), np.int64)
    rows[order] = number[component]
    return rows


@kernel
def _describe(
    members: _Members, component: IntArray, first: IntArray, total: IntArray, place: FloatArray
) -> None:
    """Count components from 0, sum the weight of each and find its smallest core (lon, lat)."""
    count = np.empty(len(component), np.int64)
    for k in range(len(first)):
        count[first[k]] = k
    for i in range(len(component)):
        if component[i] < 0:
            continue
        k = count[component[i]]
        component[i] = k
        total[k] += members.weight[i]
        lon, lat = members.lon[members.order[i]], members.lat[members.order[i]]
        if members.core[i] and (lon < place[k, 0] or (lon == place[k, 0] and lat < place[k, 1])):
            place[k, 0], place[k, 1] = lon, lat


def _settle_ties(
    contested: IntArray, claimant: IntArray, weight: IntArray, total: IntArray, place: FloatArray
) -> list[tuple[int, int]]:
    """Give every contested location to the claimant that ends up with the smallest number.

    The claimant that would be heaviest with all its claims granted stays heaviest when they are:
    it gets them, the others lose them, and so on down.
    """
    claimants, claims = defaultdict(list), defaultdict(list)
    most: dict[int, int] = {}
    for location, cluster in zip(contested.tolist(), claimant.tolist(), strict=True):
        claimants[location].append(cluster)
        claims[cluster].append(location)
        most[cluster] = most.get(cluster, int(total[cluster])) + int(weight[location])
    heap = [(-most[cluster], *place[cluster].tolist(), cluster) for cluster in most]
    heapq.heapify(heap)
    settled = []
    while heap:
        claimed, lon, lat, cluster = heapq.heappop(heap)
        if -claimed != most[cluster]:
            heapq.heappush(heap, (-most[cluster], lon, lat, cluster))
            continue
        for location in claims[cluster]:
            if location in claimants:
                settled.append((location, cluster))
                for other in claimants.pop(location):
                    most[other] -= int(weight[location]) if other != cluster else 0
    return settled
