"""Semantic FPN: the published size, the branch's shape and stages, group normalisation."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.layers import normalization
from seg_models.models import semantic_fpn
from tests import tiny_models

ADE = dataset.DatasetInfo("ade", tuple(dataset.Category(str(index), (0, 0, 0)) for index in range(150)), ())
TINY = dataclasses.replace(tiny_models.CONFIGS["semantic_fpn"], norm=normalization.Norm("batch"))


def convolution(size: int, inputs: int, outputs: int, per_channel: int) -> int:
    """Weights of a convolution and of what each output channel has: a bias, a normalisation's scale and shift."""
    return size * size * inputs * outputs + per_channel * outputs


def resnet_weights(blocks: tuple[int, int, int, int], per_channel: int) -> int:
    """By Table 1 of He et al. 2015."""
    total, inputs = convolution(7, 3, 64, per_channel), 64
    for width, count in zip((64, 128, 256, 512), blocks):
        total += convolution(1, inputs, 4 * width, per_channel)  # the first block's shortcut
        for _ in range(count):
            for size, before, after in ((1, inputs, width), (3, width, width), (1, width, 4 * width)):
                total += convolution(size, before, after, per_channel)
            inputs = 4 * width
    return total


def test_has_as_many_weights_as_published() -> None:
    """28.5 million with ResNet-50 and 47.5 with ResNet-101 on ADE20K, by Wang et al. 2021 (PVT)."""
    pyramid = sum(convolution(1, width, 256, 1) + convolution(3, 256, 256, 1) for width in (256, 512, 1024, 2048))
    branch = 4 * convolution(3, 256, 128, 2) + 3 * convolution(3, 128, 128, 2)
    head = pyramid + branch + convolution(1, 128, 150, 1)
    assert round((resnet_weights((3, 4, 6, 3), 2) + head) / 1e6, 1) == 28.5
    assert round((resnet_weights((3, 4, 23, 3), 2) + head) / 1e6, 1) == 47.5
    # The ResNets of keras.applications have biases too, which their normalisation takes away again.
    network = semantic_fpn.build(semantic_fpn.Config(norm=normalization.Norm("batch")), ADE).network
    weights = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
    assert weights == resnet_weights((3, 4, 6, 3), 3) + head


def test_scores_have_stride_4_at_any_size() -> None:
    network = semantic_fpn.build(TINY, tiny_models.INFO)
    for height, width in ((64, 96), (33, 47), (5, 9), (1, 1)):
        scores = network(tf.ones((2, height, width, 3)))["semantic"]
        assert scores.shape == (2, -(-height // 4), -(-width // 4), 5)


def branch(channels: int = 4) -> keras.Model:
    """The branch alone, over a pyramid of 8 channels."""
    pyramid = {level: keras.Input((None, None, 8)) for level in semantic_fpn.LEVELS}
    return keras.Model(pyramid, semantic_fpn.branch(pyramid, normalization.Norm("none"), channels=channels))


def test_levels_take_as_many_stages_as_they_are_halvings_away() -> None:
    kernels = [tuple(weight.shape) for weight in branch().weights if "kernel" in weight.name]
    assert sorted(kernels) == 3 * [(3, 3, 4, 4)] + 4 * [(3, 3, 8, 4)]


def test_levels_are_summed_and_enlarged_bilinearly() -> None:
    """With kernels that only pass channels on, the branch is the sum of the levels enlarged stage by stage."""
    network = branch(channels=8)
    identity = np.zeros((3, 3, 8, 8))
    identity[1, 1] = np.eye(8)
    network.set_weights([identity if weight.ndim == 4 else weight for weight in network.get_weights()])
    random = np.random.default_rng(0)
    sides = {"2": 16, "3": 8, "4": 4, "5": 2}
    pyramid = {level: tf.constant(random.uniform(size=(1, side, side, 8)), tf.float32) for level, side in sides.items()}
    expected = 0.0
    for level in semantic_fpn.LEVELS:
        features = pyramid[level]
        while features.shape[1] < 16:
            features = keras.layers.UpSampling2D(2, interpolation="bilinear")(features)
        expected += features
    np.testing.assert_allclose(network(pyramid), expected, atol=1e-5)


def test_the_branch_keeps_group_normalisation() -> None:
    network = semantic_fpn.build(TINY, tiny_models.INFO).network
    groups = [layer for layer in network.layers if isinstance(layer, normalization.GroupNormalization)]
    assert len(groups) == 7
    assert any("moving_mean" in weight.name for weight in network.weights), "the backbone's is the Config's norm"


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`branch_norm.kind`"):
        semantic_fpn.Config(branch_norm=normalization.Norm())
    with pytest.raises(errors.UserError, match="`channels`"):
        semantic_fpn.Config(channels=0)
