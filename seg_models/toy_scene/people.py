"""People: figures of capsules and a head, standing upright and facing the camera."""

import dataclasses

import numpy as np

from seg_models.toy_scene import camera, layer, layout, light, noise, paints

CLOTHES = (
    paints.GREY,
    paints.BLUE,
    paints.BLACK,
    paints.VIVID,
    paints.VIVID,
    paints.GREEN,
    paints.WHITE,
)
HAIR = (paints.BLACK, paints.BROWN, paints.BLACK, paints.GREY)
SHOES = (paints.BLACK, paints.BROWN)
TALL = 1.78


@dataclasses.dataclass(frozen=True)
class Limb:
    """A capsule from (x0, y0) to (x1, y1), metres, with a radius at each end; `paint` as in `_limbs`."""

    x0: float
    y0: float
    x1: float
    y1: float
    radius0: float
    radius1: float
    paint: int


def draw(place: layout.Place, view: camera.Camera, weather: light.Light, rng: np.random.Generator) -> layer.Layer:
    """The figure as a layer."""
    scale = place.height / TALL
    origin, reach = (place.x, 0.0, place.z), (-0.55 * scale, 0.55 * scale, 0.0, place.height)
    plane = (origin, (1, 0, 0), (0, 1, 0))
    patch = camera.look(view, *plane, view.window(camera.corners(*plane, reach)))
    x, y = patch.a[:1] / scale, patch.b[:, :1] / scale
    colors = np.stack([paints.pick(rng, *families) for families in (CLOTHES, CLOTHES, (paints.SKIN,), HAIR, SHOES)])
    part = np.full(patch.a.shape, -1, np.int8)
    shade = np.ones_like(patch.a)
    side = np.float32(0.3 * weather.direct * np.sign(weather.sun[0]))
    for limb in _limbs(rng):
        inside, around, rim = _capsule(limb, x, y)
        part[inside] = limb.paint
        shade[inside] = (1 - np.float32(0.3) * rim + side * around)[inside]
    cloth = noise.at(noise.LEAVES, x * 40, y * 40, noise.shift(rng))
    shade *= (1 + np.float32(0.06) * cloth) * np.float32(weather.on((0, 0.3, -0.95)))
    color = weather.through(colors[part] * shade[..., None], place.z)
    return layer.Layer(place.category, place.footprint, place.height, patch.rows, patch.columns, part >= 0, color)


def _limbs(rng: np.random.Generator) -> list[Limb]:
    """From back to front. Paints: 0 top, 1 trousers or skirt, 2 skin, 3 hair, 4 shoes."""
    stride, swing, turn = rng.uniform(-0.2, 0.2), rng.uniform(0.0, 0.14), rng.uniform(-0.03, 0.03)
    girth = rng.uniform(1.0, 1.25)
    legs = [limb for sign in (-1, 1) for limb in _leg(sign * stride, sign * 0.1)]
    arms = [limb for sign in (-1, 1) for limb in _arm(sign, swing * girth, girth)]
    shoulders = Limb(-0.1, 1.4, 0.1, 1.4, 0.12 * girth, 0.12 * girth, 0)
    torso = [Limb(0, 1.36, 0, 1.02, 0.2 * girth, 0.17 * girth, 0), shoulders]
    if rng.random() < 0.35:
        paint = int(rng.integers(2))
        torso.insert(0, Limb(0, 1.1, 0, rng.uniform(0.5, 0.75), 0.17 * girth, 0.27, paint))
    head = [Limb(0, 1.5, turn, 1.56, 0.07, 0.07, 2)]
    back_view = rng.random() < 0.35
    long_hair = rng.random() < 0.4
    hair = [Limb(turn, 1.64, turn, 1.68, 0.145, 0.14, 3)]
    if long_hair:
        hair.append(Limb(turn, 1.65, turn, 1.45, 0.14, 0.12, 3))
    face = [] if back_view else [Limb(turn, 1.58, turn, 1.63, 0.105, 0.115, 2)]
    return legs + arms[:2] + torso + arms[2:] + head + hair + face


def _leg(step: float, hip: float) -> list[Limb]:
    foot = hip + step
    return [Limb(foot - 0.03, 0.06, foot + 0.05, 0.06, 0.07, 0.06, 4), Limb(hip, 0.92, foot, 0.14, 0.14, 0.1, 1)]


def _arm(sign: int, swing: float, girth: float) -> list[Limb]:
    shoulder, hand = sign * 0.22 * girth, sign * (0.24 * girth + swing)
    return [Limb(shoulder, 1.4, hand, 0.92, 0.085, 0.07, 0), Limb(hand, 0.88, hand, 0.84, 0.065, 0.06, 2)]


def _capsule(limb: Limb, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inside: bool [h, w]; where across, -1..1 inside, and its square with the distance along: float32 [h, w]."""
    dx, dy = limb.x1 - limb.x0, limb.y1 - limb.y0
    along = np.clip(((x - limb.x0) * dx + (y - limb.y0) * dy) / (dx * dx + dy * dy), 0, 1)
    radius = limb.radius0 + along * (limb.radius1 - limb.radius0)
    right, up = (x - limb.x0 - along * dx) / radius, (y - limb.y0 - along * dy) / radius
    rim = right * right + up * up
    return rim < 1, right, rim
