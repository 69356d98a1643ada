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
"""A quarter of a polar plane; 1 cm off the pole, where a corner becomes two on the map's edge."""

HALF: Final = np.array([(0, -FAR_M), (0, FAR_M), (FAR_M, FAR_M), (FAR_M, -FAR_M)])
"""Half of a plane on whose vertical axis the antimeridian lies."""


@dataclass(frozen=True)
class Frame:
    """A local equal-area plane; where longitude jumps on it, with the sectors to cut it into.

    Parameters
    ----------
    plane : pyproj.Transformer
        From longitude and latitude in degrees to metres.
    axis_m : float
        How near shapes may come to the axis of the Earth.
    sectors : tuple of numpy.ndarray of float64, shape (n, 2)
        Corners of the sectors; none where longitude does not jump.
    """

    plane: pyproj.Transformer
    axis_m: float
    sector: FloatArray | None = None
    width_deg: int = 360

    @classmethod
    def around(cls, xyz: FloatArray, reach_m: float) -> "Frame":
        """Make the frame for shapes that reach so far beyond geocentric points, shape (n, 3)."""
        x, y, z = xyz.mean(axis=0)
        lon, lat = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]).tolist()
        axis_m = float(np.hypot(xyz[:, 0], xyz[:, 1]).min()) - reach_m
        if axis_m <= reach_m:
            return cls(equal_area_plane(180.0, 90.0 if lat > 0 else -90.0), 0.0, QUARTER, 90)
        if np.any((xyz[:, 0] < 0) & (np.abs(xyz[:, 1]) <= 2 * reach_m)):
            return cls(equal_area_plane(180.0, lat), axis_m, HALF, 180)
        return cls(equal_area_plane(lon, lat), axis_m)

    def to_plane(self, lon_lat: FloatArray) -> FloatArray:
        """Project longitudes and latitudes, shape (n, 2), to metres."""
        lon, lat = lon_lat.T
        return np.column_stack(self.plane.transform(lon, lat))

    def to_map(self, shapes: Shapes) -> Shapes:
        """Bring shapes to longitude and latitude, in pieces that do not cross the antimeridian."""
        if self.sector is None:
            return shapely.get_parts(shapely.transform(shapes, self._invert))
        pieces = []
        for turn in np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])[:: self.width_deg // 90]:
            west = self._invert(1000.0 * turn[None])[0, 0] // self.width_deg * self.width_deg
            cut = shapely.intersection(shapes, shapely.Polygon(self.sector * turn))
            invert = partial(self._invert_into, west=west)
            pieces.append(shapely.transform(shapely.get_parts(cut), invert))
        return np.concatenate(pieces)

    def cut_near_pole(self, lines: Shapes) -> Shapes:
        """Cut lines by their distance from the pole, if that is near, to densify each in measure."""
        if not self.polar:
            return lines
        discs = shapely.buffer(POLE, 4.0 ** np.arange(13))
        zones = [discs[0], *shapely.difference(discs[1:], discs[:-1])]
        return np.concatenate([shapely.intersection(lines, zone) for zone in zones])

    def densify(self, shapes: Shapes, bend_m: float) -> Shapes:
        """Add vertices so that edges straight on the plane and on the map differ by no more.

        An edge of length s at distance d from the pole bends by s² / (8 d); steps of less than ten
        times the bend are not made.
        """
        pole_m = shapely.distance(shapes, POLE) if self.polar else self.axis_m
        return shapely.segmentize(shapes, np.maximum(np.sqrt(8 * pole_m * bend_m), 10 * bend_m))

    def _invert(self, xy: FloatArray) -> FloatArray:
        x, y = xy.T
        return np.column_stack(self.plane.transform(x, y, direction="INVERSE"))

    def _invert_into(self, xy: FloatArray, west: float) -> FloatArray:
        """Invert into a sector: on its edges longitude is that of this side."""
        lon, lat = self._invert(xy).T
        half = self.width_deg / 2
        turned = (lon - west - half + 180) % 360 - 180
        return np.column_stack([west + half + np.clip(turned, -half, half), lat])
