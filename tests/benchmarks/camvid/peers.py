"""Other libraries' networks, as their documentation builds them, behind our contract for networks.

They take only images whose sides are multiples of 32 or more, so the image is padded and the scores are cut again.
"""

import os

import keras
import tensorflow as tf

SIZE = (120, 160)


@keras.saving.register_keras_serializable(package="tests")
class PadTo(keras.layers.Layer):
    """Black at the bottom and on the right."""

    def __init__(self, size: tuple[int, int], name: str | None = None) -> None:
        super().__init__(name=name)
        self.size = size

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Float [B, *SIZE, C] -> float [B, *size, C]."""
        return tf.pad(image, [[0, 0], [0, self.size[0] - SIZE[0]], [0, self.size[1] - SIZE[1]], [0, 0]])


@keras.saving.register_keras_serializable(package="tests")
class Logarithm(keras.layers.Layer):
    """What a softmax was made of, but for a constant."""

    def call(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Float, any shape -> the same."""
        return tf.math.log(tf.maximum(probabilities, 1e-7))


def segmentation_models_unet(classes: int) -> keras.Model:
    """U-Net of segmentation-models, ResNet-18."""
    library = _segmentation_models()
    return _whole(library.Unet("resnet18", classes=classes, activation="linear", encoder_weights=None), (128, 160))


def segmentation_models_pspnet(classes: int) -> keras.Model:
    """PSPNet of segmentation-models, ResNet-18 as far as stride 8, which is all that it keeps of it."""
    network = _segmentation_models().PSPNet(
        "resnet18", input_shape=(144, 192, 3), classes=classes, activation="linear", encoder_weights=None
    )
    return _whole(network, (144, 192))


def keras_cv_deeplab(classes: int, widths: tuple[int, ...], channels: int, rates: tuple[int, ...]) -> keras.Model:
    """DeepLabV3+ of keras-cv over a residual network of basic blocks, which it has only undilated."""
    import keras_cv

    backbone = keras_cv.models.ResNetBackbone(
        stackwise_filters=list(widths),
        stackwise_blocks=[2, 2, 2, 2],
        stackwise_strides=[1, 2, 2, 2],
        include_rescaling=True,
        input_shape=(None, None, 3),
        block_type="basic_block",
    )
    pyramid = keras_cv.layers.SpatialPyramidPooling(dilation_rates=list(rates), num_channels=channels)
    network = keras_cv.models.DeepLabV3Plus(
        num_classes=classes, backbone=backbone, spatial_pyramid_pooling=pyramid
    )
    image = keras.Input((128, 160, 3))
    return _whole(keras.Model(image, Logarithm()(network(image))), (128, 160))


def set_momentum(network: keras.Model, momentum: float) -> None:
    """Of every batch normalisation."""
    for layer in network.submodules:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def _segmentation_models() -> object:
    os.environ["SM_FRAMEWORK"] = "tf.keras"
    import segmentation_models

    return segmentation_models


def _whole(network: keras.Model, size: tuple[int, int]) -> keras.Model:
    """Float 0..255 [B, *SIZE, 3] -> {"semantic": float32 [B, *SIZE, C]}."""
    image = keras.Input((*SIZE, 3), name="image")
    scores = network(PadTo(size)(image))
    margins = ((0, size[0] - SIZE[0]), (0, size[1] - SIZE[1]))
    return keras.Model(image, {"semantic": keras.layers.Cropping2D(margins)(scores)}, name="peer")
