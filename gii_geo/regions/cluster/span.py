"""The minimum spanning tree of mutual reachability: every radius at once."""

from typing import NamedTuple

import numpy as np

from gii_geo.jit import kernel, part
from gii_geo.regions.cluster.grid import (
    RIGHT,
    STACK_SIZE,
    START,
    STOP,
    FloatArray,
    Grid,
    IntArray,
    distance2,
    near_far2,
    push_nearer_last,
    set_point,
)
from gii_geo.regions.cluster.join import find, unite


class _Forest(NamedTuple):
    """What the search sees: core distances, components, and both for whole cells.

    ``nearest[cell]`` is the least squared core distance in a cell, ``owner[cell]`` the component
    of all its locations, -1 if they are of several. ``best[c]`` is the length of the shortest
    edge found that leaves component ``c``, ``edge[c]`` its two locations.
    """

    reach2: FloatArray
    component: IntArray
    nearest: FloatArray
    owner: IntArray
    best: FloatArray
    edge: IntArray
    point: FloatArray
    cells: IntArray


@kernel
def span_tree(grid: Grid, reach2: FloatArray) -> tuple[IntArray, FloatArray]:
    """Find the edges of a minimum spanning tree.

    The length of an edge is the least squared radius at which its two locations are core and
    neighbours. First every location hooks to the nearest one that is core earlier, if within its
    own core distance: no edge of it can be shorter (a few peaks of density remain). Then the
    components join by Boruvka's algorithm.

    Parameters
    ----------
    grid : Grid
        The sorted locations.
    reach2 : numpy.ndarray of float64, shape (n,)
        Their squared core distances, finite.

    Returns
    -------
    edges : numpy.ndarray of int64, shape (n - 1, 2)
        The two locations of every edge.
    length2 : numpy.ndarray of float64, shape (n - 1,)
        Squared metres.
    """
    n = len(reach2)
    edges, length2 = np.empty((n - 1, 2), np.int64), np.empty(n - 1)
    parent = np.empty(n, np.int64)
    forest = _Forest(
        reach2,
        np.empty(n, np.int64),
        np.empty(len(grid.cells)),
        np.empty(len(grid.cells), np.int64),
        np.empty(n),
        np.empty((n, 2), np.int64),
        np.empty((1, 6)),
        np.empty(STACK_SIZE, np.int64),
    )
    for i in range(n):
        parent[i] = i
    _own_cells(grid, forest, parent)
    count = 0
    for i in range(n):
        j = _find_denser(grid, forest, i)
        if j >= 0:
            unite(parent, i, j)
            edges[count, 0], edges[count, 1], length2[count] = i, j, reach2[i]
            count += 1
    while count < n - 1:
        _own_cells(grid, forest, parent)
        _seed(grid, forest)
        for i in range(n):
            if reach2[i] < forest.best[forest.component[i]]:
                _find_foreign(grid, forest, i)
        for c in range(n):
            if forest.component[c] != c:
                continue
            i, j = forest.edge[c, 0], forest.edge[c, 1]
            if find(parent, i) != find(parent, j):
                unite(parent, i, j)
                edges[count, 0], edges[count, 1], length2[count] = i, j, forest.best[c]
                count += 1
    return edges, length2


@part
def _own_cells(grid: Grid, forest: _Forest, parent: IntArray) -> None:
    """Find the component of every location and cell, and forget the edges found."""
    for i in range(len(parent)):
        forest.component[i] = find(parent, i)
        forest.best[i] = np.inf
    for cell in range(len(grid.cells) - 1, -1, -1):
        right = grid.cells[cell, RIGHT]
        if right:
            same = forest.owner[cell + 1] == forest.owner[right]
            forest.owner[cell] = forest.owner[right] if same else -1
            forest.nearest[cell] = min(forest.nearest[cell + 1], forest.nearest[right])
            continue
        start = grid.cells[cell, START]
        owner, nearest = forest.component[start], np.inf
        for i in range(start, grid.cells[cell, STOP]):
            nearest = min(nearest, forest.reach2[i])
            if forest.component[i] != owner:
                owner = -1
        forest.owner[cell], forest.nearest[cell] = owner, nearest


@part
def _find_denser(grid: Grid, forest: _Forest, i: int) -> int:
    """Find the nearest location that is core earlier than i, if i reaches it when core, else -1.

    Of equal core distances the one sorted first counts as earlier.
    """
    reach2 = forest.reach2
    row = set_point(forest.point, grid.xyz, i)
    least, found = reach2[i], -1
    forest.cells[0], top = 0, 1
    while top > 0:
        top -= 1
        cell = forest.cells[top]
        near, _ = near_far2(forest.point, row, grid.box, cell)
        if near > least or forest.nearest[cell] > reach2[i]:
            continue
        if grid.cells[cell, RIGHT]:
            top = push_nearer_last(grid, grid.box, forest.point, forest.cells, top)
            continue
        for j in range(grid.cells[cell, START], grid.cells[cell, STOP]):
            if reach2[j] < reach2[i] or (reach2[j] == reach2[i] and j < i):
                chord2 = distance2(grid.xyz, i, grid.xyz, j)
                if chord2 < least or (chord2 == least and found < 0):
                    least, found = chord2, j
    return found


@part
def _seed(grid: Grid, forest: _Forest) -> None:
    """Try the edge between neighbours on the curve: good bounds to begin with."""
    for i in range(1, len(forest.component)):
        if forest.component[i] != forest.component[i - 1]:
            chord2 = distance2(grid.xyz, i, grid.xyz, i - 1)
            length2 = max(chord2, forest.reach2[i], forest.reach2[i - 1])
            _offer(forest, i, i - 1, length2)
            _offer(forest, i - 1, i, length2)


@part
def _offer(forest: _Forest, i: int, j: int, length2: float) -> None:
    """Take an edge from i to j as the best of i's component if it is."""
    c = forest.component[i]
    if length2 < forest.best[c]:
        forest.best[c] = length2
        forest.edge[c, 0], forest.edge[c, 1] = i, j


@part
def _find_foreign(grid: Grid, forest: _Forest, i: int) -> None:
    """Look for an edge from i to another component that is shorter than its own one's best."""
    own = forest.component[i]
    row = set_point(forest.point, grid.xyz, i)
    forest.cells[0], top = 0, 1
    while top > 0 and forest.reach2[i] < forest.best[own]:
        top -= 1
        cell = forest.cells[top]
        near, _ = near_far2(forest.point, row, grid.box, cell)
        if forest.owner[cell] == own or max(near, forest.nearest[cell]) >= forest.best[own]:
            continue
        if grid.cells[cell, RIGHT]:
            top = push_nearer_last(grid, grid.box, forest.point, forest.cells, top)
            continue
        for j in range(grid.cells[cell, START], grid.cells[cell, STOP]):
            if forest.component[j] != own:
                chord2 = distance2(grid.xyz, i, grid.xyz, j)
                length2 = max(chord2, forest.reach2[i], forest.reach2[j])
                _offer(forest, i, j, length2)
                _offer(forest, j, i, length2)
