"""HDBSCAN of weighted locations: clusters that each have a radius of their own."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.extras import check_extra
from gii_geo.jit import kernel
from gii_geo.regions.cluster.grid import FloatArray, IntArray
from gii_geo.regions.cluster.join import find, unite
from gii_geo.regions.cluster.number import number_clusters
from gii_geo.regions.cluster.radii import MergeTree

_PARTS_OF_MINIMUM: Final = 20
"""hdbscan draws points that all weigh the same: a twentieth of the minimum, or 1."""


@dataclass(frozen=True, eq=False)
class CondensedTree:
    """The clusters of every radius that weigh enough, and what each lost as the radius shrank.

    Made by `condense_tree`. Density is 1 / radius in 1/km. Clusters are numbered from 0, the whole
    world; a child has a greater number than its parent.

    Attributes
    ----------
    tree : MergeTree
        The merge tree it condenses.
    parent : numpy.ndarray of int64, shape (c,)
        Parent of every cluster, -1 for the world.
    birth : numpy.ndarray of float64, shape (c,)
        Density at which every cluster split off its parent; 0 for the world.
    weight : numpy.ndarray of int64, shape (c,)
        Weight of every cluster at birth.
    owner : numpy.ndarray of int64, shape (n,)
        Last cluster that every location of the grid was in.
    leave : numpy.ndarray of float64, shape (n,)
        Density at which it left that cluster, infinite if it outlives all others.
    """

    tree: MergeTree
    parent: IntArray
    birth: FloatArray
    weight: IntArray
    owner: IntArray
    leave: FloatArray

    @property
    def stability(self) -> FloatArray:
        """Excess of mass of every cluster: its weight summed over the densities it lived.

        Returns
        -------
        numpy.ndarray of float64, shape (c,)
            In weight per kilometre.
        """
        weight = self.tree.grid.weight
        heavy = weight > 0
        lost = (self.leave - self.birth[self.owner])[heavy] * weight[heavy]
        stability = np.bincount(self.owner[heavy], lost, minlength=len(self.parent))
        parent = self.parent[1:]
        split = (self.birth[1:] - self.birth[parent]) * self.weight[1:]
        return np.asarray(stability + np.bincount(parent, split, minlength=len(self.parent)))

    def select(self, *, epsilon_km: float = 0.0) -> pd.Series:
        """Choose the most stable clusters that do not overlap (excess of mass).

        Parameters
        ----------
        epsilon_km : float, default 0
            Clusters that split below this radius stay together (Malzer and Baum 2020).

        Returns
        -------
        pandas.Series of Int64
            `cluster` on the index of the locations, ``<NA>`` for none, the heaviest being 0.
        """
        chosen = self._chosen(epsilon_km)
        member = chosen >= 0
        _, first, place = np.unique(chosen, return_index=True, return_inverse=True)
        cluster = number_clusters(
            np.where(member, first[place], -1),
            np.empty(0, np.int64),
            member,
            self.tree.grid.weight,
            self.tree.order,
            (self.tree.lon, self.tree.lat),
        )
        return pd.Series(
            pd.arrays.IntegerArray(cluster, cluster < 0), index=self.tree.index, name="cluster"
        )

    def _chosen(self, epsilon_km: float) -> IntArray:
        """Find which chosen cluster every location of the grid is in, -1 for none."""
        most_dense = 1 / epsilon_km if epsilon_km > 0 else np.inf
        return _choose(self.parent, self.birth, self.stability, most_dense)[self.owner]

    def to_hdbscan(self, *, epsilon_km: float = 0.0) -> Any:  # noqa: ANN401
        """Make the condensed tree of the hdbscan package, to plot it.

        hdbscan draws points of equal weight, so each cluster's weight is cut into parts of a
        twentieth of the minimum, at least 1. A density without end is drawn at the largest other.

        Parameters
        ----------
        epsilon_km : float, default 0
            As for `select`; tells which clusters are marked as chosen.

        Returns
        -------
        hdbscan.plots.CondensedTree
            With ``plot(select_clusters=True)`` and ``to_pandas()``.

        Raises
        ------
        MissingExtraError
            If the extra `hdbscan` is not installed.
        """
        check_extra("hdbscan")
        from hdbscan.plots import CondensedTree as Plot  # noqa: PLC0415  # optional

        part = max(1, self.tree.min_weight // _PARTS_OF_MINIMUM)
        location = np.lexsort((self.leave, self.owner))
        edge = np.concatenate([[0], self.tree.grid.weight[location].cumsum()]) // part
        point = np.repeat(location, np.diff(edge))
        chosen = self._chosen(epsilon_km)[point]
        return Plot(
            self._rows(point), np.unique(np.append(chosen, -1), return_inverse=True)[1][:-1] - 1
        )

    def _rows(self, point: IntArray) -> npt.NDArray[np.void]:
        """Write the tree as hdbscan does: points first, then the world, then the clusters."""
        ends = np.concatenate([self.leave, self.birth])
        most_dense = ends[np.isfinite(ends)].max(initial=0)
        size = np.bincount(self.owner[point], minlength=len(self.parent))
        for cluster in range(len(size) - 1, 0, -1):
            size[self.parent[cluster]] += size[cluster]
        points, clusters = len(point), len(self.parent) - 1
        rows = np.empty(
            clusters + points,
            [("parent", int), ("child", int), ("lambda_val", float), ("child_size", int)],
        )
        rows["parent"] = np.concatenate([self.parent[1:], self.owner[point]]) + points
        rows["child"] = np.concatenate([points + 1 + np.arange(clusters), np.arange(points)])
        rows["lambda_val"] = np.concatenate(
            [self.birth[1:], np.minimum(self.leave[point], most_dense)]
        )
        rows["child_size"] = np.concatenate([size[1:], np.ones(points, int)])
        return rows


def condense_tree(tree: MergeTree) -> CondensedTree:
    """Find the clusters of every radius that weigh at least the minimum.

    As the radius shrinks a cluster loses locations, until it falls into two or more parts that
    each weigh the minimum (Campello et al. 2013). Parts that separate at the same radius do so
    at once, as in the paper. With ``min_samples=min_weight - 1, min_cluster_size=min_weight`` (it
    does not count a row itself) the hdbscan package finds the same clusters on rows repeated by
    weight wherever its result is defined. It is not where radii are equal, as around a location
    that links parts by becoming core, which it takes one by one in the order of the rows: it
    guesses the side of what leaves at a split, and may make clusters of no lifetime. Nor is it
    where a location weighs twice the minimum, which it splits at distance 0.

    Parameters
    ----------
    tree : MergeTree
        The merge tree of weighted locations.

    Returns
    -------
    CondensedTree
        The clusters.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D., Sander, J. (2013). Density-based clustering based on
    hierarchical density estimates. PAKDD 2013, 160-172.
    Malzer, C., Baum, M. (2020). A hybrid approach to hierarchical density-based cluster
    selection. IEEE MFI 2020, 223-228.

    Examples
    --------
    >>> from gii_geo.regions.cluster.radii import merge_tree
    >>> locations = pd.DataFrame(
    ...     {"lon": [0.0, 0.1, 9.0, 9.5, 20.0], "lat": 0.0, "density_weight": [3, 3, 4, 4, 1]}
    ... )
    >>> condense_tree(merge_tree(locations, min_weight=5)).select().tolist()
    [1, 1, 0, 0, <NA>]
    """
    weight = tree.grid.weight
    if weight.sum() < tree.min_weight:
        none = np.zeros(len(weight), np.int64)
        world = np.array([-1]), np.zeros(1), weight.sum(keepdims=True)
        return CondensedTree(tree, *world, none, none.astype(np.float64))
    nodes = _merge_nodes(tree.edges, tree.length2, weight)
    owner, leave, clusters, birth = _condense(*nodes, len(weight), tree.min_weight)
    return CondensedTree(tree, clusters[:, 0], birth, clusters[:, 1], owner, leave)


@kernel
def _merge_nodes(
    edges: IntArray, length2: FloatArray, weight: IntArray
) -> tuple[IntArray, FloatArray, IntArray]:
    """Turn the edges of a tree into nested nodes, all edges of one length at once.

    Nodes are the locations, then the merged ones in order of length. Returns each node's parent
    (-1 for the last), the length at which it merged (0 for a location) and its weight.
    """
    n = len(weight)
    parent, top = np.empty(2 * n - 1, np.int64), np.empty(n, np.int64)
    merged2, total = np.empty(2 * n - 1), np.empty(2 * n - 1, np.int64)
    union, old = np.empty(n, np.int64), np.empty(2 * n, np.int64)
    for i in range(n):
        union[i], top[i], parent[i], merged2[i], total[i] = i, i, -1, 0.0, weight[i]
    count, first = n, 0
    while first < len(edges):
        last, size, fresh = first, 0, count
        while last < len(edges) and length2[last] == length2[first]:
            for side in range(2):
                root = find(union, edges[last, side])
                if parent[top[root]] == -1:
                    parent[top[root]] = -2
                    old[size] = root
                    size += 1
            last += 1
        # The nodes to merge, by a location of each that stays in it.
        nodes = np.empty(size, np.int64)
        for k in range(size):
            nodes[k] = top[old[k]]
        for k in range(first, last):
            unite(union, edges[k, 0], edges[k, 1])
        for k in range(size):
            root = find(union, old[k])
            if top[root] < fresh:
                top[root] = count
                parent[count], merged2[count], total[count] = -1, length2[first], 0
                count += 1
            parent[nodes[k]] = top[root]
            total[top[root]] += total[nodes[k]]
        first = last
    return parent[:count], merged2[:count], total[:count]


@kernel
def _condense(
    parent: IntArray, merged2: FloatArray, total: IntArray, size: int, minimum: int
) -> tuple[IntArray, FloatArray, IntArray, FloatArray]:
    """Follow every node down: cluster it is in, density at which it leaves; clusters, births."""
    nodes = len(parent)
    owner, leave = np.zeros(nodes, np.int64), np.full(nodes, -1.0)
    clusters, birth = np.empty((nodes, 2), np.int64), np.empty(nodes)
    heavy = np.zeros(nodes, np.int64)
    for node in range(nodes - 1):
        if total[node] >= minimum:
            heavy[parent[node]] += 1
    clusters[0, 0], clusters[0, 1], birth[0] = -1, total[nodes - 1], 0.0
    count = 1
    for node in range(nodes - 1, -1, -1):
        above = parent[node]
        if above >= 0:
            owner[node], leave[node] = owner[above], leave[above]
            if leave[above] < 0.0:
                density = 1000.0 / np.sqrt(merged2[above])
                if total[node] < minimum:
                    leave[node] = density
                elif heavy[above] > 1:
                    clusters[count, 0], clusters[count, 1] = owner[above], total[node]
                    birth[count], owner[node] = density, count
                    count += 1
        # Locations and what is at one place cannot split any further.
        if leave[node] < 0.0 and merged2[node] == 0.0:
            leave[node] = np.inf
    return owner[:size], leave[:size], clusters[:count], birth[:count]


@kernel
def _choose(
    parent: IntArray, birth: FloatArray, stability: FloatArray, most_dense: float
) -> IntArray:
    """Find the chosen cluster that every cluster is part of, -1 for none."""
    size = len(parent)
    below, chosen = np.zeros(size), np.zeros(size, np.bool_)
    for cluster in range(size - 1, 0, -1):
        chosen[cluster] = below[cluster] <= stability[cluster]
        below[parent[cluster]] += max(below[cluster], stability[cluster])
    part = _top_chosen(parent, chosen)
    wide = np.zeros(size, np.bool_)
    for cluster in range(1, size):
        if part[cluster] == cluster:
            wider = cluster
            while birth[wider] > most_dense and parent[wider] > 0:
                wider = parent[wider]
            wide[wider] = True
    return _top_chosen(parent, wide)


@kernel
def _top_chosen(parent: IntArray, chosen: npt.NDArray[np.bool_]) -> IntArray:
    """Find the topmost chosen cluster that every cluster is part of, -1 for none."""
    part = np.full(len(parent), -1)
    for cluster in range(1, len(parent)):
        part[cluster] = part[parent[cluster]]
        if part[cluster] < 0 and chosen[cluster]:
            part[cluster] = cluster
    return part
