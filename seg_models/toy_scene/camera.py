"""A pinhole camera over flat ground, and planes seen through it: pixel -> coordinates in the plane.

World: metres; x right, y up from the ground, z forward; the camera stands at (0, altitude, 0) and looks along z.
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

Vector = Sequence[float] | np.ndarray


@dataclasses.dataclass(frozen=True)
class Camera:
    """Where the camera stands and how it projects.

    Attributes:
      height, width: of the image, pixels.
      focal: pixels at one metre's distance that one metre covers.
      centre: column of the vanishing point; horizon: its row.
      altitude: above the ground, metres.
    """

    height: int
    width: int
    focal: float
    centre: float
    horizon: float
    altitude: float

    @functools.cached_property
    def across(self) -> np.ndarray:
        """Tangent to the right of every column's centre, float32 [1, W]."""
        return ((np.arange(self.width, dtype=np.float32) + 0.5 - self.centre) / self.focal)[None]

    @functools.cached_property
    def upward(self) -> np.ndarray:
        """Tangent upward of every row's centre, float32 [H, 1]."""
        return ((self.horizon - np.arange(self.height, dtype=np.float32) - 0.5) / self.focal)[:, None]

    def window(self, points: np.ndarray) -> tuple[slice, slice]:
        """Rows and columns of the frame that hold the projected float [N, 3] points; every z must be positive."""
        columns = self.centre + self.focal * points[:, 0] / points[:, 2]
        rows = self.horizon - self.focal * (points[:, 1] - self.altitude) / points[:, 2]
        return _clipped(rows.min(), rows.max(), self.height), _clipped(columns.min(), columns.max(), self.width)

    def reach(self, z: float, margin: float = 0.0) -> tuple[float, float]:
        """The range of x that the frame shows at distance z, less `margin` metres on both sides."""
        left, right = -self.centre / self.focal * z, (self.width - self.centre) / self.focal * z
        return left + margin, right - margin


@dataclasses.dataclass(frozen=True, eq=False)
class Patch:
    """A part of the frame that looks onto a plane.

    Attributes:
      rows, columns: of the frame.
      a, b: coordinates in the plane, float32 [h, w].
      z: distance along the view, float32 [h, w].
    """

    rows: slice
    columns: slice
    a: np.ndarray
    b: np.ndarray
    z: np.ndarray


def corners(origin: Vector, u: Vector, v: Vector, reach: tuple[float, float, float, float]) -> np.ndarray:
    """The corners origin + a u + b v of a parallelogram, a and b in `reach` (a0, a1, b0, b1); float64 [4, 3]."""
    a0, a1, b0, b1 = reach
    ab = np.array([(a0, b0), (a1, b0), (a1, b1), (a0, b1)])
    return np.asarray(origin, float) + ab @ np.array([u, v], float)


def cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The product of two vectors, float64 [3]; np.cross is ten times slower on so few numbers."""
    (a, b, c), (d, e, f) = u.tolist(), v.tolist()
    return np.array((b * f - c * e, c * d - a * f, a * e - b * d))


def look(camera: Camera, origin: Vector, u: Vector, v: Vector, window: tuple[slice, slice]) -> Patch:
    """Solves origin + a u + b v = point seen, for every pixel of the window.

    Cramer's rule: a, b and 1/z are ratios of three functions that are linear in row and column.
    """
    rows, columns = window
    u, v = np.asarray(u, float), np.asarray(v, float)
    offset = np.asarray(origin, float) - (0.0, camera.altitude, 0.0)
    across, upward = camera.across[:, columns], camera.upward[rows]

    def along(w: np.ndarray) -> np.ndarray:
        return np.float32(w[0]) * across + (np.float32(w[1]) * upward + np.float32(w[2]))

    normal = cross(u, v)
    scale = 1.0 / along(normal)
    z = np.float32(np.dot(offset, normal)) * scale
    return Patch(rows, columns, along(cross(v, offset)) * scale, along(cross(offset, u)) * scale, z)


def _clipped(low: float, high: float, size: int) -> slice:
    start = min(max(int(np.floor(low)), 0), size)
    return slice(start, max(start, min(int(np.ceil(high)), size)))
