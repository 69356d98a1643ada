"""Rows at the same place become one location."""

from typing import Final

import numpy as np

from gii_geo.jit import kernel, part
from gii_geo.regions.cluster.grid import FloatArray, IndexArray, IntArray

_MIX: Final = 0x9E3779B97F4A7C15 - 2**64
"""2**64 over the golden ratio, odd, as int64: multiplying by it spreads bits (Knuth)."""

_DATE_LINE: Final = 180.0
_POLE: Final = 90.0
_LON, _LAT, _PLACE, _TOTAL = range(4)
"""Columns of the hash table: bits of the coordinates, which place they are, weight there."""


def collapse_rows(lon_lat: FloatArray, weight: IntArray) -> tuple[FloatArray, IntArray, IndexArray]:
    """Find the distinct places among rows of coordinates and sum the weight at each.

    -0 becomes 0 and 180 becomes -180 degrees; at a pole all longitudes become 0.

    Parameters
    ----------
    lon_lat : numpy.ndarray of float64, shape (n, 2)
        Degrees, none missing, n below 2**31.
    weight : numpy.ndarray of int64, shape (n,)
        Weights, their sum below 2**63.

    Returns
    -------
    places : numpy.ndarray of float64, shape (m, 2)
        Longitude and latitude of every place, in the order of their first rows.
    total : numpy.ndarray of int64, shape (m,)
        The summed weight at every place.
    place : numpy.ndarray of int32, shape (n,)
        Which place every row is at: 0 to m - 1.

    Examples
    --------
    >>> places, total, place = collapse_rows(
    ...     np.array([[180.0, 0.0], [7.0, 0.0], [-180.0, -0.0]]), np.array([3, 4, 5])
    ... )
    >>> places.tolist(), total.tolist(), place.tolist()
    ([[-180.0, 0.0], [7.0, 0.0]], [8, 4], [0, 1, 0])
    """
    bits, total, place = _collapse_rows(lon_lat, weight)
    return bits.view(np.float64), total, place


@kernel
def _collapse_rows(lon_lat: FloatArray, weight: IntArray) -> tuple[IntArray, IntArray, IndexArray]:
    """Look every row up in a hash table that grows with the places found."""
    table = _empty_table(1024)
    place = np.empty(len(lon_lat), np.int32)
    number = np.empty(2)
    bits = number.view(np.int64)
    count = 0
    for i in range(len(lon_lat)):
        lon, lat = lon_lat[i, 0], lon_lat[i, 1]
        if abs(lat) == _POLE:
            lon = 0.0
        number[0] = -_DATE_LINE if lon == _DATE_LINE else lon + 0.0
        number[1] = lat + 0.0
        slot = _find_slot(table, bits[0], bits[1])
        if table[slot, _PLACE] < 0:
            table[slot, _LON], table[slot, _LAT] = bits[0], bits[1]
            table[slot, _PLACE], table[slot, _TOTAL] = count, 0
            count += 1
        place[i] = table[slot, _PLACE]
        table[slot, _TOTAL] += weight[i]
        if 2 * count > len(table):
            table = _double_table(table)
    places, total = np.empty((count, 2), np.int64), np.empty(count, np.int64)
    for slot in range(len(table)):
        k = table[slot, _PLACE]
        if k >= 0:
            places[k, 0], places[k, 1] = table[slot, _LON], table[slot, _LAT]
            total[k] = table[slot, _TOTAL]
    return places, total, place


@part
def _empty_table(slots: int) -> IntArray:
    """Make a hash table of free slots."""
    table = np.empty((slots, 4), np.int64)
    for slot in range(slots):
        table[slot, _PLACE] = -1
    return table


@part
def _find_slot(table: IntArray, lon: int, lat: int) -> int:
    """Find the slot of a place, or the free slot where it belongs."""
    last = len(table) - 1
    mixed = (lon * _MIX ^ lat) * _MIX
    slot = (mixed ^ mixed >> 32) & last
    while table[slot, _PLACE] >= 0 and (table[slot, _LON] != lon or table[slot, _LAT] != lat):
        slot = (slot + 1) & last
    return slot


@part
def _double_table(table: IntArray) -> IntArray:
    """Copy a hash table into one with twice the slots."""
    larger = _empty_table(2 * len(table))
    for slot in range(len(table)):
        if table[slot, _PLACE] >= 0:
            new = _find_slot(larger, table[slot, _LON], table[slot, _LAT])
            for column in range(4):
                larger[new, column] = table[slot, column]
    return larger
