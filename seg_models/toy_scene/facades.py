"""House fronts: walls of several materials, windows, shops, cornices."""

import dataclasses

import numpy as np

from seg_models.toy_scene import noise, paints

WALL, TRIM, GLASS, BASE, ROOF = range(5)
WALLS = (paints.GREY, paints.BROWN, paints.BRICK, paints.BROWN, paints.BRICK, paints.WHITE)


@dataclasses.dataclass(frozen=True, eq=False)
class Style:
    """How a building looks.

    Attributes:
      colors: float32 [5, 3] of WALL .. ROOF.
      bricks: courses and joints; otherwise plaster.
      storey, bay: size of a window's cell, metres; window: half width and half height as fractions of it.
      roof: metres of roof at the top, 0: a flat roof with a cornice.
      lights: float32 [64], brightness of windows, by their number.
      shift: place in the noise.
    """

    colors: np.ndarray
    bricks: bool
    storey: float
    bay: float
    window: tuple[float, float]
    roof: float
    lights: np.ndarray
    shift: tuple[int, int]


def sample(rng: np.random.Generator) -> Style:
    """A random style."""
    wall = paints.pick(rng, *WALLS)
    trim = wall * np.float32(rng.choice((0.7, 1.22)))
    glass = paints.pick(rng, paints.BLUE, paints.BLACK, paints.GREY) * np.float32(0.62)
    base = paints.pick(rng, paints.VIVID, paints.BROWN, paints.BRICK, paints.GREY, paints.BLACK) * np.float32(0.85)
    roof = paints.pick(rng, paints.BRICK, paints.BLACK, paints.GREY) * np.float32(0.8)
    return Style(
        colors=np.stack([wall, trim, glass, base, roof]),
        bricks=bool(rng.random() < 0.5),
        storey=rng.uniform(2.6, 3.4),
        bay=rng.uniform(1.7, 3.2),
        window=(rng.uniform(0.2, 0.34), rng.uniform(0.24, 0.34)),
        roof=rng.uniform(1.0, 2.2) if rng.random() < 0.45 else 0.0,
        lights=np.where(rng.random(64) < 0.15, 2.2, rng.uniform(0.6, 1.4, 64)).astype(np.float32),
        shift=noise.shift(rng),
    )


def paint(style: Style, along: np.ndarray, up: np.ndarray, height: float) -> np.ndarray:
    """The colours of a wall at metres `along` it and `up` from the ground (float32 [h, w] both); float32 [h, w, 3]."""
    bay, storey = along * np.float32(1 / style.bay), up * np.float32(1 / style.storey)
    cell_x, cell_y = np.floor(bay), np.floor(storey)
    off_x, off_y = abs(bay - cell_x - np.float32(0.5)), abs(storey - cell_y - np.float32(0.52))
    half_x, half_y = style.window
    part = np.zeros(along.shape, np.int8)
    part[(off_x < half_x + 0.05) & (off_y < half_y + 0.05)] = TRIM
    glass = (off_x < half_x) & (off_y < half_y) & (off_x > 0.02)
    part[glass] = GLASS
    ground = cell_y < 1
    part[ground] = np.where((off_x < 0.42) & (off_y < 0.36), GLASS, BASE)[ground]
    part[up > height - style.roof] = ROOF
    part[abs(up - (height - style.roof)) < 0.18] = TRIM
    shade = 1 + np.float32(0.06) * noise.at(noise.CLOUDS, along * 14, up * 14, style.shift)
    if style.bricks:
        shade *= _courses(along, up)
    number = (cell_x * 7 + cell_y * 13).astype(np.int32) & 63
    panes = part == GLASS
    shade[panes] = (style.lights[number] * (np.float32(1.25) - np.float32(0.9) * (storey - cell_y)))[panes]
    return style.colors[part] * shade[..., None]


def _courses(along: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Brightness of big bricks and their joints, float32 [h, w]."""
    row = np.floor(up * np.float32(2.6))
    course, brick = up * np.float32(2.6) - row, along * np.float32(1.2) + row * np.float32(0.5)
    column = np.floor(brick)
    joint = (course < 0.16) | (brick - column < 0.09)
    tone = np.float32(0.92) + np.float32(0.05) * ((row * 3 + column * 5).astype(np.int32) & 3)
    return np.where(joint, np.float32(0.74), tone)
