"""manifest: counts by hand, sums in any order, and a folder without one is not whole."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors, labels, manifest

INFO = dataset.DatasetInfo(
    "made",
    tuple(dataset.Category(name, (0, 0, 0), is_thing=name == "b") for name in "abc"),
    ((0, 0), (1, 1), (2, 2), (9, None)),
)


def example(semantic: list[list[int]] | None) -> dataset.Example:
    if semantic is None:
        return dataset.Example("k", b"", "png", 1, 1)
    made = labels.of(np.array(semantic), INFO, "a")
    return labels.annotated(dataset.Example("k", b"", "png", *made.raw.shape), made)


def tallied(name: str, *maps: list[list[int]] | None) -> manifest.SplitManifest:
    tally = manifest.Tally(INFO)
    for semantic in maps:
        tally.add(example(semantic))
    return tally.result(name, f"hash of {name}")


def test_counts_by_hand() -> None:
    # Two images: a 3, b 1, void 2 of 6; a 2, c 2 of 4. So `a` stands in images of 4 + 4 counted pixels, b in 4, c in 4.
    counted = tallied("s", [[0, 0, 0], [1, 9, 9]], [[0, 0], [2, 2]])
    assert counted.records == 2
    assert counted.class_pixels == (5, 1, 2)
    assert counted.class_image_pixels == (8, 4, 4)
    assert counted.void_pixels == 2
    assert counted.raw_histogram == {0: 5, 1: 1, 2: 2, 9: 2}
    assert counted.shards == (("s", 2, "hash of s", 0),)


def test_an_unlabelled_image_is_a_record_without_pixels() -> None:
    counted = tallied("s", None)
    assert (counted.records, counted.class_pixels, counted.void_pixels) == (1, (0, 0, 0), 0)


def test_the_sum_of_shards_does_not_depend_on_their_order_or_grouping() -> None:
    first, second, third = tallied("r", [[0, 1]]), tallied("s", [[2, 9]], [[1, 1]]), tallied("t")
    whole = manifest.merged([first, second, third])
    assert whole.class_pixels == (1, 3, 1)
    assert whole.class_image_pixels == (2, 4, 1)
    for order in itertools.permutations([first, second, third]):
        assert manifest.merged(order) == whole
        assert manifest.merged([manifest.merged(order[:2]), order[2]]) == whole
        assert manifest.merged([order[0], manifest.merged([]), *order[1:]]) == whole


def test_skipped_items_are_listed_and_sorted() -> None:
    tally = manifest.Tally(INFO)
    tally.skip("z", "broken")
    tally.skip("b", "missing")
    assert tally.result("s", "h").skipped == (("b", "missing"), ("z", "broken"))


def test_json_gives_an_equal_manifest() -> None:
    split = manifest.merged([tallied("r", [[0, 1, 9]])])
    made = manifest.Manifest(INFO, {"train": split, "eval": manifest.SplitManifest(skipped=(("k", "why"),))}, "f")
    again = manifest.from_json(manifest.to_json(made))
    assert again == made
    assert again.splits["train"].shards[0].crc32c == "hash of r"
    assert manifest.to_json(again) == manifest.to_json(made)


def test_a_folder_is_read_and_its_shards_found(tmp_path: Path) -> None:
    split = manifest.merged([tallied(manifest.shard_name(i, 2), [[0]]) for i in (1, 0)])
    (tmp_path / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(INFO, {"train": split})))
    assert manifest.read(tmp_path).info == INFO
    names = [f"{tmp_path}/Split-train/records-0000{i}-of-00002.tfrecord" for i in (0, 1)]
    assert manifest.shards(tmp_path, "train") == names
    with pytest.raises(errors.UserError, match="No `trian`.*Did you mean `train`"):
        manifest.shards(tmp_path, "trian")


def test_a_folder_without_a_manifest_is_not_whole(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match=f"{tmp_path / manifest.FILE}: the file is missing.*Convert"):
        manifest.read(tmp_path)
    (tmp_path / manifest.FILE).write_text('{"splits": ')
    with pytest.raises(errors.UserError, match="not a manifest to read.*Convert"):
        manifest.read(tmp_path)


def test_shard_names_are_told_from_others() -> None:
    assert manifest.is_shard_name(manifest.shard_name(3, 12))
    others = ["records-1-of-2.tfrecord", "my-records-00000-of-00001.tfrecord", "notes.txt"]
    assert not any(map(manifest.is_shard_name, others))
