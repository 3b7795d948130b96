"""PSPNet: the published size, both heads, any image."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.backbones import residual
from seg_models.layers import normalization
from seg_models.models import pspnet
from tests import tiny_models

VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(index), (0, 0, 0)) for index in range(21)), ())
TINY = dataclasses.replace(tiny_models.CONFIGS["pspnet"], norm=normalization.Norm("group"))


def convolution(size: int, inputs: int, outputs: int) -> int:
    """Weights of a convolution without bias and of the normalisation after it."""
    return size * size * inputs * outputs + 2 * outputs


def resnet50_with_deep_stem() -> int:
    """Weights by Table 1 of He et al. 2015 with PSPNet's stem of 64, 64 and 128 channels."""
    total = convolution(3, 3, 64) + convolution(3, 64, 64) + convolution(3, 64, 128)
    inputs = 128
    for width, blocks in zip((64, 128, 256, 512), (3, 4, 6, 3)):
        total += convolution(1, inputs, 4 * width)  # the first block's shortcut
        for _ in range(blocks):
            total += convolution(1, inputs, width) + convolution(3, width, width) + convolution(1, width, 4 * width)
            inputs = 4 * width
    return total


def test_has_as_many_weights_as_published() -> None:
    pyramid = 4 * convolution(1, 2048, 512)
    head = convolution(3, 4096, 512) + 512 * 21 + 21
    auxiliary = convolution(3, 1024, 256) + 256 * 21 + 21
    built = pspnet.build(dataclasses.replace(pspnet.Config(), norm=normalization.Norm("batch")), VOC)
    weights = sum(int(np.prod(variable.shape)) for variable in built.network.trainable_variables)
    assert weights == resnet50_with_deep_stem() + pyramid + head + auxiliary


def test_heads_stand_at_the_backbones_stride() -> None:
    outputs = pspnet.build(TINY, tiny_models.INFO)(tf.ones((1, 65, 33, 3)))
    assert outputs["semantic"].shape == outputs["auxiliary"].shape == (1, 9, 5, 5)


def test_the_auxiliary_loss_counts_by_its_weight() -> None:
    built, batch = tiny_models.shared("pspnet"), tiny_models.batch(0)
    outputs = built(batch["image"])
    same = {name: outputs["semantic"] for name in outputs}
    terms = built.loss_terms(batch, same)
    assert float(terms["auxiliary"]) == pytest.approx(0.4 * float(terms["semantic"]), rel=1e-5)


def test_without_auxiliary_head() -> None:
    built = pspnet.build(dataclasses.replace(TINY, auxiliary_weight=0.0), tiny_models.INFO)
    batch = tiny_models.batch(0)
    outputs = built(batch["image"])
    assert set(outputs) == set(built.loss_terms(batch, outputs)) == {"semantic"}


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`bins`"):
        pspnet.Config(bins=(0, 2))
    with pytest.raises(errors.UserError, match="`auxiliary_weight`"):
        pspnet.Config(backbone=residual.Config(), auxiliary_weight=-1.0)
