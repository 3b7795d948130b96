"""record_files: folders, folders of a split and patterns stand for the same files, with what their manifest says."""

import os
from pathlib import Path

import pytest

from seg_models import dataset, errors, manifest, record_files

INFO = dataset.DatasetInfo("made", (dataset.Category("road", (0, 0, 0)),), ((0, 0),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of train and one of eval, empty ones."""
    return make(tmp_path / "records")


def make(root: Path, info: dataset.DatasetInfo = INFO) -> Path:
    splits = {}
    for split, count in (("train", 2), ("eval", 1)):
        shards = tuple(manifest.Shard(manifest.shard_name(index, count), 5, "x") for index in range(count))
        splits[split] = manifest.SplitManifest(5 * count, shards)
        (root / manifest.split_folder(split)).mkdir(parents=True)
        for shard in shards:
            (root / manifest.split_folder(split) / shard.name).touch()
    (root / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(info, splits)))
    return root


def test_a_folder_its_splits_and_a_pattern_are_the_same(folder: Path) -> None:
    whole = record_files.find([str(folder)])
    assert [(file.split, file.shard.name[:13]) for file in whole] == [
        ("eval", "records-00000"),
        ("train", "records-00000"),
        ("train", "records-00001"),
    ]
    assert record_files.find([str(folder / "Split-*" / "*")]) == whole
    assert record_files.find([str(folder / "Split-train"), str(folder / "Split-eval"), str(folder)]) == whole
    assert record_files.whole_splits(whole) == {"train", "eval"}
    assert record_files.manifest_of(whole).info == INFO


def test_one_split_alone(folder: Path) -> None:
    for pattern in (folder, folder / "Split-*" / "*"):
        found = record_files.find([str(pattern)], "eval")
        assert [file.split for file in found] == ["eval"] and record_files.whole_splits(found) == {"eval"}
    with pytest.raises(errors.UserError, match="Did you mean `train`"):
        record_files.find([str(folder)], "trian")


def test_a_file_that_the_manifest_names_is_given_though_it_is_gone(folder: Path) -> None:
    gone = record_files.find([str(folder)])[1]
    os.remove(gone.path)
    assert gone in record_files.find([str(folder)])
    assert record_files.whole_splits(record_files.find([str(folder / "Split-*" / "*")])) == {"eval"}


def test_without_a_manifest_the_folder_tells_the_split(folder: Path, tmp_path: Path) -> None:
    (folder / manifest.FILE).unlink()
    found = record_files.find([str(folder / "Split-*" / "*")])
    assert [(file.split, file.shard) for file in found] == [("eval", None), ("train", None), ("train", None)]
    assert record_files.manifest_of(found) is None and record_files.whole_splits(found) == set()
    (tmp_path / "other.tfrecord").touch()
    assert record_files.find([str(tmp_path / "other.tfrecord")])[0].split == ""


def test_a_manifest_that_was_written_again_is_read_again(folder: Path) -> None:
    assert len(record_files.find([str(folder)])) == 3
    known = manifest.read(folder)
    (folder / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(INFO, {"eval": known.splits["eval"]})))
    os.utime(folder / manifest.FILE, ns=(1, 1))
    assert [file.split for file in record_files.find([str(folder)])] == ["eval"]


def test_records_of_two_data_sets_are_refused(folder: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other", dataset.DatasetInfo("another", INFO.categories, INFO.raw_values))
    with pytest.raises(errors.UserError, match="several data sets, another, made"):
        record_files.manifest_of(record_files.find([str(folder), str(other)]))


def test_what_fits_nothing_is_named(tmp_path: Path) -> None:
    for pattern in (tmp_path, tmp_path / "*.tfrecord"):
        with pytest.raises(errors.UserError, match="no such record file"):
            record_files.find([str(pattern)])


def test_what_is_near_to_records_is_told_apart(folder: Path, tmp_path: Path) -> None:
    assert record_files.find([str(folder / "manifest.json")]) == record_files.find([str(folder)])
    with pytest.raises(errors.UserError, match=f"no record file; its folder {folder.name} has some"):
        record_files.find([str(folder.parent)])
    (tmp_path / "begun" / "Split-train").mkdir(parents=True)
    with pytest.raises(errors.UserError, match="begun: an unfinished conversion"):
        record_files.find([str(tmp_path / "begun")])
