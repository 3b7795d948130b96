"""U-Net: the paper's arithmetic, any size, seamless tiles; blocks and skips."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, model, overrides
from seg_models.layers import dropout, mirror_padding, normalization
from seg_models.models import unet

INFO = dataset.DatasetInfo("three", tuple(dataset.Category(name, (0, 0, 0)) for name in "abc"), ())


def build(depth: int = 2, width: int = 4, padding: str = "valid", upsampling: str = "up_convolution") -> keras.Model:
    """The network of a small U-Net, its batch statistics those of noise."""
    norm = normalization.Norm("batch", momentum=0.0)
    config = unet.Config(depth=depth, width=width, padding=padding, upsampling=upsampling, dropout=0.0, norm=norm)
    network = unet.build(config, INFO).network
    network(noise(40, 40), training=True)
    return network


def noise(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


def test_388_pixels_need_572() -> None:
    padding = unet.padding_layer(unet.Config(padding="valid"))
    assert padding.padded_size(tf.constant(388)) == 572
    assert padding.padded_size(tf.constant(389)) == 588
    assert padding.padded_size(tf.constant(1)) == 188
    assert padding.margin == 92


def test_the_network_itself_turns_572_into_388() -> None:
    config = unet.Config(width=1, padding="valid", norm=normalization.Norm("none"))
    network = unet.build(config, INFO).network
    inputs = [layer.output for layer in network.layers if isinstance(layer, mirror_padding.MirrorPadding)]
    outputs = [layer.input[0] for layer in network.layers if isinstance(layer, mirror_padding.CropLike)]
    entered, left = keras.Model(network.input, inputs + outputs)(noise(388, 388)[:1])
    assert entered.shape == (1, 572, 572, 3) and left.shape == (1, 388, 388, 1)


def paper_weights(image_channels: int, classes: int) -> int:
    """Kernels and biases of figure 1, from 64 channels to 1024 and back."""
    widths = [64, 128, 256, 512, 1024]
    convolutions = [(9, *pair) for pair in zip([image_channels, *widths], widths)]
    convolutions += [(9, width, width) for width in widths]
    for above, below in itertools.pairwise(widths):
        convolutions += [(4, below, above), (9, 2 * above, above), (9, above, above)]
    convolutions.append((1, 64, classes))
    return sum(size * entering * leaving + leaving for size, entering, leaving in convolutions)


def test_has_the_weights_of_the_paper() -> None:
    two = dataset.DatasetInfo("two", INFO.categories[:2], ())
    network = unet.build(unet.Config(padding="valid", norm=normalization.Norm("none")), two).network
    trained = sum(int(np.prod(weight.shape)) for weight in network.trainable_variables)
    # The first convolution sees three channels here, one there.
    assert trained == paper_weights(3, 2) == paper_weights(1, 2) + 2 * 9 * 64
    assert paper_weights(1, 2) == 31_030_658


def test_weights_start_as_he_wants_them() -> None:
    network = unet.build(unet.Config(depth=1, width=32), INFO).network
    kernel = next(weight for weight in network.trainable_variables if tuple(weight.shape) == (3, 3, 64, 64))
    assert np.std(kernel) == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


def test_up_convolutions_start_as_he_wants_them_and_end_in_relu() -> None:
    """He: of inputs whose square is 1 on average the outputs have the variance 2, half of which ReLU leaves."""
    keras.utils.set_random_seed(0)
    network = unet.build(unet.Config(depth=1, width=128), INFO).network
    layers = network.layers
    place = next(index for index, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2DTranspose))
    enlarged = layers[place](tf.random.normal((4, 16, 16, 256)))
    assert float(tf.math.reduce_variance(enlarged)) == pytest.approx(2, rel=0.05)
    rectified = [layer for layer in layers if layer.input is layers[place].output]
    assert [type(layer) for layer in rectified] == [keras.layers.ReLU]


@pytest.mark.parametrize("depth", (1, 2, 4))
@pytest.mark.parametrize("padding", unet.PADDINGS)
def test_every_pixel_of_any_size_has_its_scores(depth: int, padding: str) -> None:
    config = unet.Config(depth=depth, width=2, padding=padding, upsampling="bilinear")
    network = unet.build(config, INFO).network
    for height, width in ((1, 1), (17, 30), (32, 16)):
        assert network(noise(height, width))["semantic"].shape == (2, height, width, 3)


@pytest.mark.parametrize("upsampling", unet.UPSAMPLINGS)
def test_scores_stand_where_the_pixels_are(upsampling: str) -> None:
    network, image = build(upsampling=upsampling), noise(48, 48)
    with tf.GradientTape() as tape:
        tape.watch(image)
        scores = tf.reduce_sum(network(image)["semantic"][:, 20:24, 28:32] ** 2)
    influence = np.abs(tape.gradient(scores, image)).sum((0, 3))
    rows, columns = np.arange(48), np.arange(48)
    assert abs((influence.sum(1) @ rows) / influence.sum() - 21.5) < 2
    assert abs((influence.sum(0) @ columns) / influence.sum() - 29.5) < 2


def test_valid_tiles_join_seamlessly() -> None:
    network, image = build(), noise(96, 96)
    whole = network(image)["semantic"][:, 32:64, 32:64]
    tile = network(image[:, 8:88, 8:88])["semantic"][:, 24:56, 24:56]
    np.testing.assert_allclose(tile, whole, atol=1e-4)


def test_a_tile_at_the_edge_is_mirrored_like_the_image() -> None:
    network, image = build(), noise(96, 96)
    whole = network(image)["semantic"][:, :32, :32]
    np.testing.assert_allclose(network(image[:, :56, :56])["semantic"][:, :32, :32], whole, atol=1e-4)
    beside = network(image[:, :32, :32])["semantic"]
    assert not np.allclose(beside[:, 24:, 24:], whole[:, 24:, 24:], atol=1e-4), "the tile's own edge is mirrored too"


@pytest.mark.parametrize("padding", unet.PADDINGS)
@pytest.mark.parametrize("skip", unet.SKIPS)
@pytest.mark.parametrize("block", unet.BLOCKS)
def test_blocks_and_skips(block: str, skip: str, padding: str) -> None:
    norm = normalization.Norm("none")
    config = unet.Config(depth=2, width=4, padding=padding, block=block, skip=skip, dropout=0.0, norm=norm)
    network = unet.build(config, INFO).network
    with tf.GradientTape() as tape:
        scores = network(noise(13, 22), training=True)["semantic"]
        cost = tf.reduce_sum(scores**2)
    assert scores.shape == (2, 13, 22, 3)
    for gradient, weight in zip(tape.gradient(cost, network.trainable_variables), network.trainable_variables):
        assert gradient is not None and gradient.numpy().any(), weight.name
    assert network.count_params() == expected_weights(block, skip)


def expected_weights(block: str, skip: str) -> int:
    """Of depth 2, width 4, three classes, with biases, by hand."""
    joined = [(16, 8), (8, 4)] if skip == "concat" else [(8, 8), (4, 4)]
    total = (16 * 4 * 8 + 8) + (8 * 4 * 4 + 4) + (4 * 3 + 3) + 2 * 2  # the last: the state of two dropouts
    for entering, leaving in [(3, 4), (4, 8), (8, 16), *joined]:
        total += 9 * entering * leaving + leaving + 9 * leaving * leaving + leaving
        if block == "dense":
            total += 9 * entering * leaving
        if block == "residual" and entering != leaving:
            total += entering * leaving + leaving
    return total


def test_a_residual_block_without_weights_passes_its_input_on() -> None:
    config = unet.Config(depth=1, width=3, block="residual", norm=normalization.Norm("none"), dropout=0.0)
    network = unet.build(config, INFO).network
    for layer in network.layers[:6]:
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    pooled = next(layer for layer in network.layers if isinstance(layer, keras.layers.MaxPooling2D))
    image = noise(6, 6)
    expected = np.maximum(image.numpy() / 127.5 - 1, 0)
    np.testing.assert_allclose(keras.Model(network.input, pooled.input)(image), expected, atol=1e-5)


def test_the_last_two_levels_drop_features() -> None:
    network = unet.build(unet.Config(depth=3, width=2, dropout=0.25), INFO).network
    layers = [layer for layer in network.layers if isinstance(layer, dropout.Dropout)]
    assert [(layer.rate, layer.output.shape[-1]) for layer in layers] == [(0.25, 8), (0.25, 16)]


def test_channels_double_with_every_pooling_and_all_weights_learn() -> None:
    network = unet.build(unet.Config(depth=3, width=4, norm=normalization.Norm("group")), INFO).network
    kernels = [variable for variable in network.trainable_variables if tuple(variable.shape[:2]) == (3, 3)]
    assert sorted(kernel.shape[-1] for kernel in kernels) == [4] * 4 + [8] * 4 + [16] * 4 + [32] * 2
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(network(noise(16, 16), training=True)["semantic"] ** 2)
    assert all(gradient is not None for gradient in tape.gradient(cost, network.trainable_variables))


def test_is_a_semantic_model() -> None:
    built = unet.build(unet.Config(depth=1, width=2), INFO)
    assert isinstance(built, model.SemanticModel) and built.tasks == ("semantic",)
    maps = built.maps(built(noise(9, 11)), tf.constant([18, 22]))
    assert maps["semantic"].shape == (2, 18, 22) and maps["semantic"].dtype == tf.int32


def test_mixed_precision_ends_in_float32() -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        network = unet.build(unet.Config(depth=2, width=2, upsampling="bilinear"), INFO).network
        assert network(noise(9, 11))["semantic"].dtype == tf.float32
    finally:
        keras.mixed_precision.set_global_policy(before)


def test_misspelt_and_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `valid`"):
        overrides.apply(unet.Config(), {"padding": "vaild"})
    with pytest.raises(errors.UserError, match="Did you mean `bilinear`"):
        unet.Config(upsampling="linear")
    with pytest.raises(errors.UserError, match="Did you mean `residual`"):
        unet.Config(block="residul")
    with pytest.raises(errors.UserError, match="skip"):
        unet.Config(skip="add")
    with pytest.raises(errors.UserError, match="must be positive"):
        unet.Config(depth=0)
