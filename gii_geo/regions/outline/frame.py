"""A local equal-area plane and the way back from it to the map, past antimeridian and poles."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gii_geo.project import FloatArray, equal_area_plane

Shapes = npt.NDArray[np.object_]

GRID_DEG: Final = 1e-6
"""Coordinates of an outline are multiples of this: six decimals, 0.1 m (RFC 7946, section 11.2)."""

FAR_M: Final = 2e7
"""Farther than any point of a plane from its centre."""

QUARTER: Final = np.array([(0, 0.01), (0, FAR_M), (FAR_M, FAR_M), (FAR_M, 0), (0.01, 0)])
"""A quarter of a polar plane; 1 cm off the pole, where one corner becomes two on the map's edge."""

HALF: Final = np.array([(0, -FAR_M), (0, FAR_M), (FAR_M, FAR_M), (FAR_M, -FAR_M)])
"""Half of a plane on whose vertical axis the antimeridian lies."""

QUARTERS: Final = tuple(QUARTER * turn for turn in [(1, 1), (1, -1), (-1, 1), (-1, -1)])
HALVES: Final = tuple(HALF * turn for turn in [(1, 1), (-1, 1)])
POLE: Final = shapely.Point(0, 0)
"""The pole on a polar plane."""

FARTHEST_M: Final = 12_742_013.0
"""From the pole to the other one on a polar plane, a metre less."""


@dataclass(frozen=True)
class Frame:
    """A local equal-area plane; where longitude jumps on it, with the sectors to cut it into.

    Parameters
    ----------
    plane : pyproj.Transformer
        From longitude and latitude in degrees to metres.
    axis_m : float
        How near shapes may come to the axis of the Earth; 0 for a plane around a pole.
    sectors : tuple of numpy.ndarray of float64, shape (n, 2)
        Corners of the sectors.
    """

    plane: pyproj.Transformer
    axis_m: float
    sectors: tuple[FloatArray, ...] = ()

    @classmethod
    def around(cls, xyz: FloatArray, reach_m: float) -> "Frame":
        """Make the frame for shapes that reach so far beyond geocentric points, shape (n, 3)."""
        x, y, z = xyz.mean(axis=0)
        lon, lat = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]).tolist()
        axis_m = float(np.hypot(xyz[:, 0], xyz[:, 1]).min()) - reach_m
        if axis_m <= reach_m:
            return cls(equal_area_plane(180.0, 90.0 if lat > 0 else -90.0), 0.0, QUARTERS)
        if np.any((xyz[:, 0] < 0) & (np.abs(xyz[:, 1]) <= 2 * reach_m)):
            return cls(equal_area_plane(180.0, lat), axis_m, HALVES)
        return cls(equal_area_plane(lon, lat), axis_m)

    def to_plane(self, lon_lat: FloatArray) -> FloatArray:
        """Project longitudes and latitudes, shape (n, 2), to metres."""
        lon, lat = lon_lat.T
        return np.column_stack(self.plane.transform(lon, lat))

    def to_map(self, shapes: Shapes) -> Shapes:
        """Bring shapes to longitude and latitude, in pieces that do not cross the antimeridian."""
        if not self.sectors:
            return shapely.get_parts(shapely.transform(shapes, self._invert))
        if np.linalg.norm(shapely.get_coordinates(shapes), axis=1).max(initial=0) > FARTHEST_M:
            earth = shapely.buffer(POLE, FARTHEST_M, quad_segs=1000)  # beyond it is no place
            shapes = np.asarray(shapely.intersection(shapes, earth))
        pieces = []
        for corners in self.sectors:
            cut = shapely.get_parts(shapely.intersection(shapes, shapely.Polygon(corners)))
            middle = self._find_middle(corners)
            pieces.append(shapely.transform(cut, partial(self._invert_near, middle=middle)))
        return np.concatenate(pieces)

    def cut_near_pole(self, lines: Shapes) -> Shapes:
        """Cut lines by their distance from the pole, if that is near, to densify them in steps."""
        if self.axis_m > 0:
            return lines
        discs = shapely.buffer(POLE, 4.0 ** np.arange(13))
        zones = [discs[0], *shapely.difference(discs[1:], discs[:-1])]
        cut = np.concatenate([shapely.intersection(lines, zone) for zone in zones])
        return cut[~shapely.is_empty(cut)]

    def densify(self, shapes: Shapes, bend_m: float) -> Shapes:
        """Add vertices so that edges straight on the plane and on the map differ by no more.

        An edge of length s at distance d from the pole bends by s² / (8 d); steps of less than ten
        times the bend are not made.
        """
        pole_m = self.axis_m or shapely.distance(shapes, POLE)
        return shapely.segmentize(shapes, np.maximum(np.sqrt(8 * pole_m * bend_m), 10 * bend_m))

    def _invert(self, xy: FloatArray) -> FloatArray:
        x, y = xy.T
        return np.column_stack(self.plane.transform(x, y, direction="INVERSE"))

    def _find_middle(self, corners: FloatArray) -> float:
        """Find the longitude amid a sector."""
        width = 360 / len(self.sectors)
        west = self._invert(1000.0 * np.sign(corners[2:3]))[0, 0] // width * width
        return float(west + width / 2)

    def _invert_near(self, xy: FloatArray, middle: float) -> FloatArray:
        """Invert into a sector: on its edges longitude is that of this side."""
        lon, lat = self._invert(xy).T
        half = 180 / len(self.sectors)
        turned = (lon - middle + 180) % 360 - 180
        return np.column_stack([middle + np.clip(turned, -half, half), lat])
