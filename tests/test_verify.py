"""verify: a sound data set and its records pass; whatever was made wrong in either is named, with its file."""

import csv
import dataclasses
import json
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components import conversion, verification
from pipeline import cli, quiet
from seg_models import dataset, errors, inspection, labels, manifest, record_files, records
from seg_models.datasets import folder, toy_streets
from tests import small_folder, test_conversion
from tests.raw_trees import camvid as camvid_tree

LAYOUT = conversion.Layout(shards=2)


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process must not silence the tests after them."""
    monkeypatch.setattr(quiet, "down", lambda: None)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return small_folder.make(tmp_path / "raw")


@pytest.fixture
def out(tmp_path: Path, raw: Path) -> Path:
    """Records of the data set."""
    settings = conversion.Settings(layout=LAYOUT)
    conversion.convert(folder.Config(data_dir=str(raw)), str(tmp_path / "out"), test_conversion.on_workers(), settings)
    return tmp_path / "out"


def source_found(raw: Path, output_dir: Path | None = None, workers: int = 1, split: str = "") -> inspection.Summary:
    scope = verification.Scope(split, str(output_dir) if output_dir else "")
    return verification.verify_source(folder.Config(data_dir=str(raw)), test_conversion.on_workers(workers), scope)


def records_found(out: Path, tmp_path: Path, *, config: object = None, workers: int = 1) -> list[dict[str, str]]:
    """All findings, from the file."""
    files = record_files.find([str(out)])
    scope = verification.Scope(output_dir=str(tmp_path / "verified"))
    source = config or record_files.manifest_of(files).source
    summary = verification.verify_records(source, files, test_conversion.on_workers(workers), scope)
    told = json.loads((tmp_path / "verified" / "findings.json").read_text())
    assert sum(summary.counts.values()) == len(told["findings"])
    return told["findings"]


def test_a_sound_data_set_has_no_findings(raw: Path, tmp_path: Path) -> None:
    summary = source_found(raw, tmp_path / "verified")
    assert not summary.counts and not summary.has_errors
    assert summary.items == {"train": 10, "eval": 2}
    assert sorted(path.name for path in (tmp_path / "verified").iterdir()) == ["findings.csv", "findings.json"]
    told = json.loads((tmp_path / "verified" / "findings.json").read_text())
    assert told == {"dataset": "tiny_streets", "items": {"eval": 2, "train": 10}, "counts": [], "findings": []}


def undecodable(root: Path) -> tuple[str, str]:
    """A PNG whose chunks have the right checksums, but whose pixels are not compressed rightly."""
    path = root / "images" / "005.png"
    whole = path.read_bytes()
    start = whole.index(b"IDAT") + 4
    length = struct.unpack(">I", whole[start - 8 : start - 4])[0]
    pixels = whole[start : start + 40] + bytes(length - 40)
    checksum = struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    path.write_bytes(whole[:start] + pixels + checksum + whole[start + length + 4 :])
    return "error", str(path)


def unlisted(root: Path) -> tuple[str, str]:
    small_folder.save(root / "masks" / "005.png", np.full((24, 32), 3, np.uint8))
    return "error", str(root / "masks" / "005.png")


def all_void(root: Path) -> tuple[str, str]:
    small_folder.save(root / "masks" / "005.png", np.full((24, 32), 255, np.uint8))
    return "empty", str(root / "images" / "005.png")


def turned(root: Path) -> tuple[str, str]:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.new("RGB", (32, 24)).save(root / "images" / "005.png", exif=exif)
    return "orientation", str(root / "images" / "005.png")


@pytest.mark.parametrize("breakage", [undecodable, unlisted, all_void, turned])
def test_what_is_wrong_with_a_file_is_named(raw: Path, breakage: Callable[[Path], tuple[str, str]]) -> None:
    kind, path = breakage(raw)
    summary = source_found(raw)
    assert {found for found, _ in summary.counts} == {kind} and sum(summary.counts.values()) == 1
    assert summary.first[kind][0].key == "005" and summary.first[kind][0].text.startswith(path)
    assert summary.has_errors == (kind == "error")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_image_in_two_splits_is_a_leak(raw: Path, tmp_path: Path, workers: int) -> None:
    config = folder.Config(data_dir=str(raw))
    train, held_out = ([item.key for item in folder.items(config, split)] for split in ("train", "eval"))
    for key in (held_out[0], train[1]):
        shutil.copy(raw / "images" / f"{train[0]}.png", raw / "images" / f"{key}.png")
    shutil.copy(raw / "images" / f"{train[2]}.png", raw / "images" / f"{train[3]}.png")
    summary = source_found(raw, tmp_path / "verified", workers)
    assert not summary.has_errors and sum(summary.counts.values()) == 2
    texts = " ".join(found.text for found in summary.first["duplicate"])
    assert "under 3 keys; leak between the splits eval and train" in texts
    assert f"{train[2]}.png and" in texts and "under 2 keys; counts more than once" in texts


def test_a_defect_in_a_data_set_is_a_finding(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = folder.load

    def load(config: folder.Config, item: dataset.Item) -> dataset.Example:
        return {}["surprise"] if item.key == "004" else original(config, item)

    monkeypatch.setattr(folder, "load", load)
    summary = source_found(raw)
    assert [found.text for found in summary.first["error"]] == [
        f"{raw}/images/004.png: cannot be loaded (KeyError: 'surprise')."
    ]


def test_another_number_than_published(monkeypatch: pytest.MonkeyPatch) -> None:
    info = dataclasses.replace(toy_streets.INFO, expected_counts=(("train", 3), ("eval", 1), ("test", 7)))
    monkeypatch.setattr(toy_streets, "INFO", info)
    config = toy_streets.Config(images_train=2, images_eval=1, height=32, width=32)
    summary = verification.verify_source(config, test_conversion.on_workers())
    assert [found.text for found in summary.first["count"]] == [
        "toy_streets: 2 items in the split train; 3 are published."
    ]


def test_one_split_alone(raw: Path) -> None:
    unlisted(raw)
    assert source_found(raw, split="eval").items == {"eval": 2}
    with pytest.raises(errors.UserError, match="no items in its split `test`"):
        source_found(raw, split="test")


def test_all_findings_are_in_the_files_and_few_in_memory(raw: Path, tmp_path: Path) -> None:
    for path in (raw / "masks").iterdir():
        small_folder.save(path, np.full((24, 32), 255, np.uint8))
    summary = source_found(raw, tmp_path / "verified")
    assert summary.counts == {("empty", "train"): 10, ("empty", "eval"): 2}
    assert len(summary.first["empty"]) == inspection.KEPT
    told = json.loads((tmp_path / "verified" / "findings.json").read_text())
    assert sorted(found["key"] for found in told["findings"]) == [f"{index:03d}" for index in range(12)]
    with (tmp_path / "verified" / "findings.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == told["findings"]


@pytest.mark.parametrize("workers", [1, 2])
def test_records_are_their_source(out: Path, tmp_path: Path, workers: int) -> None:
    assert records_found(out, tmp_path, workers=workers) == []
    files = record_files.find([str(out)])
    summary = verification.verify_records(record_files.manifest_of(files).source, files, test_conversion.on_workers())
    assert summary.items == {"train": 10, "eval": 2} and summary.rebuilt >= 12


def test_toy_streets_with_amodal_masks_are_their_source(tmp_path: Path) -> None:
    config = toy_streets.Config(images_train=3, images_eval=1, height=48, width=64)
    conversion.convert(config, str(tmp_path / "out"), test_conversion.on_workers())
    assert records_found(tmp_path / "out", tmp_path) == []


def shard(out: Path, split: str = "train") -> Path:
    return sorted((out / f"Split-{split}").iterdir())[0]


def rewritten(path: Path, change: Callable[[list[dataset.Example]], list[dataset.Example]]) -> list[dataset.Example]:
    """Decodes a record file, changes its Examples and encodes them with checksums that fit; gives the old ones."""
    with path.open("rb") as file:
        examples = [records.decode(record) for record in records.read(file)]
    with path.open("wb") as file:
        for example in change(examples):
            records.write(file, records.encode(example))
    return examples


def test_a_changed_pixel_is_found_in_the_record_and_in_the_source_map(out: Path, raw: Path, tmp_path: Path) -> None:
    def changed(examples: list[dataset.Example]) -> list[dataset.Example]:
        values = examples[1].raw.astype(np.int32)
        values[15, 0] = 2
        semantic = labels.of(values, folder.info(folder.Config(data_dir=str(raw))), "x")
        return [examples[0], labels.annotated(examples[1], semantic), *examples[2:]]

    key = rewritten(shard(out), changed)[1].key
    texts = [found["text"] for found in records_found(out, tmp_path) if found["key"] == key]
    assert any(f"`{key}`: `semantic` differs on 1 of 768 pixels (2, not 1, at row 15, column 0)" in t for t in texts)
    assert any("`raw` differs on 1 of 768 pixels" in text for text in texts)
    mask = f"{raw}/masks/{key}.png: the map rebuilt from it differs on 1 of 768 pixels (2, not 1"
    assert any(text.startswith(mask) for text in texts)


def test_records_under_another_key_are_surplus_and_missing(out: Path, tmp_path: Path) -> None:
    old = rewritten(shard(out), lambda each: [dataclasses.replace(each[0], key="foreign"), each[1], each[1], *each[2:]])
    found = records_found(out, tmp_path)
    assert {each["kind"] for each in found} == {"changed"}
    texts = " ".join(each["text"] for each in found)
    assert "`foreign` is in the records, but is no item of the source" in texts
    assert f"`{old[0].key}` of the split train is missing from the records" in texts
    assert f"`{old[1].key}` is in the records 2 times" in texts
    assert f"{len(old) + 1} records can be read, not {len(old)}" in texts


def test_a_record_in_the_wrong_split(out: Path, tmp_path: Path) -> None:
    taken = rewritten(shard(out, "eval"), lambda examples: [])
    rewritten(shard(out), lambda examples: [*examples, taken[0]])
    texts = " ".join(each["text"] for each in records_found(out, tmp_path))
    assert f"`{taken[0].key}` is in the split eval of the source, not train" in texts


@pytest.mark.parametrize("lost", [3, 2000])
def test_a_truncated_file(out: Path, tmp_path: Path, lost: int) -> None:
    path = shard(out)
    path.write_bytes(path.read_bytes()[:-lost])
    texts = [found["text"] for found in records_found(out, tmp_path)]
    assert any(text.startswith(f"{path}: record ") and "truncated or corrupt" in text for text in texts)
    assert any(text.startswith(f"{path}: its CRC-32C is") for text in texts)
    assert any("is missing from the records" in text for text in texts)


def test_bytes_that_were_changed_with_their_checksums(out: Path, tmp_path: Path) -> None:
    path = shard(out)
    with path.open("rb") as file:
        whole = list(records.read(file))
    with path.open("wb") as file:
        for record in [b"\x0a\xff no message", *whole[1:]]:
            records.write(file, record)
    texts = [found["text"] for found in records_found(out, tmp_path)]
    assert any(text.startswith(f"{path}: record 0 cannot be decoded") for text in texts)


def test_a_file_that_is_gone(out: Path, tmp_path: Path) -> None:
    path = shard(out)
    path.unlink()
    texts = [found["text"] for found in records_found(out, tmp_path)]
    assert f"{path}: the manifest names it, but it is missing." in texts
    assert sum("is missing from the records" in text for text in texts) == 5


def test_a_source_that_changed_since(out: Path, raw: Path, tmp_path: Path) -> None:
    (raw / "classes.yaml").write_text(small_folder.CLASSES.replace("name: road", "name: street"))
    path = raw / "images" / "003.png"
    small_folder.save(path, np.zeros((24, 32, 3), np.uint8))
    found = records_found(out, tmp_path)
    texts = [each["text"] for each in found]
    assert "manifest.json: `info` has another categories than the data set." in texts
    assert [each["key"] for each in found if f"(source: {path})" in each["text"]] == ["003"]


def test_part_of_the_files_misses_nothing(out: Path) -> None:
    files = record_files.find([str(shard(out)), str(out / "Split-eval" / "*")])
    assert {file.split for file in files} == {"train", "eval"} and record_files.whole_splits(files) == {"eval"}
    source = record_files.manifest_of(files).source
    summary = verification.verify_records(source, files, test_conversion.on_workers())
    assert not summary.counts and summary.items == {"train": 5, "eval": 2}


def test_records_without_a_manifest(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (out / manifest.FILE).unlink()
    pattern = str(out / "Split-*" / "*")
    assert cli.main(["verify", "--records", pattern]) == 2
    assert "DATASET is missing" in capsys.readouterr().err
    assert cli.main(["verify", "--records", pattern, "folder", "--data_dir", str(tmp_path / "raw")]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"12 images looked at, \d+ source maps rebuilt from records: nothing wrong", shown)


def test_the_verb_prints_a_table_and_ends_with_1_where_something_is_wrong(
    out: Path, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", "--records", str(out)]) == 0
    assert cli.main(["verify", "folder", "--data_dir", str(raw), "--output_dir", str(tmp_path / "a")]) == 0
    all_void(raw)
    capsys.readouterr()
    assert cli.main(["verify", "folder", "--data_dir", str(raw), "--output_dir", str(tmp_path / "a")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["finding", "train", "eval"] and shown[1].split() == ["empty", "1", "0"]
    unlisted(raw)
    assert cli.main(["verify", "folder", "--data_dir", str(raw)]) == 1
    shown = capsys.readouterr().out
    assert f"  {raw}/masks/005.png: raw value 3 on 768 pixels" in shown and "1 wrong, nothing doubtful." in shown


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "DATASET is missing"),
        (["camvidd"], "Did you mean `camvid`"),
        (["camvid", "--data_dirr", "x"], "Did you mean `--data_dir`"),
    ],
)
def test_a_wrong_command(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", *argv]) == 2
    assert message in capsys.readouterr().err


def test_a_pattern_that_fits_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--records", "nowhere/*"]) == 1
    assert "nowhere/*: no such record file" in capsys.readouterr().err


def test_records_of_another_data_set_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, other = small_folder.make(tmp_path / "raw"), camvid_tree.make(tmp_path / "camvid")
    records_dir = str(tmp_path / "records")
    assert cli.main(["convert", "folder", "--data_dir", str(raw), "--output_dir", records_dir]) == 0
    assert cli.main(["verify", "camvid", "--records", records_dir, "--data_dir", str(other)]) == 1
    assert "records of tiny_streets, not of camvid" in capsys.readouterr().err
