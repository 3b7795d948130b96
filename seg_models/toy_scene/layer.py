"""Layers: things and trees as they are drawn, each whole; which hides which; what remains visible."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Footprint:
    """The rectangle of ground that something stands on, metres."""

    x0: float
    x1: float
    z0: float
    z1: float

    def overlaps(self, other: "Footprint", margin: float) -> bool:
        """Whether the two come closer than `margin`."""
        apart = self.x0 - other.x1 > margin or other.x0 - self.x1 > margin
        return not (apart or self.z0 - other.z1 > margin or other.z0 - self.z1 > margin)

    def before(self, other: "Footprint") -> bool:
        """Whether this may hide `other` and cannot be hidden by it, seen from x = 0 along z; the two are disjoint."""
        if self.z1 <= other.z0 or other.z1 <= self.z0:
            return self.z1 <= other.z0
        # Side by side: the one nearer to the line of sight is in front.
        return 0 <= self.x1 <= other.x0 or 0 >= self.x0 >= other.x1 or self.x0 <= 0 <= self.x1


@dataclasses.dataclass(frozen=True, eq=False)
class Layer:
    """One thing or tree, drawn whole inside a window of the frame.

    Attributes:
      category: of seg_models.toy_scene.categories.
      footprint: where it stands; tall: its height, metres.
      rows, columns: the window.
      mask: bool [h, w], its whole extent inside the frame.
      color: float32 [h, w, 3].
    """

    category: int
    footprint: Footprint
    tall: float
    rows: slice
    columns: slice
    mask: np.ndarray
    color: np.ndarray

    def amodal(self, height: int, width: int) -> np.ndarray:
        """The mask in the whole frame, bool [H, W]."""
        whole = np.zeros((height, width), bool)
        whole[self.rows, self.columns] = self.mask
        return whole


def near_to_far(layers: Sequence[Layer]) -> list[Layer]:
    """An order in which no layer hides an earlier one."""
    rest = sorted(layers, key=lambda layer: layer.footprint.z0)
    ordered = []
    while rest:
        free = (one for one in rest if not any(_before(other, one) for other in rest))
        ordered.append(next(free, rest[0]))  # three may hide one another in a ring: then the nearest goes first
        rest = [layer for layer in rest if layer is not ordered[-1]]
    return ordered


def resolve(
    layers: Sequence[Layer], covered: np.ndarray, keep: Callable[[Layer, int], bool]
) -> list[tuple[Layer, np.ndarray]]:
    """Takes layers from near to far and drops those that `keep(layer, visible pixels)` refuses.

    Args:
      covered: bool [H, W], what is hidden from the start; grows by the kept layers.

    Returns:
      (layer, bool [h, w] its visible part) of the kept ones. A dropped layer hides nothing.
    """
    kept = []
    for layer in layers:
        window = covered[layer.rows, layer.columns]
        visible = layer.mask & ~window
        if keep(layer, int(visible.sum())):
            window |= layer.mask
            kept.append((layer, visible))
    return kept


def _before(one: Layer, other: Layer) -> bool:
    return one is not other and one.footprint.before(other.footprint)
