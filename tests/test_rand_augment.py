"""RandAugment: every operation, by the magnitude that was asked for, on image and maps."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from seg_models import dataset, errors
from seg_models.augment import rand_augment

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())
PIXELS = np.random.default_rng(0).normal(120, 30, (40, 50, 3)).clip(13, 240).astype(np.uint8)


def operated(config: rand_augment.Config, seed: int, image: np.ndarray = PIXELS) -> dict[str, np.ndarray]:
    ids = tf.constant(np.arange(image.shape[0] * image.shape[1], dtype=np.int32).reshape(image.shape[:2]))
    example = {"image": tf.constant(image, tf.float32), "semantic": ids, "instance": ids}
    result = rand_augment.apply(config, example, seed=tf.constant([0, seed]), info=INFO)
    return {name: value.numpy() for name, value in result.items()}


def outcomes(name: str, magnitude: float) -> list[np.ndarray]:
    """The images that one operation gives, one way and the other."""
    config = rand_augment.Config(count=1, magnitude=magnitude, operations=(name,))
    results = {result["image"].tobytes(): result["image"] for result in (operated(config, seed) for seed in range(10))}
    return list(results.values())


@pytest.mark.parametrize(
    "name, expected",
    [
        ("identity", [lambda image: image]),
        ("autocontrast", [ImageOps.autocontrast]),
        ("equalize", [ImageOps.equalize]),
        ("solarize", [lambda image: ImageOps.solarize(image, 128)]),
        ("posterize", [lambda image: ImageOps.posterize(image, 6)]),
        *(
            (name, [lambda image, kind=kind, factor=factor: kind(image).enhance(factor) for factor in (0.55, 1.45)])
            for name, kind in [
                ("color", ImageEnhance.Color), ("contrast", ImageEnhance.Contrast),
                ("brightness", ImageEnhance.Brightness), ("sharpness", ImageEnhance.Sharpness),
            ]
        ),
    ],
)  # fmt: skip
def test_values_at_half_the_magnitude(name: str, expected: list) -> None:
    found = outcomes(name, 5.0)
    truths = [np.asarray(operation(Image.fromarray(PIXELS)), np.float32) for operation in expected]
    assert len(found) == len(truths)
    for truth in truths:
        assert min(np.abs(image - truth).max() for image in found) <= 2.0


@pytest.mark.parametrize(
    "name, axis, slope", [("translate_x", 1, 0), ("translate_y", 0, 0), ("shear_x", 1, 1), ("shear_y", 0, 1)]
)
def test_moves(name: str, axis: int, slope: int) -> None:
    config = rand_augment.Config(count=1, magnitude=10, operations=(name,))
    shifts = []
    for seed in range(10):
        moved = operated(config, seed, np.zeros([41, 61, 3], np.uint8))["semantic"]
        rows, columns = np.nonzero(moved != 255)
        change = (np.array(np.divmod(moved[rows, columns], 61)) - [rows, columns])
        assert (change[1 - axis] == 0).all()
        across = (rows - 20) if axis == 1 else (columns - 30)
        shifts.append(np.polyfit(across, change[axis], 1)[0] if slope else np.median(change[axis]))
    highest = 0.3 if slope else 150 / 331 * (61 if axis == 1 else 41)
    assert len(set(np.sign(shifts))) == 2
    np.testing.assert_allclose(np.abs(shifts), highest, rtol=0.05, atol=0.5 * (1 - slope))


def test_turns_by_thirty_degrees_at_most() -> None:
    config = rand_augment.Config(count=1, magnitude=10, operations=("rotate",))
    moved = operated(config, 0, np.zeros([41, 61, 3], np.uint8))["semantic"]
    rows, columns = np.divmod(moved[15:26, 25:36], 61)
    gradient = [np.polyfit(np.arange(11), each.mean(axis=0), 1)[0] for each in (columns, rows)]
    np.testing.assert_allclose(np.abs(gradient), [np.cos(np.pi / 6), np.sin(np.pi / 6)], atol=0.03)


def test_at_no_magnitude_nothing_happens() -> None:
    still = tuple(name for name in rand_augment.OPERATIONS if name not in ("autocontrast", "equalize"))
    for name in still:
        config = rand_augment.Config(count=1, magnitude=0, operations=(name,))
        result = operated(config, 1)
        np.testing.assert_allclose(result["image"], PIXELS, atol=0.01, err_msg=name)
        assert (result["semantic"] == np.arange(2000).reshape(40, 50)).all()


def test_operations_follow_each_other() -> None:
    config = rand_augment.Config(count=2, magnitude=5, operations=("solarize", "posterize"))
    one, other = (lambda image: ImageOps.solarize(image, 128)), (lambda image: ImageOps.posterize(image, 6))
    image = Image.fromarray(PIXELS)
    truths = [np.asarray(second(first(image)), np.float32) for first in (one, other) for second in (one, other)]
    found = {result.tobytes() for result in (operated(config, seed)["image"] for seed in range(40))}
    assert found == {truth.tobytes() for truth in truths}


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`operations`.*autocontrast.*'invert'"):
        rand_augment.Config(operations=("identity", "invert"))
