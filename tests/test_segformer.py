"""SegFormer: the published sizes, and a decoder that equals the paper's."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset
from seg_models.backbones import residual
from seg_models.layers import normalization
from seg_models.models import segformer
from tests import test_mix_transformer, tiny_models

ADE = dataset.DatasetInfo("ade", tuple(dataset.Category(str(index), (0, 0, 0)) for index in range(150)), ())
TINY = dataclasses.replace(tiny_models.CONFIGS["segformer"], norm=normalization.Norm("batch"))

# Millions of weights of encoder and decoder together, for ADE20K: table 1 of the paper.
PUBLISHED = {"B0": 3.8, "B1": 13.7, "B2": 27.5, "B3": 47.3, "B4": 64.1, "B5": 84.7}


def decoder_weights(widths: tuple[int, ...], channels: int, categories: int) -> int:
    """By equation 4: a linear layer a level, the fusing one with its normalisation, the scores."""
    embeddings = sum(width * channels + channels for width in widths)
    return embeddings + 4 * channels * channels + 2 * channels + channels * categories + categories


@pytest.mark.parametrize("name", PUBLISHED)
def test_has_the_published_size(name: str) -> None:
    config = getattr(segformer, name)
    encoder = test_mix_transformer.by_the_table(config.backbone.widths, config.backbone.depths)
    weights = encoder + decoder_weights(config.backbone.widths, config.channels, 150)
    assert round(weights / 1e6, 1) == PUBLISHED[name]


def test_is_the_architecture_of_the_equations() -> None:
    network = segformer.build(segformer.Config(norm=normalization.Norm("batch")), ADE).network
    weights = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
    widths = segformer.B0.backbone.widths
    assert weights == test_mix_transformer.by_the_table(widths, (2, 2, 2, 2)) + decoder_weights(widths, 256, 150)


def test_the_decoder_equals_the_papers() -> None:
    """Embed, enlarge, join, fuse, normalise: with the parts of the fusing matrix put together again."""
    network = segformer.build(TINY, tiny_models.INFO).network
    image = tiny_models.batch(0)["image"]
    network(image, training=True)  # statistics unlike those that a new network starts with
    named = [network.get_layer(f"norm{stage}").output for stage in (1, 2, 3, 4)]
    levels = keras.Model(network.input, named)(image)
    enlarged = []
    for index, features in enumerate(levels, start=1):
        layer = network.get_layer(f"linear_c{index}")
        layer.bias.assign(np.arange(8) / 10)
        embedded = tf.matmul(tf.reshape(features, [-1, features.shape[-1]]), layer.kernel) + layer.bias
        embedded = tf.reshape(embedded, [*features.shape[:3], 8])
        enlarged.append(tf.image.resize(embedded, levels[0].shape[1:3]))
    matrix = tf.concat([network.get_layer(f"linear_fuse{index}").kernel for index in (1, 2, 3, 4)], axis=0)
    fused = tf.tensordot(tf.concat(enlarged, axis=-1), matrix, 1)
    fused = tf.nn.relu(network.get_layer("linear_fuse_norm")(fused))
    scores = network.get_layer("semantic")(fused)
    np.testing.assert_allclose(network(image)["semantic"], scores, atol=1e-5 * float(tf.reduce_max(tf.abs(scores))))


def test_the_fusing_matrix_starts_as_one_of_all_four_levels() -> None:
    config = segformer.Config(norm=normalization.Norm("none"), backbone=TINY.backbone)
    network = segformer.build(config, tiny_models.INFO).network
    kernel = network.get_layer("linear_fuse2").kernel.numpy()
    assert kernel.std() == pytest.approx((2 / (4 * 256)) ** 0.5, rel=0.05)
    biases = [network.get_layer(f"linear_fuse{index}").use_bias for index in (1, 2, 3, 4)]
    assert sum(biases) == 1, "one bias in place of normalisation"


def test_scores_have_stride_4_over_any_backbone() -> None:
    backbone = residual.Config(stem=4, widths=(4, 8, 8, 16), blocks=(1, 1, 1, 1))
    for config in (TINY, dataclasses.replace(TINY, backbone=backbone)):
        network = segformer.build(config, tiny_models.INFO)
        for height, width in ((64, 96), (33, 47), (1, 1)):
            scores = network(tf.ones((2, height, width, 3)))["semantic"]
            assert scores.shape == (2, -(-height // 4), -(-width // 4), 5)
