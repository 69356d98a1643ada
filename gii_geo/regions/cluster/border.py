"""Which core location a border location is nearest to."""

from typing import Final, NamedTuple

import numpy as np

from gii_geo.regions.cluster.grid import (
    RIGHT,
    STACK_SIZE,
    START,
    STOP,
    FloatArray,
    IntArray,
    distance2,
    grow,
    near_far2,
    push_nearer_last,
    set_point,
)
from gii_geo.regions.cluster.join import CoreGrid, find
from gii_geo.regions.jit import kernel, part

_MOST_CLAIMS: Final = 12
"""Points at one distance from a centre and farther than that from each other: at most 12 in
three dimensions (the kissing number), and clusters are farther than the radius from each other.
"""

_COUNT, _LAST, _CLAIMS = range(3)


class _Search(NamedTuple):
    """Working space: cells to visit, the query's box, the least squared chord, what it found.

    ``found`` holds the number of components at the least chord, the last nearer core location of
    any search, then those components.
    """

    cells: IntArray
    point: FloatArray
    least: FloatArray
    found: IntArray


@kernel
def reach_border(cores: CoreGrid, parent: IntArray, radius2: float) -> tuple[IntArray, IntArray]:
    """Give every location the component it belongs to.

    Parameters
    ----------
    cores : CoreGrid
        The core locations.
    parent : numpy.ndarray of int64, shape (n,)
        Their components, as `join_core` returns them. Overwritten.
    radius2 : float
        Squared radius in square metres.

    Returns
    -------
    component : numpy.ndarray of int64, shape (n,)
        First location of the component of every location, -1 where no core location is within
        the radius; in the memory of `parent`.
    ties : numpy.ndarray of int64, shape (2 * m,)
        Location and component in turn, for the m claims on locations as near to one component
        as to another.
    """
    ties = np.empty(64, np.int64)
    size = 0
    search = _Search(
        np.empty(STACK_SIZE, np.int64),
        np.empty((1, 6)),
        np.empty(1),
        np.empty(_CLAIMS + _MOST_CLAIMS, np.int64),
    )
    search.found[_LAST] = cores.first[0]
    for i in range(len(parent)):
        if cores.core[i]:
            parent[i] = find(parent, i)
            continue
        search.least[0] = radius2
        count = _find_nearest(cores, parent, search, i)
        # No path leads over a location that is not core, so its place is free.
        parent[i] = search.found[_CLAIMS] if count else -1
        if count > 1:
            ties = grow(ties, size + 2 * count)
            for k in range(count):
                ties[size], ties[size + 1] = i, search.found[_CLAIMS + k]
                size += 2
    return parent, ties[:size]


@part
def _find_nearest(cores: CoreGrid, parent: IntArray, search: _Search, i: int) -> int:
    """Search the tree for the nearest core locations; return how many components they are of."""
    search.found[_COUNT] = 0
    row = set_point(search.point, cores.grid.xyz, i)
    if search.found[_LAST] >= 0:
        # The neighbour on the curve often has the same nearest core location.
        bound = distance2(cores.grid.xyz, i, cores.grid.xyz, search.found[_LAST])
        search.least[0] = min(search.least[0], bound)
    search.cells[0] = 0
    top = 1
    while top > 0:
        top -= 1
        cell = search.cells[top]
        near, _ = near_far2(search.point, row, cores.box, cell)
        if near > search.least[0]:
            continue
        if cores.grid.cells[cell, RIGHT] == 0:
            _search_leaf(cores, parent, search, i, cell)
            continue
        top = push_nearer_last(cores.grid, cores.box, search.point, search.cells, top)
    return int(search.found[_COUNT])


@part
def _search_leaf(cores: CoreGrid, parent: IntArray, search: _Search, i: int, leaf: int) -> None:
    """Compare a location with the core locations of a leaf."""
    grid, found = cores.grid, search.found
    for j in range(grid.cells[leaf, START], grid.cells[leaf, STOP]):
        if not cores.core[j]:
            continue
        chord2 = distance2(grid.xyz, i, grid.xyz, j)
        if chord2 > search.least[0]:
            continue
        if chord2 < search.least[0]:
            search.least[0], found[_COUNT] = chord2, 0
        found[_LAST] = j
        component = find(parent, j)
        claim = _CLAIMS
        while claim < _CLAIMS + found[_COUNT] and found[claim] != component:
            claim += 1
        if claim == _CLAIMS + found[_COUNT]:
            found[claim] = component
            found[_COUNT] += 1
