"""Doubts about an Example: each kind is found where it is made, and nowhere in sound data."""

import dataclasses
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, image_files, truth_checks
from seg_models.datasets import folder, toy_streets
from tests import small_folder

INFO = dataset.DatasetInfo(
    "made",
    tuple(dataset.Category(name, (1, 2, 3), is_thing=name != "road") for name in ("road", "car", "dog")),
    ((0, 0), (1, 1), (2, 2), (255, None)),
    tasks=("semantic", "instance", "panoptic"),
)
PLACE = "a/b.png"


def sound() -> dataset.Example:
    """Road, and a car on its upper left."""
    semantic, instance = np.zeros((6, 8), np.uint8), np.zeros((6, 8), np.int32)
    semantic[:2, :3], instance[:2, :3] = 1, 4
    semantic[5] = 255
    image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    return dataset.Example(
        "b", image_files.encode_png(image), "png", 6, 8, semantic, instance, (dataset.Object(1, 4),)
    )


def kinds(example: dataset.Example, info: dataset.DatasetInfo = INFO) -> list[str]:
    found = list(truth_checks.findings(example, info, PLACE))
    ours = [each.text for each in found if each not in example.findings]
    assert all(text.startswith(PLACE) and text.endswith(".") for text in ours)
    assert {each.kind for each in found} <= set(dataset.FINDING_KINDS)
    return [each.kind for each in found]


def texts(example: dataset.Example, info: dataset.DatasetInfo = INFO) -> str:
    return "\n".join(each.text for each in truth_checks.findings(example, info, PLACE))


def test_sound_examples_have_none(tmp_path: Path) -> None:
    assert kinds(sound()) == []
    config = folder.Config(data_dir=str(small_folder.make(tmp_path)))
    for item in folder.items(config, "train"):
        assert not list(truth_checks.findings(folder.load(config, item), folder.info(config), PLACE))
    scenes = toy_streets.Config(images_train=4, height=48, width=64)
    for item in toy_streets.items(scenes, "train"):
        assert not list(truth_checks.findings(toy_streets.load(scenes, item), toy_streets.INFO, PLACE))


def test_the_data_sets_own_findings_come_first() -> None:
    own = dataset.Finding("area", "x.json: segment 3 has area 5, but 6 pixels.")
    example = dataclasses.replace(sound(), findings=(own,), semantic=np.full((6, 8), 255, np.uint8))
    assert next(truth_checks.findings(example, INFO, PLACE)) == own
    assert kinds(example) == ["area", "empty"]


def test_pixels_that_cannot_be_decoded_though_the_file_is_whole(tmp_path: Path) -> None:
    whole = image_files.encode_png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    kind, start = whole.index(b"IDAT"), whole.index(b"IDAT") + 4
    length = struct.unpack(">I", whole[kind - 4 : kind])[0]
    pixels = whole[start : start + length // 2] + bytes(length - length // 2)
    checksum = struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    (tmp_path / "a.png").write_bytes(whole[:start] + pixels + checksum + whole[start + length + 4 :])
    # Conversion, which looks at the structure alone, takes it.
    broken = image_files.read_image(tmp_path / "a.png")[0]
    example = dataset.Example("b", broken, "png", 64, 64)
    assert kinds(example) == ["error"] and "decoded" in texts(example)
    assert kinds(dataclasses.replace(example, image_bytes=whole)) == []


def test_another_size_than_told() -> None:
    assert "the image is 8x6, not 9x6" in texts(dataclasses.replace(sound(), width=9))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"semantic": np.zeros((6, 7), np.uint8)}, "semantic map is 7x6"),
        ({"instance": np.zeros((5, 8), np.int32)}, "instance map is 8x5"),
        ({"maps": {"depth": np.zeros((8, 6), np.int32)}}, "map depth is 6x8"),
        ({"objects": (dataset.Object(1, 4, amodal=np.ones((6, 9), bool)),)}, "amodal mask of object 0 is 9x6"),
    ],
)
def test_maps_of_another_size(change: dict[str, object], name: str) -> None:
    example = dataclasses.replace(sound(), **change)
    assert kinds(example) == ["error"] and name in texts(example)


@pytest.mark.parametrize(("orientation", "found"), [(1, []), (6, ["orientation"]), (3, ["orientation"])])
def test_exif_orientation(orientation: int, found: list[str]) -> None:
    exif = Image.Exif()
    exif[image_files.ORIENTATION_TAG] = orientation
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6)).save(buffer, "JPEG", exif=exif)
    assert kinds(dataset.Example("b", buffer.getvalue(), "jpeg", 6, 8)) == found


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (np.full((6, 8, 4), 255, np.uint8), []),
        (np.full((6, 8, 4), 254, np.uint8), ["image"]),
        (np.full((6, 8), 1000, np.uint16), ["image"]),
        (np.full((6, 8), 100, np.uint8), []),
    ],
)
def test_pixels_that_training_reads_in_another_way(pixels: np.ndarray, found: list[str]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    assert kinds(dataset.Example("b", buffer.getvalue(), "png", 6, 8)) == found


def test_unknown_train_ids() -> None:
    semantic = sound().semantic.copy()
    semantic[3, :5] = 7
    example = dataclasses.replace(sound(), semantic=semantic)
    assert kinds(example) == ["error"]
    assert "7 on 5 pixels; known are the train ids 0..2 and void = 255" in texts(example)


def test_semantic_and_instance_map_disagree() -> None:
    semantic = sound().semantic.copy()
    semantic[0, :2] = 0
    example = dataclasses.replace(sound(), semantic=semantic)
    assert kinds(example) == ["category"]
    assert "instance 4 is car, but 2 of its pixels are road in the semantic map" in texts(example)
    semantic[0, :2] = 255
    assert kinds(dataclasses.replace(sound(), semantic=semantic)) == []


def test_instances_and_objects_disagree() -> None:
    instance = sound().instance.copy()
    instance[3, 3] = 9
    assert "instance 9 of the instance map (1 pixels) belongs to no object" in texts(
        dataclasses.replace(sound(), instance=instance)
    )
    objects = (dataset.Object(1, 4), dataset.Object(1, 5))
    assert "the instance 5, which no pixel" in texts(dataclasses.replace(sound(), objects=objects))
    assert "2 objects have the instance 4" in texts(dataclasses.replace(sound(), objects=(dataset.Object(1, 4),) * 2))
    assert "category 3; known: 0..2" in texts(dataclasses.replace(sound(), objects=(dataset.Object(3, 4),)))


def test_an_object_without_a_pixel() -> None:
    hidden = dataset.Object(1, 0, amodal=np.ones((6, 8), bool))
    assert kinds(dataclasses.replace(sound(), objects=(*sound().objects, hidden))) == []
    absent = dataset.Object(2, 0)
    example = dataclasses.replace(sound(), objects=(*sound().objects, absent))
    assert kinds(example) == ["empty"] and "object 1 (dog) is listed, but has no pixel" in texts(example)


def test_seen_outside_the_whole_extent() -> None:
    amodal = sound().instance == 4
    whole = dataclasses.replace(sound(), objects=(dataset.Object(1, 4, amodal=amodal.copy(), occlusion=0.0),))
    assert kinds(whole) == []
    amodal[0, :2] = False
    example = dataclasses.replace(sound(), objects=(dataset.Object(1, 4, amodal=amodal, occlusion=1.5),))
    assert kinds(example) == ["error", "amodal"]
    assert "2 pixels of it are seen outside" in texts(example) and "occlusion 1.5; expected 0..1" in texts(example)


def test_overlaps_are_found_in_panoptic_data_sets_alone() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 1:6] = True
    crowd = dataset.Object(1, 0, is_crowd=True, mask=np.ones((6, 8), bool))
    example = dataclasses.replace(sound(), objects=(*sound().objects, dataset.Object(2, 0, mask=mask)))
    assert kinds(example) == ["overlap"] and f"{PLACE}: 2 pixels belong to two objects" in texts(example)
    assert kinds(example, dataclasses.replace(INFO, tasks=("instance",))) == []
    assert kinds(dataclasses.replace(sound(), objects=(*sound().objects, crowd))) == []
