"""The order of augmentations, and those that become one step: the same pixels as one by one, nearly."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import augmentation, dataset, decoding, errors, image_files, records, resize
from seg_models.augment import class_mix, color, copy_paste, crop, cutmix, flip, scale_jitter

INFO = dataset.DatasetInfo("six", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(6)), ())
SEEDS = tf.constant([3, 4])


def source() -> decoding.Source:
    """An image whose red and green say where a pixel is."""
    rows, columns = np.mgrid[:60, :80]
    pixels = np.stack([rows * 3, columns * 3, rows * 0], axis=-1).astype(np.uint8)
    semantic = ((rows // 10 + columns // 10) % 6).astype(np.uint8)
    example = dataset.Example(
        "a", image_files.encode_png(pixels), "png", 60, 80, semantic=semantic, instance=columns.astype(np.uint16)
    )
    return decoding.read(tf.constant(records.encode(example)), INFO)


def one_by_one(augment: tuple, size: tuple[int, int] | None, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
    example = source().whole(size)
    for index, (_, module, settings) in enumerate(augmentation.find(augment, 1).single):
        seed = tf.random.experimental.stateless_fold_in(seeds, index)
        example = module.apply(settings, example, seed=seed, info=INFO)
    return example


@pytest.mark.parametrize("size", [None, (45, 60), (60, 80), (90, 120)])
@pytest.mark.parametrize(
    "augment",
    [
        (),
        (crop.Config(32, 40),),
        (scale_jitter.Config(0.6, 1.8),),
        (scale_jitter.Config(0.6, 1.8), crop.Config(32, 40), flip.Config()),
        (crop.Config(32, 40, max_category_fraction=0.4),),
        (flip.Config(), scale_jitter.Config(0.6, 1.8), crop.Config(32, 40)),
        (crop.Config(32, 40), crop.Config(20, 20), scale_jitter.Config(0.6, 1.8)),
    ],
    ids=lambda augment: "+".join(type(each).__module__.rpartition(".")[2] for each in augment) or "none",
)
def test_one_step_or_several(augment: tuple, size: tuple[int, int] | None) -> None:
    found = augmentation.find(augment, 1)
    for number in range(4):
        seeds = tf.constant([7, number])
        result = augmentation.example(source(), size, found, seeds=seeds, info=INFO)
        expected = one_by_one(augment, size, seeds)
        assert result.keys() == expected.keys() and result["image"].shape == expected["image"].shape
        # A pixel of the image is 3 apart from the next; a window may start half a pixel off and be as much longer.
        known = (result["semantic"] != 255).numpy() & (expected["semantic"] != 255).numpy()
        assert known.mean() > 0.9 * (expected["semantic"].numpy() != 255).mean()
        assert np.abs(result["image"].numpy() - expected["image"].numpy())[known].max() <= 3 * 1.6
        assert (result["semantic"].numpy() == expected["semantic"].numpy()).mean() > 0.75
        if size in (None, (60, 80)) and not any(isinstance(each, scale_jitter.Config) for each in augment):
            assert all(np.array_equal(result[name], expected[name]) for name in ("image", "semantic", "instance"))


def test_image_and_maps_agree_where_one_step_does_it_all() -> None:
    found = augmentation.find((scale_jitter.Config(0.4, 2.0), crop.Config(48, 40)), 1)
    for number in range(20):
        result = augmentation.example(source(), (50, 90), found, seeds=tf.constant([1, number]), info=INFO)
        known = result["semantic"].numpy() != 255
        rows, columns = (result["image"].numpy()[known][:, axis] / 3 for axis in range(2))
        assert np.abs(result["instance"].numpy()[known] - columns).max() <= 1.0
        exact = (((rows + 0.5) % 10 - 5).__abs__() < 4) & (((columns + 0.5) % 10 - 5).__abs__() < 4)
        expected = ((rows + 0.5) // 10 + (columns + 0.5) // 10) % 6
        assert exact.any() and (result["semantic"].numpy()[known] == expected)[exact].all()


def test_an_image_is_interpolated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    original = resize.image
    monkeypatch.setattr(resize, "image", lambda pixels, size: sizes.append(size) or original(pixels, size))
    found = augmentation.find((scale_jitter.Config(0.5, 0.7), crop.Config(20, 20), color.Config()), 1)
    augmentation.example(source(), (55, 75), found, seeds=SEEDS, info=INFO)
    assert [np.asarray(size).tolist() for size in sizes] == [[20, 20]]


def test_two_changes_of_the_size_in_a_row_in_a_graph() -> None:
    """As in tf.data: what the first makes of the size is known only when the graph runs."""
    found = augmentation.find((scale_jitter.Config(2.0, 2.0), scale_jitter.Config(0.25, 0.25)), 1)
    for size, expected in ((None, [30, 40, 3]), ((20, 24), [10, 12, 3])):

        def augmented(size: tuple[int, int] | None = size) -> dict[str, tf.Tensor]:
            return augmentation.example(source(), size, found, seeds=SEEDS, info=INFO)

        result = tf.function(augmented, autograph=False)()
        assert result["image"].shape == expected and result["semantic"].shape == expected[:2]


def test_mixing_comes_last_and_needs_two_images() -> None:
    mixing = (flip.Config(), cutmix.Config(), copy_paste.Config())
    assert len(augmentation.find(mixing, 2).mixing) == 2
    with pytest.raises(errors.UserError, match="`cutmix` mixes.*two or more in a batch, got 1"):
        augmentation.find(mixing, 1)
    with pytest.raises(errors.UserError, match="`class_mix` mixes.*after all"):
        augmentation.find((class_mix.Config(), flip.Config()), 4)
