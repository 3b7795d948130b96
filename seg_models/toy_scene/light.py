"""The weather of a scene: sun, ambient light, haze."""

import dataclasses

import numpy as np

from seg_models.toy_scene import paints

OVERCAST = ((0.72, 0.73, 0.75), (0.82, 0.82, 0.82), (0.62, 0.64, 0.67))
CLEAR = ((0.42, 0.60, 0.86), (0.52, 0.70, 0.92), (0.36, 0.50, 0.72))
BRIGHT = ((0.90, 0.92, 0.95), (0.86, 0.88, 0.90), (0.95, 0.86, 0.74), (0.92, 0.80, 0.74))


@dataclasses.dataclass(frozen=True, eq=False)
class Light:
    """How a scene is lit.

    Attributes:
      sun: unit vector towards the sun, float64 [3].
      direct: strength of the sun, 0 when overcast; ambient: of the sky.
      zenith, horizon: colours of the sky, float32 [3].
      visibility: metres after which 63 % of the colour is haze.
    """

    sun: np.ndarray
    direct: float
    ambient: float
    zenith: np.ndarray
    horizon: np.ndarray
    visibility: float

    def on(self, normal: tuple[float, float, float] | np.ndarray) -> float:
        """Brightness of a surface with that unit normal."""
        x, y, z = self.sun.tolist()
        return self.ambient + self.direct * max(0.0, x * normal[0] + y * normal[1] + z * normal[2])

    def shadow(self) -> float:
        """Brightness of shaded ground relative to lit ground."""
        return self.ambient / self.on((0.0, 1.0, 0.0))

    def through(self, color: np.ndarray, z: np.ndarray | float) -> np.ndarray:
        """float32 [..., 3]: colours at distance z (float32 [...] or a number), seen through the haze."""
        clear = np.exp(np.asarray(z, np.float32) * np.float32(-1 / self.visibility))[..., None]
        return (color - self.horizon) * clear + self.horizon


def sample(rng: np.random.Generator) -> Light:
    """A random weather: clear, hazy, overcast or evening."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 1.1)
    sun = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(elevation), np.sin(azimuth) * np.cos(elevation)])
    direct = rng.choice((0.0, rng.uniform(0.15, 0.35), rng.uniform(0.4, 0.6)), p=(0.25, 0.35, 0.4))
    grey = paints.pick(rng, OVERCAST)
    blue = paints.pick(rng, CLEAR)
    zenith = grey if direct == 0 else blue
    bright = paints.pick(rng, BRIGHT, spread=0.05)
    horizon = bright * 0.5 + grey * 0.5 if direct == 0 else bright
    return Light(sun, direct, rng.uniform(0.72, 0.88) - direct * 0.45, zenith, horizon, rng.uniform(120, 400))
