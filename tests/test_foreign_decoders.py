"""Model Garden's decoders and the TF Object Detection API's read our records unchanged.

Neither package installs beside ours, so their decoders are written here anew from the keys, types, defaults and steps
of official/vision/dataloaders/{tf_example_decoder,segmentation_input}.py, official/projects/panoptic/dataloaders/
panoptic_maskrcnn_input.py and research/object_detection/data_decoders/tf_example_decoder.py (tensorflow/models).

Who reads our records with these has to know:
- Labels of objects are train ids and begin with 0. Both count classes from 1, 0 being background, so 1 has to be added.
- `image/source_id` is a path-like key. Model Garden's evaluation takes it for a number: set `regenerate_source_id`.
- Both know maps of 8 bits alone. With more than 255 classes or instances we write no panoptic masks; the semantic map
  of more than 255 classes has 16 bits, of which they would read the upper 8.
- A thing that is wholly hidden and those of further annotators are objects too; the former have an empty box and mask.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, image_files, labels, records
from seg_models.datasets import toy_streets
from seg_models.raw import overlap

SIDES = ("ymin", "xmin", "ymax", "xmax")
BOXES = {f"image/object/bbox/{side}": tf.io.VarLenFeature(tf.float32) for side in SIDES}
TEXT = tf.io.FixedLenFeature((), tf.string, "")
IGNORED = 255


def model_garden_objects(record: bytes) -> dict[str, np.ndarray]:
    """Model Garden's TfExampleDecoder with masks."""
    spec = {
        "image/encoded": tf.io.FixedLenFeature((), tf.string),
        "image/source_id": tf.io.FixedLenFeature((), tf.string),
        "image/height": tf.io.FixedLenFeature((), tf.int64, -1),
        "image/width": tf.io.FixedLenFeature((), tf.int64, -1),
        "image/object/class/label": tf.io.VarLenFeature(tf.int64),
        "image/object/area": tf.io.VarLenFeature(tf.float32),
        "image/object/is_crowd": tf.io.VarLenFeature(tf.int64),
        "image/object/mask": tf.io.VarLenFeature(tf.string),
        **BOXES,
    }
    parsed = dense(record, spec)
    area, crowd = parsed["image/object/area"], parsed["image/object/is_crowd"]
    height, width = int(parsed["image/height"]), int(parsed["image/width"])
    boxes = tf.stack([parsed[key] for key in BOXES], axis=-1)
    sides = (boxes[:, 2] - boxes[:, 0]) * height, (boxes[:, 3] - boxes[:, 1]) * width
    found = {
        "image": tf.io.decode_image(parsed["image/encoded"], channels=3),
        "source_id": parsed["image/source_id"],
        "size": tf.constant([height, width]),
        "classes": parsed["image/object/class/label"],
        "boxes": boxes,
        # Without areas, those of the boxes; without crowds, none.
        "areas": area if area.shape[0] else sides[0] * sides[1],
        "is_crowd": tf.cast(crowd, tf.bool) if crowd.shape[0] else tf.zeros_like(area, tf.bool),
        "masks": decoded(parsed["image/object/mask"], lambda png: tf.io.decode_png(png, channels=1, dtype=tf.uint8)),
    }
    return {name: value.numpy() for name, value in found.items()}


def model_garden_maps(record: bytes, *keys: str) -> list[np.ndarray]:
    """What Model Garden's semantic and panoptic decoders make of maps: uint8 [H, W] each."""
    parsed = tf.io.parse_single_example(record, dict.fromkeys(keys, TEXT))
    return [tf.io.decode_image(parsed[key], channels=1).numpy()[..., 0] for key in keys]


def object_detection_api(record: bytes) -> dict[str, np.ndarray]:
    """The Object Detection API's TfExampleDecoder with PNG masks."""
    integers = ("class/label", "is_crowd", "difficult", "group_of")
    spec = {
        **dict.fromkeys(("image/encoded", "image/filename", "image/key/sha256", "image/source_id"), TEXT),
        "image/format": tf.io.FixedLenFeature((), tf.string, "jpeg"),
        "image/height": tf.io.FixedLenFeature((), tf.int64, 1),
        "image/width": tf.io.FixedLenFeature((), tf.int64, 1),
        "image/object/class/text": tf.io.VarLenFeature(tf.string),
        "image/object/mask": tf.io.VarLenFeature(tf.string),
        "image/object/area": tf.io.VarLenFeature(tf.float32),
        "image/object/weight": tf.io.VarLenFeature(tf.float32),
        **{f"image/object/{name}": tf.io.VarLenFeature(tf.int64) for name in integers},
        **BOXES,
    }
    parsed = dense(record, spec)
    image_format, encoded = parsed["image/format"].numpy(), parsed["image/encoded"]
    # Its handler of images takes the JPEG decoder by the format, decode_image for all others.
    decode = tf.io.decode_jpeg if image_format in (b"jpeg", b"jpg") else tf.io.decode_image
    masks = decoded(parsed["image/object/mask"], lambda png: tf.image.decode_image(png, channels=1) > 0)
    return {
        "image": decode(encoded, channels=3).numpy(),
        "source_id": parsed["image/source_id"].numpy(),
        "size": np.array([parsed["image/height"], parsed["image/width"]]),
        "classes": parsed["image/object/class/label"].numpy(),
        "boxes": np.stack([parsed[key] for key in BOXES], axis=-1),
        "areas": parsed["image/object/area"].numpy(),
        "is_crowd": parsed["image/object/is_crowd"].numpy().astype(bool),
        "masks": masks.numpy(),
        "absent": np.array([parsed["image/object/difficult"].shape[0], parsed["image/object/group_of"].shape[0]]),
    }


def dense(record: bytes, spec: dict[str, object]) -> dict[str, tf.Tensor]:
    """The parsed features, lists dense."""
    parsed = tf.io.parse_single_example(record, spec)
    return {
        key: tf.sparse.to_dense(value, default_value="" if value.dtype == tf.string else 0)
        if isinstance(value, tf.SparseTensor)
        else value
        for key, value in parsed.items()
    }


def decoded(pngs: tf.Tensor, decode: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """float32 [N, H, W] of N encoded masks."""
    if not pngs.shape[0]:
        return tf.zeros((0, 0, 0), tf.float32)
    return tf.map_fn(lambda png: tf.cast(tf.squeeze(decode(png), -1), tf.float32), pngs, fn_output_signature=tf.float32)


def toy() -> dataset.Example:
    """A scene of ours."""
    config = toy_streets.Config(images_train=3, height=48, width=64)
    return toy_streets.load(config, list(toy_streets.items(config, "train"))[2])


def overlapping() -> dataset.Example:
    """Objects that overlap, one wholly beneath another, a crowd, void; raw values that are colours."""
    masks = np.zeros((4, 20, 30), bool)
    masks[0, 2:12, 2:20], masks[1, 8:18, 10:28], masks[2, 9:11, 12:14], masks[3, 9:11, 12:14] = True, True, True, True
    things = [dataset.Object(1, 0, mask=mask, is_crowd=place == 1) for place, mask in enumerate(masks)]
    instance, objects = overlap.resolve(20, 30, things)
    raw = np.where(masks.any(0), 255 << 16 | 7, 128)
    raw[0, :9] = 0
    made = _example(tf.io.encode_jpeg(_pixels(20, 30), quality=90).numpy(), "jpeg", 20, 30)
    made = dataclasses.replace(made, instance=instance, objects=objects)
    info = dataset.DatasetInfo("made", (), ((0, None), (128, 0), (255 << 16 | 7, 1)))
    return labels.annotated(made, labels.of(raw, info, "made"))


def crowded() -> dataset.Example:
    """Three hundred instances."""
    instance = np.arange(301, dtype=np.int32).repeat(2)[1:].reshape(1, 601).repeat(2, 0)
    objects = tuple(dataset.Object(2, number) for number in range(1, 301))
    semantic = np.where(instance > 0, 2, IGNORED).astype(np.uint8)
    made = _example(image_files.encode_png(_pixels(2, 601)), "png", 2, 601)
    return dataclasses.replace(made, instance=instance, objects=objects, semantic=semantic)


def empty() -> dataset.Example:
    """A semantic and an instance map of no thing."""
    made = _example(image_files.encode_png(_pixels(5, 7)), "png", 5, 7)
    return dataclasses.replace(made, semantic=np.eye(5, 7, dtype=np.uint8), instance=np.zeros((5, 7), np.int32))


EXAMPLES = [toy, overlapping, crowded, empty]


@pytest.mark.parametrize("decode", [model_garden_objects, object_detection_api])
@pytest.mark.parametrize("make", EXAMPLES)
def test_image_and_objects(
    make: Callable[[], dataset.Example], decode: Callable[[bytes], dict[str, np.ndarray]]
) -> None:
    example = make()
    found = decode(records.encode(example))
    size = (example.height, example.width)
    np.testing.assert_array_equal(found["image"], tf.io.decode_image(example.image_bytes, channels=3))
    assert found["source_id"] == example.key.encode()
    assert tuple(found["size"]) == size
    masks = [seen(example, thing) for thing in example.objects]
    assert found["classes"].tolist() == [thing.category for thing in example.objects]
    assert found["is_crowd"].tolist() == [thing.is_crowd for thing in example.objects]
    assert found["areas"].tolist() == [mask.sum() for mask in masks]
    boxes = np.array([box(mask) for mask in masks]).reshape(-1, 4) / (size * 2)
    np.testing.assert_allclose(found["boxes"], boxes, atol=1e-6)
    assert len(found["masks"]) == len(masks)
    for one, mask in zip(found["masks"], masks):
        np.testing.assert_array_equal(one, mask)


@pytest.mark.parametrize("make", EXAMPLES)
def test_semantic_map(make: Callable[[], dataset.Example]) -> None:
    example = make()
    (semantic,) = model_garden_maps(records.encode(example), "image/segmentation/class/encoded")
    np.testing.assert_array_equal(semantic, example.semantic)
    if make is not empty:
        assert (semantic == IGNORED).any(), "void is what Model Garden ignores by default"


@pytest.mark.parametrize("make", [toy, overlapping, empty])
def test_panoptic_maps(make: Callable[[], dataset.Example]) -> None:
    example = make()
    keys = ("image/panoptic/category_mask", "image/panoptic/instance_mask")
    category, instance = model_garden_maps(records.encode(example), *keys)
    np.testing.assert_array_equal(category, example.semantic)
    np.testing.assert_array_equal(instance, example.instance)


def test_more_instances_than_8_bits_have_no_panoptic_masks() -> None:
    parsed = tf.train.Example.FromString(records.encode(crowded())).features.feature
    assert not {"image/panoptic/category_mask", "image/panoptic/instance_mask"} & set(parsed)


def test_more_classes_than_8_bits_are_read_by_who_asks_for_16() -> None:
    semantic = np.arange(600, dtype=np.uint16).reshape(20, 30)
    semantic[0, 0] = dataset.VOID_16
    made = _example(image_files.encode_png(_pixels(20, 30)), "png", 20, 30)
    record = records.encode(dataclasses.replace(made, semantic=semantic))
    parsed = tf.io.parse_single_example(record, {"image/segmentation/class/encoded": TEXT})
    wide = tf.io.decode_png(parsed["image/segmentation/class/encoded"], channels=1, dtype=tf.uint16)
    np.testing.assert_array_equal(wide[..., 0], semantic)
    (narrow,) = model_garden_maps(record, "image/segmentation/class/encoded")
    np.testing.assert_array_equal(narrow, semantic >> 8)


def test_an_image_without_labels() -> None:
    record = records.encode(_example(image_files.encode_png(_pixels(5, 7)), "png", 5, 7))
    for found in (model_garden_objects(record), object_detection_api(record)):
        assert found["image"].shape == (5, 7, 3) and not found["classes"].size and not found["masks"].size


def test_what_the_object_detection_api_knows_and_we_do_not_write_has_its_defaults() -> None:
    assert object_detection_api(records.encode(toy()))["absent"].tolist() == [0, 0]


def seen(example: dataset.Example, thing: dataset.Object) -> np.ndarray:
    """bool [H, W], all that is annotated as seen of an object."""
    if thing.mask is not None:
        return thing.mask
    return (example.instance == thing.instance) & (thing.instance > 0)


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(ymin, xmin, ymax, xmax) in pixels, far sides exclusive."""
    rows, columns = np.nonzero(mask)
    return (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1) if rows.size else (0, 0, 0, 0)


def _example(encoded: bytes, image_format: str, height: int, width: int) -> dataset.Example:
    return dataset.Example("town/a", encoded, image_format, height, width)


def _pixels(height: int, width: int) -> np.ndarray:
    """uint8 [H, W, 3]."""
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
