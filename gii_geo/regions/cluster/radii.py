"""The clusters of every radius at once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gii_geo.places import find_place, read_point
from gii_geo.regions.cluster.border import reach_border
from gii_geo.regions.cluster.check import check_min_weight, check_radius, take_arrays
from gii_geo.regions.cluster.dbscan import geocentric
from gii_geo.regions.cluster.edges import join_edges, join_marked
from gii_geo.regions.cluster.grid import FloatArray, Grid, IndexArray, IntArray, build_grid
from gii_geo.regions.cluster.join import bound_core
from gii_geo.regions.cluster.number import number_clusters
from gii_geo.regions.cluster.reach import core_chords
from gii_geo.regions.cluster.span import span_tree

LonLat = tuple[float, float]
"""Longitude and latitude in degrees."""

Join = tuple[float, int, int, list[int]]
"""Squared chord in square metres, the two locations of the grid, the places that are then one."""


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Which locations are one cluster at which radius, for one minimum weight.

    Made by `merge_tree`.

    Attributes
    ----------
    min_weight : int
        Weight within the radius that makes a location core.
    index : pandas.Index
        Index of the locations.
    lon, lat : numpy.ndarray of float64, shape (n,)
        Degrees, in the order of the index.
    grid : Grid
        The sorted locations.
    order : numpy.ndarray of int32, shape (n,)
        Which row of the index every location of the grid is.
    reach2 : numpy.ndarray of float64, shape (n,)
        Squared core distance of every location of the grid in square metres, infinite if the
        whole world does not weigh enough.
    edges : numpy.ndarray of int64, shape (n - 1, 2)
        Locations of the grid that every edge of the tree joins; none if the world is too light.
    length2 : numpy.ndarray of float64, shape (n - 1,)
        Squared radius in square metres at which every edge joins them, ascending.
    """

    min_weight: int
    index: pd.Index
    lon: FloatArray
    lat: FloatArray
    grid: Grid
    order: IndexArray
    reach2: FloatArray
    edges: IntArray
    length2: FloatArray

    @property
    def core_radius_km(self) -> pd.Series:
        """The least radius in kilometres at which each location is core.

        Returns
        -------
        pandas.Series of float64
            On the index of the locations; infinite if the world does not weigh enough.
        """
        radius_km = np.empty(len(self.order))
        radius_km[self.order] = _radius_km(self.reach2)
        return pd.Series(radius_km, index=self.index, name="core_radius_km")

    def cut(self, radius_km: float) -> pd.Series:
        """Find the clusters of one radius: what `cluster_locations` finds, to the last border.

        Parameters
        ----------
        radius_km : float
            Radius in kilometres, above 0.

        Returns
        -------
        pandas.Series of Int64
            `cluster` on the index of the locations, ``<NA>`` for none.

        Raises
        ------
        ValueError
            If the radius is not a length on the globe.

        Examples
        --------
        >>> locations = pd.DataFrame({"lon": [0.0, 0.1], "lat": 0.0, "density_weight": [9, 1]})
        >>> tree = merge_tree(locations, min_weight=10)
        >>> tree.cut(11).tolist(), tree.cut(12).tolist()
        ([<NA>, <NA>], [0, 0])
        """
        check_radius(radius_km)
        radius2 = float(radius_km * 1000) ** 2
        parent = join_edges(
            self.edges[: np.searchsorted(self.length2, radius2, side="right")], len(self.order)
        )
        cores = bound_core(self.grid, self.reach2 <= radius2)
        component, ties = reach_border(cores, parent, radius2)
        cluster = number_clusters(
            component, ties, cores.core, self.grid.weight, self.order, (self.lon, self.lat)
        )
        return pd.Series(
            pd.arrays.IntegerArray(cluster, cluster < 0), index=self.index, name="cluster"
        )

    def joins(
        self, *places: str | LonLat, gazetteer: Mapping[str, LonLat] | None = None
    ) -> pd.DataFrame:
        """Tell at which radius places become one cluster, and through which locations.

        A place stands for the location nearest to it.

        Parameters
        ----------
        *places : str or tuple of float
            Two places or more: (lon, lat) in degrees, or names, as `places.find_place` takes them.
        gazetteer : mapping of str to tuple of float, optional
            (lon, lat) of names of your own, which go first.

        Returns
        -------
        pandas.DataFrame
            A row per join, in order of radius: `radius_km`, from which on they are one cluster;
            `places`, all that are together from then on; `lon_a`, `lat_a`, `lon_b`, `lat_b`, the
            bridge, the two locations that must be core and neighbours for it; `distance_km`
            between these. A distance shorter than the radius tells that it takes the radius to
            make one of them core.

        Raises
        ------
        ValueError
            If there are fewer than two places, or one is not known by its name.

        Examples
        --------
        >>> locations = pd.DataFrame({"lon": [0.0, 0.1], "lat": 0.0, "density_weight": [9, 1]})
        >>> tree = merge_tree(locations, min_weight=10)
        >>> places = {"West": (0, 0), "East": (0.1, 0)}
        >>> tree.joins("West", "East", gazetteer=places)[["radius_km", "places"]].round(1)
           radius_km      places
        0       11.1  West, East
        >>> locations = pd.DataFrame({"lon": [7.59, 8.54], "lat": [47.56, 47.37]})
        >>> tree = merge_tree(locations.assign(density_weight=9), min_weight=9)
        >>> tree.joins("Basel", "Zürich")[["radius_km", "places"]].round(1)
           radius_km                   places
        0       74.7  Basel (CH), Zurich (CH)
        """
        names, joins = self._join_places(places, gazetteer or {})
        return self._describe(joins, names)

    def linkage(
        self, *places: str | LonLat, gazetteer: Mapping[str, LonLat] | None = None
    ) -> FloatArray:
        """Tell the same as `joins` in the form of scipy, to draw it with `plot_merge_tree`.

        Parameters
        ----------
        *places : str or tuple of float
            Two places or more, as `joins` takes them.
        gazetteer : mapping of str to tuple of float, optional
            (lon, lat) of names of your own, which go first.

        Returns
        -------
        numpy.ndarray of float64, shape (n - 1, 4)
            A row per merger, in order of radius, as `scipy.cluster.hierarchy.linkage` gives it:
            the two groups (a place by its number from 0, a merger by n and its row), the radius in
            km, the number of places in it.

        Raises
        ------
        ValueError
            If there are fewer than two places, one is not known by its name, or the world does not
            weigh enough for any cluster.

        Examples
        --------
        >>> locations = pd.DataFrame(
        ...     {"lon": [114.06, 114.17, 113.26], "lat": [22.54, 22.32, 23.13],
        ...      "density_weight": [9, 8, 7]},
        ... )
        >>> tree = merge_tree(locations, min_weight=10)
        >>> tree.linkage((114.06, 22.54), (114.17, 22.32), (113.26, 23.13)).round(1).tolist()
        [[0.0, 1.0, 26.9, 2.0], [3.0, 2.0, 104.9, 3.0]]
        """
        names, joins = self._join_places(places, gazetteer or {})
        if np.isinf(self.reach2).all():
            msg = (
                f"Invalid min_weight {self.min_weight}. Must be at most the weight of the world "
                "for places to become one."
            )
            raise ValueError(msg)
        group = list(range(len(names)))
        size = [1] * len(names)
        rows: list[tuple[float, ...]] = []
        for chord2, _, _, together in sorted(joins, key=lambda join: join[0]):
            first, *others = dict.fromkeys(group[place] for place in together)
            for other in others:
                rows.append((first, other, chord2, size[first] + size[other]))
                first, size = len(size), [*size, size[first] + size[other]]
            for place in together:
                group[place] = first
        table = np.array(rows)
        table[:, 2] = _radius_km(table[:, 2])
        return table

    def locate(
        self, place: str | LonLat, *, gazetteer: Mapping[str, LonLat] | None = None
    ) -> tuple[str, int, float]:
        """Find the location that a place stands for: the one nearest to it.

        Parameters
        ----------
        place : str or tuple of float
            As `joins` takes it.
        gazetteer : mapping of str to tuple of float, optional
            (lon, lat) of names of your own, which go first.

        Returns
        -------
        name : str
            What the place is called, told from others of its name.
        row : int
            Row number of the location, from 0.
        away_km : float
            How far it lies from the place.

        Raises
        ------
        ValueError
            If the place is not known by its name.

        Examples
        --------
        >>> locations = pd.DataFrame({"lon": [-71.1, 0.12], "lat": [42.4, 52.2]})
        >>> tree = merge_tree(locations.assign(density_weight=1), min_weight=1)
        >>> [tree.locate(place)[:2] for place in ("Cambridge, MA", "Cambridge")]
        [('Cambridge (MA)', 0), ('Cambridge (GB)', 1)]
        """
        if not isinstance(place, str):
            lon, lat = read_point(place)
            name = f"({lon}, {lat})"
        elif place in (gazetteer or {}):
            name, (lon, lat) = place, (gazetteer or {})[place]
        else:
            found = find_place(place)
            name, lon, lat = str(found), found.lon, found.lat
        gap = self.grid.xyz - geocentric(np.array([lon]), np.array([lat]))
        gap2 = (gap**2).sum(1)
        nearest = gap2.argmin()
        return name, int(self.order[nearest]), float(np.sqrt(gap2[nearest])) / 1000

    def _join_places(
        self, places: tuple[str | LonLat, ...], gazetteer: Mapping[str, LonLat]
    ) -> tuple[list[str], list[Join]]:
        """Name the places and list their joins."""
        if len(places) < 2:  # noqa: PLR2004
            msg = f"Invalid places {places}. Must be two or more."
            raise ValueError(msg)
        names: list[str] = []
        group: defaultdict[int, list[int]] = defaultdict(list)
        at = np.empty(len(self.order), np.int64)
        at[self.order] = np.arange(len(self.order))
        for place in places:
            name, row, _ = self.locate(place, gazetteer=gazetteer)
            group[int(at[row])].append(len(names))
            names.append(name)
        joins = [
            (self.reach2[location], location, location, together)
            for location, together in group.items()
            if len(together) > 1
        ]
        mark = np.full(len(self.order), -1)
        mark[list(group)] = list(group)
        for k, one, other in join_marked(self.edges, mark).tolist():
            group[one] = sorted(group[one] + group.pop(other))
            joins.append((self.length2[k], *self.edges[k], group[one]))
        return names, joins

    def _describe(self, joins: list[Join], names: list[str]) -> pd.DataFrame:
        """Write joins as a table."""
        length2 = np.array([length2 for length2, _, _, _ in joins])
        pair = np.array([(i, j) for _, i, j, _ in joins], dtype=np.int64).reshape(-1, 2)
        one, other = self.order[pair].T
        gap = self.grid.xyz[pair[:, 0]] - self.grid.xyz[pair[:, 1]]
        table = pd.DataFrame(
            {
                "radius_km": _radius_km(length2),
                "places": [", ".join(names[k] for k in together) for *_, together in joins],
                "lon_a": self.lon[one],
                "lat_a": self.lat[one],
                "lon_b": self.lon[other],
                "lat_b": self.lat[other],
                "distance_km": np.sqrt((gap**2).sum(axis=1)) / 1000,
            }
        )
        return table.sort_values("radius_km", kind="stable", ignore_index=True)


def merge_tree(locations: pd.DataFrame, *, min_weight: int) -> MergeTree:
    """Find at which radius which locations become one cluster.

    The least radius at which a location is core is its core distance; two core locations are one
    cluster from the radius on that is the longest edge between them in the minimum spanning tree
    of mutual reachability, max(core distance, core distance, distance) (Campello et al. 2013).
    The tree is exact: cut at any radius it gives the clusters of `cluster_locations`.

    Parameters
    ----------
    locations : pandas.DataFrame
        With `lon`, `lat` in degrees and `density_weight`, integers from 0.
    min_weight : int
        Weight within the radius that makes a location core, in the units of `density_weight`,
        above 0.

    Returns
    -------
    MergeTree
        The tree.

    Raises
    ------
    TypeError
        If a column has the wrong type.
    ValueError
        If a column or a number is not as above.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D., Sander, J. (2013). Density-based clustering based on
    hierarchical density estimates. PAKDD 2013, 160-172.

    Examples
    --------
    >>> locations = pd.DataFrame(
    ...     {"lon": [114.06, 114.17, 113.26], "lat": [22.54, 22.32, 23.13],
    ...      "density_weight": [9, 8, 7]},
    ... )
    >>> tree = merge_tree(locations, min_weight=10)
    >>> tree.cut(30).tolist()
    [0, 0, <NA>]
    >>> tree.joins((114.06, 22.54), (114.17, 22.32), (113.26, 23.13)).radius_km.round(1).tolist()
    [26.9, 104.9]
    """
    check_min_weight(min_weight)
    min_weight = int(min_weight)
    lon, lat, weight = take_arrays(locations)
    # Sorted first, so that among equal edges the same are chosen whatever the order of the rows.
    rows = np.lexsort((lat, lon)).astype(np.int32)
    grid, order = build_grid(geocentric(lon[rows], lat[rows]), weight[rows])
    if weight.sum() >= min_weight:
        reach2 = core_chords(grid, min_weight)
        edges, length2 = span_tree(grid, reach2)
    else:
        reach2 = np.full(len(lon), np.inf)
        edges, length2 = np.empty((0, 2), np.int64), np.empty(0)
    ascending = np.argsort(length2, kind="stable")
    return MergeTree(
        min_weight=min_weight,
        index=locations.index,
        lon=lon,
        lat=lat,
        grid=grid,
        order=rows[order],
        reach2=reach2,
        edges=edges[ascending],
        length2=length2[ascending],
    )


def _radius_km(chord2: FloatArray) -> FloatArray:
    """Find the least radius that, squared as `cluster_locations` does, reaches a chord."""
    radius_km = np.sqrt(chord2) / 1000
    for _ in range(4):
        short = (radius_km * 1000) ** 2 < chord2
        radius_km[short] = np.nextafter(radius_km[short], np.inf)
    return radius_km
