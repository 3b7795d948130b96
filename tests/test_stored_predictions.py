"""Stored predictions against stored truth: real and random files against the naive implementation, refusals."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files, scores, stored_predictions
from seg_models.raw import coco_panoptic
from tests import naive_panoptic_quality as naive

KEYS = {
    "pq",
    "sq",
    "rq",
    "things",
    "stuff",
    "mean_iou",
    "pixel_accuracy",
    "mean_accuracy",
    "fwiou",
    "mean_dice",
    "per_class",
}
CATEGORIES = [{"id": 10 * i + 1, "name": f"c{i}", "isthing": int(i % 2 == 0)} for i in range(4)]


def write_map(path: Path, ids: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_files.encode_png(np.asarray(ids)))


def write_panoptic(
    folder: Path, maps: list[np.ndarray], segments: list[list[dict]], categories: list[dict]
) -> tuple[Path, Path]:
    """Writes ids [H, W] as RGB PNGs, and the JSON; returns (JSON, folder of PNGs)."""
    (folder / "png").mkdir(parents=True)
    for index, ids in enumerate(maps):
        rgb = np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(np.uint8)
        Image.fromarray(rgb).save(folder / "png" / f"{index}.png", compress_level=1)
    annotations = [{"image_id": i, "file_name": f"{i}.png", "segments_info": each} for i, each in enumerate(segments)]
    (folder / "panoptic.json").write_text(json.dumps({"annotations": annotations, "categories": categories}))
    return folder / "panoptic.json", folder / "png"


def write_images(folder: Path, images: list[naive.Image]) -> tuple[Path, Path, Path, Path]:
    """Naive images as the four arguments of score_coco_panoptic."""
    listed = [
        [
            {"id": each, "category_id": CATEGORIES[c]["id"], "iscrowd": int(crowd), "area": int((truth == each).sum())}
            for each, (c, crowd) in segments.items()
        ]
        for truth, segments, _, _ in images
    ]
    truth_files = write_panoptic(folder / "truth", [image[0] for image in images], listed, CATEGORIES)
    listed = [[{"id": each, "category_id": CATEGORIES[c]["id"]} for each, c in image[3].items()] for image in images]
    return *truth_files, *write_panoptic(folder / "prediction", [image[2] for image in images], listed, [])


@pytest.fixture(scope="module")
def images() -> list[naive.Image]:
    rng = np.random.default_rng(5)
    return [naive.random_image(rng, len(CATEGORIES)) for _ in range(12)]


@pytest.mark.parametrize("compatible", [False, True])
def test_coco_panoptic_against_the_naive_implementation(
    tmp_path: Path, images: list[naive.Image], compatible: bool
) -> None:
    found = stored_predictions.score_coco_panoptic(*write_images(tmp_path, images), compatible)
    expected = naive.score(images, [bool(category["isthing"]) for category in CATEGORIES], compatible)
    assert set(found) == KEYS
    assert_same(found, expected)
    assert found["mean_iou"] == pytest.approx(naive_mean_iou(images))


def assert_same(found: scores.Scores, expected: dict[str, object]) -> None:
    """Compares all, things and stuff with the naive implementation's."""
    for group, named in (("all", found), ("things", found["things"]), ("stuff", found["stuff"])):
        wanted = list(map(float, expected[group]))
        assert [named[name] for name in ("pq", "sq", "rq")] == pytest.approx(wanted, rel=1e-14)


def naive_mean_iou(images: list[naive.Image]) -> float:
    """Pixel by pixel, crowds as their category, void as id 0."""
    shared, either = [0] * len(CATEGORIES), [0] * len(CATEGORIES)
    for truth, truth_segments, predicted, predicted_segments in images:
        for true_id, predicted_id in zip(truth.ravel().tolist(), predicted.ravel().tolist()):
            if true_id:
                pair = truth_segments[true_id][0], predicted_segments.get(predicted_id)
                for category in {*pair} - {None}:
                    either[category] += 1
                    shared[category] += pair[0] == pair[1]
    return sum(s / e for s, e in zip(shared, either)) / len(CATEGORIES)


def test_number_of_processes_changes_no_bit(tmp_path: Path, images: list[naive.Image]) -> None:
    paths = write_images(tmp_path, images)
    alone, several = (stored_predictions.score_coco_panoptic(*paths, workers=workers) for workers in (1, 2))
    assert scores.to_json(alone) == scores.to_json(several)


def test_real_truth_against_itself(shared_data: Path) -> None:
    annotations = shared_data / "coco_stuff_panoptic" / "annotations"
    files = annotations / "panoptic_train.json", annotations / "panoptic_train"
    found = stored_predictions.score_coco_panoptic(*files, *files)
    assert (found["pq"], found["sq"], found["rq"], found["mean_iou"], found["pixel_accuracy"]) == (1, 1, 1, 1, 1)
    assert found["things"]["pq"] == found["stuff"]["pq"] == 1
    assert math.isnan(found["per_class"]["airplane"]["pq"])


def test_real_truth_against_perturbed_copies(shared_data: Path, tmp_path: Path) -> None:
    annotations = shared_data / "coco_stuff_panoptic" / "annotations"
    truth = coco_panoptic.read_truth(annotations / "panoptic_train.json")
    rng = np.random.default_rng(3)
    images = [
        perturbed(image_files.read_segment_ids(annotations / "panoptic_train" / each.file_name), each, rng)
        for each in truth.annotations.values()
    ]
    category_ids = list(truth.train_ids)
    listed = [[{"id": s, "category_id": category_ids[c]} for s, c in image[3].items()] for image in images]
    prediction_json, prediction_dir = write_panoptic(tmp_path, [image[2] for image in images], listed, [])
    content = json.loads(prediction_json.read_text())
    for entry, image_id in zip(content["annotations"], truth.annotations):
        entry["image_id"] = image_id
    prediction_json.write_text(json.dumps(content))
    files = annotations / "panoptic_train.json", annotations / "panoptic_train", prediction_json, prediction_dir
    found = stored_predictions.score_coco_panoptic(*files)
    expected = naive.score(images, [category.is_thing for category in truth.info.categories])
    assert_same(found, expected)
    assert 0.2 < found["pq"] < 0.9


def perturbed(ids: np.ndarray, annotation: coco_panoptic.Annotation, rng: np.random.Generator) -> naive.Image:
    """A prediction that is the truth shifted, with some segments void, of another category, or joined with the next."""
    truth_segments = {segment.id: (segment.category, segment.is_crowd) for segment in annotation.segments}
    predicted = np.roll(ids, rng.integers(-12, 13, 2).tolist(), (0, 1))
    categories = {each: category for each, (category, _) in truth_segments.items()}
    for each, following in zip(list(categories), list(categories)[1:]):
        chance = rng.random()
        if chance < 0.15:
            predicted[predicted == each] = 0
        elif chance < 0.3:
            predicted[predicted == each] = following
        elif chance < 0.45:
            categories[each] = categories[following]
    return ids, truth_segments, predicted, {each: c for each, c in categories.items() if (predicted == each).any()}


def test_area_in_truth_is_refused_not_trusted(tmp_path: Path, images: list[naive.Image]) -> None:
    paths = write_images(tmp_path, images)
    content = json.loads(paths[0].read_text())
    content["annotations"][1]["segments_info"][0]["area"] //= 10
    paths[0].write_text(json.dumps(content))
    with pytest.raises(errors.UserError, match=r"panoptic.json: segment \d+ of 1.png has `area` \d+, but \d+ pixels"):
        stored_predictions.score_coco_panoptic(*paths)


def test_coco_panoptic_images_must_be_the_same(tmp_path: Path, images: list[naive.Image]) -> None:
    paths = write_images(tmp_path, images[:2])
    predictions = json.loads(paths[2].read_text())
    left_over = predictions["annotations"] + [{"image_id": 77, "file_name": "1.png", "segments_info": []}]
    for listed, message in ((predictions["annotations"][:1], "1 is missing"), (left_over, "77 is missing")):
        paths[2].write_text(json.dumps({"annotations": listed}))
        with pytest.raises(errors.UserError, match=f"panoptic.json: {message}"):
            stored_predictions.score_coco_panoptic(*paths)
    paths[2].write_text(json.dumps(predictions))
    Image.open(paths[3] / "1.png").crop((0, 0, 31, 24)).save(paths[3] / "1.png")
    with pytest.raises(errors.UserError, match="1.png: the prediction is 31x24, its truth .* is 32x24"):
        stored_predictions.score_coco_panoptic(*paths)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two images in subfolders: 9 pixels that count, 6 of them right."""
    write_map(tmp_path / "truth" / "x" / "a.png", np.array([[0, 0, 1, 1], [0, 255, 1, 1]], np.uint8))
    write_map(tmp_path / "truth" / "y" / "a.png", np.array([[1, 255], [2, 255]], np.uint8))
    write_map(tmp_path / "prediction" / "x" / "a.png", np.array([[0, 0, 1, 1], [1, 0, 1, 255]], np.uint8))
    write_map(tmp_path / "prediction" / "y" / "a.png", np.array([[1, 7], [9, 0]], np.uint8))
    return tmp_path / "truth", tmp_path / "prediction"


def test_semantic_png_worked_by_hand(folders: tuple[Path, Path]) -> None:
    found = stored_predictions.score_semantic_png(*folders, 4, names=["road", "car", "sky", "sign"])
    assert set(found) == KEYS
    assert found["pixel_accuracy"] == 6 / 9
    assert [found["per_class"][name]["iou"] for name in ("road", "car", "sky")] == [2 / 3, 4 / 6, 0]
    assert math.isnan(found["per_class"]["sign"]["iou"])
    assert found["mean_iou"] == pytest.approx((2 / 3 + 4 / 6) / 3)
    written = json.loads(scores.to_json(found))
    assert written["pq"] is written["things"]["rq"] is written["stuff"]["sq"] is None
    assert written["per_class"]["road"]["pq"] is None


def test_semantic_png_with_another_void(tmp_path: Path) -> None:
    write_map(tmp_path / "truth" / "a.png", np.array([[0, 1, 2, 2]], np.uint8))
    write_map(tmp_path / "prediction" / "a.png", np.array([[0, 0, 0, 2]], np.uint8))
    found = stored_predictions.score_semantic_png(tmp_path / "truth", tmp_path / "prediction", 2, void=2)
    assert found["per_class"]["0"]["iou"] == 1 / 2 and found["pixel_accuracy"] == 1 / 2
    # Void inside the range of ids, as where 0 is void and classes start at 1.
    found = stored_predictions.score_semantic_png(tmp_path / "truth", tmp_path / "prediction", 3, void=0)
    assert math.isnan(found["per_class"]["0"]["iou"])
    assert (found["per_class"]["1"]["iou"], found["per_class"]["2"]["iou"]) == (0, 1 / 2)


def test_semantic_png_with_16_bits(tmp_path: Path) -> None:
    write_map(tmp_path / "truth" / "a.png", np.array([[299, 255, 65535]], np.uint16))
    write_map(tmp_path / "prediction" / "a.png", np.array([[299, 299, 1]], np.uint16))
    found = stored_predictions.score_semantic_png(tmp_path / "truth", tmp_path / "prediction", 300)
    assert (found["per_class"]["299"]["iou"], found["per_class"]["255"]["iou"]) == (1 / 2, 0)


def test_semantic_png_refusals_name_the_file(folders: tuple[Path, Path]) -> None:
    truth, prediction = folders

    def refused(message: str, num_classes: int = 4, void: int | None = None) -> None:
        with pytest.raises(errors.UserError, match=message):
            stored_predictions.score_semantic_png(truth, prediction, num_classes, void)

    refused("a.png: 1 pixels have the value 2; expected class ids 0..1 or void = 255", num_classes=2)
    refused("a.png: 1 pixels have the value 255; expected class ids 0..3 or void = 11", void=11)
    write_map(prediction / "z.png", np.zeros((2, 2), np.uint8))
    refused("truth: z.png is missing, but it is in .*prediction")
    (prediction / "z.png").unlink()
    Image.new("RGB", (2, 2)).save(prediction / "y" / "a.png")
    refused("y/a.png: the image has mode RGB; expected one channel")
    write_map(prediction / "y" / "a.png", np.zeros((2, 3), np.uint8))
    refused("y/a.png: the prediction is 3x2, its truth .*y/a.png is 2x2")
    content = (truth / "x" / "a.png").read_bytes()
    (prediction / "y" / "a.png").write_bytes(content[: len(content) // 2])
    refused("y/a.png: ")
    (prediction / "y" / "a.png").unlink()
    refused("prediction: y/a.png is missing, but it is in .*truth")


def test_semantic_png_wrong_arguments(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="nowhere: no such folder"):
        stored_predictions.score_semantic_png(tmp_path / "nowhere", folders[1], 3)
    (tmp_path / "bare").mkdir()
    with pytest.raises(errors.UserError, match="bare: no PNG in the folder"):
        stored_predictions.score_semantic_png(tmp_path / "bare", folders[1], 3)
    with pytest.raises(errors.UserError, match="2 different names; expected one per class, 3"):
        stored_predictions.score_semantic_png(*folders, 3, names=["a", "b", "b"])
    with pytest.raises(errors.UserError, match="`num_classes` must be at least 1, got 0"):
        stored_predictions.score_semantic_png(*folders, 0)


def test_error_in_a_process_reaches_the_user(folders: tuple[Path, Path]) -> None:
    with pytest.raises(errors.UserError, match="expected class ids"):
        stored_predictions.score_semantic_png(*folders, 2, workers=2)


def test_loads_no_tensorflow() -> None:
    code = "import sys; from seg_models import stored_predictions; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
