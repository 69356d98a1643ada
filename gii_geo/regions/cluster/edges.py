"""What the edges of a spanning tree join, one after the other."""

import numpy as np

from gii_geo.jit import kernel
from gii_geo.regions.cluster.grid import IntArray
from gii_geo.regions.cluster.join import find, unite


@kernel
def join_edges(edges: IntArray, size: int) -> IntArray:
    """Unite the ends of every edge."""
    parent = np.empty(size, np.int64)
    for i in range(size):
        parent[i] = i
    for k in range(len(edges)):
        unite(parent, edges[k, 0], edges[k, 1])
    return parent


@kernel
def join_marked(edges: IntArray, mark: IntArray) -> IntArray:
    """List the edges that first join marked locations, and the two marks that each joins."""
    parent = np.empty(len(mark), np.int64)
    joined = np.empty((len(mark), 3), np.int64)
    count = 0
    for i in range(len(mark)):
        parent[i] = i
    for k in range(len(edges)):
        one, other = find(parent, edges[k, 0]), find(parent, edges[k, 1])
        kept = mark[one]
        if kept < 0:
            kept = mark[other]
        elif mark[other] >= 0:
            joined[count, 0], joined[count, 1], joined[count, 2] = k, kept, mark[other]
            count += 1
        unite(parent, one, other)
        mark[find(parent, one)] = kept
    return joined[:count]
