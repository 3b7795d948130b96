"""The input pipeline: order and resume to the bit, padding, static shapes, errors."""

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from seg_models import config, dataset, errors, image_files, input_pipeline
from seg_models.augment import class_mix, color, copy_paste, crop, cutmix, flip, rand_augment, rotation, scale_jitter
from tests import toy_records

SHARDS = (5, 1, 0, 7)  # records in each file
TOTAL = sum(SHARDS)
AUGMENT = (scale_jitter.Config(0.7, 1.4), crop.Config(12, 16), flip.Config(), color.Config())
MIXING = (cutmix.Config(), class_mix.Config(), copy_paste.Config())


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("records")
    indices = iter(range(TOTAL))
    contents = [[toy_records.example(next(indices)) for _ in range(count)] for count in SHARDS]
    return [toy_records.write(folder / f"records-{number}", examples) for number, examples in enumerate(contents)]


def keys(batches: tf.data.Dataset) -> list[str]:
    return [key.decode() for batch in batches.as_numpy_iterator() for key in batch["key"]]


def assert_equal(one: list[dict[str, np.ndarray]], other: list[dict[str, np.ndarray]]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_every_epoch_is_a_new_order_of_all_records(shards: list[str]) -> None:
    settings = config.Input(size=(10, 12), batch_size=1)
    listed = keys(input_pipeline.training(shards, toy_records.INFO, settings, seed=4).take(3 * TOTAL))
    epochs = [listed[start : start + TOTAL] for start in range(0, 3 * TOTAL, TOTAL)]
    every = sorted(f"image {index}" for index in range(TOTAL))
    assert all(sorted(epoch) == every for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    other = keys(input_pipeline.training(shards, toy_records.INFO, settings, seed=5).take(TOTAL))
    assert other != epochs[0]


@pytest.mark.parametrize("shuffle_buffer", [4, 1000])
def test_resumes_with_the_same_bits(shards: list[str], shuffle_buffer: int) -> None:
    # 13 records, batches of 4: batches 3 and 6 span two epochs.
    settings = config.Input(size=(20, 24), batch_size=4, augment=AUGMENT, shuffle_buffer=shuffle_buffer)
    whole = list(input_pipeline.training(shards, toy_records.INFO, settings, seed=7).take(10).as_numpy_iterator())
    for start in (1, 3, 7):
        resumed = input_pipeline.training(shards, toy_records.INFO, settings, seed=7, start_step=start)
        assert_equal(list(resumed.take(10 - start).as_numpy_iterator()), whole[start:])


def test_what_is_mixed_resumes_with_the_same_bits(shards: list[str]) -> None:
    augment = (rotation.Config(), *AUGMENT, rand_augment.Config(), *MIXING)
    settings = config.Input(size=(20, 24), batch_size=4, augment=augment)
    whole = list(input_pipeline.training(shards, toy_records.INFO, settings, seed=7).take(6).as_numpy_iterator())
    resumed = input_pipeline.training(shards, toy_records.INFO, settings, seed=7, start_step=3)
    assert_equal(list(resumed.take(3).as_numpy_iterator()), whole[3:])
    assert whole[0].keys() == {
        "image", "semantic", "instance", "weight", "key", "object_category", "object_instance", "object_crowd"
    }  # fmt: skip


def test_images_are_mixed_with_the_next_of_their_batch(shards: list[str]) -> None:
    plain = config.Input(size=(20, 24), batch_size=4)
    mixing = config.Input(size=(20, 24), batch_size=4, augment=(cutmix.Config(probability=1.0),))
    pasted = 0
    for one, other in zip(
        input_pipeline.training(shards, toy_records.INFO, plain, seed=3).take(5).as_numpy_iterator(),
        input_pipeline.training(shards, toy_records.INFO, mixing, seed=3).take(5).as_numpy_iterator(),
    ):
        own, donor = one["image"], np.roll(one["image"], -1, axis=0)
        assert ((other["image"] == own) | (other["image"] == donor)).all()
        assert (one["key"] == other["key"]).all()
        pasted += (other["image"] != own).any(axis=(1, 2, 3)).sum()
    assert pasted > 10


def test_what_the_loss_prepares_is_of_the_mixed_batch(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=4, augment=MIXING)
    prepared = input_pipeline.training(
        shards, toy_records.INFO, settings, seed=3, prepare=lambda batch: {"twice": 2 * batch["semantic"]}
    )
    for batch in prepared.take(3).as_numpy_iterator():
        assert (batch["twice"] == 2 * batch["semantic"]).all()


def test_one_image_cannot_be_mixed(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=2, augment=MIXING)
    input_pipeline.training(shards, toy_records.INFO, settings, seed=0)
    context = tf.distribute.InputContext(num_input_pipelines=2, input_pipeline_id=0, num_replicas_in_sync=2)
    with pytest.raises(errors.UserError, match="`cutmix` mixes.*got 1"):
        input_pipeline.training(shards, toy_records.INFO, settings, seed=0, context=context)


def test_a_record_looks_different_in_the_next_epoch(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=1, augment=AUGMENT)
    seen: dict[bytes, set[bytes]] = {}
    batches = input_pipeline.training(shards, toy_records.INFO, settings, seed=7)
    for batch in batches.take(2 * TOTAL).as_numpy_iterator():
        seen.setdefault(batch["key"][0], set()).add(batch["image"].tobytes())
    assert all(len(images) == 2 for images in seen.values())


def test_skipped_records_are_not_decoded(shards: list[str], tmp_path: Path) -> None:
    broken = dataset.Example("broken", b"no image", "png", 20, 24)
    path = toy_records.write(tmp_path / "records", [broken, *(toy_records.example(index) for index in range(3))])
    settings = config.Input(size=(10, 12), batch_size=1, shuffle_buffer=1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        next(iter(input_pipeline.training([path], toy_records.INFO, settings, seed=0)))
    resumed = input_pipeline.training([path], toy_records.INFO, settings, seed=0, start_step=1)
    assert keys(resumed.take(3)) == ["image 0", "image 1", "image 2"]


def test_keys_of_a_step(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=4, augment=AUGMENT)
    batches = list(input_pipeline.training(shards, toy_records.INFO, settings, seed=7).take(8).as_numpy_iterator())
    for step in (0, 3, 7):
        expected = [key.decode() for key in batches[step]["key"]]
        assert input_pipeline.keys_of_batch(shards, settings, seed=7, step=step) == expected


def test_workers_share_each_global_batch(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=4, augment=AUGMENT)
    whole = list(input_pipeline.training(shards, toy_records.INFO, settings, seed=7).take(5).as_numpy_iterator())
    parts = []
    for worker in range(2):
        context = tf.distribute.InputContext(num_input_pipelines=2, input_pipeline_id=worker, num_replicas_in_sync=2)
        part = input_pipeline.training(shards, toy_records.INFO, settings, seed=7, context=context)
        parts.append(list(part.take(5).as_numpy_iterator()))
    for batch, first, second in zip(whole, *parts):
        np.testing.assert_array_equal(batch["image"][0::2], first["image"])
        np.testing.assert_array_equal(batch["image"][1::2], second["image"])
        np.testing.assert_array_equal(batch["semantic"][1::2], second["semantic"])


def test_batch_that_does_not_divide_among_replicas(shards: list[str]) -> None:
    context = tf.distribute.InputContext(num_input_pipelines=1, input_pipeline_id=0, num_replicas_in_sync=3)
    with pytest.raises(errors.UserError, match="multiple of the 3 replicas"):
        settings = config.Input(size=(4, 4), batch_size=4)
        input_pipeline.training(shards, toy_records.INFO, settings, seed=0, context=context)


def test_training_batches_have_static_shapes(shards: list[str]) -> None:
    settings = config.Input(batch_size=4, augment=AUGMENT)
    batches = input_pipeline.training(shards, toy_records.INFO, settings, seed=0)
    shapes = {name: spec.shape.as_list() for name, spec in batches.element_spec.items()}
    assert shapes == {
        "image": [4, 12, 16, 3], "semantic": [4, 12, 16], "instance": [4, 12, 16], "weight": [4], "key": [4],
        "object_category": [4, None], "object_instance": [4, None], "object_crowd": [4, None],
    }  # fmt: skip


def test_objects_are_padded(shards: list[str]) -> None:
    settings = config.Input(size=(20, 24), batch_size=TOTAL)
    batch = next(input_pipeline.training(shards, toy_records.INFO, settings, seed=0).as_numpy_iterator())
    assert batch["object_category"].shape == (TOTAL, 2)
    for key, category, instance in zip(batch["key"], batch["object_category"], batch["object_instance"]):
        number = int(key.split()[1]) % 3
        assert category.tolist() == [2] * number + [-1] * (2 - number)
        assert instance.tolist() == [300, 600][:number] + [0] * (2 - number)


def test_image_and_maps_are_augmented_together(shards: list[str]) -> None:
    settings = config.Input(batch_size=4, augment=(crop.Config(12, 16), flip.Config()))
    for batch in input_pipeline.training(shards, toy_records.INFO, settings, seed=0).take(6).as_numpy_iterator():
        labelled = batch["semantic"] != 255
        np.testing.assert_array_equal(batch["image"][..., 0][labelled], batch["semantic"][labelled] * 40 + 10)


def test_sizes_that_differ_are_refused_before_training(shards: list[str]) -> None:
    with pytest.raises(errors.UserError, match="`input.size`.*`crop`"):
        input_pipeline.training(shards, toy_records.INFO, config.Input(batch_size=2), seed=0)
    jittered = config.Input(size=(20, 24), batch_size=2, augment=(scale_jitter.Config(),))
    with pytest.raises(errors.UserError, match="`crop`"):
        input_pipeline.training(shards, toy_records.INFO, jittered, seed=0)
    single = input_pipeline.training(shards, toy_records.INFO, config.Input(batch_size=1), seed=0)
    assert next(single.as_numpy_iterator())["image"].shape == (1, 20, 24, 3)


def test_evaluation_fills_the_last_batch_up(shards: list[str]) -> None:
    batches = input_pipeline.evaluation(shards, toy_records.INFO, config.Input(size=(10, 12)), batch_size=5)
    assert batches.element_spec["image"].shape == (5, 10, 12, 3)
    listed = list(batches.as_numpy_iterator())
    assert [batch["weight"].tolist() for batch in listed] == [[1] * 5, [1] * 5, [1, 1, 1, 0, 0]]
    assert keys(batches) == [f"image {index}" for index in range(TOTAL)] + ["", ""]
    last = listed[-1]
    assert (last["semantic"][3:] == 255).all() and (last["instance"][3:] == 0).all()
    assert (last["object_category"][3:] == -1).all() and (last["image"][3:] == 127.5).all()
    assert (last["semantic"][:3] != 255).any()


def test_evaluation_of_some_images_at_the_size_of_training(shards: list[str]) -> None:
    batches = input_pipeline.evaluation(shards, toy_records.INFO, config.Input(size=(10, 12), batch_size=4), images=6)
    assert [batch["weight"].sum() for batch in batches.as_numpy_iterator()] == [4, 2]
    first = next(batches.as_numpy_iterator())
    np.testing.assert_array_equal(first["semantic"][0], toy_records.example(0).semantic[1::2, 1::2])


def test_evaluation_pads_images_of_different_sizes(tmp_path: Path) -> None:
    examples = [toy_records.example(index, size) for index, size in enumerate([(8, 16), (12, 10), (4, 4)])]
    path = toy_records.write(tmp_path / "records", examples)
    batches = input_pipeline.evaluation([path], toy_records.INFO, config.Input(), batch_size=2)
    first, second = batches.as_numpy_iterator()
    assert first["image"].shape == (2, 12, 16, 3) and second["image"].shape == (2, 4, 4, 3)
    np.testing.assert_array_equal(first["semantic"][0, :8], toy_records.example(0, (8, 16)).semantic)
    assert (first["semantic"][0, 8:] == 255).all() and (first["image"][0, 8:] == 127.5).all()
    assert (first["semantic"][1, :, 10:] == 255).all()
    assert second["weight"].tolist() == [1, 0]


@pytest.mark.parametrize("paths, message", [([], "No record files"), (["empty"], "No record is in")])
def test_no_records(tmp_path: Path, paths: list[str], message: str) -> None:
    files = [toy_records.write(tmp_path / path, []) for path in paths]
    with pytest.raises(errors.UserError, match=message):
        input_pipeline.training(files, toy_records.INFO, config.Input(size=(4, 4)), seed=0)
    with pytest.raises(errors.UserError, match=message):
        input_pipeline.evaluation(files, toy_records.INFO, config.Input(size=(4, 4)))


def test_camvid_at_half_size(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "camvid" / "CamVid"
    examples = []
    for path in sorted((folder / "train").glob("*.png"))[:3]:
        raw = image_files.read_raw_mask(folder / "trainannot" / path.name)
        encoded, kind, height, width = image_files.read_image(path)
        semantic = np.where(raw == 11, 255, raw).astype(np.uint8)
        examples.append(dataset.Example(path.stem, encoded, kind, height, width, semantic=semantic))
    info = dataset.DatasetInfo("camvid", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(11)), ())
    shard = toy_records.write(tmp_path / "records", examples)
    batches = input_pipeline.evaluation([shard], info, config.Input(size=(180, 240)), batch_size=3)
    batch = next(batches.as_numpy_iterator())
    for index, one in enumerate(examples):
        np.testing.assert_array_equal(batch["semantic"][index], one.semantic[1::2, 1::2])
        reduced = Image.open(io.BytesIO(one.image_bytes)).resize((240, 180), Image.Resampling.BILINEAR)
        assert np.abs(batch["image"][index] - np.asarray(reduced)).max() < 1.5  # PIL rounds twice
