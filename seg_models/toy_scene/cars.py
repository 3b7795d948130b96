"""Cars: a body and a cabin of flat faces, wheels, glass, lamps; in true perspective from any side."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from seg_models.toy_scene import camera, layer, layout, light, paints

PAINT = (
    paints.GREY,
    paints.WHITE,
    paints.BLACK,
    paints.BLUE,
    paints.VIVID,
    paints.VIVID,
    paints.GREEN,
    paints.BROWN,
)
GLASS = np.array((0.20, 0.24, 0.28), np.float32)
RUBBER = np.array((0.10, 0.10, 0.11), np.float32)
METAL = np.array((0.58, 0.58, 0.60), np.float32)
PLATE = np.array((0.86, 0.85, 0.74), np.float32)
HEADLAMP = np.array((0.95, 0.94, 0.86), np.float32)
TAILLAMP = np.array((0.62, 0.10, 0.09), np.float32)
VAN_ABOVE = 1.9
WHEEL = 0.66
# z of a cabin, in lengths of the car: at the belt behind (a car's is random) and ahead, at the roof behind and ahead.
CABIN = (0.27, -0.3, 0.08)
VAN_CABIN = (-0.49, 0.4, -0.48, 0.22)

Dress = Callable[[np.ndarray, np.ndarray, np.ndarray], None]


@dataclasses.dataclass(frozen=True, eq=False)
class Face:
    """A trapezoid on the plane origin + a u + b v: 0 <= b <= 1, |a| <= 1/2 at the lower edge, ratio/2 at the upper.

    Attributes:
      origin: middle of the lower edge; u: to the right, seen from outside; v: up; float64 [3] each.
      dress: (a, b, color) paints details into color, float32 [h, w, 3].
      disc: the inscribed ellipse instead.
    """

    origin: np.ndarray
    u: np.ndarray
    v: np.ndarray
    dress: Dress
    ratio: float = 1.0
    disc: bool = False

    def turned(self, turn: np.ndarray, centre: np.ndarray) -> "Face":
        """The face in the world."""
        return dataclasses.replace(self, origin=self.origin @ turn + centre, u=self.u @ turn, v=self.v @ turn)

    def corners(self) -> np.ndarray:
        """float64 [4, 3]"""
        upper = self.origin + self.v
        half, short = self.u / 2, self.u / 2 * self.ratio
        return np.stack([self.origin - half, self.origin + half, upper + short, upper - short])

    def inside(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """bool [h, w]"""
        if self.disc:
            return a * a + (b - np.float32(0.5)) ** 2 < 0.25
        return (abs(a) <= np.float32(0.5) + np.float32((self.ratio - 1) / 2) * b) & (b >= 0) & (b <= 1)


def draw(place: layout.Place, view: camera.Camera, weather: light.Light, rng: np.random.Generator) -> layer.Layer:
    """The car as a layer."""
    cos, sin = np.cos(place.heading), np.sin(place.heading)
    turn, centre = np.array([(cos, 0, -sin), (0, 1, 0), (sin, 0, cos)]), np.array((place.x, 0.0, place.z))
    half = np.array((place.width, place.height, place.length)) / (2, 1, 2) + 0.03
    box = np.array([(x, y, z) for x in (-1, 1) for y in (0, 1) for z in (-1, 1)]) * half @ turn + centre
    rows, columns = view.window(box)
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    color = np.zeros((*mask.shape, 3), np.float32)
    paint = paints.pick(rng, *PAINT)
    for face in _faces(place, rng):
        face = face.turned(turn, centre)
        outward = -camera.cross(face.u, face.v)
        if outward @ (face.origin - (0, view.altitude, 0)) >= 0:
            continue
        patch = camera.look(view, face.origin, face.u, face.v, view.window(face.corners()))
        inside = face.inside(patch.a, patch.b)
        surface = _surface(face, patch, paint) * np.float32(weather.on(outward / np.linalg.norm(outward)))
        top, left = patch.rows.start - rows.start, patch.columns.start - columns.start
        part = slice(top, top + inside.shape[0]), slice(left, left + inside.shape[1])
        mask[part] |= inside
        color[part][inside] = surface[inside]
    color = weather.through(color, place.z)
    return layer.Layer(place.category, place.footprint, place.height, rows, columns, mask, color)


def _surface(face: Face, patch: camera.Patch, paint: np.ndarray) -> np.ndarray:
    """The face's colours, float32 [h, w, 3]: a little brighter upward, as paint and glass reflect the sky."""
    surface = paint * (np.float32(0.86) + np.float32(0.2) * patch.b)[..., None]
    face.dress(patch.a, patch.b, surface)
    return surface


def _faces(place: layout.Place, rng: np.random.Generator) -> Iterator[Face]:
    """From the ground up, so that each may cover earlier ones; local metres: x right, y up, z ahead."""
    van = place.height > VAN_ABOVE
    w, l = place.width, place.length
    belt = place.height * (0.5 if van else rng.uniform(0.56, 0.62))
    low, rise = 0.22, belt - 0.22
    for end in (-1, 1):
        for side in (-1, 1):
            foot = _at(side * (w / 2 - 0.15), 0, end * (l / 2 - 0.5))
            yield Face(foot, _at(-end * 0.24, 0, 0), _at(0, 0.4, 0), _tyre)
    yield Face(_at(0, low, -l / 2), _at(w, 0, 0), _at(0, rise, 0), _rear)
    yield Face(_at(0, low, l / 2), _at(-w, 0, 0), _at(0, rise, 0), _front)
    yield Face(_at(0, belt, -l / 2), _at(w, 0, 0), _at(0, 0, l), _plain)
    for side in (-1, 1):
        yield Face(_at(side * w / 2, low, 0), _at(0, 0, side * l), _at(0, rise, 0), _flank)
        for axle in (-0.31, 0.31):
            foot = _at(side * (w / 2 + 0.02), 0, axle * l)
            yield Face(foot, _at(0, 0, side * WHEEL), _at(0, WHEEL, 0), _wheel, disc=True)
    lengths = VAN_CABIN if van else (rng.uniform(-0.48, -0.36), *CABIN)
    yield from _cabin((w * 0.96, w * (0.9 if van else 0.78)), (belt, place.height), np.multiply(lengths, l), van)


def _cabin(
    widths: tuple[float, float], heights: tuple[float, float], ends: np.ndarray, van: bool
) -> Iterator[Face]:
    """The cabin's faces; `widths` and `heights` at the belt and at the roof, `ends` as in CABIN, metres."""
    (w, top), (belt, roof), (back, ahead, roof_back, roof_ahead) = widths, heights, ends
    rise, ratio = roof - belt, (roof_ahead - roof_back) / (ahead - back)
    middle, shift = (back + ahead) / 2, (roof_back + roof_ahead - back - ahead) / 2
    yield Face(_at(0, belt, back), _at(w, 0, 0), _at(0, rise, roof_back - back), _window, top / w)
    yield Face(_at(0, belt, ahead), _at(-w, 0, 0), _at(0, rise, roof_ahead - ahead), _window, top / w)
    for side, van_dress in ((-1, _van_left), (1, _van_right)):
        foot, up = _at(side * w / 2, belt, middle), _at(-side * (w - top) / 2, rise, shift)
        yield Face(foot, _at(0, 0, side * (ahead - back)), up, van_dress if van else _side_windows, ratio)
    yield Face(_at(0, roof, roof_back), _at(top, 0, 0), _at(0, 0, roof_ahead - roof_back), _plain)


def _at(x: float, y: float, z: float) -> np.ndarray:
    return np.array((x, y, z), float)


def _plain(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    color *= np.float32(1.05)


def _tyre(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    color[:] = RUBBER


def _wheel(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    out = a * a + (b - np.float32(0.5)) ** 2
    color[:] = RUBBER
    color[out < 0.08] = METAL


def _bumper(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    color[b < 0.24] *= np.float32(0.45)
    color[(abs(a) < 0.15) & (b > 0.28) & (b < 0.46)] = PLATE


def _rear(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    _bumper(a, b, color)
    color[(abs(a) > 0.32) & (abs(a) < 0.48) & (b > 0.55) & (b < 0.88)] = TAILLAMP


def _front(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    _bumper(a, b, color)
    color[(abs(a) < 0.28) & (b > 0.56) & (b < 0.78)] = RUBBER
    color[(abs(a) > 0.3) & (abs(a) < 0.47) & (b > 0.55) & (b < 0.82)] = HEADLAMP


def _flank(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    color[b < 0.16] *= np.float32(0.5)
    color[(abs(a + np.float32(0.06)) < 0.006) | (abs(abs(a) - np.float32(0.24)) < 0.006)] *= np.float32(0.7)
    arch = ((abs(a) - np.float32(0.31)) * np.float32(9.5)) ** 2 + (b * np.float32(1.25)) ** 2 < 0.72
    color[arch] = RUBBER


def _glass(a: np.ndarray, b: np.ndarray, color: np.ndarray, pane: np.ndarray) -> None:
    color[pane] = (GLASS * (np.float32(0.7) + np.float32(1.1) * b * b + np.float32(0.3) * a)[..., None])[pane]


def _window(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    _glass(a, b, color, (abs(a) < np.float32(0.45) - np.float32(0.08) * b) & (b > 0.08) & (b < 0.86))


def _side_windows(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    pane = (abs(a) < np.float32(0.45) - np.float32(0.17) * b) & (b > 0.06) & (b < 0.84) & (abs(a) > 0.025)
    _glass(a, b, color, pane)


def _van_right(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    _glass(a, b, color, (a > 0.14) & (a < np.float32(0.44) - np.float32(0.1) * b) & (b > 0.06) & (b < 0.8))


def _van_left(a: np.ndarray, b: np.ndarray, color: np.ndarray) -> None:
    _van_right(-a, b, color)
