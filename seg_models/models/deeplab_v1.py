"""DeepLab-LargeFOV (Chen et al., 2015): VGG16 at stride 8, its fully connected layers looking far through few holes.

It is trained on the scores of stride 8 and the truth at every eighth pixel, as in the paper (section 2.1), and predicts
at every pixel. That is also how the loss of validation images is found.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model
from seg_models.layers import caffe_preprocessing, convolution, corner_resize, normalization, vgg
from seg_models.losses import cross_entropy

STRIDE = 8
POOLING_STRIDES = (2, 2, 2, 1, 1)
HOLES = (1, 1, 1, 1, 2)  # the dilation of each block's convolutions


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are those of DeepLab-LargeFOV.

    The paper's table 1 compares fields of view, as (kernel_size, input_stride, vgg16.fc_channels): 7, 4, 4096 and
    4, 8, 4096 see 224 pixels, 4, 4, 4096 sees 128, and 3, 12, 1024 again 224 with a seventh of the weights.

    Attributes:
      kernel_size: of fc6.
      input_stride: features from one weight of fc6 to the next.
      vgg16: the network; weights of the whole fc6 and fc7 are thinned out to fit.
      norm: of every convolution but the last; the paper has none.
      loss: Config of seg_models.losses.
    """

    kernel_size: int = 3
    input_stride: int = 12
    vgg16: vgg.Vgg16 = vgg.Vgg16(fc_channels=1024)
    norm: normalization.Norm = normalization.Norm("none")
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if not 1 <= self.kernel_size <= 7 or self.input_stride < 1:
            raise errors.UserError(
                f"`kernel_size` is {self.kernel_size}, `input_stride` {self.input_stride}; expected a kernel of 1 to "
                "7 and a positive stride."
            )

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.vgg16.pretrained


class DeepLab(model.SemanticModel):
    """Learns from the very pixels that have scores of their own, the multiples of 8: the truth is thinned to them."""

    def loss_terms(self, batch: model.Batch, outputs: model.Outputs) -> dict[str, tf.Tensor]:
        """{"semantic": scalar} and the auxiliary ones, from scores of every pixel or of every eighth."""
        size, count = tf.shape(batch["semantic"])[1:3], tf.shape(outputs["semantic"])[1:3]
        steps = tf.where(count == size, 1, STRIDE)
        rows, columns = (tf.range(0, size[axis], steps[axis]) for axis in (0, 1))
        return super().loss_terms(model.thinned(batch, rows, columns), outputs)


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}; in training [B, ceil(H / 8), ...]."""
    image = keras.Input((None, None, 3), name="image")
    features = trunk(image, config.vgg16, config.norm)
    # Caffe averages the zeros beyond the border too, hence the explicit padding.
    features = keras.layers.ZeroPadding2D(1)(features)
    features = keras.layers.AveragePooling2D(3, strides=1, name="pool5a")(features)
    features = vgg.fully_connected(
        features,
        config.vgg16,
        config.norm,
        kernel_size=config.kernel_size,
        padding="same",
        rate=config.input_stride,
    )
    backbone = keras.Model(image, features, name="vgg16")
    vgg.load(backbone, config.vgg16)
    scores = convolution.scores(features, info.num_categories, name="fc8")
    semantic = corner_resize.CornerUpsampling(STRIDE, name="fc8_interp")([scores, image])
    network = keras.Model(image, {"semantic": semantic}, name="deeplab_v1")
    return DeepLab(info, network, config.loss, backbone=backbone)


def trunk(image: tf.Tensor, size: vgg.Vgg16, norm: normalization.Norm) -> tf.Tensor:
    """VGG16 as DeepLab changes it, up to pool5: float 0..255 [B, H, W, 3] -> float [B, ceil(H / 8), ceil(W / 8), C].

    The i-th feature of a row is centred on pixel 8 i, for every pooling is of 3x3 with a border of 1.
    """
    features = caffe_preprocessing.CaffePreprocessing()(image)
    for number, (strides, rate) in enumerate(zip(POOLING_STRIDES, HOLES), start=1):
        features = vgg.block(features, number, size, norm, rate=rate)
        # Nothing is negative after ReLU, so zeros never win; "same" would shift the windows of even sizes.
        features = keras.layers.ZeroPadding2D(1)(features)
        features = keras.layers.MaxPooling2D(3, strides=strides, name=f"block{number}_pool")(features)
    return features
