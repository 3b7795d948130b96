"""Panoptic-DeepLab: what its losses weigh, what its offsets mean, and that perfect outputs are a perfect answer."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import model
from seg_models.layers import instance_centers, normalization
from seg_models.losses import cross_entropy
from seg_models.models import panoptic_deeplab
from tests import tiny_models

INFO = tiny_models.INFO
CAR = 2


def build(**fields: Any) -> panoptic_deeplab.PanopticDeepLab:
    """The model with other losses or another grouping, its network the same."""
    config = dataclasses.replace(tiny_models.config("panoptic_deeplab"), **fields)
    return panoptic_deeplab.PanopticDeepLab(config, INFO, tiny_models.shared("panoptic_deeplab").network)


def perfect(batch: model.Batch, sigma: float) -> model.Outputs:
    """Outputs of the truth's size that leave nothing to learn."""
    truth = instance_centers.build(batch, INFO, sigma)
    scores = 60 * tf.one_hot(batch["semantic"], INFO.num_categories)
    # One output a pixel has four times the spacing's quarters.
    return {"semantic": scores, "center": truth.heatmap, "offset": 4 * truth.offset}


def test_perfect_outputs_cost_nothing_and_give_back_the_scene() -> None:
    network, batch = build(sigma=2.0), tiny_models.batch(2, 2, (40, 56))
    batch["object_crowd"] = tf.zeros_like(batch["object_crowd"])
    outputs = perfect(batch, 2.0)
    assert {name: float(term) for name, term in network.loss_terms(batch, outputs).items()} == pytest.approx(
        {"semantic": 0, "center": 0, "offset": 0}, abs=1e-4
    )
    panoptic, semantic = network.maps(outputs, tf.constant([40, 56]))["panoptic"].numpy(), batch["semantic"].numpy()
    for found, classes, instances in zip(panoptic, semantic, batch["instance"].numpy()):
        thing = np.isin(classes, INFO.thing_ids)
        pairs = {(instance, each) for instance, each in zip(instances[thing].tolist(), found[thing].tolist())}
        assert len(pairs) == len(np.unique(instances[thing])) == len({each for _, each in pairs}) > 2
        assert (found[thing] // INFO.label_divisor == classes[thing]).all()


def test_losses_weigh_what_the_settings_say() -> None:
    batch = tiny_models.batch(1)
    outputs = tiny_models.noise_like(build()(batch["image"]), (33, 47))
    once = build(center_weight=1.0, offset_weight=1.0).loss_terms(batch, outputs)
    more = build(center_weight=30.0, offset_weight=0.5).loss_terms(batch, outputs)
    for name, factor in {"semantic": 1.0, "center": 30.0, "offset": 0.5}.items():
        assert float(more[name]) == pytest.approx(factor * float(once[name]), rel=1e-5)


def test_centre_and_offset_losses_by_hand() -> None:
    """One car of 2 x 2 in the corner of an image of 4 x 4 whose outputs say 0.5 and (1, -2) px everywhere."""
    semantic, instance = np.ones((1, 4, 4), np.int32), np.zeros((1, 4, 4), np.int32)
    semantic[0, :2, :2], instance[0, :2, :2] = CAR, 9
    batch = {
        "semantic": tf.constant(semantic),
        "instance": tf.constant(instance),
        "weight": tf.ones([1]),
        "object_instance": tf.constant([[9]]),
        "object_crowd": tf.constant([[False]]),
    }
    outputs = {
        "semantic": tf.zeros([1, 1, 1, 5]),
        "center": tf.fill([1, 1, 1, 1], 0.5),
        "offset": tf.constant([[[[1.0, -2.0]]]]),
    }
    terms = build(sigma=1.0, center_weight=200.0, offset_weight=0.01).loss_terms(batch, outputs)
    # The centre of mass is (0.5, 0.5), rounded to even (0, 0).
    distance = np.arange(4) ** 2
    heatmap = np.exp(-np.add.outer(distance, distance) / 2)
    assert float(terms["center"]) == pytest.approx(200 * ((heatmap - 0.5) ** 2).mean(), rel=1e-5)
    assert float(terms["offset"]) == pytest.approx(0.01 * (np.abs([1 - 0.5, 1 + 0.5]).mean() + 2), rel=1e-5)
    # The hardest fifth of 16 pixels are the car's 4, for it is small.
    assert float(terms["semantic"]) == pytest.approx(3 * np.log(5), rel=1e-5)


def test_small_instances_weigh_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cars, of 4 and of 8 pixels, where 5 are the limit, beside 4 pixels of road."""
    monkeypatch.setattr(panoptic_deeplab, "SMALL_INSTANCE", 5)
    instance = np.array([[[1] * 4 + [2] * 8 + [0] * 4]])
    semantic = np.where(instance > 0, CAR, 1)
    wrong = np.where(instance == 1, 3.0, np.where(instance == 2, 2.0, 1.0))
    logits = np.zeros((1, 1, 16, 5))
    logits[..., 0] = wrong
    batch = {
        "semantic": tf.constant(semantic, tf.int32),
        "instance": tf.constant(instance, tf.int32),
        "weight": tf.ones([1]),
        "object_instance": tf.constant([[1, 2]]),
        "object_crowd": tf.constant([[False, False]]),
    }
    outputs = {name: tf.zeros([1, 1, 16, channels]) for name, channels in (("center", 1), ("offset", 2))}
    outputs["semantic"] = tf.constant(logits, tf.float32)
    network = build(loss=cross_entropy.Config(), small_instance_weight=3.0)
    small, large, road = (np.log(np.exp(score) + 4) for score in (3.0, 2.0, 1.0))
    expected = (3 * 4 * small + 8 * large + 4 * road) / (3 * 4 + 8 + 4)
    assert float(network.loss_terms(batch, outputs)["semantic"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("size", "first_of_the_second"), [((12, 48), 20), ((12, 96), 40)])
def test_offsets_grow_with_the_maps(size: tuple[int, int], first_of_the_second: int) -> None:
    """Two centres as far from the middle; each pixel points 4 px to the right at the working size, 12 x 48."""
    center = np.zeros((1, 3, 12, 1), np.float32)
    center[0, 1, 2] = center[0, 1, 9] = 0.9
    outputs = {
        "semantic": tf.one_hot(np.full((1, 3, 12), CAR), INFO.num_categories),
        "center": tf.constant(center),
        "offset": tf.constant([0.0, 4.0]) * tf.ones([1, 3, 12, 2]),
    }
    found = build().maps(outputs, tf.constant(size))["panoptic"].numpy()[0]
    # Enlarged, a peak may be several pixels wide, which makes several centres.
    left, right = (set(half.ravel().tolist()) for half in np.split(found, [first_of_the_second], axis=1))
    assert left and right and not left & right and all(each // INFO.label_divisor == CAR for each in left | right)


def test_what_is_learnt_at_an_odd_size_is_what_the_maps_say() -> None:
    """At 33 x 47 outputs have 9 x 12 points: offsets that leave no loss there must lead the maps to the centre too."""
    batch = tiny_models.batch(0, 1)
    batch["semantic"], batch["instance"] = tf.fill([1, 33, 47], CAR), tf.fill([1, 33, 47], 7)
    rows, columns = np.mgrid[:9, :12]
    # Half-pixel centres: point i stands at pixel (i + 1/2) 33 / 9 - 1/2; in quarters of 33 / 9 px it is 36 / 33 as far.
    down, right = 16 - (rows + 0.5) * 33 / 9 + 0.5, 23 - (columns + 0.5) * 47 / 12 + 0.5
    outputs = {name: tf.zeros([1, 9, 12, channels]) for name, channels in (("semantic", 5), ("center", 1))}
    outputs["offset"] = tf.constant(np.stack([down * 36 / 33, right * 48 / 47], -1)[None], tf.float32)
    batch["object_crowd"] = tf.zeros_like(batch["object_crowd"])
    terms = build(offset_weight=1.0).loss_terms(batch, outputs)
    # The outermost pixels lie beyond the outermost points, where enlarging goes on flat.
    assert float(terms["offset"]) < 0.3


def test_outputs_stand_at_stride_4() -> None:
    shapes = {name: tuple(value.shape) for name, value in build()(tf.zeros([2, 33, 47, 3])).items()}
    assert shapes == {"semantic": (2, 9, 12, 5), "center": (2, 9, 12, 1), "offset": (2, 9, 12, 2)}


def test_the_decoders_have_the_parameters_of_the_release() -> None:
    """INSTANCE.ASPP_CHANNELS of the authors' release is 256 like the semantic branch's, before a decoder of 128."""
    config = panoptic_deeplab.Config(backbone=tiny_models.BACKBONE, norm=normalization.Norm("batch"))
    built = panoptic_deeplab.build(config, INFO)
    own = [weight for weight in built.trainable_weights if id(weight) not in built.backbone_weights]
    _, level2, level3, _, level5 = (tiny_models.BACKBONE.stem, *tiny_models.BACKBONE.widths)

    def dense(ins: int, outs: int, side: int = 1) -> int:
        return side * side * ins * outs + 2 * outs

    def separable(ins: int, outs: int) -> int:
        return 25 * ins + 2 * ins + dense(ins, outs)

    pyramid = 2 * dense(level5, 256) + 3 * dense(level5, 256, 3) + dense(5 * 256, 256)
    semantic = dense(level3, 64) + separable(256 + 64, 256) + dense(level2, 32) + separable(256 + 32, 256)
    instance = dense(level3, 32) + separable(256 + 32, 128) + dense(level2, 16) + separable(128 + 16, 128)
    heads = separable(256, 256) + 257 * 5 + 2 * separable(128, 32) + 33 * (1 + 2)
    assert sum(weight.shape.num_elements() for weight in own) == 2 * pyramid + semantic + instance + heads


def test_the_published_sizes() -> None:
    config = panoptic_deeplab.Config()
    assert config.loss.hardest_fraction == 0.2
    assert (config.small_instance_weight, panoptic_deeplab.SMALL_INSTANCE) == (3, 4096)
    assert (config.center_weight, config.offset_weight, config.sigma) == (200, 0.01, 8)
    grouping = config.grouping
    assert (grouping.center_threshold, grouping.nms_kernel, grouping.top_k, grouping.stuff_area) == (0.1, 7, 200, 2048)
