"""RefineNet: the layers of the paper and their number, chained pooling by hand, stride 4 at any size."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from seg_models import dataset, errors
from seg_models.backbones import residual, resnet
from seg_models.layers import normalization
from seg_models.models import refinenet

VOC = dataset.DatasetInfo("21", tuple(dataset.Category(str(number), (0, 0, 0)) for number in range(21)), ())
TINY = refinenet.Config(
    backbone=residual.Config(output_stride=32, stem=4, widths=(4, 8, 8, 16), blocks=(1, 1, 1, 1)),
    widths=(12, 8, 8, 6),
    deviation=0.1,
    norm=normalization.Norm("group"),
)


@functools.cache
def tiny() -> keras.Model:
    return refinenet.build(TINY, VOC).network


def images(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


def block_parameters(channels: int, width: int, below: int, pools: int) -> int:
    """Of one block: 3x3 convolutions, of which the first of every unit alone has biases."""

    def unit(width: int) -> int:
        return 2 * 9 * width**2 + width

    adapting = 9 * channels * width + 2 * unit(width)
    fusion = 2 * unit(below) + 9 * below * min(width, below) + 9 * width * min(width, below) if below else 0
    return adapting + fusion + pools * 9 * width**2 + unit(width)


def test_four_blocks_on_resnet_101_have_the_parameters_of_the_paper() -> None:
    config = refinenet.Config()
    assert config.backbone == resnet.Config(depth=101, output_stride=32)
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        widths = {"5": 2048, "4": 1024, "3": 512, "2": 256}
        levels = {level: keras.Input((None, None, width)) for level, width in widths.items()}
        network = keras.Model(levels, refinenet.scores(levels, VOC.num_categories, config))
    found = sum(weight.shape.num_elements() for weight in network.trainable_weights)
    blocks = sum(
        block_parameters(channels, width, below, config.pools)
        for channels, width, below in ((2048, 512, 0), (1024, 256, 512), (512, 256, 256), (256, 256, 256))
    )
    last_units, classifier = 2 * (2 * 9 * 256**2 + 256), 9 * 256 * 21 + 21
    assert found == blocks + last_units + classifier
    # With the 42.7 million of ResNet-101, and two poolings more in every block, as released, 118 million.
    assert found + 42_658_176 + 2 * 9 * (512**2 + 3 * 256**2) == pytest.approx(118e6, rel=0.005)


def test_the_paths_have_the_units_of_the_paper() -> None:
    network = tiny()
    names = [layer.name for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    units = [name.removesuffix("_conv") for name in names if name.endswith("_conv")]
    assert sum(name.startswith("adapt") for name in units) == 4 * 2
    # Between two blocks one unit of the first and two of the next; after the last its own and two more.
    assert sum(name.startswith("mflow") for name in units) == 3 * (1 + 2) + 3
    assert sum("pool" in name for name in names) == 4 * TINY.pools
    # The first block has one path, so there is nothing to fuse.
    assert sum("joint" in name for name in names) == 3 * 2


def test_every_convolution_of_the_blocks_is_bare() -> None:
    network = tiny()
    start = [layer.name for layer in network.layers].index("p_ims1d2_outl1_dimred")
    kinds = {type(layer).__name__ for layer in network.layers[start:]}
    assert kinds <= {"Conv2D", "ReLU", "Add", "MaxPooling2D", "ResizeLike", "Dropout"}


def test_chained_pooling_is_the_sum_of_its_links() -> None:
    features = np.random.default_rng(0).normal(size=(1, 9, 7, 1)).astype(np.float32)
    inputs = keras.Input((None, None, 1))
    chain = keras.Model(inputs, refinenet._Blocks(refinenet.Config(pools=2)).chained_pooling(inputs, "chain"))
    kernels = [np.random.default_rng(seed).normal(size=(3, 3)).astype(np.float32) for seed in (1, 2)]
    chain.set_weights([kernel[..., None, None] for kernel in kernels])
    total = link = np.maximum(features[0, ..., 0], 0)
    for kernel in kernels:
        link = ndimage.maximum_filter(link, 5, mode="constant", cval=-np.inf)
        link = ndimage.correlate(link, kernel, mode="constant")
        total = total + link
    np.testing.assert_allclose(chain(features)[0, ..., 0], total, rtol=1e-4, atol=1e-4)


def test_scores_have_stride_4_at_any_size_and_all_weights_learn() -> None:
    network = tiny()
    assert network(images(33, 1))["semantic"].shape == (2, 9, 1, 21)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(network(images(64, 50), training=True)["semantic"] ** 2)
    gradients = tape.gradient(cost, network.trainable_variables)
    assert all(np.isfinite(gradient).all() and np.any(gradient) for gradient in gradients)


def test_impossible_settings() -> None:
    for wrong in ({"widths": (0, 8, 8, 8)}, {"pools": -1}, {"dropout": 1.0}, {"deviation": 0.0}):
        with pytest.raises(errors.UserError, match="expected positive numbers"):
            refinenet.Config(**wrong)
