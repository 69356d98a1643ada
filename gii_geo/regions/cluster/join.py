"""Which core locations hang together."""

from typing import NamedTuple

import numpy as np

from gii_geo.jit import bare, kernel
from gii_geo.regions.cluster.count import BoolArray
from gii_geo.regions.cluster.grid import (
    RIGHT,
    STACK_SIZE,
    START,
    STOP,
    FloatArray,
    Grid,
    IntArray,
    clear_box,
    distance2,
    extend_box,
    measure_boxes,
    near_far2,
)


class CoreGrid(NamedTuple):
    """A grid seen through its core locations only.

    ``box[i]`` is the box of the core locations of cell ``i`` and ``first[i]`` the first of them,
    -1 if there is none.
    """

    grid: Grid
    core: BoolArray
    box: FloatArray
    first: IntArray


def bound_core(grid: Grid, core: BoolArray) -> CoreGrid:
    """See a grid through its core locations."""
    return CoreGrid(grid, core, *_bound_core(grid, core))


@kernel
def _bound_core(grid: Grid, core: BoolArray) -> tuple[FloatArray, IntArray]:
    """Find the box and the first of every cell's core locations, children first."""
    box = np.empty((len(grid.cells), 6))
    first = np.empty(len(grid.cells), np.int64)
    for cell in range(len(first) - 1, -1, -1):
        clear_box(box, cell)
        right = grid.cells[cell, RIGHT]
        first[cell] = -1
        if right:
            extend_box(box, cell, box, cell + 1)
            extend_box(box, cell, box, right)
            first[cell] = first[cell + 1] if first[cell + 1] >= 0 else first[right]
            continue
        for i in range(grid.cells[cell, STOP] - 1, grid.cells[cell, START] - 1, -1):
            if core[i]:
                extend_box(box, cell, grid.xyz, i)
                first[cell] = i
    return box, first


@bare
def find(parent: IntArray, i: int) -> int:
    """Find the first location of a component, halving the path to it."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@bare
def unite(parent: IntArray, i: int, j: int) -> None:
    """Make one component of two."""
    i, j = find(parent, i), find(parent, j)
    if i < j:
        parent[j] = i
    else:
        parent[i] = j


@kernel
def join_core(cores: CoreGrid, radius2: float) -> IntArray:
    """Unite core locations within a radius of each other.

    Cells are compared before their locations. Within a cell no wider than the radius all core
    locations are one component, so two such cells are taken apart only until they are one, too.

    Parameters
    ----------
    cores : CoreGrid
        The core locations.
    radius2 : float
        Squared radius in square metres.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        For `find`: a location before each location of the same component, or itself.
    """
    parent = np.empty(len(cores.core), np.int64)
    for i in range(len(parent)):
        parent[i] = i
    pending = np.empty((8 * STACK_SIZE, 2), np.int64)
    _join_pairs(cores, parent, measure_boxes(cores.box), radius2, pending)
    return parent


@bare
def _join_pairs(
    cores: CoreGrid, parent: IntArray, size2: FloatArray, radius2: float, pending: IntArray
) -> None:
    """Work through pairs of cells, beginning with the whole grid and itself."""
    box, cells = cores.box, cores.grid.cells
    pending[0, 0], pending[0, 1], top = 0, 0, 1
    while top > 0:
        top -= 1
        a, b = pending[top, 0], pending[top, 1]
        near, far = near_far2(box, a, box, b)
        if near > radius2 or cores.first[a] < 0:
            continue
        compact = size2[a] <= radius2 and size2[b] <= radius2
        if compact and _join_cells(cores, parent, a, b, far <= radius2):
            continue
        if cells[a, RIGHT] == 0 and cells[b, RIGHT] == 0:
            _join_leaves(cores, parent, a, b, radius2, compact)
        elif a == b:
            # Inside before across: compact cells must be one component when they are compared.
            top = _push(pending, top, a + 1, cells[a, RIGHT])
            top = _push(pending, top, cells[a, RIGHT], cells[a, RIGHT])
            top = _push(pending, top, a + 1, a + 1)
        elif cells[b, RIGHT] == 0 or (cells[a, RIGHT] and size2[a] >= size2[b]):
            top = _push(pending, top, cells[a, RIGHT], b)
            top = _push(pending, top, a + 1, b)
        else:
            top = _push(pending, top, a, cells[b, RIGHT])
            top = _push(pending, top, a, b + 1)


@bare
def _push(pending: IntArray, top: int, a: int, b: int) -> int:
    """Put a pair of cells on the stack."""
    pending[top, 0], pending[top, 1] = a, b
    return top + 1


@bare
def _join_cells(cores: CoreGrid, parent: IntArray, a: int, b: int, near: bool) -> bool:  # noqa: FBT001
    """Unite a compact cell in itself, or two if they are near; say whether they are one."""
    first = cores.first[a]
    if a == b:
        for i in range(first, cores.grid.cells[a, STOP]):
            if cores.core[i]:
                parent[i] = first
    elif near:
        unite(parent, first, cores.first[b])
    return find(parent, first) == find(parent, cores.first[b])


@bare
def _join_leaves(  # one argument a question
    cores: CoreGrid,
    parent: IntArray,
    a: int,
    b: int,
    radius2: float,
    compact: bool,  # noqa: FBT001
) -> None:
    """Unite the core locations of two leaves that are within the radius; of compact ones two do."""
    grid, core = cores.grid, cores.core
    for i in range(grid.cells[a, START], grid.cells[a, STOP]):
        if core[i] and _is_near(grid.xyz, i, cores.box, b, radius2):
            for j in range(grid.cells[b, START], grid.cells[b, STOP]):
                if core[j] and distance2(grid.xyz, i, grid.xyz, j) <= radius2:
                    unite(parent, i, j)
                    if compact:
                        return


@bare
def _is_near(xyz: FloatArray, i: int, box: FloatArray, cell: int, radius2: float) -> bool:
    """Tell whether any of a cell may be within the radius of a location."""
    total = 0.0
    for axis in range(3):
        apart = max(xyz[i, axis] - box[cell, axis + 3], box[cell, axis] - xyz[i, axis])
        apart = max(apart, 0.0)
        total += apart * apart
    return total <= radius2
