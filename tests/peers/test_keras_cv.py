"""DeepLabV3+ of keras-cv 0.9.0, with the same weights.

Theirs pads strided layers as TensorFlow's "same" does, one pixel off ours where a side is even, and enlarges by fixed
factors, which fit only sides that are multiples of 32. So the backbones are compared where all sides are odd, and the
rest on their backbone's features where all sides are even; together that is the network up to the joined features.

What remains different follows the paper in ours: two 3x3 convolutions of 256 channels come after these (section 4.1),
where they have one of 1x1; and scores, where they have probabilities.
"""

import re

import keras
import numpy as np
import pytest

from seg_models.backbones import resnet
from seg_models.layers import aspp, caffe_preprocessing, normalization
from seg_models.models import deeplab_v3_plus
from tests import tiny_models
from tests.peers import arrays

peer = pytest.importorskip("keras_cv")

UNNAMED = re.compile(r"(?:atrous_conv2d|batch_normalization)(?:_(\d+))?")
ODD, EVEN = (65, 97), (64, 96)
BLOCKS = (3, 4, 6, 3)
LAST = {str(level): f"conv{level}_block{count}_out" for level, count in zip((2, 3, 4, 5), BLOCKS)}


@pytest.fixture(scope="module")
def theirs() -> keras.Model:
    """Their network over ResNet-50."""
    backbone = peer.models.ResNetBackbone(
        stackwise_filters=[64, 128, 256, 512],
        stackwise_blocks=list(BLOCKS),
        stackwise_strides=[1, 2, 2, 2],
        include_rescaling=True,
        input_shape=(None, None, 3),
        block_type="block",
    )
    for layer in backbone.layers:
        # Blocks add little in a trained network; at full size fifty random layers multiply rounding by hundreds.
        if layer.name.endswith("_3_bn"):
            layer.gamma.assign(0.2 * layer.gamma)
    network = peer.models.DeepLabV3Plus(num_classes=tiny_models.INFO.num_categories, backbone=backbone)
    arrays.settle(network, arrays.pixels(2, *EVEN) * 255)
    return network


@pytest.fixture(scope="module")
def ours() -> keras.Model:
    """Our network over ResNet-50, undilated; the pyramid halves its rates at stride 32, so these become 6, 12, 18."""
    config = deeplab_v3_plus.Config(
        backbone=resnet.Config(output_stride=32),
        pyramid=aspp.Aspp(rates=(12, 24, 36)),
        norm=normalization.Norm("batch"),
    )
    return deeplab_v3_plus.build(config, tiny_models.INFO).network


def copy_backbone(theirs: keras.Model, ours: keras.Model) -> None:
    """Their convolutions have no biases, which become 0 in ours."""
    for layer in ours.layers:
        if layer.weights and layer.name.startswith("conv") and layer.name.endswith(("_conv", "_bn")):
            name = layer.name
            for stage in range(4):
                name = name.replace(f"conv{stage + 2}_", f"v2_stack_{stage}_")
            values = theirs.backbone.get_layer(name).get_weights()
            if isinstance(layer, keras.layers.Conv2D):
                values.append(np.zeros_like(layer.bias))
            layer.set_weights(values)


def test_the_backbones_are_the_same_network(theirs: keras.Model, ours: keras.Model) -> None:
    colours = arrays.pixels(2, *ODD)
    # They divide by 255 what is red, green, blue; ours subtracts means from blue, green, red.
    image, ours_image = colours * 255, (colours + caffe_preprocessing.MEAN)[..., ::-1].astype(np.float32)
    copy_backbone(theirs, ours)
    names = theirs.backbone.pyramid_level_inputs
    outputs = {level: theirs.backbone.get_layer(names[f"P{level}"]).output for level in LAST}
    expected = keras.Model(theirs.backbone.input, outputs)(image)
    found = keras.Model(ours.input, {level: ours.get_layer(name).output for level, name in LAST.items()})(ours_image)
    for level in LAST:
        arrays.assert_equal(f"ResNet-50, level {level}", found[level], expected[level])


def test_pyramid_and_low_levels_join_in_the_same_way(theirs: keras.Model, ours: keras.Model) -> None:
    names = theirs.backbone.pyramid_level_inputs
    ends = [theirs.backbone.get_layer(names[level]).output for level in ("P2", "P5")]
    features = keras.Model(theirs.backbone.input, ends)(arrays.pixels(2, *EVEN) * 255)
    low_level = next(layer for layer in theirs.layers if isinstance(layer, keras.Sequential))
    pooling = theirs.spatial_pyramid_pooling
    parts = [*pooling.aspp_parallel_channels, pooling.projection, low_level]
    for number, part in enumerate(parts):
        kernel, *statistics = part.get_weights()
        created(ours, keras.layers.Conv2D)[number].set_weights([kernel])
        created(ours, keras.layers.BatchNormalization)[number].set_weights(statistics)
    enlarged = theirs.get_layer("encoder_output_upsampling")(pooling(features[1]))
    expected = keras.layers.Concatenate()([enlarged, low_level(features[0])])
    joined = [layer for layer in ours.layers if isinstance(layer, keras.layers.Concatenate)][-1]
    ours_ends = [ours.get_layer(LAST[level]).output for level in ("2", "5")]
    arrays.assert_equal("DeepLabV3+", keras.Model(ours_ends, joined.output)(features), expected)


def created(network: keras.Model, kind: type[keras.layers.Layer]) -> list[keras.layers.Layer]:
    """The layers without a name of their own, as they were created."""
    found = {}
    for layer in network.layers:
        if isinstance(layer, kind) and (number := UNNAMED.fullmatch(layer.name)):
            found[int(number[1] or 0)] = layer
    return [layer for _, layer in sorted(found.items())]
