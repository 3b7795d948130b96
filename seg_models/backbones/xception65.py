"""The aligned Xception of DeepLabV3+ (Chen et al., 2018, section 3.2 and figure 4), of 41, 65 and 71 layers.

After Qi et al.'s entry to COCO 2017 it is deeper than Xception, and separable convolutions take the poolings' place; a
normalisation and a ReLU follow every depthwise convolution. Kernels of a strided convolution are centred on the first
pixel whatever the image's size, hence "aligned".
"""

import dataclasses

import keras
import tensorflow as tf

from seg_models import dilation, errors
from seg_models.layers import atrous_convolution, normalization

STEM = (32, 64)
ENTRY = ((128, 2), (256, 2), (728, 2))
MIDDLE = 728
EXIT = (728, 1024, 1024)
LAST = (1536, 1536, 2048)

# depth -> the (channels, strides) of the entry flow's blocks, and the number of blocks in the middle flow.
DEPTHS = {
    41: (ENTRY, 8),
    65: (ENTRY, 16),
    71: (((128, 2), (256, 1), (256, 2), (728, 1), (728, 2)), 16),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which aligned Xception.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      depth: 41, 65 or 71.
      multi_grid: what the dilation of the last three convolutions is multiplied by; (1, 2, 4) is DeepLabV3's.
      inner_relu: whether a ReLU stands between depthwise and 1x1 convolution everywhere, as in the paper; False leaves
        it to the last block alone, as the authors' program and checkpoints do.
    """

    output_stride: int = 16
    depth: int = 65
    multi_grid: tuple[int, int, int] = (1, 1, 1)
    inner_relu: bool = True

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        if self.depth not in DEPTHS:
            raise errors.UserError(f"`depth` is {self.depth}; expected one of {', '.join(map(str, DEPTHS))}.")
        if len(self.multi_grid) != 3 or min(self.multi_grid) < 1:
            raise errors.UserError(f"`multi_grid` is {self.multi_grid}; expected three positive numbers.")

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere; keras.applications has none for this network."""
        return False


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; named as in DeepLab's release, `_` for `/`.

    Level n is float [B, ceil(H / s), ceil(W / s), C], where s is 2^n or output_stride, whichever is less. Level 1 is
    the stem's output. Levels 2 and 3 hold the second separable convolution of the block that goes on to the next
    stride, which is where DeepLab's decoder attaches; levels 4 and 5 hold the middle and the exit flow's output.
    """
    entry, middle = DEPTHS[config.depth]
    image = keras.Input((None, None, 3), name="image")
    features = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(image)
    flow = _Flow(config, norm)
    for index, (width, strides) in enumerate(zip(STEM, (2, 1)), start=1):
        features = flow.convolution(features, width, 3, f"entry_flow_conv1_{index}", strides=strides)
        features = keras.layers.ReLU()(features)
    levels, stride = {"1": features}, 2
    for index, (width, strides) in enumerate(entry, start=1):
        name = f"entry_flow_block{index}"
        features, second = flow.block(features, (width,) * 3, name, stride=stride, strides=strides)
        if strides == 2 and stride > 2:
            levels[str(stride.bit_length() - 1)] = second
        stride *= strides
    for index in range(1, middle + 1):
        name = f"middle_flow_block1_unit_{index}"
        features, _ = flow.block(features, (MIDDLE,) * 3, name, stride=stride, project=False)
    levels["4"] = features
    features, _ = flow.block(features, EXIT, "exit_flow_block1", stride=stride, strides=2)
    levels["5"] = flow.last_block(features, 2 * stride)
    return keras.Model(image, levels, name=f"xception{config.depth}")


class _Flow:
    """What the flows are built of."""

    def __init__(self, config: Config, norm: normalization.Norm) -> None:
        self.config = config
        self.norm = norm

    def block(
        self,
        features: tf.Tensor,
        widths: tuple[int, int, int],
        name: str,
        *,
        stride: int,
        strides: int = 1,
        project: bool = True,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Three separable convolutions beside a shortcut.

        Args:
          features: float [B, H, W, C].
          widths: of the three.
          name: of the block.
          stride: of the features in the undilated network.
          strides: of the last of the three and of the shortcut, in the undilated network.
          project: whether there is a 1x1 convolution in the shortcut.

        Returns:
          (float [B, H', W', widths[2]], float [B, H, W, widths[1]]): the sum, and the second convolution's output.
        """
        strides, rate = dilation.plan(stride, strides, self.config.output_stride)
        shortcut, outputs = features, []
        if project:
            shortcut = self.convolution(features, widths[-1], 1, f"{name}_shortcut", strides=strides)
        for index, width in enumerate(widths, start=1):
            features = keras.layers.ReLU()(features)
            features = self.separable(
                features,
                width,
                f"{name}_separable_conv{index}",
                rate=rate,
                strides=strides if index == 3 else 1,
                inner_relu=self.config.inner_relu,
            )
            outputs.append(features)
        return keras.layers.Add(name=f"{name}_add")([shortcut, features]), outputs[1]

    def last_block(self, features: tf.Tensor, stride: int) -> tf.Tensor:
        """Three separable convolutions with ReLUs after them: float [B, H, W, C] -> float [B, H, W, 2048]."""
        _, rate = dilation.plan(stride, 1, self.config.output_stride)
        for index, (width, factor) in enumerate(zip(LAST, self.config.multi_grid), start=1):
            name = f"exit_flow_block2_separable_conv{index}"
            features = self.separable(features, width, name, rate=rate * factor, strides=1, inner_relu=True)
            features = keras.layers.ReLU()(features)
        return features

    def separable(
        self, features: tf.Tensor, width: int, name: str, *, rate: int, strides: int, inner_relu: bool
    ) -> tf.Tensor:
        """Depthwise 3x3, then 1x1 convolution: float [B, H, W, C] -> float [B, H', W', width]."""
        if strides > 1:
            features = keras.layers.ZeroPadding2D(1)(features)
        features = keras.layers.DepthwiseConv2D(
            3,
            strides=strides,
            dilation_rate=rate,
            padding="valid" if strides > 1 else "same",
            use_bias=self.norm.use_bias,
            # Keras counts all channels as fan-in, but each output sees one.
            depthwise_initializer=keras.initializers.RandomNormal(stddev=(2 / 9) ** 0.5),
            name=f"{name}_depthwise",
        )(features)
        features = self.norm.layer(f"{name}_depthwise_bn")(features)
        if inner_relu:
            features = keras.layers.ReLU()(features)
        return self.convolution(features, width, 1, f"{name}_pointwise")

    def convolution(
        self, features: tf.Tensor, width: int, kernel_size: int, name: str, *, strides: int = 1
    ) -> tf.Tensor:
        """Convolution and normalisation: float [B, H, W, C] -> float [B, H', W', width]."""
        if strides > 1 and kernel_size > 1:
            features = keras.layers.ZeroPadding2D(kernel_size // 2)(features)
        features = atrous_convolution.AtrousConv2D(
            width,
            kernel_size,
            strides=strides,
            padding="valid" if strides > 1 else "same",
            use_bias=self.norm.use_bias,
            kernel_initializer="he_normal",
            name=name,
        )(features)
        return self.norm.layer(f"{name}_bn")(features)
