"""The few images that a report shows: best, worst and random, bounded in number and bytes. No TensorFlow."""

import dataclasses
import hashlib
import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from seg_models import image_files, metric

LONGEST_SIDE = 512
JPEG_QUALITY = 90


@dataclasses.dataclass(frozen=True)
class Sample:
    """One image with truth and prediction, small and encoded.

    Attributes:
      key: of the record.
      score: what the gallery ranks by; NaN where it is undefined for this image.
      scores: (name, score) of this image alone.
      image: JPEG.
      truth, prediction: (name of the map, 16-bit PNG), such as ("semantic", ...).
    """

    key: str
    score: float
    scores: tuple[tuple[str, float], ...]
    image: bytes
    truth: tuple[tuple[str, bytes], ...]
    prediction: tuple[tuple[str, bytes], ...]


Draw = Callable[[], Sample]


class Gallery:
    """The best, the worst and some random samples of a stream; the same ones in whatever order they come."""

    def __init__(self, size: int) -> None:
        """`size`: samples of each kind at most."""
        self.size = size
        self.best: list[Sample] = []
        self.worst: list[Sample] = []
        self.random: list[Sample] = []

    def offer(self, key: str, score: float, draw: Draw) -> None:
        """Considers one image; `draw` encodes it, and is called only when it is kept."""
        kinds = [kind for kind in KINDS if self._wanted(kind, key, score)]
        if kinds:
            sample = draw()
            for kind in kinds:
                self._keep(kind, [*getattr(self, kind), sample])

    def merge(self, other: "Gallery") -> None:
        """Adds the samples of another gallery."""
        for kind in KINDS:
            self._keep(kind, getattr(self, kind) + getattr(other, kind))

    def _wanted(self, kind: str, key: str, score: float) -> bool:
        if kind != "random" and math.isnan(score):
            return False
        kept, order = getattr(self, kind), KINDS[kind]
        return len(kept) < self.size or (self.size > 0 and order(key, score) < order(kept[-1].key, kept[-1].score))

    def _keep(self, kind: str, samples: list[Sample]) -> None:
        order = KINDS[kind]
        setattr(self, kind, sorted(samples, key=lambda sample: order(sample.key, sample.score))[: self.size])


def _by_hash(key: str, score: float) -> tuple[str, str]:
    """Random, but the same for the same key: no seed, and no matter how the records are split over workers."""
    return hashlib.sha256(key.encode()).hexdigest(), key


KINDS: dict[str, Callable[[str, float], tuple]] = {
    "best": lambda key, score: (-score, key),
    "worst": lambda key, score: (score, key),
    "random": _by_hash,
}


def sample(
    key: str, scores: tuple[tuple[str, float], ...], image: np.ndarray, maps: tuple[metric.Maps, metric.Maps]
) -> Sample:
    """A Sample that is ranked by the first of its scores.

    Args:
      key: of the record.
      scores: (name, score) of this image.
      image: uint8 [H, W, 3].
      maps: truth and prediction, integer [H, W] each.
    """
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    buffer = io.BytesIO()
    Image.fromarray(image).resize(size, Image.Resampling.BOX).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    truth, prediction = (_small_maps(each, size) for each in maps)
    return Sample(key, scores[0][1] if scores else math.nan, scores, buffer.getvalue(), truth, prediction)


def decoded(maps: tuple[tuple[str, bytes], ...]) -> dict[str, np.ndarray]:
    """The maps of a Sample: name -> int32 [h, w]."""
    return {name: image_files.decode(png).astype(np.int32) for name, png in maps}


def _small_maps(maps: metric.Maps, size: tuple[int, int]) -> tuple[tuple[str, bytes], ...]:
    """The maps at `size` (width, height) without mixing ids."""
    named = (("semantic", maps.semantic), ("panoptic", maps.panoptic))
    return tuple((name, _small_png(values, size)) for name, values in named if values is not None)


def _small_png(values: np.ndarray, size: tuple[int, int]) -> bytes:
    rows = (np.arange(size[1]) + 0.5) * values.shape[0] / size[1]
    columns = (np.arange(size[0]) + 0.5) * values.shape[1] / size[0]
    return image_files.encode_png(values[rows.astype(int)][:, columns.astype(int)].astype(np.uint16))
