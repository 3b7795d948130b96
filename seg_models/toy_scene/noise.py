"""Value noise: periodic tiles, made once, looked up by world coordinates."""

import functools

import numpy as np

SIZE = 512
CLOUDS = (4, 8, 16, 32, 64)
LEAVES = (32, 64, 128, 256)
GRAIN = (128, 256, 512)


@functools.lru_cache(maxsize=None)
def tile(octaves: tuple[int, ...]) -> np.ndarray:
    """float32 [SIZE, SIZE]: mean 0, deviation 1, cut at 2.5. An octave of n cells a side has the amplitude n^-0.5."""
    rng = np.random.default_rng(len(octaves) * 1000 + octaves[0])
    total = sum(_octave(rng, cells) / np.sqrt(cells) for cells in octaves)
    return np.ascontiguousarray(np.clip((total - total.mean()) / total.std(), -2.5, 2.5), np.float32)


def at(octaves: tuple[int, ...], u: np.ndarray, v: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """The tile's values at tile coordinates (u, v), float32 of their broadcast shape; periodic."""
    rows = (v + np.float32(shift[0])).astype(np.int32) & (SIZE - 1)
    columns = (u + np.float32(shift[1])).astype(np.int32) & (SIZE - 1)
    return tile(octaves).take(rows * SIZE + columns)


def shift(rng: np.random.Generator) -> tuple[int, int]:
    """A random place in a tile."""
    row, column = rng.integers(0, SIZE, 2).tolist()
    return row, column


def _octave(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Random values on a cells x cells grid, smoothly interpolated to float64 [SIZE, SIZE], periodic."""
    grid = rng.standard_normal((cells, cells))
    place = np.arange(SIZE) * cells / SIZE
    low = place.astype(int)
    weight = place - low
    weight = weight * weight * (3 - 2 * weight)
    high = (low + 1) % cells
    rows = grid[low] * (1 - weight[:, None]) + grid[high] * weight[:, None]
    return rows[:, low] * (1 - weight) + rows[:, high] * weight
