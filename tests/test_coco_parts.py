"""A COCO JSON taken apart: what is refused, and how little memory it takes."""

import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from seg_models import dataset, errors
from seg_models.datasets import coco
from seg_models.raw import coco_images, coco_parts
from tests.raw_trees import coco as tree


@pytest.mark.parametrize(
    "changes, message",
    [
        (lambda c: c["images"][1].update(id=1), "two images have the `id` 1"),
        (lambda c: c["images"][1].update(file_name="000000000001.jpg"), "images 1 and 2 have the `file_name` 00"),
        (lambda c: c["images"][1].update(file_name="../a.jpg"), r"the file name `../a.jpg` is refused"),
        (lambda c: c["images"][1].update(file_name="/etc/a.jpg"), r"the file name `/etc/a.jpg` is refused"),
        (lambda c: c["images"][1].update(file_name=""), "image 2 has the `file_name` \"\""),
        (lambda c: c["images"][1].pop("file_name"), "image 2 has no `file_name`"),
        (lambda c: c["images"][1].pop("id"), "an entry of `images` has no `id`"),
        (lambda c: c["images"][1].update(id=[2]), r"an entry of `images` has the `id` \[2\]"),
        (lambda c: c["annotations"][0].pop("image_id"), r"an entry of `annotations` \({.*\) has no `image_id`"),
        (lambda c: c.pop("images"), "`images` is absent or empty"),
        (lambda c: c.update(annotations={}), "`annotations` is no array"),
        (lambda c: c["categories"][0].update(name="cat"), "the category cat with the `id` 1; in .* 1 is person"),
        (lambda c: c["categories"][0].update(id=12), "the category person with the `id` 12; .* there are 80 others"),
    ],
)
def test_a_wrong_json_is_refused_by_name(tmp_path: Path, changes: Callable[[dict], object], message: str) -> None:
    tree.change(tree.make(tmp_path), changes)
    with pytest.raises(errors.UserError, match=message):
        list(coco.items(coco.Config(data_dir=str(tmp_path)), "train"))


@pytest.mark.parametrize("style", [{}, {"indent": 1}, {"ensure_ascii": False}])
def test_every_value_goes_to_its_image(tmp_path: Path, style: dict) -> None:
    rng = random.Random(1)
    ids = [*range(-3, 400), "a\tb", "7", "é\u2028\n"]
    images = [{"id": identity, "file_name": f"{identity!r}.png"} for identity in ids]
    annotations = [{"id": n, "image_id": rng.choice(images)["id"], "text": f"\u0085 \\ \" {n}\n"} for n in range(5000)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"annotations": annotations, "images": images}, **style), encoding="utf-8")
    parts = {part.image_id: part for part in coco_parts.parts(path, "id", None, labelled=True)}
    assert sorted(map(repr, parts)) == sorted(map(repr, ids))
    for image in images:
        part = parts[image["id"]]
        found = json.loads(coco_images.content(dataset.Item("a", annotation=part.packed)).text)
        expected = [entry for entry in annotations if repr(entry["image_id"]) == repr(image["id"])]
        assert found == {"image": image, "annotations": expected}
        assert part.file_name == image["file_name"] and part.noted == tuple(entry["id"] for entry in expected)


def test_what_several_annotations_have_is_noted(tmp_path: Path) -> None:
    ids = {1: [1, 2, 2], 2: [3, "3"], 3: [1, None, None]}
    annotations = [{"id": identity, "image_id": image} for image, several in ids.items() for identity in several]
    images = [{"id": image, "file_name": f"{image}.png"} for image in ids]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    packed = {part.image_id: part.packed for part in coco_parts.parts(path, "id", None, labelled=True)}
    repeated = {image: coco_images.content(dataset.Item("a", annotation=packed[image])).repeated for image in ids}
    assert repeated == {1: [1, 2, 2], 2: [], 3: [1]}


def test_memory_is_far_below_that_of_the_whole_file(tmp_path: Path) -> None:
    rng = random.Random(0)
    path = tmp_path / "a.json"
    polygons = [[round(rng.uniform(0, 640), 2) for _ in range(60)] for _ in range(50)]
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in range(2000)]
    annotations = [{"id": n, "image_id": n % 2000, "segmentation": [rng.choice(polygons)]} for n in range(20_000)]
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    del annotations
    peaks = []
    for read in (lambda: json.loads(path.read_bytes()), lambda: list(coco_parts.parts(path, "id", None, True))):
        tracemalloc.start()
        kept = read()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert kept
    assert path.stat().st_size > 8_000_000
    assert peaks[1] < 0.4 * peaks[0]
