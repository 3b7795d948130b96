"""What the camera adds: the own car's bonnet in view, blur, vignetting, exposure, colour cast, noise."""

import numpy as np

from seg_models.toy_scene import camera, paints


def bonnet(view: camera.Camera, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The bonnet of the car that carries the camera: bool [H, W], empty on some cars; its colours float32 [H, W, 3]."""
    tall = view.height * rng.uniform(0.035, 0.085) * (rng.random() < 0.65)
    x = (np.arange(view.width, dtype=np.float32) + 0.5) / view.width * 2 - 1
    top = view.height - np.float32(tall) * (1 - np.float32(rng.uniform(0.3, 0.8)) * x * x)
    below = (np.arange(view.height, dtype=np.float32) + 0.5)[:, None] - top
    color = paints.pick(rng, paints.GREY, paints.BLACK, paints.BLUE, paints.WHITE, paints.BRICK)
    shine = np.float32(1.15) - np.float32(0.5) * np.clip(below / max(tall, 1), 0, 1)
    return (below > 0) & (tall > 0), color * shine[..., None]


def expose(color: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32 [H, W, 3] in 0..1 -> the picture, uint8 [H, W, 3]."""
    height, width, _ = color.shape
    color = _blurred(color, np.float32(rng.uniform(0.04, 0.14)))
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    gain = 1 - np.float32(rng.uniform(0, 0.22)) * (x * x + y * y) * np.float32(0.5)
    # Exposed for the whole picture, not quite right.
    cast = (rng.uniform(0.40, 0.52) / color.mean() * rng.uniform(0.95, 1.05, 3)).astype(np.float32)
    color = color * gain[..., None] * cast
    contrast = np.float32(rng.uniform(0.9, 1.15))
    color = (color - np.float32(0.45)) * contrast + np.float32(0.45 + rng.uniform(-0.03, 0.03))
    color += rng.standard_normal(color.shape, np.float32) * np.float32(rng.uniform(0.008, 0.02))
    return (np.clip(color, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _blurred(color: np.ndarray, weight: np.float32) -> np.ndarray:
    """Three taps down and across; the rim stays as it is."""
    soft = color.copy()
    soft[1:-1] += weight * (color[2:] + color[:-2] - 2 * color[1:-1])
    soft[:, 1:-1] += weight * (soft[:, 2:] + soft[:, :-2] - 2 * soft[:, 1:-1])
    return soft
