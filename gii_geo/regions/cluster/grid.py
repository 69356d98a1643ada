"""Nested grid: locations sorted along a space-filling curve, under a binary tree of boxes.

Cells are halved until they hold few locations, so the grid is fine where locations are dense and
coarse where they are not, whatever the radius. Bounds between boxes need no margin: subtraction,
squaring and addition round monotonically, so a bound computed in the same order of operations as
a distance is never on the wrong side of it, to the last bit.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gii_geo.jit import bare, kernel, part

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
IndexArray = npt.NDArray[np.int32]

LEAF_SIZE: Final = 16
"""Locations a cell may hold undivided; as fast as 8, in two thirds of the memory."""

_AXIS_BITS: Final = 21
_DIGIT_BITS: Final = 11
_DIGITS: Final = 6
STACK_SIZE: Final = 128
"""Room for one pending sibling per level: 63 bits of key, then at most 31 halvings."""


START, STOP, RIGHT, TOTAL = range(4)
"""Columns of `Grid.cells`."""


class Grid(NamedTuple):
    """Sorted locations and the cells over them, parents before children.

    A row of ``cells`` tells where the locations of a cell start and stop, which cell is its
    second child (the first is the next one; a leaf has 0), and what they weigh in total. The same
    row of ``box`` has their lowest x, y, z, then their highest, in metres.
    """

    xyz: FloatArray
    weight: IntArray
    cells: IntArray
    box: FloatArray


class Layout(NamedTuple):
    """A grid without weights: what clustering at any radius and minimum shares."""

    xyz: FloatArray
    cells: IntArray
    box: FloatArray
    order: IndexArray


def build_grid(xyz: FloatArray, weight: IntArray) -> tuple[Grid, IndexArray]:
    """Sort locations into a nested grid.

    Parameters
    ----------
    xyz : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres, n from 1 to 2**31 - 1.
    weight : numpy.ndarray of int64, shape (n,)
        Weights, their sum below 2**63.

    Returns
    -------
    grid : Grid
        The sorted locations and their cells.
    order : numpy.ndarray of int32, shape (n,)
        The input row of every sorted location.

    Examples
    --------
    >>> grid, order = build_grid(np.eye(3), np.array([1, 2, 3]))
    >>> int(grid.cells[0, TOTAL]), sorted(order.tolist())
    (6, [0, 1, 2])
    """
    return weigh_grid(lay_grid(xyz), weight)


def lay_grid(xyz: FloatArray) -> Layout:
    """Sort locations into a nested grid that has no weights yet.

    Parameters
    ----------
    xyz : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres, n from 1 to 2**31 - 1.

    Returns
    -------
    Layout
        The sorted locations, their cells, and the input row of each.
    """
    key, order = _sort_keys(*_curve_keys(xyz))
    xyz = _gather_points(xyz, order)
    cells = _split_cells(key).reshape(-1, 4).copy()
    return Layout(xyz, cells, _bound_cells(xyz, cells), order)


def weigh_grid(layout: Layout, weight: IntArray) -> tuple[Grid, IndexArray]:
    """Give a grid its weights.

    Parameters
    ----------
    layout : Layout
        From `lay_grid`; it stays as it is.
    weight : numpy.ndarray of int64, shape (n,)
        Weights of the input rows, their sum below 2**63.

    Returns
    -------
    grid : Grid
        The grid.
    order : numpy.ndarray of int32, shape (n,)
        The input row of every sorted location.
    """
    weight = _gather_weights(weight, layout.order)
    cells = _weigh_cells(weight, layout.cells)
    return Grid(layout.xyz, weight, cells, layout.box), layout.order


@bare
def _spread(value: int) -> int:
    """Insert two zero bits between the bits of a number below 2**21."""
    value = (value | value << 32) & 0x1F00000000FFFF
    value = (value | value << 16) & 0x1F0000FF0000FF
    value = (value | value << 8) & 0x100F00F00F00F00F
    value = (value | value << 4) & 0x10C30C30C30C30C3
    return (value | value << 2) & 0x1249249249249249


@kernel
def _curve_keys(xyz: FloatArray) -> tuple[IntArray, IndexArray]:
    """Place every location on the Morton curve through the cube around them all."""
    n = len(xyz)
    lowest = np.empty(3)
    extent = 0.0
    for axis in range(3):
        low, high = np.inf, -np.inf
        for i in range(n):
            low, high = min(low, xyz[i, axis]), max(high, xyz[i, axis])
        lowest[axis] = low
        extent = max(extent, high - low)
    scale = (2**_AXIS_BITS - 1) / extent if extent > 0.0 else 0.0
    key, order = np.empty(n, np.int64), np.empty(n, np.int32)
    for i in range(n):
        key[i] = 0
        for axis in range(3):
            step = int((xyz[i, axis] - lowest[axis]) * scale)
            key[i] |= _spread(step) << axis
        order[i] = i
    return key, order


@kernel
def _sort_keys(key: IntArray, order: IndexArray) -> tuple[IntArray, IndexArray]:
    """Radix sort: several times faster than a comparison sort of 10 M keys."""
    n = len(key)
    other_key, other_order = np.empty(n, np.int64), np.empty(n, np.int32)
    mask = (1 << _DIGIT_BITS) - 1
    place = np.empty(mask + 2, np.int64)
    for digit in range(_DIGITS):
        shift = digit * _DIGIT_BITS
        for value in range(mask + 2):
            place[value] = 0
        for i in range(n):
            place[((key[i] >> shift) & mask) + 1] += 1
        for value in range(mask):
            place[value + 1] += place[value]
        for i in range(n):
            value = (key[i] >> shift) & mask
            other_key[place[value]] = key[i]
            other_order[place[value]] = order[i]
            place[value] += 1
        key, other_key = other_key, key
        order, other_order = other_order, order
    return key, order


@kernel
def _gather_points(xyz: FloatArray, order: IndexArray) -> FloatArray:
    """Take points in order: twice as fast as indexing rows with numpy."""
    sorted_xyz = np.empty((len(order), 3))
    for i in range(len(order)):
        for axis in range(3):
            sorted_xyz[i, axis] = xyz[order[i], axis]
    return sorted_xyz


@kernel
def _gather_weights(weight: IntArray, order: IndexArray) -> IntArray:
    """Take weights in order."""
    sorted_weight = np.empty(len(order), np.int64)
    for i in range(len(order)):
        sorted_weight[i] = weight[order[i]]
    return sorted_weight


@part
def grow(array: IntArray, size: int) -> IntArray:
    """Return the array, or a copy with twice the room if it holds less than size."""
    if size <= len(array):
        return array
    larger = np.empty(2 * size, np.int64)
    for i in range(len(array)):
        larger[i] = array[i]
    return larger


@bare
def _split_point(key: IntArray, start: int, stop: int) -> int:
    """Find where the highest differing bit turns 1; the middle if all keys are equal."""
    differing = key[start] ^ key[stop - 1]
    if differing == 0:
        return (start + stop) // 2
    for exponent in range(6):
        differing |= differing >> (1 << exponent)
    pivot = key[stop - 1] & ~(differing >> 1)
    while start < stop:
        middle = (start + stop) // 2
        if key[middle] < pivot:
            start = middle + 1
        else:
            stop = middle
    return start


@kernel
def _split_cells(key: IntArray) -> IntArray:
    """Halve cells until each holds at most LEAF_SIZE locations: start, stop, right, 0 of each."""
    cells = np.empty(1024, np.int64)
    pending = np.empty((STACK_SIZE, 3), np.int64)
    pending[0, 0], pending[0, 1], pending[0, 2] = 0, len(key), -1
    top, size = 1, 0
    while top > 0:
        top -= 1
        start, stop, parent = pending[top, 0], pending[top, 1], pending[top, 2]
        cells = grow(cells, size + 4)
        cells[size + START], cells[size + STOP] = start, stop
        cells[size + RIGHT], cells[size + TOTAL] = 0, 0
        if parent >= 0:
            cells[parent + RIGHT] = size // 4
        if stop - start > LEAF_SIZE:
            middle = _split_point(key, start, stop)
            pending[top, 0], pending[top, 1], pending[top, 2] = middle, stop, size
            top += 1
            pending[top, 0], pending[top, 1], pending[top, 2] = start, middle, -1
            top += 1
        size += 4
    return cells[:size]


@kernel
def _bound_cells(xyz: FloatArray, cells: IntArray) -> FloatArray:
    """Find the box of every cell, children first."""
    box = np.empty((len(cells), 6))
    for cell in range(len(cells) - 1, -1, -1):
        clear_box(box, cell)
        right = cells[cell, RIGHT]
        if right:
            extend_box(box, cell, box, cell + 1)
            extend_box(box, cell, box, right)
            continue
        for i in range(cells[cell, START], cells[cell, STOP]):
            extend_box(box, cell, xyz, i)
    return box


@kernel
def _weigh_cells(weight: IntArray, cells: IntArray) -> IntArray:
    """Fill in the weight of every cell, children first."""
    weighed = cells.copy()
    for cell in range(len(cells) - 1, -1, -1):
        right, total = cells[cell, RIGHT], 0
        if right:
            total = weighed[cell + 1, TOTAL] + weighed[right, TOTAL]
        else:
            for i in range(cells[cell, START], cells[cell, STOP]):
                total += weight[i]
        weighed[cell, TOTAL] = total
    return weighed


@bare
def clear_box(box: FloatArray, cell: int) -> None:
    """Make a cell's box empty: infinitely far from everything."""
    for axis in range(3):
        box[cell, axis], box[cell, axis + 3] = np.inf, -np.inf


@bare
def extend_box(box: FloatArray, cell: int, other: FloatArray, i: int) -> None:
    """Make a cell's box hold one more location (three columns) or box (six)."""
    high = other.shape[1] - 3
    for axis in range(3):
        box[cell, axis] = min(box[cell, axis], other[i, axis])
        box[cell, axis + 3] = max(box[cell, axis + 3], other[i, axis + high])


@bare
def set_point(point: FloatArray, xyz: FloatArray, i: int) -> int:
    """Make the one row of point the box of a location; return the row.

    It is 0, but not a constant: numba compiles a function anew for every constant.
    """
    row = i - i
    clear_box(point, row)
    extend_box(point, row, xyz, i)
    return row


@bare
def distance2(xyz: FloatArray, i: int, other: FloatArray, j: int) -> float:
    """Square the chord between two locations."""
    dx = xyz[i, 0] - other[j, 0]
    dy = xyz[i, 1] - other[j, 1]
    dz = xyz[i, 2] - other[j, 2]
    chord2: float = dx * dx + dy * dy + dz * dz
    return chord2


@bare
def _gaps(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """Find the least and the greatest distance of two intervals."""
    left, right = low - other_high, other_low - high
    if left < right:
        left, right = right, left
    return max(left, 0.0), -right


@bare
def near_far2(box: FloatArray, i: int, other: FloatArray, j: int) -> tuple[float, float]:
    """Bound the squared chord between any location of one box and any of another."""
    nx, fx = _gaps(box[i, 0], box[i, 3], other[j, 0], other[j, 3])
    ny, fy = _gaps(box[i, 1], box[i, 4], other[j, 1], other[j, 4])
    nz, fz = _gaps(box[i, 2], box[i, 5], other[j, 2], other[j, 5])
    return nx * nx + ny * ny + nz * nz, fx * fx + fy * fy + fz * fz


@part
def measure_boxes(box: FloatArray) -> FloatArray:
    """Square the diagonal of every box."""
    size2 = np.empty(len(box))
    for cell in range(len(box)):
        _, size2[cell] = near_far2(box, cell, box, cell)
    return size2


@bare
def push_nearer_last(
    grid: Grid, box: FloatArray, point: FloatArray, stack: IntArray, top: int
) -> int:
    """Replace the cell at the top of a stack by its children; the nearer to the point comes last.

    ``box`` bounds what counts in every cell; ``point`` is the box of a location, in one row.
    """
    cell, row = stack[top], top - top  # not a constant, see `set_point`
    left, right = cell + 1, grid.cells[cell, RIGHT]
    near_left, _ = near_far2(point, row, box, left)
    near_right, _ = near_far2(point, row, box, right)
    if near_left < near_right:
        left, right = right, left
    stack[top], stack[top + 1] = left, right
    return top + 2
