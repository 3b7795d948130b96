"""Mixing two images: which pixels, by the papers' rules, and what becomes of the objects."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, mixing
from seg_models.augment import class_mix, copy_paste, cutmix

INFO = dataset.DatasetInfo("six", tuple(dataset.Category(str(i), (0, 0, 0), i > 2) for i in range(6)), ())


def batch(semantic: np.ndarray, instance: np.ndarray, objects: list[list[tuple[int, int, bool]]]) -> mixing.Batch:
    """Images that all have their own number as colour."""
    most = max(len(one) for one in objects)
    filled = [one + [(-1, 0, False)] * (most - len(one)) for one in objects]
    category, ids, crowd = (np.array([[each[field] for each in one] for one in filled]) for field in range(3))
    image = np.arange(len(semantic), dtype=np.float32)[:, None, None, None] * np.ones([*semantic.shape, 3], np.float32)
    values = {
        "image": image, "semantic": semantic.astype(np.int32), "instance": instance.astype(np.int32),
        "object_category": category.astype(np.int32), "object_instance": ids.astype(np.int32),
        "object_crowd": crowd.astype(bool),
    }  # fmt: skip
    return {name: tf.constant(value) for name, value in values.items()}


def pair() -> mixing.Batch:
    instance = np.array([[[7, 7, 0, 300]], [[7, 0, 9, 9]]])
    semantic = np.array([[[3, 3, 0, 4]], [[5, 1, 4, 4]]])
    return batch(semantic, instance, [[(3, 7, False), (4, 300, True)], [(5, 7, False), (4, 9, True)]])


def seeds(first: int, count: int = 2) -> tf.Tensor:
    return tf.constant([[first, number] for number in range(count)])


def test_objects_of_a_paste_by_hand() -> None:
    mask = tf.constant([[[False, True, True, True]], [[True, False, False, False]]])
    first = pair()
    result = mixing.paste(first, mixing.donors(first), mask, INFO)
    # In the first, the crowd is hidden altogether, of 7 a pixel is left and 9 becomes 300 + 9.
    assert result["image"][0, 0, :, 0].numpy().tolist() == [0, 1, 1, 1]
    assert result["semantic"][:, 0].numpy().tolist() == [[3, 1, 4, 4], [3, 1, 4, 4]]
    assert result["instance"][:, 0].numpy().tolist() == [[7, 0, 309, 309], [16, 0, 9, 9]]
    assert result["object_instance"].numpy().tolist() == [[7, 309], [9, 16]]
    assert result["object_category"].numpy().tolist() == [[3, 4], [4, 3]]
    assert result["object_crowd"].numpy().tolist() == [[False, True], [True, False]]


def test_images_without_objects() -> None:
    empty = batch(np.zeros([2, 3, 3]), np.zeros([2, 3, 3]), [[], []])
    for module in (cutmix, class_mix, copy_paste):
        result = module.apply_batch(module.Config(probability=1.0), empty, seeds=seeds(0), info=INFO)
        assert result["object_category"].shape == (2, 0) and (result["instance"].numpy() == 0).all()


def test_copy_paste_takes_objects_but_no_crowds() -> None:
    result = copy_paste.apply_batch(copy_paste.Config(share=1.0), pair(), seeds=seeds(0), info=INFO)
    assert result["image"][:, 0, :, 0].numpy().tolist() == [[1, 0, 0, 0], [0, 0, 1, 1]]
    assert result["instance"][:, 0].numpy().tolist() == [[307, 7, 0, 300], [16, 16, 9, 9]]


def test_copy_paste_takes_each_by_chance() -> None:
    taken = np.zeros(2)
    config = copy_paste.Config(share=0.3)
    for seed in range(60):
        image = copy_paste.apply_batch(config, pair(), seeds=seeds(seed), info=INFO)["image"].numpy()[:, 0, :, 0]
        taken += [image[0, 0] == 1, image[1, 0] == 0]
    assert (taken > 7).all() and (taken < 30).all()  # 18 expected


def test_class_mix_takes_half_of_the_classes() -> None:
    semantic = np.stack([np.full([5, 7], 2), np.tile([0, 1, 3, 4, 5, 255, 0], (5, 1))])
    first = batch(semantic, np.zeros_like(semantic), [[], []])
    chosen = set()
    for seed in range(40):
        result = class_mix.apply_batch(class_mix.Config(1.0), first, seeds=seeds(seed), info=INFO)
        source = result["image"][..., 0].numpy()
        # Five classes, two of which are pasted wherever they are; of one class none.
        classes = set(semantic[1][source[0] == 1])
        assert len(classes) == 2 and 255 not in classes
        assert (source[0] == np.isin(semantic[1], list(classes))).all() and (source[1] == 1).all()
        chosen |= {frozenset(classes)}
    assert len(chosen) >= 8 and frozenset().union(*chosen) == {0, 1, 3, 4, 5}  # of 10 pairs


def boxes(config: cutmix.Config, turns: int) -> list[np.ndarray]:
    maps = np.zeros([4, 40, 60])
    first = batch(maps, maps, [[]] * 4)
    results = [cutmix.apply_batch(config, first, seeds=seeds(turn, 4), info=INFO)["image"] for turn in range(turns)]
    return [image[..., 0].numpy() == (number + 1) % 4 for result in results for number, image in enumerate(result)]


@pytest.mark.parametrize("alpha", [1.0, 8.0])
def test_cutmix_pastes_boxes_of_the_beta_distribution(alpha: float) -> None:
    found = boxes(cutmix.Config(alpha=alpha, probability=1.0), 50)
    for mask in found:
        assert mask.sum() == mask.any(axis=0).sum() * mask.any(axis=1).sum()
    # A box that nothing cuts off has the image's shape, and an area of 1 - lambda.
    whole = [mask for mask in found if not (mask[[0, -1]].any() or mask[:, [0, -1]].any()) and mask.sum() > 200]
    sides = np.array([[mask.any(axis=1).sum() / 40, mask.any(axis=0).sum() / 60] for mask in whole])
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], atol=0.04)
    areas = np.array([mask.mean() for mask in found])
    expected = clipped_areas(alpha)
    assert abs(areas.mean() - expected.mean()) < 4 * expected.std() / np.sqrt(len(areas))
    assert abs(areas.std() - expected.std()) < 0.25 * expected.std()


def clipped_areas(alpha: float) -> np.ndarray:
    """Areas as the paper's equation 2 draws them."""
    random = np.random.default_rng(0)
    side = np.sqrt(1 - random.beta(alpha, alpha, 100_000))[:, None]
    center = random.random([100_000, 2])
    return (np.minimum(center + side / 2, 1) - np.maximum(center - side / 2, 0)).prod(axis=1)


def test_the_fraction_is_the_probability() -> None:
    assert 30 <= sum(mask.any() for mask in boxes(cutmix.Config(probability=0.25), 50)) <= 72
