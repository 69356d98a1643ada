"""How far each location must reach to find the minimum weight: its core distance."""

from typing import NamedTuple

import numpy as np

from gii_geo.jit import kernel, part
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


class _Query(NamedTuple):
    """The locations asked together, box ``row``, its squared diagonal, the weight to reach."""

    box: FloatArray
    row: int
    size2: float
    minimum: int


# A tally is an array: weight nearer than the core distance, then where the unsure cells begin
# and end.
_INSIDE, _FIRST, _END = range(3)


@kernel
def core_chords(grid: Grid, minimum: int) -> FloatArray:
    """Find the squared radius at which each location becomes core.

    Cells are asked before their locations. The distance at which the cells around them reach the
    minimum lies between the one at which they could at best and must at worst; cells nearer than
    that or farther are settled, the others are split and passed on.

    Parameters
    ----------
    grid : Grid
        The sorted locations, of at least the minimum weight in total.
    minimum : int
        Weight to reach, the location's own included.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Squared metres: the squared chord to the location with which the minimum is reached.
    """
    reach2 = np.empty(len(grid.weight))
    cells = np.empty(1024, np.int64)
    tally = np.empty(3, np.int64)
    point = np.empty((1, 6))
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
        cells = _narrow(grid, _Query(grid.box, cell, size2, minimum), cells, tally)
        inside, first, end = tally[_INSIDE], tally[_FIRST], tally[_END]
        if grid.cells[cell, RIGHT]:
            for side in range(2):
                pending[top, 0] = cell + 1 if side else grid.cells[cell, RIGHT]
                pending[top, 1], pending[top, 2], pending[top, 3] = inside, first, end
                top += 1
            continue
        for i in range(grid.cells[cell, START], grid.cells[cell, STOP]):
            row = set_point(point, grid.xyz, i)
            tally[_INSIDE], tally[_FIRST], tally[_END] = inside, first, end
            query = _Query(point, row, 0.0, minimum)
            cells = _narrow(grid, query, cells, tally)
            reach2[i] = _settle(grid, query, cells, tally)
    return reach2


@part
def _narrow(grid: Grid, query: _Query, cells: IntArray, tally: IntArray) -> IntArray:
    """Split the unsure cells until none is larger than the query, dropping what gets settled.

    The inherited cells ``cells[first:end]`` stay as they are; the query's own follow them.
    """
    first, end = tally[_FIRST], tally[_END]
    cells = grow(cells, 2 * end - first)
    for k in range(first, end):
        cells[end + k - first] = cells[k]
    tally[_FIRST], tally[_END] = end, 2 * end - first
    split = True
    while split:
        _drop_settled(grid, query, cells, tally)
        cells = grow(cells, tally[_END] + tally[_END] - tally[_FIRST])
        split = _split_large(grid, query, cells, tally)
    return cells


@part
def _drop_settled(grid: Grid, query: _Query, cells: IntArray, tally: IntArray) -> None:
    """Find the bounds of the core distance; keep the cells that one of them cuts."""
    first, end = tally[_FIRST], tally[_END]
    size = end - first
    near, far = np.empty(size), np.empty(size)
    value, weight = np.empty(size), np.empty(size, np.int64)
    for k in range(size):
        near[k], far[k] = near_far2(query.box, query.row, grid.box, cells[first + k])
        value[k], weight[k] = near[k], grid.cells[cells[first + k], TOTAL]
    least = select_weighted(value, weight, query.minimum - tally[_INSIDE])
    for k in range(size):
        value[k], weight[k] = far[k], grid.cells[cells[first + k], TOTAL]
    most = select_weighted(value, weight, query.minimum - tally[_INSIDE])
    keep = first
    for k in range(size):
        cell = cells[first + k]
        if far[k] < least:
            tally[_INSIDE] += grid.cells[cell, TOTAL]
        elif near[k] <= most:
            cells[keep] = cell
            keep += 1
    tally[_END] = keep


@part
def _split_large(grid: Grid, query: _Query, cells: IntArray, tally: IntArray) -> bool:
    """Replace cells larger than the query by their children; say whether there were any."""
    end = tally[_END]
    for k in range(tally[_FIRST], end):
        cell = cells[k]
        _, size2 = near_far2(grid.box, cell, grid.box, cell)
        if grid.cells[cell, RIGHT] and size2 > query.size2:
            cells[k] = cell + 1
            cells[tally[_END]] = grid.cells[cell, RIGHT]
            tally[_END] += 1
    return bool(tally[_END] > end)


@part
def _settle(grid: Grid, query: _Query, cells: IntArray, tally: IntArray) -> float:
    """Find the core distance of one location among the locations of the unsure leaves."""
    size = 0
    for k in range(tally[_FIRST], tally[_END]):
        size += grid.cells[cells[k], STOP] - grid.cells[cells[k], START]
    value, weight = np.empty(size), np.empty(size, np.int64)
    size = 0
    for k in range(tally[_FIRST], tally[_END]):
        for j in range(grid.cells[cells[k], START], grid.cells[cells[k], STOP]):
            value[size] = distance2(query.box, query.row, grid.xyz, j)
            weight[size] = grid.weight[j]
            size += 1
    return select_weighted(value, weight, query.minimum - tally[_INSIDE])


@part
def select_weighted(value: FloatArray, weight: IntArray, goal: int) -> float:
    """Find the least value up to which the weights reach a goal above 0; reorders both arrays."""
    first, last = 0, len(value)
    while last - first > 1:
        pivot = value[(first + last) // 2]
        low, high, i = first, last, first
        lighter, equal = 0, 0
        # Three ways: less than the pivot, equal to it, greater.
        while i < high:
            if value[i] < pivot:
                lighter += weight[i]
                value[i], value[low] = value[low], value[i]
                weight[i], weight[low] = weight[low], weight[i]
                low += 1
                i += 1
            elif value[i] > pivot:
                high -= 1
                value[i], value[high] = value[high], value[i]
                weight[i], weight[high] = weight[high], weight[i]
            else:
                equal += weight[i]
                i += 1
        if lighter >= goal:
            last = low
        elif lighter + equal >= goal:
            return float(pivot)
        else:
            goal -= lighter + equal
            first = high
    return float(value[first])
