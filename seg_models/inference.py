"""How maps are made from a model's outputs: by windows or whole, at one scale or several. This file loads no TensorFlow."""

import dataclasses
from typing import Any

from seg_models import errors

STRIDE = 2 / 3  # of the window's used part, as PSPNet's published evaluation steps


@dataclasses.dataclass(frozen=True)
class Inference:
    """The same while training evaluates, in evaluation and in serving.

    Attributes:
      window: (height, width) that the model sees at once; None: the whole image.
      margin: pixels at each side of a window whose scores are not used ("overlap-tile", U-Net, section 2). Beyond the
        image, windows see it mirrored.
      stride: (height, width) from window to window, at most the part that is used. Where windows overlap, their
        probabilities are averaged. None: two thirds of the window or, with a margin, all that is used: no overlap.
      memory_mb: that the sums of overlapping windows may take; wider images are done in panels, with the same result.
      scales: the image is seen at each of these sizes, and the probabilities averaged.
      flip: as `scales`, mirrored left to right too.
      refinement: Config of seg_models.refinements, such as a fully connected CRF; None: the best class of each pixel.
    """

    window: tuple[int, int] | None = None
    margin: int = 0
    stride: tuple[int, int] | None = None
    memory_mb: int = 256
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False
    refinement: Any = dataclasses.field(default=None, metadata={"package": "seg_models.refinements"})

    def __post_init__(self) -> None:
        if not self.scales or min(self.scales) <= 0:
            raise errors.UserError(f"`inference.scales` is {self.scales}; expected positive numbers, at least one.")
        if self.memory_mb < 1:
            raise errors.UserError(f"`inference.memory_mb` is {self.memory_mb}; expected at least 1.")
        if self.window is None:
            if self.margin or self.stride:
                raise errors.UserError("`inference.margin` and `inference.stride` need `inference.window`; set it too.")
            return
        if self.refinement is not None:
            raise errors.UserError("`inference.refinement` looks at the whole image: leave `inference.window` none.")
        if self.margin < 0 or min(self.used) < 1:
            raise errors.UserError(
                f"`inference.margin` is {self.margin}; expected 0 or more and, twice, less than the window {self.window}."
            )
        if not all(1 <= step <= used for step, used in zip(self.steps, self.used)):
            raise errors.UserError(
                f"`inference.stride` is {self.stride}; expected 1 or more, and at most the {self.used} pixels of a "
                "window that are used, or some pixels would get no score."
            )

    @property
    def used(self) -> tuple[int, int]:
        """(height, width) of a window without its margin."""
        return self.window[0] - 2 * self.margin, self.window[1] - 2 * self.margin

    @property
    def steps(self) -> tuple[int, int]:
        """(height, width) from window to window."""
        if self.stride is not None:
            return self.stride
        if self.margin:
            return self.used
        return tuple(max(1, round(STRIDE * length)) for length in self.used)

    @property
    def plain(self) -> bool:
        """Whether one look at the whole image is all there is to it."""
        return self.window is None and self.scales == (1.0,) and not self.flip and self.refinement is None
