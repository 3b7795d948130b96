"""Cascade Segmentation Module: what the streams share, what each learns from, the parameters of both bases."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from seg_models import config as settings
from seg_models import dataset, errors, soft_counts
from seg_models.layers import normalization, stream_merging, vgg
from seg_models.losses import boundary, cross_entropy, dice, sum_of_losses
from seg_models.models import cascade, segnet

VOID = dataset.VOID
INFO = dataset.DatasetInfo(
    "street",
    (
        dataset.Category("sky", (0, 0, 0)),
        dataset.Category("wheel", (0, 0, 0)),
        dataset.Category("car", (0, 0, 0), is_thing=True),
        dataset.Category("road", (0, 0, 0)),
        dataset.Category("person", (0, 0, 0), is_thing=True),
        dataset.Category("cloud", (0, 0, 0)),
    ),
    (),
)
PARTS = (("wheel", "car"), ("cloud", "sky"))
TINY = cascade.Config(parts=PARTS, vgg16=vgg.Vgg16(width=2, fc_channels=8, dropout=0.0))
STREAMS = stream_merging.Streams(stuff=(0, 3), objects=(2, 4), parts=((2, 1), (0, 5)))


@functools.cache
def build(**changes: object) -> cascade.Cascade:
    keras.utils.set_random_seed(0)
    return cascade.build(dataclasses.replace(TINY, **changes), INFO)


def batch(semantic: list[list[int]]) -> dict[str, tf.Tensor]:
    """One image of random colours with this map."""
    size = (len(semantic), len(semantic[0]))
    return {
        "image": tf.constant(np.random.default_rng(0).uniform(0, 255, (1, *size, 3)), tf.float32),
        "semantic": tf.constant([semantic]),
        "weight": tf.ones([1]),
    }


def parameters(network: keras.Model) -> int:
    return sum(weight.shape.num_elements() for weight in network.trainable_weights)


def test_things_are_the_objects_unless_others_are_named() -> None:
    assert build().streams == STREAMS
    assert build(objects=("road", "car"), parts=()).streams == stream_merging.Streams((0, 1, 4, 5), (2, 3))


def test_dilated_streams_share_three_blocks_and_have_the_rest_of_vgg16_each() -> None:
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        network = cascade.build(cascade.Config(parts=PARTS), INFO).network
    block = {1: (3, 64, 64), 2: (64, 128, 128), 3: (128, 256, 256, 256), 4: (256, *[512] * 3), 5: (512, *[512] * 3)}
    count = {
        number: sum(9 * ins * outs + outs for ins, outs in zip(widths, widths[1:])) for number, widths in block.items()
    }
    fully_connected = 49 * 512 * 4096 + 4096 + 4096 * 4096 + 4096
    stream = count[4] + count[5] + fully_connected
    scores = sum(4096 * channels + channels for channels in (3, 2, 4))
    assert parameters(network) == sum(count[number] for number in (1, 2, 3)) + 3 * stream + scores


def test_segnet_streams_share_the_encoder_and_have_a_decoder_each() -> None:
    config = cascade.Config(base="segnet", vgg16=vgg.Vgg16(width=1), norm=normalization.Norm("batch"))
    network = cascade.build(config, INFO).network
    there = [(3, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 4), (4, 8), *[(8, 8)] * 5]
    back = [*[(8, 8)] * 5, (8, 4), *[(4, 4)] * 2, (4, 2), (2, 2), (2, 1), (1, 1)]
    encoder, decoder = (sum(9 * ins * outs + 2 * outs for ins, outs in widths) for widths in (there, back))
    assert parameters(network) == encoder + 2 * decoder + (9 + 1) * (5 + 2)


@pytest.mark.parametrize("base", cascade.BASES)
def test_every_pixel_of_any_size_has_its_scores(base: str) -> None:
    network = build(base=base).network
    for size in ((1, 1), (5, 9), (33, 47)):
        assert network(tf.zeros([2, *size, 3]))["semantic"].shape == (2, *size, 6)


@pytest.mark.parametrize("merge", stream_merging.MERGES)
def test_each_stream_costs_the_cross_entropy_on_its_own_pixels(merge: str) -> None:
    network = build(merge=merge, object_weight=3.0)
    random = np.random.default_rng(1)
    stuff, objects, parts = (random.normal(0, 2, (1, 2, 4, n)).astype(np.float32) for n in (3, 2, 4))
    truth = batch([[0, 1, 2, 3], [4, 5, VOID, 2]])
    outputs = {"semantic": stream_merging.StreamMerging(STREAMS, merge)([stuff, objects, parts])}
    terms = network.loss_terms(truth, outputs)

    def expected(logits: np.ndarray, channels: dict[int, int]) -> list[float]:
        logs = special.log_softmax(logits[0].astype(np.float64), -1)
        pixels = [(place, channels.get(value)) for place, value in np.ndenumerate(truth["semantic"].numpy()[0])]
        return [-logs[place][channel] for place, channel in pixels if channel is not None]

    of_stuff = expected(stuff, {0: 0, 5: 0, 3: 1, 2: 2, 1: 2, 4: 2})
    assert len(of_stuff) == 7 and float(terms["stuff"]) == pytest.approx(np.mean(of_stuff), rel=1e-5)
    of_objects = expected(objects, {2: 0, 1: 0, 4: 1})
    assert len(of_objects) == 4 and float(terms["object"]) == pytest.approx(3 * np.mean(of_objects), rel=1e-5)
    of_parts = expected(parts[..., :2], {2: 0, 1: 1}) + expected(parts[..., 2:], {0: 0, 5: 1})
    assert len(of_parts) == 5 and float(terms["part"]) == pytest.approx(np.mean(of_parts), rel=1e-5)


@pytest.mark.parametrize("merge", stream_merging.MERGES)
def test_only_the_pixels_of_a_stream_teach_it(merge: str) -> None:
    network = build(merge=merge)
    streams = [tf.random.stateless_normal((1, 8, 8, count), seed=(count, 0)) for count in STREAMS.channels.values()]

    def taught(semantic: int) -> set[str]:
        """The streams that get a gradient from an image all of this category."""
        with tf.GradientTape() as tape:
            tape.watch(streams)
            outputs = {"semantic": network.network.get_layer("semantic")(streams)}
            loss = tf.add_n(list(network.loss_terms(batch([[semantic] * 8] * 8), outputs).values()))
        gradients = tape.gradient(loss, streams, unconnected_gradients="zero")
        # What cancels out leaves the rounding of float32.
        return {name for name, each in zip(STREAMS.channels, gradients) if np.abs(each).max() > 1e-6}

    assert taught(3) == {"stuff"}  # road has no parts
    assert taught(0) == {"stuff", "part"}
    assert taught(4) == {"stuff", "object"}
    assert taught(1) == {"stuff", "object", "part"}
    assert taught(VOID) == set()


@pytest.mark.parametrize("merge", stream_merging.MERGES)
def test_maps_and_probabilities_say_the_same(merge: str) -> None:
    network = build(merge=merge)
    outputs = {"semantic": tf.random.stateless_normal((2, 8, 8, 6), seed=(0, 0), stddev=3.0)}
    size = tf.constant([13, 9])
    probabilities = network.probabilities(outputs, size).numpy()
    np.testing.assert_allclose(probabilities.sum(-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(-1), network.maps(outputs, size)["semantic"])


def test_vgg16_goes_into_the_encoder_of_segnet() -> None:
    encoder = keras.Model(*segnet_encoder(width=2))
    image = features = keras.Input((None, None, 3))
    narrow = vgg.Vgg16(width=2)
    for number in range(1, 6):
        features = vgg.block(features, number, narrow, normalization.Norm("none"))
    source = keras.Model(image, features)
    segnet.take_over(source, encoder)
    np.testing.assert_array_equal(encoder.get_layer("conv4_2").kernel, source.get_layer("block4_conv2").kernel)


def segnet_encoder(width: int) -> tuple[tf.Tensor, tf.Tensor]:
    image = keras.Input((None, None, 3))
    return image, segnet.encoder(image, segnet.Config(width=width))[0]


def test_a_sum_of_losses_may_be_learnt_from_where_no_term_prepares_maps() -> None:
    truth, outputs = batch([[0, 1], [4, VOID]]), {"semantic": tf.random.stateless_normal((1, 2, 2, 6), seed=(0, 0))}
    alone = build().loss_terms(truth, outputs)
    doubled = build(loss=sum_of_losses.Config((cross_entropy.Config(),), (2.0,))).loss_terms(truth, outputs)
    assert {name: float(cost) for name, cost in doubled.items()} == pytest.approx(
        {name: 2 * float(cost) for name, cost in alone.items()}
    )
    within = sum_of_losses.Config((cross_entropy.Config(), sum_of_losses.Config((boundary.Config(),), (1.0,))))
    for loss in (boundary.Config(), within):
        with pytest.raises(errors.UserError, match="prepares maps of all categories"):
            build(loss=loss)


def test_losses_that_skip_classes_are_refused() -> None:
    skipping = dice.Config(scope=soft_counts.Scope(skip_classes=(0,)))
    assert cascade.Config(loss=dice.Config()).loss == dice.Config()
    for loss in (skipping, sum_of_losses.Config((cross_entropy.Config(), skipping))):
        with pytest.raises(errors.UserError, match="`skip_classes`: train ids, but the streams have categories"):
            cascade.Config(loss=loss)


def test_settings() -> None:
    config = cascade.Config(base="segnet", parts=PARTS, objects=("car",), vgg16=vgg.Vgg16(weights="a.h5"))
    assert settings.from_json(settings.to_json(config)) == config
    assert config.pretrained and not cascade.Config().pretrained
    with pytest.raises(errors.UserError, match="Did you mean `segnet`"):
        cascade.Config(base="segnett")
    with pytest.raises(errors.UserError, match="each part once"):
        cascade.Config(parts=(("wheel", "car"), ("wheel", "sky")))
    with pytest.raises(errors.UserError, match="no part that is itself a whole"):
        cascade.Config(parts=(("wheel", "car"), ("car", "road")))
    with pytest.raises(errors.UserError, match="Did you mean `wheel`"):
        build(parts=(("wheels", "car"),))
    stuff_alone = dataclasses.replace(INFO, categories=INFO.categories[:1] * 3)
    with pytest.raises(errors.UserError, match="3 categories of stuff and 0 of objects"):
        cascade.build(cascade.Config(loss=cross_entropy.Config()), stuff_alone)
    assert cascade.Config(object_weight=0.0).object_weight == 0
    with pytest.raises(errors.UserError, match="`part_weight` -1"):
        cascade.Config(part_weight=-1.0)
