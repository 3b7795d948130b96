"""Border weights: those of scipy, cell by cell; the loss that they make."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from seg_models import dataset, errors
from seg_models.losses import border_weighted_cross_entropy as border

COMPONENTS = dataset.DatasetInfo(
    "cells", tuple(dataset.Category(name, (0, 0, 0)) for name in ("background", "cell", "other")), ()
)
INSTANCES = dataclasses.replace(COMPONENTS, tasks=("semantic", "instance"))
SHAPE = (3, 31, 40)


def batch() -> dict[str, tf.Tensor]:
    """Blobs of two classes with void between; the second image has one cell, the third none."""
    random = np.random.default_rng(0)
    height = ndimage.gaussian_filter(random.normal(size=SHAPE), (0, 2, 2)) * 10
    semantic = np.where(height > 1, 1, np.where(height < -2, 2, 0))
    semantic[random.random(SHAPE) < 0.02] = COMPONENTS.void
    semantic[1] = 0
    semantic[1, 5:9, 8:20] = 1
    semantic[2] = 0
    instance = np.where(semantic == 1, 1 + np.indices(SHAPE)[2] // 10 * 700, 0)
    return {"semantic": tf.constant(semantic, tf.int32), "instance": tf.constant(instance, tf.int32)}


def brute_force(semantic: np.ndarray, cells: list[np.ndarray], balance: bool) -> np.ndarray:
    """The weights [H, W] of one image, from all distances at once."""
    distances = np.array([ndimage.distance_transform_edt(~cell) for cell in cells])
    known = semantic != COMPONENTS.void
    weight = known.astype(float)
    classes, counts = np.unique(semantic[known], return_counts=True)
    if balance:
        for each, count in zip(classes, counts):
            weight[semantic == each] = known.sum() / (len(classes) * count)
    if len(cells) > 1:
        distances.sort(axis=0)
        outside = known & (distances[0] > 0)
        weight += outside * 10 * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * 5**2))
    return weight


@pytest.mark.parametrize("balance", (True, False))
def test_weights_of_components(balance: bool) -> None:
    found = border.prepare(border.Config(balance=balance), COMPONENTS, batch())["border_weight"].numpy()
    for semantic, weight in zip(batch()["semantic"].numpy(), found):
        labels = [ndimage.label(semantic == category) for category in (1, 2)]
        cells = [label == each for label, count in labels for each in range(1, count + 1)]
        np.testing.assert_allclose(weight, brute_force(semantic, cells, balance), rtol=1e-4, atol=1e-5)
    assert found[0].max() > 5, "some gap is narrow"


def test_weights_of_instances() -> None:
    found = border.prepare(border.Config(), INSTANCES, batch())["border_weight"].numpy()
    for semantic, instance, weight in zip(batch()["semantic"].numpy(), batch()["instance"].numpy(), found):
        cells = [instance == each for each in np.unique(instance[instance > 0])]
        np.testing.assert_allclose(weight, brute_force(semantic, cells, balance=True), rtol=1e-4, atol=1e-5)


def test_balanced_weights_are_1_on_average() -> None:
    semantic = batch()["semantic"]
    weight = border.inverse_frequency(semantic, COMPONENTS).numpy()
    for each, known in zip(weight, semantic.numpy() != COMPONENTS.void):
        assert each[known].mean() == pytest.approx(1, rel=1e-5) and not each[~known].any()


def test_only_the_named_class_is_a_cell() -> None:
    cells = border.cells_of(border.Config(cells=("other",)), COMPONENTS, batch()).numpy()
    assert ((cells > 0) == (batch()["semantic"].numpy() == 2)).all()
    with pytest.raises(errors.UserError, match="`cel` is no class"):
        border.cells_of(border.Config(cells=("cel",)), COMPONENTS, batch())


@pytest.mark.parametrize("task", ["instance", "panoptic"])
def test_where_there_are_instances_no_class_is_named(task: str) -> None:
    info = dataclasses.replace(COMPONENTS, tasks=("semantic", task))
    for name, message in (("cel", "`cel` is no class"), ("cell", "cells has instances, and these are the cells")):
        with pytest.raises(errors.UserError, match=message):
            border.prepare(border.Config(cells=(name,)), info, batch())


def test_a_gap_of_one_pixel_by_hand() -> None:
    semantic = tf.constant([[[1, 1, 0, 1, 1]]])
    config = border.Config(w0=7.0, sigma=2.0, balance=False)
    weight = border.prepare(config, COMPONENTS, {"semantic": semantic, "instance": semantic * 0})["border_weight"]
    np.testing.assert_allclose(weight[0, 0], [1, 1, 1 + 7 * np.exp(-0.5), 1, 1], rtol=1e-6)


def test_the_loss_is_the_weighted_mean() -> None:
    truth, random = batch(), np.random.default_rng(1)
    truth |= border.prepare(border.Config(), COMPONENTS, truth)
    logits = random.normal(size=(*SHAPE, 3)).astype(np.float32)
    outer = random.uniform(0.5, 2, SHAPE).astype(np.float32)
    semantic = truth["semantic"].numpy()
    known = semantic != COMPONENTS.void
    likelihood = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    cost = -np.take_along_axis(likelihood, np.where(known, semantic, 0)[..., None], -1)[..., 0]
    expected = np.average(cost, weights=outer * truth["border_weight"].numpy() * known)
    found = border.loss(border.Config(), COMPONENTS, truth, tf.constant(logits), tf.constant(outer))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_within_a_data_set_of_unknown_shapes() -> None:
    signature = {name: tf.TensorSpec([None, None, None], tf.int32) for name in ("semantic", "instance")}
    traced = tf.function(lambda each: border.prepare(border.Config(), COMPONENTS, each), input_signature=[signature])
    batches = tf.data.Dataset.from_tensor_slices(batch()).batch(2).map(traced)
    weights = np.concatenate([each["border_weight"] for each in batches.as_numpy_iterator()])
    np.testing.assert_allclose(weights, border.prepare(border.Config(), COMPONENTS, batch())["border_weight"])


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`sigma` > 0, got 0"):
        border.Config(sigma=0)
    with pytest.raises(errors.UserError, match="`w0` >= 0, got -1"):
        border.Config(w0=-1)
