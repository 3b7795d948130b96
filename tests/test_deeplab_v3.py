"""DeepLabV3: published sizes, rates at each output stride, scores at the output stride."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from seg_models import dataset
from seg_models.backbones import mobilenet_v2, resnet
from seg_models.layers import aspp, normalization
from seg_models.models import deeplab_v3
from tests import tiny_models

VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(index), (0, 0, 0)) for index in range(21)), ())
TINY = dataclasses.replace(tiny_models.CONFIGS["deeplab_v3"], norm=normalization.Norm("group"))
BATCH = normalization.Norm("batch")


def weights(network: keras.Model) -> int:
    """What the network can learn, in numbers."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)


def last_rates(network: keras.Model) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the last three 3x3 convolutions of the backbone, and of those of the pyramid."""
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    rates = [layer.dilation_rate[0] for layer in convolutions if layer.kernel_size == (3, 3)]
    return tuple(rates[-6:-3]), tuple(sorted(rates[-3:]))


def convolution(size: int, inputs: int, outputs: int, per_channel: int = 2) -> int:
    """Weights of a convolution and of what each output channel has: a normalisation's scale and shift, a bias."""
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


def mobilenet_v2_weights() -> int:
    """By Table 2 of Sandler et al. 2018, up to the 320 channels."""
    total, inputs = convolution(3, 3, 32), 32
    rows = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
    for expansion, outputs, count in rows:
        for _ in range(count):
            wide = expansion * inputs
            total += convolution(1, inputs, wide) if expansion > 1 else 0
            total += 9 * wide + 2 * wide + convolution(1, wide, outputs)
            inputs = outputs
    return total


def test_is_the_published_network() -> None:
    """Weights, and the unit rates 1, 2 and 4 times 2 at output stride 16 (section 3.2.1)."""
    pyramid = 2 * convolution(1, 2048, 256) + 3 * convolution(3, 2048, 256) + convolution(1, 5 * 256, 256)
    scores = convolution(1, 256, 21, per_channel=1)
    # torchvision's network has an auxiliary head and, before the scores, one more 3x3 convolution.
    more = convolution(3, 1024, 256) + scores + convolution(3, 256, 256)
    assert resnet_weights((3, 4, 23, 3), 2) + pyramid + scores + more == 60_996_202
    network = deeplab_v3.build(deeplab_v3.Config(norm=BATCH), VOC).network
    # The ResNets of keras.applications have biases too, which their normalisation takes away again.
    assert weights(network) == resnet_weights((3, 4, 23, 3), 3) + pyramid + scores
    assert last_rates(network) == ((2, 4, 8), (6, 12, 18))


def test_rates_double_at_output_stride_8() -> None:
    backbone = resnet.Config(output_stride=8, multi_grid=(1, 2, 4))
    network = deeplab_v3.build(dataclasses.replace(TINY, backbone=backbone, pyramid=aspp.Aspp(channels=8)), VOC).network
    assert last_rates(network) == ((4, 8, 16), (12, 24, 36))


def test_mobilenet_v2_without_rates_has_the_published_size() -> None:
    pyramid = 2 * convolution(1, 320, 256) + convolution(1, 2 * 256, 256)
    expected = mobilenet_v2_weights() + pyramid + 256 * 21 + 21
    assert round(expected / 1e6, 2) == 2.11  # Table 7 of Sandler et al.
    config = deeplab_v3.Config(backbone=mobilenet_v2.Config(), pyramid=aspp.Aspp(rates=()), norm=BATCH)
    assert weights(deeplab_v3.build(config, VOC).network) == expected


def test_scores_stand_at_the_output_stride_at_any_size() -> None:
    for stride in (8, 16, 32):
        config = dataclasses.replace(TINY, backbone=dataclasses.replace(TINY.backbone, output_stride=stride))
        outputs = deeplab_v3.build(config, tiny_models.INFO)(tf.ones((2, 65, 33, 3)))
        assert outputs["semantic"].shape == (2, -(-65 // stride), -(-33 // stride), 5)
