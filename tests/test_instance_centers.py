"""Truth for centres and offsets, against maps made by hand."""

import math

import numpy as np
import tensorflow as tf

from seg_models.layers import instance_centers
from tests import tiny_models

INFO = tiny_models.INFO
ROAD, CAR, PERSON = 1, 2, 4
SIGMA = 2.0


def build(
    semantic: np.ndarray, instance: np.ndarray, crowds: tuple[tuple[int, ...], ...] = ()
) -> instance_centers.Centers:
    """The centres of integer [B, H, W] maps; `crowds` names the crowd instances of each image."""
    ids = [sorted(set(np.unique(each).tolist()) - {0}) for each in instance]
    most = max(map(len, ids))
    objects = np.array([each + [0] * (most - len(each)) for each in ids], np.int32)
    is_crowd = [[identity in crowds[image] for identity in row] for image, row in enumerate(objects)] if crowds else []
    batch = {
        "semantic": tf.constant(semantic, tf.int32),
        "instance": tf.constant(instance, tf.int32),
        "object_instance": tf.constant(objects),
        "object_crowd": tf.constant(is_crowd if crowds else np.zeros(objects.shape, bool)),
    }
    return instance_centers.build(batch, INFO, SIGMA)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Two images of 12 x 16 on road. First: a car of 4 x 5 and an L of a person. Second: a car, with the same id."""
    semantic, instance = np.full((2, 12, 16), ROAD), np.zeros((2, 12, 16), int)
    semantic[0, 2:6, 1:6], instance[0, 2:6, 1:6] = CAR, 5
    for rows, columns in ((slice(5, 11), slice(10, 12)), (slice(9, 11), slice(10, 16))):
        semantic[0, rows, columns], instance[0, rows, columns] = PERSON, 60000
    semantic[1, 0:2, 0:2], instance[1, 0:2, 0:2] = CAR, 5
    return semantic, instance


def test_centres_are_centres_of_mass_and_offsets_point_to_them() -> None:
    semantic, instance = scene()
    found = build(semantic, instance)
    rows, columns = np.mgrid[:12, :16]
    # The L: 12 pixels with rows 5..10 and columns 10, 11; 8 pixels with rows 9, 10 and columns 12..15.
    legs = ((12 * 7.5 + 8 * 9.5) / 20, (12 * 10.5 + 8 * 13.5) / 20)
    for image, identity, (y, x), area in ((0, 5, (3.5, 3.0), 20), (0, 60000, legs, 20), (1, 5, (0.5, 0.5), 4)):
        inside = instance[image] == identity
        offset = found.offset[image].numpy()[inside]
        np.testing.assert_allclose(offset[:, 0] + rows[inside], y, atol=1e-5)
        np.testing.assert_allclose(offset[:, 1] + columns[inside], x, atol=1e-5)
        assert (found.area[image].numpy()[inside] == area).all()
    nothing = instance == 0
    assert not found.offset.numpy()[nothing].any() and not found.area.numpy()[nothing].any()
    assert (found.is_instance.numpy() == ~nothing).all()
    assert (found.is_known.numpy() == 1).all()


def test_the_heatmap_is_a_gaussian_around_the_rounded_centre() -> None:
    semantic, instance = np.full((1, 9, 9), CAR), np.full((1, 9, 9), 3)
    heatmap = build(semantic, instance).heatmap[0, ..., 0].numpy()
    assert heatmap[4, 4] == 1
    for y, x in ((4, 5), (1, 4), (7, 2), (0, 0)):
        distance = (y - 4) ** 2 + (x - 4) ** 2
        assert math.isclose(heatmap[y, x], math.exp(-distance / (2 * SIGMA**2)), rel_tol=1e-5)


def test_where_gaussians_meet_the_higher_one_counts() -> None:
    semantic, instance = scene()
    heatmap = build(semantic, instance).heatmap.numpy()[..., 0]
    # Halves are rounded to even, and the L's centre is (8.3, 11.7).
    centers = {0: ((4, 3), (8, 12)), 1: ((0, 0),)}
    rows, columns = np.mgrid[:12, :16]
    for image, points in centers.items():
        each = [np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * SIGMA**2)) for y, x in points]
        np.testing.assert_allclose(heatmap[image], np.max(each, axis=0), rtol=1e-4, atol=1e-6)


def test_crowds_have_no_centre_and_their_heatmap_is_unknown() -> None:
    semantic, instance = scene()
    found, without = build(semantic, instance, crowds=((60000,), ())), instance.copy()
    without[without == 60000] = 0
    crowd = instance == 60000
    assert not found.is_instance.numpy()[crowd].any() and not found.is_known.numpy()[crowd].any()
    assert found.is_known.numpy()[~crowd].all() and not found.offset.numpy()[crowd].any()
    np.testing.assert_allclose(found.heatmap, build(semantic, without).heatmap)
    # The second image has the id that is a crowd in a first image, as an instance.
    again = build(semantic, instance, crowds=((5,), ()))
    assert not again.is_instance.numpy()[0][instance[0] == 5].any() and again.is_instance.numpy()[1].sum() == 4


def test_void_belongs_to_no_instance() -> None:
    semantic, instance = scene()
    semantic[0, 2:6, 1:3] = INFO.void
    found = build(semantic, instance)
    void = semantic == INFO.void
    for each in (found.is_instance, found.is_known, found.area, found.offset[..., 0], found.offset[..., 1]):
        assert not each.numpy()[void].any()
    # What is left of the car has the columns 3..5.
    np.testing.assert_allclose(found.offset[0, 2, 3], [1.5, 1.0])
    assert found.heatmap[0, 4, 4, 0] == 1 and found.area[0, 2, 3] == 12


def test_a_thing_that_belongs_to_no_instance_is_unknown() -> None:
    semantic, instance = scene()
    instance[0][instance[0] == 5] = 0
    found, unknown = build(semantic, instance), (semantic == CAR) & (instance == 0)
    assert not found.is_known.numpy()[unknown].any() and found.is_known.numpy()[~unknown].all()


def test_instances_of_stuff_are_no_instances() -> None:
    semantic, instance = np.full((1, 8, 8), ROAD), np.full((1, 8, 8), 3)
    found = build(semantic, instance)
    assert not found.heatmap.numpy().any() and not found.is_instance.numpy().any() and found.is_known.numpy().all()
