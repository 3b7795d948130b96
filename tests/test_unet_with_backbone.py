"""U-Net over backbones: the published widths, every backbone's levels, any size."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.backbones import mix_transformer, vgg16
from seg_models.layers import normalization
from seg_models.models import unet_with_backbone
from tests import tiny_models

TINY = dataclasses.replace(tiny_models.CONFIGS["unet_with_backbone"], norm=normalization.Norm("group"))
TRANSFORMER = tiny_models.CONFIGS["segformer"].backbone
UPSAMPLINGS = ("nearest", "transposed")


def convolution(inputs: int, outputs: int, size: int = 3) -> int:
    """Weights of a convolution without bias and of the normalisation after it, with its statistics."""
    return size * size * inputs * outputs + 4 * outputs


def decoder(widths: dict[str, int], config: unet_with_backbone.Config) -> keras.Model:
    """The expanding path alone: ({level: float [B, h, w, widths[level]]}, image) -> float [B, H, W, C]."""
    image = keras.Input((None, None, 3))
    levels = {level: keras.Input((None, None, width)) for level, width in widths.items()}
    return keras.Model([levels, image], unet_with_backbone.decoder(levels, image, config))


@pytest.mark.parametrize("finest_skip", (0, 1))
def test_over_vgg16_it_has_as_many_weights_as_released(finest_skip: int) -> None:
    """segmentation-models 1.0.1: `Unet("vgg16")` has 23,752,273 parameters, and by default no skip of level 0."""
    batch = {"norm": normalization.Norm("batch"), "finest_skip": finest_skip}
    config = dataclasses.replace(unet_with_backbone.VGG16, **batch)
    center = 2 * convolution(512, 512)
    joined = ((512 + 512, 256), (256 + 512, 128), (128 + 256, 64), (64 + 128, 32), (32 + 64 * (1 - finest_skip), 16))
    blocks = sum(convolution(inputs, outputs) + convolution(outputs, outputs) for inputs, outputs in joined)
    widths = {"0": 64, "1": 128, "2": 256, "3": 512, "4": 512, "5": 512}
    assert decoder(widths, config).count_params() == center + blocks
    if finest_skip == 1:
        vgg16_weights, head = 14_714_688, 9 * 16 + 1
        assert vgg16_weights + center + blocks + head == 23_752_273


def test_over_resnet_50_the_last_block_has_no_skip() -> None:
    config = unet_with_backbone.Config(norm=normalization.Norm("batch"))
    joined = ((2048 + 1024, 256), (256 + 512, 128), (128 + 256, 64), (64 + 64, 32), (32, 16))
    blocks = sum(convolution(inputs, outputs) + convolution(outputs, outputs) for inputs, outputs in joined)
    assert decoder({"1": 64, "2": 256, "3": 512, "4": 1024, "5": 2048}, config).count_params() == blocks


@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("backbone", ("residual", "dilated", "mix_transformer"))
def test_scores_have_the_images_size_and_all_weights_learn(backbone: str, upsampling: str) -> None:
    chosen = {
        "residual": TINY.backbone,
        "dilated": dataclasses.replace(TINY.backbone, output_stride=8),
        "mix_transformer": TRANSFORMER,
    }[backbone]
    config = dataclasses.replace(TINY, backbone=chosen, upsampling=upsampling)
    network = unet_with_backbone.build(config, tiny_models.INFO).network
    assert network(tf.ones((1, 1, 37, 3)))["semantic"].shape == (1, 1, 37, 5)
    image = tiny_models.batch(0, size=(61, 43))["image"]
    with tf.GradientTape() as tape:
        scores = network(image, training=True)["semantic"]
        cost = tf.reduce_mean(scores**2)
    assert scores.shape == (2, 61, 43, 5)
    gradients = tape.gradient(cost, network.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
def test_every_level_is_joined_where_it_lies(upsampling: str) -> None:
    """With kernels of equal weights, the influence of a level's pixel has its middle where that pixel's middle is."""
    config = unet_with_backbone.Config(
        channels=(1,) * 5, finest_skip=0, upsampling=upsampling, norm=normalization.Norm("none")
    )
    network = decoder(dict.fromkeys("012345", 1), config)
    for layer in network.layers:
        layer.set_weights([np.full_like(value, 0.1 * (value.ndim > 1)) for value in layer.get_weights()])
    size, place = 333, (150, 171)
    blank = {level: tf.zeros((1, *[-(-size // 2 ** int(level))] * 2, 1)) for level in "012345"}
    for level, values in blank.items():
        stride = 2 ** int(level)
        marked = tf.tensor_scatter_nd_update(values, [[0, place[0] // stride, place[1] // stride, 0]], [1.0])
        influence = network([{**blank, level: marked}, tf.zeros((1, size, size, 3))]).numpy()[0, ..., 0]
        for axis, wanted in enumerate(place):
            middle = np.average(np.arange(size), weights=influence.sum(1 - axis, dtype=np.float64))
            assert middle == pytest.approx(wanted // stride * stride + (stride - 1) / 2, abs=1e-3), f"level {level}"


def test_levels_before_pooling_are_what_is_pooled() -> None:
    config = vgg16.Config(output_stride=32)
    norm, image = normalization.Norm("none"), tiny_models.batch(0, 1, (37, 22))["image"]
    pooled = vgg16.build(config, norm)
    before = vgg16.build(dataclasses.replace(config, before_pooling=True), norm)
    before.set_weights(pooled.get_weights())
    before, pooled = before(image), pooled(image)
    assert before["0"].shape == (1, 37, 22, 64) and before["4"].shape == (1, 3, 2, 512)
    for level in range(5):
        maxima = tf.nn.max_pool2d(before[str(level)], 2, 2, "SAME")
        np.testing.assert_array_equal(maxima, pooled[str(level + 1)])
    np.testing.assert_array_equal(before["5"], pooled["5"])


def test_transposed_convolutions_start_as_he_wants_them() -> None:
    """Of inputs whose square is 1 on average the outputs have the variance 2, of which ReLU leaves half."""
    keras.utils.set_random_seed(0)
    layers = decoder({"5": 256}, unet_with_backbone.Config(upsampling="transposed")).layers
    transposed = next(layer for layer in layers if isinstance(layer, keras.layers.Conv2DTranspose))
    enlarged = transposed(tf.random.normal((4, 16, 16, 256)))[:, 2:-2, 2:-2]
    assert float(tf.math.reduce_variance(enlarged)) == pytest.approx(2, rel=0.05)


def test_settings_are_checked() -> None:
    assert not unet_with_backbone.VGG16.pretrained
    assert unet_with_backbone.Config(backbone=mix_transformer.B0).channels[0] == 256
    assert unet_with_backbone.Config(backbone=vgg16.Config(weights="imagenet")).pretrained
    with pytest.raises(errors.UserError, match=r"`channels` is \(8, 8\); expected 5"):
        unet_with_backbone.Config(channels=(8, 8))
    with pytest.raises(errors.UserError, match="`center_channels` is -1"):
        unet_with_backbone.Config(center_channels=-1)
    with pytest.raises(errors.UserError, match="`finest_skip` is 6"):
        unet_with_backbone.Config(finest_skip=6)
    with pytest.raises(errors.UserError, match="nearby"):
        unet_with_backbone.Config(upsampling="nearby")
