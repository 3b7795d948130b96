"""U-Net, PSPNet and FPN of segmentation-models 1.0.1, with the same weights."""

import dataclasses
import os

import keras
import pytest

from seg_models.layers import feature_pyramid, normalization, pyramid_pooling
from seg_models.models import unet_with_backbone
from tests import tiny_models
from tests.peers import arrays

os.environ["SM_FRAMEWORK"] = "tf.keras"
peer = pytest.importorskip("segmentation_models")

CLASSES = tiny_models.INFO.num_categories
BATCH = normalization.Norm("batch")
RANDOM = {"encoder_weights": None, "classes": CLASSES, "activation": "linear"}
VGG16_SKIPS = ("block5_conv3", "block4_conv3", "block3_conv3", "block2_conv2", "block1_conv2")
RESNET_18 = {"1": "relu0", **{str(level): f"stage{level}_unit1_relu1" for level in (2, 3, 4)}, "5": "relu1"}


@pytest.mark.parametrize("finest_skip", (1, 0))
def test_unet_over_vgg16_is_the_same_network(finest_skip: int) -> None:
    """The whole of it, from pixels to scores: their default, and with the skip of level 0 that they offer."""
    theirs = peer.Unet("vgg16", encoder_features=VGG16_SKIPS[: 5 - finest_skip], **RANDOM)
    image = arrays.pixels(2, 64, 96)
    preprocessed = keras.applications.vgg16.preprocess_input(image.copy())
    arrays.settle(theirs, preprocessed)
    config = dataclasses.replace(unet_with_backbone.VGG16, finest_skip=finest_skip, norm=BATCH)
    ours = unet_with_backbone.build(config, tiny_models.INFO)
    assert ours.network.count_params() == theirs.count_params()
    ours.network.set_weights(theirs.get_weights())
    arrays.assert_equal("U-Net, VGG16", ours(image)["semantic"], theirs(preprocessed))


@pytest.mark.parametrize(("theirs_is", "ours_is"), (("upsampling", "nearest"), ("transpose", "transposed")))
def test_unet_is_the_same_over_their_resnet(theirs_is: str, ours_is: str) -> None:
    """The expanding path of both kinds, and the scores, on the features of their ResNet-18.

    That normalises before convolutions (He et al., 2016) and the pixels too, as the weights do that they distribute.
    Ours is the one of keras.applications, with whose weights tests/test_resnet.py compares it.
    """
    theirs = peer.Unet("resnet18", decoder_block_type=theirs_is, **RANDOM)
    image = arrays.pixels(2, 64, 96)
    arrays.settle(theirs, image)
    features = {level: theirs.get_layer(name).output for level, name in RESNET_18.items()}
    levels, expected = keras.Model(theirs.input, [features, theirs.output])(image)
    config = unet_with_backbone.Config(upsampling=ours_is, norm=BATCH)
    inputs = {level: keras.Input((None, None, value.shape[-1])) for level, value in levels.items()}
    size = keras.Input((None, None, 3))
    scores = keras.layers.Conv2D(CLASSES, 3, padding="same")(unet_with_backbone.decoder(inputs, size, config))
    ours = keras.Model([inputs, size], scores)
    decoder = [layer for layer in theirs.layers if layer.name.startswith(("decoder", "final"))]
    ours.set_weights([value for layer in decoder for value in layer.get_weights()])
    arrays.assert_equal(f"U-Net, {ours_is}", ours([levels, image]), expected)


def test_pspnet_has_the_same_pyramid() -> None:
    """From the features of stride 8, 12 x 18 of them, to the joined pyramid; their bins must divide the size.

    What remains different follows the paper in ours: they cut the backbone off at stride 8, the paper dilates it as far
    as level 5; they fuse the pyramid by 1x1 and score it by 3x3, the paper does it the other way round; they have no
    auxiliary head.
    """
    theirs = peer.PSPNet("resnet18", input_shape=(96, 144, 3), psp_conv_filters=48, **RANDOM)
    image = arrays.pixels(2, 96, 144)
    arrays.settle(theirs, image)
    before, after = (theirs.get_layer(name).output for name in (RESNET_18["3"], "psp_concat"))
    features, expected = keras.Model(theirs.input, [before, after])(image)
    assert features.shape == (2, 12, 18, 128)
    inputs = keras.Input((None, None, 128))
    ours = keras.Model(inputs, pyramid_pooling.pyramid_pooling(inputs, BATCH, channels=48))
    ours.set_weights(keras.Model(before, after).get_weights())
    arrays.assert_equal("PSPNet", ours(features), expected)


def test_fpn_goes_down_the_same_way() -> None:
    """The top-down path, whose levels are strides 2 to 32 in theirs: every sum of it.

    What remains different follows the papers in ours: the pyramid has strides 4 to 32, and 3x3 convolutions after the
    sums (Lin et al., 2017, section 3); the branch enlarges bilinearly by 2 after every single convolution, with group
    normalisation (Kirillov et al., 2019, figure 3), where they convolve twice and repeat pixels up to 8 times.
    """
    theirs = peer.FPN("resnet18", **RANDOM)
    image = arrays.pixels(2, 64, 96)
    arrays.settle(theirs, image)
    # Their "p5" is the sum at stride 16, ours is called after that stride's level, 4.
    tops = {level: theirs.get_layer(f"fpn_stage_p{level + 1}_add").output for level in (1, 2, 3, 4)}
    names = {level: theirs.get_layer(name).output for level, name in RESNET_18.items()}
    levels, expected = keras.Model(theirs.input, [names, tops])(image)
    inputs = {level: keras.Input((None, None, value.shape[-1])) for level, value in levels.items()}
    ours = keras.Model(inputs, feature_pyramid.feature_pyramid(inputs, normalization.Norm("none")))
    ours.get_layer("fpn_lateral5").set_weights(theirs.get_layer("fpn_stage_p5_pre_conv").get_weights())
    for level in expected:
        twin = theirs.get_layer(f"fpn_stage_p{level + 1}_conv")
        ours.get_layer(f"fpn_lateral{level}").set_weights(twin.get_weights())
    found = keras.Model(inputs, {level: ours.get_layer(f"fpn_top_down{level}").output for level in expected})(levels)
    for level in expected:
        arrays.assert_equal(f"FPN, level {level}", found[level], expected[level])
