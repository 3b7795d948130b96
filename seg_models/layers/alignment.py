"""Where features lie in the image, so that maps of different strides are added where they belong."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Grid:
    """The i-th feature of a row or column is centred on pixel `start + i * stride`.

    Attributes:
      stride: pixels between two features.
      start: pixel of the first; between two pixels where it ends in .5.
    """

    stride: float = 1.0
    start: float = 0.0

    def convolved(self, kernel_size: int, *, strides: int = 1, padding: int = 0) -> "Grid":
        """Of the outputs of a convolution or pooling that pads `padding` on the left and at the top."""
        return Grid(self.stride * strides, self.start + self.stride * ((kernel_size - 1) / 2 - padding))

    def enlarged(self, factor: int) -> "Grid":
        """Of what bilinear_upsampling.BilinearUpsampling gives; its kernel of 2 * factor looks beyond the edge."""
        stride = self.stride / factor
        return Grid(stride, self.start - stride * (2 * factor - 1) / 2)

    def index_of(self, other: "Grid") -> int:
        """Which feature of this grid lies where the first one of `other`, of the same stride, does; may be negative.

        Raises:
          ValueError: none does.
        """
        index = (other.start - self.start) / self.stride
        if self.stride != other.stride or not index.is_integer():
            raise ValueError(f"{other} does not lie on {self}.")
        return int(index)
