"""Every model at its smallest, and random scenes to feed them."""

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seg_models import dataset, model, registry
from seg_models.backbones import mix_transformer, residual
from seg_models.layers import aspp, instance_grouping, normalization, vgg
from seg_models.models import (
    cascade,
    deeplab_v1,
    deeplab_v2,
    deeplab_v3,
    deeplab_v3_plus,
    dilation8,
    fcn,
    panoptic_deeplab,
    patch_classifier,
    pspnet,
    refinenet,
    segformer,
    segnet,
    semantic_fpn,
    unet,
    unet_with_backbone,
)

PACKAGE = "seg_models.models"

INFO = dataset.DatasetInfo(
    name="blocks",
    categories=(
        dataset.Category("sky", (70, 130, 180)),
        dataset.Category("road", (128, 64, 128)),
        dataset.Category("car", (0, 0, 142), is_thing=True),
        dataset.Category("tree", (107, 142, 35)),
        dataset.Category("person", (220, 20, 60), is_thing=True),
    ),
    raw_values=(),
)

BACKBONE = residual.Config(stem=4, widths=(4, 8, 8, 16), blocks=(1, 1, 1, 1))
PYRAMID = aspp.Aspp(channels=8, rates=(1, 2), dropout=0.0)

VGG16 = vgg.Vgg16(width=2, fc_channels=8, dropout=0.0)

# A new model gets its smallest Config here, without anything random in training.
CONFIGS = {
    "cascade": cascade.Config(parts=(("tree", "sky"),), vgg16=VGG16),
    "deeplab_v1": deeplab_v1.Config(input_stride=2, vgg16=dataclasses.replace(VGG16, fc_channels=64)),
    "deeplab_v2": deeplab_v2.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=8), rates=(1, 2), scales=(0.5, 1.0)
    ),
    "deeplab_v3": deeplab_v3.Config(backbone=BACKBONE, pyramid=PYRAMID),
    "deeplab_v3_plus": deeplab_v3_plus.Config(
        backbone=BACKBONE, pyramid=PYRAMID, low_level_channels=4, decoder_channels=8
    ),
    "dilation8": dilation8.Config(score_deviation=0.002, vgg16=dataclasses.replace(VGG16, fc_channels=64)),
    # VGG16's padding of 100 pixels leaves hardly any statistics of images this small to normalise by.
    "fcn": fcn.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=32), learnt_upsampling=True, score_deviation=0.01
    ),
    "panoptic_deeplab": panoptic_deeplab.Config(
        backbone=BACKBONE,
        pyramid=PYRAMID,
        semantic_channels=8,
        instance_channels=8,
        semantic_projections=(4, 4),
        instance_projections=(4, 4),
        head_channels=8,
        grouping=instance_grouping.Config(stuff_area=16),
    ),
    "patch_classifier": patch_classifier.Config(patch=7, kernels=(2, 2), channels=4, hidden=8, training_stride=4),
    "pspnet": pspnet.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=8), channels=8, auxiliary_channels=8, dropout=0.0
    ),
    "refinenet": refinenet.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=32),
        widths=(16, 8, 8, 8),
        pools=1,
        deviation=0.1,
        dropout=0.0,
    ),
    "segformer": segformer.Config(
        backbone=mix_transformer.Config(
            widths=(4, 8, 8, 16), depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), drop_path=0.0
        ),
        channels=8,
        dropout=0.0,
    ),
    "segnet": segnet.Config(variant="basic", width=4),
    "semantic_fpn": semantic_fpn.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=32), pyramid_channels=8, channels=8
    ),
    "unet": unet.Config(depth=2, width=4, dropout=0.0),
    "unet_with_backbone": unet_with_backbone.Config(
        backbone=dataclasses.replace(BACKBONE, output_stride=32), center_channels=8, channels=(8, 8, 4, 4, 4)
    ),
}

# Their margins make hundreds of thousands of pixels of a small image; in float32, batch statistics of so many move the
# gradients of so narrow and deep a network by a hundredth where only the order of the images changes.
WITHOUT_BATCH_STATISTICS = ("dilation8",)


def config(name: str, kind: str = "group") -> Any:
    """The model's Config with the given normalisation, or "group" in place of what it cannot be tested with."""
    kind = "group" if name in WITHOUT_BATCH_STATISTICS else kind
    return dataclasses.replace(CONFIGS[name], norm=normalization.Norm(kind))


def build(name: str, kind: str = "group") -> model.SegmentationModel:
    """The model with random weights, the same ones every time."""
    keras.utils.set_random_seed(0)
    return registry.find(PACKAGE, name).build(config(name, kind), INFO)


def shared(name: str) -> model.SegmentationModel:
    """As `build`, but the same object every time, put back to its first weights."""
    network, weights = _first(name)
    network.network.set_weights(weights)
    return network


@functools.cache
def _first(name: str) -> tuple[model.SegmentationModel, list[np.ndarray]]:
    network = build(name)
    return network, network.network.get_weights()


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Within this, layers are built for the given precision."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def batch(seed: int, count: int = 2, size: tuple[int, int] = (33, 47)) -> dict[str, tf.Tensor]:
    """A batch of random scenes: blocks of 8 pixels, of which those of a thing are instances, some of them crowds."""
    random = np.random.default_rng(seed)
    rows, columns = -(-size[0] // 8), -(-size[1] // 8)
    classes = random.integers(0, INFO.num_categories, (count, rows, columns))
    identity = np.arange(1, rows * columns + 1).reshape(rows, columns) * 7
    instance = np.where(np.isin(classes, INFO.thing_ids), identity, 0)
    semantic = _enlarged(classes, size)
    semantic[random.random(semantic.shape) < 0.1] = INFO.void
    semantic[:, : size[0] // 3, : size[1] // 3] = INFO.void
    return {
        "image": tf.constant(random.uniform(0, 255, (count, *size, 3)), tf.float32),
        "semantic": tf.constant(semantic, tf.int32),
        "instance": tf.constant(_enlarged(instance, size), tf.int32),
        "weight": tf.ones([count]),
        "object_category": tf.constant(np.where(instance > 0, classes, -1).reshape(count, -1), tf.int32),
        "object_instance": tf.constant(instance.reshape(count, -1), tf.int32),
        "object_crowd": tf.constant((instance > 0).reshape(count, -1) & (random.random((count, rows * columns)) < 0.2)),
    }


def noise_like(outputs: model.Outputs, size: tuple[int, int], scale: float = 1.0) -> model.Outputs:
    """Normal float32 numbers in place of each output [B, h, w, C], but [B, *size, C]."""
    random = np.random.default_rng(3)
    shapes = {name: (value.shape[0], *size, value.shape[-1]) for name, value in outputs.items()}
    return {name: tf.constant(random.normal(0, scale, shape), tf.float32) for name, shape in shapes.items()}


def _enlarged(blocks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Integer [B, h, w] -> [B, *size]: each becomes a block of 8 x 8."""
    return blocks.repeat(8, axis=1).repeat(8, axis=2)[:, : size[0], : size[1]].copy()
