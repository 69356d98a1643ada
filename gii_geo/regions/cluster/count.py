"""Which locations are core: those that reach the minimum weight within the radius."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gii_geo.jit import bare, kernel
from gii_geo.regions.cluster.grid import (
    RIGHT,
    STACK_SIZE,
    START,
    STOP,
    TOTAL,
    FloatArray,
    Grid,
    IntArray,
    distance2,
    grow,
    measure_boxes,
    near_far2,
    set_point,
)

BoolArray = npt.NDArray[np.bool_]


class _Query(NamedTuple):
    """The locations whose reach is counted together: box ``row``, with its squared diagonal."""

    box: FloatArray
    row: int
    size2: float


class _Goal(NamedTuple):
    """Squared radius in square metres, and the weight to reach within it."""

    radius2: float
    minimum: int


class _Search(NamedTuple):
    """Working space: unsure cells, a tally of them, cells to visit, the box of a location.

    A tally is an array: weight inside, weight unsure, then where the unsure cells begin and end. A
    row of ``pending`` is a cell, the weight inside its parent's reach, and its parent's unsure
    cells, first and end. ``size2`` has the squared diagonal of every cell.
    """

    cells: IntArray
    tally: IntArray
    pending: IntArray
    point: FloatArray
    size2: FloatArray


_INSIDE, _UNSURE, _FIRST, _END = range(4)


@kernel
def mark_core(grid: Grid, radius2: float, minimum: int) -> BoolArray:
    """Mark the locations that have at least a minimum weight within a radius.

    Cells are asked before their locations. A cell inherits from its parent the cells that the
    circle around it may cut, refines them, heaviest first, and passes on what stays unsure; most
    are settled as a whole, and only what the minimum really hinges on is ever measured.

    Parameters
    ----------
    grid : Grid
        The sorted locations.
    radius2 : float
        Squared radius in square metres.
    minimum : int
        Weight to reach, the location's own included.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Whether each location of the grid is core.
    """
    goal = _Goal(radius2, minimum)
    core = np.empty(len(grid.weight), np.bool_)
    cells = np.empty(1024, np.int64)
    tally = np.empty(4, np.int64)
    pending = np.empty((STACK_SIZE, 4), np.int64)
    point = np.empty((1, 6))
    size2 = measure_boxes(grid.box)
    pending[0, 0], pending[0, 1], pending[0, 2], pending[0, 3] = 0, 0, 0, 1
    cells[0] = 0
    top = cells[0] + 1  # not a constant, see `set_point`
    while top > 0:
        top = _mark_cells(grid, goal, core, _Search(cells, tally, pending, point, size2), top)
        if top > 0:
            cells = grow(cells, len(cells) + 1)
    return core


@bare
def _mark_cells(grid: Grid, goal: _Goal, core: BoolArray, search: _Search, top: int) -> int:
    """Work through pending cells; say how many are left where the unsure cells need more room."""
    tally, pending = search.tally, search.pending
    while top > 0:
        top -= 1
        cell = pending[top, 0]
        tally[_INSIDE], tally[_FIRST], tally[_END] = (
            pending[top, 1],
            pending[top, 2],
            pending[top, 3],
        )
        size2 = search.size2[cell]
        if size2 <= goal.radius2 and grid.cells[cell, TOTAL] >= goal.minimum:
            tally[_INSIDE] = goal.minimum
        elif not _refine(grid, _Query(grid.box, cell, size2), search, goal):
            return top + 1
        settled = tally[_INSIDE] >= goal.minimum
        if settled or tally[_INSIDE] + tally[_UNSURE] < goal.minimum:
            for i in range(grid.cells[cell, START], grid.cells[cell, STOP]):
                core[i] = settled
        elif grid.cells[cell, RIGHT]:
            for side in range(2):
                pending[top, 0] = cell + 1 if side else grid.cells[cell, RIGHT]
                pending[top, 1] = tally[_INSIDE]
                pending[top, 2], pending[top, 3] = tally[_FIRST], tally[_END]
                top += 1
        elif not _mark_leaf(grid, cell, search, goal, core):
            return top + 1
    return top


@bare
def _mark_leaf(grid: Grid, leaf: int, search: _Search, goal: _Goal, core: BoolArray) -> bool:
    """Ask the locations of an unsettled leaf one by one; say whether there was room."""
    tally = search.tally
    inside, first, end = tally[_INSIDE], tally[_FIRST], tally[_END]
    for i in range(grid.cells[leaf, START], grid.cells[leaf, STOP]):
        row = set_point(search.point, grid.xyz, i)
        tally[_INSIDE], tally[_FIRST], tally[_END] = inside, first, end
        if not _refine(grid, _Query(search.point, row, 0.0), search, goal):
            return False
        core[i] = tally[_INSIDE] >= goal.minimum
    return True


@bare
def _refine(grid: Grid, query: _Query, search: _Search, goal: _Goal) -> bool:
    """Count weight within reach of a query until the minimum is settled or cells get small.

    The inherited cells ``cells[first:end]`` stay as they are; the query's own follow them. Says
    whether there was room for these.
    """
    cells, tally = search.cells, search.tally
    first, end = tally[_FIRST], tally[_END]
    if 2 * end - first > len(cells):
        return False
    tally[_FIRST], tally[_UNSURE] = end, 0
    for k in range(first, end):
        _sift(grid, query, cells, tally, cells[k], goal.radius2)
    unsettled = True
    while unsettled and tally[_INSIDE] < goal.minimum <= tally[_INSIDE] + tally[_UNSURE]:
        if 3 * tally[_END] - 2 * tally[_FIRST] > len(cells):
            return False
        unsettled = _split_heavy(grid, query, search, goal.radius2)
    return True


@bare
def _sift(
    grid: Grid, query: _Query, cells: IntArray, tally: IntArray, cell: int, radius2: float
) -> None:
    """Count a cell wholly within reach, drop one wholly outside, else append it as unsure."""
    near, far = near_far2(query.box, query.row, grid.box, cell)
    if far <= radius2:
        tally[_INSIDE] += grid.cells[cell, TOTAL]
    elif near <= radius2:
        tally[_UNSURE] += grid.cells[cell, TOTAL]
        cells[tally[_END]] = cell
        tally[_END] += 1


@bare
def _split_heavy(grid: Grid, query: _Query, search: _Search, radius2: float) -> bool:
    """Replace the heavier unsure cells by their parts; say whether there were any to replace.

    Cells lighter than half the mean decide little and wait; so do those smaller than the query.
    """
    cells, tally = search.cells, search.tally
    first, end = tally[_FIRST], tally[_END]
    heavy = tally[_UNSURE] / (2 * (end - first))
    keep = first
    for k in range(first, end):
        cell = cells[k]
        weight, right = grid.cells[cell, TOTAL], grid.cells[cell, RIGHT]
        small = query.size2 > 0.0 and (right == 0 or search.size2[cell] <= query.size2)
        if small or weight < heavy:
            cells[keep] = cell
            keep += 1
            continue
        tally[_UNSURE] -= weight
        if right:
            _sift(grid, query, cells, tally, cell + 1, radius2)
            _sift(grid, query, cells, tally, right, radius2)
        else:
            for i in range(grid.cells[cell, START], grid.cells[cell, STOP]):
                if distance2(query.box, query.row, grid.xyz, i) <= radius2:
                    tally[_INSIDE] += grid.weight[i]
    # Close the gap that the replaced cells left before their parts.
    for k in range(end, tally[_END]):
        cells[keep + k - end] = cells[k]
    replaced: bool = keep < end
    tally[_END] -= end - keep
    return replaced
