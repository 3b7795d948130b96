"""Trees and bushes: a trunk, and a crown of noisy blobs."""

import numpy as np

from seg_models.toy_scene import camera, layer, layout, light, noise, paints

LEAVES = (paints.GREEN, paints.GREEN, paints.GREEN, paints.GREEN, paints.AUTUMN)
BUSH_BELOW = 2.0


def draw(place: layout.Place, view: camera.Camera, weather: light.Light, rng: np.random.Generator) -> layer.Layer:
    """The tree, or the bush where it is low, as a layer."""
    tall, bush = place.height, place.height < BUSH_BELOW
    spread = rng.uniform(0.55, 0.85) if bush else tall * rng.uniform(0.24, 0.36)
    low = 0.0 if bush else tall * rng.uniform(0.3, 0.42)
    origin, reach = (place.x, 0.0, place.z), (-1.35 * spread, 1.35 * spread, 0.0, tall * 1.08)
    plane = (origin, (1, 0, 0), (0, 1, 0))
    patch = camera.look(view, *plane, view.window(camera.corners(*plane, reach)))
    x, y = patch.a[:1], patch.b[:, :1]
    grow, lit = _crown(rng, x, y, (spread, low, tall), weather)
    leaves = noise.at(noise.LEAVES, x * 34, y * 34, noise.shift(rng))
    crown = grow + np.float32(0.16) * leaves > 0
    lean = rng.normal(0, 0.03)
    radius = (0.05 * tall if not bush else 0.06) * rng.uniform(0.55, 0.8) * (np.float32(1.25) - y / np.float32(tall))
    centred = x - np.float32(lean) * y
    trunk = (abs(centred) < radius) & (y < (low + tall) / 2)
    colors = np.stack([paints.pick(rng, paints.BROWN, paints.GREY) * np.float32(0.75), paints.pick(rng, *LEAVES)])
    bark = noise.at(noise.GRAIN, x * 60, y * 12, noise.shift(rng))
    bark = 1 + np.float32(0.18) * bark - np.float32(0.3) * centred / radius
    shade = np.where(crown, lit * (1 + np.float32(0.28) * leaves), bark)
    color = colors[crown.astype(np.int8)] * (shade * np.float32(weather.on((0, 0.5, -0.85))))[..., None]
    mask = crown | trunk
    color = weather.through(color, place.z)
    return layer.Layer(place.category, place.footprint, tall, patch.rows, patch.columns, mask, color)


def _crown(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, size: tuple[float, float, float], weather: light.Light
) -> tuple[np.ndarray, np.ndarray]:
    """How deep a point lies in a crown of (spread, low, tall), positive inside, and its light; float32 [h, w]."""
    spread, low, tall = size
    half, middle = (tall - low) / 2, (tall + low) / 2
    grow = 1 - ((x / spread) ** 2 + ((y - middle) / half) ** 2)
    for _ in range(6):
        angle, part = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 0.5)
        over_x, over_y = 0.62 * spread * np.cos(angle), middle + 0.6 * half * np.sin(angle)
        blob = 1 - (((x - over_x) / (part * spread * 1.2)) ** 2 + ((y - over_y) / (part * half * 1.2)) ** 2)
        grow = np.maximum(grow * np.float32(0.98), blob)
    sideways = np.float32(weather.sun[0] * weather.direct * 0.7) * x / np.float32(spread)
    upward = np.float32(0.22 + 0.2 * weather.direct) * (y - np.float32(middle)) / np.float32(half)
    return grow, np.maximum(np.float32(0.95) + sideways + upward, np.float32(0.3))
