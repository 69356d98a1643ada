"""What never changes about coordinates: found once, whatever is asked of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gii_geo.places import find_nearest
from gii_geo.project import FloatArray, to_geocentric
from gii_geo.regions.cluster import Layout, lay_grid

IntArray = npt.NDArray[np.int64]

_MOST_KEPT: Final = 4_000_000
"""Sites whose grid is kept, 46 bytes each; of more it is made anew, a fifth of what clustering
takes."""

_AT_ONCE: Final = 1 << 20
"""Sites that are asked for at a time: what finds them takes several times their room."""

Find = Callable[["Sites"], Any]


@dataclass(frozen=True, eq=False)
class Sites:
    """The coordinates of locations, with all that only they tell.

    Attributes
    ----------
    lon, lat : numpy.ndarray of float64, shape (n,)
        Degrees.
    """

    lon: FloatArray
    lat: FloatArray
    _whole: "tuple[Sites, IntArray] | None" = None
    _xyz: FloatArray | None = None
    _found: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    _known: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    @cached_property
    def xyz(self) -> FloatArray:
        """Geocentric metres, shape (n, 3)."""
        if self._xyz is not None:
            return self._xyz
        if self._whole:
            whole, rows = self._whole
            return whole.xyz[rows]
        return to_geocentric(self.lon, self.lat)

    @cached_property
    def layout(self) -> Layout:
        """The grid that clustering sorts them into."""
        return lay_grid(self.xyz)

    def lay(self) -> Layout:
        """Give the grid; of so many sites that it takes much room none is kept that was not.

        Returns
        -------
        Layout
            As `layout`.
        """
        is_kept = len(self.lon) <= _MOST_KEPT or "layout" in self.__dict__
        return self.layout if is_kept else lay_grid(self.xyz)

    @classmethod
    def at(cls, lon: FloatArray, lat: FloatArray, xyz: FloatArray) -> "Sites":
        """Give sites whose geocentric metres are known.

        Parameters
        ----------
        lon, lat : numpy.ndarray of float64, shape (n,)
            Degrees.
        xyz : numpy.ndarray of float64, shape (n, 3)
            Metres.

        Returns
        -------
        Sites
            These sites.
        """
        return cls(lon, lat, _xyz=xyz)

    def take(self, rows: IntArray) -> "Sites":
        """Give some of the sites, which share what is found of them.

        Parameters
        ----------
        rows : numpy.ndarray of int64, shape (m,)
            Their row numbers, ascending.

        Returns
        -------
        Sites
            These sites.
        """
        return Sites(self.lon[rows], self.lat[rows], (self, rows))

    def find_places(self, rows: IntArray) -> npt.NDArray[np.int32]:
        """Find the packaged place nearest to each of some sites.

        Parameters
        ----------
        rows : numpy.ndarray of int64, shape (m,)
            Row numbers of the sites.

        Returns
        -------
        numpy.ndarray of int32, shape (m,)
            Row numbers of `places.read_places`.
        """
        return self.recall("place", rows, lambda some: find_nearest(some.xyz))

    def recall(self, name: str, rows: IntArray, find: Find) -> npt.NDArray[Any]:
        """Give what was found of some sites before, and find the rest.

        Parameters
        ----------
        name : str
            What is to be found, such as "economy".
        rows : numpy.ndarray of int64, shape (m,)
            Row numbers of the sites; one may stand twice.
        find : callable
            Takes some of the sites and gives an array, one entry each; it is asked several times
            where there are many.

        Returns
        -------
        numpy.ndarray, shape (m,)
            What was found.

        Examples
        --------
        >>> sites = Sites(np.array([7.6, 8.5]), np.array([47.6, 47.4]))
        >>> sites.recall("half", np.array([1]), lambda asked: asked.lon / 2).tolist()
        [4.25]
        """
        if self._whole:
            whole, own = self._whole
            return whole.recall(name, own[rows], find)
        known = self._known.setdefault(name, np.zeros(len(self.lon), dtype=bool))
        asked = np.zeros(len(known), dtype=bool)
        asked[rows] = True
        new = np.flatnonzero(asked & ~known)
        for start in range(0, max(len(new), name not in self._found), _AT_ONCE):
            part = new[start : start + _AT_ONCE]
            found = np.asarray(find(self.take(part)))
            shelf = self._found.setdefault(name, np.empty(len(self.lon), dtype=found.dtype))
            shelf[part] = found
        known[new] = True
        return self._found[name][rows]
