"""Signs: a board with rim and symbol, on a pole."""

import numpy as np

from seg_models.toy_scene import camera, layer, layout, light, noise, paints

BOARD = (paints.VIVID, paints.VIVID, paints.VIVID, paints.BLUE, paints.GREEN)
RIM = 0.78
POLE = 0.1


def draw(place: layout.Place, view: camera.Camera, weather: light.Light, rng: np.random.Generator) -> layer.Layer:
    """The sign as a layer."""
    radius = rng.uniform(0.6, 0.76)
    middle = place.height - radius
    plane = ((place.x, 0.0, place.z), (1, 0, 0), (0, 1, 0))
    reach = (-1.4 * radius, 1.4 * radius, 0.0, place.height + 0.1)
    patch = camera.look(view, *plane, view.window(camera.corners(*plane, reach)))
    across, up = patch.a[:1], patch.b[:, :1]
    x, y = across / np.float32(radius), (up - np.float32(middle)) / np.float32(radius)
    out = SHAPES[rng.integers(len(SHAPES))](x, y)
    symbol = SYMBOLS[rng.integers(len(SYMBOLS))](x, y)
    board, pole = out < 1, (abs(across) < POLE) & (up < middle)
    inner = board & (out < RIM) & (rng.random() < 0.95)  # the others show their backs
    part = np.where(inner, np.where(symbol, 3, 1), np.where(board, 2, 0))
    colors = np.stack([paints.pick(rng, paints.GREY), *_colors(rng)])
    dirt = np.float32(0.04) * noise.at(noise.CLOUDS, across * 60, up * 60, noise.shift(rng))
    shade = np.where(board, 1 + dirt - np.float32(0.05) * y, 1 + across * np.float32(2 * np.sign(weather.sun[0])))
    color = weather.through(colors[part] * (shade * np.float32(weather.on((0, 0, -1))))[..., None], place.z)
    return layer.Layer(place.category, place.footprint, 1.0, patch.rows, patch.columns, board | pole, color)


def _colors(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of face, rim and symbol: light in a coloured rim, or coloured with a light symbol."""
    strong, pale = paints.pick(rng, *BOARD), paints.pick(rng, paints.WHITE)
    if rng.random() < 0.5:
        return pale, strong, paints.pick(rng, paints.BLACK, paints.VIVID)
    return strong, (pale if rng.random() < 0.6 else strong * np.float32(0.8)), pale


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(abs(x), abs(y)) / np.float32(0.9)


def _wide(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(abs(x) / np.float32(1.35), abs(y) / np.float32(0.8))


def _octagon(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(np.maximum(abs(x), abs(y)), (abs(x) + abs(y)) / np.float32(1.4))


def _triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum((abs(x) * np.float32(1.75) + y + np.float32(0.1)) / np.float32(1.02), -y / np.float32(0.88))


def _diamond(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (abs(x) + abs(y)) / np.float32(1.15)


def _bar(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (abs(y) < 0.17) & (abs(x) < 0.55)


def _arrow(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ((abs(x) < 0.14) & (abs(y) < 0.5)) | ((abs(x) < np.float32(0.5) - y) & (y > 0.1) & (y < 0.55))


def _slash(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return abs(x - y) < 0.2


def _exclamation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ((abs(x) < 0.15) & (y > -0.1) & (y < 0.55)) | (np.hypot(x, y + np.float32(0.38)) < 0.16)


def _lines(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (abs(abs(y) - np.float32(0.25)) < 0.1) & (abs(x) < 0.5)


# How far out a point of the board is, float32 [h, w]: below 1 on the board. x and y are about 1 at its edge.
SHAPES = (np.hypot, _square, _wide, _octagon, _triangle, _diamond)
# Where the symbol is, bool [h, w].
SYMBOLS = (_bar, _arrow, _slash, _exclamation, _lines)
