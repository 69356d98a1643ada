"""Which locations are core: those that reach the minimum weight within the radius."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
    near_far2,
    set_point,
)
from gii_geo.regions.jit import kernel, part

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


# A tally is an array: weight inside, weight unsure, then where the unsure cells begin and end.
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
    pending = np.empty((STACK_SIZE, 4), np.int64)  # cell, weight inside, unsure cells first:end
    pending[0, 0], pending[0, 1], pending[0, 2], pending[0, 3] = 0, 0, 0, 1
    cells[0], top = 0, 1
    while top > 0:
        top -= 1
        cell = pending[top, 0]
        tally[_INSIDE], tally[_FIRST], tally[_END] = (
            pending[top, 1],
            pending[top, 2],
            pending[top, 3],
        )
        _, size2 = near_far2(grid.box, cell, grid.box, cell)
        if size2 <= radius2 and grid.cells[cell, TOTAL] >= minimum:
            tally[_INSIDE] = minimum
        else:
            cells = _refine(grid, _Query(grid.box, cell, size2), cells, tally, goal)
        settled = tally[_INSIDE] >= minimum
        if settled or tally[_INSIDE] + tally[_UNSURE] < minimum:
            for i in range(grid.cells[cell, START], grid.cells[cell, STOP]):
                core[i] = settled
        elif grid.cells[cell, RIGHT]:
            for side in range(2):
                pending[top, 0] = cell + 1 if side else grid.cells[cell, RIGHT]
                pending[top, 1] = tally[_INSIDE]
                pending[top, 2], pending[top, 3] = tally[_FIRST], tally[_END]
                top += 1
        else:
            cells = _mark_leaf(grid, cell, cells, tally, goal, core)
    return core


@part
def _mark_leaf(
    grid: Grid, leaf: int, cells: IntArray, tally: IntArray, goal: _Goal, core: BoolArray
) -> IntArray:
    """Ask the locations of an unsettled leaf one by one."""
    point = np.empty((1, 6))
    inside, first, end = tally[_INSIDE], tally[_FIRST], tally[_END]
    for i in range(grid.cells[leaf, START], grid.cells[leaf, STOP]):
        row = set_point(point, grid.xyz, i)
        tally[_INSIDE], tally[_FIRST], tally[_END] = inside, first, end
        cells = _refine(grid, _Query(point, row, 0.0), cells, tally, goal)
        core[i] = tally[_INSIDE] >= goal.minimum
    return cells


@part
def _refine(grid: Grid, query: _Query, cells: IntArray, tally: IntArray, goal: _Goal) -> IntArray:
    """Count weight within reach of a query until the minimum is settled or cells get small.

    The inherited cells ``cells[first:end]`` stay as they are; the query's own follow them.
    """
    first, end = tally[_FIRST], tally[_END]
    cells = grow(cells, 2 * end - first)
    tally[_FIRST], tally[_UNSURE] = end, 0
    for k in range(first, end):
        _sift(grid, query, cells, tally, cells[k], goal.radius2)
    unsettled = True
    while unsettled and tally[_INSIDE] < goal.minimum <= tally[_INSIDE] + tally[_UNSURE]:
        cells = grow(cells, tally[_END] + 2 * (tally[_END] - tally[_FIRST]))
        unsettled = _split_heavy(grid, query, cells, tally, goal.radius2)
    return cells


@part
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


@part
def _split_heavy(
    grid: Grid, query: _Query, cells: IntArray, tally: IntArray, radius2: float
) -> bool:
    """Replace the heavier unsure cells by their parts; say whether there were any to replace.

    Cells lighter than half the mean decide little and wait; so do those smaller than the query.
    """
    first, end = tally[_FIRST], tally[_END]
    heavy = tally[_UNSURE] / (2 * (end - first))
    keep = first
    for k in range(first, end):
        cell = cells[k]
        _, size2 = near_far2(grid.box, cell, grid.box, cell)
        leaf_in_box = query.size2 > 0.0 and (grid.cells[cell, RIGHT] == 0 or size2 <= query.size2)
        if leaf_in_box or grid.cells[cell, TOTAL] < heavy:
            cells[keep] = cell
            keep += 1
            continue
        tally[_UNSURE] -= grid.cells[cell, TOTAL]
        if grid.cells[cell, RIGHT]:
            _sift(grid, query, cells, tally, cell + 1, radius2)
            _sift(grid, query, cells, tally, grid.cells[cell, RIGHT], radius2)
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
