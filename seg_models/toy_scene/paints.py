"""Colours. Every category draws from several families, and every family serves several categories."""

import numpy as np

Color = tuple[float, float, float]

GREY = ((0.55, 0.55, 0.55), (0.42, 0.42, 0.44), (0.68, 0.68, 0.66), (0.30, 0.30, 0.32))
ASPHALT = ((0.36, 0.36, 0.38), (0.30, 0.30, 0.32), (0.42, 0.41, 0.41))
STONE = ((0.62, 0.61, 0.58), (0.66, 0.60, 0.52), (0.57, 0.55, 0.54))
BROWN = ((0.45, 0.33, 0.24), (0.56, 0.43, 0.31), (0.62, 0.53, 0.42), (0.34, 0.26, 0.20))
BRICK = ((0.56, 0.28, 0.20), (0.62, 0.36, 0.26), (0.46, 0.22, 0.18))
GREEN = ((0.25, 0.38, 0.19), (0.32, 0.44, 0.22), (0.20, 0.31, 0.18), (0.42, 0.50, 0.30))
AUTUMN = ((0.62, 0.45, 0.18), (0.60, 0.34, 0.17), (0.50, 0.44, 0.22))
BLUE = ((0.45, 0.58, 0.74), (0.28, 0.38, 0.56), (0.58, 0.68, 0.78))
WHITE = ((0.82, 0.82, 0.80), (0.76, 0.75, 0.70), (0.86, 0.86, 0.88))
BLACK = ((0.14, 0.14, 0.15), (0.20, 0.19, 0.19))
VIVID = ((0.76, 0.16, 0.14), (0.16, 0.32, 0.68), (0.86, 0.68, 0.14), (0.16, 0.48, 0.30), (0.80, 0.42, 0.14))
SKIN = ((0.86, 0.67, 0.55), (0.72, 0.52, 0.40), (0.50, 0.35, 0.26), (0.36, 0.25, 0.19))

Family = tuple[Color, ...]


def pick(rng: np.random.Generator, *families: Family, spread: float = 0.12) -> np.ndarray:
    """A colour of one of the families, up to `spread` lighter or darker and a little tinted; float32 [3]."""
    which, member, bright, *tints = rng.random(6).tolist()
    family = families[int(which * len(families))]
    gain = 1 + spread * (2 * bright - 1)
    base = family[int(member * len(family))]
    return np.array([value * gain * (1 + spread * (tint - 0.5)) for value, tint in zip(base, tints)], np.float32)
