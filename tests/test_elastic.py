"""Elastic deformation: as strong as said, smooth, the same for image and maps, and the same for the same seed."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import elastic

INFO = dataset.DatasetInfo("two", (dataset.Category("a", (0, 0, 0)), dataset.Category("b", (0, 0, 0))), ())
SEED = tf.constant([3, 4])


def scene(height: int, width: int) -> dict[str, tf.Tensor]:
    """An image whose colours are a smooth function of the place, with maps that follow from it."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    image = np.stack([rows, columns, rows + columns], axis=-1)
    return {
        "image": tf.constant(image),
        "semantic": tf.constant(columns > width / 2, tf.int32),
        "instance": tf.constant(1 + columns, tf.int32),
    }


def test_displacements_at_the_points_are_those_drawn() -> None:
    # With an odd number of pixels to each point, one of them lies on it.
    field = elastic.displacements(elastic.Config(), tf.constant([27, 33]), SEED).numpy()
    coarse = tf.random.stateless_normal([3, 3, 2], SEED, stddev=10.0).numpy()
    np.testing.assert_allclose(field[4::9, 5::11], coarse, rtol=1e-4)


def test_between_the_points_the_cubic_of_keys() -> None:
    config = elastic.Config(grid=4)
    field = elastic.displacements(config, tf.constant([20, 20]), SEED).numpy()
    coarse = tf.random.stateless_normal([4, 4, 2], SEED, stddev=10.0).numpy()
    # Row 9 lies 1.4 steps after the first point; the cubic with a = -1/2 at the distances 1.4, 0.4, 0.6 and 1.6.
    weights = np.array([-0.072, 0.696, 0.424, -0.048])
    # TensorFlow takes the cubic from a table of 1024 steps.
    np.testing.assert_allclose(field[9, 12], weights @ coarse[:, 2], atol=0.02)


def test_as_strong_as_said() -> None:
    config = elastic.Config(std=4.0)
    fields = [elastic.displacements(config, tf.constant([27, 27]), tf.constant([0, seed])) for seed in range(150)]
    at_points = np.array([field.numpy()[4::9, 4::9] for field in fields])
    assert at_points.std() == pytest.approx(4, rel=0.05) and abs(at_points.mean()) < 0.3


def test_image_and_maps_move_together() -> None:
    before = scene(60, 80)
    bent = elastic.apply(elastic.Config(), before, seed=SEED, info=INFO)
    after = {name: value.numpy() for name, value in bent.items()}
    known = after["semantic"] != INFO.void
    assert 0.5 < known.mean() < 1 and (after["instance"][~known] == 0).all() and (after["image"][~known] == 127.5).all()
    column = after["image"][..., 1][known]
    assert np.abs(after["instance"][known] - 1 - column).max() <= 0.501
    assert (after["semantic"][known] == (after["instance"][known] - 1 > 40)).all()
    assert np.abs(column - np.broadcast_to(np.arange(80), (60, 80))[known]).max() > 3, "it moves"


def test_the_seed_decides() -> None:
    before = scene(20, 30)
    first, again, other = (
        elastic.apply(elastic.Config(), before, seed=tf.constant(seed), info=INFO)["image"].numpy()
        for seed in ((1, 2), (1, 2), (1, 3))
    )
    assert (first == again).all() and (first != other).any()


def test_without_strength_nothing_moves() -> None:
    before = scene(9, 7)
    after = elastic.apply(elastic.Config(std=0.0), before, seed=SEED, info=INFO)
    assert all((after[name] == before[name]).numpy().all() for name in before)


def test_the_shape_is_kept_in_a_graph() -> None:
    def bent(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return elastic.apply(elastic.Config(), example, seed=SEED, info=INFO)

    data = tf.data.Dataset.from_tensors(scene(20, 30)).map(bent)
    assert data.element_spec["image"].shape == (20, 30, 3) and data.element_spec["semantic"].shape == (20, 30)


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`grid` >= 2, got 1"):
        elastic.Config(grid=1)
    with pytest.raises(errors.UserError, match="`std` >= 0, got -1"):
        elastic.Config(std=-1)
