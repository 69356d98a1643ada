"""Which core location a border location is nearest to."""

from typing import Final, NamedTuple

import numpy as np

from gii_geo.jit import apart, bare, kernel
from gii_geo.regions.cluster.grid import (
    LEAF_SIZE,
    RIGHT,
    STACK_SIZE,
    START,
    STOP,
    FloatArray,
    IntArray,
    distance2,
    grow,
    measure_boxes,
    near_far2,
    push_nearer_last,
    set_point,
)
from gii_geo.regions.cluster.join import CoreGrid, find

_MOST_CLAIMS: Final = 12
"""Points at one distance from a centre and farther than that from each other: at most 12 in
three dimensions (the kissing number), and clusters are farther than the radius from each other.
"""

_NONE: Final = -1
_SEVERAL: Final = -2
"""Instead of the one component that all core locations of a cell are of."""


class _Search(NamedTuple):
    """Working space, and what is known of every cell.

    A row of ``pending`` is a cell to ask, and the first and the end of the ``cells`` near its
    parent; ``tally`` has the same of the cell in hand, how many numbers of ``ties`` there are, how
    many components are at the least squared chord, and the last nearer core location of any search;
    ``claims`` are these components. ``size2`` has the squared diagonal of every cell, ``owner`` the
    component of its core locations, and ``others`` how many of its locations are not core.
    """

    cells: IntArray
    pending: IntArray
    ties: IntArray
    tally: IntArray
    claims: IntArray
    point: FloatArray
    least: FloatArray
    size2: FloatArray
    owner: IntArray
    others: IntArray


_FIRST, _END, _TIES, _COUNT, _LAST = range(5)


@kernel
def reach_border(cores: CoreGrid, parent: IntArray, radius2: float) -> tuple[IntArray, IntArray]:
    """Give every location the component it belongs to.

    Cells are asked before their locations. A cell inherits from its parent the cells that may have
    the nearest core location of any in it; where there are none, or all of one component are near
    enough, it is settled as a whole.

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
    cells, ties = np.empty(1024, np.int64), np.empty(1024, np.int64)
    pending, tally = np.empty((STACK_SIZE, 3), np.int64), np.empty(5, np.int64)
    claims, point, least = np.empty(_MOST_CLAIMS, np.int64), np.empty((1, 6)), np.empty(1)
    size2 = measure_boxes(cores.grid.box)
    owner, others = np.empty(len(size2), np.int64), np.empty(len(size2), np.int64)
    _own_cells(cores, parent, owner, others)
    tally[_TIES], tally[_LAST] = 0, cores.first[0]
    pending[0, 0], pending[0, 1], pending[0, 2] = 0, 0, 1
    cells[0] = 0
    top = cells[0] + 1  # not a constant, see `set_point`
    while top > 0:
        search = _Search(cells, pending, ties, tally, claims, point, least, size2, owner, others)
        top = _reach_cells(cores, parent, search, radius2, top)
        if top > 0:
            cells, ties = grow(cells, len(cells) + 1), grow(ties, len(ties) + 1)
    return parent, ties[: tally[_TIES]]


@apart
def _own_cells(cores: CoreGrid, parent: IntArray, owner: IntArray, others: IntArray) -> None:
    """Find the component of every core location and cell, children first."""
    cells = cores.grid.cells
    for i in range(len(parent)):
        # No path leads over a location that is not core, so its place is free.
        parent[i] = find(parent, i) if cores.core[i] else _NONE
    for cell in range(len(cells) - 1, -1, -1):
        right = cells[cell, RIGHT]
        if right:
            owner[cell] = _share_owner(owner[cell + 1], owner[right])
            others[cell] = others[cell + 1] + others[right]
            continue
        owner[cell], others[cell] = _NONE, 0
        for i in range(cells[cell, START], cells[cell, STOP]):
            owner[cell] = _share_owner(owner[cell], parent[i])
            others[cell] += not cores.core[i]


@bare
def _share_owner(one: int, other: int) -> int:
    """Give the component of both parts of a cell."""
    if other in (_NONE, one):
        return one
    return other if one == _NONE else _SEVERAL


@apart
def _reach_cells(
    cores: CoreGrid, parent: IntArray, search: _Search, radius2: float, top: int
) -> int:
    """Work through pending cells; say how many are left where the working space is short."""
    grid, pending, tally = cores.grid, search.pending, search.tally
    while top > 0:
        top -= 1
        cell = pending[top, 0]
        if search.others[cell] == 0:
            continue
        tally[_FIRST], tally[_END] = pending[top, 1], pending[top, 2]
        owner, bound2 = _gather(cores, search, cell, radius2)
        if tally[_END] < 0:
            return top + 1
        if owner == _NONE:
            continue
        if owner >= 0 and bound2 <= radius2:
            _settle_cell(cores, parent, cell, owner)
        elif grid.cells[cell, RIGHT]:
            for side in range(2):
                pending[top, 0] = cell + 1 if side else grid.cells[cell, RIGHT]
                pending[top, 1], pending[top, 2] = tally[_FIRST], tally[_END]
                top += 1
        elif not _reach_leaf(cores, parent, search, cell, radius2):
            return top + 1
    return top


@apart
def _settle_cell(cores: CoreGrid, parent: IntArray, cell: int, owner: int) -> None:
    """Give all border locations of a cell to one component."""
    for i in range(cores.grid.cells[cell, START], cores.grid.cells[cell, STOP]):
        if not cores.core[i]:
            parent[i] = owner


@apart
def _gather(cores: CoreGrid, search: _Search, query: int, radius2: float) -> tuple[int, float]:
    """Gather the cells that may have the nearest core location of any location in a cell.

    The inherited cells stay as they are; the query's own, none larger than itself, follow them: no
    end of them where there is no room. Gives the component of all of them, and the squared chord
    within which every location has a core location.
    """
    box, cells, tally = cores.grid.box, search.cells, search.tally
    first, end = tally[_FIRST], tally[_END]
    tally[_FIRST], tally[_END] = end, -1
    stop, bound2 = 2 * end - first, np.inf
    if stop >= len(cells):
        return _NONE, bound2
    for k in range(first, end):
        cells[end + k - first] = cells[k]
    k = end
    while k < stop:
        cell = cells[k]
        near, far = near_far2(box, query, cores.box, cell)
        right = cores.grid.cells[cell, RIGHT]
        if near > min(radius2, bound2):
            stop -= 1
            cells[k] = cells[stop]
            continue
        bound2 = min(bound2, far)
        if right and search.size2[cell] > search.size2[query]:
            if stop == len(cells):
                return _NONE, bound2
            cells[k], cells[stop] = cell + 1, right
            stop += 1
            continue
        k += 1
    owner, keep = _NONE, end
    for k in range(end, stop):
        near, _ = near_far2(box, query, cores.box, cells[k])
        if near <= bound2:
            owner = _share_owner(owner, search.owner[cells[k]])
            cells[keep] = cells[k]
            keep += 1
    tally[_END] = keep
    return owner, bound2


@apart
def _reach_leaf(
    cores: CoreGrid, parent: IntArray, search: _Search, leaf: int, radius2: float
) -> bool:
    """Ask the locations of an unsettled leaf one by one; say whether there was room."""
    grid, tally, ties = cores.grid, search.tally, search.ties
    if 2 * tally[_END] - tally[_FIRST] + STACK_SIZE > len(search.cells):
        return False
    if tally[_TIES] + 2 * _MOST_CLAIMS * LEAF_SIZE > len(ties):
        return False
    for i in range(grid.cells[leaf, START], grid.cells[leaf, STOP]):
        if cores.core[i]:
            continue
        search.least[0] = radius2
        _find_nearest(cores, parent, search, i)
        count = tally[_COUNT]
        parent[i] = search.claims[0] if count else _NONE
        if count > 1:
            for k in range(count):
                ties[tally[_TIES]], ties[tally[_TIES] + 1] = i, search.claims[k]
                tally[_TIES] += 2
    return True


@apart
def _find_nearest(cores: CoreGrid, parent: IntArray, search: _Search, i: int) -> None:
    """Search the cells near by for the nearest core locations, and claim their components."""
    grid, cells, tally = cores.grid, search.cells, search.tally
    tally[_COUNT] = 0
    row = set_point(search.point, grid.xyz, i)
    if tally[_LAST] >= 0:
        # The neighbour on the curve often has the same nearest core location.
        bound2 = distance2(grid.xyz, i, grid.xyz, tally[_LAST])
        search.least[0] = min(search.least[0], bound2)
    top = tally[_END]
    for k in range(tally[_FIRST], tally[_END]):
        cells[top] = cells[k]
        top += 1
    while top > tally[_END]:
        top -= 1
        cell = cells[top]
        near, _ = near_far2(search.point, row, cores.box, cell)
        if near > search.least[0]:
            continue
        if grid.cells[cell, RIGHT]:
            top = push_nearer_last(grid, cores.box, search.point, cells, top)
        else:
            _search_leaf(cores, parent, search, i, cell)


@apart
def _search_leaf(cores: CoreGrid, parent: IntArray, search: _Search, i: int, leaf: int) -> None:
    """Compare a location with the core locations of a leaf."""
    grid, tally, claims = cores.grid, search.tally, search.claims
    for j in range(grid.cells[leaf, START], grid.cells[leaf, STOP]):
        if not cores.core[j]:
            continue
        chord2 = distance2(grid.xyz, i, grid.xyz, j)
        if chord2 > search.least[0]:
            continue
        if chord2 < search.least[0]:
            search.least[0], tally[_COUNT] = chord2, 0
        tally[_LAST] = j
        claim = 0
        while claim < tally[_COUNT] and claims[claim] != parent[j]:
            claim += 1
        if claim == tally[_COUNT]:
            claims[claim] = parent[j]
            tally[_COUNT] += 1
